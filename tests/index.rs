//! The index of the HTTP chart repository: the release's entry, last, and no other byte.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use expect_test::expect;

use crate::world::{BINARY, PROBE, Site, TAG, World, policy, seed};

/// A repository with an index on its release branch.
pub(crate) fn listed(section: &str) -> World {
    listed_beside(&policy(), section)
}

/// The same with another `lineage.toml` above the section.
pub(crate) fn listed_beside(policy: &str, section: &str) -> World {
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    files.push(("lineage.toml", format!("{policy}\n[publish.index]\n{section}\n")));
    World::seeded_with(&files)
}

/// The usual one: packages lie on the branch.
pub(crate) fn with_packages() -> World {
    listed("packages = \"packages\"")
}

/// A repository up to the tag, built and merged into the release branch.
fn ready(world: &World, chart: &str, files: &[(&str, &str)], tag: &str) {
    let message = format!("feat({chart}): add probe");
    let branch = format!("feature/{chart}");
    world.contribute(&branch, &message, files);
    world.validate(&branch).succeeds();
    world.squash(&branch, &message);
    world.promote(&[chart]);
    let ci = world.ci();
    ci.lineage(["build", tag]).succeeds();
    ci.lineage(["guard", "--stage", "release", "--head-ref", &format!("promote/{tag}"), "--merge"]).succeeds();
}

/// The index as the remote has it.
pub(crate) fn index(world: &World) -> String {
    world.origin().git(["show", "release:index.yaml"])
}

/// Somebody writes a file to the release branch.
pub(crate) fn write(world: &World, path: &str, text: &str) {
    let other = world.clone(&format!("other-{}", path.replace(['/', '.'], "-")), &["-b", "release"]);
    other.write(path, text);
    other.commit("chore: by hand");
    other.git(["push", "-q", "origin", "release"]);
    fs::remove_dir_all(&other.dir).expect("it is ours");
}

/// Entries of somebody before us: a digest in capitals would be a fault, a URL that leads nowhere is none.
const LEGACY: &str = "\
# Kept by hand since 2021.
apiVersion: v1
entries:
  cloudflared:
  - apiVersion: v2
    created: \"2024-01-01T00:00:00Z\"
    digest: 99c76e403d752c84ead610644d4b1c2f2b453a74b921f422b9dcb8a7c8b559cd
    name: cloudflared
    urls:
    - https://example.org/releases/download/test-workflow-v0.1.3/cloudflared-0.4.2.tgz
    version: 0.4.2

  zabbix: # another's
  - name: zabbix
    urls:
    - oci://registry.example.com/charts/zabbix:1.0.0
    version: 1.0.0
generated: \"2024-01-01T00:00:00Z\"
";

