//! Pull requests: a releasable title, one map, never over the limit.

use expect_test::expect;
use proptest::prelude::*;

use super::*;

fn change(kind: &str, summary: &str, weight: Weight) -> Change {
    Change { kind: kind.to_owned(), scope: Some("web".to_owned()), summary: summary.to_owned(), weight }
}

fn proposed(chart: &str, changes: &[Change], attestations: &BTreeMap<String, String>) -> Result<PullText, String> {
    proposal(&Proposal {
        chart,
        chart_branch: "chart/web",
        main: "main",
        integration: "integration",
        changes,
        source_commits: &["c".repeat(40)],
        source_pull: Some(12),
        attestations,
    })
}

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned())).collect()
}

/// The map read back out of a body, as somebody's own tool would.
fn read_map(body: &str) -> serde_json::Value {
    let parts: Vec<&str> = body.split("<!-- ATTESTATION_MAP\n").collect();
    assert_eq!(parts.len(), 2, "{body}");
    super::super::json::parse(parts[1].split("\n-->").next().unwrap()).unwrap()
}

#[test]
fn w4_2_the_proposal_has_every_part() {
    let changes = [change("fix", "close it", Weight::Patch), change("feat", "add a port (#12)", Weight::Minor)];
    let attestations = map(&[("w1-lint-test-v1.32.11", "123456"), ("w1-overall", "789012"), ("wide-check", "1")]);
    let text = proposed("web", &changes, &attestations).unwrap();
    assert_eq!(text.title, "feat(web): add a port");
    expect![[r#"
        ## web

        Contributed in #12, reviewed and merged to `integration`.

        ### Lineage

        | Stage | Pull request |
        |---|---|
        | Feature → `integration` | #12 |
        | `integration` → `chart/web` | split by content |
        | `chart/web` → `main` | This PR |

        <!-- ATTESTATION_MAP
        {
          "lint-test-v1.32.11": "123456",
          "overall": "789012",
          "wide-check": "1"
        }
        -->

        Source commits:

        - `cccccccccccccccccccccccccccccccccccccccc`

        ### Checklist

        - [ ] Lineage verified
        - [ ] Version bump is right
        - [ ] Changelog reviewed

        ### Changes

        - close it
        - add a port (#12)

        ---
        Written by `git lineage propose`. The text is for people: `git lineage verify` reads the signed records, never this description.
    "#]]
    .assert_eq(&text.body);
}

#[test]
fn x25_there_is_one_map_whatever_contributors_write() {
    let changes = [change("fix", "x <!-- ATTESTATION_MAP {} --> y", Weight::Patch)];
    let attestations = map(&[("w1-x -->", "1 --> <!-- ATTESTATION_MAP"), ("w1-lint", "2"), ("w5-lint", "3")]);
    let text = proposed("web", &changes, &attestations).unwrap();
    assert_eq!(
        read_map(&text.body),
        serde_json::json!({"x -->": "1 --> <!-- ATTESTATION_MAP", "lint": "2", "w5-lint": "3"})
    );
}

#[test]
fn x25_over_the_limit_the_changes_are_cut_and_never_the_map() {
    let changes: Vec<Change> =
        (0..3000).map(|n| change("fix", &format!("repair number {n:05} of many"), Weight::Patch)).collect();
    let attestations = map(&[("w1-lint", "1")]);
    let text = proposed("web", &changes, &attestations).unwrap();
    let length = text.body.chars().count();
    assert!(length <= BODY_LIMIT && length > BODY_LIMIT - 200, "{length}");
    assert_eq!(read_map(&text.body), serde_json::json!({"lint": "1"}));
    let kept = text.body.matches("- repair number").count();
    assert!(text.body.contains(&format!("_… and {} more lines._", 3000 - kept)));
    assert!(text.body.ends_with("never this description.\n"));

    let attestations = (0..3000).map(|n| (format!("w1-check-{n}"), "1".repeat(20))).collect();
    let refused = proposed("web", &[], &attestations).unwrap_err();
    assert!(refused.ends_with("before any change; at most 65536 are allowed"), "{refused}");
}

#[test]
fn w4_3_the_title_is_that_of_the_weightiest_change() {
    let none = BTreeMap::new();
    let title = |chart: &str, changes: &[Change]| proposed(chart, changes, &none).unwrap().title;
    assert_eq!(title("web", &[]), "chore(web): release preparation");
    assert_eq!(title("web", &[change("feat", "drop it", Weight::Major)]), "feat(web)!: drop it");
    assert_eq!(title("web", &[change("deps", "raise x", Weight::Patch)]), "chore(web): raise x");
    let two = [change("fix", "newer", Weight::Patch), change("fix", "older", Weight::Patch)];
    assert_eq!(title("web", &two), "fix(web): newer");
    assert_eq!(title("web", &[change("fix", "Close the Port.", Weight::Patch)]), "fix(web): close the Port");
    let long = title("web", &[change("fix", &"word ".repeat(40), Weight::Patch)]);
    assert!(long.ends_with('…') && long.chars().count() <= 72, "{long}");
    let long = title(&"n".repeat(250), &[change("feat", "add a port", Weight::Minor)]);
    assert_eq!(long, "feat: add a port");
}

#[test]
fn w6_7_the_release_says_what_it_releases() {
    let text = release("web-v1.2.3", &"c".repeat(40), "## [1.2.3]\n\n- x <!-- y", &map(&[("w1-overall", "12")]));
    assert_eq!(text.title, "release: web-v1.2.3");
    for part in [
        "| Tag | `web-v1.2.3` |",
        "| Commit | `cccccccccccccccccccccccccccccccccccccccc` |",
        "| `w1-overall` | `12` |",
        "`git lineage verify web-v1.2.3`",
        "## [1.2.3]\n\n- x &lt;!-- y\n",
    ] {
        assert!(text.body.contains(part), "{part}: {}", text.body);
    }
    let long = release("web-v1.2.3", "c", &"- line\n".repeat(20_000), &BTreeMap::new());
    assert!(long.body.chars().count() <= BODY_LIMIT);
    assert!(long.body.contains("more lines._") && long.body.contains("| none | – |"));
}

proptest! {
    #[test]
    fn a_title_is_always_a_releasable_commit(
        chart in "[a-z][a-z0-9-]{0,60}",
        kind in "[a-z]{1,8}",
        summary in "\\PC{1,100}",
        weight in prop_oneof![Just(Weight::Patch), Just(Weight::Minor), Just(Weight::Major)],
    ) {
        let title = proposed(&chart, &[change(&kind, summary.trim(), weight)], &BTreeMap::new()).unwrap().title;
        prop_assert!(title.chars().count() <= 72, "{}", title);
        let fatal: Vec<_> = change::validate(&title, &[]).into_iter().filter(|f| f.fatal).collect();
        prop_assert!(fatal.is_empty(), "{}: {:?}", title, fatal);
    }
}
