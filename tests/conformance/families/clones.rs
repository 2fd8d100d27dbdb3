//! Repositories that are not whole, or not what they seem: cut short, damaged, replaced.

use std::fs;

use crate::conformance::case::{Case, Place, case};
use crate::conformance::scene::Scene;
use crate::world::{Site, TAG};

/// Changes the bytes of one object under its old id, where it lies.
fn damage(site: &Site<'_>, revision: &str) {
    site.unpack();
    let object = site.loose(&site.rev(revision));
    object.flip(object.content().len() / 2);
}

/// Takes one object away.
fn take_away(site: &Site<'_>, revision: &str) {
    site.unpack();
    let object = site.rev(revision);
    let (directory, file) = object.split_at(2);
    fs::remove_file(site.git_dir().join("objects").join(directory).join(file)).expect("it was just unpacked");
}

/// A repository that is judged where it lies, with one object damaged.
fn damaged(id: &'static str, title: &'static str, words: &[&'static str], revision: &'static str) -> Case {
    case(id, title, "one bit of one object is changed under its id")
        .at(Place::Itself)
        .fails(&[], words)
        .by(move |scene| damage(&scene.origin(), revision))
}

/// The same with one object gone.
fn missing(id: &'static str, title: &'static str, links: &[&'static str], revision: &'static str) -> Case {
    case(id, title, "one object is not there")
        .at(Place::Itself)
        .exits(3, links, &["missing"])
        .by(move |scene| take_away(&scene.origin(), revision))
}

/// One object stands for another by a replace ref.
fn replaced(scene: &Scene<'_>, one: &str, by: &str) {
    let site = scene.origin();
    let one = site.rev(one);
    site.git(["update-ref", &format!("refs/replace/{one}"), by]);
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("clone-shallow", "A shallow clone", "nothing; the clone has main's newest commit alone")
            .at(Place::Shallow)
            .exits(3, &["main"], &["git fetch --unshallow"]),
        case(
            "clone-partial",
            "A clone without blobs",
            "nothing; the clone fetches blobs when asked to, and nobody asks",
        )
        .at(Place::Partial)
        .exits(3, &[], &[]),
        case(
            "replace-ref-on-a-template",
            "A replace ref that shows something else",
            "an honest template is replaced by another in what git shows; the objects are the honest ones",
        )
        .at(Place::Mirror)
        .by(|scene| {
            let evil = scene.origin().blob(b"kind: Evil\n");
            replaced(scene, "refs/heads/main:charts/test-workflow/templates/service.yaml", &evil);
        }),
        case(
            "replace-ref-that-hides",
            "A replace ref that hides what was tagged",
            "another template was released than was validated, and git shows the honest one in its place",
        )
        .at(Place::Mirror)
        .fails(&["w5-semver-bump"], &["the bytes the link carries give content"])
        .by(|scene| {
            let path = "refs/heads/main:charts/test-workflow/templates/service.yaml";
            let honest = scene.origin().rev(path);
            let mut desk = scene.desk();
            desk.release_with(&[("templates/service.yaml", Some(b"kind: Evil\n"))]);
            desk.publish();
            replaced(scene, path, &honest);
        }),
        case(
            "replace-ref-on-main",
            "A replace ref that puts a commit on main",
            "a tag stands beside main, and a replace ref shows main's commit as that one's child",
        )
        .at(Place::Mirror)
        .fails(&["main"], &["first-parent history"])
        .by(|scene| {
            let mut desk = scene.desk();
            let commit = desk.commit();
            let parent = desk.site.rev(&format!("{commit}^"));
            let side = desk.site.commit_of(&format!("{commit}^{{tree}}"), &[&parent], "side");
            let child = desk.site.commit_of(&format!("{commit}^{{tree}}"), &[&side], "child");
            desk.tag_commit(&side);
            desk.publish();
            replaced(scene, "refs/heads/main", &child);
        }),
        case(
            "graft-on-main",
            "A graft that gives main another parent",
            "a tag stands beside main, and info/grafts makes it main's parent",
        )
        .at(Place::Itself)
        .fails(&["main"], &["first-parent history"])
        .by(|scene| {
            let mut desk = scene.desk();
            let commit = desk.commit();
            let parent = desk.site.rev(&format!("{commit}^"));
            let side = desk.site.commit_of(&format!("{commit}^{{tree}}"), &[&parent], "side");
            desk.tag_commit(&side);
            desk.publish();
            let main = desk.site.rev("refs/heads/main");
            let info = desk.site.git_dir().join("info");
            fs::create_dir_all(&info).expect("the world is writable");
            fs::write(info.join("grafts"), format!("{main} {side}\n")).expect("the world is writable");
        }),
        case("pack-truncated", "A truncated pack", "the pack ends in the middle")
            .at(Place::Itself)
            .fails(&[], &["does not hash to its id"])
            .by(|scene| {
                let packs = scene.origin().git_dir().join("objects/pack");
                for entry in fs::read_dir(packs).expect("it is there").flatten() {
                    let path = entry.path();
                    if path.extension().is_some_and(|extension| extension == "pack") {
                        let bytes = fs::read(&path).expect("it is there");
                        fs::remove_file(&path).expect("it is ours");
                        fs::write(&path, &bytes[..bytes.len() / 2]).expect("the world is writable");
                    }
                }
            }),
        damaged("damaged-tag", "A damaged tag object", &["tag"], "refs/tags/test-workflow-v0.2.0"),
        damaged("damaged-commit", "A damaged commit", &[], "refs/tags/test-workflow-v0.2.0^{commit}"),
        damaged(
            "damaged-template",
            "A damaged template",
            &["templates/service.yaml"],
            "refs/heads/main:charts/test-workflow/templates/service.yaml",
        ),
        damaged("damaged-policy", "A damaged policy", &["lineage.toml"], "refs/heads/main~1:lineage.toml"),
        missing(
            "missing-template",
            "A template that is not there",
            &[],
            "refs/heads/main:charts/test-workflow/templates/service.yaml",
        ),
        missing("missing-main", "A commit of main that is not there", &["main"], "refs/heads/main~1"),
        case(
            "clone-repacked",
            "A repository that was packed anew",
            "everything is in one pack, with a commit-graph and packed refs",
        )
        .at(Place::Itself)
        .by(|scene| {
            let site = scene.origin();
            site.git(["gc", "-q"]);
            site.git(["commit-graph", "write", "--reachable"]);
        }),
        case(
            "clone-branches-gone",
            "A repository whose other branches are gone",
            "every branch but main is deleted, and nothing that is not reachable is left",
        )
        .by(|scene| {
            let site = scene.origin();
            let branches = site.git(["for-each-ref", "--format=%(refname)", "refs/heads"]);
            for branch in branches.lines().filter(|branch| *branch != "refs/heads/main") {
                site.git(["update-ref", "-d", branch]);
            }
            site.git(["gc", "-q", "--prune=all"]);
        }),
        case(
            "branch-called-like-the-tag",
            "A branch called like the tag",
            "a branch of the tag's name points elsewhere: tags are looked up as tags",
        )
        .by(|scene| {
            let site = scene.origin();
            site.git(["update-ref", &format!("refs/heads/{TAG}"), "refs/heads/main~1"]);
        }),
        case(
            "tag-called-like-main",
            "A tag called like main",
            "a tag named main, and one named origin/main, point elsewhere",
        )
        .by(|scene| {
            let site = scene.origin();
            for name in ["main", "origin/main", "HEAD"] {
                site.git(["update-ref", &format!("refs/tags/{name}"), "refs/heads/main~1"]);
            }
        }),
    ]
}
