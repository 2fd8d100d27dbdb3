//! What a chart lacks below `charts/`, and locks that fit or are too old.

use super::*;
use crate::model::Timestamp;

fn file(path: &str, bytes: &str) -> ChartFile {
    ChartFile { path: path.to_owned(), bytes: bytes.as_bytes().to_vec() }
}

const REDIS: &str = "https://charts.example/stable";

fn chart(dependencies: &str, lock: Option<&str>, more: &[(&str, &str)]) -> Vec<ChartFile> {
    let mut files = vec![file(
        "Chart.yaml",
        &format!("apiVersion: v2\nname: web\nversion: 1.2.3\ndependencies:\n{dependencies}"),
    )];
    files.extend(lock.map(|lock| file("Chart.lock", lock)));
    files.extend(more.iter().map(|(path, bytes)| file(path, bytes)));
    files
}

/// A lock over these entries, with the digest Helm would compute for these requirements.
fn lock(requirements: &str, entries: &str) -> String {
    let digest = format!("sha256:{}", Sha256::of(format!("[{requirements},{entries}]")));
    format!("dependencies: {entries}\ndigest: {digest}\ngenerated: \"2026-01-02T03:04:05Z\"\n")
}

#[test]
fn the_digest_is_the_one_helm_writes() {
    // As `helm dependency update` 4.3.0 wrote it for a chart with one local dependency.
    let requirements = vec![Requirement {
        name: "lib".to_owned(),
        version: "^1".to_owned(),
        repository: "file://../lib".to_owned(),
        condition: "lib.enabled".to_owned(),
        tags: vec!["a&b".to_owned()],
        alias: "l".to_owned(),
        ..Requirement::default()
    }];
    let locked = Some(vec![Requirement {
        name: "lib".to_owned(),
        version: "1.4.0".to_owned(),
        repository: "file://../lib".to_owned(),
        ..Requirement::default()
    }]);
    let written = "sha256:339bababa4962c8eec3b7dd69553f78b35f80cbb68bfd63f4b1b7c36134a8372";
    assert_eq!(digest(&(requirements, locked)).as_deref(), Some(written));
}

#[test]
fn what_is_not_there_is_needed_in_the_locked_version() {
    let dependencies = format!(
        "- name: redis\n  version: ^1\n  repository: {REDIS}\n- name: lib\n  version: 2.x.x\n  repository: file://../lib\n\
         - name: there\n  version: \"*\"\n  repository: \"\"\n"
    );
    let requirements = format!(
        r#"[{{"name":"redis","version":"^1","repository":"{REDIS}"}},{{"name":"lib","version":"2.x.x","repository":"file://../lib"}},{{"name":"there","version":"*","repository":""}}]"#
    );
    let entries = format!(
        r#"[{{"name":"redis","version":"1.4.0","repository":"{REDIS}"}},{{"name":"lib","version":"2.0.1","repository":"file://../lib"}},{{"name":"there","version":"*","repository":""}}]"#
    );
    let there = [("charts/there/Chart.yaml", "name: there\nversion: 0.1.0\n")];
    let files = chart(&dependencies, Some(&lock(&requirements, &entries)), &there);
    let found = needed("charts/web", &files).expect("the lock fits");
    let names: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.locked.as_deref())).collect();
    assert_eq!(names, [("redis", Some("1.4.0")), ("lib", Some("2.0.1"))]);
    assert!(found[0].admits("1.4.0") && found[0].admits("v1.4.0") && !found[0].admits("1.4.1"));

    // Without a lock the range decides; with one that is older than Chart.yaml, nothing does.
    let found = needed("charts/web", &chart(&dependencies, None, &there)).expect("no lock is no error here");
    assert!(found[1].locked.is_none() && found[1].admits("2.7.0") && !found[1].admits("3.0.0"));
    let older = chart(&dependencies.replace("^1", "^2"), Some(&lock(&requirements, &entries)), &there);
    let error = needed("charts/web", &older).expect_err("another range");
    assert_eq!(error.to_string(), "charts/web/Chart.lock: it is older than the dependencies in Chart.yaml");
    let twisted = lock(&requirements, &entries).replace("1.4.0", "1.5.0");
    assert!(needed("charts/web", &chart(&dependencies, Some(&twisted), &there)).is_err());
}

