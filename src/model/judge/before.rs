//! A release from before lineage: nothing proves it, but what a clone shows of it may still contradict it. Steps 1 to
//! 5 of design §6, as far as they can be taken without a payload.

use super::{Docket, tag};
use crate::model::lineage::{Findings, StepState, TagFacts, Verdict};
use crate::model::{Oid, Policy, Stage};

/// What is known of a release whose tag carries no lineage.
#[derive(Clone, Debug)]
pub struct BeforeLineage {
    pub tag: TagFacts,
    /// By `Chart.yaml:name` at the tag.
    pub chart: String,
    pub directory: String,
    /// By `Chart.yaml:version` at the tag.
    pub version: String,
    /// The chart tree at the tag.
    pub tree: Oid,
    /// How main has it.
    pub main: Since,
    /// The tag as this clone first saw it, where it has moved since: (then, now).
    pub moved: Option<(Oid, Oid)>,
}

/// Since when main has had a version of a chart.
#[derive(Clone, Debug)]
pub enum Since {
    /// Since this commit, which had this chart tree.
    Commit { commit: Oid, tree: Oid },
    /// The tagged commit is not on main's first-parent history.
    Elsewhere,
    /// It cannot be told here, and why.
    Unknown(String),
}

/// What contradicts a release from before lineage. A verdict without a gap proves nothing: it says that what the tag
/// calls itself is what main had under that version.
pub fn contradicted(release: &BeforeLineage, policy: &Policy) -> Verdict {
    let BeforeLineage { tag, chart, directory, version, tree, main, moved } = release;
    let mut docket = Docket::default();
    tag::resolved(&mut docket, tag, moved.as_ref());
    if tag.object.is_some() {
        tag::named(&mut docket, tag);
    }
    let target = match main {
        Since::Commit { .. } => StepState::Holds,
        Since::Elsewhere => tag::beside(tag, policy),
        Since::Unknown(why) => StepState::Undetermined(why.clone()),
    };
    docket.enter(3, tag::ON_MAIN, "main", target);
    tag::called(&mut docket, (chart, directory, version), Some(tag), policy);
    if let Since::Commit { commit, tree: then } = main {
        let gap = (then != tree).then(|| {
            format!(
                "main got {version} with {} as {}, and the tag has {} under it: it was changed without a new version",
                commit.short(),
                then.short(),
                tree.short()
            )
        });
        docket.check(5, "the content that main got under this version", "content", gap);
    }
    Verdict { steps: docket.steps, upto: Stage::Tag, findings: Findings::default() }
}
