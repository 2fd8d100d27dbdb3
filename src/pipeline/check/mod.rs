//! Stage 1: runs checks, signs their results, seals the complete map.
//!
//! Three jobs in three places: running needs no key, signing runs nothing of the repository, and the seal
//! is made once, over everything that was signed.

use std::collections::BTreeMap;

use super::Context;
use super::charts::{self, ChartAt};
use super::ground::{self, Ground};
use super::trace;
use crate::model::config::{CheckDefinition, Flow};
use crate::model::{CheckReport, Event, Failure, Oid, Plan, Policy, Sha256, Stage};

mod built_in;
mod execute;
mod image_digest;
mod seal;
mod sign;

pub use seal::{SealedBump, seal_bump};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// A check's name; none: every check required of the stage.
    pub name: Option<String>,
    pub variant: Option<String>,
    /// Charts by name; none: those that differ from the base.
    pub charts: Vec<String>,
    /// validate, or bump: the content after the bump.
    pub stage: Stage,
    /// The commit whose content is checked; none: HEAD.
    pub head: Option<String>,
    /// What it is compared with; none: integration (validate) or main (bump) as fetched.
    pub base: Option<String>,
    /// Sign recorded results instead of running.
    pub sign: bool,
    /// Sign the complete map instead of running.
    pub seal: bool,
    /// The future squash subject, checked with the commits.
    pub title: Option<String>,
    /// A command for a name no policy requires.
    pub command: Vec<String>,
}

/// What is to be checked: charts at a commit, and since when.
struct Matter {
    head: Oid,
    /// The merge base with what it goes into.
    base: Option<Oid>,
    charts: Vec<ChartAt>,
}

/// Runs, signs or seals the checks of a stage.
///
/// # Errors
/// A usage error, an unreadable repository, evidence that cannot be stored; a failed check is in the
/// report, not here.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<CheckReport, Failure> {
    if !matches!(options.stage, Stage::Validate | Stage::Bump) {
        return Err(Failure::usage(format!("checks belong to validate or bump, not to {}", options.stage)));
    }
    let ground = ground::ground(cx)?;
    let matter = matter(cx, &ground, options)?;
    let ground = before(cx, ground, &matter)?;
    flag_policy(cx, &ground, &matter.head)?;
    let mut report = CheckReport {
        stage: options.stage,
        head: matter.head.clone(),
        checks: Vec::new(),
        sealed: BTreeMap::new(),
        not_applicable: None,
        plan: Plan::default(),
    };
    if matter.charts.is_empty() {
        report.not_applicable = Some("no chart differs from the base".to_owned());
        return Ok(report);
    }
    if options.seal {
        seal::run(cx, &ground, &matter, options.stage, &mut report)?;
        return Ok(report);
    }
    let asked = asked(&ground.policy, options)?;
    if options.sign {
        sign::run(cx, &ground, &matter, &asked, options.stage, &mut report)?;
    } else {
        execute::run(cx, &ground, &matter, &asked, options, &mut report)?;
    }
    Ok(report)
}

/// In direct flow what is on main already is checked by the policy before it, as its release will be judged.
fn before(cx: &Context<'_>, ground: Ground, matter: &Matter) -> Result<Ground, Failure> {
    if ground.config().flow != Flow::Direct {
        return Ok(ground);
    }
    let mut found: Option<Policy> = None;
    for chart in &matter.charts {
        let (_, policy) = trace::destination(cx, &ground, &matter.head, &chart.directory)?;
        if found.as_ref().is_some_and(|other| other.digest != policy.digest) {
            return Err(Failure::usage("these charts came to main under different policies")
                .hint("check one of them at a time: --chart"));
        }
        found = Some(policy);
    }
    match found.filter(|policy| policy.digest != ground.policy.digest) {
        Some(policy) => {
            let origin = format!("main before {}", matter.head.short());
            Ok(ground.judged_by(policy, origin))
        }
        None => Ok(ground),
    }
}

