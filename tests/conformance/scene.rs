//! Where a case is made: a directory with `origin.git` and what goes with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::case::{Anchor, Begin, Case};
use super::desk::Desk;
use super::notary;
use crate::people::{self, BRANCH, CHART, SUBJECT};
use crate::world::{PROBE, Site, TAG, World, chart_yaml, policy, seed};

/// The release of [`Begin::Second`].
pub(super) const SECOND: &str = "test-workflow-v0.2.1";
/// The other chart's release there.
pub(super) const OTHER: &str = "cloudflared-v0.4.4";

/// The release of [`Begin::Stated`].
pub(super) const CANDIDATE: &str = "test-workflow-v0.3.0-rc.1";

/// What of a world belongs to a case.
pub(super) const PARTS: [&str; 6] =
    ["case.json", "origin.git", "seen.git", "policy.toml", "root.json", "package.tgz"];

/// A case in the making.
pub(super) struct Scene<'w> {
    pub(super) world: &'w World,
    begin: Begin,
}

/// A made case: a world whose top level holds the case's parts.
pub(super) fn make(case: &Case) -> World {
    let world = match case.begin {
        Begin::Published | Begin::Second | Begin::Waived | Begin::Reviewed | Begin::Stated => {
            let world = World::empty();
            copy(begun(case.begin), world.root());
            people::hand_out_keys(&world);
            world
        }
        Begin::Made(made) => made(),
    };
    if case.anchor == Anchor::Seen {
        copy(&world.path("origin.git"), &world.path("seen.git"));
    }
    let scene = Scene { world: &world, begin: case.begin };
    if case.trusted_root {
        scene.write("root.json", notary::root());
    }
    case.make(&scene);
    if case.anchor == Anchor::Policy && !world.path("policy.toml").exists() {
        scene.write("policy.toml", policy());
    }
    scene.write("case.json", format!("{:#}\n", case.json(scene.tag())));
    world
}

impl<'w> Scene<'w> {
    /// The bare repository that is judged.
    pub(super) fn origin(&self) -> Site<'w> {
        self.world.origin()
    }

    /// The release the case is about.
    pub(super) fn tag(&self) -> &'static str {
        match self.begin {
            Begin::Second => SECOND,
            Begin::Stated => CANDIDATE,
            _ => TAG,
        }
    }

    /// That release, taken apart.
    pub(super) fn desk(&self) -> Desk<'w> {
        self.desk_of("test-workflow", self.tag())
    }

    /// Another release, taken apart.
    pub(super) fn desk_of(&self, chart: &str, tag: &str) -> Desk<'w> {
        Desk::new(self.origin(), chart, tag)
    }

    /// A part of the case.
    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.world.path(name), bytes).expect("the world is writable");
    }

    /// From now on the judge has seen the lineage as it is at this moment.
    pub(super) fn seen_now(&self) {
        let seen = self.world.path("seen.git");
        fs::remove_dir_all(&seen).expect("the world is writable");
        copy(&self.world.path("origin.git"), &seen);
    }

    /// The published package of the release.
    pub(super) fn package(&self) -> Vec<u8> {
        let file = format!("{}.tgz", self.tag().replace("-v0", "-0"));
        fs::read(self.world.path("assets").join(self.tag()).join(file)).expect("it was published")
    }
}

/// The origin and the assets of a lineage that many cases begin with, made once.
fn begun(begin: Begin) -> &'static Path {
    static PUBLISHED: OnceLock<PathBuf> = OnceLock::new();
    static SECOND_ONE: OnceLock<PathBuf> = OnceLock::new();
    static WAIVED: OnceLock<PathBuf> = OnceLock::new();
    static REVIEWED: OnceLock<PathBuf> = OnceLock::new();
    static STATED: OnceLock<PathBuf> = OnceLock::new();
    let (cell, make): (_, fn() -> World) = match begin {
        Begin::Second => (&SECOND_ONE, second),
        Begin::Waived => (&WAIVED, waived),
        Begin::Reviewed => (&REVIEWED, reviewed),
        Begin::Stated => (&STATED, stated),
        Begin::Published | Begin::Made(_) => (&PUBLISHED, World::published),
    };
    cell.get_or_init(|| {
        let world = make();
        let origin = world.origin();
        origin.git(["repack", "-a", "-d", "-q"]);
        // Only a world's own template directory is swept away with the run it belongs to.
        let name =
            format!("stop-{}-corpus-{}", std::process::id(), world.root().file_name().expect("a name").display());
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        for part in ["origin.git", "assets"] {
            if world.path(part).exists() {
                copy(&world.path(part), &kept.join(part));
            }
        }
        kept
    })
}

