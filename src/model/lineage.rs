//! A lineage, and what a policy makes of it.

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::statement::SourceCommit;
use super::{
    Attestation, Exit, Listing, Oid, Payload, Policy, Predicted, Proof, Revoked, Role, Sha256, Signer, Stage,
    Timestamp,
};

/// One content of a chart: its listing and the two files links edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The chart tree; none for a content recomputed from a link.
    pub tree: Option<Oid>,
    /// Every file with its digest.
    pub listing: Listing,
    /// `Chart.yaml`'s bytes.
    pub chart_yaml: Vec<u8>,
    /// `CHANGELOG.md`'s bytes.
    pub changelog: Option<Vec<u8>>,
}

impl Content {
    /// The content digest.
    pub fn digest(&self) -> Sha256 {
        self.listing.digest()
    }
}

/// What a tag is found to be: steps 1, 2, 3 and 5.
#[derive(Clone, Debug)]
pub struct TagFacts {
    /// The ref's name without `refs/tags/`.
    pub name: String,
    /// The tag object; none for a lightweight tag.
    pub object: Option<Oid>,
    /// sha256 of the tag object's bytes.
    pub bytes: Option<Sha256>,
    /// The name in the tag object's header.
    pub header_name: Option<String>,
    /// The commit it peels to.
    pub commit: Oid,
    /// The payload with the sha256 of its line, or what is wrong with the annotation.
    pub payload: Result<(Payload, Sha256), super::payload::PayloadError>,
    /// Objects whose bytes do not hash to their id.
    pub corrupt: Vec<String>,
}

/// Where a content is on main.
#[derive(Clone, Debug)]
pub enum OnMain {
    /// It is there, since this commit.
    Landed(Landing),
    /// The tagged commit is not on main's first-parent history, or the content has not landed yet.
    Elsewhere,
    /// Main is not known here, and why.
    Unknown(String),
}

/// The commit that brought the content to main.
#[derive(Clone, Debug)]
pub struct Landing {
    /// The commit on main's first-parent history.
    pub commit: Oid,
    /// Its first parent; none at the root.
    pub parent: Option<Oid>,
    /// The chart before it; none where it did not exist. That is the chart at the first parent, unless the
    /// contribution came as several commits.
    pub base: Option<Content>,
    /// The commit it was read at.
    pub base_at: Option<Oid>,
}

/// What a rebuild gave.
#[derive(Clone, Debug)]
pub struct Package {
    /// The digests.
    pub digests: Predicted,
    /// The compressor that made them.
    pub compressor: String,
    /// The digest and the tar digest of a given file, where one was given.
    pub given: Option<(Sha256, Result<Sha256, String>)>,
}

/// Everything gathered about one chart version.
#[derive(Clone, Debug)]
pub struct Lineage {
    /// `Chart.yaml:name`.
    pub chart: String,
    /// The chart's directory.
    pub directory: String,
    /// `Chart.yaml:version`.
    pub version: String,
    /// The content that is released, or is to be.
    pub content: Content,
    /// The tag, from the tag stage on.
    pub tag: Option<TagFacts>,
    /// Where the content landed on main.
    pub landing: OnMain,
    /// Every attestation found for the contents and the tag.
    pub attestations: Vec<Attestation>,
    /// Ledger lines that are no records, and other oddities: reported, never believed.
    pub oddities: Vec<String>,
    /// Why evidence may be missing here without being missing at its origin: a ledger not fetched, a
    /// record of a newer version. Turns "not found" into "undetermined".
    pub unfetched: Vec<String>,
    /// Inputs and dependencies as they stand beside the released content: check key → digests.
    pub surroundings: Vec<Surrounding>,
    /// The package, rebuilt.
    pub package: Option<Result<Package, StepState>>,
    /// The release before, as found from the tagged commit.
    pub previous: Option<super::Previous>,
    /// The tag as this clone first saw it, where it has moved since: (then, now).
    pub moved: Option<(Oid, Oid)>,
    /// What main took back, today and before this release.
    pub revoked: Revoked,
    /// The later release that names this one, itself or by way of those between, and whose own statement
    /// is signed by somebody still trusted; looked for where a key is revoked.
    pub named_by: Option<String>,
    /// The addresses of everybody named by the commits that brought the content to main. None where no
    /// waiver asks for them, or they are not known here.
    pub hands: Option<Vec<String>>,
    /// The moment it is judged at: what has no tag yet is held against it.
    pub now: Timestamp,
}

