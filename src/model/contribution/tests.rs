//! The matrix of AM-T1 … T10.

use super::*;

fn somebody(login: &str) -> Somebody {
    Somebody { login: login.to_owned(), bot: login.ends_with("[bot]") }
}

fn made(commit: &str, login: &str) -> Made {
    Made { commit: commit.to_owned(), author: Some(somebody(login)), signature: Ok(()) }
}

/// One that is fine in every respect.
fn good() -> Contribution {
    Contribution {
        open: true,
        draft: false,
        base: "integration".to_owned(),
        head: "b".repeat(40),
        author: Some(somebody("Ada")),
        commits: vec![made(&"a".repeat(40), "ada"), made(&"b".repeat(40), "ada")],
        validation: Validation::Passed,
    }
}

fn decide(change: impl FnOnce(&mut Contribution)) -> Decision {
    let mut contribution = good();
    change(&mut contribution);
    let config = Config::parse(
        "lineage.toml",
        "version = 1\n[repository]\nid = \"r\"\n[required]\nvalidate = [\"chart-lint\"]\n[[trust.identities]]\n\
         name = \"ci\"\nissuer = \"https://issuer.example\"\nsigner = \"ci@example.org\"\n",
    )
    .unwrap();
    let settings = AutoMerge { bases: Vec::new(), bots: vec!["dependabot".to_owned()] };
    contribution.decide(&config, &settings, &Owners::parse("* @ada @aRustyDev\n"), false)
}

fn codes(found: &[String]) -> Vec<&str> {
    found.iter().map(|reason| reason.split(':').next().unwrap_or_default()).collect()
}

#[test]
fn am_t8_only_what_is_fine_in_every_respect_is_merged() {
    assert!(decide(|_| {}).is_clear());
    let bot = |contribution: &mut Contribution| {
        contribution.author = Some(somebody("dependabot[bot]"));
        contribution.commits = vec![made(&"b".repeat(40), "dependabot[bot]")];
    };
    assert!(decide(bot).is_clear(), "e5");
}

#[test]
fn am_t1_t3_t4_each_reason_is_a_refusal_of_its_own() {
    let failed = decide(|c| c.validation = Validation::Ended("failure".to_owned()));
    assert_eq!(codes(&failed.refused), ["w1_failed"]);
    let awaited = decide(|c| c.validation = Validation::Awaited);
    assert_eq!(codes(&awaited.refused), ["w1_failed"]);
    assert_eq!(codes(&decide(|c| c.open = false).refused), ["pr_closed"]);
    assert_eq!(codes(&decide(|c| c.draft = true).refused), ["draft"]);
    let elsewhere = decide(|c| c.base = "main".to_owned());
    assert_eq!((codes(&elsewhere.left), elsewhere.refused.len()), (vec!["branch_not_allowed"], 0));
}

#[test]
fn am_t6_t9_t10_who_is_not_known_or_did_not_sign_is_left_to_a_person() {
    for login in ["mallory", "aRusty", "ada[bot]", "renovate[bot]"] {
        let decision = decide(|c| c.author = Some(somebody(login)));
        assert_eq!(codes(&decision.left), ["untrusted"], "x11 {login}");
    }
    assert_eq!(codes(&decide(|c| c.author = None).left), ["untrusted"]);
    // A stranger's commit in an owner's pull request.
    let theirs = decide(|c| c.commits.insert(0, made(&"c".repeat(40), "mallory")));
    assert_eq!(codes(&theirs.left), ["untrusted"]);
    let nobodys = decide(|c| c.commits[0].author = None);
    assert_eq!(codes(&nobodys.left), ["untrusted"]);
    let unsigned = decide(|c| c.commits[0].signature = Err("unsigned".to_owned()));
    assert_eq!(codes(&unsigned.left), ["unsigned"]);
    let both = decide(|c| {
        c.author = Some(somebody("mallory"));
        c.commits[1].signature = Err("bad_email".to_owned());
    });
    assert_eq!(codes(&both.left), ["untrusted", "unsigned"]);
}

#[test]
fn commits_that_are_not_shown_are_nobodys() {
    for change in [
        (|c: &mut Contribution| c.commits.clear()) as fn(&mut Contribution),
        |c| c.head = "c".repeat(40),
        |c| c.commits = vec![made(&"b".repeat(40), "ada"); SHOWN],
    ] {
        assert_eq!(codes(&decide(change).left), ["unsigned"]);
    }
}