#[test]
fn a_locked_range_and_a_lock_without_the_name_are_refused() {
    let dependencies = format!("- name: redis\n  version: ^1\n  repository: {REDIS}\n");
    let requirements = format!(r#"[{{"name":"redis","version":"^1","repository":"{REDIS}"}}]"#);
    let refusal = |entries: &str| {
        let files = chart(&dependencies, Some(&lock(&requirements, entries)), &[]);
        needed("charts/web", &files).expect_err("refused").to_string()
    };
    let range = requirements.clone();
    assert_eq!(refusal(&range), "charts/web/Chart.lock: `^1` of redis is no exact version");
    assert_eq!(refusal("[]"), "charts/web/Chart.lock: it does not name redis");
}

#[test]
fn an_alias_is_resolved_by_the_lock() {
    let requirements = format!(r#"[{{"name":"redis","version":"^1","repository":"{REDIS}"}}]"#);
    let entries = format!(r#"[{{"name":"redis","version":"1.4.0","repository":"{REDIS}"}}]"#);
    let dependencies = "- name: redis\n  version: ^1\n  repository: \"@stable\"\n";
    let files = chart(dependencies, Some(&lock(&requirements, &entries)), &[]);
    assert_eq!(needed("charts/web", &files).expect("resolved")[0].repository, REDIS);
}

#[test]
fn helm_2s_lock_counts_for_helm_2s_charts() {
    let requirements = format!(r#"[{{"name":"redis","version":"^1","repository":"{REDIS}"}}]"#);
    let digest = Sha256::of(format!(r#"{{"dependencies":{requirements}}}"#));
    let lock = format!(
        "dependencies:\n- name: redis\n  version: 1.4.0\n  repository: {REDIS}\ndigest: sha256:{digest}\n"
    );
    let files = |api: &str, name: &str| {
        vec![
            file("Chart.yaml", &format!("{api}name: web\nversion: 1.2.3\n")),
            file("requirements.yaml", &format!("dependencies: {requirements}\n")),
            file(name, &lock),
        ]
    };
    let found = needed("charts/web", &files("", "requirements.lock")).expect("Helm 2's digest");
    assert_eq!(found[0].locked.as_deref(), Some("1.4.0"));
    assert!(needed("charts/web", &files("apiVersion: v2\n", "Chart.lock")).is_err());
}

#[test]
fn a_chart_without_dependencies_is_not_even_loaded() {
    let broken = [file("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n"), file("values.yaml", "- a\n")];
    assert_eq!(needed("charts/web", &broken), Ok(Vec::new()));
    assert!(crate::helm::package("charts/web", broken.to_vec(), Timestamp::from_seconds(0)).is_err());
}

/// What else is wrong with a chart below is for the packager to say, who reads it whole.
#[test]
fn of_the_charts_below_only_the_names_count() {
    let requirements =
        "- {name: redis, version: 1.0.0, repository: \"\"}\n- {name: db, version: 1.0.0, repository: \"\"}\n";
    let files = chart(
        requirements,
        None,
        &[
            ("charts/of-another-name/Chart.yaml", "apiVersion: v2\nname: redis\nversion: 1.0.0\n"),
            ("charts/of-another-name/values.yaml", "- no mapping\n"),
            ("charts/of-another-name/charts/x/Chart.yaml", "not one\n"),
        ],
    );
    let needed = needed("charts/web", &files).expect("names and versions are there");
    assert_eq!(needed.iter().map(|needed| needed.name.as_str()).collect::<Vec<_>>(), ["db"]);
    assert!(package::package("charts/web", files, Timestamp::from_seconds(0)).is_err());
}