impl Lineage {
    /// The signer behind a proof who counts for a role, by `policy` and by what main took back since.
    ///
    /// # Errors
    /// A sentence, as [`super::signed_by`] and [`Revoked::signature`] give it.
    pub fn signed_by<'p>(
        &self,
        policy: &'p Policy,
        role: impl Into<Role>,
        proof: &Proof,
    ) -> Result<Signer<'p>, String> {
        let signer = super::signed_by(policy, role, proof)?;
        self.revoked.signature(proof, self.named_by.is_some())?;
        Ok(signer)
    }
}

/// What a check's statement is compared with besides the content.
#[derive(Clone, Debug)]
pub struct Surrounding {
    /// The check key.
    pub key: String,
    /// Digest of the listing of its declared inputs, recomputed.
    pub inputs: Sha256,
    /// Content digests of the charts it depends on, recomputed.
    pub dependencies: std::collections::BTreeMap<String, Sha256>,
}

/// What a verdict is measured against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anchor {
    /// `--policy FILE`.
    File(String),
    /// `--policy-from REF`.
    Ref(String),
    /// The pin of this clone.
    Pin,
    /// The pin this very command wrote.
    FirstUse,
}

/// A missing or failed check that somebody answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// The account that answers for it.
    pub account: String,
    /// The trusted key or identity that signed the waiver.
    pub signer: String,
    /// Until when a release may be made with it.
    pub expires: Timestamp,
    /// Why, in that person's words.
    pub reason: String,
    /// What it stands for: why the check did not hold when the waiver was written.
    pub instead: String,
}

impl Waived {
    /// In one line: `waived by account 1002 (bob) until 2026-12-21T00:00:00Z: the runner is broken`.
    pub fn in_words(&self) -> String {
        let Self { account, signer, expires, reason, .. } = self;
        format!("waived by account {account} ({signer}) until {expires}: {reason}")
    }
}

/// How one numbered step of design §6 came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It holds.
    Holds,
    /// It does not, and why: exit 1.
    Gap(String),
    /// It cannot be told, and why: exit 3.
    Undetermined(String),
    /// It contradicts immutable state, and how: exit 4.
    Conflict(String),
    /// It does not, and a second person answers for that: neither proven nor a gap, and always shown.
    Waived(Waived),
    /// Not asked for at this stage.
    NotReached,
}

impl Serialize for StepState {
    /// `state` in one word, `reason` where there is one, and of a waiver what else there is to know.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let (word, reason) = match self {
            Self::Holds => ("holds", None),
            Self::Gap(why) => ("gap", Some(why)),
            Self::Undetermined(why) => ("undetermined", Some(why)),
            Self::Conflict(why) => ("conflict", Some(why)),
            Self::Waived(waived) => ("waived", Some(&waived.reason)),
            Self::NotReached => ("not-reached", None),
        };
        map.serialize_entry("state", word)?;
        if let Some(reason) = reason {
            map.serialize_entry("reason", reason)?;
        }
        if let Self::Waived(waived) = self {
            map.serialize_entry("account", &waived.account)?;
            map.serialize_entry("signer", &waived.signer)?;
            map.serialize_entry("expires", &waived.expires)?;
            map.serialize_entry("instead", &waived.instead)?;
        }
        map.end()
    }
}

/// One step of a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerdictStep {
    /// 1 to 12, as design §6 numbers them.
    pub number: u8,
    /// What it asks: "target on main's first-parent history".
    pub what: String,
    /// The link it is about, for a machine: `tag`, `bump-link`, `w1-lint-test-v1.32.11`, `package` …
    pub link: String,
    /// The answer.
    #[serde(flatten)]
    pub state: StepState,
}

