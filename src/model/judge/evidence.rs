//! How an attestation is found: by kind and subject, signed for its stage, by what it says.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use crate::model::attestation::SKEW;
use crate::model::lineage::{Counted, Lineage, StepState};
use crate::model::statement::{About, Check, GitDependency, Provenance, STATEMENT_TYPE, TagClaim, Waiver};
use crate::model::{Attestation, Payload, Policy, Predicate, Proof, Role, Sha256, Stage, Subject, Timestamp};

/// The subject of a statement about a chart's content.
pub(super) fn content_subject(directory: &str, content: Sha256) -> Subject {
    Subject::new(directory, content)
}

/// What is looked for.
pub(super) struct Wanted {
    kind: Predicate,
    /// The record name, which is also the link a gap names.
    name: String,
    /// The stage whose signers may have made it.
    stage: Stage,
    subjects: Vec<Subject>,
}

impl Wanted {
    pub(super) fn new(kind: Predicate, name: &str, subjects: Vec<Subject>) -> Self {
        Self { kind, name: name.to_owned(), stage: kind.stage(), subjects }
    }

    /// What its signer has to be trusted for: the stage, or what people do.
    fn role(&self) -> Role {
        match self.kind {
            Predicate::Review | Predicate::Waiver | Predicate::Policy => self.kind.role(),
            _ => Role::from(self.stage),
        }
    }

    pub(super) fn at(mut self, stage: Stage) -> Self {
        self.stage = stage;
        self
    }
}

/// An attestation that counts, with its claim.
pub(super) struct Found<T> {
    pub(super) counted: Counted,
    pub(super) claim: T,
    pub(super) time: Timestamp,
    /// The account of its signer, where the policy says.
    pub(super) account: Option<String>,
    /// When it was signed, as somebody else than the signer says.
    witnessed: Option<Timestamp>,
}

/// What a look at the attestations gave.
struct Looked<T> {
    counted: Vec<Found<T>>,
    /// Why others do not count.
    against: BTreeSet<String>,
    /// Whether any was of the wanted kind.
    seen: bool,
}

/// Everything there is to judge by.
pub(super) struct Bench<'a> {
    pub(super) lineage: &'a Lineage,
    pub(super) policy: &'a Policy,
    /// The payload, from the tag stage on: then only what it names counts.
    payload: Option<&'a Payload>,
    /// When the tag statement was made, and how far another clock may be from that, in seconds.
    tagged: Option<(Timestamp, i64)>,
    /// The moment of the release: when the tag was signed, by whoever knows best; before there is one, now.
    pub(super) released: Timestamp,
}

impl<'a> Bench<'a> {
    pub(super) fn new(lineage: &'a Lineage, policy: &'a Policy) -> Self {
        let payload = lineage.tag.as_ref().and_then(|tag| tag.payload.as_ref().ok()).map(|(payload, _)| payload);
        let mut bench = Self { lineage, policy, payload, tagged: None, released: lineage.now };
        if let Some(bytes) = lineage.tag.as_ref().and_then(|tag| tag.bytes) {
            let name = lineage.tag.as_ref().map(|tag| tag.name.clone()).unwrap_or_default();
            let wanted = Wanted::new(Predicate::Tag, "w6-tag", vec![Subject::new(name, bytes)]);
            if let Ok(found) = bench.find::<TagClaim>(&wanted, |_| Ok(())) {
                bench.tagged = Some((found.time, if found.witnessed.is_some() { SKEW } else { 0 }));
                // A key's signature may be noted by anybody long after it was made ([`Proof::made`]): that moves
                // the release only where it did not count before.
                let noted = found.witnessed.filter(|_| policy.config.sign.require_transparency);
                bench.released = noted.map_or(found.time, |noted| noted.max(found.time));
            }
        }
        bench
    }

