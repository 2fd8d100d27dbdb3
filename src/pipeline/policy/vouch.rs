//! Whether somebody who was trusted before vouched for a change of trust.

use super::{POLICY_FILE, Policies};
use crate::git;
use crate::git::ledger::POLICY_LEDGER;
use crate::model::statement::PolicyChange;
use crate::model::{
    Failure, Oid, Policy, Predicate, Proof, Revoked, Sha256, Statement, Subject, TrustChangeLine, signed_by,
};
use crate::pipeline::record::trusted_keys;
use crate::pipeline::{Context, ground};
use crate::sigstore::{self, Keyring};

/// Who vouched for a change of trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// A signer whom the policy before it trusts for that.
    By {
        /// As that policy names them.
        signer: String,
        /// Why, in their words.
        reason: String,
    },
    /// Nobody, and why what there is does not count.
    Nobody(String),
    /// It cannot be told here, and why.
    Unknown(String),
}

impl Vouched {
    /// As a line of a report about a change.
    pub(in crate::pipeline) fn line(
        self,
        commit: Oid,
        (from, to): (Option<Sha256>, Option<Sha256>),
        dropped: Vec<String>,
    ) -> TrustChangeLine {
        let (signer, known, why) = match self {
            Self::By { signer, reason } => (Some(signer), true, reason),
            Self::Nobody(why) => (None, true, why),
            Self::Unknown(why) => (None, false, why),
        };
        TrustChangeLine { commit, from, to, dropped, signer, known, why }
    }
}

/// A change of trust as it is judged.
pub(super) struct Step<'a> {
    /// main's commit right before it.
    pub parent: &'a Oid,
    /// The policy there; none where there is no usable one.
    pub before: Option<&'a Policy>,
    /// The blob of the changed file; none where it was removed.
    pub file: Option<&'a Oid>,
    /// The policy in it.
    pub after: Option<&'a Policy>,
}

/// Looks for a statement that covers a change.
///
/// # Errors
/// The repository or the ledger cannot be read.
pub(super) fn vouched(cx: &Context<'_>, policies: &mut Policies, step: &Step<'_>) -> Result<Vouched, Failure> {
    let Step { parent, before: Some(before), file: Some(file), after: Some(after) } = *step else {
        return Ok(Vouched::Nobody(format!("it leaves main without a {POLICY_FILE} that can be used")));
    };
    let ledger = cx.repo.read_ledger(POLICY_LEDGER, std::slice::from_ref(file))?;
    let mut best: Option<Unfit> = None;
    for annotated in &ledger.records {
        match covers(cx, policies, parent, before, after, annotated.record.bundle.get())? {
            Ok((signer, reason)) => return Ok(Vouched::By { signer, reason }),
            // Anybody can add a line; what a trusted signer wrote says most about what went wrong.
            Err(unfit) if best.as_ref().is_none_or(|best| unfit.trusted && !best.trusted) => best = Some(unfit),
            Err(_) => {}
        }
    }
    if let Some(newer) = ledger.newer.first() {
        return Ok(Vouched::Unknown(newer.clone()));
    }
    if ground::remote(&cx.repo, &before.config).is_some() && !cx.repo.ledger_known(POLICY_LEDGER)? {
        return Ok(Vouched::Unknown(
            "the statements about changes of the policy were never fetched here (`git lineage sync`)".to_owned(),
        ));
    }
    Ok(match best {
        Some(unfit) if unfit.unknown => Vouched::Unknown(unfit.why),
        Some(unfit) => Vouched::Nobody(format!("the policy statement there is does not count: {}", unfit.why)),
        None => Vouched::Nobody("no policy statement about it is known here".to_owned()),
    })
}

/// Why a statement does not cover a change.
struct Unfit {
    why: String,
    /// A signer who is trusted for it wrote it.
    trusted: bool,
    /// Whether it covers the change cannot be told here.
    unknown: bool,
}

impl Unfit {
    fn new(trusted: bool, why: impl Into<String>) -> Self {
        Self { why: why.into(), trusted, unknown: false }
    }
}

