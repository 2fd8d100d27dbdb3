//! `bump --image`: contributions in which a chart deploys another image and nothing else changes.

use expect_test::expect;

use crate::image_digest::by_key;
use crate::world::{Output, World, policy, seed};

const CHART: &str = "charts/test-workflow";
const BRANCH: &str = "image/test-workflow/o-web";
const VALUES: &str = "\
# How many.
replicas: 1
image: # what runs
  repository: registry.example/o/web # ours
  digest: \"sha256:0000000000000000000000000000000000000000000000000000000000000000\" # by `bump --image`
  tag:   'v1.10'
";

/// A digest of this digit alone.
fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// The image under this tag.
fn image(tag: &str, digit: char) -> String {
    format!("registry.example/o/web:{tag}@{}", digest(digit))
}

/// The seeded policy with the image of one chart.
pub(crate) fn mapped() -> String {
    let rule = format!(
        "[[images]]\nchart = \"test-workflow\"\nrepository = \"registry.example/o/web\"\n{}\n\n[required]",
        by_key()
    );
    policy().replacen("[required]", &rule, 1)
}

/// The seeded files with such a policy and a chart that deploys it.
pub(crate) fn files(policy: &str) -> Vec<(&'static str, String)> {
    let mut files = seed();
    for (name, text) in &mut files {
        match *name {
            "lineage.toml" => policy.clone_into(text),
            "charts/test-workflow/values.yaml" => VALUES.clone_into(text),
            _ => {}
        }
    }
    files
}

fn world() -> World {
    World::seeded_with(&files(&mapped()))
}

fn bump(world: &World, image: &str) -> Output {
    world.ci().lineage(["bump", "test-workflow", "--image", image])
}

/// The branch as the remote has it.
fn tip(world: &World) -> String {
    world.origin().rev(&format!("refs/heads/{BRANCH}"))
}

