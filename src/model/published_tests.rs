//! Every part that can be wrong, missing or unseen, by itself.

use super::*;
use crate::model::{Exit, Stage, Verdict};

fn digest(of: &str) -> Sha256 {
    Sha256::of(of)
}

fn oid(digit: &str) -> Oid {
    Oid::parse(&digit.repeat(40)).expect("an object id")
}

fn files() -> Vec<Found> {
    let file = |name: &str, is: Is| Found { name: name.to_owned(), is };
    vec![
        file("x-1.0.0.tgz", Is::Bytes(digest("package"))),
        file("x-1.0.0.tgz.sig", Is::Signature(StepState::Holds)),
    ]
}

/// Everything is where it should be.
fn whole() -> Published {
    let wanted = [("x-1.0.0.tgz", Wanted::Bytes(digest("package"))), ("x-1.0.0.tgz.sig", Wanted::Signature)];
    Published {
        tag: "x-v1.0.0".to_owned(),
        files: wanted.map(|(name, wanted)| (name.to_owned(), wanted)).into(),
        forge: Some(OnForge {
            repository: "o/r".to_owned(),
            object: oid("1"),
            tag: Ok(Some(oid("1"))),
            release: Ok(Some(Release {
                tag: "x-v1.0.0".to_owned(),
                draft: false,
                page: "https://forge/x".to_owned(),
                files: files(),
            })),
        }),
        directory: Some(InDirectory { path: "out/x-v1.0.0".to_owned(), files: Ok(Some(files())) }),
        registry: Some(InRegistry {
            reference: "oci://h/x@sha256:0".to_owned(),
            name: "x:1.0.0".to_owned(),
            manifest: digest("manifest"),
            package: digest("package"),
            there: Ok(Some(digest("manifest"))),
            served: Some(Ok(Served {
                package: digest("package"),
                attached: vec![Attached { link: "oci-signature", what: "signature", found: true }],
                unread: None,
            })),
        }),
        index: Some(InIndex {
            place: "index.yaml on release".to_owned(),
            version: "x 1.0.0".to_owned(),
            package: digest("package"),
            url: "x-1.0.0.tgz".to_owned(),
            listed: Ok(Listed {
                entries: vec![(Some(digest("package").to_string()), Some("x-1.0.0.tgz".to_owned()))],
                faults: Vec::new(),
            }),
            beside: Some(("x-1.0.0.tgz on release".to_owned(), Ok(Some(digest("package"))))),
        }),
    }
}

/// The exit code, and the links that do not hold.
fn judged(published: &Published) -> (Exit, Vec<String>) {
    let verdict =
        Verdict { steps: published.steps(), upto: Stage::Publish, findings: super::super::Findings::default() };
    let broken = verdict.steps.iter().filter(|step| step.state != StepState::Holds);
    (verdict.exit(), broken.map(|step| step.link.clone()).collect())
}

fn after(change: impl FnOnce(&mut Published)) -> (Exit, Vec<String>) {
    let mut published = whole();
    change(&mut published);
    judged(&published)
}

fn forge(published: &mut Published) -> &mut OnForge {
    published.forge.as_mut().expect("it is there")
}

fn release(published: &mut Published) -> &mut Release {
    forge(published).release.as_mut().expect("seen").as_mut().expect("there")
}

fn registry(published: &mut Published) -> &mut InRegistry {
    published.registry.as_mut().expect("it is there")
}

fn served(published: &mut Published) -> &mut Served {
    registry(published).served.as_mut().expect("asked").as_mut().expect("seen")
}

fn listed(published: &mut Published) -> &mut Listed {
    published.index.as_mut().expect("it is there").listed.as_mut().expect("seen")
}

fn no() -> Result<(), String> {
    Err("it could not be reached".to_owned())
}

#[test]
fn all_of_it_seen_and_right_holds() {
    assert_eq!(judged(&whole()), (Exit::Done, Vec::new()));
    let links: Vec<String> = whole().steps().into_iter().map(|step| step.link).collect();
    assert_eq!(
        links,
        [
            "release-tag",
            "release",
            "release-files",
            "assets",
            "assets-files",
            "oci",
            "oci-package",
            "oci-signature",
            "index",
            "index-package"
        ]
    );
}

