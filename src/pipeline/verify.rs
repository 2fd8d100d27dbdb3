//! Verification, in the numbered steps of design §6. Reads, and never runs anything of the repository.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::ground::{self, Ground, policy_at};
use super::releases::all_tags;
use super::resolve::{release_tags, resolve};
use super::spread::spread;
use super::trace::{self, Traced};
use super::{Context, anchor, chain, files, publish, vsa};
use crate::model::{
    Anchor, BeforeLineage, Event, Exit, Failure, Judged, LogReport, Policy, Stage, Standing, StepState, Verdict,
    VerdictStep, VerifyReport, contradicted,
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
    /// Where the verdict goes as a verification summary, for a single subject.
    pub vsa: Option<PathBuf>,
    /// A waived check is no reason to fail.
    pub allow_waivers: bool,
}

impl Options {
    /// One subject, by this clone's own pin.
    pub fn of(subject: &str) -> Self {
        Self {
            subjects: vec![subject.to_owned()],
            all: false,
            package: None,
            policy: None,
            policy_from: None,
            shard: None,
            vsa: None,
            allow_waivers: false,
        }
    }
}

/// What verdicts are measured against in this run.
struct Measure {
    anchor: Anchor,
    /// The policy to judge by, where the caller gave one.
    policy: Option<Policy>,
    /// What was pinned just now, in words.
    pinned: Option<String>,
    /// How main's trust stands against the pin, where that is the anchor.
    trust: Option<anchor::Trust>,
    /// A waived check is no reason to fail, whatever the policy says.
    allow_waivers: bool,
}

/// Verifies each subject.
///
/// # Errors
/// A usage error, or main contradicts the pin (exit 4); a verdict is in the report, whatever it is.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<VerifyReport, Failure> {
    let ground = ground::ground(cx)?;
    if let ([subject], false) = (options.subjects.as_slice(), options.all) {
        trace::look_ahead(cx, &ground, subject);
    }
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
    if options.vsa.is_some() && (several || options.all) {
        return Err(Failure::usage("--vsa goes with a single subject"));
    }
    let mut summary = options.vsa.as_deref().map(|path| vsa::Writer::new(cx, path)).transpose()?;
    let judge = |cx: &Context<'_>, subject: &String, summary: Option<&mut vsa::Writer>| {
        let resolved = resolve(cx, &ground, subject)?;
        let bytes = given.as_deref().or(resolved.package.as_deref());
        judged(cx, &ground, &measure, subject.clone(), &resolved.tag, bytes, summary)
    };
    let verdicts = match subjects.as_slice() {
        [subject] => vec![judge(cx, subject, summary.as_mut())],
        several => spread(cx, several.len(), |cx, which| {
            let subject = several.get(which).ok_or_else(|| Failure::usage("there is no such subject"))?;
            judge(cx, subject, None)
        }),
    };
    cx.proofs.write();
    trace::keep_walked(cx, &ground);
    let mut releases = Vec::new();
    for (subject, judged) in subjects.into_iter().zip(verdicts) {
        match judged {
            // One that cannot be looked at does not keep the others from being judged.
            Err(failure) if several => releases.push(unreadable(&measure, subject, failure)),
            judged => releases.push(judged?),
        }
    }
    if matches!(measure.anchor, Anchor::Pin | Anchor::FirstUse)
        && releases.iter().all(|r| r.exit != Exit::Conflict)
    {
        for moved in anchor::advance(cx, &ground)? {
            (cx.on)(Event::Note(moved));
        }
    }
    // Last: whatever fails before leaves no summary behind.
    if let Some(summary) = summary {
        summary.finish(cx)?;
    }
    Ok(VerifyReport { releases })
}

/// As [`run`], and what is published of each release (step 12). `page` makes a release's page for people, as
/// `publish` was told to.
///
/// # Errors
/// As [`run`]; a place that cannot be read is a step of the verdict.
pub async fn with_remote(
    cx: &mut Context<'_>,
    options: &Options,
    page: fn(&LogReport) -> String,
) -> Result<VerifyReport, Failure> {
    let mut report = run(cx, options)?;
    let ground = ground::ground(cx)?;
    for judged in &mut report.releases {
        let (Some(tag), Some(verdict)) = (&judged.tag, &mut judged.verdict) else { continue };
        match publish::step_12(cx, &ground, tag, page).await {
            Ok(steps) => verdict.steps.extend(steps),
            Err(failure) => verdict.steps.push(VerdictStep {
                number: 12,
                what: "what is published is this release".to_owned(),
                link: "published".to_owned(),
                state: StepState::Undetermined(failure.in_one_line()),
            }),
        }
        let waivers = options.allow_waivers || judged.exit == Exit::Done;
        (judged.standing, judged.exit) = stands(verdict, waivers);
    }
    Ok(report)
}

/// What a verdict comes to, and its exit code; `waivers`: whether waived checks are good enough.
fn stands(verdict: &Verdict, waivers: bool) -> (Standing, Exit) {
    let waived = verdict.waived().next().is_some();
    let standing = match verdict.exit() {
        Exit::Done if waived => Standing::Waived,
        Exit::Done => Standing::Proven,
        Exit::Negative | Exit::Usage => Standing::NotProven,
        Exit::Undetermined => Standing::Undetermined,
        Exit::Conflict => Standing::Conflict,
    };
    match verdict.exit() {
        Exit::Done if waived && !waivers => (standing, Exit::Negative),
        exit => (standing, exit),
    }
}