#[test]
fn ba_8_only_digest_tag_and_app_version_change() {
    let world = world();
    bump(&world, &image("v1.11", 'a')).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  created  registry.example/o/web:v1.11@sha256:[sha256], image/test-workflow/o-web at [id]
          pull request: fix(test-workflow): image registry.example/o/web v1.11
            | ## test-workflow
            |
            | Deploys `registry.example/o/web:v1.11@sha256:[sha256]`.
            |
            | | | Before | After |
            | |---|---|---|
            | | `image.tag` | `v1.10` | `v1.11` |
            | | `image.digest` | `sha256:[sha256]` | `sha256:[sha256]` |
            | | `appVersion` | `1.10` | `1.11` |
            |
            | Nothing else changes. It is checked, and its version decided, as for every other contribution.
            |
            | ---
            | Written by `git lineage bump --image`.
    "#]]);
    let origin = world.origin();
    let diff = origin.git(["diff", "--unified=0", "integration", BRANCH]);
    let lines: Vec<&str> = diff
        .lines()
        .filter(|line| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---"))
        .collect();
    assert_eq!(
        lines,
        [
            "-appVersion: \"1.10\"",
            "+appVersion: \"1.11\"",
            &format!("-  digest: \"{}\" # by `bump --image`", digest('0')),
            "-  tag:   'v1.10'",
            &format!("+  digest: \"{}\" # by `bump --image`", digest('a')),
            "+  tag:   'v1.11'",
        ]
    );
    assert_eq!(origin.git(["log", "--format=%s", &format!("integration..{BRANCH}")]).lines().count(), 1);
    assert_eq!(
        origin.git(["log", "-1", "--format=%B", BRANCH]).trim_end(),
        format!("fix(test-workflow): image registry.example/o/web v1.11\n\nDeploys {}", image("v1.11", 'a'))
    );
}

#[test]
fn ba_8_again_is_nothing_new_and_another_image_takes_its_place() {
    let world = world();
    bump(&world, &image("v1.11", 'a')).succeeds();
    let first = tip(&world);
    drop(bump(&world, &image("v1.11", 'a')).exits(0).says(&["unchanged"]));
    assert_eq!(tip(&world), first);
    // Another clone does no more than this one.
    let second = world.clone("second", &[]);
    drop(second.lineage(["bump", "--image", &image("v1.11", 'a')]).exits(0).says(&["unchanged"]));
    assert_eq!(tip(&world), first);
    drop(bump(&world, &image("v1.12", 'b')).exits(0).says(&["updated"]));
    let origin = world.origin();
    assert_eq!(origin.git(["log", "--format=%s", &format!("integration..{BRANCH}")]).lines().count(), 1);
    let file = |file: &str| origin.git(["show", &format!("{BRANCH}:{CHART}/{file}")]);
    assert!(file("Chart.yaml").contains("appVersion: \"1.12\""));
    assert!(file("values.yaml").contains(&digest('b')));
    // The version may stay: an image that was built again.
    drop(bump(&world, &image("v1.10", 'c')).exits(0).says(&["updated"]));
    assert!(file("Chart.yaml").contains("appVersion: \"1.10\"") && file("values.yaml").contains(&digest('c')));
}

#[test]
fn ba_8_what_is_contributed_already_is_said() {
    let world = world();
    bump(&world, &image("v1.11", 'a')).succeeds();
    world.squash(BRANCH, "fix(test-workflow): image o/web v1.11 (#1)");
    bump(&world, &image("v1.11", 'a')).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  unchanged  registry.example/o/web:v1.11@sha256:[sha256] is on integration already
    "#]]);
    // The branch was left lying around, and takes the next one.
    drop(bump(&world, &image("v1.12", 'b')).exits(0).says(&["updated"]));
    let origin = world.origin();
    assert_eq!(origin.git(["rev-list", "--count", &format!("integration..{BRANCH}")]), "1");
    world.dev().fetch();
    world.dev().git(["push", "-q", "origin", &format!("refs/remotes/origin/{BRANCH}:integration")]);
    drop(bump(&world, &image("v1.12", 'b')).exits(0).says(&["is on integration already"]));
}

#[test]
fn ba_8_the_branch_follows_what_it_goes_to_only_where_it_has_to() {
    let world = world();
    bump(&world, &image("v1.11", 'a')).succeeds();
    let first = tip(&world);
    world.contribute("feature/y", "fix(holmes): a value", &[("charts/olm/values.yaml", "a: 1\n")]);
    world.squash("feature/y", "fix(holmes): a value");
    drop(bump(&world, &image("v1.11", 'a')).exits(0).says(&["unchanged"]));
    assert_eq!(tip(&world), first);
    let values = VALUES.replace("replicas: 1", "replicas: 2");
    world.contribute("feature/z", "fix(test-workflow): two", &[("charts/test-workflow/values.yaml", &values)]);
    world.squash("feature/z", "fix(test-workflow): two");
    drop(bump(&world, &image("v1.11", 'a')).exits(0).says(&["updated"]));
    assert!(world.origin().git(["show", &format!("{BRANCH}:{CHART}/values.yaml")]).contains("replicas: 2"));
}

#[test]
fn ba_8_a_branch_with_somebody_s_work_is_left_alone() {
    let world = world();
    bump(&world, &image("v1.11", 'a')).succeeds();
    let dev = world.dev();
    for path in ["charts/test-workflow/README.md", "charts/test-workflow/values.yaml"] {
        dev.fetch();
        dev.git(["checkout", "-q", "-B", "mine", &format!("origin/{BRANCH}")]);
        let text = dev.read(path) + "# mine\n";
        dev.write(path, text);
        dev.git(["add", "-A"]);
        dev.git(["commit", "-q", "--amend", "--no-edit"]);
        dev.git(["push", "-q", "-f", "origin", &format!("mine:{BRANCH}")]);
        let mine = tip(&world);
        for tag in ["v1.11", "v1.12"] {
            drop(bump(&world, &image(tag, 'a')).exits(4).says(&["holds more than another image"]));
        }
        assert_eq!(tip(&world), mine, "{path}");
        // Nor is there one where the chart cannot be read.
        dev.write("charts/test-workflow/Chart.yaml", "name: [\n");
        dev.git(["commit", "-q", "--amend", "-a", "--no-edit"]);
        dev.git(["push", "-q", "-f", "origin", &format!("mine:{BRANCH}")]);
        drop(bump(&world, &image("v1.11", 'a')).exits(4).says(&["holds more than another image"]));
        dev.git(["push", "-q", "-f", "origin", &format!(":{BRANCH}")]);
        bump(&world, &image("v1.11", 'a')).succeeds();
    }
    // A branch that stands in the way of the name.
    dev.git(["push", "-q", "origin", &format!(":{BRANCH}"), "integration:refs/heads/image/test-workflow"]);
    drop(bump(&world, &image("v1.11", 'a')).exits(4).says(&["image/test-workflow"]));
}

#[test]
fn ba_8_what_cannot_be_deployed_is_refused_before_anything_is_written() {
    let world = world();
    let zeros = digest('a');
    for (image, exit, says) in [
        ("registry.example/o/web:v1.11".to_owned(), 2, "has no digest"),
        (format!("registry.example/o/web@{zeros}"), 2, "has no tag"),
        ("registry.example/o/web:v1.11@sha256:ab".to_owned(), 2, "64 hexadecimal digits"),
        (format!("registry.example/o/web:main@{zeros}"), 1, "is another image tomorrow"),
        (format!("registry.example/o/other:v1.11@{zeros}"), 2, "no [[images]] of the policy names"),
        (format!("registry.example/o/web:1.11@{zeros}"), 2, "is none that `v{appVersion}` makes"),
        (String::new(), 2, "has no digest"),
    ] {
        drop(bump(&world, &image).exits(exit).says(&[says, "hint:"]));
    }
    let ci = world.ci();
    drop(ci.lineage(["bump", "cloudflared", "--image", &image("v1.11", 'a')]).exits(2).says(&["of cloudflared"]));
    drop(ci.lineage(["bump", "nothing", "--image", &image("v1.11", 'a')]).exits(2));
    drop(ci.lineage(["bump", "--base", "HEAD", "--image", &image("v1.11", 'a')]).exits(2));
    assert!(!world.origin().has_ref(&format!("refs/heads/{BRANCH}")));
    for (values, says) in [
        ("image:\n  repository: registry.example/evil/web\n  digest: \"\"\n", "has to be of"),
        ("image:\n  repository: registry.example/o/web\n  tag: v1.10\n", "no place for a digest"),
        ("replicas: 1\n", "there is no `image`"),
    ] {
        world.contribute(
            "feature/x",
            "fix(test-workflow): values",
            &[("charts/test-workflow/values.yaml", values)],
        );
        world.squash("feature/x", "fix(test-workflow): values");
        drop(bump(&world, &image("v1.11", 'a')).exits(1).says(&[says]));
        world.dev().git(["branch", "-q", "-D", "feature/x"]);
        world.dev().git(["push", "-q", "origin", ":feature/x"]);
        world.dev().git(["push", "-q", "-f", "origin", "integration~1:integration"]);
        world.dev().git(["reset", "-q", "--hard", "integration~1"]);
    }
    assert!(!world.origin().has_ref(&format!("refs/heads/{BRANCH}")));
}

#[test]
fn ba_8_dry_run_plans_and_json_says_what_became_of_it() {
    let world = world();
    let ci = world.ci();
    ci.lineage(["bump", "--image", &image("v1.11", 'a'), "--dry-run"]).is(expect![[r#"
        exit 0
        --- stdout
          needed  deploy registry.example/o/web:v1.11@sha256:[sha256] in test-workflow on integration
          needed  push image/test-workflow/o-web with registry.example/o/web:v1.11@sha256:[sha256]
        test-workflow  would be created  registry.example/o/web:v1.11@sha256:[sha256]
          pull request: fix(test-workflow): image registry.example/o/web v1.11
            | ## test-workflow
            |
            | Deploys `registry.example/o/web:v1.11@sha256:[sha256]`.
            |
            | | | Before | After |
            | |---|---|---|
            | | `image.tag` | `v1.10` | `v1.11` |
            | | `image.digest` | `sha256:[sha256]` | `sha256:[sha256]` |
            | | `appVersion` | `1.10` | `1.11` |
            |
            | Nothing else changes. It is checked, and its version decided, as for every other contribution.
            |
            | ---
            | Written by `git lineage bump --image`.
    "#]]);
    assert!(!world.origin().has_ref(&format!("refs/heads/{BRANCH}")));
    let said = ci.lineage(["bump", "--image", &image("v1.11", 'a'), "--json"]).exits(0).json();
    assert_eq!((&said["version"], &said["outcome"]), (&1.into(), &"created".into()), "{said}");
    assert_eq!(
        (said["image"].as_str(), said["base"].as_str()),
        (Some(&*image("v1.11", 'a')), Some("integration"))
    );
    assert_eq!(said["commit"].as_str(), Some(&*tip(&world)));
    assert_eq!(said["title"], "fix(test-workflow): image registry.example/o/web v1.11");
}

#[test]
fn a_38_it_is_released_as_every_contribution_is() {
    let world = world();
    bump(&world, &image("v1.11", 'a')).succeeds();
    // Without its evidence nothing is bumped.
    world.squash(BRANCH, "fix(test-workflow): image o/web v1.11");
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["split"]).exits(1).done();
    world.validate(BRANCH).succeeds();
    world.promote(&["test-workflow"]);
    world.publish("test-workflow-v0.1.1");
    let stranger = world.stranger();
    drop(stranger.lineage(["verify", "test-workflow-v0.1.1"]).exits(0).says(&["proven"]));
    let changelog = stranger.git(["show", "test-workflow-v0.1.1:charts/test-workflow/CHANGELOG.md"]);
    assert!(changelog.contains("image registry.example/o/web v1.11"), "{changelog}");
    drop(bump(&world, &image("v1.11", 'a')).exits(0).says(&["is on integration already"]));
}

#[test]
fn a_repository_without_a_remote_and_one_in_direct_flow_take_it_as_well() {
    let direct = mapped().replacen("version = 1\n", "version = 1\nflow = \"direct\"\n", 1);
    let world = World::seeded_with(&files(&direct));
    let output = bump(&world, &image("v1.11", 'a')).exits(0);
    drop(output.says(&["created", "run `git lineage bump test-workflow`"]));
    assert_eq!(world.origin().git(["rev-list", "--count", &format!("main..{BRANCH}")]), "1");
    let dev = world.dev();
    dev.git(["remote", "remove", "origin"]);
    dev.lineage(["bump", "--image", &image("v1.11", 'a')]).succeeds();
    assert_eq!(dev.git(["rev-list", "--count", &format!("main..{BRANCH}")]), "1");
}