/// The signer and the reason, where the bundle is a statement about this very change by somebody whom the
/// policy before it trusts.
fn covers(
    cx: &Context<'_>,
    policies: &mut Policies,
    parent: &Oid,
    before: &Policy,
    after: &Policy,
    bundle: &str,
) -> Result<Result<(String, String), Unfit>, Failure> {
    let (statement, proof) = examine(cx, before, bundle);
    let signer = match signed_by(before, Predicate::Policy.role(), &proof) {
        Ok(signer) => signer.name.to_owned(),
        Err(why) => return Ok(Err(Unfit::new(false, why))),
    };
    // A key that leaked stays listed where it is revoked: it may not open the door for another.
    if let Err(why) = Revoked::by([before]).signature(&proof, false) {
        return Ok(Err(Unfit::new(true, why)));
    }
    let claim = match statement.and_then(|statement| read(&statement, before, after)) {
        Ok(claim) => claim,
        Err(why) => return Ok(Err(Unfit::new(true, why))),
    };
    let lost = super::lost(Some(before), Some(after));
    match still(cx, policies, parent, &claim.base, (claim.from, &lost)) {
        Ok(true) => Ok(Ok((signer, claim.reason))),
        Ok(false) => Ok(Err(Unfit::new(
            true,
            format!(
                "it was made upon {}, which is not on main since the trust is what the change left",
                claim.base.short()
            ),
        ))),
        Err(git::Error::Shallow(_)) => {
            let why = format!("the history ends here before {}; run `git fetch --unshallow`", claim.base.short());
            Ok(Err(Unfit { unknown: true, ..Unfit::new(true, why) }))
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads a bundle and proves it against what a policy trusts. A policy with an unusable key proves nothing.
fn examine(cx: &Context<'_>, policy: &Policy, bundle: &str) -> (Result<Statement, String>, Proof) {
    match trusted_keys(policy) {
        Ok(keys) => sigstore::examine(bundle, Keyring { keys: &keys, roots: &cx.roots }),
        Err(failure) => (Err(failure.what.clone()), Proof::Rejected(failure.what)),
    }
}

/// The claim of a statement, where it is about the change from one policy to the other.
fn read(statement: &Statement, before: &Policy, after: &Policy) -> Result<PolicyChange, String> {
    if statement.predicate_type != Predicate::Policy.uri(&before.config.predicate_prefix) {
        return Err(format!("its predicate type is {}", statement.predicate_type));
    }
    let claim: PolicyChange = serde_json::from_value(statement.predicate.clone())
        .map_err(|why| format!("its predicate is not readable: {why}"))?;
    let id = &before.config.repository.id;
    if claim.repository != *id {
        return Err(format!("it is about the repository {}, not {id}", claim.repository));
    }
    if after.config.repository.id != *id {
        return Err("the change gives the repository another id, which no statement covers".to_owned());
    }
    let (from, to) = (before.config.trust_digest(), after.config.trust_digest());
    if (claim.from, claim.to) != (from, to) {
        return Err(format!(
            "it is about the change from {} to {}, not from {} to {}",
            claim.from.short(),
            claim.to.short(),
            from.short(),
            to.short()
        ));
    }
    if statement.subject != [Subject::new(POLICY_FILE, after.digest)] {
        return Err(format!("its subject is not {POLICY_FILE} with the digest {}", after.digest.short()));
    }
    Ok(claim)
}

/// Whether main's own line, from `parent` back to `base`, trusted the same all the time, and revoked what the
/// change drops: a statement is good for one change, and not for the same change once more after it was taken
/// back, nor for a revocation that its signer did not know of.
fn still(
    cx: &Context<'_>,
    policies: &mut Policies,
    parent: &Oid,
    base: &Oid,
    (trust, lost): (Sha256, &Revoked),
) -> Result<bool, git::Error> {
    let as_then =
        |policy: &Policy| policy.config.trust_digest() == trust && lost.lost_in(&Revoked::by([policy])).is_empty();
    let mut met = Ok(false);
    cx.repo.first_parent_files(parent, POLICY_FILE, &mut |commit, file| match policies.of(&cx.repo, file) {
        Ok(Some(policy)) if as_then(&policy) => {
            met = Ok(commit == base);
            met.as_ref().is_ok_and(|met| !met)
        }
        Ok(_) => {
            met = Ok(false);
            false
        }
        Err(error) => {
            met = Err(error);
            false
        }
    })?;
    met
}

/// Proves a statement made just now as it will be when it is found: nothing is posted that would not count.
///
/// # Errors
/// It would not (exit 1), or the repository cannot be read.
pub(super) fn prove(
    cx: &Context<'_>,
    parent: &Oid,
    before: &Policy,
    after: &Policy,
    bundle: &str,
) -> Result<String, Failure> {
    match covers(cx, &mut Policies::default(), parent, before, after, bundle)? {
        Ok((signer, _)) => Ok(signer),
        Err(unfit) => {
            Err(Failure::negative("the policy statement would not count: it was not posted").because(unfit.why))
        }
    }
}
