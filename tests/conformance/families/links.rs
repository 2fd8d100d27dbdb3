//! Split and bump: what came between the contribution and the release, undone.

use serde_json::{Value, json};

use crate::conformance::case::{Begin, Case, case};
use crate::conformance::desk::Desk;
use crate::conformance::retell::Files;

const BUMP: &str = "w5-semver-bump";
const SPLIT: &str = "w2-filter-charts";

/// A file of the released content, as text.
fn released(desk: &mut Desk<'_>, path: &str) -> String {
    let tree = desk.tree_of("w5-overall");
    String::from_utf8(desk.site.bytes_in(&tree, path).expect("it is there")).expect("it is text")
}

/// The release is 0.1.1 instead of 0.2.0, a patch, in every place.
fn as_patch(desk: &mut Desk<'_>) {
    let text = released(desk, "Chart.yaml").replace("0.2.0", "0.1.1");
    let log = released(desk, "CHANGELOG.md").replace("0.2.0", "0.1.1");
    desk.claim(BUMP, "bump", json!("patch"));
    desk.claim(BUMP, "toVersion", json!("0.1.1"));
    desk.payload["chartVersion"] = json!("0.1.1");
    desk.release_with(&[("Chart.yaml", Some(text.as_bytes())), ("CHANGELOG.md", Some(log.as_bytes()))]);
    desk.rename("test-workflow-v0.2.0", "test-workflow-v0.1.1");
    desk.rename("test-workflow-0.2.0", "test-workflow-0.1.1");
    "test-workflow-v0.1.1".clone_into(&mut desk.tag);
}

/// Another content is released than was split; everything is signed about it.
fn bumped(id: &'static str, title: &'static str, done: &'static str, files: Files<'static>) -> Case {
    case(id, title, done).fails(&[BUMP], &["the bytes the link carries give content"]).by(move |scene| {
        let mut desk = scene.desk();
        desk.release_with(files);
        desk.publish();
    })
}

/// The released `Chart.yaml` is edited, and the link carries bytes that fit.
fn chart_yaml(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    edit: fn(&str) -> String,
) -> Case {
    case(id, title, done).fails(&[BUMP], &[word]).by(move |scene| {
        let mut desk = scene.desk();
        let text = edit(&released(&mut desk, "Chart.yaml"));
        desk.release_with(&[("Chart.yaml", Some(text.as_bytes()))]);
        desk.publish();
    })
}

/// The released changelog is edited.
fn changelog(id: &'static str, title: &'static str, done: &'static str, edit: fn(&str) -> String) -> Case {
    case(id, title, done).fails(&[BUMP], &["CHANGELOG.md"]).by(move |scene| {
        let mut desk = scene.desk();
        let text = edit(&released(&mut desk, "CHANGELOG.md"));
        desk.release_with(&[("CHANGELOG.md", Some(text.as_bytes()))]);
        desk.publish();
    })
}

