//! What a release says of itself in `Chart.yaml`, by its policy: that it is a pre-release, and the key of its
//! provenance file. A bump writes it, so it could write something else there.

use crate::conformance::case::{Anchor, Begin, Case, case};
use crate::conformance::scene::telling;
use crate::world::policy;

const BUMP: &str = "w5-semver-bump";
const FLAG: &str = "  artifacthub.io/prerelease: \"true\"\n";

/// The released `Chart.yaml` of a lineage is edited; everything behind it is signed again.
fn edited(
    begin: Begin,
    id: &'static str,
    title: &'static str,
    done: &'static str,
    edit: fn(&str) -> String,
) -> Case {
    case(id, title, done).from(begin).by(move |scene| {
        let mut desk = scene.desk();
        let tree = desk.tree_of("w5-overall");
        let text = String::from_utf8(desk.site.bytes_in(&tree, "Chart.yaml").expect("it is there")).expect("text");
        let lie = edit(&text);
        assert_ne!(lie, text, "the edit is one");
        desk.release_with(&[("Chart.yaml", Some(lie.as_bytes()))]);
        desk.publish();
    })
}

/// A pre-release by a policy that has it say so, with another `Chart.yaml` and the reason it is refused for.
fn told(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    edit: fn(&str) -> String,
) -> Case {
    edited(Begin::Stated, id, title, done, edit).fails(&[BUMP], &[word])
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("stated-honest", "A pre-release that says so and names its key", "nothing").from(Begin::Stated),
        told(
            "stated-no-prerelease",
            "A pre-release that says it is none",
            "the bump writes that 0.3.0-rc.1 is no pre-release",
            "0.3.0-rc.1 is a pre-release",
            |text| text.replace(FLAG, "  artifacthub.io/prerelease: \"false\"\n"),
        ),
        told(
            "stated-nothing",
            "A pre-release that does not say so",
            "the bump leaves the annotation out",
            "0.3.0-rc.1 is a pre-release",
            |text| text.replace(FLAG, ""),
        ),
        told(
            "stated-prerelease-twice",
            "A pre-release that says both",
            "the bump writes the annotation twice, the second time in quotes and with another value",
            "more than its version; write its annotation once",
            |text| text.replace(FLAG, &format!("{FLAG}  \"artifacthub.io/prerelease\": \"false\"\n")),
        ),
        told(
            "stated-prerelease-and-more",
            "A pre-release with a comment",
            "the bump writes something behind the annotation on its line",
            "0.3.0-rc.1 is a pre-release",
            |text| text.replace(FLAG, "  artifacthub.io/prerelease: \"true\" # almost\n"),
        ),
        told(
            "stated-another-key",
            "A release that names another key",
            "the bump writes another fingerprint than the policy's",
            "does not name the key that the policy names",
            |text| text.replace("0123456789ABCDEF", "FEDCBA9876543210"),
        ),
        told(
            "stated-another-address",
            "A release whose key is elsewhere",
            "the bump writes another address for the key",
            "does not name the key that the policy names",
            |text| text.replace("charts.example.org", "charts.example.com"),
        ),
        told(
            "stated-no-key",
            "A release that names no key",
            "the bump leaves the key out",
            "does not name the key that the policy names",
            |text| text.split("  artifacthub.io/signKey").next().unwrap_or_default().to_owned(),
        ),
        told(
            "stated-key-and-more",
            "A release that says more of its key",
            "the bump writes a third line below the key",
            "does not name the key that the policy names",
            |text| format!("{}\n    more: here\n", text.trim_end()),
        ),
        told(
            "stated-images",
            "A bump that lists images",
            "the bump adds the annotation of the chart's images, which is the chart's own",
            "differs in more than its version",
            |text| text.replace(FLAG, &format!("{FLAG}  artifacthub.io/images: |\n    - image: evil/x:1\n")),
        ),
        edited(
            Begin::Published,
            "stated-unasked",
            "A release that says what its policy does not ask for",
            "the bump writes that 0.2.0 is a pre-release; the policy leaves that to the chart",
            |text| format!("{text}annotations:\n{FLAG}"),
        )
        .fails(&[BUMP], &["differs in more than its version"]),
        case(
            "stated-later",
            "A release before its policy had it say anything",
            "main turns both on after the release",
        )
        .against(Anchor::Seen)
        .by(|scene| {
            scene.desk().main_moved_after(&[("lineage.toml", Some(telling().as_bytes()))]);
        }),
        case(
            "stated-no-longer",
            "A release whose policy no longer has it say so",
            "main turns both off after the release",
        )
        .from(Begin::Stated)
        .against(Anchor::Seen)
        .by(|scene| {
            scene.desk().main_moved_after(&[("lineage.toml", Some(policy().as_bytes()))]);
        }),
    ]
}
