//! The real GitHub, for a person with a token: every answer that the stand-in claims is read once from where it is
//! from. Nothing is written. See README.md.

use std::io::Write as _;
use std::time::Duration;

use git_lineage::github::access::Hidden;
use git_lineage::github::{Access, Address, Error, GitHub, Pace, Slug};
use git_lineage::model::Sha256;

/// What a token may not see is refused with the permission it lacks; nothing else is in order.
fn seen<T: std::fmt::Debug>(what: &str, read: Result<T, Error>) -> Option<T> {
    match read {
        Ok(found) => Some(found),
        Err(Error::Forbidden { permission, message, .. }) => {
            writeln!(std::io::stderr(), "{what}: refused ({message}), needs {permission:?}").expect("stderr");
            None
        }
        Err(error) => panic!("{what}: {error}"),
    }
}

#[test]
fn live_what_is_read_of_github_can_be_read() {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(repository) = variable("LINEAGE_LIVE_REPO") else {
        let why = "LINEAGE_LIVE_REPO names no repository (tests/on_github/README.md)";
        writeln!(std::io::stderr(), "skipped: the live test of GitHub: {why}").expect("stderr takes a line");
        return;
    };
    let access = match variable("LINEAGE_LIVE_TOKEN").or_else(|| variable("GITHUB_TOKEN")) {
        Some(token) => Access::Token(Hidden::new(&token)),
        None => Access::Nobody,
    };
    let api = variable("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
    let address = Address::of_api(&api).expect("GITHUB_API_URL is an address");
    let pace = Pace { longest: Duration::from_secs(60), ..Pace::towards(&address) };
    let slug = Slug::parse(&repository).expect("LINEAGE_LIVE_REPO is owner/name");
    let github = GitHub::new(address, slug, access, pace).expect("a client");

    let about = github.about().expect("the repository can be read");
    assert!(about.full_name.eq_ignore_ascii_case(&repository), "{about:?}");
    assert!(about.html_url.starts_with("https://"), "{about:?}");
    assert!(github.repository().expect("again").id > 0);

    if let Some(rulesets) = seen("rulesets", github.rulesets(true)) {
        for ruleset in &rulesets {
            assert!(ruleset.body["rules"].is_array() && ruleset.body["enforcement"].is_string(), "{ruleset:?}");
        }
    }
    seen("rules of the default branch", github.branch_rules(&about.default_branch));
    let heads = seen("merged pull requests", github.merged_heads(&about.default_branch, 1)).unwrap_or_default();
    for head in heads {
        seen("checks", github.contexts(&head));
    }
    for release in seen("releases", github.recent_releases()).unwrap_or_default().into_iter().take(1) {
        if !release.draft {
            let again = github.public_release(&release.tag_name).expect("it is public");
            assert_eq!(again.map(|again| again.id), Some(release.id));
            assert!(github.tag(&release.tag_name).expect("a tag can be read").is_some(), "{}", release.tag_name);
        }
    }
    seen("actions", github.actions_policy());
    if let Some(token) = seen("permissions of jobs", github.job_token()) {
        assert!(["read", "write"].contains(&&*token.default_workflow_permissions), "{token:?}");
    }
    seen("immutable releases", github.immutable_releases());
    let nobody = Sha256::of("nobody ever attested this");
    assert_eq!(seen("attestations", github.kept(nobody)).unwrap_or_default(), Vec::<Vec<u8>>::new());
}
