//! `waive`.

use clap::ValueEnum;

use super::session::Session;
use super::{Mutating, Signing, bump};
use crate::model::{Exit, Failure, Stage};
use crate::pipeline::waive::{self, Options};
use crate::terminal::people;

/// Answer for a required check that is missing or failed
///
/// Signs that this check need not hold, for this very content of the chart and for a while. The signer is a
/// second person: a key whose entry under `[[trust.keys]]` names the role `waive` and an `account`, and whose
/// account is known to be neither the author's nor that of whoever merged the contribution. The policy knows
/// people by `[[people]]`; an address it does not know may be anybody's, so it stands in the way.
///
/// The waiver goes with the release: seal and tag name it, `bump`, `tag`, `build` and `publish` warn of it, and
/// `verify` shows it and fails unless waivers are allowed. A release has to be tagged before it expires. Seals,
/// links, reviews, the tag and the build are never waived.
///
/// Exit code 1 where the signer may not waive this, 3 where it cannot be told whether the check holds.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The check, with its variant: `lint-test-v1.32.11`
    check: String,
    /// The chart, and the revision whose content it is about; none: HEAD
    #[arg(value_name = "CHART[@REV]")]
    spec: String,
    /// Why; `verify` shows it
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Until when: a day (2026-12-31), or a duration (12h, 30d, 2w); at most 90 days, none: 30 days
    #[arg(long, value_name = "DATE|DURATION")]
    expires: Option<String>,
    /// Which content: the contribution's, or the bumped chart's; for a check that both must pass
    #[arg(long, value_enum)]
    stage: Option<Of>,
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    Validate,
    Bump,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let Args { check, spec, reason, expires, stage, .. } = args;
    let stage = stage.map(|stage| match stage {
        Of::Validate => Stage::Validate,
        Of::Bump => Stage::Bump,
    });
    let options = Options { check, spec, stage, reason, expires };
    let report = session.work_fetching(|cx| waive::run(cx, &options))?;
    session.say(&report, people::waive)?;
    Ok(bump::of(report.outcome))
}
