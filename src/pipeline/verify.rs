//! Verification, in the numbered steps of design §6. Reads, and never runs anything of the repository.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::ground::{self, Ground, policy_at};
use super::releases::all_tags;
use super::resolve::{release_tags, resolve};
use super::trace::{self, Traced};
use super::{Context, anchor, chain, files};
use crate::model::{
    Anchor, Exit, Failure, Judged, OnMain, Policy, Stage, Standing, StepState, TagFacts, Verdict, VerdictStep,
    VerifyReport,
};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Tags, commits, `.tgz` files, `oci://…@sha256:…`.
    pub subjects: Vec<String>,
    /// Every release tag.
    pub all: bool,
    /// A package file to compare, for a single tag.
    pub package: Option<PathBuf>,
    /// A policy file that anchors the verdict.
    pub policy: Option<PathBuf>,
    /// A ref whose lineage.toml anchors the verdict.
    pub policy_from: Option<String>,
    /// The I-th of N shards of `--all`, from 1.
    pub shard: Option<(usize, usize)>,
}

/// What verdicts are measured against in this run.
struct Measure {
    anchor: Anchor,
    /// The policy to judge by, where the caller gave one.
    policy: Option<Policy>,
    /// What was pinned just now, in words.
    pinned: Option<String>,
}

/// Verifies each subject.
///
/// # Errors
/// A usage error, or main contradicts the pin (exit 4); a verdict is in the report, whatever it is.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<VerifyReport, Failure> {
    let ground = ground::ground(cx)?;
    let measure = measure(cx, &ground, options)?;
    let given = options.package.as_deref().map(files::read).transpose()?;
    let subjects = if options.all { every_release(cx, &ground, options.shard)? } else { options.subjects.clone() };
    if subjects.is_empty() {
        let hint = if options.all {
            "there is no release tag here; `git lineage sync` fetches those there are"
        } else {
            "name a tag, a commit, a package, or use --all"
        };
        return Err(Failure::usage("there is nothing to verify").hint(hint));
    }
    if given.is_some() && subjects.len() != 1 {
        return Err(Failure::usage("--package goes with a single subject"));
    }
    let several = subjects.len() > 1;
    let mut releases = Vec::new();
    for subject in subjects {
        let judged = resolve(cx, &ground, &subject).and_then(|resolved| {
            let bytes = given.as_deref().or(resolved.package.as_deref());
            judged(cx, &ground, &measure, subject.clone(), &resolved.tag, bytes)
        });
        match judged {
            // One that cannot be looked at does not keep the others from being judged.
            Err(failure) if several => releases.push(unreadable(&measure, subject, failure)),
            judged => releases.push(judged?),
        }
    }
    if matches!(measure.anchor, Anchor::Pin | Anchor::FirstUse)
        && releases.iter().all(|r| r.exit != Exit::Conflict)
    {
        anchor::advance(cx, &ground)?;
    }
    Ok(VerifyReport { releases })
}

fn measure(cx: &Context<'_>, ground: &Ground, options: &Options) -> Result<Measure, Failure> {
    match (&options.policy, &options.policy_from) {
        (Some(_), Some(_)) => Err(Failure::usage("--policy and --policy-from exclude each other")),
        (Some(path), None) => {
            let policy = ground::parse_policy(&path.display().to_string(), &files::read(path)?)?;
            Ok(Measure { anchor: Anchor::File(path.display().to_string()), policy: Some(policy), pinned: None })
        }
        (None, Some(reference)) => {
            let commit = ground::branch_or_commit(&cx.repo, reference)?;
            let policy = policy_at(&cx.repo, &commit, reference)?
                .ok_or_else(|| Failure::usage(format!("no lineage.toml at {reference}")))?;
            Ok(Measure { anchor: Anchor::Ref(reference.clone()), policy: Some(policy), pinned: None })
        }
        (None, None) => {
            anchor::check(cx, ground)?;
            let pinned = anchor::pin_on_first_use(cx, ground)?;
            let anchor = if pinned.is_some() { Anchor::FirstUse } else { Anchor::Pin };
            Ok(Measure { anchor, policy: None, pinned })
        }
    }
}

