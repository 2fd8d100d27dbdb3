//! Releases from before lineage: a repository with a history like those that come to it (X26). Nothing proves them; a
//! tag that says what main never had is told apart from one that only nobody signed.

use expect_test::expect;

use crate::world::{Output, Site, World, chart_yaml, seed};

const CHART: &str = "test-workflow";
const DIRECTORY: &str = "charts/test-workflow";

/// A repository whose releases were made by hand and by scripts, and the policy that came after them.
struct Old {
    world: World,
}

impl Old {
    fn repository() -> Self {
        let without: Vec<(&str, String)> =
            seed().into_iter().filter(|(name, _)| *name != "lineage.toml").collect();
        let old = Self { world: World::seeded_with(&without) };
        let dev = old.world.dev();
        // A squash with its version in it, and its tag on it.
        old.released("0.1.1", "replicas: 1\n");
        old.tagged("test-workflow-v0.1.1", &["-a", "-m", "Attestation Lineage:\n- No attestation data available"]);
        old.released("0.1.2", "replicas: 3\n");
        old.tagged("test-workflow-v0.1.2", &[]);
        // Something else landed between the version and its tag.
        old.released("0.1.3", "replicas: 4\n");
        dev.write(&format!("{DIRECTORY}/values.yaml"), "replicas: 5\n");
        dev.commit("fix: straight to main");
        old.tagged("test-workflow-v0.1.3", &["-a", "-m", "Release"]);
        // A tag ahead of its version, and one beside main.
        old.tagged("test-workflow-v0.2.0", &["-a", "-m", "Release"]);
        old.released("0.3.0", "replicas: 6\n");
        dev.git(["checkout", "-q", "--detach", "HEAD~1"]);
        old.released("0.3.0", "replicas: 7\n");
        old.tagged("test-workflow-v0.3.0", &[]);
        dev.git(["checkout", "-q", "main"]);
        // Another tag's object under a name of its own.
        old.released("0.3.1", "replicas: 8\n");
        let object = dev.git(["rev-parse", "test-workflow-v0.1.1"]);
        dev.git(["update-ref", "refs/tags/test-workflow-v0.1.1-again", &object]);
        let (_, policy) = seed().into_iter().find(|(name, _)| *name == "lineage.toml").expect("there is a policy");
        dev.write("lineage.toml", policy);
        dev.commit("chore: lineage begins");
        dev.git(["push", "-q", "origin", "main", "main:integration", "main:release", "--tags"]);
        old
    }

    /// A version of the chart comes to main.
    fn released(&self, version: &str, values: &str) {
        let dev = self.world.dev();
        dev.write(&format!("{DIRECTORY}/Chart.yaml"), chart_yaml(CHART, version));
        dev.write(&format!("{DIRECTORY}/values.yaml"), values);
        dev.commit(&format!("chore(test-workflow): bump version to {version}"));
    }

    fn tagged(&self, name: &str, how: &[&str]) {
        self.world.dev().git(["tag"].iter().chain(how).chain(&[name]));
    }

    fn stranger(&self) -> Site<'_> {
        self.world.clone("stranger", &[])
    }
}

/// Every release with what it is, and the links that do not hold.
fn standings(said: &Output) -> Vec<(String, String, Vec<String>)> {
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let releases = said.json()["releases"].as_array().cloned().unwrap_or_default();
    let told = releases.iter().map(|release| {
        let steps = release["verdict"]["steps"].as_array().cloned().unwrap_or_default();
        let broken = steps.iter().filter(|step| step["state"] != "holds").map(|step| word(&step["link"]));
        (word(&release["subject"]), word(&release["standing"]), broken.collect())
    });
    told.collect()
}

