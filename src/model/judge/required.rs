//! Step 9: every required check, the reviews, the seal of the contribution, the overall statement of the bump.

use std::collections::BTreeMap;

use super::Docket;
use super::evidence::{Bench, Found, Wanted, content_subject};
use super::links::Contents;
use super::people::{self, Excused, Reviewed};
use crate::model::config::Flow;
use crate::model::lineage::{Counted, StepState};
use crate::model::statement::{Check, CheckResult, Overall, Review, SourceCommit};
use crate::model::{Content, Oid, Predicate, Sha256, Stage, Subject, json};

/// Everything the policy requires up to a stage.
pub(super) fn everything(docket: &mut Docket, bench: &Bench<'_>, contents: &Contents, upto: Stage) {
    let required = &bench.policy.config.required;
    let contributed = contents.contributed.as_ref();
    let sealed = checks(docket, bench, &required.validate, (Stage::Validate, upto), contributed);
    let reviews = people::reviews(docket, bench, contributed);
    let seal = Whole { kind: Predicate::Seal, name: "w1-overall", parent: None, linked: contents.seal };
    let seal = overall(docket, bench, &seal, contributed, &sealed, &reviews);
    told_by_waivers(docket, &sealed);
    if bench.policy.config.flow == Flow::Integration && upto >= Stage::Split {
        let state = match docket.blocked(&["w2-filter-charts", "w1-overall"]) {
            Some(state) => state,
            None if contents.seal.is_some() && contents.seal == seal => StepState::Holds,
            None => StepState::Gap("the split link names another seal than the one that counts".to_owned()),
        };
        docket.enter(9, "the split was made on the sealed contribution", "w2-filter-charts", state);
    }
    if upto < Stage::Bump {
        return;
    }
    let released = Some(&bench.lineage.content);
    let mut whole = checks(docket, bench, &required.bump, (Stage::Bump, upto), released);
    let mut links = vec!["w5-semver-bump"];
    if bench.policy.config.flow == Flow::Integration {
        links.push("w2-filter-charts");
    }
    for link in links {
        let counted = docket.findings.counted.iter().find(|counted| counted.name == link);
        whole.insert(link.to_owned(), counted.cloned().map(Candidate::from).into_iter().collect());
    }
    let statement = Whole { kind: Predicate::Overall, name: "w5-overall", parent: seal, linked: None };
    overall(docket, bench, &statement, released, &whole, &[]);
}

/// An overall statement, as it has to be.
struct Whole<'a> {
    kind: Predicate,
    name: &'a str,
    parent: Option<Sha256>,
    /// The bundle a later link names; among several that hold, that one counts.
    linked: Option<Sha256>,
}

/// An attestation that would do for a part of an overall statement: of the part itself, or of its waiver.
struct Candidate {
    counted: Counted,
    excused: Option<Excused>,
}

impl From<Counted> for Candidate {
    fn from(counted: Counted) -> Self {
        Self { counted, excused: None }
    }
}

impl From<Excused> for Candidate {
    fn from(excused: Excused) -> Self {
        Self { counted: excused.counted.clone(), excused: Some(excused) }
    }
}

/// What an overall statement has to name: record name → the attestations that would do for it.
type Parts = BTreeMap<String, Vec<Candidate>>;

/// A required check, looked at.
struct Looked<'a> {
    key: &'a str,
    what: String,
    state: Result<Counted, StepState>,
    /// Every bundle that would do.
    good: Vec<Counted>,
}

