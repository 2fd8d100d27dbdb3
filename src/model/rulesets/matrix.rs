//! The matrix of the brief (acceptance RS-1 to RS-5) as rulesets.
//!
//! | ref | deletion | push | by pull request | who gets past |
//! |---|---|---|---|---|
//! | main | never | never | 1 approval, checks | administrators past the block of pushes; past the checks nobody |
//! | integration | never | never | 1 approval, checks | administrators; the App, which ports versions back |
//! | per-chart | yes | the App | the App | the App |
//! | release | never | the App | the App | the App |
//! | tags | never | never | | creation: the App |

use serde_json::json;

use super::refs::Names;
use super::{ACTIONS_APP, ADMIN_ROLE, Actor, PREFIX, Rule, Ruleset, Target};
use crate::model::Failure;
use crate::model::config::{AdminBypass, Config, Flow};
use crate::model::workflows;

/// The rulesets of a configuration, in the order they are made (RS-8): what protects least-used refs first, main
/// last, because from then on nothing lands there but by pull requests with checks.
///
/// # Errors
/// Exit 2: no App is named that could move the refs nobody else may, patterns that overlap, or a ref that
/// nobody could ever update (RS-5).
pub fn wanted(config: &Config) -> Result<Vec<Ruleset>, Failure> {
    let names = Names::of(config)?;
    let app = config.github.app_id.ok_or_else(|| {
        Failure::usage("no App is named that could move the branches and tags that nobody else may")
            .because("a ruleset without it would freeze them: merging a pull request is an update, too (RS-5)")
            .hint("write the App's number as `app-id` under [github] in lineage.toml")
    })?;
    let rulesets = matrix(config, &names, app);
    let frozen = super::frozen(&rulesets, config)?;
    match frozen.into_iter().next() {
        Some(what) => Err(Failure::usage(what).hint("name the App that moves it under [github] in lineage.toml")),
        None => Ok(rulesets),
    }
}

fn matrix(config: &Config, names: &Names, app: u64) -> Vec<Ruleset> {
    let app = Actor::app(app);
    let admin = admin(config.github.admin_bypass);
    let mut rulesets = Vec::new();
    let mut add = |name: &str, target, bypass: Vec<Actor>, include: &[String], rules: Vec<Rule>| {
        rulesets.push(Ruleset {
            name: format!("{PREFIX}{name}"),
            target,
            bypass: Some(bypass),
            include: include.to_vec(),
            exclude: Vec::new(),
            rules,
            active: true,
        });
    };
    let update = || Rule::with("update", json!({ "update_allows_fetch_and_merge": false }));
    let reviews = u64::min(config.required.reviews.max(1), 10);
    if let Some(integration) = &names.integration {
        let checks = checks([workflows::VALIDATE].into_iter(), false);
        // The App ports version and changelog back as a commit of its own, and the checks of a contribution
        // are what administrators may get past in an emergency (brief, workflow 1).
        let bypass = admin.iter().cloned().chain([app.clone()]).collect();
        add(
            "integration",
            Target::Branch,
            bypass,
            std::slice::from_ref(integration),
            vec![pulls(reviews), checks],
        );
        let rules = vec![Rule::plain("creation"), Rule::plain("non_fast_forward"), update()];
        add("chart-branches", Target::Branch, vec![app.clone()], &names.charts, rules);
    }
    let never = vec![Rule::plain("deletion"), Rule::plain("non_fast_forward"), Rule::plain("update")];
    add("tags-immutable", Target::Tag, Vec::new(), &names.tags, never);
    add("tags-create", Target::Tag, vec![app.clone()], &names.tags, vec![Rule::plain("creation")]);
    let release = std::slice::from_ref(&names.release);
    add("release", Target::Branch, vec![app], release, vec![Rule::plain("creation"), update()]);
    let long_lived: Vec<String> = [Some(&names.main), names.integration.as_ref(), Some(&names.release)]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let permanent = ["deletion", "non_fast_forward", "required_linear_history"].map(Rule::plain).to_vec();
    add("core-permanent", Target::Branch, Vec::new(), &long_lived, permanent);
    let main = std::slice::from_ref(&names.main);
    let own = match config.flow {
        Flow::Integration => workflows::GUARD,
        Flow::Direct => workflows::VALIDATE,
    };
    let contexts = [own].into_iter().chain(config.github.contexts.iter().map(String::as_str));
    // A chart's pull request goes stale only where its chart moved on main, which the guard and the tag look at
    // by content; GitHub's own strictness would make every chart wait for every other (acceptance A-06).
    let mut required = vec![checks(contexts, config.flow == Flow::Direct)];
    if config.github.merge_queue {
        required.push(queue());
    }
    // The secondary review is by one more person; in direct flow the only one there is.
    let approvals = if config.flow == Flow::Direct { reviews } else { 1 };
    add("main", Target::Branch, admin.into_iter().collect(), main, vec![pulls(approvals)]);
    add("main-checks", Target::Branch, Vec::new(), main, required);
    rulesets
}

/// Administrators, as far as they may get past the block of pushes.
fn admin(bypass: AdminBypass) -> Option<Actor> {
    let mode = match bypass {
        AdminBypass::Push => "always",
        AdminBypass::PullRequest => "pull_request",
        AdminBypass::None => return None,
    };
    Some(Actor { kind: "RepositoryRole".to_owned(), id: Some(ADMIN_ROLE), mode: mode.to_owned() })
}

fn pulls(approvals: u64) -> Rule {
    Rule::with(
        "pull_request",
        json!({
            "allowed_merge_methods": ["squash", "rebase"],
            "dismiss_stale_reviews_on_push": true,
            "require_code_owner_review": false,
            "require_last_push_approval": false,
            "required_approving_review_count": approvals,
            "required_review_thread_resolution": true,
        }),
    )
}

/// Check runs by their names, which are the names of jobs (RS-7). They count from GitHub Actions alone: a status
/// of the same name can be posted by anybody who may write.
fn checks<'a>(contexts: impl Iterator<Item = &'a str>, strict: bool) -> Rule {
    let checks: Vec<_> =
        contexts.map(|context| json!({ "context": context, "integration_id": ACTIONS_APP })).collect();
    Rule::with(
        "required_status_checks",
        json!({
            "do_not_enforce_on_create": true,
            "strict_required_status_checks_policy": strict,
            "required_status_checks": checks,
        }),
    )
}

fn queue() -> Rule {
    Rule::with(
        "merge_queue",
        json!({
            "check_response_timeout_minutes": 60,
            "grouping_strategy": "ALLGREEN",
            "max_entries_to_build": 5,
            "max_entries_to_merge": 1,
            "merge_method": "SQUASH",
            "min_entries_to_merge": 1,
            "min_entries_to_merge_wait_minutes": 0,
        }),
    )
}
