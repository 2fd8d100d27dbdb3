//! A world with people in it: Ada (account 1001), who makes and merges everything unless a test says otherwise,
//! Bob (1002), who may waive and review, and Carol (1003), who may review only.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::world::{MALLORY_PUBLIC, Output, REPOSITORY, Site, World, policy_of, seed};

/// The chart everything is about.
pub(crate) const CHART: &str = "test-workflow";
/// A contribution that fails `k8s-install`.
pub(crate) const FAILS: [(&str, &str); 1] =
    [("charts/test-workflow/templates/probe.yaml", "kind: {{ required \"give it\" .Values.e2eFail }}\n")];
/// Its branch.
pub(crate) const BRANCH: &str = "feature/add-probe";
/// Its subject.
pub(crate) const SUBJECT: &str = "feat(test-workflow): add probe";
/// The check it fails.
pub(crate) const CHECK: &str = "k8s-install";
/// What to call oneself to git to be Bob, or somebody nobody knows.
pub(crate) const BOB: &str = "bob@example.org";
pub(crate) const STRANGER: &str = "stranger@example.net";

/// The policy: three checks, four keys, two people whose addresses are known.
pub(crate) fn policy() -> String {
    let whole = policy_of(REPOSITORY, crate::world::CI_PUBLIC);
    let (before, rest) = whole.split_once("[required]").unwrap();
    let (_, after) = rest.split_once("[required.accept-excluded]").unwrap();
    format!(
        r#"{before}[required]
validate = ["commit-validation", "chart-lint", "k8s-install"]

[required.accept-excluded]{after}
[[trust.keys]]
name = "ada"
stages = ["waive", "review"]
account = "1001"
public = """
{ADA_PUBLIC}"""

[[trust.keys]]
name = "bob"
stages = ["waive", "review"]
account = "1002"
public = """
{BOB_PUBLIC}"""

[[trust.keys]]
name = "carol"
stages = ["review"]
account = "1003"
public = """
{MALLORY_PUBLIC}"""

[[people]]
account = "1001"
addresses = ["Ada@Example.org"]

[[people]]
account = "1002"
addresses = ["bob@example.org"]
"#
    )
}

/// A world under this policy, with everybody's key at hand.
pub(crate) fn world(policy: &str) -> World {
    let mut files = seed();
    for (name, text) in &mut files {
        if *name == "lineage.toml" {
            policy.clone_into(text);
        }
    }
    let world = World::seeded_with(&files);
    hand_out_keys(&world);
    world
}

/// Puts everybody's private key into a world.
pub(crate) fn hand_out_keys(world: &World) {
    for (name, pem) in [("ada.pem", ADA_PRIVATE), ("bob.pem", BOB_PRIVATE)] {
        let path = world.path("keys").join(name);
        fs::write(&path, pem).expect("the world is writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
    }
    fs::copy(world.path("keys/mallory.pem"), world.path("keys/carol.pem")).expect("the world is writable");
}

/// CI runs and signs the checks of a pushed branch, whatever comes of them.
pub(crate) fn checked<'w>(world: &'w World, branch: &str) -> Site<'w> {
    let ci = world.ci();
    ci.git(["fetch", "-q", "origin"]);
    ci.git(["checkout", "-q", "--detach", &format!("origin/{branch}")]);
    drop(ci.lineage(["check"]));
    drop(ci.lineage(["check", "--sign"]));
    ci
}

/// A world in which the failing contribution is checked, and the clone that did it.
pub(crate) fn failed(world: &World) -> Site<'_> {
    world.contribute(BRANCH, SUBJECT, &FAILS);
    checked(world, BRANCH)
}

/// Somebody waives the failed check of the commit checked out.
pub(crate) fn waive(ci: &Site<'_>, who: &str, more: &[&str]) -> Output {
    let words = ["waive", CHECK, CHART, "--reason", "the cluster is down"];
    ci.with_key(Some(&format!("{who}.pem"))).lineage(words.iter().chain(more))
}

/// A commit's author and committer, for the environment of git.
pub(crate) fn commits_as(address: &str) -> [(&str, &str); 2] {
    [("GIT_AUTHOR_EMAIL", address), ("GIT_COMMITTER_EMAIL", address)]
}

/// Runs git as somebody else than Ada.
#[track_caller]
pub(crate) fn git_as(site: &Site<'_>, address: &str, words: &[&str]) {
    let mut command = site.command("git");
    command.args(words).envs(commits_as(address));
    site.run(&mut command).succeeds();
}

const ADA_PRIVATE: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgll/OdgB8hkdzmf1J
Wgb/DlflzM3r5HUTTLbS/Di7wPGhRANCAAR/ZhCaZiawxyoefWz6ovSANXvBI6Vi
ivKuEMex+M/N0IBL2rwFrNi/SHcktriE2fXQdhyot8HqcgEiVhK8UfB+
-----END PRIVATE KEY-----
";

const ADA_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf2YQmmYmsMcqHn1s+qL0gDV7wSOl
YoryrhDHsfjPzdCAS9q8BazYv0h3JLa4hNn10HYcqLfB6nIBIlYSvFHwfg==
-----END PUBLIC KEY-----
";

const BOB_PRIVATE: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwpVftsILt/h5Icgc
IPld0FrCJi41veorrbMscAmLrpChRANCAAQuBipcJseWuINwV63xFmqww+DPVx1z
QGXV17Z30Nppq6ovlc/V0sTR9UFWQGU7XlCKFScbCSzkTlShODsJYzRO
-----END PRIVATE KEY-----
";

const BOB_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELgYqXCbHlriDcFet8RZqsMPgz1cd
c0Bl1de2d9DaaauqL5XP1dLE0fVBVkBlO15QihUnGwks5E5UoTg7CWM0Tg==
-----END PUBLIC KEY-----
";
