//! Bad input gets a sentence that names the thing and the next step, the right exit code, and loses
//! nothing.

use expect_test::expect;

use crate::world::{PROBE, Site, Stop, World, chart_yaml, policy};

/// Puts a policy on main and integration, as CI sees it.
fn with_policy(text: &str) -> World {
    let world = World::at(Stop::Seeded);
    on_main(&world, "lineage.toml", text.as_bytes());
    world
}

/// Pushes a file to main and integration; CI's clone follows.
fn on_main(world: &World, path: &str, bytes: &[u8]) {
    let dev = world.dev();
    dev.write(path, bytes);
    dev.commit("chore: change it");
    dev.git(["push", "-q", "origin", "main", "main:integration"]);
    world.ci().git(["pull", "-q", "--ff-only", "origin", "main"]);
}

#[test]
fn a_malformed_lineage_toml() {
    with_policy("version = 1\n[repository\n").ci().lineage(["status"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: lineage.toml at origin/main:2:12: unclosed table, expected `]`

        hint: see `man lineage.toml`
    "#]]);
    let misspelt = policy().replace("roots = ", "root = ");
    with_policy(&misspelt).ci().lineage(["status"]).exits(2).says(&["roots"]).is(expect![[r#"
        exit 2
        --- stderr
        error: lineage.toml at origin/main:7:1: unknown key `root` in `charts`; did you mean `roots`?

        hint: see `man lineage.toml`
    "#]]);
    let newer = policy().replace("version = 1\n", "version = 2\n");
    with_policy(&newer).ci().lineage(["status"]).exits(3).is(expect![[r#"
        exit 3
        --- stderr
        error: lineage.toml at origin/main:1:11: the file is of version 2; this program reads version 1, use a later one

        hint: use a newer git lineage
    "#]]);
    let undefined = policy().replace("\"k8s-install\",\n]", "\"k8s-instal\",\n]");
    with_policy(&undefined).ci().lineage(["check"]).exits(2).says(&["k8s-instal"]).is(expect![[r#"
        exit 2
        --- stderr
        error: lineage.toml at origin/main:32:5: no check has the key `k8s-instal`; did you mean `k8s-install`?

        hint: see `man lineage.toml`
    "#]]);
    let template = policy() + "\n[tag]\ntemplate = \"v{version}\"\n";
    with_policy(&template).ci().lineage(["status"]).exits(2).says(&["{chart}"]).is(expect![[r#"
        exit 2
        --- stderr
        error: lineage.toml at origin/main:52:12: `v{version}` does not hold `{chart}`; it must stand there exactly once

        hint: see `man lineage.toml`
    "#]]);
    let key = policy().replace("MFkw", "AAAA");
    with_policy(&key).ci().lineage(["status"]).exits(2).says(&["ci"]).is(expect![[r#"
        exit 2
        --- stderr
        error: lineage.toml at origin/main:40:10: the key `ci` is not a P-256 public key (SubjectPublicKeyInfo)

        hint: see `man lineage.toml`
    "#]]);
}

#[test]
fn no_lineage_toml_at_all() {
    let world = World::at(Stop::Seeded);
    let dev = world.dev();
    dev.git(["rm", "-q", "lineage.toml"]);
    dev.commit("chore: no policy");
    dev.git(["push", "-q", "origin", "main", "main:integration"]);
    let ci = world.ci();
    ci.git(["pull", "-q", "--ff-only", "origin", "main"]);
    ci.lineage(["status"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        on main at [id]; policy: none: no lineage.toml

        CHART          VERSION  TAG  SINCE  NEXT   EVIDENCE  PLACE
        cloudflared    0.4.3    -    1      0.4.3  -         never released
        holmes         0.1.0    -    1      0.1.0  -         never released
        test-workflow  0.1.0    -    1      0.1.0  -         never released
    "#]]);
    ci.lineage(["check"]).exits(2).says(&["lineage.toml", "git lineage init"]).is(expect![[r#"
        exit 2
        --- stderr
        error: no lineage.toml on main, as fetched or local

        hint: run `git lineage init` to set this repository up, or fetch main
    "#]]);
    ci.lineage(["split"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: no lineage.toml on main, as fetched or local

        hint: run `git lineage init` to set this repository up, or fetch main
    "#]]);
}

#[test]
fn a_chart_yaml_without_a_version() {
    for (text, said) in [
        (chart_yaml("test-workflow", "0.1.0").replace("version: 0.1.0 # by the release line\n", ""), "version"),
        (chart_yaml("test-workflow", "1.2"), "1.2"),
        ("{ not yaml".to_owned(), "Chart.yaml"),
        (String::new(), "Chart.yaml"),
    ] {
        let world = World::at(Stop::Seeded);
        world.contribute(
            "feature/x",
            "fix(test-workflow): break it",
            &[("charts/test-workflow/Chart.yaml", &text)],
        );
        let dev = world.dev();
        let output = dev.lineage(["check"]);
        assert!([1, 2].contains(&output.code), "{}", output.text());
        drop(output.says(&["charts/test-workflow", said]));
        drop(dev.lineage(["status"]).exits(0).says(&["test-workflow"]));
        drop(dev.lineage(["changed"]).exits(0).says(&["test-workflow"]));
        drop(dev.lineage(["package", "test-workflow"]).exits(1));
    }
}

#[test]
fn a_changelog_that_is_none() {
    for bytes in [&b"\xff\xfe\x00"[..], b"just words\n", b"# Changelog\n\n## [0.2.0]\n\n## [0.2.0]\n"] {
        let world = World::at(Stop::Seeded);
        on_main(&world, "charts/test-workflow/CHANGELOG.md", bytes);
        world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
        world.validate("feature/x").succeeds();
        world.squash("feature/x", "feat(test-workflow): add probe");
        let ci = world.ci();
        ci.fetch();
        ci.lineage(["split"]).succeeds();
        let before = world.origin().rev("chart/test-workflow");
        drop(ci.lineage(["bump", "test-workflow"]).exits(1).says(&["charts/test-workflow/CHANGELOG.md"]));
        assert_eq!(world.origin().rev("chart/test-workflow"), before, "nothing is rewritten");
    }
}

/// The first ledger object with its lines, in a stranger's clone.
fn a_ledger(site: &Site<'_>) -> (String, Vec<String>) {
    let object = site.rev(&format!("refs/tags/{}^{{commit}}:charts/test-workflow", crate::world::TAG));
    let lines = site.ledger("test-workflow", &object);
    (object, lines)
}

#[test]
fn a_ledger_line_that_is_not_json() {
    let world = World::published();
    let site = world.stranger();
    let (object, mut lines) = a_ledger(&site);
    lines.insert(0, "{\"v\":1,".to_owned());
    site.set_ledger("test-workflow", &object, &lines);
    site.lineage(["verify", crate::world::TAG])
        .exits(0)
        .says(&["ignored: refs/notes/lineage-test-workflow"])
        .matches_file("ledger-line-no-json");
    lines.insert(0, "{\"v\":2,\"name\":\"x\"}".to_owned());
    site.set_ledger("test-workflow", &object, &lines);
    // Nobody can un-prove a release by adding a line, of whatever version.
    site.lineage(["verify", crate::world::TAG]).exits(0).says(&["version 2"]).matches_file("ledger-line-newer");
}

#[test]
fn a_truncated_bundle() {
    let world = World::published();
    let site = world.stranger();
    let (object, mut lines) = a_ledger(&site);
    let line = lines[0].clone();
    lines[0].truncate(line.len() / 2);
    site.set_ledger("test-workflow", &object, &lines);
    let verdict = site.lineage(["verify", crate::world::TAG]);
    drop(verdict.exits(1).says(&["w5-overall", "EOF", "not proven: test-workflow-v0.2.0"]));
    // Imported, it is refused.
    let bundle: serde_json::Value = serde_json::from_str(&line).expect("a record is JSON");
    let text = bundle["bundle"].to_string();
    site.write("whole.json", &text);
    // Where the statement begins to be told: a signature's length is not the same in each run.
    let begun = text.find("\"payload\"").expect("the bundle has a payload") + 40;
    site.write("half.json", &text[..begun]);
    site.lineage(["attest", "import", "half.json", "--chart", "test-workflow"]).exits(1).says(&["half.json"]).is(
        expect![[r#"
            exit 1
            --- stdout
            half.json  refused
              the bundle cannot be read
              the bundle is not readable: EOF while parsing a string at line 1 column 57
              hint: import a whole Sigstore bundle (versions 0.1 to 0.3), as its signer wrote it
        "#]],
    );
    site.lineage(["attest", "import", "nowhere.json"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: could not read the bundle nowhere.json
          caused by: No such file or directory (os error 2)
    "#]]);
}

#[test]
fn a_name_of_three_hundred_bytes() {
    let world = World::at(Stop::Seeded);
    let long = "x".repeat(300);
    world.contribute(
        "feature/x",
        "feat: a long name",
        &[("charts/long/Chart.yaml", &chart_yaml(&long, "0.1.0")), ("charts/long/values.yaml", "a: 1\n")],
    );
    let dev = world.dev();
    drop(dev.lineage(["check"]).exits(1).says(&["charts/long", "300 bytes"]));
    drop(dev.lineage(["status"]).exits(0));
    dev.lineage(["package", &long]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: no chart xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx at [id] under charts

        hint: see `git lineage status` for the charts there are
    "#]]);
    dev.lineage(["verify", &format!("{long}-v1.0.0")]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-v1.0.0 is no tag, commit, package file (.tgz) or oci://…@sha256:… here

        hint: see `git tag --list` for the releases; `git lineage sync` fetches them
    "#]]);
}

#[test]
fn a_path_with_a_newline() {
    let world = World::at(Stop::Seeded);
    world.contribute("feature/x", "feat(test-workflow): odd file", &[("charts/test-workflow/od\nd.txt", "x\n")]);
    let dev = world.dev();
    dev.lineage(["check"]).exits(1).says(&["charts/test-workflow", "od\\nd.txt"]).is(expect![[r#"
        exit 1
        --- stderr
        error: charts/test-workflow cannot be listed: the path "od\nd.txt" has a control character or a backslash
    "#]]);
    dev.lineage(["subject", "test-workflow"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: charts/test-workflow cannot be listed: the path "od\nd.txt" has a control character or a backslash
    "#]]);
    drop(dev.lineage(["changed"]).exits(0));
}

#[test]
fn a_detached_and_an_unborn_head() {
    let world = World::at(Stop::Seeded);
    let dev = world.dev();
    dev.git(["checkout", "-q", "--detach"]);
    drop(dev.lineage(["status"]).exits(0));
    dev.lineage(["bump"]).is(expect![[r#"
        exit 1
        --- stderr
        error: no per-chart branch is open

        hint: make one with `git lineage split`
    "#]]);
    dev.git(["checkout", "-q", "--orphan", "new"]);
    dev.lineage(["status"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: new has no commit yet: there is no chart to show

        hint: make the first commit
    "#]]);
    dev.lineage(["check"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: new has no commit yet

        hint: make a first commit, or switch to a branch that has one
    "#]]);
    // Where nothing is needed of HEAD, nothing is asked of it.
    dev.lineage(["subject", "test-workflow@origin/main"]).succeeds();
}

#[test]
fn no_repository() {
    let world = World::empty();
    let nowhere = world.site("home", None);
    for verb in ["status", "check", "sync", "trust"] {
        let output = nowhere.lineage(if verb == "trust" { vec!["trust", "show"] } else { vec![verb] });
        drop(output.exits(2).says(&["repository"]));
    }
    nowhere.lineage(["status"]).is(expect![[r#"
        exit 2
        --- stderr
        error: [TMP]/home is not in a git repository

        hint: run this inside a repository, or name one with -C DIR
    "#]]);
}

#[test]
fn an_empty_repository() {
    let world = World::empty();
    world.site(".", None).git(["init", "-q", "-b", "main", "fresh"]);
    let fresh = world.site("fresh", None);
    fresh.lineage(["status"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: main has no commit yet: there is no chart to show

        hint: make the first commit
    "#]]);
    fresh.lineage(["split"]).is(expect![[r#"
        exit 2
        --- stderr
        error: no lineage.toml on main, as fetched or local

        hint: run `git lineage init` to set this repository up, or fetch main
    "#]]);
    fresh.lineage(["verify", "--all"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: no lineage.toml on main, as fetched or local

        hint: run `git lineage init` to set this repository up, or fetch main
    "#]]);
}

#[test]
fn the_middle_of_a_merge() {
    let world = World::at(Stop::Split);
    let ci = world.ci();
    ci.git(["checkout", "-q", "chart/test-workflow"]);
    ci.git(["merge", "-q", "--no-ff", "--no-commit", "origin/release", "-s", "ours"]);
    std::fs::write(ci.git_dir().join("MERGE_HEAD"), ci.rev("origin/release") + "\n").expect("it is writable");
    ci.lineage(["status"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        on chart/test-workflow at [id]; policy: origin/main
        warning: a merge is in progress: finish or abort it before anything is released

        CHART          VERSION  TAG  SINCE  NEXT   EVIDENCE  PLACE
        cloudflared    0.4.3    -    1      0.4.3  -         unreleased on main
        holmes         0.1.0    -    1      0.1.0  -         unreleased on main
        test-workflow  0.1.0    -    2      0.2.0  8 of 8    unreleased on main; on chart/test-workflow, not bumped
    "#]]);
    ci.lineage(["bump", "test-workflow"]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  updated  0.1.0 to 0.2.0 (minor), chart/test-workflow at [id]
    "#]]);
    assert!(ci.git_dir().join("MERGE_HEAD").exists(), "the merge is still in progress");
}