/// The required checks of a stage. First each is looked at for itself, then, when all the commits they tell
/// of are known, what was waived.
fn checks(
    docket: &mut Docket,
    bench: &Bench<'_>,
    keys: &[String],
    (stage, upto): (Stage, Stage),
    content: Option<&Content>,
) -> Parts {
    let looked: Vec<Looked<'_>> = keys.iter().map(|key| check(docket, bench, key, stage, content)).collect();
    let mut parts = Parts::new();
    for Looked { key, mut what, state, good } in looked {
        let name = format!("w{}-{key}", stage.number());
        let waivers = content.and_then(|content| {
            let asked = people::Asked { key, stage, content, upto };
            people::waivers(&docket.findings, bench, asked, |waiver| {
                surroundings(bench, key, waiver.definition, waiver.inputs, &waiver.dependencies)
            })
        });
        let mut candidates: Vec<Candidate> = good.into_iter().map(Candidate::from).collect();
        let state = match (state, waivers) {
            (Ok(counted), waivers) => {
                candidates.extend(waivers.and_then(Result::ok).into_iter().flatten().map(Candidate::from));
                docket.findings.counted.push(counted);
                StepState::Holds
            }
            (Err(StepState::Gap(why)), Some(Ok(excused))) => {
                let newest = excused.first().cloned();
                candidates.extend(excused.into_iter().map(Candidate::from));
                match newest {
                    Some(newest) => {
                        what = format!("the required check {key} is waived");
                        docket.findings.counted.push(newest.counted);
                        StepState::Waived(newest.waived)
                    }
                    None => StepState::Gap(why),
                }
            }
            (Err(StepState::Gap(why)), Some(Err(StepState::Gap(no)))) => {
                StepState::Gap(format!("{why}; its waiver does not count: {no}"))
            }
            (Err(StepState::Gap(_)), Some(Err(state))) | (Err(state), _) => state,
        };
        docket.enter(9, &what, &name, state);
        parts.insert(name, candidates);
    }
    parts
}

/// One required check: the newest result for this definition and content, which must be a pass, or an
/// exclusion that the policy accepts for this chart.
fn check<'a>(
    docket: &mut Docket,
    bench: &Bench<'_>,
    key: &'a str,
    stage: Stage,
    content: Option<&Content>,
) -> Looked<'a> {
    let name = format!("w{}-{key}", stage.number());
    let what = format!("the required check {key} passed on this content");
    let Some(content) = content else {
        return Looked { key, what, state: Err(not_established(docket)), good: Vec::new() };
    };
    let subject = content_subject(&bench.lineage.directory, content.digest());
    let wanted = Wanted::new(Predicate::Check, &name, vec![subject]).at(stage);
    let commits: BTreeMap<Oid, SourceCommit> =
        docket.findings.commits.iter().map(|commit| (commit.commit.clone(), commit.clone())).collect();
    let about_this = |claim: &Check, others: &[Subject]| {
        if !others.is_empty() {
            return Err("it has a subject too many".to_owned());
        }
        told(&commits, &claim.commits)?;
        surroundings(bench, key, claim.definition, claim.inputs, &claim.dependencies)
    };
    let found = bench.find_all::<Check>(&wanted, about_this);
    // The payload chooses among the results; it cannot choose one that a later one had overruled by then.
    let known = bench.witnesses::<Check>(&wanted, about_this);
    let mut what = what;
    let mut good = Vec::new();
    let state = found.and_then(|all| {
        let accepted = |claim: &Check| accepted(bench, key, claim);
        let doing = all.iter().filter(|found| accepted(&found.claim).is_none());
        good = doing.map(|found| found.counted.clone()).collect();
        // Of two with the same time, the one that is not a pass is believed.
        let against = |results: &[Found<Check>]| {
            let newest = results.first().map(|found| found.time);
            results.iter().filter(|found| Some(found.time) == newest).find_map(|found| accepted(&found.claim))
        };
        let overruled = || against(&known).map(|why| format!("a later result stands against it: {why}"));
        let against = against(&all).or_else(overruled);
        match (against, all.into_iter().next()) {
            (None, Some(found)) => {
                if found.claim.result != CheckResult::Pass {
                    let (result, reason) = (found.claim.result.word(), &found.claim.reason);
                    what = format!("the required check {key} is {result} ({reason}), accepted by the policy");
                }
                if docket.findings.commits.is_empty() {
                    docket.findings.commits = found.claim.commits;
                }
                Ok(found.counted)
            }
            (against, _) => Err(StepState::Gap(against.unwrap_or_default())),
        }
    });
    Looked { key, what, state, good }
}

