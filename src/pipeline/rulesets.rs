//! The flow's rulesets at GitHub: what is missing or has drifted, and the way back, one ruleset at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::ground::{self, Ground};
use super::{Context, files, hub};
use crate::github::{self, GitHub};
use crate::model::config::{Config, Flow};
use crate::model::outside::{self, Seen};
use crate::model::rulesets::{self, Change, Ruleset, Step};
use crate::model::{Event, Exit, Failure, Oid, RulesetLine, RulesetsReport, Sha256, workflows};

/// What was asked of `apply`.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the rulesets as they are go first; none: below `.git/lineage`.
    pub backup: Option<PathBuf>,
}

/// Everything on order: nothing is about to be made.
const IN_ORDER: rulesets::Ground = rulesets::Ground { release: true, integration: true, workflows: true };

/// Holds what is at GitHub against what the policy on main asks for. It only reads.
///
/// # Errors
/// The policy asks for rulesets that cannot be (exit 2), or they cannot be read (exit 3).
pub fn check(cx: &mut Context<'_>) -> Result<RulesetsReport, Failure> {
    let ground = ground::ground(cx)?;
    let scene = Scene::look(cx, &ground)?;
    Ok(scene.report(scene.steps(&IN_ORDER)?.as_deref()))
}

/// As [`check`], for `status --remote`: without the steps.
///
/// # Errors
/// As [`check`].
pub(super) fn looked(cx: &Context<'_>, ground: &Ground) -> Result<RulesetsReport, Failure> {
    Ok(Scene::look(cx, ground)?.report(None))
}

/// As [`check`], and the steps in their order.
///
/// # Errors
/// As [`check`], or the steps would lock the repository (exit 2).
pub fn plan(cx: &mut Context<'_>) -> Result<RulesetsReport, Failure> {
    let ground = ground::refreshed(cx)?;
    let scene = Scene::look(cx, &ground)?;
    let steps = scene.steps(&standing(cx, &ground, &scene.present)?)?;
    Ok(scene.report(steps.as_deref()))
}

/// Does the steps that are needed, each upon a fresh look.
///
/// # Errors
/// As [`plan`]; what cannot be read whole is not written (exit 3); somebody changed a ruleset meanwhile (exit 4);
/// GitHub refuses a step (exit 1).
pub fn apply(cx: &mut Context<'_>, options: &Options) -> Result<RulesetsReport, Failure> {
    let ground = ground::refreshed(cx)?;
    let scene = Scene::look(cx, &ground)?;
    let order = standing(cx, &ground, &scene.present)?;
    let steps = rulesets::plan(&scene.wanted, &scene.found, &order)?;
    let mut report = scene.report(Some(&steps));
    if cx.dry_run {
        return Ok(report);
    }
    report.applied = true;
    if steps.iter().all(|step| step.change == Change::Keep) {
        return Ok(report);
    }
    for drift in &report.drift {
        (cx.on)(Event::Note(drift.in_words()));
    }
    let kept = keep(cx, options.backup.as_deref(), &scene.found)?;
    (cx.on)(Event::Note(format!("the rulesets as they are now are kept in {kept}")));
    let mut done = Vec::new();
    for step in steps.iter().filter(|step| step.change != Change::Keep) {
        act(&scene.github, step).map_err(|failure| stopped(failure, &done, &kept))?;
        done.push(step.name.as_str());
    }
    // What GitHub made of it is looked at, not taken for granted.
    let now = Scene::look(cx, &ground)?;
    let verdict = rulesets::compare(&now.wanted, &now.found);
    if !verdict.drift.is_empty() {
        let other = Failure::conflict("the rulesets are not what was written")
            .hint("somebody may be changing them: look with `git lineage rulesets plan`, then apply again");
        return Err(verdict.drift.iter().fold(other, |failure, drift| failure.because(drift.in_words())));
    }
    report.undetermined = verdict.undetermined;
    report.backup = Some(kept);
    Ok(report)
}

/// What is wanted, and what was found.
struct Scene {
    github: Arc<GitHub>,
    config: Config,
    wanted: Vec<Ruleset>,
    /// Each as GitHub answers it alone.
    found: Vec<Value>,
    foreign: Vec<rulesets::Foreign>,
    /// The workflows on main, path to text.
    present: BTreeMap<String, String>,
    /// Required checks that nothing was ever called (RS-7).
    unseen: Seen<Vec<String>>,
}

/// How many pull requests are looked at for the names of their checks.
const MERGED: usize = 3;