    /// The record names a payload has, from the tag stage on.
    pub(super) fn names(&self) -> Option<impl Iterator<Item = &'a str>> {
        self.payload.map(|payload| payload.attestations.keys().map(String::as_str))
    }

    /// The newest attestation of a kind about exactly these subjects that passes `test`.
    ///
    /// # Errors
    /// Why there is none: a gap where something contradicts, undetermined where it is merely not here.
    pub(super) fn find<T: DeserializeOwned>(
        &self,
        wanted: &Wanted,
        mut test: impl FnMut(&T) -> Result<(), String>,
    ) -> Result<Found<T>, StepState> {
        self.find_all(wanted, |claim, others| {
            if others.is_empty() { test(claim) } else { Err("it has a subject too many".to_owned()) }
        })
        .map(|mut all| all.swap_remove(0))
    }

    /// As [`Self::find`], with the subjects beyond those wanted shown to `test`.
    pub(super) fn find_with_description<T: DeserializeOwned>(
        &self,
        wanted: &Wanted,
        test: impl FnMut(&T, &[Subject]) -> Result<(), String>,
    ) -> Result<Found<T>, StepState> {
        self.find_all(wanted, test).map(|mut all| all.swap_remove(0))
    }

    /// Every attestation of a kind about these subjects that passes `test`, newest first, never empty.
    /// `test` is shown the subjects beyond those wanted.
    pub(super) fn find_all<T: DeserializeOwned>(
        &self,
        wanted: &Wanted,
        mut test: impl FnMut(&T, &[Subject]) -> Result<(), String>,
    ) -> Result<Vec<Found<T>>, StepState> {
        let named = self.named(wanted)?;
        let Looked { mut counted, against, seen } = self.look(wanted, named, &mut test);
        if !counted.is_empty() {
            // Of two with the same time always the same comes first, however the ledger has them ordered.
            counted.sort_by_key(|found| (std::cmp::Reverse(found.time), found.counted.bundle));
            return Ok(counted);
        }
        Err(match (seen, named) {
            (true, _) => StepState::Gap(against.into_iter().collect::<Vec<_>>().join("; ")),
            (false, Some(bundle)) => self.lost(wanted, bundle),
            (false, None) if self.lineage.unfetched.is_empty() => {
                StepState::Gap("there is no such attestation".to_owned())
            }
            (false, None) => StepState::Undetermined(format!(
                "there is no such attestation here; {}",
                self.lineage.unfetched.join("; ")
            )),
        })
    }

    /// Every attestation that would count if the payload named none, newest first: what was known of a content
    /// before its tag was made, whether the tag tells of it or not.
    pub(super) fn witnesses<T: DeserializeOwned>(
        &self,
        wanted: &Wanted,
        mut test: impl FnMut(&T, &[Subject]) -> Result<(), String>,
    ) -> Vec<Found<T>> {
        let mut counted = self.look(wanted, None, &mut test).counted;
        counted.sort_by_key(|found| (std::cmp::Reverse(found.time), found.counted.bundle));
        counted
    }

    /// Looks at every attestation of the wanted kind, or at the one bundle that is named.
    fn look<T: DeserializeOwned>(
        &self,
        wanted: &Wanted,
        named: Option<Sha256>,
        test: &mut impl FnMut(&T, &[Subject]) -> Result<(), String>,
    ) -> Looked<T> {
        let uri = wanted.kind.uri(&self.policy.config.predicate_prefix);
        let mut looked = Looked { counted: Vec::new(), against: BTreeSet::new(), seen: false };
        for attestation in &self.lineage.attestations {
            let fits = match named {
                Some(bundle) => attestation.bundle == bundle,
                // Names are labels: what has the right kind is looked at, whatever it is called.
                None => matches!(&attestation.statement, Ok(statement) if statement.predicate_type == uri),
            };
            if !fits {
                continue;
            }
            match self.examine(attestation, wanted, &uri, test) {
                Ok(found) => looked.counted.push(found),
                // The same check of another stage or content is no witness for or against this one; named as if
                // it were, it is wrong.
                Err(None) if named.is_none() => continue,
                Err(None) => {
                    looked.against.insert("it is of another check or stage".to_owned());
                }
                Err(Some(why)) => {
                    looked.against.insert(why);
                }
            }
            looked.seen = true;
        }
        looked
    }

    /// The bundle the payload names for a record of the stages before the tag.
    fn named(&self, wanted: &Wanted) -> Result<Option<Sha256>, StepState> {
        if wanted.stage >= Stage::Tag {
            return Ok(None);
        }
        let Some(payload) = self.payload else { return Ok(None) };
        payload
            .attestations
            .get(&wanted.name)
            .map(|named| Some(named.bundle))
            .ok_or_else(|| StepState::Gap("the tag's payload names no such attestation".to_owned()))
    }

    /// A bundle the payload names is not in the ledger: lost, or altered?
    fn lost(&self, wanted: &Wanted, bundle: Sha256) -> StepState {
        let impostor = self.lineage.attestations.iter().any(|other| other.record.name == wanted.name);
        if impostor {
            return StepState::Gap(format!("the record here is not the bundle {} the tag names", bundle.short()));
        }
        if !self.lineage.oddities.is_empty() {
            return StepState::Gap(format!(
                "the bundle {} the tag names is not among the readable records ({})",
                bundle.short(),
                self.lineage.oddities.join("; ")
            ));
        }
        let mut why = format!(
            "the bundle {} the tag names is not in the ledger here; `git lineage sync` fetches it",
            bundle.short()
        );
        if !self.lineage.unfetched.is_empty() {
            why = format!("{why}; {}", self.lineage.unfetched.join("; "));
        }
        StepState::Undetermined(why)
    }

    /// One attestation against what is wanted: why it does not count, or nothing where it is simply about
    /// something else.
    fn examine<T: DeserializeOwned>(
        &self,
        attestation: &Attestation,
        wanted: &Wanted,
        uri: &str,
        test: &mut impl FnMut(&T, &[Subject]) -> Result<(), String>,
    ) -> Result<Found<T>, Option<String>> {
        let statement = attestation.statement.as_ref().map_err(|why| Some(why.clone()))?;
        if statement.predicate_type != uri {
            return Err(Some(format!("its predicate type is {}, not {uri}", statement.predicate_type)));
        }
        if statement.kind != STATEMENT_TYPE {
            return Err(Some(format!("its statement is a {}, not a {STATEMENT_TYPE}", statement.kind)));
        }
        let body = match wanted.kind {
            Predicate::Build => self.parameters(&statement.predicate)?,
            _ => &statement.predicate,
        };
        let unreadable = |e: serde_json::Error| Some(format!("its predicate is not readable: {e}"));
        let about: About = serde_json::from_value(body.clone()).map_err(unreadable)?;
        if wanted.kind == Predicate::Check {
            let check: Check = serde_json::from_value(body.clone()).map_err(unreadable)?;
            let key = wanted.name.split_once('-').map_or("", |(_, key)| key);
            if check.stage != wanted.stage || check.check != key {
                return Err(None);
            }
        }
        if wanted.kind == Predicate::Waiver {
            let waiver: Waiver = serde_json::from_value(body.clone()).map_err(unreadable)?;
            if wanted.name != Waiver::record(waiver.stage, &waiver.check) {
                return Err(None);
            }
        }
        let others = beyond(statement, wanted)?;
        let proof = &attestation.proof;
        let signer = self.lineage.signed_by(self.policy, wanted.role(), proof).map_err(Some)?;
        if self.policy.config.sign.require_transparency && proof.times().is_empty() {
            return Err(Some(
                "no log or timestamp authority has seen it, and the policy asks for that; `git lineage sync \
                 --settle` has them see it"
                    .to_owned(),
            ));
        }
        self.about(&about)?;
        if wanted.stage >= Stage::Tag {
            self.rests_on(&about.resolved_dependencies)?;
        }
        let time = proof.made(about.time).map_err(Some)?;
        if wanted.stage < Stage::Tag && self.tagged.is_some_and(|tagged| younger(time, proof, tagged)) {
            return Err(Some("it is younger than the tag statement".to_owned()));
        }
        let claim: T = serde_json::from_value(statement.predicate.clone()).map_err(unreadable)?;
        test(&claim, &others).map_err(Some)?;
        let counted = Counted {
            name: wanted.name.clone(),
            id: attestation.record.id.clone(),
            bundle: attestation.bundle,
            signer: signer.name.to_owned(),
            stage: wanted.stage,
            note: None,
        };
        let account = signer.account.map(str::to_owned);
        let witnessed = proof.times().iter().min().copied();
        Ok(Found { counted, claim, time, account, witnessed })
    }

    /// Where a build statement says what it is about. Somebody else's provenance of the same package (another
    /// build type) is no witness for or against ours.
    fn parameters<'p>(&self, provenance: &'p serde_json::Value) -> Result<&'p serde_json::Value, Option<String>> {
        let build_type = provenance.pointer("/buildDefinition/buildType").and_then(serde_json::Value::as_str);
        if build_type != Some(&Provenance::build_type(&self.policy.config.predicate_prefix)) {
            return Err(None);
        }
        let body = provenance.pointer("/buildDefinition/internalParameters");
        body.ok_or_else(|| Some("its predicate has no internal parameters".to_owned()))
    }

    /// From the tag on, what a statement says of git's objects is the tag, its commit and the chart there. The
    /// verdict does not rest on it, but whoever reads the statement elsewhere does.
    fn rests_on(&self, said: &[GitDependency]) -> Result<(), Option<String>> {
        let Some(tag) = &self.lineage.tag else { return Ok(()) };
        let is = [
            ("gitTag", tag.object.as_ref()),
            ("gitCommit", Some(&tag.commit)),
            ("gitTree", self.lineage.content.tree.as_ref()),
        ];
        for (algorithm, oid) in said.iter().flat_map(|dependency| &dependency.digest) {
            match is.iter().find(|(name, _)| name == algorithm) {
                Some((_, is)) if *is == Some(oid) => {}
                Some((_, Some(is))) => {
                    return Err(Some(format!("its dependencies do not name the {algorithm} {}", is.short())));
                }
                Some((_, None)) | None => {
                    return Err(Some(format!("its dependencies name a {algorithm} that the release has not")));
                }
            }
        }
        Ok(())
    }

    fn about(&self, about: &About) -> Result<(), Option<String>> {
        let config = &self.policy.config;
        let pairs = [
            ("repository", &about.repository, &config.repository.id),
            ("chart", &about.chart, &self.lineage.chart),
            ("directory", &about.directory, &self.lineage.directory),
        ];
        match pairs.into_iter().find(|(_, said, is)| said != is) {
            Some((what, said, is)) => Err(Some(format!("it is about the {what} {said}, not {is}"))),
            None => Ok(()),
        }
    }
}

