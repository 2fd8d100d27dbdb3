//! Moving a channel: what has to be done, and doing it for all charts or for none.

use super::Desk;
use super::document::{Held, held};
use super::release::Release;
use crate::model::channels::{ARTIFACT_TYPE, Channels, Pointer, TAG};
use crate::model::statement::ChannelClaim;
use crate::model::{
    ChannelReport, Event, Exit, Failure, MovedLine, Outcome, Plan, Predicate, Record, Sha256, Stage, Subject,
};
use crate::pipeline::record::{self, Draft};
use crate::pipeline::{Context, ground};
use crate::registry::Error;
use crate::registry::pointers::Document;

/// What moving a channel of one chart takes.
struct Course {
    release: Release,
    /// What the channel's tag names now.
    from: Option<Sha256>,
    /// The document as it stands.
    before: Option<Sha256>,
    /// The document as it will be, and its bytes.
    channels: Channels,
    document: Document,
    /// The signature it has already.
    bundle: Option<String>,
    attached: bool,
    recorded: bool,
}

/// A tag that has to move.
#[derive(Clone, Debug)]
struct Step {
    chart: String,
    tag: String,
    from: Option<Sha256>,
    to: Sha256,
}

/// Plans and, unless it is a dry run, does it.
///
/// # Errors
/// A release that is not published (exit 3) or is another there (4), a document nobody answers for (1), somebody who
/// was faster (4), a registry that refuses.
pub(super) async fn run(
    cx: &mut Context<'_>,
    desk: &Desk,
    channel: &str,
    releases: Vec<Release>,
) -> Result<ChannelReport, Failure> {
    let mut plan = Plan::default();
    let mut courses = Vec::new();
    for release in releases {
        courses.push(course(cx, desk, channel, release).await?);
    }
    for course in &courses {
        course.tell(channel, &mut plan);
    }
    let charts = courses.iter().map(Course::line).collect();
    let new = courses.iter().any(|course| course.from.is_none());
    let outcome = match (plan.is_done(), new) {
        (true, _) => Outcome::Unchanged,
        (false, true) => Outcome::Created,
        (false, false) => Outcome::Updated,
    };
    if !cx.dry_run && !plan.is_done() {
        apply(cx, desk, channel, &courses).await?;
    }
    Ok(ChannelReport { channel: channel.to_owned(), charts, outcome, plan })
}

/// What one chart needs.
async fn course(cx: &mut Context<'_>, desk: &Desk, channel: &str, release: Release) -> Result<Course, Failure> {
    let chart = release.chart.as_str();
    let version = release.version_tag();
    match desk.destination.resolve(chart, &version).await? {
        Some(there) if there == release.manifest => {}
        Some(there) => {
            return Err(Failure::conflict(format!(
                "{chart}:{version} is another manifest than {} has",
                release.tag
            ))
            .because(format!("there is sha256:{there}, the tag gives sha256:{}", release.manifest))
            .hint("find out who else publishes there; a published version never changes"));
        }
        None => {
            return Err(Failure::undetermined(format!("{chart}:{version} is not in {}", desk.repository(chart)))
                .because("a channel points at what is published")
                .hint(format!("run `git lineage publish {}` first", release.tag)));
        }
    }
    let from = desk.destination.resolve(chart, channel).await?;
    let held = answered_for(desk, chart, held(cx, desk, chart).await?)?;
    let before = held.as_ref().map(|held| held.digest);
    let known = held.as_ref().and_then(|held| held.channels.channels.get(channel));
    if from.is_some() && known.map(|pointer| pointer.digest) != from && from != Some(release.manifest) {
        (cx.on)(Event::Warning(format!(
            "what {chart}:{channel} points at now is in no record: it was moved by hand"
        )));
    }
    if let (Some(held), Some(known)) = (&held, known)
        && (known.digest, &known.tag) == (release.manifest, &release.tag)
    {
        let document = Document::new(ARTIFACT_TYPE, held.channels.bytes());
        // Another spelling of the same would be another document.
        if document.digest() == held.digest {
            let signature = held.signature.as_ref();
            return Ok(Course {
                from,
                before,
                channels: held.channels.clone(),
                document,
                bundle: signature.map(|signature| signature.bundle.clone()),
                attached: signature.is_some_and(|signature| signature.attached),
                recorded: held.recorded,
                release,
            });
        }
    }
    let previous = from.filter(|from| *from != release.manifest).or(known.map(|known| known.digest));
    let pointer = Pointer {
        version: release.version.to_string(),
        digest: release.manifest,
        tag: release.tag.clone(),
        previous: previous.filter(|previous| *previous != release.manifest),
        time: cx.now,
        by: cx.repo.committer(cx.now)?,
        more: serde_json::Map::new(),
    };
    let first = || Channels::new(&desk.ground.config().repository.id, chart);
    let channels = held.map_or_else(first, |held| held.channels).moved(before, channel, pointer);
    let document = Document::new(ARTIFACT_TYPE, channels.bytes());
    Ok(Course { release, from, before, channels, document, bundle: None, attached: false, recorded: false })
}