/// Whether the split tells of every commit that was validated, and tells the same of it: version and changelog
/// come from what it tells. It may have more, from contributions before.
fn told(commits: &BTreeMap<Oid, SourceCommit>, claimed: &[SourceCommit]) -> Result<(), String> {
    for seen in claimed.iter().filter(|_| !commits.is_empty()) {
        match commits.get(&seen.commit) {
            Some(told) if told == seen => {}
            Some(_) => {
                return Err(format!("of commit {}, which it saw, the split tells otherwise", seen.commit.short()));
            }
            None => {
                return Err(format!("it saw commit {}, of which the split does not tell", seen.commit.short()));
            }
        }
    }
    Ok(())
}

/// The content a step is about comes out of links that do not hold, or are not here.
pub(super) fn not_established(docket: &Docket) -> StepState {
    let nothing = || StepState::Gap("not reached: the content it is about is not established".to_owned());
    docket.blocked(&["main", "w5-semver-bump", "w2-filter-charts"]).unwrap_or_else(nothing)
}

/// What a statement says of a check's surroundings, against what they are.
fn surroundings(
    bench: &Bench<'_>,
    key: &str,
    digest: Sha256,
    inputs: Sha256,
    dependencies: &BTreeMap<String, Sha256>,
) -> Result<(), String> {
    let Some((definition, variant)) = bench.policy.config.check(key) else {
        return Err("the policy does not define it".to_owned());
    };
    if digest != definition.digest(variant.as_deref()) {
        return Err("it ran another definition of the check than the policy's".to_owned());
    }
    let Some(around) = bench.lineage.surroundings.iter().find(|around| around.key == key) else {
        return Err("its inputs cannot be recomputed".to_owned());
    };
    if inputs != around.inputs {
        return Err("its declared inputs have changed since".to_owned());
    }
    if *dependencies != around.dependencies {
        return Err("a chart it depends on has changed since".to_owned());
    }
    Ok(())
}

/// Why a result does not do; nothing where it does.
fn accepted(bench: &Bench<'_>, key: &str, claim: &Check) -> Option<String> {
    let chart = &bench.lineage.chart;
    match claim.result {
        CheckResult::Pass => None,
        CheckResult::Excluded | CheckResult::NotApplicable => {
            let accepts = bench.policy.config.required.accept_excluded.get(chart);
            let accepted = accepts.is_some_and(|keys| keys.iter().any(|accepted| accepted == key));
            (!accepted).then(|| format!("its result is {} ({}), not pass", claim.result.word(), claim.reason))
        }
        CheckResult::Fail => Some(format!("its result is fail ({})", claim.reason)),
    }
}