/// A field of a link that is not so.
fn claims(
    id: &'static str,
    title: &'static str,
    link: &'static str,
    field: &'static str,
    value: Value,
    word: &'static str,
) -> Case {
    case(id, title, "one field of the link is not so; everything behind it is signed again")
        .fails(&[link], &[word])
        .by(move |scene| {
            let mut desk = scene.desk();
            desk.claim(link, field, value.clone());
            desk.publish();
        })
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        bumped(
            "bump-edits-a-template",
            "A bump that also edits a template",
            "the released content has one more line in a template than was validated",
            &[("templates/deployment.yaml", Some(b"kind: Evil\n"))],
        ),
        bumped(
            "bump-adds-a-file",
            "A bump that also adds a file",
            "the released content has a template nobody contributed",
            &[("templates/backdoor.yaml", Some(b"kind: Pod\n"))],
        ),
        bumped(
            "bump-deletes-a-file",
            "A bump that also deletes a file",
            "the released content lacks a template that was validated",
            &[("templates/service.yaml", None)],
        ),
        chart_yaml(
            "bump-edits-the-description",
            "A bump that edits more of Chart.yaml",
            "the description changes along with the version",
            "differs in more than its version",
            |text| text.replace("A chart for tests.", "A chart for everybody."),
        ),
        chart_yaml(
            "bump-swaps-the-app",
            "A bump that swaps the application",
            "appVersion changes along with the version",
            "differs in more than its version",
            |text| text.replace("1.10", "6.66"),
        ),
        chart_yaml(
            "bump-two-version-lines",
            "A bump with two versions",
            "Chart.yaml has a second `version:` line",
            "version",
            |text| format!("{text}version: 0.2.0\n"),
        ),
        changelog(
            "bump-rewrites-old-entries",
            "A bump that rewrites old changelog entries",
            "the section of 0.1.0 says something else than it did",
            |text| text.replace("the first chart", "the second chart"),
        ),
        changelog(
            "bump-drops-old-entries",
            "A bump that drops old changelog entries",
            "the section of 0.1.0 is gone",
            |text| text[..text.find("## [0.1.0]").expect("it is there")].to_owned(),
        ),
        changelog(
            "bump-inserts-two-sections",
            "A bump that inserts two sections",
            "a section for a version never released stands above the new one",
            |text| text.replacen("## [0.2.0]", "## [0.3.0] - 2025-01-03\n\n### Added\n\n- more\n\n## [0.2.0]", 1),
        ),
        case(
            "bump-too-light",
            "A bump lighter than its commits ask for",
            "the split tells of a breaking change, the bump stays minor",
        )
        .fails(&[SPLIT], &["its commits ask for"])
        .by(|scene| {
            let mut desk = scene.desk();
            for name in [SPLIT, "w1-commit-validation", "w1-changelog-generation"] {
                let commits = &mut desk.record(name).statement["predicate"]["commits"];
                commits[0]["message"] = json!("feat(test-workflow)!: add probe\n\nBREAKING CHANGE: all\n");
            }
            let version = desk.payload["chartVersion"].clone();
            assert_eq!(version, "0.2.0", "before 1.0.0 a breaking change is a minor one");
            // With `feat` it would be minor either way: the version goes to 0.1.1 instead.
            as_patch(&mut desk);
            desk.publish();
        })
        .judging("test-workflow-v0.1.1"),
        claims(
            "bump-other-version",
            "A bump link to another version",
            BUMP,
            "toVersion",
            json!("0.2.1"),
            "the link says version 0.2.1",
        ),
        claims(
            "bump-from-another-version",
            "A bump link from another version",
            BUMP,
            "fromVersion",
            json!("0.1.9"),
            "it was bumped from 0.1.9",
        ),
        claims(
            "bump-on-a-new-chart",
            "A bump link that says the chart is new",
            BUMP,
            "base",
            Value::Null,
            "the chart moved on main",
        ),
        case(
            "bump-on-no-split",
            "A bump that was made on no split",
            "the bump link names no split link before it",
        )
        .fails(&[SPLIT], &["made on this split link"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.claim(BUMP, "parent", Value::Null);
            desk.publish();
        }),
        claims(
            "split-on-a-new-chart",
            "A split link that says the chart is new",
            SPLIT,
            "base",
            Value::Null,
            "the chart moved on main",
        ),
        claims(
            "split-on-no-seal",
            "A split that was made on no seal",
            SPLIT,
            "parent",
            Value::Null,
            "another seal",
        ),
        case(
            "bump-unsigned",
            "A bump nobody signed",
            "there is no bump link: not in the payload, not in the ledger",
        )
        .fails(&[BUMP], &["names no such attestation"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.forget(BUMP);
            desk.publish();
        }),
        case(
            "bump-without-its-bytes",
            "A bump link that carries no Chart.yaml",
            "the bytes before the bump are left out",
        )
        .fails(&[BUMP], &["carries no Chart.yaml"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.record(BUMP).statement["predicate"]["before"]["Chart.yaml"] = Value::Null;
            desk.publish();
        }),
        case(
            "bump-moved-main",
            "A chart that moved on main under its branch",
            "main's chart changed between the bump and the landing, and the landing reverts it",
        )
        .fails(&[BUMP], &["the chart moved on main"])
        .by(|scene| {
            let mut desk = scene.desk();
            let path = "charts/test-workflow/values.yaml";
            let commit = desk.commit();
            let parent = desk.site.rev(&format!("{commit}^"));
            let moved = desk.site.tree_with(&format!("{parent}^{{tree}}"), &[(path, Some(b"replicas: 7\n"))]);
            let moved = desk.site.commit_of(&moved, &[&parent], "fix: a hand's work");
            let landed = desk.site.commit_of(&format!("{commit}^{{tree}}"), &[&moved], "feat: land it");
            desk.land_at(&landed);
            desk.publish();
        }),
        case(
            "split-keeps-a-deleted-file",
            "A split that keeps a deleted file",
            "the contribution deleted a template; split and release still have it",
        )
        .from(Begin::Second)
        .fails(&[SPLIT], &["the bytes the link carries give content"])
        .by(|scene| {
            let mut desk = scene.desk();
            let file: Files<'_> = &[("templates/service.yaml", Some(b"kind: Service\n"))];
            let (split, released) = (desk.tree_of(SPLIT), desk.tree_of("w5-overall"));
            let (split, released) = (desk.site.tree_with(&split, file), desk.site.tree_with(&released, file));
            desk.split(&split);
            desk.release(&released);
            desk.publish();
        }),
        case(
            "split-edits-values",
            "A split that edits values",
            "split and release have other values than were validated",
        )
        .fails(&[SPLIT], &["the bytes the link carries give content"])
        .by(|scene| {
            let mut desk = scene.desk();
            let file: Files<'_> = &[("values.yaml", Some(b"replicas: 99\n"))];
            let (split, released) = (desk.tree_of(SPLIT), desk.tree_of("w5-overall"));
            let (split, released) = (desk.site.tree_with(&split, file), desk.site.tree_with(&released, file));
            desk.split(&split);
            desk.release(&released);
            desk.publish();
        }),
        case(
            "split-takes-integration-s-changelog",
            "A split that takes the contribution's changelog",
            "the split has the changelog the contribution came with, not main's",
        )
        .from(Begin::Second)
        .fails(&[SPLIT], &["CHANGELOG.md is not main's"])
        .by(|scene| {
            let mut desk = scene.desk();
            let contributed = desk.tree_of("w1-overall");
            let log = desk.site.bytes_in(&contributed, "CHANGELOG.md").expect("it is there");
            let split = desk.tree_of(SPLIT);
            let split = desk.site.tree_with(&split, &[("CHANGELOG.md", Some(&log))]);
            let text = String::from_utf8(log).expect("it is text");
            let new = released(&mut desk, "CHANGELOG.md");
            let (start, end) =
                (new.find("## [0.2.1]").expect("it is new"), new.find("## [0.2.0]").expect("it is old"));
            let text = text.replacen("## [0.1.0]", &format!("{}## [0.1.0]", &new[start..end]), 1);
            desk.split(&split);
            desk.release_with(&[("CHANGELOG.md", Some(text.as_bytes()))]);
            desk.publish();
        }),
        case(
            "split-retells-a-commit",
            "A split that retells a commit",
            "the checks saw a feature; the split link tells of the same commit as a fix, and the bump is a patch",
        )
        .judging("test-workflow-v0.1.1")
        .fails(&["w1-commit-validation", "w1-changelog-generation"], &["tells otherwise"])
        .by(|scene| {
            let mut desk = scene.desk();
            let message = json!("fix(test-workflow): add probe\n");
            desk.record(SPLIT).statement["predicate"]["commits"][0]["message"] = message;
            as_patch(&mut desk);
            desk.publish();
        }),
        case(
            "split-retells-an-author",
            "A split that names another author",
            "the split link tells of the checked commit under another author",
        )
        .fails(&["w1-commit-validation", "w1-changelog-generation"], &["tells otherwise"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.record(SPLIT).statement["predicate"]["commits"][0]["author"] = json!("Eve <eve@example.org>");
            desk.publish();
        }),
        case(
            "split-other-commits",
            "A split that tells of other commits",
            "the split link tells of a commit the checks never saw, and not of theirs",
        )
        .fails(&["w1-commit-validation", "w1-changelog-generation"], &["of which the split does not tell"])
        .by(|scene| {
            let mut desk = scene.desk();
            let other = "1234567890123456789012345678901234567890";
            desk.record(SPLIT).statement["predicate"]["commits"][0]["commit"] = json!(other);
            desk.payload["sourceCommits"] = json!([other]);
            desk.publish();
        }),
        case(
            "landed-edited",
            "Content edited on the way to main",
            "main has one more line in a template than the branch that was merged; the tag is about main's",
        )
        .fails(&[BUMP], &["its subject charts/test-workflow"])
        .by(|scene| {
            let mut desk = scene.desk();
            let (bump, overall) =
                (desk.record(BUMP).statement.clone(), desk.record("w5-overall").statement.clone());
            desk.release_with(&[("templates/service.yaml", Some(b"kind: Evil\n"))]);
            // The statements stay the honest ones; payload, tag and build speak of what landed.
            let keep = |text: String| move |_| text.clone();
            desk.spell(BUMP, keep(crate::conformance::desk::canonical(&bump)));
            desk.spell("w5-overall", keep(crate::conformance::desk::canonical(&overall)));
            desk.publish();
        }),
    ]
}