/// One release of another chart whose check is excluded, then the next of the first chart: made from an
/// integration branch that never got main's version back, and without a file it had.
fn second() -> World {
    let world = World::published();
    let values = [("charts/cloudflared/values.yaml", "token: \"x\"\n")];
    world.release("cloudflared", "fix(cloudflared): set the token", &values, OTHER);
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);
    let stale = dev.git(["log", "-1", "--format=%H", "--grep=add probe", "origin/integration"]);
    dev.git(["push", "-q", "-f", "origin", &format!("{stale}:refs/heads/integration")]);
    dev.git(["fetch", "-q", "--prune", "origin"]);
    dev.git(["checkout", "-q", "-b", "feature/less", "origin/integration"]);
    dev.write("charts/test-workflow/values.yaml", "# How many.\nreplicas: 2\nprobe: false\n");
    dev.git(["rm", "-q", "charts/test-workflow/templates/service.yaml"]);
    dev.commit("fix(test-workflow): probe less, serve nothing");
    dev.git(["push", "-q", "origin", "feature/less"]);
    world.validate("feature/less").succeeds();
    world.squash("feature/less", "fix(test-workflow): probe less, serve nothing");
    world.promote(&["test-workflow"]);
    world.publish(SECOND);
    world
}

/// A failed check that Bob waived, and the release made with it.
fn waived() -> World {
    let world = people::world(&people::policy());
    let ci = people::failed(&world);
    people::waive(&ci, "bob", &[]).succeeds();
    from_the_seal(world)
}

/// A contribution that Bob read, and the release made of it.
fn reviewed() -> World {
    let world = people::world(&people::policy().replace("[required]\n", "[required]\nreviews = 1\n"));
    world.contribute(BRANCH, SUBJECT, &PROBE);
    let ci = people::checked(&world, BRANCH);
    ci.with_key(Some("bob.pem")).lineage(["attest", "review", CHART]).succeeds();
    from_the_seal(world)
}

/// The policy by which a release says that it is a pre-release, and names the key of its provenance file.
pub(super) fn telling() -> String {
    let key = "0123456789abcdef0123456789abcdef01234567";
    let hub = "prerelease = true\nsign-key = \"https://charts.example.org/key.asc\"";
    format!("{}pgp-key = \"{key}\"\n\n[publish.artifact-hub]\n{hub}\n", policy())
}

/// A pre-release by that policy, tagged and built: no key is at hand that could sign what is published.
fn stated() -> World {
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    files.push(("lineage.toml", telling()));
    let world = World::seeded_with(&files);
    let chart = chart_yaml(CHART, "0.3.0-rc.1");
    let mut files = PROBE.to_vec();
    files.push(("charts/test-workflow/Chart.yaml", &chart));
    world.contribute(BRANCH, SUBJECT, &files);
    world.validate(BRANCH).succeeds();
    world.squash(BRANCH, SUBJECT);
    world.promote(&[CHART]);
    world.ci().lineage(["build", CANDIDATE]).succeeds();
    world
}

fn from_the_seal(world: World) -> World {
    world.ci().lineage(["check", "--seal"]).succeeds();
    world.squash(BRANCH, SUBJECT);
    world.promote(&[CHART]);
    world.publish(TAG);
    world
}

/// Copies a directory with everything below it.
pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the world is writable");
    for entry in fs::read_dir(from).expect("it is readable").flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().expect("it is readable").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("the world is writable");
        }
    }
}