/// A statement over a complete map: it names, for every part, a bundle that counts.
fn overall(
    docket: &mut Docket,
    bench: &Bench<'_>,
    statement: &Whole<'_>,
    content: Option<&Content>,
    parts: &Parts,
    reviews: &[Reviewed],
) -> Option<Sha256> {
    const WHAT: &str = "the overall statement names every part";
    let Whole { kind, name, parent, linked } = *statement;
    let Some(content) = content else {
        docket.enter(9, WHAT, name, not_established(docket));
        return None;
    };
    // What is missing here is not to be told from what is missing altogether.
    let rests_on: Vec<&str> = parts.keys().map(String::as_str).chain(["w1-overall", Review::RECORD]).collect();
    if let Some(state @ StepState::Undetermined(_)) = docket.blocked(&rests_on) {
        docket.enter(9, WHAT, name, state);
        return None;
    }
    let subject = content_subject(&bench.lineage.directory, content.digest());
    let wanted = Wanted::new(kind, name, vec![subject]);
    let found = bench.find_all::<Overall>(&wanted, |claim, others| {
        let description = Subject::new("pr-description", Sha256::of(json::canonical(&claim.attestations)));
        if others != [description] {
            return Err("its pr-description is not the digest of its map".to_owned());
        }
        if !claim.attestations.keys().eq(claim.bundles.keys()) {
            return Err("its map and its bundles name different records".to_owned());
        }
        if claim.parent != parent {
            return Err("its parent is not the overall statement before it".to_owned());
        }
        if let Some((part, _)) = parts.iter().find(|(_, good)| chosen(claim, good).is_none()) {
            return Err(format!("it does not name a counting bundle for {part}"));
        }
        // The reviews are the contribution's, and its seal names them.
        let needed = if kind == Predicate::Seal { bench.policy.config.required.reviews } else { 0 };
        if !people::enough(reviews, needed, |name, bundle| claim.bundles.get(name) == Some(&bundle)) {
            return Err("it does not name the reviews that are required".to_owned());
        }
        Ok(())
    });
    let state = found.map(|mut all| {
        let at = all.iter().position(|found| Some(found.counted.bundle) == linked).unwrap_or(0);
        let found = all.swap_remove(at);
        // Of several attestations that would do, the one that was sealed is the one that counts from here on.
        for (part, good) in parts {
            if let Some(chosen) = chosen(&found.claim, good) {
                take(docket, part, good, chosen);
            }
        }
        sealed_reviews(docket, &found.claim, reviews);
        found.counted
    });
    let bundle = state.as_ref().ok().map(|counted| counted.bundle);
    docket.attested(9, WHAT, name, state);
    bundle
}

/// The attestation that an overall statement names for a part, of those that would do: a check's own before
/// its waiver.
fn chosen<'p>(claim: &Overall, good: &'p [Candidate]) -> Option<&'p Candidate> {
    good.iter().find(|candidate| claim.bundles.get(&candidate.counted.name) == Some(&candidate.counted.bundle))
}

/// Counts the chosen attestation of a part instead of whichever counted so far. Where a waiver was sealed
/// the check is waived, whatever became of it later.
fn take(docket: &mut Docket, part: &str, good: &[Candidate], chosen: &Candidate) {
    let of_part = |counted: &Counted| good.iter().any(|candidate| candidate.counted.name == counted.name);
    if let Some(counted) = docket.findings.counted.iter_mut().find(|counted| of_part(counted)) {
        counted.clone_from(&chosen.counted);
    }
    let step = docket.steps.iter_mut().find(|step| step.number == 9 && step.link == part);
    if let (Some(step), Some(excused)) = (step, &chosen.excused) {
        step.state = StepState::Waived(excused.waived.clone());
        if let Some((_, key)) = part.split_once('-') {
            step.what = format!("the required check {key} is waived");
        }
    }
}

/// Counts the reviews that were sealed, and no others.
fn sealed_reviews(docket: &mut Docket, claim: &Overall, reviews: &[Reviewed]) {
    if reviews.is_empty() {
        return;
    }
    let counted = &mut docket.findings.counted;
    let at = counted.iter().position(|counted| Review::is_record(&counted.name)).unwrap_or(counted.len());
    counted.retain(|counted| !Review::is_record(&counted.name));
    let named = reviews.iter().map(|review| &review.counted);
    let sealed = named.filter(|review| claim.bundles.get(&review.name) == Some(&review.bundle)).cloned();
    counted.splice(at..at, sealed);
}

/// Where no check tells of the contribution's commits, a waiver that counts does.
fn told_by_waivers(docket: &mut Docket, parts: &Parts) {
    if !docket.findings.commits.is_empty() {
        return;
    }
    let counts = |excused: &&Excused| docket.findings.counted.iter().any(|c| c.bundle == excused.counted.bundle);
    let excused = parts.values().flatten().filter_map(|candidate| candidate.excused.as_ref());
    let commits = excused.filter(counts).map(|excused| &excused.commits).find(|commits| !commits.is_empty());
    if let Some(commits) = commits {
        docket.findings.commits = commits.clone();
    }
}