/// An attestation that counts in a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Its record's name.
    pub name: String,
    /// Its label.
    pub id: String,
    /// sha256 of the bundle.
    pub bundle: Sha256,
    /// The trusted key's name.
    pub signer: String,
    /// The stage it is evidence of.
    pub stage: Stage,
    /// What a person said with it: the waiver, or who approved.
    pub note: Option<String>,
}

/// What judging brought to light besides the verdict: what the chain is told from.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// The content before the bump.
    pub split: Option<Content>,
    /// The content that was validated.
    pub contributed: Option<Content>,
    /// The contribution's commits, by the split link or the seal.
    pub commits: Vec<SourceCommit>,
    /// Where the contributed content stood on integration.
    pub source_commit: Option<Oid>,
    /// Who made and committed what integration has of it, by the split link.
    pub merged_by: Vec<String>,
    /// The version before the bump.
    pub from_version: Option<String>,
    /// Every attestation that counts, in the order of the line.
    pub counted: Vec<Counted>,
}

/// Lineage judged by policy.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Every step, all failures listed, not only the first.
    pub steps: Vec<VerdictStep>,
    /// The stage it was judged up to.
    pub upto: Stage,
    /// What it was judged from.
    #[serde(skip)]
    pub findings: Findings,
}

/// A verdict without a gap, for one tag and package: what publishing needs. Only [`Verdict::clear`]
/// makes one.
#[derive(Clone, Debug)]
pub struct Cleared {
    tag: String,
    package: Predicted,
}

impl Cleared {
    /// The tag that was judged.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The digests that were judged.
    pub fn package(&self) -> Predicted {
        self.package
    }
}

impl Verdict {
    /// The worst exit code of all steps; a verdict without steps is undetermined. A waived check does not
    /// stop a release on its way: whether it counts as proven is for [`Self::waived`]'s caller to say.
    pub fn exit(&self) -> Exit {
        self.steps
            .iter()
            .map(|step| match step.state {
                StepState::Holds | StepState::Waived(_) | StepState::NotReached => Exit::Done,
                StepState::Gap(_) => Exit::Negative,
                StepState::Undetermined(_) => Exit::Undetermined,
                StepState::Conflict(_) => Exit::Conflict,
            })
            .max()
            .unwrap_or(Exit::Undetermined)
    }

    /// The waived checks, by their records' names.
    pub fn waived(&self) -> impl Iterator<Item = (&str, &Waived)> {
        self.steps.iter().filter_map(|step| match &step.state {
            StepState::Waived(waived) => Some((step.link.as_str(), waived)),
            _ => None,
        })
    }

    /// The steps that do not hold, each as a sentence; those that were merely not reached because of
    /// another are left to that one.
    pub fn gaps(&self) -> Vec<String> {
        let told = self.told();
        let reached: Vec<String> = told.iter().filter(|gap| !gap.contains(": not reached: ")).cloned().collect();
        if reached.is_empty() { told } else { reached }
    }

    fn told(&self) -> Vec<String> {
        self.steps
            .iter()
            .filter_map(|step| match &step.state {
                StepState::Gap(why) | StepState::Undetermined(why) | StepState::Conflict(why) => {
                    Some(format!("{}: {why}", step.link))
                }
                StepState::Holds | StepState::Waived(_) | StepState::NotReached => None,
            })
            .collect()
    }

    /// The licence to publish, if the verdict is complete: judged up to the build at least, on a tag
    /// whose package was rebuilt, with every step holding.
    pub fn clear(&self, lineage: &Lineage) -> Option<Cleared> {
        let complete = self.upto >= Stage::Build && self.exit() == Exit::Done;
        let tag = lineage.tag.as_ref()?;
        let package = lineage.package.as_ref()?.as_ref().ok()?;
        complete.then(|| Cleared { tag: tag.name.clone(), package: package.digests })
    }
}
