//! Driving the line: a world at any stop between the first commit and a published release.
//!
//! Each stop is reached once per test run, by the real binary, and then copied: a test that is about
//! tags does not wait for checks.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{Site, World, charts};

/// The release the line leads to.
pub(crate) const TAG: &str = "test-workflow-v0.2.0";

/// How far the line has come for `test-workflow` 0.1.0 → 0.2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// The first commit is on main, integration and release.
    Seeded,
    /// A contribution on `feature/add-probe` has its checks run, signed and sealed.
    Validated,
    /// It is squash-merged into integration.
    Contributed,
    /// `chart/test-workflow` holds it.
    Split,
    /// The version is bumped there.
    Bumped,
    /// It is squash-merged into main.
    Landed,
    /// It is tagged.
    Tagged,
    /// It is built, merged into release and published.
    Published,
}

/// A world as it stood at a stop, to be copied.
#[derive(Debug)]
struct Template {
    directory: PathBuf,
    clock: i64,
}

/// The templates, made when first asked for. They lie in `target/tmp`, where cargo expects leftovers.
static TEMPLATES: [OnceLock<Template>; 8] = [const { OnceLock::new() }; 8];

impl World {
    /// A world of one's own at a stop.
    pub(crate) fn at(stop: Stop) -> Self {
        Self::copy_of(template(stop))
    }

    /// A published release: the usual beginning of a test about verification.
    pub(crate) fn published() -> Self {
        Self::at(Stop::Published)
    }

    fn copy_of(template: &Template) -> Self {
        let world = Self::empty();
        copy(&template.directory, world.root());
        let (old, new) = (template.directory.display().to_string(), world.root().display().to_string());
        for site in ["origin.git/config", "dev/.git/config", "ci/.git/config"] {
            let path = world.path(site);
            let text = fs::read_to_string(&path).expect("every template has these");
            fs::write(&path, text.replace(&old, &new)).expect("the world is writable");
        }
        world.clock.set(template.clock);
        world
    }

    /// The repository with its first commit, on every long-lived branch, and the two clones.
    fn seeded() -> Self {
        Self::seeded_with(&charts::seed())
    }

    /// The same with other files.
    pub(crate) fn seeded_with(files: &[(&str, String)]) -> Self {
        Self::seeded_as("sha1", files)
    }

    /// The same with objects named by SHA-256.
    pub(crate) fn seeded_in_sha256() -> Self {
        Self::seeded_as("sha256", &charts::seed())
    }

    fn seeded_as(format: &'static str, files: &[(&str, String)]) -> Self {
        let world = Self::empty();
        world.format.set(format);
        let home = world.site(".", None);
        home.git(["init", "-q", "--bare", "-b", "main", "origin.git"]);
        home.git(["-C", "origin.git", "config", "uploadpack.allowFilter", "true"]);
        home.git(["init", "-q", "-b", "main", "dev"]);
        let dev = world.dev();
        dev.git(["remote", "add", "origin", &world.path("origin.git").display().to_string()]);
        for (path, text) in files {
            dev.write(path, text);
        }
        dev.commit("chore: begin");
        dev.git(["branch", "integration"]);
        dev.git(["branch", "release"]);
        dev.git(["push", "-q", "-u", "origin", "main", "integration", "release"]);
        home.git(["clone", "-q", &world.path("origin.git").display().to_string(), "ci"]);
        world
    }

    /// The seeded world under another repository id.
    pub(crate) fn seeded_elsewhere() -> Self {
        let mut files = charts::seed();
        for (name, text) in &mut files {
            if *name == "lineage.toml" {
                *text = text.replace(charts::REPOSITORY, "11111111-1111-4111-8111-111111111111");
            }
        }
        Self::seeded_with(&files)
    }

    /// The step that leads to `stop` from the one before.
    fn step_to(&self, stop: Stop) {
        match stop {
            Stop::Seeded => {}
            Stop::Validated => {
                self.contribute("feature/add-probe", "feat(test-workflow): add probe", &PROBE);
                self.validate("feature/add-probe").succeeds();
            }
            Stop::Contributed => self.squash("feature/add-probe", "feat(test-workflow): add probe (#1)"),
            Stop::Split => {
                let ci = self.ci();
                ci.git(["fetch", "-q", "origin"]);
                ci.lineage(["split"]).succeeds();
            }
            Stop::Bumped => {
                let ci = self.ci();
                ci.lineage(["propose", "test-workflow"]).succeeds();
                ci.lineage(["bump", "test-workflow"]).succeeds();
            }
            Stop::Landed => {
                self.ci().lineage(["propose", "test-workflow", "--merge"]).succeeds();
            }
            Stop::Tagged => {
                let ci = self.ci();
                ci.git(["fetch", "-q", "origin"]);
                ci.lineage(["tag", "test-workflow"]).succeeds();
            }
            Stop::Published => self.publish(TAG),
        }
    }

    /// A contribution: a branch from integration with one commit, pushed by the developer.
    pub(crate) fn contribute(&self, branch: &str, message: &str, files: &[(&str, &str)]) {
        let dev = self.dev();
        dev.git(["fetch", "-q", "origin"]);
        dev.git(["checkout", "-q", "-b", branch, "origin/integration"]);
        for (path, text) in files {
            dev.write(path, text);
        }
        dev.commit(message);
        dev.git(["push", "-q", "origin", branch]);
    }

