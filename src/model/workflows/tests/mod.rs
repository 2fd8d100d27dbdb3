//! The workflows, whole, and what has to hold of each.

use std::collections::BTreeMap;

use expect_test::expect_file;
use serde_json::Value;

use super::{ACTIONS, State, files, path};
use crate::model::config::Config;

/// A repository that works with every part of the templates.
pub(in crate::model) const CONFIG: &str = r#"
version = 1
forge = "github"
[repository]
id = "1"
[required]
validate = ["chart-lint"]
bump = ["chart-lint"]
[sign]
mode = "keyless"
[[trust.identities]]
name = "anybody"
issuer = "https://accounts.example.com"
signer = "someone@example.com"
[publish]
oci = "oci://ghcr.io/octo/charts"
[github]
app-id = 123456
[github.program]
url = "https://example.com/git-lineage"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
"#;

pub(in crate::model) fn config(more: &[(&str, &str)]) -> Config {
    let text = more.iter().fold(CONFIG.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    Config::parse("lineage.toml", &text).expect("it is one")
}

const NO_BUMP: (&str, &str) = ("bump = [\"chart-lint\"]\n", "");
const REVIEWED: (&str, &str) = ("[required]\n", "[required]\nreviews = 1\nreviewers = [\"1\"]\n");
const DIRECT: (&str, &str) = ("forge = \"github\"", "forge = \"github\"\nflow = \"direct\"");

/// A repository without an integration branch; its bump changes nothing, so nothing is checked after it.
fn direct() -> Config {
    config(&[DIRECT, NO_BUMP])
}

fn parsed(text: &str) -> Value {
    yaml_serde::from_str(text).expect("YAML")
}

/// Every job of every workflow, in both flows, as (file: job, job).
fn jobs() -> Vec<(String, Value)> {
    let mut jobs = Vec::new();
    for config in [config(&[]), direct()] {
        for (path, text) in files(&config).expect("files") {
            let whole = parsed(&text);
            for (name, job) in whole["jobs"].as_object().expect("jobs") {
                jobs.push((format!("{path}: {name}"), job.clone()));
            }
        }
    }
    jobs
}

fn steps(job: &Value) -> Vec<&Value> {
    job["steps"].as_array().into_iter().flatten().collect()
}

fn runs(job: &Value, what: &str) -> bool {
    steps(job).iter().any(|step| step["run"].as_str().is_some_and(|run| run.contains(what)))
}

#[test]
fn every_file_of_the_integration_flow() {
    let found = files(&config(&[])).expect("files");
    assert_eq!(found.len(), 8);
    for (path, text) in found {
        let name = path.rsplit('/').next().expect("a name").to_owned();
        expect_file![format!("{}/src/model/workflows/tests/integration/{name}", env!("CARGO_MANIFEST_DIR"))]
            .assert_eq(&text);
    }
}

#[test]
fn every_file_of_the_direct_flow() {
    let found = files(&direct()).expect("files");
    assert!(!found.contains_key(&path("2-split")));
    for (path, text) in found {
        let name = path.rsplit('/').next().expect("a name").to_owned();
        expect_file![format!("{}/src/model/workflows/tests/direct/{name}", env!("CARGO_MANIFEST_DIR"))]
            .assert_eq(&text);
    }
}

#[test]
fn nothing_is_left_unfilled() {
    for more in [&[][..], &[DIRECT, NO_BUMP], &[("[github]\n", "[github]\nsetup = \"./.github/actions/setup\"\n")]]
    {
        for (path, text) in files(&config(more)).expect("files") {
            assert!(!text.contains("@@"), "{path}: {text}");
            for marker in ["# if", "# end", "# checkout", "# install", "# token", "# upload", "# run", "# setup"] {
                assert!(!text.lines().any(|line| line.trim_start().starts_with(marker)), "{path}: {marker}");
            }
        }
    }
}

#[test]
fn actions_are_pinned_by_commit() {
    for (name, commit, release) in ACTIONS {
        assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
        assert!(release.starts_with('v'), "{name}");
    }
    for (name, job) in jobs() {
        for step in steps(&job) {
            let Some(action) = step["uses"].as_str() else { continue };
            let pinned = action.split_once('@').is_some_and(|(_, commit)| commit.len() == 40);
            assert!(pinned || action.starts_with("./"), "{name}: {action}");
            if action.starts_with("actions/checkout@") {
                assert_eq!(step["with"]["persist-credentials"], Value::Bool(false), "{name}");
            }
        }
    }
}

/// What runs commands of the repository can neither sign nor push, and what signs runs none.
#[test]
fn a_job_that_runs_checks_holds_no_token() {
    let mut checks = 0;
    let mut signs = 0;
    for (name, job) in jobs() {
        let permissions = job["permissions"].as_object().unwrap_or_else(|| panic!("{name} says its permissions"));
        let writes: Vec<&String> =
            permissions.iter().filter(|(_, level)| *level == "write").map(|(scope, _)| scope).collect();
        let checking = steps(&job).iter().any(|step| {
            let run = step["run"].as_str().unwrap_or_default();
            run.contains("git lineage check") && !run.contains("--sign") && !run.contains("--seal")
        });
        if checking {
            checks += 1;
            assert!(writes.is_empty(), "{name} may write {writes:?}");
            assert!(!job.to_string().contains("secrets.") && !job.to_string().contains("GITHUB_TOKEN"), "{name}");
            assert!(job["environment"].is_null(), "{name}");
        }
        if runs(&job, "--sign") {
            signs += 1;
            assert_eq!(permissions["id-token"], "write", "{name}");
            assert!(!checking, "{name}");
        }
        if job.to_string().contains("secrets.") {
            assert_eq!(job["environment"], "lineage", "{name} takes a secret from the environment alone");
        }
        let called = job["uses"].is_string();
        assert!(called || job["timeout-minutes"].is_u64(), "{name} ends by itself");
    }
    assert_eq!((checks, signs), (3, 3));
}

#[test]
fn no_text_of_an_event_stands_in_a_command() {
    for (name, job) in jobs() {
        for step in steps(&job) {
            let run = step["run"].as_str().unwrap_or_default();
            assert!(!run.contains("${{"), "{name}: {run}");
        }
    }
}

#[test]
fn nothing_starts_with_the_rights_of_the_repository_for_an_outsider() {
    for config in [config(&[]), direct()] {
        for (path, text) in files(&config).expect("files") {
            let whole = parsed(&text);
            assert_eq!(whole["permissions"], serde_json::json!({}), "{path}");
            assert!(whole["concurrency"]["group"].is_string(), "{path}");
            for event in whole["on"].as_object().expect("events").keys() {
                assert!(
                    ["push", "pull_request", "merge_group", "workflow_call"].contains(&event.as_str()),
                    "{path}: {event}"
                );
            }
        }
    }
}

/// Who approved is read where the policy asks for it, before the seal, and not of a queue's commit.
#[test]
fn reviews_are_read_where_they_are_required() {
    for (more, asked) in [(&[][..], false), (&[REVIEWED], true), (&[DIRECT, NO_BUMP, REVIEWED], true)] {
        let whole = parsed(&files(&config(more)).expect("files")[&path("1-validate")]);
        let job = &whole["jobs"]["sign"];
        assert_eq!(job["permissions"]["pull-requests"] == "read", asked);
        let named = |name: &str| steps(job).into_iter().position(|step| step["name"] == name);
        let (review, seal) = (named("Who approved it"), named("Seal").expect("it is sealed"));
        assert_eq!(review.is_some_and(|review| review < seal), asked);
        let push = "${{ github.event_name == 'push' }}";
        assert_eq!(job["steps"][seal]["if"] == push, asked);
        assert!(review.is_none_or(|review| job["steps"][review]["if"] == push));
    }
}

/// W2-T1, W2-T2, R-T1, R-T2: a push elsewhere starts nothing.
#[test]
fn branch_filters_are_those_of_the_flow() {
    let on = |config: &Config, stem: &str| parsed(&files(config).expect("files")[&path(stem)])["on"].clone();
    let usual = config(&[]);
    let validate = on(&usual, "1-validate");
    for event in ["push", "pull_request", "merge_group"] {
        assert_eq!(validate[event]["branches"], serde_json::json!(["integration"]), "{event}");
    }
    assert_eq!(on(&usual, "2-split").as_object().expect("events").keys().collect::<Vec<_>>(), ["workflow_call"]);
    assert_eq!(
        on(&usual, "3-guard")["pull_request"]["branches"],
        serde_json::json!(["chart/*", "main", "release"])
    );
    assert_eq!(on(&usual, "3-guard")["merge_group"]["branches"], serde_json::json!(["main"]));
    for stem in ["4-propose", "5-bump"] {
        assert_eq!(on(&usual, stem)["push"]["branches"], serde_json::json!(["chart/*"]), "{stem}");
    }
    assert_eq!(on(&usual, "6-tag")["push"], serde_json::json!({ "branches": ["main"], "paths": ["charts/**"] }));
    assert_eq!(on(&usual, "7-build")["push"], serde_json::json!({ "tags": ["*-v*"] }));

    let other = config(&[(
        "[repository]",
        "[tag]\ntemplate = \"{chart}/{version}\"\n[branches]\nmain = \"trunk\"\nchart = \"one/{chart}/x\"\n[repository]",
    )]);
    assert_eq!(on(&other, "7-build")["push"], serde_json::json!({ "tags": ["*/*"] }));
    assert_eq!(on(&other, "6-tag")["push"]["branches"], serde_json::json!(["trunk"]));
    let bump = &files(&other).expect("files")[&path("5-bump")];
    assert!(bump.contains("CHART=${BRANCH#one/}\n          git lineage bump \"${CHART%/x}\"\n"), "{bump}");
    assert_eq!(on(&direct(), "1-validate")["push"]["branches"], serde_json::json!(["main"]));
}

/// A run that never started because a newer one took its place must have lost nothing.
#[test]
fn what_waits_for_its_turn_is_not_cancelled() {
    for (path, text) in files(&config(&[])).expect("files") {
        let concurrency = &parsed(&text)["concurrency"];
        let group = concurrency["group"].as_str().expect("a group");
        match concurrency["cancel-in-progress"].as_bool() {
            Some(cancels) => assert!(!cancels, "{path}"),
            None => assert!(
                concurrency["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
                    && group.contains("github.event.pull_request.number || github.sha"),
                "{path}"
            ),
        }
    }
}

#[test]
fn names_that_a_workflow_would_read_otherwise_are_refused() {
    for (from, to) in [
        ("[repository]", "[branches]\nmain = \"ma'in\"\n[repository]"),
        ("[repository]", "[branches]\nintegration = \"in+t\"\n[repository]"),
        ("[repository]", "[branches]\nchart = \"$(x)/{chart}\"\n[repository]"),
        ("[repository]", "[charts]\nroots = [\"a ${{ x }}\"]\n[repository]"),
        ("[repository]", "[tag]\ntemplate = \"{chart}+{version}\"\n[repository]"),
    ] {
        let failure = files(&config(&[(from, to)])).expect_err(to);
        assert_eq!(failure.exit, crate::model::Exit::Usage);
        assert!(failure.what.contains("cannot be put into a workflow"), "{failure:?}");
    }
    assert!(files(&config(&[("app-id = 123456", "")])).is_err());
    let failure = files(&config(&[DIRECT])).expect_err("nobody would run them");
    assert!(failure.what.contains("`required.bump`"), "{failure:?}");
}

#[test]
fn a_file_says_how_it_stands() {
    let old = files(&config(&[])).expect("files");
    let new = files(&config(&[("app-id = 123456", "app-id = 654321")])).expect("files");
    let (path, now) = new.iter().find(|(path, _)| path.contains("2-split")).expect("it is there");
    let then = &old[path];
    assert_eq!(State::of(now, None), State::Missing);
    assert_eq!(State::of(now, Some(now.as_bytes())), State::Current);
    assert_eq!(State::of(now, Some(then.as_bytes())), State::Stale("lineage.toml changed since".to_owned()));
    let older = then.replace(concat!("git-lineage ", env!("CARGO_PKG_VERSION")), "git-lineage 0.0.1");
    assert!(matches!(State::of(now, Some(older.as_bytes())), State::Stale(why) if why.contains("0.0.1")));
    let edited = then.replace("timeout-minutes: 30", "timeout-minutes: 3");
    assert_eq!(State::of(now, Some(edited.as_bytes())), State::Edited);
    assert_eq!(State::of(now, Some(b"name: mine\n")), State::Edited);
    assert_eq!(State::of(now, Some(b"\xff")), State::Edited);
}

#[test]
fn the_files_are_the_same_every_time() {
    let all: Vec<BTreeMap<String, String>> = (0..2).map(|_| files(&config(&[])).expect("files")).collect();
    assert_eq!(all[0], all[1]);
}
