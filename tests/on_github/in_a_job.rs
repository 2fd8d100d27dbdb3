//! What a job's log shows: each check folded away, nothing of what others printed obeyed, tokens masked.

use super::Scene;
use crate::github::{APP_KEY, GitHub};
use crate::world::{PROBE, World, policy, seed};

#[test]
fn each_check_of_a_chart_is_a_group_and_its_output_commands_nothing() {
    let mut files = seed();
    for (name, text) in &mut files {
        if *name == "lineage.toml" {
            let loud = "command = [\"sh\", \"-c\", \"echo ::error::forged; echo fine\"]";
            let text_of = policy();
            let before = text_of.lines().find(|line| line.starts_with("command = ")).expect("a check").to_owned();
            *text = text_of.replacen(&before, loud, 1);
        }
    }
    let world = World::seeded_with(&files);
    let github = GitHub::start(&world);
    world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/x"]);
    let quiet = ci.lineage(["check"]).exits(0);
    assert!(!quiet.stderr.contains("::"), "nobody reads commands: {}", quiet.stderr);
    world.set_variables(github.job());
    let said = ci.lineage(["check"]).exits(0);
    let lines: Vec<&str> = said.stderr.lines().collect();
    let groups = lines.iter().filter(|line| line.starts_with("::group::")).count();
    assert_eq!(
        groups,
        said.stdout.lines().filter(|line| line.contains("test-workflow")).count(),
        "{}",
        said.text()
    );
    assert_eq!(lines.iter().filter(|line| **line == "::endgroup::").count(), groups);
    let forged = lines.iter().position(|line| *line == "::error::forged").expect("it is in the log");
    let stopped = lines[..forged].iter().rposition(|line| line.starts_with("::stop-commands::")).expect("stopped");
    let word = lines[stopped].trim_start_matches("::stop-commands::");
    assert_eq!(word.len(), 64, "nobody could know it");
    let again = format!("::{word}::");
    let resumed = lines.iter().position(|line| *line == again).expect("it goes on");
    assert!(stopped < forged && forged < resumed, "{}", said.stderr);
    let words: std::collections::BTreeSet<&str> =
        lines.iter().filter_map(|line| line.strip_prefix("::stop-commands::")).collect();
    assert_eq!(words.len(), groups, "each its own");
    assert!(!said.stdout.contains("::group::"), "the answer is the answer");
    let twice = ci.lineage(["check"]).exits(0);
    assert!(!twice.stderr.contains(word), "a word is never used twice");
    said.done();
}

#[test]
fn a_token_that_is_made_is_masked_before_it_is_used() {
    let scene = Scene::bumped();
    let app = [("LINEAGE_APP_ID", "123456"), ("LINEAGE_APP_KEY", APP_KEY)];
    let said = scene.world.ci().lineage_with(["propose"], &app).exits(0);
    let masked: Vec<&str> = said.stderr.lines().filter_map(|line| line.strip_prefix("::add-mask::")).collect();
    // The App's own, which its key signs, and its installation's.
    let kinds = matches!(masked.as_slice(), [own, token] if own.starts_with("ey") && token.starts_with("ghs_"));
    assert!(kinds, "{}", said.text());
    let others: Vec<&str> = said.stderr.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    for secret in &masked {
        assert!(!said.stdout.contains(secret) && others.iter().all(|line| !line.contains(secret)));
    }
    // Nobody reads commands elsewhere: then the token is nowhere at all.
    let outside = [app[0], app[1], ("GITHUB_ACTIONS", "false")];
    scene
        .world
        .ci()
        .lineage_with(["propose"], &outside)
        .exits(0)
        .says_nothing_of(&["::add-mask::", "ghs_", "eyJ"])
        .done();
    // What a job was given is masked by the runner already, and is not repeated.
    scene.lineage(&["propose"]).exits(0).says_nothing_of(&["::add-mask::"]).done();
}
