//! Evidence that is good where it was made, and is about something else here.

use serde_json::json;

use crate::conformance::case::{Begin, Case, case};
use crate::conformance::desk::Desk;
use crate::world::REPOSITORY;

const INSTALL: &str = "w1-k8s-install";

/// One statement of another repository, signed by the key that both trust.
fn repository(id: &'static str, link: &'static str, other: fn() -> String) -> Case {
    case(
        id,
        "A statement of another repository",
        "one statement was made in another repository that trusts the same key",
    )
    .fails(&[link], &["it is about the repository"])
    .by(move |scene| {
        let mut desk = scene.desk();
        let text = desk.record(link).statement.to_string().replace(REPOSITORY, &other());
        desk.record(link).statement = serde_json::from_str(&text).expect("it was JSON");
        desk.publish();
    })
}

/// One statement that is about something else than the chart.
fn about(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    lie: fn(&mut Desk<'_>),
) -> Case {
    case(id, title, done).fails(&[INSTALL], &[word]).by(move |scene| {
        let mut desk = scene.desk();
        lie(&mut desk);
        desk.publish();
    })
}

pub(super) fn cases() -> Vec<Case> {
    let elsewhere = || "11111111-1111-4111-8111-111111111111".to_owned();
    vec![
        repository("repository-of-a-check", INSTALL, elsewhere),
        repository("repository-of-the-seal", "w1-overall", elsewhere),
        repository("repository-of-the-split", "w2-filter-charts", elsewhere),
        repository("repository-of-the-bump", "w5-semver-bump", elsewhere),
        repository("repository-of-the-tag", "w6-tag", elsewhere),
        repository("repository-of-the-build", "w7-build-test-workflow", elsewhere),
        repository("repository-look-alike-case", INSTALL, || REPOSITORY.to_uppercase()),
        repository("repository-look-alike-suffix", INSTALL, || format!("{REPOSITORY}0")),
        repository("repository-look-alike-space", INSTALL, || format!("{REPOSITORY} ")),
        repository("repository-look-alike-letter", INSTALL, || REPOSITORY.replacen('a', "\u{430}", 1)),
        case(
            "repository-of-everything",
            "A whole release of another repository",
            "everything that was signed was signed for another repository that trusts the same key",
        )
        .fails(&["payload", "w5-semver-bump", "w6-tag"], &["it is about the repository"])
        .by(move |scene| {
            let mut desk = scene.desk();
            desk.rename(REPOSITORY, "11111111-1111-4111-8111-111111111111");
            desk.publish();
        }),
        about(
            "chart-of-the-same-content",
            "The same content under another chart",
            "k8s-install is about another chart whose content is the same",
            "its subject charts/test-workflow is nothing",
            |desk| {
                desk.tell(INSTALL, |s| s["subject"][0]["name"] = json!("charts/cloudflared"));
                desk.claim(INSTALL, "chart", json!("cloudflared"));
                desk.claim(INSTALL, "directory", json!("charts/cloudflared"));
            },
        ),
        about(
            "chart-of-another-name",
            "Another chart's name in the statement",
            "the subject is this chart's, the statement says it saw another chart",
            "it is about the chart cloudflared",
            |desk| desk.claim(INSTALL, "chart", json!("cloudflared")),
        ),
        about(
            "chart-of-another-directory",
            "Another directory in the statement",
            "the subject is this chart's, the statement says it saw another directory",
            "it is about the directory charts/test-workflow-old",
            |desk| desk.claim(INSTALL, "directory", json!("charts/test-workflow-old")),
        ),
        about(
            "chart-look-alike-subject",
            "A subject that looks like the chart",
            "the subject's name ends in a slash",
            "its subject charts/test-workflow is nothing",
            |desk| desk.tell(INSTALL, |s| s["subject"][0]["name"] = json!("charts/test-workflow/")),
        ),
        case(
            "chart-of-the-other-release",
            "A check of another chart's release",
            "k8s-install of the other chart, which the policy excuses, stands for this one's",
        )
        .from(Begin::Second)
        .fails(&[INSTALL], &["its subject charts/test-workflow is nothing"])
        .by(|scene| {
            let statement =
                scene.desk_of("cloudflared", crate::conformance::scene::OTHER).record(INSTALL).statement.clone();
            let mut desk = scene.desk();
            desk.record(INSTALL).statement = statement;
            desk.publish();
        }),
        case(
            "stage-tag-statement-of-the-release-before",
            "The tag statement of the release before",
            "the tag statement of 0.2.1 is that of 0.2.0",
        )
        .from(Begin::Second)
        .fails(&["w6-tag"], &["its subject test-workflow-v0.2.1 is nothing"])
        .by(|scene| {
            let statement = scene.desk_of("test-workflow", crate::world::TAG).record("w6-tag").statement.clone();
            let mut desk = scene.desk();
            desk.record("w6-tag").statement = statement;
            desk.publish();
        }),
        case(
            "stage-build-of-the-release-before",
            "The build of the release before",
            "the build statement of 0.2.1 is that of 0.2.0",
        )
        .from(Begin::Second)
        .fails(&["w7-build-test-workflow"], &["its subject test-workflow-0.2.1.tgz is nothing"])
        .by(|scene| {
            let name = "w7-build-test-workflow";
            let statement = scene.desk_of("test-workflow", crate::world::TAG).record(name).statement.clone();
            let mut desk = scene.desk();
            desk.record(name).statement = statement;
            desk.publish();
        }),
    ]
}
