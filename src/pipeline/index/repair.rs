//! `publish --repair-index`: says what is wrong with the index, entry by entry, and puts it right.
//!
//! What an entry should say is known for releases with a payload, and for these alone. So only they are
//! changed, and only to what a complete verdict allows to be published. What others wrote is told of and left,
//! unless whoever runs this says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::{Place, Tip};
use crate::git::Edit;
use crate::helm;
use crate::helm::index::{Change, Entry, Index, NewEntry};
use crate::model::config::Config;
use crate::model::statement::PublishClaim;
use crate::model::{
    Exit, Failure, Fate, Outcome, Payload, Plan, Predicate, RepairLine, RepairReport, Stage, Timestamp, version,
};
use crate::pipeline::ground::{self, Ground};
use crate::pipeline::trace::{self, Traced};
use crate::pipeline::{Context, anchor, resolve};

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Take wrong entries out that are no release of this repository.
    pub foreign: bool,
}

/// A release with a payload: what its entry has to say.
struct Own {
    tag: String,
    payload: Payload,
}

/// A release that may be listed, or why not.
#[derive(Clone)]
enum Proof {
    /// Proven, and published.
    Listed(Box<(helm::Package, Timestamp)>),
    /// Proven, and not published yet.
    Waiting,
    Refused(String),
}

/// A wrong or missing entry, and what is to become of it.
struct Finding {
    at: Option<usize>,
    line: RepairLine,
    entry: Option<NewEntry>,
}

/// Looks through the index, and repairs it.
///
/// # Errors
/// No index is configured (exit 2), it is not in block style (exit 1), the remote cannot be read (exit 3).
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<RepairReport, Failure> {
    let ground = ground::refreshed(cx)?;
    let config = ground.config();
    if let Some(remote) = ground::remote(&cx.repo, config) {
        // A release whose tag is not here would pass for somebody else's.
        cx.repo.fetch(remote, &["refs/tags/*:refs/tags/*"])?;
    }
    let place = Place::of(cx, &ground, config).ok_or_else(|| {
        Failure::usage("lineage.toml names no index").hint("set `url` or `packages` under [publish.index]")
    })?;
    let mut bench = Bench { ground: &ground, place: &place, own: own(cx, &ground)?, proofs: BTreeMap::new() };
    let mut found = (Vec::new(), Vec::new());
    let commit = place.write(cx, |tip| {
        let index = Index::parse(tip.bytes())?;
        let findings = bench.look(cx, &index, options.foreign)?;
        let edits = bench.edits(cx, tip, &index, &findings)?;
        found = (findings.into_iter().map(|finding| finding.line).collect(), index.faults().to_vec());
        Ok(edits.map(|edits| (edits, "index: repair\n".to_owned())))
    })?;
    let (entries, faults) = found;
    let mut plan = Plan::default();
    for line in &entries {
        match line.fate {
            Fate::Replaced => plan.needed(format!("replace {} {}", line.chart, line.version)),
            Fate::Added => plan.needed(format!("list {} {}", line.chart, line.version)),
            Fate::Removed => plan.needed(format!("take out {} {}", line.chart, line.version)),
            Fate::Left => {}
        }
    }
    let outcome = if plan.is_done() { Outcome::Unchanged } else { Outcome::Updated };
    Ok(RepairReport { index: place.in_words(), faults, entries, outcome, commit, plan })
}

/// The releases of this repository by chart and version: annotated tags with a payload that is about them.
fn own(cx: &Context<'_>, ground: &Ground) -> Result<BTreeMap<(String, String), Own>, Failure> {
    let config = ground.config();
    let mut own = BTreeMap::new();
    for release in resolve::release_tags(&cx.repo, ground)? {
        let Some(object) = cx.repo.tag_object(&release.oid)? else { continue };
        let Ok((payload, _)) = Payload::parse(&object.message) else { continue };
        let about_it = object.name == release.tag
            && payload.repository == config.repository.id
            && payload.rehearsal == config.repository.rehearsal
            && config.tag_name(&payload.chart, &payload.chart_version) == release.tag;
        if about_it {
            let key = (payload.chart.clone(), payload.chart_version.clone());
            own.insert(key, Own { tag: release.tag, payload });
        }
    }
    Ok(own)
}

/// What entries are held against.
struct Bench<'a> {
    ground: &'a Ground,
    place: &'a Place<'a>,
    own: BTreeMap<(String, String), Own>,
    /// By tag: proving a release takes a while, and the branch may move meanwhile.
    proofs: BTreeMap<String, Proof>,
}