/// Whether evidence was made after the tag statement. Where a log or a timestamp authority says when, its
/// clock is another than the one before: the payload names what it rests on by digest, which no clock undoes.
fn younger(time: Timestamp, proof: &Proof, (tagged, skew): (Timestamp, i64)) -> bool {
    let skew = if proof.times().is_empty() { skew } else { SKEW };
    time.seconds().saturating_sub(tagged.seconds()) > skew
}

/// The subjects beyond those wanted; each wanted one must be there with its sha256.
fn beyond(statement: &crate::model::Statement, wanted: &Wanted) -> Result<Vec<Subject>, Option<String>> {
    for want in &wanted.subjects {
        if statement.subject.contains(want) {
            continue;
        }
        let named: Vec<&Subject> = statement.subject.iter().filter(|have| have.name == want.name).collect();
        let found = match named.first() {
            None => "nothing".to_owned(),
            Some(have) => have.sha256().map_or_else(|| "no sha256".to_owned(), |digest| digest.short()),
        };
        let want_digest = want.sha256().map(|digest| digest.short()).unwrap_or_default();
        return Err(Some(format!("its subject {} is {found}, not {want_digest}", want.name)));
    }
    Ok(statement.subject.iter().filter(|have| !wanted.subjects.contains(have)).cloned().collect())
}