#[test]
fn x26_each_release_from_before_lineage_agrees_with_main_or_is_told_why_not() {
    let old = Old::repository();
    let stranger = old.stranger();
    let said = stranger.lineage(["verify", "--all", "--json"]).exits(1);
    let found = standings(&said);
    let told: Vec<(&str, &str, Vec<&str>)> = found
        .iter()
        .map(|(tag, standing, links)| (&**tag, &**standing, links.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        told,
        [
            ("test-workflow-v0.1.1", "unattested", vec![]),
            ("test-workflow-v0.1.1-again", "not-proven", vec!["tag", "chart", "payload"]),
            ("test-workflow-v0.1.2", "unattested", vec![]),
            ("test-workflow-v0.1.3", "not-proven", vec!["content", "payload"]),
            ("test-workflow-v0.2.0", "not-proven", vec!["chart", "content", "payload"]),
            ("test-workflow-v0.3.0", "not-proven", vec!["main", "payload"]),
        ]
    );
    stranger.lineage(["verify", "--all"]).is(expect![[r#"
        exit 1
        --- stdout
        ignored: the annotation has no lineage block
        unattested: test-workflow-v0.1.1 (chart test-workflow 0.1.1): the tag carries no lineage; nothing on main contradicts it, and nothing proves it
        test-workflow-v0.1.1-again
           2  GAP  annotated, and named in its header as its ref is [tag]
                   the tag object calls itself test-workflow-v0.1.1: another tag's object under this name
           4  GAP  Chart.yaml's name and version are the tag's [chart]
                   Chart.yaml makes this test-workflow-v0.1.1, the tag is test-workflow-v0.1.1-again
           5  GAP  one payload, about this very content [payload]
                   the annotation has no lineage block: a release from before lineage

        not proven: test-workflow-v0.1.1-again (chart test-workflow 0.1.1): 3 gaps
        ignored: a lightweight tag holds no lineage
        unattested: test-workflow-v0.1.2 (chart test-workflow 0.1.2): the tag carries no lineage; nothing on main contradicts it, and nothing proves it
        test-workflow-v0.1.3
           5  GAP  the content that main got under this version [content]
                   main got 0.1.3 with [id] as [id], and the tag has [id] under it: it was changed without a new version
           5  GAP  one payload, about this very content [payload]
                   the annotation has no lineage block: a release from before lineage

        not proven: test-workflow-v0.1.3 (chart test-workflow 0.1.3): 2 gaps
        test-workflow-v0.2.0
           4  GAP  Chart.yaml's name and version are the tag's [chart]
                   Chart.yaml makes this test-workflow-v0.1.3, the tag is test-workflow-v0.2.0
           5  GAP  the content that main got under this version [content]
                   main got 0.1.3 with [id] as [id], and the tag has [id] under it: it was changed without a new version
           5  GAP  one payload, about this very content [payload]
                   the annotation has no lineage block: a release from before lineage

        not proven: test-workflow-v0.2.0 (chart test-workflow 0.1.3): 3 gaps
        test-workflow-v0.3.0
           3  GAP  target on main's first-parent history [main]
                   commit [id] is not on the first-parent history of main
           5  GAP  one payload, about this very content [payload]
                   a lightweight tag holds no lineage: a release from before lineage

        not proven: test-workflow-v0.3.0 (chart test-workflow 0.3.0): 2 gaps

        6 releases: 4 not proven, 2 unattested
    "#]]);
}

#[test]
fn x26_one_release_from_before_lineage_says_all_of_it() {
    let old = Old::repository();
    let stranger = old.stranger();
    stranger.lineage(["verify", "test-workflow-v0.1.1"]).is(expect![[r#"
        exit 1
        --- stdout
        ignored: the annotation has no lineage block
        pinned on first use: repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01, trust [id], main [id], no release tag yet
        unattested: test-workflow-v0.1.1 (chart test-workflow 0.1.1): the tag carries no lineage; nothing on main contradicts it, and nothing proves it
    "#]]);
    stranger.lineage(["verify", "test-workflow-v0.1.3"]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow-v0.1.3
           1  ok   resolved below refs/tags, as first seen, bytes hash to their ids [tag]
           2  ok   annotated, and named in its header as its ref is [tag]
           3  ok   target on main's first-parent history [main]
           4  ok   Chart.yaml's name and version are the tag's [chart]
           5  GAP  the content that main got under this version [content]
                   main got 0.1.3 with [id] as [id], and the tag has [id] under it: it was changed without a new version
           5  GAP  one payload, about this very content [payload]
                   the annotation has no lineage block: a release from before lineage

        not proven: test-workflow-v0.1.3 (chart test-workflow 0.1.3): 2 gaps
    "#]]);
    // A clone that ends before the version came cannot tell.
    let shallow = old.world.clone("shallow", &["--depth", "2", "-b", "test-workflow-v0.1.3"]);
    shallow.git(["fetch", "-q", "--depth", "3", "origin", "+refs/heads/main:refs/remotes/origin/main"]);
    shallow.lineage(["verify", "test-workflow-v0.1.3"]).is(expect![[r#"
        exit 3
        --- stdout
        test-workflow-v0.1.3
           1  ok   resolved below refs/tags, as first seen, bytes hash to their ids [tag]
           2  ok   annotated, and named in its header as its ref is [tag]
           3  ??   target on main's first-parent history [main]
                   the clone is shallow: its history ends at [oid]; fetch the whole history (`git fetch --unshallow`)
           4  ok   Chart.yaml's name and version are the tag's [chart]
           5  GAP  one payload, about this very content [payload]
                   the annotation has no lineage block: a release from before lineage

        pinned on first use: repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01, trust [id], main [id], no release tag yet
        undetermined: test-workflow-v0.1.3 (chart test-workflow 0.1.3): 1 gap, 1 step undetermined
    "#]]);
}

#[test]
fn x26_without_an_integration_branch_a_version_may_come_in_several_commits() {
    let old = Old::repository();
    let dev = old.world.dev();
    let policy = dev.read("lineage.toml").replacen("version = 1\n", "version = 1\nflow = \"direct\"\n", 1);
    dev.write("lineage.toml", policy);
    dev.commit("chore: no integration branch");
    dev.git(["push", "-q", "origin", "main"]);
    let stranger = old.stranger();
    stranger
        .lineage(["verify", "test-workflow-v0.1.3"])
        .exits(1)
        .says(&["unattested: test-workflow-v0.1.3 (chart test-workflow 0.1.3)"])
        .done();
    stranger.lineage(["verify", "test-workflow-v0.2.0"]).exits(1).says(&["not proven", "Chart.yaml makes"]).done();
}