    /// CI runs, signs and seals the checks of a pushed branch; the first that fails is given back.
    pub(crate) fn validate(&self, branch: &str) -> super::Output {
        let ci = self.ci();
        ci.git(["fetch", "-q", "origin"]);
        ci.git(["checkout", "-q", "--detach", &format!("origin/{branch}")]);
        for flag in [None, Some("--sign")] {
            let output = ci.lineage(["check"].into_iter().chain(flag));
            if output.code != 0 {
                return output;
            }
        }
        ci.lineage(["check", "--seal"])
    }

    /// The reviewer squash-merges a branch into integration, as a forge does.
    pub(crate) fn squash(&self, branch: &str, message: &str) {
        let dev = self.dev();
        dev.git(["fetch", "-q", "origin"]);
        dev.git(["checkout", "-q", "-B", "integration", "origin/integration"]);
        dev.git(["merge", "-q", "--squash", &format!("origin/{branch}")]);
        dev.git(["commit", "-q", "-m", message]);
        dev.git(["push", "-q", "origin", "integration"]);
    }

    /// From the split to the tag, for charts that are on integration.
    pub(crate) fn promote(&self, charts: &[&str]) {
        let ci = self.ci();
        ci.git(["fetch", "-q", "origin"]);
        for verb in [&["split"][..], &["propose"]] {
            ci.lineage(verb.iter().chain(charts)).succeeds();
        }
        for chart in charts {
            ci.lineage(["bump", chart]).succeeds();
            ci.lineage(["propose", "--merge", chart]).succeeds();
        }
        ci.git(["fetch", "-q", "origin"]);
        ci.lineage(["tag"].iter().chain(charts)).succeeds();
    }

    /// From the tag to the published release.
    pub(crate) fn publish(&self, tag: &str) {
        let ci = self.ci();
        ci.lineage(["build", tag]).succeeds();
        let promote = format!("promote/{tag}");
        ci.lineage(["guard", "--stage", "release", "--head-ref", &promote, "--merge"]).succeeds();
        ci.lineage(["publish", tag]).succeeds();
    }

    /// The whole line for one chart: contribution, checks, merge, and on to the published release.
    pub(crate) fn release(&self, chart: &str, message: &str, files: &[(&str, &str)], tag: &str) {
        let branch = format!("feature/{}", tag.replace('.', "-"));
        self.contribute(&branch, message, files);
        self.validate(&branch).succeeds();
        self.squash(&branch, message);
        self.promote(&[chart]);
        self.publish(tag);
    }
}

/// The contribution: a template and a value.
pub(crate) const PROBE: [(&str, &str); 2] = [
    ("charts/test-workflow/values.yaml", "# How many.\nreplicas: 2\nprobe: true\n"),
    ("charts/test-workflow/templates/probe.yaml", "{{- if .Values.probe }}\nkind: Probe\n{{- end }}\n"),
];

/// The template of a stop, made from the one before.
fn template(stop: Stop) -> &'static Template {
    TEMPLATES[stop as usize].get_or_init(|| {
        let world = match before(stop) {
            None => World::seeded(),
            Some(before) => World::copy_of(template(before)),
        };
        world.step_to(stop);
        let name = format!("stop-{}-{stop:?}", std::process::id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        sweep();
        let clock = world.clock.get();
        let (old, new) = (world.root().display().to_string(), directory.display().to_string());
        fs::rename(world.directory.keep(), &directory).expect("both lie in target/tmp");
        for site in ["origin.git/config", "dev/.git/config", "ci/.git/config"] {
            let path = directory.join(site);
            let text = fs::read_to_string(&path).expect("every world has these");
            fs::write(&path, text.replace(&old, &new)).expect("the template is writable");
        }
        Template { directory, clock }
    })
}

fn before(stop: Stop) -> Option<Stop> {
    let all = [
        Stop::Seeded,
        Stop::Validated,
        Stop::Contributed,
        Stop::Split,
        Stop::Bumped,
        Stop::Landed,
        Stop::Tagged,
        Stop::Published,
    ];
    all.into_iter().rev().find(|other| *other < stop)
}

/// Takes away the templates of test runs that are over (where /proc tells).
fn sweep() {
    if !Path::new("/proc/self").exists() {
        return;
    }
    for entry in fs::read_dir(env!("CARGO_TARGET_TMPDIR")).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("stop-")?.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Another run may be doing the same.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Copies a directory with everything below it; what is there already is replaced.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the template is readable") {
        let entry = entry.expect("the template is readable");
        let target = to.join(entry.file_name());
        let kind = entry.file_type().expect("the template is readable");
        if kind.is_dir() {
            fs::create_dir_all(&target).expect("the world is writable");
            copy(&entry.path(), &target);
        } else if kind.is_symlink() {
            let link = fs::read_link(entry.path()).expect("it is a link");
            std::os::unix::fs::symlink(link, &target).expect("the world is writable");
        } else {
            // git's objects are read-only, and so are their copies; the keys are there already.
            if target.exists() {
                fs::remove_file(&target).expect("the world is writable");
            }
            fs::copy(entry.path(), &target).expect("the world is writable");
        }
    }
}

impl Site<'_> {
    /// Fetches branches and tags as a CI job does before each stage.
    pub(crate) fn fetch(&self) {
        self.git(["fetch", "-q", "--prune", "origin"]);
    }
}
