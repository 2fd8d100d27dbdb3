//! Changes of what main trusts, and who vouches for them: the judge has seen main as it was before.

use serde_json::{Value, json};

use crate::conformance::case::{Anchor, Case, case};
use crate::conformance::desk::{canonical, record_line};
use crate::conformance::scene::Scene;
use crate::conformance::signer::{Signer, sha256, signed_text};
use crate::world::{MALLORY_PUBLIC, REPOSITORY, policy, policy_of, widened, with_second};

/// The release made after the change.
const NEXT: &str = "test-workflow-v0.2.9";
const LEDGER: &str = "@policy";

/// What happens to main after the judge saw it; then a release that is honest by main's policy.
fn change(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    make: impl Fn(&Scene<'_>) + Send + Sync + 'static,
) -> Case {
    signed_by(id, title, done, "ci.pem", make)
}

/// The same, with a release that another key signs.
fn signed_by(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    key: &'static str,
    make: impl Fn(&Scene<'_>) + Send + Sync + 'static,
) -> Case {
    case(id, title, done).against(Anchor::Seen).judging(NEXT).by(move |scene| {
        make(scene);
        let mut desk = scene.desk();
        desk.sign_all(key);
        desk.release_again(NEXT, "0.2.9", &[]);
        desk.publish();
    })
}

fn refused(word: &'static str, case: Case) -> Case {
    case.fails(&["policy"], &[word])
}

/// The key that is trusted vouches for a second key, and something is done to the statement.
fn forged(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    (key, word): (&'static str, &'static str),
    edit: fn(&mut Value),
) -> Case {
    let make = move |scene: &Scene<'_>| {
        scene.vouched(&widened());
        scene.forge_vouchers(key, edit);
    };
    refused(word, change(id, title, done, make))
}

impl Scene<'_> {
    /// The clones a policy is changed from.
    pub(super) fn clones(&self) {
        for name in ["dev", "ci"] {
            if !self.world.path(name).exists() {
                self.world.clone(name, &["--template="]);
            }
        }
    }

    /// Main's policy changes, and nobody vouches for it. There is a ledger of such statements, with nothing in it.
    pub(super) fn changed(&self, text: &str) -> String {
        self.clones();
        let commit = self.world.change_policy(text);
        let origin = self.origin();
        if !origin.has_ref("refs/notes/lineage-@policy") {
            let file = origin.rev(&format!("{commit}:lineage.toml"));
            origin.write_ledger(LEDGER, &[(file, record_line("policy", "1", "{}"))]);
        }
        commit
    }

    /// Main's policy changes, and the key that is trusted vouches for it.
    pub(super) fn vouched(&self, text: &str) -> String {
        self.clones();
        let commit = self.world.vouched_policy(text);
        self.world.ci().lineage(["sync"]).succeeds();
        commit
    }

    /// Somebody vouches for a change that is on main already.
    pub(super) fn vouch_late(&self, commit: &str, key: &str) {
        let (before, ci) = (format!("{commit}~1"), self.world.ci());
        ci.fetch();
        let words = ["trust", "change", "--from", &before, "--to", commit, "--reason", "it was meant"];
        ci.with_key(Some(key)).lineage(words).succeeds();
        ci.lineage(["sync"]).succeeds();
    }

    /// Every statement about main's policy says something else, signed by this key.
    pub(super) fn forge_vouchers(&self, key: &str, edit: fn(&mut Value)) {
        let signer = Signer::load(&self.world.path("keys").join(key));
        let forged = |(on, line): (String, String)| {
            let record: Value = serde_json::from_str(&line).expect("a record is JSON");
            let mut statement =
                serde_json::from_str(&signed_text(&record["bundle"])).expect("a statement is JSON");
            edit(&mut statement);
            (on, record_line("policy", "1", &signer.bundle(&canonical(&statement))))
        };
        let lines: Vec<(String, String)> = self.origin().ledger_lines(LEDGER).into_iter().map(forged).collect();
        assert!(!lines.is_empty(), "there are statements to forge");
        self.origin().write_ledger(LEDGER, &lines);
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = honest();
    cases.extend(forgeries());
    cases.extend(attacks());
    cases
}

fn honest() -> Vec<Case> {
    vec![
        change(
            "change-vouched",
            "A second key",
            "nothing; the trusted key vouched for a second one before main took it",
            |scene| {
                drop(scene.vouched(&widened()));
            },
        ),
        signed_by(
            "change-vouched-new-key",
            "A second key that signs",
            "nothing; the second key, vouched for, signed the release",
            "mallory.pem",
            |scene| {
                drop(scene.vouched(&widened()));
            },
        ),
        signed_by(
            "change-rotation",
            "A key that takes over",
            "nothing; the old key vouched for the new one, which signed the release",
            "mallory.pem",
            |scene| {
                drop(scene.vouched(&policy_of(REPOSITORY, MALLORY_PUBLIC)));
            },
        ),
        change(
            "change-vouched-afterwards",
            "A change vouched for afterwards",
            "nothing; the trusted key vouched for the change after main took it",
            |scene| {
                let commit = scene.changed(&widened());
                scene.vouch_late(&commit, "ci.pem");
            },
        ),
        change(
            "change-there-and-back",
            "Two changes, both vouched for",
            "nothing; a second key came and went, each with a statement",
            |scene| {
                scene.vouched(&widened());
                drop(scene.vouched(&policy()));
            },
        ),
        change(
            "change-of-words",
            "A comment in the policy",
            "nothing; main's policy has another comment and another order, which is no change of trust",
            |scene| {
                drop(scene.changed(&format!("# Ours.\n{}", policy())));
            },
        ),
        change(
            "change-junk-beside-it",
            "Junk beside the statement",
            "the change is vouched for; a stranger's statement and lines that are no records stand beside it",
            |scene| {
                let commit = scene.vouched(&widened());
                let (site, file) = (scene.origin(), scene.origin().rev(&format!("{commit}:lineage.toml")));
                let mut lines = site.ledger_lines(LEDGER);
                let mallory = Signer::load(&scene.world.path("keys/mallory.pem")).bundle("{}");
                lines.insert(0, (file.clone(), record_line("policy", "2", &mallory)));
                lines.insert(0, (file, "not json".to_owned()));
                site.write_ledger(LEDGER, &lines);
            },
        ),
        case(
            "change-on-first-use",
            "A change nobody vouched for, seen for the first time",
            "the judge saw nothing before: main is believed as it is, and the verdict says so",
        )
        .judging(NEXT)
        .exits(0, &[], &["first-use", "pinned"])
        .by(|scene| {
            scene.changed(&widened());
            release(scene, "mallory.pem");
        }),
        case(
            "change-against-a-policy",
            "A change nobody vouched for, judged by the policy before",
            "the new key signed the release; the judge's policy knows the old one alone",
        )
        .against(Anchor::Policy)
        .judging(NEXT)
        .fails(
            &["w5-semver-bump", "w6-tag", "w7-build-test-workflow"],
            &["the signature is not that of any trusted key"],
        )
        .by(|scene| {
            scene.changed(&widened());
            release(scene, "mallory.pem");
        }),
    ]
}

fn release(scene: &Scene<'_>, key: &'static str) {
    let mut desk = scene.desk();
    desk.sign_all(key);
    desk.release_again(NEXT, "0.2.9", &[]);
    desk.publish();
}

fn forgeries() -> Vec<Case> {
    vec![
        forged(
            "change-by-the-new-key",
            "A new key that vouches for itself",
            "the key that is added signed the statement",
            ("mallory.pem", "the signature is not that of"),
            |_| {},
        ),
        forged(
            "change-for-another-repository",
            "A statement for another repository",
            "the statement is about another repository",
            ("ci.pem", "about the repository 1111"),
            |s| {
                s["predicate"]["repository"] = json!("11111111-1111-4111-8111-111111111111");
            },
        ),
        forged(
            "change-from-something-else",
            "A statement about a change from something else",
            "the statement names another trust before",
            ("ci.pem", "it is about the change from"),
            |s| {
                s["predicate"]["from"] = json!(sha256("x"));
            },
        ),
        forged(
            "change-to-something-else",
            "A statement about a change to something else",
            "the statement names another trust after",
            ("ci.pem", "it is about the change from"),
            |s| {
                s["predicate"]["to"] = json!(sha256("x"));
            },
        ),
        forged(
            "change-of-another-file",
            "A statement about another file",
            "the statement's subject is another lineage.toml",
            ("ci.pem", "its subject is not lineage.toml"),
            |s| {
                s["subject"][0]["digest"]["sha256"] = json!(sha256("x"));
            },
        ),
        forged(
            "change-with-a-subject-too-many",
            "A statement with a subject too many",
            "the statement is about another file, too",
            ("ci.pem", "its subject is not lineage.toml"),
            |s| {
                let again = s["subject"][0].clone();
                s["subject"].as_array_mut().expect("a list").push(again);
            },
        ),
        forged(
            "change-upon-another-commit",
            "A statement upon another commit",
            "the statement was made upon a commit that is not on main",
            ("ci.pem", "which is not on main since"),
            |s| {
                s["predicate"]["base"] = json!("1234567890123456789012345678901234567890");
            },
        ),
        forged(
            "change-as-a-review",
            "A statement of another kind",
            "the statement's predicate type is a review's",
            ("ci.pem", "its predicate type is"),
            |s| {
                s["predicateType"] = json!("https://git-lineage.dev/review/v1");
            },
        ),
    ]
}

fn attacks() -> Vec<Case> {
    vec![
        refused("nobody trusted before vouched for that", signed_by("change-by-nobody", "A key added by nobody", "main adds a key without any statement, and that key signed the release", "mallory.pem", |scene| {
            drop(scene.changed(&widened()));
        })),
        refused("nobody trusted before vouched for that", change("change-stricter-by-nobody", "A check required by nobody", "main requires one check less, and another one instead, without any statement", |scene| {
            drop(scene.changed(&policy().replace("    \"k8s-install\",\n", "")));
        })),
        change("change-not-fetched", "A ledger of statements that is gone", "the trusted key vouched for the change; the ledger that says so is deleted, and that there was none cannot be told from that", |scene| {
            scene.vouched(&widened());
            scene.origin().git(["update-ref", "-d", "refs/notes/lineage-@policy"]);
        })
            .exits(3, &["policy"], &["never fetched"]),
        refused("the trust is what the change left", change("change-replayed", "A statement used twice", "a second key came and went, each vouched for; then it came again, with the first statement alone", |scene| {
            scene.vouched(&widened());
            scene.vouched(&policy());
            drop(scene.changed(&widened()));
        })),
        refused("the policy statement there is does not count", change("change-two-the-first-unsigned", "Two changes, the second vouched for", "nobody vouched for the first change; the trusted key did for the second", |scene| {
            scene.changed(&widened());
            drop(scene.vouched(&with_second("\"build\"")));
        })),
        refused("does not count", change("change-two-the-second-unsigned", "Two changes, the first vouched for", "the trusted key vouched for the first change; the second key, which may not, for the next", |scene| {
            scene.vouched(&with_second("\"tag\", \"build\""));
            let commit = scene.vouched(&widened());
            let file = scene.origin().rev(&format!("{commit}:lineage.toml"));
            let site = scene.origin();
            let mallory = Signer::load(&scene.world.path("keys/mallory.pem"));
            let lines = site.ledger_lines(LEDGER).into_iter().map(|(on, line)| {
                let record: Value = serde_json::from_str(&line).expect("a record is JSON");
                let text = signed_text(&record["bundle"]);
                let line = if on == file { record_line("policy", "1", &mallory.bundle(&text)) } else { line };
                (on, line)
            });
            let lines: Vec<_> = lines.collect();
            site.write_ledger(LEDGER, &lines);
        })),
        refused("does not trust for the policy stage", change("change-role-missing", "A key without the role", "a key trusted for tags and builds alone vouched for the change", |scene| {
            scene.vouched(&with_second("\"tag\", \"build\""));
            scene.seen_now();
            scene.vouched(&widened());
            scene.forge_vouchers("mallory.pem", |_| {});
        })),
        refused("nobody trusted before vouched for that", change("change-taken-back-unsigned", "A change and its return", "nobody vouched for the change, nor for its return; the policy is as it was", |scene| {
            scene.changed(&widened());
            drop(scene.changed(&policy()));
        })),
        refused("without a lineage.toml that can be used", change("change-policy-damaged-between", "A policy that was damaged in between", "main's policy is no TOML for one commit, and then as it was", |scene| {
            let site = scene.origin();
            site.write_ledger(LEDGER, &[(site.rev("refs/heads/main:lineage.toml"), "{}".to_owned())]);
            scene.desk().main_moved_after(&[("lineage.toml", Some(b"version = \n"))]);
            scene.desk().main_moved_after(&[("lineage.toml", Some(policy().as_bytes()))]);
        })),
        refused("nobody trusted before vouched for that", change("change-by-a-merge", "A change by a merge", "a branch changed the policy, and a merge brought it to main, without any statement", |scene| {
            let site = scene.origin();
            site.write_ledger(LEDGER, &[(site.rev("refs/heads/main:lineage.toml"), "{}".to_owned())]);
            let main = site.rev("refs/heads/main");
            let tree = site.tree_with("refs/heads/main^{tree}", &[("lineage.toml", Some(widened().as_bytes()))]);
            let side = site.commit_of(&tree, &[&main], "side");
            let merge = site.commit_of(&tree, &[&main, &side], "merge");
            site.git(["update-ref", "refs/heads/main", &merge]);
        })),
    ]
}
