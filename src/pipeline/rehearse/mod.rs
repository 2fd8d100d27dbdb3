//! The whole line on a scratch clone with a throw-away key, a bare remote and a local registry.
//!
//! Nothing is simulated: the same verbs run that a real pipeline runs, on a repository that is marked as a
//! rehearsal, whose keys count nowhere else.

use std::path::{Path, PathBuf};

use super::{Context, build, bump, check, forge, ground, guard, init, propose, publish, split, sync, tag, verify};
use crate::cache::Cache;
use crate::git::Repo;
use crate::model::{Event, Exit, Failure, Judged, LogReport, Oid, RehearseReport, Stage, Timestamp};
use crate::sigstore::Roots;

mod sample;
mod world;

use world::World;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// A chart of the repository; none: its first one, or the built-in sample without a repository.
    pub chart: Option<String>,
    /// Keep everything here; none: a temporary directory that goes.
    pub keep: Option<PathBuf>,
    /// A new repository id, from the door's randomness.
    pub repository_id: String,
    /// As for `publish`.
    pub page: fn(&LogReport) -> String,
}

/// What a rehearsal starts from: a repository is not needed.
pub struct Scene<'a> {
    /// The repository a chart is taken from, if there is one around.
    pub repo: Option<Repo>,
    pub now: Timestamp,
    pub on: &'a mut dyn FnMut(Event),
}

/// Rehearses one release, from a contribution to a stranger's verdict.
///
/// # Errors
/// What the first stage that refuses says.
pub async fn run(scene: &mut Scene<'_>, options: &Options) -> Result<RehearseReport, Failure> {
    let seed = sample::seed(scene.repo.as_ref(), options.chart.as_deref())?;
    let temporary;
    let root = match &options.keep {
        Some(keep) => {
            world::empty_directory(keep)?;
            keep.clone()
        }
        None => {
            temporary = tempfile::tempdir().map_err(|error| {
                Failure::undetermined("no temporary directory could be made").because(error.to_string())
            })?;
            temporary.path().to_owned()
        }
    };
    let mut world = World::new(&root, scene.now, scene.on)?;
    world.plant(&seed)?;
    world.set_up(options)?;
    let head = world.contribute(&seed)?;
    validate(&mut world, &head)?;
    integrate(&mut world, &seed, &head)?;
    promote(&mut world, &seed)?;
    let (tag, oci) = release(&mut world, options.page).await?;
    let judged = stranger(&mut world, &tag)?;
    let steps = std::mem::take(&mut world.steps);
    Ok(RehearseReport { chart: seed.chart, tag, steps, oci, kept: options.keep.clone(), judged })
}

/// Stage 1, in its three jobs.
fn validate(world: &mut World<'_>, head: &Oid) -> Result<(), Failure> {
    let options = |sign, seal| check::Options {
        name: None,
        variant: None,
        charts: Vec::new(),
        stage: Stage::Validate,
        head: Some(head.to_string()),
        base: None,
        sign,
        seal,
        title: None,
        command: Vec::new(),
    };
    let ran = world.with_work(|cx| check::run(cx, &options(false, false)))?;
    if ran.exit() != Exit::Done {
        let failed = ran.checks.iter().filter(|line| line.result.word() == "fail");
        let refused = Failure::negative("the rehearsed contribution fails its checks");
        return Err(failed.fold(refused, |f, line| f.because(format!("{}: {}", line.check, line.reason))));
    }
    let names: Vec<&str> = ran.checks.iter().map(|line| line.check.as_str()).collect();
    world.did("check", format!("{} passed", names.join(", ")));
    world.with_work(|cx| check::run(cx, &options(true, false)))?;
    world.did("check --sign", format!("{} results signed", ran.checks.len()));
    let sealed = world.with_work(|cx| check::run(cx, &options(false, true)))?;
    let ids: Vec<&str> = sealed.sealed.values().map(String::as_str).collect();
    world.did("check --seal", format!("w1-overall {}", ids.join(", ")));
    Ok(())
}

/// The contribution's squash merge into integration: what a forge does when the pull request is merged.
fn integrate(world: &mut World<'_>, seed: &sample::Seed, head: &Oid) -> Result<(), Failure> {
    let message = format!("{}\n", sample::subject(seed));
    let merged = world.with_work(|cx| {
        let ground = ground::ground(cx)?;
        let base = ground.config().branches.integration.clone();
        let base_tip = ground::branch_tip(&cx.repo, ground.config(), &base)?
            .ok_or_else(|| Failure::negative("the rehearsal has no integration branch"))?;
        let (head_tip, directory) = (head, seed.directory.as_str());
        forge::squash(
            cx,
            &ground,
            &forge::Squash { base: &base, base_tip: &base_tip, head_tip, directory, message: &message },
        )
    })?;
    world.did("merge", format!("squashed into integration as {}", merged.short()));
    Ok(())
}