/// What the other channels point at is taken over and signed: so it has to be signed already.
fn answered_for(desk: &Desk, chart: &str, held: Option<Held>) -> Result<Option<Held>, Failure> {
    let Some(Held { signature: None, unread, digest, .. }) = &held else { return Ok(held) };
    let name = format!("{}:{TAG}", desk.repository(chart));
    Err(match unread {
        Some(why) => Failure::undetermined(format!("who signed {name} could not be read")).because(why.clone()),
        None => Failure::negative(format!("nobody who may publish signed {name}"))
            .because(format!("it is sha256:{digest}; what it says of other channels would be signed with it"))
            .hint("look at who wrote it; without that tag a channel is set anew"),
    })
}

impl Course {
    fn line(&self) -> MovedLine {
        MovedLine {
            chart: self.release.chart.clone(),
            chart_version: self.release.version.to_string(),
            tag: self.release.tag.clone(),
            from: self.from,
            to: self.release.manifest,
            document: self.document.digest(),
        }
    }

    fn tell(&self, channel: &str, plan: &mut Plan) {
        let Release { chart, version, manifest, .. } = &self.release;
        let from = match self.from.filter(|from| from != manifest) {
            Some(from) => format!("from sha256:{from} "),
            None => String::new(),
        };
        let steps = [
            (
                self.from == Some(*manifest),
                format!("move {chart}:{channel} {from}to {version}, sha256:{manifest}"),
            ),
            (self.attached, format!("sign what the channels of {chart} point at")),
            (self.before == Some(self.document.digest()), format!("write it to {chart}:{TAG}")),
            (self.recorded, format!("record {} of {}", ChannelClaim::record(channel), self.release.tag)),
        ];
        for (done, what) in steps {
            if done { plan.done(what) } else { plan.needed(what) }
        }
    }

    /// The tags of this chart that have to move: the channel's, or the document's.
    fn step(&self, tag: &str) -> Option<Step> {
        let (from, to) =
            if tag == TAG { (self.before, self.document.digest()) } else { (self.from, self.release.manifest) };
        let (chart, tag) = (self.release.chart.clone(), tag.to_owned());
        (from != Some(to)).then_some(Step { chart, tag, from, to })
    }

    /// The record of it: of the signature there is, or of a new one.
    fn draft(&self, cx: &Context<'_>, desk: &Desk, channel: &str) -> Result<Draft, Failure> {
        let release = &self.release;
        let name = ChannelClaim::record(channel);
        if let Some(bundle) = &self.bundle {
            let unusable = |error| Failure::negative(format!("the bundle of {name} is unusable: {error}"));
            let record = Record::new(&name, bundle).map_err(unusable)?;
            return Ok(Draft { chart: release.chart.clone(), on: release.object.clone(), record });
        }
        let pointer = self.channels.channels.get(channel).cloned();
        let pointer =
            pointer.ok_or_else(|| Failure::negative(format!("the document does not name `{channel}`")))?;
        let objects = [("tag", "gitTag", &release.object)];
        let about = record::about(cx, &desk.ground, &release.chart, &release.directory, &objects);
        let claim = ChannelClaim { about, channel: channel.to_owned(), pointer };
        let repository = desk.repository(&release.chart);
        let subjects = vec![
            Subject::new(format!("{repository}:{TAG}"), self.document.digest()),
            Subject::new(format!("{repository}:{}", release.version_tag()), release.manifest),
        ];
        let statement = record::statement(desk.ground.config(), Predicate::Channel, subjects, &claim)?;
        let pen = record::pen(cx, &desk.ground.policy, Stage::Publish)?;
        pen.draft(&release.chart, &release.object, &name, &statement)
    }
}

