//! Lines of main with changes of trust, and who vouched for them.

use super::*;
use crate::git::ledger::POLICY_LEDGER;
use crate::model::statement::PolicyChange;
use crate::model::{Predicate, Record, Subject, Timestamp};
use crate::pipeline::record;
use crate::pipeline::testing::World;
use crate::sigstore::PrivateKey;

/// A policy that trusts one key; `letter` is all that differs between trusts. Each branch has files of its own.
/// `R`, `E` and `L` are `a` with a release revoked: since a year, since the year before, since the year after;
/// `K` is `a` with the key revoked.
fn text(key: &PrivateKey, branch: &str, letter: char) -> String {
    let revoked = match letter {
        'R' => "release = \"x-v1.0.0\"\nsince = \"2026-01-01T00:00:00Z\"\n",
        'E' => "release = \"x-v1.0.0\"\nsince = \"2025-01-01T00:00:00Z\"\n",
        'L' => "release = \"x-v1.0.0\"\nsince = \"2027-01-01T00:00:00Z\"\n",
        'K' => "key = \"ci\"\nsince = \"2026-01-01T00:00:00Z\"\n",
        _ => return plain(key, branch, letter),
    };
    format!("{}[[trust.revoked]]\nreason = \"it leaked\"\n{revoked}", plain(key, branch, 'a'))
}

fn plain(key: &PrivateKey, branch: &str, letter: char) -> String {
    format!(
        "# {branch}\nversion = 1\n[repository]\nid = \"r\"\n[[checks]]\nname = \"lint\"\ncommand = [\"{letter}\"]\n\
         [required]\nvalidate = [\"lint\"]\n[[trust.keys]]\nname = \"ci\"\npublic = \"\"\"\n{}\"\"\"\n",
        key.public().pem
    )
}

fn parsed(text: &str) -> Policy {
    parse_policy("lineage.toml", text.as_bytes()).expect("a policy")
}

/// A repository, its key, and how to write main's line and vouch for changes.
struct Scene {
    world: World,
    key: PrivateKey,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let key = PrivateKey::generate(&world.path("key.pem")).expect("a key");
        Self { world, key }
    }

    /// A commit on a branch with the policy of a letter; `-` takes it away, `!` damages it.
    fn commit(&self, branch: &str, letter: char) -> Oid {
        let text = match letter {
            '-' => None,
            '!' => Some("version = 1\n".to_owned()),
            letter => Some(text(&self.key, branch, letter)),
        };
        let message = format!("{branch}: {letter}");
        self.world.commit(branch, "nothing", &message, &[(POLICY_FILE, text.as_deref())])
    }

    fn trust(&self, letter: char) -> Sha256 {
        parsed(&text(&self.key, "main", letter)).config.trust_digest()
    }

    /// Vouches for a change made upon `base`.
    fn vouch(&self, branch: &str, base: &Oid, from: char, to: char) {
        let (before, after) = (parsed(&text(&self.key, branch, from)), parsed(&text(&self.key, branch, to)));
        let claim = PolicyChange {
            repository: "r".to_owned(),
            time: Timestamp::from_seconds(1),
            base: base.clone(),
            from: before.config.trust_digest(),
            to: after.config.trust_digest(),
            reason: "meant".to_owned(),
        };
        let subject = vec![Subject::new(POLICY_FILE, after.digest)];
        let statement = record::statement(&before.config, Predicate::Policy, subject, &claim).expect("written");
        let record = Record::new("policy", &self.key.sign(&statement).expect("signed")).expect("a record");
        let repo = self.world.repo();
        let file = repo.edit_tree(
            None,
            &std::collections::BTreeMap::from([(
                POLICY_FILE.to_owned(),
                crate::git::Edit::Write(text(&self.key, branch, to).into_bytes()),
            )]),
        );
        let file = repo.file_in(&file.expect("a tree"), POLICY_FILE).expect("readable").expect("a file");
        repo.post(POLICY_LEDGER, &file, &record).expect("posted");
    }

    fn line(&self, branch: &str, since: &Oid, pinned: char) -> Option<Line> {
        let main = self.world.repo().find_ref(&format!("refs/heads/{branch}")).expect("readable").expect("main");
        self.world.run(|cx| Line::since(cx, &main, since, self.trust(pinned))).expect("a line")
    }
}