/// Stages 2 to 5, and the merge into main.
fn promote(world: &mut World<'_>, seed: &sample::Seed) -> Result<(), Failure> {
    let report = world.with_work(|cx| split::run(cx, &split::Options { charts: Vec::new() }))?;
    let line = report.charts.first().ok_or_else(|| Failure::negative("the rehearsal split no chart"))?;
    if line.exit != Exit::Done {
        return Err(Failure::new(line.exit, format!("{} was not split", line.chart))
            .because(line.why.clone().unwrap_or_default()));
    }
    let branch = line.branch.clone();
    world.did("split", format!("{branch} from integration, on main"));
    let guarded = world.with_work(|cx| {
        let integration = ground::ground(cx)?.config().branches.integration.clone();
        guard::run(cx, &guard_options(guard::GuardStage::Chart, &integration, Some(&branch), false))
    })?;
    allowed(&guarded)?;
    world.did("guard --stage chart", format!("{} may merge into {branch}", guarded.head));
    let charts = vec![seed.chart.clone()];
    let proposed =
        world.with_work(|cx| propose::run(cx, &propose::Options { charts: charts.clone(), merge: false }))?;
    let title = proposed.pulls.first().map(|pull| pull.text.title.clone()).unwrap_or_default();
    world.did("propose", title);
    let bumped =
        world.with_work(|cx| bump::run(cx, &bump::Options { chart: Some(seed.chart.clone()), base: None }))?;
    let from = bumped.from.unwrap_or_else(|| "nothing".to_owned());
    world.did("bump", format!("{from} -> {} ({})", bumped.to, bumped.bump));
    let merged = world.with_work(|cx| {
        let main = ground::ground(cx)?.config().branches.main.clone();
        guard::run(cx, &guard_options(guard::GuardStage::Main, &branch, Some(&main), true))
    })?;
    allowed(&merged)?;
    let commit = merged.merged.as_ref().map(|oid| oid.short().to_owned()).unwrap_or_default();
    world.did("guard --stage main --merge", format!("squashed into main as {commit}"));
    Ok(())
}

/// Stages 6 to 8.
async fn release(world: &mut World<'_>, page: fn(&LogReport) -> String) -> Result<(String, String), Failure> {
    let report = world.with_work(|cx| tag::run(cx, &tag::Options { charts: Vec::new() }))?;
    let line = report.tags.first().ok_or_else(|| Failure::negative("the rehearsal tagged nothing"))?;
    if line.exit != Exit::Done {
        return Err(Failure::new(line.exit, format!("{} was not tagged", line.tag))
            .because(line.why.clone().unwrap_or_default()));
    }
    let tag = line.tag.clone();
    let promote = line.promote.clone().unwrap_or_default();
    world.did("tag", format!("{tag}, back-ported to integration, {promote} opened"));
    let built = world.with_work(|cx| build::run(cx, &build::Options { tag: tag.clone(), run: None }))?;
    world.did("build", format!("{} sha256:{}", built.file, built.package.tgz));
    let merged =
        world.with_work(|cx| guard::run(cx, &guard_options(guard::GuardStage::Release, &promote, None, true)))?;
    allowed(&merged)?;
    world.did("guard --stage release --merge", format!("{promote} merged into {}", merged.base));
    let published = {
        let mut cx = world.work_context()?;
        publish::run(&mut cx, &publish::Options { tag: tag.clone(), page }).await?
    };
    let oci = published.oci.unwrap_or_default();
    world.did("publish", oci.clone());
    Ok((tag, oci))
}

/// A stranger's fresh clone: sync, then verify.
fn stranger(world: &mut World<'_>, tag: &str) -> Result<Judged, Failure> {
    let path = world.root.join("stranger");
    drop(Repo::clone(&world.origin.display().to_string(), &path, false)?);
    let synced = sync::Options { charts: Vec::new(), fetch_only: true, settle: false, from_github: false };
    world.within(&path, |cx| sync::run(cx, &synced))?;
    let report = world.within(&path, |cx| verify::run(cx, &verify::Options::of(tag)))?;
    std::fs::remove_dir_all(&path).map_err(|error| {
        Failure::undetermined(format!("could not remove {}", path.display())).because(error.to_string())
    })?;
    report.releases.into_iter().next().ok_or_else(|| Failure::undetermined("the stranger verified nothing"))
}

fn guard_options(stage: guard::GuardStage, head: &str, base: Option<&str>, merge: bool) -> guard::Options {
    let (head, base) = (Some(head.to_owned()), base.map(str::to_owned));
    guard::Options {
        stage,
        asked: guard::Which { head, base, ..guard::Which::default() },
        close: false,
        merge,
        auto: false,
    }
}

fn allowed(report: &crate::model::GuardReport) -> Result<(), Failure> {
    if report.allowed {
        return Ok(());
    }
    let refused = Failure::negative(format!("{} may not merge into {}", report.head, report.base));
    Err(report.reasons.iter().cloned().fold(refused, Failure::because))
}

/// The scratch repository's own context.
fn context<'c>(
    path: &Path,
    key: &Path,
    now: Timestamp,
    on: &'c mut dyn FnMut(Event),
) -> Result<Context<'c>, Failure> {
    let repo = Repo::open_at(path)?;
    let cache = Cache::new(&repo.common_dir());
    Ok(Context {
        repo,
        cache,
        now,
        key: Some(key.to_owned()),
        roots: Roots::embedded().into(),
        signing: super::signing::Signing::by_key().into(),
        // A rehearsal never leaves this machine.
        hub: std::sync::Arc::default(),
        proofs: std::sync::Arc::default(),
        threads: super::proofs::Threads::Cores,
        ci: false,
        dry_run: false,
        on,
    })
}

/// Sets the scratch repository up as `init` would any other.
fn init_options(root: &Path, key: &Path, options: &Options) -> init::Options {
    init::Options {
        remote: None,
        repository_id: options.repository_id.clone(),
        key: key.to_owned(),
        flow: Some("integration".to_owned()),
        oci: Some(format!("oci-layout:{}", root.join("registry").display())),
        assets: Some(root.join("assets").display().to_string()),
        rehearsal: true,
        github: None,
    }
}
