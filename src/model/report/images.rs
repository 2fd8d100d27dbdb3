//! The report of `bump --image`.

use serde::Serialize;

use super::{OpenPull, Outcome};
use crate::model::pull::PullText;
use crate::model::{Oid, Plan};

/// `bump --image`.
#[derive(Clone, Debug, Serialize)]
pub struct ImageReport {
    pub chart: String,
    /// By name, tag and digest.
    pub image: String,
    /// The contribution's branch.
    pub branch: String,
    /// The branch it goes to.
    pub base: String,
    /// What became of the contribution; unchanged where it, or the image, is there already.
    pub outcome: Outcome,
    /// The contribution's commit; none where nothing is to be contributed.
    pub commit: Option<Oid>,
    #[serde(flatten)]
    pub text: PullText,
    /// The pull request that has this text, where the forge has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull: Option<OpenPull>,
    pub plan: Plan,
}
