//! The ledger: lost, replayed, misplaced and littered. Whoever can push can write here.

use crate::conformance::case::{Anchor, Begin, Case, Place, case};
use crate::conformance::desk::record_line;
use crate::world::TAG;

const NOTES: &str = "refs/notes/lineage-test-workflow";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("ledger-not-fetched", "Notes that were not fetched", "nothing; the clone has branches and tags alone")
            .at(Place::WithoutLedger)
            .exits(3, &["w6-tag", "w5-semver-bump", "w7-build-test-workflow"], &["never fetched here"]),
        case("ledger-deleted", "A ledger that was deleted", "the notes ref is gone from the remote")
            .exits(3, &["w6-tag", "w5-semver-bump", "w7-build-test-workflow"], &["w5-semver-bump"])
            .by(|scene| drop(scene.origin().git(["update-ref", "-d", NOTES]))),
        case("ledger-dropped-note", "A note that was dropped", "the line of k8s-install is gone; the tag names its bundle")
            .exits(3, &["w1-k8s-install"], &["is not in the ledger here"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.withhold("w1-k8s-install");
                desk.write_ledger();
            }),
        case("ledger-dropped-link", "A bump link that was dropped", "the line of the bump link is gone; the tag names its bundle")
            .exits(3, &["w5-semver-bump"], &["is not in the ledger here"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.withhold("w5-semver-bump");
                desk.write_ledger();
            }),
        case("ledger-dropped-seal", "A seal that was dropped", "the line of the seal is gone; the tag names its bundle")
            .exits(3, &["w1-overall"], &["is not in the ledger here"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.withhold("w1-overall");
                desk.write_ledger();
            }),
        case("ledger-dropped-tag-statement", "A tag statement that was dropped", "the line of the tag statement is gone; nothing names it, so that it cannot be told from a tag nobody signed")
            .fails(&["w6-tag"], &["there is no such attestation"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.withhold("w6-tag");
                desk.write_ledger();
            }),
        case("ledger-dropped-build", "A build statement that was dropped", "the line of the build statement is gone")
            .fails(&["w7-build-test-workflow"], &["there is no such attestation"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.withhold("w7-build-test-workflow");
                desk.write_ledger();
            }),
        case("ledger-replayed-older-map", "An older ledger, replayed", "the notes are those from before the tag")
            .fails(&["w6-tag", "w7-build-test-workflow"], &["there is no such attestation"])
            .by(|scene| {
                let mut desk = scene.desk();
                let later: Vec<String> = desk.records.iter().map(|told| told.name.clone()).collect();
                for name in later.iter().filter(|name| ["w6", "w7", "w8"].contains(&&name[..2])) {
                    desk.withhold(name);
                }
                desk.write_ledger();
            }),
        case("ledger-of-the-release-before", "The ledger of the release before", "the notes are those from when 0.2.0 was published")
            .from(Begin::Second)
            .exits(3, &["w5-semver-bump", "w6-tag", "w7-build-test-workflow"], &["is not in the ledger here"])
            .by(|scene| {
                let older = scene.desk_of("test-workflow", TAG);
                let lines: Vec<(String, String)> = older
                    .site
                    .ledger_lines("test-workflow")
                    .into_iter()
                    .filter(|(on, _)| older.records.iter().any(|told| told.on == *on))
                    .collect();
                older.site.write_ledger("test-workflow", &lines);
            }),
        case("ledger-on-other-objects", "Notes on other objects", "every note annotates the commit instead of what it is about")
            .exits(3, &["w6-tag", "w5-semver-bump", "w7-build-test-workflow"], &["is not in the ledger here"])
            .by(|scene| {
                let desk = scene.desk();
                let lines = desk.site.ledger_lines("test-workflow");
                let moved: Vec<_> = lines.into_iter().map(|(_, line)| (desk.commit(), line)).collect();
                desk.site.write_ledger("test-workflow", &moved);
            }),
        case("ledger-note-of-another-chart", "A note of another chart", "the line of k8s-install is replaced by the other chart's")
            .from(Begin::Second)
            .fails(&["w1-k8s-install"], &["not the bundle"])
            .by(|scene| {
                let mut other = scene.desk_of("cloudflared", crate::conformance::scene::OTHER);
                let statement = other.record("w1-k8s-install").statement.clone();
                let mut desk = scene.desk();
                let (on, line) = (desk.tree_of("w1-k8s-install"), desk.line_of("w1-k8s-install", &statement, "ci.pem"));
                desk.withhold("w1-k8s-install");
                desk.add_line(&on, line);
                desk.write_ledger();
            }),
        case("ledger-of-another-chart", "The ledger of another chart", "the chart's notes ref points to the other chart's notes")
            .from(Begin::Second)
            .exits(3, &["w5-semver-bump", "w6-tag", "w7-build-test-workflow"], &["is not in the ledger here"])
            .by(|scene| drop(scene.origin().git(["update-ref", NOTES, "refs/notes/lineage-cloudflared"]))),
        case("ledger-is-a-blob", "A ledger that is no notes tree", "the notes ref points to a blob")
            .fails(&["w5-semver-bump", "w6-tag", "w7-build-test-workflow"], &["no commit"])
            .at(Place::Itself)
            .by(|scene| {
                let blob = scene.origin().blob(b"junk\n");
                scene.origin().git(["update-ref", NOTES, &blob]);
            }),
        case("ledger-newer-line", "A line of a later version", "the line of k8s-install is written as version 2")
            .fails(&["w1-k8s-install"], &["newer than this program reads"])
            .by(|scene| {
                let mut desk = scene.desk();
                let (on, statement) = (desk.tree_of("w1-k8s-install"), desk.record("w1-k8s-install").statement.clone());
                let line = desk.line_of("w1-k8s-install", &statement, "ci.pem").replacen("\"v\":1", "\"v\":2", 1);
                desk.withhold("w1-k8s-install");
                desk.add_line(&on, line);
                desk.write_ledger();
            }),
        case("ledger-junk", "Junk in the ledger", "lines that are no records stand between the others")
            .by(|scene| {
                let mut desk = scene.desk();
                let on = desk.tree_of("w1-k8s-install");
                for junk in ["not json", "{}", "[]", "null", "{\"v\":1}", "\u{feff}{}"] {
                    desk.add_line(&on, junk);
                }
                desk.write_ledger();
            }),
        case("ledger-junk-records", "Records of nothing in the ledger", "well-formed lines with empty and broken bundles, under the names of required checks")
            .by(|scene| {
                let mut desk = scene.desk();
                let on = desk.tree_of("w1-k8s-install");
                for bundle in ["{}", "{\"dsseEnvelope\":{}}", "{\"mediaType\":\"x\",\"dsseEnvelope\":{\"payload\":\"e30=\"}}"] {
                    desk.add_line(&on, record_line("w1-k8s-install", "7", bundle));
                }
                desk.write_ledger();
            }),
        case("ledger-stranger-s-fail", "A stranger's fail", "somebody without a trusted key adds a failed result, dated before the tag")
            .by(|scene| {
                let mut desk = scene.desk();
                let (on, mut fail) = (desk.tree_of("w1-k8s-install"), desk.record("w1-k8s-install").statement.clone());
                fail["predicate"]["result"] = serde_json::json!("fail");
                fail["predicate"]["time"] = desk.record("w6-tag").statement["predicate"]["time"].clone();
                let line = desk.line_of("w1-k8s-install", &fail, "mallory.pem");
                desk.add_line(&on, line);
                desk.write_ledger();
            }),
        case("ledger-fail-after-the-tag", "A fail after the tag", "the check ran again long after the release and failed, signed well: the release is what it was")
            .by(|scene| {
                let mut desk = scene.desk();
                let (on, mut fail) = (desk.tree_of("w1-k8s-install"), desk.record("w1-k8s-install").statement.clone());
                fail["predicate"]["result"] = serde_json::json!("fail");
                fail["predicate"]["time"] = serde_json::json!("2031-01-01T00:00:00Z");
                let line = desk.line_of("w1-k8s-install", &fail, "ci.pem");
                desk.add_line(&on, line);
                desk.write_ledger();
            }),
        case("ledger-pass-again-after-the-tag", "A pass again after the tag", "the check ran again after the release and passed")
            .by(|scene| {
                let mut desk = scene.desk();
                let (on, mut pass) = (desk.tree_of("w1-k8s-install"), desk.record("w1-k8s-install").statement.clone());
                pass["predicate"]["time"] = serde_json::json!("2031-01-01T00:00:00Z");
                let line = desk.line_of("w1-k8s-install", &pass, "ci.pem");
                desk.add_line(&on, line);
                desk.write_ledger();
            }),
        case("ledger-twice", "Every line twice", "each line of the ledger stands there twice, with Windows line ends")
            .by(|scene| {
                let desk = scene.desk();
                let lines = desk.site.ledger_lines("test-workflow");
                let twice: Vec<_> = lines.iter().flat_map(|(on, line)| {
                    [(on.clone(), line.clone()), (on.clone(), format!("{line}\r"))]
                }).collect();
                desk.site.write_ledger("test-workflow", &twice);
            }),
        case("ledger-unknown-fields", "Lines with fields of a later day", "every line has a field nobody knows yet")
            .by(|scene| {
                let desk = scene.desk();
                let lines = desk.site.ledger_lines("test-workflow");
                let more: Vec<_> = lines
                    .into_iter()
                    .map(|(on, line)| (on, line.replacen("{\"v\":1,", "{\"later\":[1],\"v\":1,", 1)))
                    .collect();
                desk.site.write_ledger("test-workflow", &more);
            }),
        case("ledger-other-labels", "Labels that say something else", "every record has another name, id and url: only the bundles are believed")
            .by(|scene| {
                let mut desk = scene.desk();
                for at in 0..desk.records.len() {
                    desk.records[at].name = format!("x{at}");
                }
                desk.write_ledger();
            }),
        case("ledger-appended-by-git", "A remark appended by git", "`git notes append` put a remark behind the lines")
            .by(|scene| {
                let mut desk = scene.desk();
                let on = desk.tree_of("w1-k8s-install");
                desk.site.git(["notes", "--ref=lineage-test-workflow", "append", "-m", "a remark", &on]);
            }),
        case("ledger-fanned-out", "A notes tree with fan-out", "the notes stand in directories of two digits, as git writes many of them")
            .by(|scene| {
                let site = scene.origin();
                let mut entries = String::new();
                for entry in site.git(["ls-tree", "-r", NOTES]).lines() {
                    let (head, path) = entry.split_once('\t').expect("git prints it so");
                    let below = site.git_with_input(["mktree"], format!("{head}\t{}\n", &path[2..]).as_bytes());
                    entries.push_str(&format!("040000 tree {below}\t{}\n", &path[..2]));
                }
                let tree = site.git_with_input(["mktree"], entries.as_bytes());
                let commit = site.commit_of(&tree, &[], "fanned out");
                site.git(["update-ref", NOTES, &commit]);
            }),
        case("ledger-inbox-junk", "Junk in the inbox", "the inbox holds refs to a blob, a tree and a commit of main")
            .at(Place::Itself)
            .by(|scene| {
                let site = scene.origin();
                let blob = site.blob(b"junk\n");
                for (name, object) in [("a", &*blob), ("b", "refs/heads/main^{tree}"), ("c", "refs/heads/main")] {
                    let oid = site.rev(object);
                    site.git(["update-ref", &format!("refs/lineage/inbox/test-workflow/{name}"), &oid]);
                }
            }),
        case("ledger-unfolded-inbox", "Records that wait in the inbox", "the ledger's records lie in the inbox, none in the notes")
            .at(Place::Mirror)
            .by(|scene| {
                let site = scene.origin();
                for (at, entry) in site.git(["ls-tree", "-r", NOTES]).lines().enumerate() {
                    let tree = site.git_with_input(["mktree"], format!("{entry}\n").as_bytes());
                    let commit = site.commit_of(&tree, &[], "lineage ledger");
                    site.git(["update-ref", &format!("refs/lineage/inbox/test-workflow/{at}"), &commit]);
                }
                site.git(["update-ref", "-d", NOTES]);
            }),
        case("ledger-rewritten-history", "A ledger whose history was rewritten", "the notes were force-pushed as one new commit with the same lines, after the judge saw the first")
            .against(Anchor::Seen)
            .by(|scene| scene.desk().write_ledger()),
    ]
}
