//! Real `gh` on the attestations that we keep in GitHub's store: it finds them by the file they are about, unpacks
//! them, and verifies them, all by GitHub's API as it is used there.
//!
//! `gh attestation` refuses hosts of GitHub Enterprise, and speaks TLS to github.com. `github.localhost`, which GitHub's
//! own people develop against, it asks by plain HTTP; a proxy brings that to the stand-in.

use serde_json::{Value, json};

use super::sigstore::{Job, installed, script};
use crate::github::{GitHub, REPOSITORY};
use crate::keyless;
use crate::sigstore::GITHUB;
use crate::sigstore::services::Services;
use crate::world::{Output, PROBE, Site, World};

/// `gh` on its way to the stand-in.
fn gh(site: &Site<'_>, github: &GitHub, words: &[&str]) -> Output {
    let token = github.token("ada", "ghp_", &["attestations=read", "metadata=read"]);
    let mut command = site.command(script("gh"));
    command.args(words).env("GH_HOST", "github.localhost").env("GH_TOKEN", token);
    command.env("HTTP_PROXY", github.url()).env("GH_NO_UPDATE_NOTIFIER", "1").env("GH_TELEMETRY", "0");
    site.run(&mut command)
}

#[test]
fn gh_downloads_and_verifies_what_we_store() {
    if !installed("gh") {
        return;
    }
    let files = keyless::files(GITHUB, "store = \"github\"").into_iter().map(|(name, text)| {
        let text = text.replace("acme/charts", REPOSITORY);
        (
            name,
            text.replacen(
                "version = 1\n",
                "version = 1\nforge = \"github\"\n",
                usize::from(name == "lineage.toml"),
            ),
        )
    });
    let world = World::seeded_with(&files.collect::<Vec<_>>());
    let github = GitHub::start(&world);
    let job = Job::push(REPOSITORY, "release.yaml");
    let mut claims = job.claims();
    claims["iss"] = json!(GITHUB);
    let services = Services::start(&world, 2, claims);
    world.in_real_time();
    let ci = world.ci();
    for (name, path) in [("signingconfig", &services.signing_config), ("trustedroot", &services.trusted_root)] {
        ci.git(["config", &format!("lineage.{name}"), &path.display().to_string()]);
    }
    let variables = github.job().into_iter().chain(services.job());
    world.set_variables(variables.map(|(name, value)| (name.to_owned(), value)));
    world.contribute("feature/add-probe", "feat(test-workflow): add probe", &PROBE);
    world.validate("feature/add-probe").succeeds();
    let kept = github.with(|state| state.repository(REPOSITORY).attested());
    assert!(kept >= 7, "the checks and their seal: {kept}");

    // What a statement of ours is about is a file that anybody can write.
    ci.fetch();
    let listing = ci.lineage(["subject", "test-workflow@origin/feature/add-probe"]).exits(0).stdout;
    let site = world.site(".", None);
    site.write("listing", listing);
    site.write("other", "another listing");
    for by_address in [false, true] {
        github.with(|state| state.bundles_by_address = by_address);
        let said = gh(&site, &github, &["attestation", "download", "listing", "--repo", REPOSITORY]);
        said.exits(0).done();
        let file = std::fs::read_dir(&site.dir)
            .expect("the world")
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|end| end == "jsonl"))
            .expect("gh wrote it");
        let lines = std::fs::read_to_string(&file).expect("text");
        std::fs::remove_file(&file).expect("it is there");
        assert_eq!(lines.lines().count(), kept, "by address: {by_address}");
    }
    gh(&site, &github, &["attestation", "download", "other", "--repo", REPOSITORY]).exits(1).done();

    // gh reads a root a line, and passes over a line without an end.
    let root = std::fs::read_to_string(&services.trusted_root).expect("text");
    site.write("roots.jsonl", root + "\n");
    let identity = job.identity();
    let predicate = "https://git-lineage.dev/check/v1";
    let verify = |file: &str, identity: &str| {
        let words = ["attestation", "verify", file, "--repo", REPOSITORY, "--predicate-type", predicate];
        let more = ["--custom-trusted-root", "roots.jsonl", "--cert-identity", identity, "--format", "json"];
        gh(&site, &github, &[&words[..], &more[..]].concat())
    };
    let said = verify("listing", &identity).exits(0);
    let verified: Value = said.json();
    assert_eq!(verified.as_array().map(Vec::len), Some(6), "each check's: {verified}");
    verify("listing", &identity.replace("release.yaml", "other.yaml")).exits(1).done();
    verify("other", &identity).exits(1).done();
    let odd = github.violations();
    assert!(odd.is_empty(), "{odd:#?}");
}
