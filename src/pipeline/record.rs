//! From a statement to a record in the ledger: signed, verified, posted, pushed.

use std::collections::BTreeMap;

use super::Context;
use super::ground::Ground;
use crate::git;
use crate::git::transport::PushRef;
use crate::model::config::Config;
use crate::model::statement::{About, GitDependency, Overall, STATEMENT_TYPE};
use crate::model::{Failure, Oid, Policy, Predicate, Record, Sha256, Statement, Subject, json};
use crate::sigstore::PublicKey;

pub use super::signing::{Pen, pen};

/// A record bound to what it annotates, ready to be posted.
#[derive(Clone, Debug)]
pub struct Draft {
    pub chart: String,
    pub on: Oid,
    pub record: Record,
}

impl Draft {
    /// sha256 of its bundle.
    pub fn bundle(&self) -> Sha256 {
        self.record.bundle_digest()
    }
}

impl Pen<'_> {
    /// Signs a statement, verifies what came out, and labels it `name`.
    ///
    /// # Errors
    /// Signing failed, or its result does not verify.
    pub fn draft(&self, chart: &str, on: &Oid, name: &str, statement: &Statement) -> Result<Draft, Failure> {
        self.drafted(chart, on, name, &self.sign(name, statement)?)
    }

    /// As [`Self::draft`] for several statements with their names, about one object.
    ///
    /// # Errors
    /// As [`Self::draft`].
    pub fn drafts(
        &self,
        chart: &str,
        on: &Oid,
        statements: &[(String, Statement)],
    ) -> Result<Vec<Draft>, Failure> {
        let bundles = self.sign_all(statements)?;
        statements.iter().zip(bundles).map(|((name, _), bundle)| self.drafted(chart, on, name, &bundle)).collect()
    }

    fn drafted(&self, chart: &str, on: &Oid, name: &str, bundle: &str) -> Result<Draft, Failure> {
        let mut record = Record::new(name, bundle)
            .map_err(|e| Failure::negative(format!("the bundle of {name} is unusable: {e}")))?;
        self.keep(&mut record)?;
        Ok(Draft { chart: chart.to_owned(), on: on.clone(), record })
    }
}

/// The public keys a policy trusts, parsed.
///
/// # Errors
/// One of them is unusable.
pub fn trusted_keys(policy: &Policy) -> Result<Vec<PublicKey>, Failure> {
    policy.config.trust.keys.iter().map(|key| PublicKey::parse(&key.public).map_err(Into::into)).collect()
}

/// A statement of one of our kinds.
pub fn statement<T: serde::Serialize>(
    config: &Config,
    kind: Predicate,
    subject: Vec<Subject>,
    predicate: &T,
) -> Result<Statement, Failure> {
    let predicate = serde_json::to_value(predicate)
        .map_err(|e| Failure::negative(format!("a predicate could not be written: {e}")))?;
    Ok(Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject,
        predicate_type: kind.uri(&config.predicate_prefix),
        predicate,
    })
}

/// What every predicate opens with.
pub fn about(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &str,
    directory: &str,
    objects: &[(&str, &str, &Oid)],
) -> About {
    About {
        repository: ground.config().repository.id.clone(),
        chart: chart.to_owned(),
        directory: directory.to_owned(),
        time: cx.now,
        resolved_dependencies: objects
            .iter()
            .map(|(name, algorithm, oid)| GitDependency::new(name, algorithm, (*oid).clone()))
            .collect(),
    }
}

/// The statement over a complete map: labels for people, bundle digests for machines.
///
/// # Errors
/// The predicate cannot be written.
pub fn overall(
    config: &Config,
    kind: Predicate,
    about: About,
    content: Subject,
    parts: &[(String, String, Sha256)],
    parent: Option<Sha256>,
) -> Result<Statement, Failure> {
    let attestations: BTreeMap<String, String> =
        parts.iter().map(|(name, id, _)| (name.clone(), id.clone())).collect();
    let bundles = parts.iter().map(|(name, _, bundle)| (name.clone(), *bundle)).collect();
    let description = Subject::new("pr-description", Sha256::of(json::canonical(&attestations)));
    statement(config, kind, vec![content, description], &Overall { about, attestations, bundles, parent })
}

/// Posts drafts to the local inbox and returns the refs that carry them to the remote.
///
/// # Errors
/// The repository cannot be written.
pub fn post(cx: &Context<'_>, drafts: &[Draft]) -> Result<Vec<PushRef>, Failure> {
    let mut refs = Vec::new();
    for draft in drafts {
        let posted = cx.repo.post(&draft.chart, &draft.on, &draft.record)?;
        refs.push(PushRef { reference: posted.reference, expect: None, new: Some(posted.oid) });
    }
    Ok(refs)
}

/// Posts drafts and pushes them, with `more` in the same atomic push. What an earlier run posted here and
/// did not get to push goes along: it counts as signed in this clone, and has to in every other.
///
/// # Errors
/// The repository or the remote cannot be written.
pub fn post_and_push(
    cx: &Context<'_>,
    ground: &Ground,
    drafts: &[Draft],
    more: Vec<PushRef>,
) -> Result<(), Failure> {
    let mut refs = post(cx, drafts)?;
    if let Some(remote) = super::ground::remote(&cx.repo, ground.config()) {
        for (reference, oid) in cx.repo.refs("refs/lineage/inbox/")? {
            if !refs.iter().any(|posted| posted.reference == reference) {
                refs.push(PushRef { reference, expect: None, new: Some(oid) });
            }
        }
        refs.extend(more);
        push_records(cx, remote, &refs)?;
    }
    Ok(())
}

/// Pushes, again where another process of this clone pushed one of the same records at this moment: it is
/// there now, and `push` leaves out what is there.
fn push_records(cx: &Context<'_>, remote: &str, refs: &[PushRef]) -> Result<(), Failure> {
    const ROUNDS: u64 = 16;
    for round in 1..ROUNDS {
        match cx.repo.push(remote, refs) {
            Err(git::Error::Raced(reference)) if reference.starts_with("refs/lineage/inbox/") => {
                std::thread::sleep(std::time::Duration::from_millis(10 * round));
            }
            pushed => return Ok(pushed?),
        }
    }
    Ok(cx.repo.push(remote, refs)?)
}