impl Scene {
    fn look(cx: &Context<'_>, ground: &Ground) -> Result<Self, Failure> {
        let config = ground.config().clone();
        let wanted = rulesets::wanted(&config)?;
        let github = hub::forge(cx, ground).map_err(unread)?.ok_or_else(|| {
            Failure::usage("there are no rulesets with forge = \"local\"")
                .hint("set `forge = \"github\"` in lineage.toml, by a change to main")
        })?;
        let found = github.rulesets(true).map_err(|error| unread(error.into()))?;
        let found: Vec<Value> = found.into_iter().map(|one| one.body).collect();
        let foreign = rulesets::recognise(&wanted, &found, &config)?;
        let mut present = BTreeMap::new();
        for path in workflows::every_path() {
            if let Some(bytes) = cx.repo.file_at(&ground.main, &path)? {
                present.insert(path, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        let unseen = unseen(&github, &config, &ground.main, &wanted).map_err(|e| Failure::from(e).in_one_line());
        Ok(Self { github, config, wanted, found, foreign, present, unseen })
    }

    /// The steps; none where what was found cannot be read whole, which the report then says.
    fn steps(&self, order: &rulesets::Ground) -> Result<Option<Vec<Step>>, Failure> {
        let unknown = !rulesets::compare(&self.wanted, &self.found).undetermined.is_empty();
        match rulesets::plan(&self.wanted, &self.found, order) {
            Err(failure) if failure.exit == Exit::Undetermined && unknown => Ok(None),
            other => other.map(Some),
        }
    }

    fn report(&self, steps: Option<&[Step]>) -> RulesetsReport {
        let verdict = rulesets::compare(&self.wanted, &self.found);
        RulesetsReport {
            rulesets: steps.into_iter().flatten().map(RulesetLine::from).collect(),
            drift: verdict.drift,
            undetermined: verdict.undetermined,
            foreign: self.foreign.clone(),
            unenforced: rulesets::unenforced(&self.config, &self.present),
            warnings: outside::checks(&self.unseen),
            ..RulesetsReport::of(self.github.slug().to_string())
        }
    }
}

/// The required checks that no run was called, neither on main nor on what was last merged into it: a pull request
/// that waits for one waits for ever.
fn unseen(github: &GitHub, config: &Config, main: &Oid, wanted: &[Ruleset]) -> Result<Vec<String>, github::Error> {
    let mut commits = github.merged_heads(&config.branches.main, MERGED)?;
    commits.push(main.to_string());
    let mut seen = BTreeSet::new();
    for commit in commits {
        // A commit that GitHub does not know has no checks.
        match github.contexts(&commit) {
            Ok(names) => seen.extend(names),
            Err(github::Error::NotFound { .. } | github::Error::Refused { status: 422, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let mut missing = rulesets::unseen(wanted, &seen);
    missing.sort();
    missing.dedup();
    Ok(missing)
}

/// What has to be there before some rulesets may be (acceptance RS-8).
fn standing(
    cx: &Context<'_>,
    ground: &Ground,
    present: &BTreeMap<String, String>,
) -> Result<rulesets::Ground, Failure> {
    let config = ground.config();
    let branch = |name: &str| ground::branch_tip(&cx.repo, config, name).map(|tip| tip.is_some());
    let (stem, job) = match config.flow {
        Flow::Integration => ("3-guard", workflows::GUARD),
        Flow::Direct => ("1-validate", workflows::VALIDATE),
    };
    let reports = present.get(&workflows::path(stem)).is_some_and(|text| {
        let lines = text.lines().map(str::trim_start);
        lines.filter(|line| !line.starts_with('#')).any(|line| line.contains(job))
    });
    Ok(rulesets::Ground {
        release: branch(&config.branches.release)?,
        integration: config.flow == Flow::Direct || branch(&config.branches.integration)?,
        workflows: reports,
    })
}

/// Keeps what was found where it can be gone back to. Never over another file.
fn keep(cx: &Context<'_>, asked: Option<&Path>, found: &[Value]) -> Result<String, Failure> {
    let text = rulesets::backup(found);
    let place = match asked {
        Some(path) => path.to_owned(),
        None => {
            // By content: what was kept before is never written over.
            let digest = Sha256::of(text.as_bytes()).short();
            cx.cache.path(&format!("backup-rulesets-{}-{digest}.json", cx.now.date()))
        }
    };
    if place.symlink_metadata().is_ok() && !files::holds(&place, text.as_bytes())? {
        return Err(Failure::usage(format!("{} is there already, and holds something else", place.display()))
            .hint("name another file with --backup"));
    }
    files::write(&place, text.as_bytes())?;
    Ok(place.display().to_string())
}

/// Takes one step, upon a fresh look: GitHub takes no condition along with a write.
fn act(github: &GitHub, step: &Step) -> Result<(), Failure> {
    let meanwhile = |what: &str| {
        Failure::conflict(format!("the ruleset {} was {what} meanwhile", step.name))
            .hint("look at it with `git lineage rulesets plan`, then apply again")
    };
    let fresh = |id: u64| match github.ruleset(id, false) {
        Ok(now) => step.still(&now.body),
        Err(github::Error::NotFound { .. }) => Err(meanwhile("deleted")),
        Err(error) => Err(error.into()),
    };
    match &step.change {
        Change::Keep => {}
        Change::Create { body } => {
            if github.ruleset_named(&step.name)?.is_some() {
                return Err(meanwhile("made"));
            }
            github.create_ruleset(body)?;
        }
        Change::Replace { id, body, .. } => {
            fresh(*id)?;
            github.update_ruleset(*id, body)?;
        }
        Change::Remove { id, .. } => {
            fresh(*id)?;
            github.delete_ruleset(*id)?;
        }
    }
    Ok(())
}

/// A failure on the way, with what was done before it.
fn stopped(failure: Failure, done: &[&str], kept: &str) -> Failure {
    let failure = if done.is_empty() {
        failure
    } else {
        failure.because(format!("before it, these were written: {}", done.join(", ")))
    };
    failure.because(format!("the rulesets as they were are kept in {kept}"))
}

/// What may not be read is not decided: GitHub's no to a reader says nothing of the rulesets (acceptance RS-9).
fn unread(failure: Failure) -> Failure {
    match failure.exit {
        Exit::Negative => Failure { exit: Exit::Undetermined, ..failure },
        _ => failure,
    }
}
