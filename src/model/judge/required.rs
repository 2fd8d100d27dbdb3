//! Step 9: every required check, the seal of the contribution, the overall statement of the bump.

use std::collections::{BTreeMap, BTreeSet};

use super::Docket;
use super::evidence::{Bench, Wanted, content_subject};
use super::links::Contents;
use crate::model::config::Flow;
use crate::model::lineage::{Counted, StepState};
use crate::model::statement::{Check, CheckResult, Overall};
use crate::model::{Content, Oid, Predicate, Sha256, Stage, Subject, json};

/// Everything the policy requires up to a stage.
pub(super) fn everything(docket: &mut Docket, bench: &Bench<'_>, contents: &Contents, upto: Stage) {
    let required = &bench.policy.config.required;
    let mut sealed = Parts::new();
    let contributed = contents.contributed.as_ref();
    for key in &required.validate {
        check(docket, bench, key, Stage::Validate, contributed, &mut sealed);
    }
    let seal = Whole { kind: Predicate::Seal, name: "w1-overall", parent: None, linked: contents.seal };
    let seal = overall(docket, bench, &seal, contributed, &sealed);
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
    let mut whole = Parts::new();
    for key in &required.bump {
        check(docket, bench, key, Stage::Bump, released, &mut whole);
    }
    let mut links = vec!["w5-semver-bump"];
    if bench.policy.config.flow == Flow::Integration {
        links.push("w2-filter-charts");
    }
    for link in links {
        let counted = docket.findings.counted.iter().find(|counted| counted.name == link);
        whole.insert(link.to_owned(), counted.cloned().into_iter().collect());
    }
    let statement = Whole { kind: Predicate::Overall, name: "w5-overall", parent: seal, linked: None };
    overall(docket, bench, &statement, released, &whole);
}

/// An overall statement, as it has to be.
struct Whole<'a> {
    kind: Predicate,
    name: &'a str,
    parent: Option<Sha256>,
    /// The bundle a later link names; among several that hold, that one counts.
    linked: Option<Sha256>,
}

/// What an overall statement has to name: record name → the attestations that would do for it.
type Parts = BTreeMap<String, Vec<Counted>>;

/// One required check: the newest result for this definition and content, which must be a pass, or an
/// exclusion that the policy accepts for this chart. Notes every bundle that would do in `sealed`.
fn check(
    docket: &mut Docket,
    bench: &Bench<'_>,
    key: &str,
    stage: Stage,
    content: Option<&Content>,
    sealed: &mut Parts,
) {
    let name = format!("w{}-{key}", stage.number());
    let what = format!("the required check {key} passed on this content");
    sealed.insert(name.clone(), Vec::new());
    let Some(content) = content else {
        docket.enter(9, &what, &name, not_established(docket));
        return;
    };
    let subject = content_subject(&bench.lineage.directory, content.digest());
    let wanted = Wanted::new(Predicate::Check, &name, vec![subject]).at(stage);
    let commits: BTreeSet<Oid> = docket.findings.commits.iter().map(|commit| commit.commit.clone()).collect();
    let found = bench.find_all::<Check>(&wanted, |claim, others| {
        if !others.is_empty() {
            return Err("it has a subject too many".to_owned());
        }
        told(&commits, claim)?;
        recomputed(bench, key, claim)
    });
    let mut what = what;
    let state = found.and_then(|all| {
        let accepted = |claim: &Check| accepted(bench, key, claim);
        let good = all.iter().filter(|found| accepted(&found.claim).is_none());
        sealed.insert(name.clone(), good.map(|found| found.counted.clone()).collect());
        // Of two with the same time, the one that is not a pass is believed.
        let newest = all.first().map(|found| found.time);
        let against = all.iter().filter(|found| Some(found.time) == newest).find_map(|f| accepted(&f.claim));
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
    docket.attested(9, &what, &name, state);
}

/// Whether the split tells of every commit that was validated: it may have more, from contributions before.
fn told(commits: &BTreeSet<Oid>, claim: &Check) -> Result<(), String> {
    let untold = claim.commits.iter().find(|commit| !commits.is_empty() && !commits.contains(&commit.commit));
    match untold {
        Some(commit) => Err(format!("it saw commit {}, of which the split does not tell", commit.commit.short())),
        None => Ok(()),
    }
}

/// The content a step is about comes out of links that do not hold, or are not here.
fn not_established(docket: &Docket) -> StepState {
    let nothing = || StepState::Gap("not reached: the content it is about is not established".to_owned());
    docket.blocked(&["main", "w5-semver-bump", "w2-filter-charts"]).unwrap_or_else(nothing)
}

/// What the statement says of the check's surroundings, against what they are.
fn recomputed(bench: &Bench<'_>, key: &str, claim: &Check) -> Result<(), String> {
    let Some((definition, variant)) = bench.policy.config.check(key) else {
        return Err("the policy does not define it".to_owned());
    };
    if claim.definition != definition.digest(variant.as_deref()) {
        return Err("it ran another definition of the check than the policy's".to_owned());
    }
    let Some(around) = bench.lineage.surroundings.iter().find(|around| around.key == key) else {
        return Err("its inputs cannot be recomputed".to_owned());
    };
    if claim.inputs != around.inputs {
        return Err("its declared inputs have changed since".to_owned());
    }
    if claim.dependencies != around.dependencies {
        return Err("a chart of this repository it depends on has changed since".to_owned());
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
) -> Option<Sha256> {
    const WHAT: &str = "the overall statement names every part";
    let Whole { kind, name, parent, linked } = *statement;
    let Some(content) = content else {
        docket.enter(9, WHAT, name, not_established(docket));
        return None;
    };
    // What is missing here is not to be told from what is missing altogether.
    let rests_on: Vec<&str> = parts.keys().map(String::as_str).chain(["w1-overall"]).collect();
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
        let absent = parts.iter().find(|(part, good)| {
            let named = claim.bundles.get(*part);
            !good.iter().any(|counted| Some(&counted.bundle) == named)
        });
        match absent {
            Some((part, _)) => Err(format!("it does not name a counting bundle for {part}")),
            None => Ok(()),
        }
    });
    let state = found.map(|mut all| {
        let at = all.iter().position(|found| Some(found.counted.bundle) == linked).unwrap_or(0);
        let found = all.swap_remove(at);
        // Of several results that would do, the one that was sealed is the one that counts from here on.
        for counted in &mut docket.findings.counted {
            let named = found.claim.bundles.get(&counted.name);
            let sealed = parts.get(&counted.name).into_iter().flatten().find(|part| Some(&part.bundle) == named);
            if let Some(sealed) = sealed {
                counted.clone_from(sealed);
            }
        }
        found.counted
    });
    let bundle = state.as_ref().ok().map(|counted| counted.bundle);
    docket.attested(9, WHAT, name, state);
    bundle
}