/// A contribution that brings another policy is judged by main's all the same, and that is said.
fn flag_policy(cx: &mut Context<'_>, ground: &Ground, head: &Oid) -> Result<(), Failure> {
    let own = cx.repo.file_at(head, ground::POLICY_FILE)?;
    if own.as_ref().map(Sha256::of) != Some(ground.policy.digest) {
        let origin = &ground.origin;
        (cx.on)(Event::Warning(format!("lineage.toml differs from {origin}'s and is ignored for this run")));
    }
    Ok(())
}

/// A check to run: its key, definition and variant.
struct Asked {
    key: String,
    definition: CheckDefinition,
    variant: Option<String>,
}

/// The checks asked for: one by name, or all the stage requires.
fn asked(policy: &Policy, options: &Options) -> Result<Vec<Asked>, Failure> {
    let config = &policy.config;
    let required = match options.stage {
        Stage::Bump => &config.required.bump,
        _ => &config.required.validate,
    };
    let find = |key: &str| {
        config.check(key).map(|(definition, variant)| Asked { key: key.to_owned(), definition, variant })
    };
    let Some(name) = &options.name else {
        if !options.command.is_empty() {
            return Err(Failure::usage("a command needs the name of a check before it"));
        }
        return Ok(required.iter().filter_map(|key| find(key)).collect());
    };
    let key = options.variant.as_ref().map_or_else(|| name.clone(), |variant| format!("{name}-{variant}"));
    let every: Vec<String> = config.check_keys();
    let of_name: Vec<Asked> = every
        .iter()
        .filter(|candidate| **candidate == key || options.variant.is_none() && is_variant(config, candidate, name))
        .filter_map(|key| find(key))
        .collect();
    if !options.command.is_empty() {
        if !of_name.is_empty() || required.contains(&key) {
            return Err(Failure::usage(format!("{key} is defined by the policy: its command comes from there"))
                .hint("leave the command out, or change lineage.toml on main"));
        }
        let definition = CheckDefinition {
            name: name.clone(),
            command: options.command.clone(),
            variants: options.variant.iter().cloned().collect(),
            inputs: Vec::new(),
            excluded: Vec::new(),
            timeout: 600,
            images: Vec::new(),
        };
        return Ok(vec![Asked { key, definition, variant: options.variant.clone() }]);
    }
    if of_name.is_empty() {
        return Err(Failure::usage(format!("the policy defines no check {key}"))
            .hint(format!("defined are: {}", every.join(", "))));
    }
    Ok(of_name)
}

fn is_variant(config: &crate::model::Config, key: &str, name: &str) -> bool {
    config.check(key).is_some_and(|(definition, _)| definition.name == name)
}

/// Which charts at which commit.
fn matter(cx: &Context<'_>, ground: &Ground, options: &Options) -> Result<Matter, Failure> {
    let config = ground.config();
    let head = match &options.head {
        Some(revision) => cx.repo.commit_id(revision)?,
        None => cx.repo.head()?,
    };
    let into = match (&options.base, options.stage, config.flow) {
        (Some(revision), ..) => Some(cx.repo.commit_id(revision)?),
        (None, Stage::Validate, Flow::Integration) => {
            ground::branch_tip(&cx.repo, config, &config.branches.integration)?
        }
        (None, ..) => Some(ground.main.clone()),
    };
    let into = into.ok_or_else(|| {
        Failure::undetermined(format!("the branch {} is not known here", config.branches.integration))
            .hint("fetch it with `git lineage sync`, or name the base with --base")
    })?;
    let base = cx.repo.merge_base(&into, &head)?;
    let charts = if options.charts.is_empty() {
        let since = base.clone().unwrap_or_else(|| into.clone());
        charts::changed(&cx.repo, config, &since, &head)?
    } else {
        let find = |name: &String| charts::named(&cx.repo, config, &head, name);
        options.charts.iter().map(find).collect::<Result<_, _>>()?
    };
    Ok(Matter { head, base, charts })
}