#[test]
fn trust_is_followed_to_the_first_change_nobody_vouched_for() {
    // Every line of three commits after the pin over two policies, with and without a statement for each.
    let scene = Scene::new();
    for number in 0..64_u8 {
        let letters: Vec<char> = [1, 2, 4].map(|bit| if number & bit == 0 { 'a' } else { 'b' }).to_vec();
        let vouched: Vec<bool> = [8, 16, 32].map(|bit| number & bit != 0).to_vec();
        let branch = format!("main-{number}");
        let first = scene.commit(&branch, 'a');
        let (mut parent, mut from) = (first.clone(), 'a');
        let mut wanted = (first.clone(), 'a');
        let mut goes_on = true;
        for (letter, vouched) in letters.iter().copied().zip(vouched) {
            if vouched && letter != from {
                scene.vouch(&branch, &parent, from, letter);
            }
            let commit = scene.commit(&branch, letter);
            goes_on &= letter == from || vouched;
            if goes_on {
                wanted = (commit.clone(), letter);
            }
            (parent, from) = (commit, letter);
        }
        let line = scene.line(&branch, &first, 'a').expect("it descends");
        let found = line.accepted().map(|(at, trust)| (at.clone(), trust));
        assert_eq!(found, Some((wanted.0, scene.trust(wanted.1))), "{number}: {letters:?} {line:#?}");
    }
}

#[test]
fn a_statement_is_good_as_long_as_the_trust_it_was_made_upon() {
    let scene = Scene::new();
    let first = scene.commit("main", 'a');
    // Made before the pin, and landed after it: main moved on, its trust did not.
    let pinned = scene.world.commit("main", "nothing", "other", &[("README", Some("x"))]);
    scene.vouch("main", &first, 'a', 'b');
    scene.commit("main", 'b');
    assert_eq!(
        scene.line("main", &pinned, 'a').expect("it descends").last(),
        Some(&Standing::Accepted(scene.trust('b')))
    );
    // Taken back, vouched for, and done again: the same statement does not cover it.
    let b = scene.world.repo().find_ref("refs/heads/main").expect("readable").expect("main");
    scene.vouch("main", &b, 'b', 'a');
    scene.commit("main", 'a');
    scene.commit("main", 'b');
    let line = scene.line("main", &pinned, 'a').expect("it descends");
    assert_eq!(line.last(), Some(&Standing::Left(2)));
    assert!(
        matches!(&line.changes[2].vouched, Vouched::Nobody(why) if why.contains("which is not on main since"))
    );
    assert_eq!(line.before(&pinned), None);
}

#[test]
fn a_policy_that_is_gone_or_damaged_trusts_nobody() {
    for letter in ['-', '!'] {
        let scene = Scene::new();
        let first = scene.commit("main", 'a');
        let gone = scene.commit("main", letter);
        scene.commit("main", 'a');
        let line = scene.line("main", &first, 'a').expect("it descends");
        assert_eq!(line.last(), Some(&Standing::Left(0)));
        assert_eq!((&line.changes[0].commit, line.changes[0].to), (&gone, None));
        assert_eq!(line.accepted(), Some((&first, scene.trust('a'))));
        // Where nothing is pinned, each change is shown on its own.
        let main = scene.world.repo().find_ref("refs/heads/main").expect("readable").expect("main");
        let whole = scene.world.run(|cx| Line::whole(cx, &main)).expect("a line");
        assert_eq!(whole.changes.len(), 2);
        assert!(whole.changes.iter().all(|change| matches!(change.vouched, Vouched::Nobody(_))));
    }
}

#[test]
fn what_was_not_pinned_is_not_accepted() {
    let scene = Scene::new();
    let first = scene.commit("main", 'b');
    scene.vouch("main", &first, 'b', 'c');
    scene.commit("main", 'c');
    let line = scene.line("main", &first, 'a').expect("it descends");
    assert_eq!(line.last(), Some(&Standing::Unlike));
    assert_eq!(line.accepted(), None);
    let elsewhere = scene.commit("other", 'a');
    assert!(scene.line("main", &elsewhere, 'a').is_none());
}