fn measure(cx: &Context<'_>, ground: &Ground, options: &Options) -> Result<Measure, Failure> {
    let allow_waivers = options.allow_waivers;
    match (&options.policy, &options.policy_from) {
        (Some(_), Some(_)) => Err(Failure::usage("--policy and --policy-from exclude each other")),
        (Some(path), None) => {
            let policy = ground::parse_policy(&path.display().to_string(), &files::read(path)?)?;
            Ok(Measure {
                anchor: Anchor::File(path.display().to_string()),
                policy: Some(policy),
                pinned: None,
                trust: None,
                allow_waivers,
            })
        }
        (None, Some(reference)) => {
            let commit = ground::branch_or_commit(&cx.repo, reference)?;
            let policy = policy_at(&cx.repo, &commit, reference)?
                .ok_or_else(|| Failure::usage(format!("no lineage.toml at {reference}")))?;
            Ok(Measure {
                anchor: Anchor::Ref(reference.clone()),
                policy: Some(policy),
                pinned: None,
                trust: None,
                allow_waivers,
            })
        }
        (None, None) => {
            anchor::check(cx, ground)?;
            let pinned = anchor::pin_on_first_use(cx, ground)?;
            let anchor = if pinned.is_some() { Anchor::FirstUse } else { Anchor::Pin };
            Ok(Measure { anchor, policy: None, pinned, trust: anchor::Trust::of(cx, ground)?, allow_waivers })
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
    summary: Option<&mut vsa::Writer>,
) -> Result<Judged, Failure> {
    let facts = trace::resolve_tag(&cx.repo, tag)?;
    if trace::unattested(&facts) {
        // A tag that is of no chart is no release at all.
        let release = trace::before_lineage(cx, ground, &facts)?;
        if let Some(summary) = summary {
            summary.take_unattested(cx, ground, &facts, given)?;
        }
        return Ok(unattested(measure, subject, release, measure.policy.as_ref().unwrap_or(&ground.policy)));
    }
    let traced = trace::release(cx, ground, tag, given, measure.policy.clone())?;
    let mut verdict = traced.judge(Stage::Build);
    if let Some(trust) = &measure.trust {
        anchored(cx, trust, &traced, &mut verdict)?;
    }
    if subject.contains("@sha256:") {
        manifest(&traced, &mut verdict);
    }
    let waivers = measure.allow_waivers || traced.policy.config.required.allow_waivers;
    let (standing, exit) = stands(&verdict, waivers);
    if let Some(summary) = summary {
        summary.take(cx, ground, &traced, &verdict, given, exit)?;
    }
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

/// A repository cannot vouch for itself: the trust of a release made after the pin must be the pinned one,
/// or have come from it by changes that somebody trusted vouched for.
fn anchored(
    cx: &Context<'_>,
    trust: &anchor::Trust,
    traced: &Traced,
    verdict: &mut Verdict,
) -> Result<(), Failure> {
    verdict.steps.push(VerdictStep {
        number: 9,
        what: "the policy's trust is the anchor's".to_owned(),
        link: "policy".to_owned(),
        state: anchor::trust_of(cx, trust, traced)?,
    });
    verdict.steps.sort_by_key(|step| step.number);
    Ok(())
}

/// Who asks about a manifest asks about bytes: where the tag names a compressor that is not ours, its digest
/// cannot be computed again, and the tag's word for it is only a word.
fn manifest(traced: &Traced, verdict: &mut Verdict) {
    let payload = traced.lineage.tag.as_ref().and_then(|tag| tag.payload.as_ref().ok());
    let (Some((payload, _)), Some(Ok(package))) = (payload, &traced.lineage.package) else { return };
    if payload.compressor == package.compressor {
        return;
    }
    verdict.steps.push(VerdictStep {
        number: 10,
        what: "the manifest holds the package of the tag".to_owned(),
        link: "package".to_owned(),
        state: StepState::Undetermined(format!(
            "its compressor is {}, not {}: pull the package, and verify the file with --package",
            payload.compressor, package.compressor
        )),
    });
    verdict.steps.sort_by_key(|step| step.number);
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

/// A release from before lineage: never proven, and not called unproven either as long as nothing contradicts it.
fn unattested(measure: &Measure, subject: String, release: BeforeLineage, policy: &Policy) -> Judged {
    let mut verdict = contradicted(&release, policy);
    let BeforeLineage { tag, chart, version, .. } = release;
    let why = match &tag.payload {
        _ if tag.object.is_none() => "a lightweight tag holds no lineage".to_owned(),
        Err(why) => why.to_string(),
        Ok(_) => String::new(),
    };
    let judged = Judged {
        subject,
        tag: Some(tag.name),
        chart: Some(chart),
        chart_version: Some(version),
        standing: Standing::Unattested,
        anchor: Some(measure.anchor.clone()),
        pinned: measure.pinned.clone(),
        verdict: None,
        oddities: vec![why.clone()],
        chain: Vec::new(),
        exit: Exit::Negative,
    };
    if verdict.exit() == Exit::Done {
        return judged;
    }
    verdict.steps.push(VerdictStep {
        number: 5,
        what: "one payload, about this very content".to_owned(),
        link: "payload".to_owned(),
        state: StepState::Gap(format!("{why}: a release from before lineage")),
    });
    let (standing, exit) = stands(&verdict, false);
    Judged { standing, exit, verdict: Some(verdict), oddities: Vec::new(), ..judged }
}

/// Every tag that is a release by its payload or by its name, and those this clone has seen before, in order of
/// the name; or one shard of them.
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
    // One that was seen before and is gone is asked for as well: that it is not here is its verdict.
    releases.extend(anchor::gone(cx)?);
    releases.sort_unstable();
    let Some((which, of)) = shard else { return Ok(releases) };
    if which == 0 || of == 0 || which > of {
        return Err(Failure::usage(format!("there is no shard {which} of {of}")));
    }
    Ok(releases.into_iter().skip(which - 1).step_by(of).collect())
}
