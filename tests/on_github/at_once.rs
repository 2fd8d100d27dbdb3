//! Seven checks that write at once: to the ledger, to GitHub's store, and what a pull request's body shows of them.

use std::process::Stdio;

use serde_json::Value;

use crate::github::{GitHub, REPOSITORY};
use crate::ledger::{SEVEN, at_once, seven_with};
use crate::world::{BINARY, Site};

/// Seven jobs at one moment, then seven that bring the pull request up to date.
fn round() {
    let world = seven_with(|text| {
        text.replacen("version = 1\n", "version = 1\nforge = \"github\"\n", 1) + "\n[sign]\nstore = \"github\"\n"
    });
    let github = GitHub::start(&world);
    let job = github.job();
    let jobs: Vec<String> = (1..=7).map(|number| format!("job{number}")).collect();
    let sites: Vec<Site<'_>> =
        jobs.iter().map(|name| world.clone(name, &["-b", "feature/x"]).with_key(Some("ci.pem"))).collect();
    at_once(&sites, None, &job);
    at_once(&sites, Some("--sign"), &job);
    assert_eq!(
        github.with(|state| state.repository(REPOSITORY).attested()),
        SEVEN.len(),
        "each once in the store"
    );

    world.set_variables(job.clone());
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/x"]);
    ci.lineage(["check", "--seal"]).succeeds();
    let number = github.open(REPOSITORY, "feature/x", "integration", "feat(test-workflow): add probe");
    github.merge(number);
    ci.fetch();
    ci.lineage(["split"]).succeeds();
    let ids = github.with(|state| state.repository(REPOSITORY).ids());

    let running: Vec<_> = sites
        .iter()
        .map(|site| {
            site.lineage(["sync"]).succeeds();
            site.fetch();
            let mut command = site.command(BINARY);
            command.arg("propose").envs(job.iter().cloned()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("the binary is there")
        })
        .collect();
    for child in running {
        let output = child.wait_with_output().expect("it was started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let open = github.with(|state| state.repository(REPOSITORY).open());
    assert_eq!(open.len(), 1, "one pull request, whoever was first: {open:?}");
    let body = github.with(|state| state.repository(REPOSITORY).pull(open[0].0).body.clone());
    let (_, map) = body.split_once("<!-- ATTESTATION_MAP\n").expect("a map");
    let (map, rest) = map.split_once("\n-->").expect("it ends");
    assert!(!rest.contains("ATTESTATION_MAP"), "one map: {body}");
    let map: Value = serde_json::from_str(map).expect("it is JSON");
    for key in SEVEN {
        let id = map[key].as_str().unwrap_or_default().to_owned();
        assert!(ids.iter().any(|known| known.to_string() == id), "{key} in {map}");
    }
}

/// Once, and in the soak as often as it is told.
#[test]
fn x5_seven_jobs_write_ledger_store_and_body_at_once() {
    let rounds = std::env::var("LINEAGE_SOAK").ok().and_then(|rounds| rounds.parse::<usize>().ok());
    for _ in 0..rounds.unwrap_or(1).max(1) {
        round();
    }
}