#[test]
fn a_revocation_goes_only_with_somebody_s_word() {
    // Every line of three commits after the pin, with and without a revocation, and a statement for each drop.
    let scene = Scene::new();
    for number in 0..64_u8 {
        let letters: Vec<char> = [1, 2, 4].map(|bit| if number & bit == 0 { 'a' } else { 'R' }).to_vec();
        let vouched: Vec<bool> = [8, 16, 32].map(|bit| number & bit != 0).to_vec();
        let branch = format!("main-{number}");
        let first = scene.commit(&branch, 'R');
        let (mut parent, mut from) = (first.clone(), 'R');
        let mut wanted = first.clone();
        let mut goes_on = true;
        for (letter, vouched) in letters.iter().copied().zip(vouched) {
            if vouched && (from, letter) == ('R', 'a') {
                scene.vouch(&branch, &parent, from, letter);
            }
            let commit = scene.commit(&branch, letter);
            goes_on &= (from, letter) != ('R', 'a') || vouched;
            if goes_on {
                wanted = commit.clone();
            }
            (parent, from) = (commit, letter);
        }
        let line = scene.line(&branch, &first, 'a').expect("it descends");
        let found = line.accepted().map(|(at, _)| at.clone());
        assert_eq!(found, Some(wanted), "{number}: {letters:?} {line:#?}");
        // What was dropped with nobody's word goes on counting, however often main changes its mind.
        assert_eq!(line.kept.release("x-v1.0.0").is_some(), !goes_on, "{number}: {letters:?} {line:#?}");
    }
}

#[test]
fn a_revocation_weakens_by_a_later_date_alone() {
    let scene = Scene::new();
    for (number, (from, to, accepted)) in
        [('R', 'E', true), ('R', 'L', false), ('E', 'R', false), ('L', 'E', true), ('a', 'L', true)]
            .into_iter()
            .enumerate()
    {
        let branch = format!("main-{number}");
        let first = scene.commit(&branch, from);
        scene.commit(&branch, to);
        let line = scene.line(&branch, &first, 'a').expect("it descends");
        assert_eq!(line.last() == Some(&Standing::Accepted(scene.trust('a'))), accepted, "{from} {to}");
        assert_eq!(line.changes.is_empty(), accepted, "{from} {to}");
        assert_eq!(line.kept.is_empty(), accepted, "{from} {to}");
    }
}

#[test]
fn a_statement_about_a_dropped_revocation_is_good_once() {
    let scene = Scene::new();
    let first = scene.commit("main", 'R');
    scene.vouch("main", &first, 'R', 'a');
    scene.commit("main", 'a');
    assert_eq!(
        scene.line("main", &first, 'a').expect("it descends").last(),
        Some(&Standing::Accepted(scene.trust('a')))
    );
    // Revoked again, which is free, and dropped again: the trust is the same all the time, the statement too.
    scene.commit("main", 'R');
    scene.commit("main", 'a');
    let line = scene.line("main", &first, 'a').expect("it descends");
    assert_eq!(line.last(), Some(&Standing::Left(1)));
    assert_eq!(line.changes[1].dropped, ["the revocation of the release x-v1.0.0 since 2026-01-01T00:00:00Z"]);

    // A change of trust that was signed before a revocation came does not take it along.
    let base = scene.commit("late", 'a');
    scene.vouch("late", &base, 'a', 'b');
    scene.commit("late", 'R');
    scene.commit("late", 'b');
    assert_eq!(scene.line("late", &base, 'a').expect("it descends").last(), Some(&Standing::Left(0)));
}

#[test]
fn a_revoked_key_vouches_for_nothing() {
    let scene = Scene::new();
    for (number, to) in ['a', 'b'].into_iter().enumerate() {
        let branch = format!("main-{number}");
        let first = scene.commit(&branch, 'K');
        scene.vouch(&branch, &first, 'K', to);
        scene.commit(&branch, to);
        let line = scene.line(&branch, &first, 'a').expect("it descends");
        assert_eq!(line.last(), Some(&Standing::Left(0)));
        assert!(
            matches!(&line.changes[0].vouched, Vouched::Nobody(why) if why.contains("which is revoked since")),
            "{line:#?}"
        );
    }
}