impl Bench<'_> {
    /// Everything that is wrong, in the order of the file, then what is missing.
    fn look(&mut self, cx: &Context<'_>, index: &Index<'_>, foreign: bool) -> Result<Vec<Finding>, Failure> {
        let mut findings = Vec::new();
        let mut reasons: Vec<Vec<String>> = Vec::new();
        for entry in index.entries() {
            reasons.push(self.reasons(cx, entry)?);
        }
        let keep = self.kept(index, &reasons);
        for (at, entry) in index.entries().iter().enumerate() {
            let key = (entry.chart.clone(), entry.version.clone());
            let mut why = reasons.get(at).cloned().unwrap_or_default();
            let kept = keep.get(&key).copied().unwrap_or(at);
            let twice = kept != at && !entry.version.is_empty();
            if let Some(first) = index.entries().get(kept).filter(|_| twice) {
                why.push(format!("the version occurs in line {} too", first.line));
            }
            if why.is_empty() {
                continue;
            }
            let own = self.own.get(&key).map(|own| own.tag.clone());
            let (fate, left, new) = match own {
                Some(_) if twice => (Fate::Removed, None, None),
                Some(tag) => self.entry(cx, &tag, Fate::Replaced)?,
                None if foreign => (Fate::Removed, None, None),
                None => (Fate::Left, Some("it is no release of this repository".to_owned()), None),
            };
            let own = self.own.contains_key(&key);
            let (chart, version) = key;
            let line = RepairLine { chart, version, line: Some(entry.line), own, reasons: why, fate, left };
            findings.push(Finding { at: Some(at), line, entry: new });
        }
        let there: BTreeSet<(String, String)> =
            index.entries().iter().map(|entry| (entry.chart.clone(), entry.version.clone())).collect();
        let missing: Vec<((String, String), String)> = self
            .own
            .iter()
            .filter(|(key, _)| !there.contains(key))
            .map(|(key, own)| (key.clone(), own.tag.clone()))
            .collect();
        for ((chart, version), tag) in missing {
            if matches!(self.proof(cx, &tag)?, Proof::Waiting) {
                continue;
            }
            let (fate, left, entry) = self.entry(cx, &tag, Fate::Added)?;
            let reasons = vec![format!("{tag} is not listed")];
            let line = RepairLine { chart, version, line: None, own: true, reasons, fate, left };
            findings.push(Finding { at: None, line, entry });
        }
        Ok(findings)
    }

    /// Of entries for one version the first that is right, else the first.
    fn kept(&self, index: &Index<'_>, reasons: &[Vec<String>]) -> BTreeMap<(String, String), usize> {
        let mut kept: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (at, entry) in index.entries().iter().enumerate() {
            let key = (entry.chart.clone(), entry.version.clone());
            let right = |at: usize| reasons.get(at).is_some_and(Vec::is_empty);
            // Which of a stranger's two is meant, nobody here can tell: Helm takes the first.
            let better = |before: usize| self.own.contains_key(&key) && !right(before) && right(at);
            match kept.get(&key) {
                Some(before) if !better(*before) => {}
                _ => {
                    kept.insert(key, at);
                }
            }
        }
        kept
    }

    /// What is wrong with an entry, but for what stands elsewhere in the file.
    fn reasons(&self, cx: &Context<'_>, entry: &Entry) -> Result<Vec<String>, Failure> {
        let mut reasons = entry.faults.clone();
        let Some(own) = self.own.get(&(entry.chart.clone(), entry.version.clone())) else { return Ok(reasons) };
        let wanted = own.payload.predicted.tgz.to_string();
        match &entry.digest {
            Some(found) if *found == wanted => {}
            Some(found) => reasons.push(format!("its digest is {found}, the package of {} has {wanted}", own.tag)),
            None => reasons.push(format!("it has no digest; the package of {} has {wanted}", own.tag)),
        }
        if entry.urls.is_empty() {
            return Ok(reasons);
        }
        let mut known = places(self.ground.config(), own);
        if entry.urls.iter().any(|url| !known.contains(url)) {
            // Where it was published to when it was.
            if let Some(then) = ground::policy_at(&cx.repo, &own.payload.commit, &own.tag)? {
                known.extend(places(&then.config, own));
            }
        }
        for url in entry.urls.iter().filter(|url| !known.contains(*url)) {
            reasons.push(format!("{url} is not where {} was published", own.tag));
        }
        Ok(reasons)
    }

    /// The entry of a release, where it may be listed.
    fn entry(
        &mut self,
        cx: &Context<'_>,
        tag: &str,
        fate: Fate,
    ) -> Result<(Fate, Option<String>, Option<NewEntry>), Failure> {
        let proof = self.proof(cx, tag)?;
        let (package, created) = match proof {
            Proof::Listed(listed) => *listed,
            Proof::Waiting => return Ok((Fate::Left, Some(format!("{tag} is not published yet")), None)),
            Proof::Refused(why) => return Ok((Fate::Left, Some(why), None)),
        };
        let Some(own) = self.own.values().find(|own| own.tag == tag) else {
            return Ok((Fate::Left, None, None));
        };
        let payload = &own.payload;
        let url = self.place.config.url_of(&payload.chart, &payload.chart_version, tag, &package.file);
        Ok((fate, None, Some(NewEntry::of(&package, &url, created)?)))
    }

    fn proof(&mut self, cx: &Context<'_>, tag: &str) -> Result<Proof, Failure> {
        if let Some(proof) = self.proofs.get(tag) {
            return Ok(proof.clone());
        }
        let proof = match prove(cx, self.ground, tag) {
            Ok(Some(listed)) => Proof::Listed(Box::new(listed)),
            Ok(None) => Proof::Waiting,
            Err(failure) if failure.exit == Exit::Undetermined => return Err(failure),
            Err(failure) => {
                let causes = failure.causes.into_iter().map(|cause| format!("; {cause}")).collect::<String>();
                Proof::Refused(format!("{}{causes}", failure.what))
            }
        };
        self.proofs.insert(tag.to_owned(), proof.clone());
        Ok(proof)
    }

    /// The findings as edits of the branch; none where nothing is to change.
    fn edits(
        &self,
        cx: &Context<'_>,
        tip: &Tip,
        index: &Index<'_>,
        findings: &[Finding],
    ) -> Result<Option<super::Edits>, Failure> {
        let mut change = Change::default();
        let mut edits = super::Edits::new();
        for finding in findings {
            match (finding.line.fate, finding.at, &finding.entry) {
                (Fate::Replaced, Some(at), Some(entry)) => {
                    change.replaced.insert(at, entry.clone());
                }
                (Fate::Added, _, Some(entry)) => change.added.push(entry.clone()),
                (Fate::Removed, Some(at), _) => {
                    change.removed.insert(at);
                }
                _ => continue,
            }
            let tag = self.ground.config().tag_name(&finding.line.chart, &finding.line.version);
            if let (Some(_), Some(Proof::Listed(listed))) = (&finding.entry, self.proofs.get(&tag)) {
                self.place.package(cx, tip, &listed.0, &mut edits)?;
            }
        }
        if change.is_empty() {
            return Ok(None);
        }
        edits.insert(self.place.config.path.clone(), Edit::Write(index.changed(&change)?));
        Ok(Some(edits))
    }
}