fn judged(
    cx: &Context<'_>,
    ground: &Ground,
    measure: &Measure,
    subject: String,
    tag: &str,
    given: Option<&[u8]>,
) -> Result<Judged, Failure> {
    let facts = trace::resolve_tag(&cx.repo, tag)?;
    if trace::unattested(&facts) {
        // A tag that is of no chart is no release at all.
        trace::chart_of(&cx.repo, ground.config(), &facts)?;
        return Ok(unattested(measure, subject, &facts));
    }
    let traced = trace::release(cx, ground, tag, given, measure.policy.clone())?;
    let mut verdict = traced.judge(Stage::Build);
    if matches!(measure.anchor, Anchor::Pin | Anchor::FirstUse) {
        trust(cx, &traced, &mut verdict)?;
    }
    let exit = verdict.exit();
    let standing = match exit {
        Exit::Done => Standing::Proven,
        Exit::Negative | Exit::Usage => Standing::NotProven,
        Exit::Undetermined => Standing::Undetermined,
        Exit::Conflict => Standing::Conflict,
    };
    Ok(Judged {
        subject,
        tag: Some(facts.name),
        chart: Some(traced.lineage.chart.clone()),
        chart_version: Some(traced.lineage.version.clone()),
        standing,
        anchor: Some(measure.anchor.clone()),
        pinned: measure.pinned.clone(),
        chain: chain::chain(&traced, &verdict),
        oddities: traced.lineage.oddities.clone(),
        verdict: Some(verdict),
        exit,
    })
}

/// A repository cannot vouch for itself: the trust of a release made after the pin must be the pinned one.
fn trust(cx: &Context<'_>, traced: &Traced, verdict: &mut Verdict) -> Result<(), Failure> {
    let since = match &traced.lineage.landing {
        OnMain::Landed(landing) => Some(&landing.commit),
        OnMain::Elsewhere | OnMain::Unknown(_) => None,
    };
    let changed = anchor::trust_changed(cx, &traced.policy, since)?;
    verdict.steps.push(VerdictStep {
        number: 9,
        what: "the policy's trust is the anchor's".to_owned(),
        link: "policy".to_owned(),
        state: changed.map_or(StepState::Holds, StepState::Gap),
    });
    verdict.steps.sort_by_key(|step| step.number);
    Ok(())
}

/// A subject that could not be judged at all, and why.
fn unreadable(measure: &Measure, subject: String, failure: Failure) -> Judged {
    let standing = match failure.exit {
        Exit::Done | Exit::Negative | Exit::Usage => Standing::NotProven,
        Exit::Undetermined => Standing::Undetermined,
        Exit::Conflict => Standing::Conflict,
    };
    let mut why = vec![failure.what];
    why.extend(failure.causes);
    Judged {
        subject,
        tag: None,
        chart: None,
        chart_version: None,
        standing,
        anchor: Some(measure.anchor.clone()),
        pinned: measure.pinned.clone(),
        verdict: None,
        oddities: why,
        chain: Vec::new(),
        exit: failure.exit.max(Exit::Negative),
    }
}

/// A release from before lineage: never proven, and never called invalid either.
fn unattested(measure: &Measure, subject: String, facts: &TagFacts) -> Judged {
    let why = match &facts.payload {
        _ if facts.object.is_none() => "a lightweight tag holds no lineage".to_owned(),
        Err(why) => why.to_string(),
        Ok(_) => String::new(),
    };
    Judged {
        subject,
        tag: Some(facts.name.clone()),
        chart: None,
        chart_version: None,
        standing: Standing::Unattested,
        anchor: Some(measure.anchor.clone()),
        pinned: measure.pinned.clone(),
        verdict: None,
        oddities: vec![why],
        chain: Vec::new(),
        exit: Exit::Negative,
    }
}

/// Every tag that is a release by its payload or by its name, in order of the name; or one shard of them.
fn every_release(
    cx: &Context<'_>,
    ground: &Ground,
    shard: Option<(usize, usize)>,
) -> Result<Vec<String>, Failure> {
    let known: BTreeSet<String> = release_tags(&cx.repo, ground)?.into_iter().map(|release| release.tag).collect();
    let mut releases = Vec::new();
    for (name, oid) in all_tags(&cx.repo)? {
        // A payload makes a release of a tag, even where its chart has left the repository; and a tag whose
        // object cannot be read may have one: it is judged, not passed over.
        let payload = || match cx.repo.tag_object(&oid) {
            Ok(_) => trace::resolve_tag(&cx.repo, &name).is_ok_and(|facts| facts.payload.is_ok()),
            Err(_) => true,
        };
        if known.contains(&name) || payload() {
            releases.push(name);
        }
    }
    let Some((which, of)) = shard else { return Ok(releases) };
    if which == 0 || of == 0 || which > of {
        return Err(Failure::usage(format!("there is no shard {which} of {of}")));
    }
    Ok(releases.into_iter().skip(which - 1).step_by(of).collect())
}
