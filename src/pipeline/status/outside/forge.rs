//! GitHub: its settings, rulesets and workflows, and its newest releases.

use std::sync::Arc;

use crate::github::releases::Release;
use crate::github::{Error, GitHub, settings};
use crate::model::Failure;
use crate::model::outside::{self, ActionsPolicy, Finding, JobToken, Repository, Seen};
use crate::pipeline::ground::Ground;
use crate::pipeline::{Context, hub, init, rulesets};

/// GitHub, as far as it could be reached.
pub(super) struct Reached {
    /// None: why it could not be, which is told already.
    pub(super) github: Option<Arc<GitHub>>,
    /// The repository's page.
    pub(super) page: String,
    /// The newest releases.
    pub(super) recent: Seen<Vec<Release>>,
}

fn seen<T>(read: Result<T, Error>) -> Seen<T> {
    read.map_err(|error| Failure::from(error).in_one_line())
}

/// Looks at everything that is not about a release.
pub(super) fn look(
    cx: &Context<'_>,
    ground: &Ground,
    found: &mut Vec<Finding>,
    warnings: &mut Vec<String>,
) -> Reached {
    let config = ground.config();
    let stale = init::stale(&cx.repo, &ground.main, config).map_err(|failure| failure.in_one_line());
    if let Ok(stale) = &stale {
        warnings.retain(|warning| !stale.contains(warning));
    }
    found.extend(outside::stale(&stale));
    let unreached = |why: String| Reached { github: None, page: String::new(), recent: Err(why) };
    let github = match hub::connect(cx, config) {
        Ok(github) => github,
        Err(failure) => {
            found.push(Finding::undetermined("GitHub", failure.in_one_line()));
            return unreached(failure.in_one_line());
        }
    };
    // What one may not see GitHub says is not there: without this, no answer below would mean anything.
    let about = match github.about() {
        Ok(about) => about,
        Err(error) => {
            let why = Failure::from(error).in_one_line();
            found.push(Finding::undetermined("GitHub", why.clone()));
            return unreached(why);
        }
    };
    let page = about.html_url.clone();
    let repository =
        Repository { name: about.full_name, page: about.html_url, default_branch: about.default_branch };
    found.push(outside::repository(&repository, &config.branches.main));
    match rulesets::looked(cx, ground) {
        Ok(report) => found.extend(outside::rulesets(&report)),
        Err(failure) => found.push(Finding::undetermined("rulesets", failure.in_one_line())),
    }
    let policy = seen(github.actions_policy()).map(policy);
    let token = seen(github.job_token()).map(token);
    found.extend(outside::actions(&page, config.github.app_id.is_some(), &policy, &token));
    found.extend(outside::immutable(&page, config.publish.release, &seen(github.immutable_releases())));
    let recent = if config.publish.release { seen(github.recent_releases()) } else { Ok(Vec::new()) };
    Reached { github: Some(github), page, recent }
}

fn policy(read: settings::ActionsPolicy) -> ActionsPolicy {
    ActionsPolicy { enabled: read.enabled, allowed: read.allowed_actions, pinned: read.sha_pinning_required }
}

fn token(read: settings::JobToken) -> JobToken {
    JobToken { default: read.default_workflow_permissions, approves: read.can_approve_pull_request_reviews }
}