#[test]
fn w8_8_a_release_is_listed_with_its_package() {
    let world = with_packages();
    ready(&world, "test-workflow", &PROBE, TAG);
    let ci = world.ci();
    ci.lineage(["publish", TAG, "--dry-run"])
        .exits(0)
        .says(&["needed  list test-workflow 0.2.0 in index.yaml on release"])
        .succeeds();
    assert!(
        !world.origin().git(["ls-tree", "--name-only", "release"]).contains("index.yaml"),
        "a plan is no deed"
    );
    ci.lineage(["publish", TAG]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow-v0.2.0  created  chart test-workflow 0.2.0
          oci-layout:../registry@sha256:[sha256]
          [TMP]/ci/../assets/test-workflow-v0.2.0
          index.yaml on release
    "#]]);
    let asset = world.path("assets").join(TAG).join("test-workflow-0.2.0.tgz");
    let origin = world.origin();
    let digest = origin.git(["hash-object", &asset.display().to_string()]);
    assert_eq!(origin.rev("release:packages/test-workflow-0.2.0.tgz"), digest, "the package lies on the branch");
    let commit = origin.rev(&format!("refs/tags/{TAG}^{{commit}}"));
    let seconds: i64 = origin.git(["log", "-1", "--format=%ct", &commit]).parse().unwrap();
    assert!(seconds > 1_763_700_000, "it is the world's clock");
    let text = index(&world);
    let created = text.lines().find(|line| line.contains("created")).unwrap().to_owned();
    let committed = origin.git(["log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%cd", &commit]);
    assert_eq!(created.trim(), format!("created: \"{committed}\""), "an entry is as old as its commit");
    expect![[r#"
        apiVersion: v1
        entries:
          test-workflow:
          - apiVersion: v2
            appVersion: "1.10"
            [created]
            description: A chart for tests.
            digest: [digest]
            name: test-workflow
            type: application
            urls:
            - packages/test-workflow-0.2.0.tgz
            version: 0.2.0"#]]
    .assert_eq(&shown(&text, &created));
    let before = origin.rev("release");
    ci.lineage(["publish", TAG]).exits(0).says(&["unchanged"]).succeeds();
    assert_eq!(origin.rev("release"), before, "again is nothing new");
    assert_eq!(origin.git(["log", "-1", "--format=%s", "release"]), "index: test-workflow 0.2.0");
    world.stranger().lineage(["verify", TAG]).succeeds();
}

/// Without what differs from run to run.
fn shown(text: &str, created: &str) -> String {
    let digest = text.lines().find_map(|line| line.trim().strip_prefix("digest: ")).unwrap_or_default();
    text.replace(created.trim(), "[created]").replace(digest, "[digest]")
}

#[test]
fn p19_other_entries_keep_every_byte() {
    let world = listed("url = \"oci://registry.example.com/charts/{chart}:{version}\"");
    write(&world, "index.yaml", LEGACY);
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let first = index(&world);
    one_run_more(LEGACY.trim_end(), &first);
    let other = [("charts/cloudflared/values.yaml", "token: x\n")];
    world.release("cloudflared", "feat(cloudflared): x", &other, "cloudflared-v0.5.0");
    let text = index(&world);
    one_run_more(&first, &text);
    for (name, url) in [
        ("test-workflow", "oci://registry.example.com/charts/test-workflow:0.2.0"),
        ("cloudflared", "oci://registry.example.com/charts/cloudflared:0.5.0"),
    ] {
        assert!(text.contains(&format!("name: {name}\n")) && text.contains(url), "{text}");
    }
    assert!(text.find("0.5.0").unwrap() < text.find("0.4.2").unwrap(), "the newest comes first");
}

/// Whether `after` is `before` with one run of bytes put in.
#[track_caller]
fn one_run_more(before: &str, after: &str) {
    let same = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let tail = before.bytes().rev().zip(after.bytes().rev()).take_while(|(a, b)| a == b).count();
    assert!(after.len() > before.len() && same + tail >= before.len(), "{before}\nbecame\n{after}");
}

#[test]
fn x14_another_digest_is_a_conflict_before_anything_is_out() {
    let world = with_packages();
    let taken = LEGACY.replace("cloudflared", "test-workflow").replace("0.4.2", "0.2.0");
    write(&world, "index.yaml", &taken);
    ready(&world, "test-workflow", &PROBE, TAG);
    world.ci().lineage(["publish", TAG]).exits(4).is(expect![[r#"
        exit 4
        --- stderr
        error: index.yaml on release lists test-workflow 0.2.0 with another digest
          caused by: there is sha256:[sha256], the tag gives sha256:[sha256]

        hint: a listed version never changes by publishing; `git lineage publish --repair-index` explains it
    "#]]);
    nothing_is_out(&world);
    assert_eq!(index(&world), taken.trim_end());
}

#[track_caller]
fn nothing_is_out(world: &World) {
    assert!(!world.path("assets").exists(), "no asset was written");
    assert!(!world.path("registry").exists(), "nothing was pushed");
}

#[test]
fn an_index_that_helm_would_refuse_is_said_to_be_wrong_first() {
    let world = with_packages();
    let broken = LEGACY
        .replace("    created:", "    made:")
        .replace("version: 1.0.0", "version: 1.0.0\n  - name: zabbix\n    urls: [a.tgz]\n    version: 1.0.0");
    write(&world, "index.yaml", &broken);
    ready(&world, "test-workflow", &PROBE, TAG);
    let ci = world.ci();
    ci.lineage(["publish", TAG]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: index.yaml on release is not a sound index
          caused by: line 5: cloudflared 0.4.2: the key `made` is none of an entry; Helm refuses the whole file
          caused by: line 18: zabbix 1.0.0: the version occurs in line 14 too

        hint: see `git lineage publish --repair-index --dry-run`; nothing is added to a file that Helm may refuse
    "#]]);
    nothing_is_out(&world);
    write(&world, "index.yaml", "{\"apiVersion\": \"v1\", \"entries\": {}}\n");
    drop(ci.lineage(["publish", TAG]).exits(1).says(&["line 1: it is not in block style"]));
    nothing_is_out(&world);
}

#[test]
fn without_the_branch_there_is_no_index() {
    let world = listed("packages = \".\"\npath = \"docs/index.yaml\"");
    ready(&world, "test-workflow", &PROBE, TAG);
    let origin = world.origin();
    let tip = origin.rev("refs/heads/release");
    origin.git(["update-ref", "-d", "refs/heads/release"]);
    let ci = world.ci();
    ci.lineage(["publish", TAG]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: there is no branch release for docs/index.yaml

        hint: make and push it (`git lineage init` does), or name another as branches.release
    "#]]);
    nothing_is_out(&world);
    origin.git(["update-ref", "refs/heads/release", &tip]);
    ci.lineage(["publish", TAG]).succeeds();
    let files = origin.git(["ls-tree", "-r", "--name-only", "release", "docs"]);
    assert_eq!(files, "docs/index.yaml\ndocs/test-workflow-0.2.0.tgz");
    assert!(origin.git(["show", "release:docs/index.yaml"]).contains("    - test-workflow-0.2.0.tgz\n"));
}

/// Somebody else's commit arrives between our look and our push: once, made so by a hook of the remote.
#[test]
fn p49_a_lost_race_is_run_again_from_the_new_tip() {
    let world = with_packages();
    ready(&world, "test-workflow", &PROBE, TAG);
    write(&world, "index.yaml", LEGACY);
    let origin = world.origin();
    let before = origin.rev("release");
    write(&world, "NEWS.md", "somebody was here\n");
    let theirs = origin.rev("release");
    origin.git(["update-ref", "refs/heads/release", &before]);
    let hook = origin.dir.join("hooks/update");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = refs/heads/release ] || exit 0\n[ -e raced ] && exit 0\ntouch raced\n\
         git update-ref refs/heads/release {theirs}\n"
    );
    fs::write(&hook, script).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    world.ci().lineage(["publish", TAG]).succeeds();
    assert!(origin.dir.join("raced").exists(), "there was a race");
    assert_eq!(origin.rev("release^"), theirs, "written on top of theirs");
    assert_eq!(origin.git(["show", "release:NEWS.md"]), "somebody was here");
    assert!(index(&world).contains("version: 0.2.0"));
}

#[test]
fn publishers_at_once_are_all_listed() {
    let world = with_packages();
    ready(&world, "test-workflow", &PROBE, TAG);
    let releases = [
        ("cloudflared", [("charts/cloudflared/values.yaml", "token: x\n")], "cloudflared-v0.5.0"),
        ("holmes", [("charts/olm/values.yaml", "a: 1\n")], "holmes-v0.2.0"),
    ];
    for (chart, files, tag) in releases {
        ready(&world, chart, &files, tag);
    }
    let tags = [TAG, "cloudflared-v0.5.0", "holmes-v0.2.0"];
    let sites: Vec<Site<'_>> = (0..tags.len())
        .map(|at| {
            let name = format!("publisher-{at}");
            let site = world.clone(&name, &[]);
            site.lineage(["sync"]).succeeds();
            world.site(&name, Some("ci.pem"))
        })
        .collect();
    let running: Vec<_> = sites
        .iter()
        .zip(tags)
        .map(|(site, tag)| {
            let mut command = site.command(BINARY);
            command.args(["publish", tag]).stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().expect("the binary starts")
        })
        .collect();
    for child in running {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = index(&world);
    for name in ["cloudflared-0.5.0", "holmes-0.2.0", "test-workflow-0.2.0"] {
        assert!(text.contains(&format!("    - packages/{name}.tgz\n")), "{text}");
    }
    let merges = world.origin().git(["rev-list", "--merges", "--count", "release"]);
    assert_eq!(merges, "0", "one commit after the other");
}
