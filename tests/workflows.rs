//! A repository set up for GitHub: the files that are written, when they are stale, and what is left to a person.

use expect_test::expect;

use crate::world::{Site, World, seed};

/// What `init --github` has to be told the first time.
pub(crate) const SAID: [&str; 14] = [
    "init",
    "--github",
    "--repository",
    "octo/charts",
    "--repository-id",
    "42",
    "--owner-id",
    "7",
    "--app-id",
    "123456",
    "--program",
    "https://example.com/git-lineage",
    "--program-sha256",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
];

/// A chart repository before lineage, with main alone.
pub(crate) fn before() -> World {
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    let world = World::seeded_with(&files);
    let dev = world.dev();
    dev.git(["push", "-q", "origin", ":integration", ":release"]);
    dev.git(["branch", "-q", "-D", "integration", "release"]);
    world
}

fn init(site: &Site<'_>, more: &[&str]) -> crate::world::Output {
    site.lineage(SAID.iter().chain(more))
}

#[test]
fn mg_5_eight_workflows_and_the_rulesets_come_with_the_policy() {
    let world = before();
    let dev = world.dev();
    let refs = world.origin().git(["for-each-ref"]);
    let plan = init(&dev, &["--dry-run", "--oci", "oci://ghcr.io/octo/charts"]).exits(0);
    assert_eq!(world.origin().git(["for-each-ref"]), refs, "a plan changes nothing");
    plan.is(expect![[r#"
        exit 0
        --- stdout
          needed  have the workflows sign keyless, as [[trust.identities]] says
          needed  commit lineage.toml to main and push it to origin
          needed  commit .github/rulesets/1-integration.json with it
          needed  commit .github/rulesets/2-chart-branches.json with it
          needed  commit .github/rulesets/3-tags-immutable.json with it
          needed  commit .github/rulesets/4-tags-create.json with it
          needed  commit .github/rulesets/5-release.json with it
          needed  commit .github/rulesets/6-core-permanent.json with it
          needed  commit .github/rulesets/7-main.json with it
          needed  commit .github/rulesets/8-main-checks.json with it
          needed  commit .github/workflows/lineage-1-validate.yml with it
          needed  commit .github/workflows/lineage-2-split.yml with it
          needed  commit .github/workflows/lineage-3-guard.yml with it
          needed  commit .github/workflows/lineage-4-propose.yml with it
          needed  commit .github/workflows/lineage-5-bump.yml with it
          needed  commit .github/workflows/lineage-6-tag.yml with it
          needed  commit .github/workflows/lineage-7-build.yml with it
          needed  commit .github/workflows/lineage-8-publish.yml with it
          needed  create the branch integration from main here and at origin
          needed  create the branch release from main here and at origin
          needed  fetch evidence with `git fetch origin`: +refs/notes/lineage-*:refs/lineage/remote/origin/notes/lineage-*

        next:
          install the App on this repository alone, with Contents and Pull requests: write; it needs no webhook
          make the environment `lineage` with the App's private key as the secret LINEAGE_APP_KEY, open to the branches main, integration and chart/*, and the tags *-v* alone
          in Settings, Actions: give workflows read permission by default, and require actions to be pinned to a commit
          in Settings, General: allow squash merging and auto-merge; leave merge commits switched off
          make the rulesets, with a token that has Administration: write: look at `git lineage rulesets plan`, then `git lineage rulesets apply`, which keeps those that are there in a file first
          Rulesets cannot protect refs/notes/*: whoever may push may delete or add notes. Notes are untrusted storage; what counts in them is signed, what is lost comes back with `git lineage sync`.
          after the first release: make its package public and link it to this repository
          add your own checks under [[checks]] and [required] in lineage.toml, by a change to main
          run `git lineage rehearse` to see a whole release on a scratch clone
    "#]]);

    init(&dev, &["--oci", "oci://ghcr.io/octo/charts"]).succeeds();
    let files = world.origin().git(["ls-tree", "-r", "--name-only", "main", ".github"]);
    assert_eq!(files.lines().filter(|file| file.starts_with(".github/workflows/lineage-")).count(), 8, "{files}");
    assert_eq!(files.lines().filter(|file| file.starts_with(".github/rulesets/")).count(), 8, "{files}");
    let backup = dev.read(".git/lineage/backup-branches.txt");
    assert_eq!(backup.lines().count(), 1, "only main was there: {backup}");
    assert!(backup.ends_with(" refs/heads/main\n"), "{backup}");

    // MG-12: again there is nothing to do, and nothing is stale.
    let again = dev.lineage(["init", "--github"]).exits(0).text();
    assert!(!again.contains("needed"), "{again}");
    dev.lineage(["init", "--github", "--check"]).succeeds();
    drop(dev.lineage(["status"]).exits(0).says_nothing_of(&[".github"]));
}

#[test]
fn stale_files_are_named_and_written_for_a_change() {
    let world = before();
    let dev = world.dev();
    init(&dev, &[]).succeeds();
    let policy = dev.read("lineage.toml").replace("app-id = 123456", "app-id = 654321");
    dev.write("lineage.toml", policy);
    let guard =
        dev.read(".github/workflows/lineage-3-guard.yml").replace("timeout-minutes: 5", "timeout-minutes: 50");
    dev.write(".github/workflows/lineage-3-guard.yml", guard);
    dev.git(["rm", "-q", ".github/workflows/lineage-6-tag.yml"]);
    dev.commit("chore: another App");
    dev.git(["push", "-q", "origin", "main"]);
    drop(dev.lineage(["status"]).exits(0).says(&[
        ".github/workflows/lineage-6-tag.yml is missing; `git lineage init --github` writes it",
        ".github/workflows/lineage-2-split.yml is stale: lineage.toml changed since",
        ".github/workflows/lineage-3-guard.yml is not as it was written: somebody changed it",
    ]));
    dev.lineage(["init", "--github", "--check"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
          needed   .github/rulesets/1-integration.json is stale: it is not what the configuration asks for
          needed   .github/rulesets/2-chart-branches.json is stale: it is not what the configuration asks for
          already  .github/rulesets/3-tags-immutable.json is up to date
          needed   .github/rulesets/4-tags-create.json is stale: it is not what the configuration asks for
          needed   .github/rulesets/5-release.json is stale: it is not what the configuration asks for
          already  .github/rulesets/6-core-permanent.json is up to date
          already  .github/rulesets/7-main.json is up to date
          already  .github/rulesets/8-main-checks.json is up to date
          needed   .github/workflows/lineage-1-validate.yml is stale: lineage.toml changed since
          needed   .github/workflows/lineage-2-split.yml is stale: lineage.toml changed since
          needed   .github/workflows/lineage-3-guard.yml is not as it was written: somebody changed it
          needed   .github/workflows/lineage-4-propose.yml is stale: lineage.toml changed since
          needed   .github/workflows/lineage-5-bump.yml is stale: lineage.toml changed since
          needed   .github/workflows/lineage-6-tag.yml is missing
          needed   .github/workflows/lineage-7-build.yml is stale: lineage.toml changed since
          needed   .github/workflows/lineage-8-publish.yml is stale: lineage.toml changed since

        next:
          run `git lineage init --github`, and bring what it writes to main by a change
    "#]]);

    let said = dev.lineage(["init", "--github"]).exits(0).text();
    assert!(said.contains("lineage-3-guard.yml was changed by hand and stays"), "{said}");
    assert!(dev.read(".github/workflows/lineage-6-tag.yml").contains("\"654321\""));
    assert!(dev.read(".github/workflows/lineage-3-guard.yml").contains("timeout-minutes: 50"));
    dev.git(["rm", "-q", "--cached", ".github/workflows/lineage-3-guard.yml"]);
    std::fs::remove_file(world.path("dev/.github/workflows/lineage-3-guard.yml")).expect("it is there");
    drop(dev.lineage(["init", "--github"]).exits(0));
    dev.git(["add", "-A"]);
    dev.commit("chore: the workflows of today");
    dev.git(["push", "-q", "origin", "main"]);
    dev.lineage(["init", "--github", "--check"]).succeeds();
}

/// MG-2, MG-3, MG-8: made, looked at, and only then deleted, by a person.
#[test]
fn mg_2_charts_becomes_release_and_stays_until_it_is_looked_at() {
    let world = before();
    let dev = world.dev();
    dev.git(["checkout", "-q", "--orphan", "charts"]);
    dev.git(["rm", "-q", "-r", "-f", "."]);
    dev.write("index.yaml", "apiVersion: v1\nentries: {}\n");
    dev.commit("chore: the index");
    dev.git(["push", "-q", "origin", "charts"]);
    let charts = dev.rev("HEAD");
    dev.git(["checkout", "-q", "main"]);
    dev.git(["branch", "-q", "-D", "charts"]);
    let said = init(&dev, &[]).exits(0).text();
    assert_eq!(world.origin().rev("refs/heads/release"), charts, "release begins as charts");
    assert_eq!(world.origin().rev("refs/heads/charts"), charts, "nothing is deleted");
    let steps = [
        "create the branch release from charts".to_owned(),
        "set the production branch to release".to_owned(),
        "index.yaml".to_owned(),
        "git push --force-with-lease=charts:[oid] origin :charts".to_owned(),
        "git push origin [oid]:refs/heads/charts".to_owned(),
    ];
    let mut rest = said.as_str();
    for step in steps {
        let found =
            rest.find(&step).unwrap_or_else(|| panic!("{step} does not come after what was before it: {said}"));
        rest = &rest[found..];
    }
    assert!(dev.read(".git/lineage/backup-branches.txt").contains(&format!("{charts} refs/heads/charts\n")));
    // Somebody publishes the old way meanwhile: it is not to be deleted like that.
    dev.git(["checkout", "-q", "-b", "charts", "origin/charts"]);
    dev.write("index.yaml", "apiVersion: v1\nentries: {a: []}\n");
    dev.commit("chore: the index, the old way");
    dev.git(["push", "-q", "origin", "charts"]);
    dev.git(["checkout", "-q", "main"]);
    let again = dev.lineage(["init", "--github"]).exits(0).text();
    assert!(
        again.contains("before charts is deleted at origin") && !again.contains("only then delete"),
        "{again}"
    );
}

#[test]
fn what_is_missing_or_in_the_way_is_found_before_anything_is_written() {
    let world = before();
    let dev = world.dev();
    let refs = world.origin().git(["for-each-ref"]);
    dev.lineage(["init", "--github"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: the repository is not said: --repository

        hint: give it as OWNER/NAME
    "#]]);
    dev.write(".github/workflows/lineage-6-tag.yml", "name: mine\n");
    dev.commit("ci: tag");
    dev.git(["push", "-q", "origin", "main"]);
    drop(init(&dev, &[]).exits(2).says(&[".github/workflows/lineage-6-tag.yml is on main already"]));
    drop(dev.lineage(["init", "--check"]).exits(2));
    assert_ne!(world.origin().git(["for-each-ref"]), refs, "the one commit by hand");
    assert!(!world.origin().has_ref("refs/heads/integration"));
}