/// Signs, puts the documents there, moves the channels and then the documents' own tags, and records it.
async fn apply(cx: &Context<'_>, desk: &Desk, channel: &str, courses: &[Course]) -> Result<(), Failure> {
    let uri = Predicate::Channel.uri(&desk.ground.config().predicate_prefix);
    let mut drafts = Vec::new();
    // All that can go wrong with signing and writing does so before anything moves.
    for course in courses {
        let draft = course.draft(cx, desk, channel)?;
        if !course.attached {
            let (chart, document) = (&course.release.chart, &course.document);
            desk.destination.keep(chart, document).await?;
            let (digest, size) = (document.digest(), document.size());
            let bundle = draft.record.bundle.get();
            desk.destination.attach(chart, digest, size, bundle, &uri, &cx.now.to_string()).await?;
        }
        if !course.recorded {
            drafts.push(draft);
        }
    }
    let tags = [channel, TAG];
    let steps: Vec<Step> =
        tags.iter().flat_map(|tag| courses.iter().filter_map(|course| course.step(tag))).collect();
    for (at, step) in steps.iter().enumerate() {
        if let Err(error) = desk.destination.point(&step.chart, &step.tag, step.from, step.to).await {
            let reached = steps.get(..=at).unwrap_or_default();
            return Err(back(cx, desk, (channel, courses), reached, error).await);
        }
    }
    record::post_and_push(cx, &desk.ground, &drafts, Vec::new())?;
    for draft in &drafts {
        cx.repo.fold(&draft.chart, ground::remote(&cx.repo, desk.ground.config()))?;
    }
    Ok(())
}

/// Takes back what was moved, last first, and says how everything stands. The last of `steps` is the one that failed;
/// it may have been done all the same.
async fn back(
    cx: &Context<'_>,
    desk: &Desk,
    (channel, courses): (&str, &[Course]),
    steps: &[Step],
    error: Error,
) -> Failure {
    let mut told = Vec::new();
    let (mut undone, mut untouched) = (true, true);
    for step in steps.iter().rev() {
        let name = format!("{}:{}", step.chart, step.tag);
        let at = |digest: Option<Sha256>| digest.map_or_else(|| "nothing".to_owned(), |it| format!("sha256:{it}"));
        let now = match desk.destination.resolve(&step.chart, &step.tag).await {
            Ok(now) => now,
            Err(error) => {
                (undone, untouched) = (false, false);
                told.push(format!("{name} could not be read: {error}"));
                continue;
            }
        };
        if now == step.from {
            told.push(format!("{name} points at {}, as before", at(now)));
            continue;
        }
        untouched = false;
        if now != Some(step.to) {
            told.push(format!("{name} points at {}: somebody else moved it", at(now)));
            continue;
        }
        // Somebody who moved the channel since has said so in the document, and that is where it belongs.
        let Some(target) = since(cx, desk, channel, step, courses).await.or(step.from) else {
            undone = false;
            told.push(format!("{name} points at {}, and pointed nowhere before", at(now)));
            continue;
        };
        if target == step.to {
            told.push(format!("{name} points at {}: somebody else moved it there, too", at(now)));
            continue;
        }
        match desk.destination.point(&step.chart, &step.tag, Some(step.to), target).await {
            Ok(()) => told.push(format!("{name} points at {} again", at(Some(target)))),
            Err(error) => {
                undone = false;
                told.push(format!("{name} points at {} and could not be moved back: {error}", at(now)));
            }
        }
    }
    let raced = matches!(error, Error::Different { .. });
    if untouched && courses.len() == 1 && !raced {
        return Failure::from(error);
    }
    let what = match (raced, undone) {
        (true, true) => format!("`{channel}` was not moved: somebody else was faster"),
        (false, true) => format!("`{channel}` was not moved: one part failed, and the others were moved back"),
        (_, false) => format!("`{channel}` is moved in part"),
    };
    let hint = if undone {
        "run it again: it looks at how things are now"
    } else {
        "put right what is in the way and run it again; `git lineage channel list` shows how things are"
    };
    let failure = Failure::new(Exit::Conflict, what).because(error.to_string());
    told.into_iter().fold(failure, Failure::because).hint(hint)
}

/// What the document says of the channel now, if somebody wrote it since we read it.
async fn since(cx: &Context<'_>, desk: &Desk, channel: &str, step: &Step, courses: &[Course]) -> Option<Sha256> {
    let course = courses.iter().find(|course| course.release.chart == step.chart)?;
    if step.tag == TAG {
        return None;
    }
    let now = held(cx, desk, &step.chart).await.ok()??;
    let ours = [course.before, Some(course.document.digest())].contains(&Some(now.digest));
    let pointer = now.channels.channels.get(channel).filter(|_| !ours && now.signature.is_some())?;
    Some(pointer.digest)
}