#[test]
fn nothing_to_look_at_is_no_success() {
    let said = after(|published| {
        (published.forge, published.directory, published.registry, published.index) = (None, None, None, None);
    });
    assert_eq!(said, (Exit::Undetermined, vec!["published".to_owned()]));
}

type Change = fn(&mut Published);

#[test]
fn a_difference_is_a_gap_with_a_link_of_its_own() {
    let cases: &[(&str, Change)] = &[
        ("release-tag", |all| forge(all).tag = Ok(Some(oid("2")))),
        ("release-tag", |all| forge(all).tag = Ok(None)),
        ("release", |all| forge(all).release = Ok(None)),
        ("release", |all| release(all).draft = true),
        ("release", |all| release(all).tag = "y-v1.0.0".to_owned()),
        ("release:x-1.0.0.tgz", |all| release(all).files[0].is = Is::Bytes(digest("other"))),
        ("release:x-1.0.0.tgz", |all| release(all).files[0].is = Is::Broken),
        ("release:x-1.0.0.tgz", |all| drop(release(all).files.remove(0))),
        ("release:x-1.0.0.tgz.sig", |all| release(all).files[1].is = Is::Signature(StepState::Gap(String::new()))),
        ("release:run.sh", |all| {
            let file = Found { name: "run.sh".to_owned(), is: Is::Bytes(digest("package")) };
            release(all).files.push(file);
        }),
        ("assets", |all| all.directory.as_mut().expect("there").files = Ok(None)),
        ("assets:x-1.0.0.tgz", |all| {
            let files = all.directory.as_mut().expect("there").files.as_mut().expect("seen");
            files.as_mut().expect("there")[0].is = Is::Bytes(digest("other"));
        }),
        ("oci", |all| (registry(all).there, registry(all).served) = (Ok(None), None)),
        ("oci", |all| (registry(all).there, registry(all).served) = (Ok(Some(digest("other"))), None)),
        ("oci-package", |all| served(all).package = digest("other")),
        ("oci-signature", |all| served(all).attached[0].found = false),
        ("index", |all| listed(all).entries.clear()),
        ("index", |all| listed(all).entries[0].0 = None),
        ("index", |all| listed(all).entries[0].0 = Some(digest("other").to_string())),
        ("index", |all| listed(all).entries[0].1 = Some("https://elsewhere/x.tgz".to_owned())),
        ("index", |all| {
            let again = listed(all).entries[0].clone();
            listed(all).entries.push(again);
        }),
        ("index", |all| listed(all).faults.push("line 1: no".to_owned())),
        ("index-package", |all| all.index.as_mut().expect("there").beside = Some((String::new(), Ok(None)))),
    ];
    for (number, (link, change)) in cases.iter().enumerate() {
        assert_eq!(after(change), (Exit::Negative, vec![(*link).to_owned()]), "case {number}");
    }
}

#[test]
fn what_could_not_be_looked_at_is_undetermined() {
    let cases: &[(&str, Change)] = &[
        ("release-tag", |all| forge(all).tag = no().map(|()| None)),
        ("release", |all| forge(all).release = no().map(|()| None)),
        ("release:x-1.0.0.tgz", |all| release(all).files[0].is = Is::Unknown),
        ("release:x-1.0.0.tgz.sig", |all| release(all).files[1].is = Is::Unknown),
        ("release:x-1.0.0.tgz.sig", |all| {
            release(all).files[1].is = Is::Signature(StepState::Undetermined(String::new()));
        }),
        ("assets", |all| all.directory.as_mut().expect("there").files = no().map(|()| None)),
        ("oci", |all| (registry(all).there, registry(all).served) = (no().map(|()| None), None)),
        ("oci-package", |all| registry(all).served = Some(Err("no".to_owned()))),
        ("oci-signature", |all| {
            served(all).attached[0].found = false;
            served(all).unread = Some("the referrers could not be read".to_owned());
        }),
        ("index", |all| all.index.as_mut().expect("there").listed = no().map(|()| Listed::default())),
        ("index-package", |all| {
            all.index.as_mut().expect("there").beside = Some((String::new(), no().map(|()| None)));
        }),
    ];
    for (number, (link, change)) in cases.iter().enumerate() {
        assert_eq!(after(change), (Exit::Undetermined, vec![(*link).to_owned()]), "case {number}");
    }
}
