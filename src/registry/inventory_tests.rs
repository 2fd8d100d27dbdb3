//! What a repository holds, at registries that say so and at others.

use serde_json::json;

use super::artifact::{INDEX, MANIFEST};
use super::debian_tests;
use super::inventory::Shelf;
use super::remote_tests::{attachment, chart, manifest, push, remote, wait};
use super::stub::{Fault, Stub};
use super::*;

fn shelf(host: &str) -> Shelf {
    let at = Destination::parse(&format!("oci://{host}/charts"), std::path::Path::new("/")).unwrap();
    wait(at.shelf("app")).unwrap()
}

#[test]
fn rp_6_pages_are_read_to_the_end_or_not_at_all() {
    let stub = Stub::start();
    let list = |body: &'static str, headers: &'static str| {
        stub.fail("GET", "/tags/list", 1, Fault::Answer(200, headers, body));
    };
    let next = "Link: </v2/charts/app/tags/list?last=b>; rel=\"next\"\r\n";
    let tags = || wait(shelf(&stub.host).tags());
    assert_eq!(tags().unwrap(), Vec::<String>::new(), "there is no such repository");
    list(r#"{"tags":["b","a"]}"#, next);
    list(r#"{"tags":["c","a"]}"#, "");
    assert_eq!(tags().unwrap(), ["a", "b", "c"]);
    list(r#"{"tags":null}"#, "");
    assert!(tags().unwrap().is_empty());
    for broken in ["{}", "[]", "", r#"{"tags":[7]}"#, r#"{"tags":"a"}"#] {
        list(broken, "");
        assert!(tags().is_err(), "{broken}");
    }
    // The second page fails in one way or another.
    for fault in [Fault::Answer(404, "", ""), Fault::Answer(403, "", ""), Fault::Answer(200, "", "no list")] {
        list(r#"{"tags":["a"]}"#, next);
        stub.fail("GET", "last=b", 1, fault);
        assert!(tags().is_err());
    }
    list(r#"{"tags":["a"]}"#, "Link: <https://elsewhere.example/v2/x>; rel=\"next\"\r\n");
    assert!(tags().is_err(), "another host");
    stub.fail("GET", "/tags/list", 99, Fault::Answer(200, next, r#"{"tags":["a"]}"#));
    assert!(tags().is_err(), "it leads to itself");
}

#[test]
fn rp_6_what_a_manifest_needs_is_read_from_it() {
    let stub = Stub::start();
    push(&stub).unwrap();
    let digest = Sha256::of(manifest());
    let look = |reference: &str| wait(shelf(&stub.host).look(reference));
    let found = look("1.0.0").unwrap().unwrap();
    assert_eq!((found.digest, found.subject, found.children.len(), found.made), (digest, None, 0, None));
    assert_eq!(look("nothing").unwrap(), None);
    let one = attachment(r#"{"a":1}"#);
    wait(remote(&stub).attach(&one)).unwrap();
    let index = look(&format!("sha256-{digest}")).unwrap().unwrap();
    assert_eq!(index.children, [Sha256::of(&one.manifest)]);
    let attached = look(&format!("sha256:{}", index.children[0])).unwrap().unwrap();
    assert_eq!((attached.subject, attached.made.as_deref()), (Some(digest), Some("2026-11-21T00:00:00Z")));
    // Whatever cannot be followed is not taken for nothing.
    let put = |name: &str, kind: &str, value: serde_json::Value| {
        stub.with(|state| {
            state.manifests.insert(name.to_owned(), (kind.to_owned(), value.to_string().into_bytes()))
        });
    };
    put("a", INDEX, json!({ "manifests": [{ "digest": "sha512:00" }] }));
    put("b", MANIFEST, json!({ "subject": { "digest": 7 } }));
    for tag in ["a", "b"] {
        assert!(look(tag).is_err(), "{tag}");
    }
    stub.fail("GET", "manifests/1.0.0", 1, Fault::Body("not JSON"));
    assert!(look("1.0.0").is_err());
    stub.fail("GET", "manifests/sha256:", 1, Fault::Body("{}"));
    assert!(look(&format!("sha256:{digest}")).is_err(), "another digest");
}

#[test]
fn rp_6_a_list_of_referrers_that_fails_is_no_empty_list() {
    let stub = Stub::start();
    push(&stub).unwrap();
    let digest = Sha256::of(manifest());
    let referrers = || wait(shelf(&stub.host).referrers(digest));
    assert!(referrers().unwrap().is_empty(), "there is no such API");
    stub.fail("GET", "/referrers/", 1, Fault::Answer(200, "Content-Type: text/html\r\n", "<p>"));
    assert!(referrers().unwrap().is_empty(), "a page for people");
    stub.with(|state| state.referrers = true);
    let one = attachment(r#"{"a":1}"#);
    wait(remote(&stub).attach(&one)).unwrap();
    assert_eq!(referrers().unwrap(), [Sha256::of(&one.manifest)]);
    for status in [401, 403, 429, 500, 503] {
        stub.fail("GET", "/referrers/", 3, Fault::Answer(status, "", ""));
        assert!(referrers().is_err(), "{status}");
        while referrers().is_err() {}
    }
}

#[test]
fn rp_6_a_real_registry_lists_its_tags() {
    let Some(server) = debian_tests::start() else { return };
    let destination =
        Destination::parse(&format!("oci://{}/charts", server.host), std::path::Path::new("/")).unwrap();
    assert!(wait(shelf(&server.host).tags()).unwrap().is_empty());
    let bytes = manifest();
    for tag in ["1.0.0", "1.0.1", "sha-0123abc"] {
        wait(destination.push(&ChartArtifact { tag, ..chart(&bytes) }, &mut |_| {})).unwrap();
    }
    let shelf = shelf(&server.host);
    assert_eq!(wait(shelf.tags()).unwrap(), ["1.0.0", "1.0.1", "sha-0123abc"]);
    assert_eq!(wait(shelf.look("1.0.1")).unwrap().map(|found| found.digest), Some(Sha256::of(&bytes)));
    assert!(wait(shelf.referrers(Sha256::of(&bytes))).unwrap().is_empty());
    // It deletes nothing unless it is told to: said, and not taken for done.
    assert!(wait(shelf.delete(Sha256::of(&bytes))).is_err());
}
