//! The document beside a channel's tag: as it lies in the registry, and who answers for it.

use super::Desk;
use crate::model::channels::{ARTIFACT_TYPE, Channels, TAG, Unusable};
use crate::model::statement::ChannelClaim;
use crate::model::{Failure, Predicate, Sha256, Stage, signed_by};
use crate::pipeline::policy::revoked;
use crate::pipeline::{Context, record};
use crate::sigstore::{self, Keyring};

/// A document as it stands.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// Its manifest.
    pub(super) digest: Sha256,
    pub(super) channels: Channels,
    /// Who signed it; none where nobody did whom the policy trusts to publish.
    pub(super) signature: Option<Signature>,
    /// Why there may be signatures that were not seen.
    pub(super) unread: Option<String>,
    /// Whether the ledger has a trusted statement about it.
    pub(super) recorded: bool,
}

/// A signature that counts.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) bundle: String,
    /// The key or identity of the policy.
    pub(super) signer: String,
    /// Whether it is attached to the document, and not only in the ledger.
    pub(super) attached: bool,
}

/// A statement about a channel by somebody whom the policy trusts to publish.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) bundle: String,
    pub(super) claim: ChannelClaim,
    pub(super) signer: String,
    subjects: Vec<Sha256>,
}

impl Said {
    /// Whether it is about a document that holds what it says.
    fn vouches_for(&self, digest: Sha256, channels: &Channels) -> bool {
        self.subjects.contains(&digest) && channels.channels.get(&self.claim.channel) == Some(&self.claim.pointer)
    }
}

/// The document of a chart; none where there is none.
///
/// # Errors
/// The registry cannot be asked; what lies there is no such document, or one of a later program (exit 3).
pub(super) async fn held(cx: &Context<'_>, desk: &Desk, chart: &str) -> Result<Option<Held>, Failure> {
    let Some(digest) = desk.destination.resolve(chart, TAG).await? else { return Ok(None) };
    let bytes = desk.destination.document(chart, digest, ARTIFACT_TYPE).await?;
    let name = format!("{}:{TAG}", desk.repository(chart));
    let channels =
        Channels::parse(&bytes, &desk.ground.config().repository.id, chart).map_err(|why| match why {
            Unusable::Malformed(why) => {
                Failure::undetermined(format!("{name} does not say what channels point at"))
                    .because(why)
                    .hint("look at who wrote it; without that tag a channel is set anew")
            }
            Unusable::Newer(version) => Failure::undetermined(format!("{name} is of version {version}"))
                .because("this program reads version 1")
                .hint("use a newer git lineage"),
        })?;
    let ledger = recorded(cx, desk, chart)?;
    let recorded = ledger.iter().find(|said| said.vouches_for(digest, &channels));
    // One in the ledger is as good: who can take attachments away must not be able to take a signature away.
    let (attached, unread) = match desk.destination.bundles(chart, digest).await {
        Ok((bundles, unread)) => (said(cx, desk, chart, bundles)?, unread),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let attached = attached.iter().find(|said| said.vouches_for(digest, &channels));
    let signature = attached.map(|said| (said, true)).or(recorded.map(|said| (said, false)));
    let signature = signature.map(|(said, attached)| Signature {
        bundle: said.bundle.clone(),
        signer: said.signer.clone(),
        attached,
    });
    let recorded = recorded.is_some();
    Ok(Some(Held { digest, channels, signature, unread, recorded }))
}

/// What the ledger of a chart has of its channels.
///
/// # Errors
/// It cannot be read.
pub(super) fn recorded(cx: &Context<'_>, desk: &Desk, chart: &str) -> Result<Vec<Said>, Failure> {
    let records = cx.repo.read_whole_ledger(chart)?.records;
    said(cx, desk, chart, records.into_iter().map(|annotated| annotated.record.bundle.get().to_owned()))
}

/// The statements among bundles that count. Others are passed over: anybody may attach anything.
fn said(
    cx: &Context<'_>,
    desk: &Desk,
    chart: &str,
    bundles: impl IntoIterator<Item = String>,
) -> Result<Vec<Said>, Failure> {
    let policy = &desk.ground.policy;
    let uri = Predicate::Channel.uri(&policy.config.predicate_prefix);
    let keys = record::trusted_keys(policy)?;
    let revoked = revoked(cx, &desk.ground, None)?;
    let counts = |bundle: String| {
        // To read it is quick, to verify it is not.
        sigstore::statement(&bundle).ok().filter(|statement| statement.predicate_type == uri)?;
        let (statement, proof) = sigstore::examine(&bundle, Keyring { keys: &keys, roots: &cx.roots });
        let signer = signed_by(policy, Stage::Publish, &proof).ok()?.name.to_owned();
        revoked.signature(&proof, false).ok()?;
        let statement = statement.ok()?;
        let subjects = statement.subject.iter().filter_map(crate::model::Subject::sha256).collect();
        let claim: ChannelClaim = serde_json::from_value(statement.predicate).ok()?;
        let own = claim.about.repository == policy.config.repository.id && claim.about.chart == chart;
        own.then_some(Said { bundle, claim, signer, subjects })
    };
    Ok(bundles.into_iter().filter_map(counts).collect())
}