/// Where a configuration says that a release's package is.
fn places(config: &Config, own: &Own) -> BTreeSet<String> {
    let Payload { chart, chart_version, .. } = &own.payload;
    let mut places = BTreeSet::new();
    if let Some(index) = &config.publish.index {
        places.insert(index.url_of(chart, chart_version, &own.tag, &format!("{chart}-{chart_version}.tgz")));
    }
    if let (Some(oci), Ok(version)) = (&config.publish.oci, version::parse(chart_version))
        && oci.starts_with("oci://")
    {
        places.insert(format!("{}/{chart}:{}", oci.trim_end_matches('/'), version::oci_tag(&version)));
    }
    places
}

/// The package of a proven and published release, with its commit's time; none where it is not published.
fn prove(cx: &Context<'_>, ground: &Ground, tag: &str) -> Result<Option<(helm::Package, Timestamp)>, Failure> {
    let traced = trace::release(cx, ground, tag, None, None)?;
    let verdict = traced.judge(Stage::Build);
    let what = format!("{tag} is not proven");
    // Evidence that is not there may be the very statement that it was published.
    let undetermined = verdict.exit() == Exit::Undetermined;
    if !undetermined && !published(&traced, tag) {
        return Ok(None);
    }
    trace::demand(&verdict, &what)?;
    anchor::demand(cx, ground, &traced, &what)?;
    let Some(cleared) = verdict.clear(&traced.lineage) else { return Err(Failure::negative(what)) };
    let Some(commit) = traced.lineage.tag.as_ref().map(|tag| tag.commit.clone()) else {
        return Err(Failure::negative(what));
    };
    match traced.package {
        Some(package) if package.digests() == cleared.package() => {
            Ok(Some((package, cx.repo.commit(&commit)?.committed)))
        }
        _ => Err(Failure::negative(format!("the package of {tag} cannot be built again byte for byte"))),
    }
}

/// Whether somebody who may said that the release is out.
fn published(traced: &Traced, tag: &str) -> bool {
    let uri = Predicate::Publish.uri(&traced.policy.config.predicate_prefix);
    traced.lineage.attestations.iter().any(|attestation| {
        let statement = attestation.statement.as_ref().ok().filter(|s| s.predicate_type == uri);
        let claim: Option<PublishClaim> = statement.and_then(|s| serde_json::from_value(s.predicate.clone()).ok());
        claim.is_some_and(|claim| claim.tag == tag)
            && traced.lineage.signed_by(&traced.policy, Stage::Publish, &attestation.proof).is_ok()
    })
}
