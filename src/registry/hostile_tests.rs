//! Registries that mean harm or are in trouble, and uploads that break off on the way.

use std::time::{Duration, Instant};

use oci_client::secrets::RegistryAuth;
use reqwest::StatusCode;

use super::remote_tests::{FAST, attachment, chart, manifest, push, remote, told, wait};
use super::retry::Pace;
use super::stub::{Fault, Stub};
use super::*;

/// The length of a piece, at the tests' pace.
const PIECE: usize = FAST.piece;

/// With a password, so that it shows where it goes.
fn with_password(stub: &Stub) -> Remote {
    let basic = RegistryAuth::Basic("ada".to_owned(), "secret".to_owned());
    wait(Remote::with(&stub.host, "charts", "app", Push, &basic, FAST)).unwrap()
}

/// Something longer than one piece, and no two pieces alike.
fn long() -> Vec<u8> {
    (0..2 * PIECE + 77).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

fn header(name: &str, value: &str) -> &'static str {
    format!("{name}: {value}\r\n").leak()
}

#[test]
fn credentials_do_not_follow_to_another_host() {
    let (stub, other) = (Stub::start(), Stub::start());
    push(&stub).unwrap();
    let digest = Sha256::of(manifest());
    let elsewhere = |path: &str| header("Location", &format!("http://{}{path}", other.host));
    // Reading is sent there, and asks as nobody; what comes is held against its digest all the same.
    other.with(|state| {
        state.blobs.insert(format!("sha256:{}", Sha256::of("the package")), b"the package".to_vec())
    });
    let blob = format!("/v2/charts/app/blobs/sha256:{}", Sha256::of("the package"));
    for status in [301, 302, 303, 307, 308] {
        stub.fail("GET", "/blobs/", 1, Fault::Answer(status, elsewhere(&blob), ""));
        assert_eq!(wait(with_password(&stub).pull(digest)).unwrap(), b"the package");
    }
    assert_eq!(other.count("GET", "/blobs/"), 5);
    // Writing is not sent on at all, and an upload's own address gets no credentials.
    stub.fail("PUT", "manifests/2.0.0", 9, Fault::Answer(307, elsewhere("/v2/x/manifests/2.0.0"), ""));
    let error =
        wait(with_password(&stub).push(&ChartArtifact { tag: "2.0.0", ..chart(&manifest()) }, &mut |_| {}));
    assert!(told(&stub, error).contains("it answered 307 to pushing the manifest"));
    stub.fail("POST", "uploads", 1, Fault::Answer(202, elsewhere("/v2/x/blobs/uploads/1"), ""));
    wait(with_password(&stub).push_blob(b"new", &mut |_| {})).unwrap();
    assert_eq!(other.count("PUT", "digest=sha256"), 1);
    assert_eq!(other.with(|state| state.authorizations.clone()), Vec::<String>::new());
    assert!(!stub.with(|state| state.authorizations.is_empty()));
}

#[test]
fn addresses_off_this_machine_need_tls() {
    for (place, expected) in [
        ("http://192.0.2.1/v2/x", "it sends to http://192.0.2.1, and only https is followed"),
        ("ftp://127.0.0.1/x", "it sends to ftp://127.0.0.1, and only https is followed"),
        ("http://u:p@127.0.0.1/x", "it sends to 127.0.0.1 with credentials of its own"),
        ("http://[", "it sends to no address: invalid IPv6 address"),
    ] {
        let stub = Stub::start();
        stub.fail("POST", "uploads", 1, Fault::Answer(202, header("Location", place), ""));
        assert_eq!(told(&stub, push(&stub)), format!("oci://HOST/charts/app: {expected}"));
        let stub = Stub::start();
        let realm = format!("Bearer realm=\"{place}\"");
        stub.fail("GET", "/v2/", 1, Fault::Answer(401, header("WWW-Authenticate", &realm), ""));
        let basic = RegistryAuth::Basic("ada".to_owned(), "secret".to_owned());
        let result = wait(Remote::with(&stub.host, "charts", "app", Push, &basic, FAST));
        assert_eq!(told(&stub, result.map(drop)), format!("oci://HOST/charts/app: {expected}"));
    }
    // A registry behind a proxy that does not know of TLS is asked over TLS; others at their own port are not.
    let line = exchange::Line::new("x", "registry.example", FAST).unwrap();
    let asked = line.at("/v2/");
    let place = |named: &str| line.place(&asked, named).map(|url| url.to_string()).ok();
    assert_eq!(place("http://registry.example/u?a=b").as_deref(), Some("https://registry.example/u?a=b"));
    assert_eq!(place("/u").as_deref(), Some("https://registry.example/u"));
    assert_eq!(place("https://cdn.example/u").as_deref(), Some("https://cdn.example/u"));
    assert_eq!(place("http://cdn.example/u"), None);
    assert_eq!(place("http://127.0.0.1:5000/u"), None);
}

#[test]
fn redirects_in_a_circle_end() {
    let stub = Stub::start();
    push(&stub).unwrap();
    stub.fail("GET", "manifests/", 99, Fault::Answer(302, "Location: /v2/charts/app/manifests/1.0.0\r\n", ""));
    let error = told(&stub, wait(remote(&stub).pull(Sha256::of(manifest()))));
    assert!(error.ends_with("is redirected for ever"), "{error}");
    assert_eq!(stub.count("GET", "manifests/"), 6);
}

#[test]
fn an_upload_without_a_place_to_go_is_told() {
    let stub = Stub::start();
    stub.fail("POST", "uploads", 9, Fault::Without("Location"));
    let error = told(&stub, push(&stub));
    assert!(error.starts_with("oci://HOST/charts/app: it does not say where the blob sha256:"), "{error}");
    // A place that takes nothing.
    let stub = Stub::start();
    stub.fail("POST", "uploads", 9, Fault::Answer(202, "Location: /nowhere\r\n", ""));
    stub.fail("PUT", "/nowhere", 9, Fault::Answer(404, "", ""));
    assert!(told(&stub, push(&stub)).contains("it answered 404 to pushing the blob sha256:"));
    assert!(stub.with(|state| state.manifests.is_empty()), "nothing is tagged without its blobs");
}

#[test]
fn a_digest_that_is_not_ours_is_not_believed() {
    let stub = Stub::start();
    let digest = header("Docker-Content-Digest", &format!("sha256:{}", "1".repeat(64)));
    stub.fail("PUT", "manifests/1.0.0", 1, Fault::Answer(201, digest, ""));
    assert!(told(&stub, push(&stub)).contains("it says that it took sha256:1111"));
    stub.fail("HEAD", "manifests/1.0.0", 9, Fault::Answer(200, "Docker-Content-Digest: md5:0\r\n", ""));
    assert!(told(&stub, push(&stub)).ends_with(r#"its digest "md5:0" is no sha256"#));
}

#[test]
fn cut_connections_at_every_boundary_are_waited_out() {
    for fault in [Fault::Cut, Fault::CutAfter(9), Fault::CutAfter(60), Fault::CutAfter(200)] {
        for (method, path) in [
            ("GET", "/v2/"),
            ("HEAD", "manifests/1.0.0"),
            ("POST", "uploads"),
            ("PUT", "uploads"),
            ("PUT", "1.0.0"),
        ] {
            let stub = Stub::start();
            stub.fail(method, path, 2, fault.clone());
            push(&stub).unwrap();
            assert_eq!(wait(remote(&stub).pull(Sha256::of(manifest()))).unwrap(), b"the package");
        }
        let stub = Stub::start();
        push(&stub).unwrap();
        stub.fail("GET", "blobs/", 2, fault.clone());
        assert_eq!(wait(remote(&stub).pull(Sha256::of(manifest()))).unwrap(), b"the package");
    }
    // What the registry did before the connection broke is found done.
    for (method, path) in [("PUT", "uploads"), ("PUT", "manifests/1.0.0")] {
        let stub = Stub::start();
        stub.fail(method, path, 1, Fault::Done);
        push(&stub).unwrap();
        assert!(stub.with(|state| state.manifests.contains_key("1.0.0")));
    }
}

#[test]
fn a_trickle_is_given_up() {
    for pause in [50, 2_000] {
        let stub = Stub::start();
        push(&stub).unwrap();
        stub.fail("GET", "manifests/sha256", 9, Fault::Trickle(Duration::from_millis(pause)));
        let began = Instant::now();
        let error = wait(remote(&stub).pull(Sha256::of(manifest())));
        assert!(matches!(error, Err(Error::Unreachable(..))), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    }
}

#[test]
fn a_long_blob_goes_in_pieces_and_goes_on_where_it_broke_off() {
    let bytes = long();
    let digest = format!("sha256:{}", Sha256::of(&bytes));
    for fault in [None, Some(Fault::Cut), Some(Fault::Done), Some(Fault::Answer(503, "", ""))] {
        let stub = Stub::start();
        let breaks = fault.is_some();
        if let Some(fault) = fault {
            // The second piece, whose range this is.
            stub.with(|state| state.break_at = Some((PIECE, fault)));
        }
        let mut told = Vec::new();
        wait(remote(&stub).push_blob(&bytes, &mut |done| told.push(done))).unwrap();
        assert!(stub.with(|state| state.blobs.get(&digest) == Some(&bytes)));
        assert_eq!(stub.count("POST", "uploads"), 1, "it did not begin anew");
        assert_eq!(stub.count("GET", "uploads"), usize::from(breaks));
        assert!(told.is_sorted() && told.first() == Some(&0) && told.last() == Some(&(bytes.len() as u64)));
        assert!(told.contains(&(PIECE as u64)), "{told:?}");
    }
}

#[test]
fn a_registry_that_takes_no_pieces_gets_the_blob_whole() {
    let bytes = long();
    let stub = Stub::start();
    stub.fail("PATCH", "uploads", 9, Fault::Answer(405, "", ""));
    wait(remote(&stub).push_blob(&bytes, &mut |_| {})).unwrap();
    assert_eq!(stub.count("PATCH", ""), 1);
    assert!(stub.with(|state| state.blobs.len() == 1));
    // One that forgets the upload it has begun.
    let stub = Stub::start();
    stub.with(|state| state.break_at = Some((PIECE, Fault::Cut)));
    stub.fail("GET", "uploads", 1, Fault::Answer(404, "", ""));
    wait(remote(&stub).push_blob(&bytes, &mut |_| {})).unwrap();
    assert_eq!(stub.count("POST", "uploads"), 2);
    assert!(stub.with(|state| state.blobs.len() == 1));
}

#[test]
fn a_token_that_ends_is_exchanged() {
    let stub = Stub::start();
    let challenge = format!("Bearer realm=\"http://{}/token\",service=\"s\"", stub.host);
    let challenge = header("WWW-Authenticate", &challenge);
    let log_in = || {
        stub.fail("GET", "/v2/", 1, Fault::Answer(401, challenge, ""));
        stub.fail("GET", "/token", 1, Fault::Answer(200, "", r#"{"token":"first"}"#));
    };
    log_in();
    let remote = remote(&stub);
    stub.fail("POST", "uploads", 1, Fault::Answer(401, "", ""));
    log_in();
    wait(remote.push(&chart(&manifest()), &mut |_| {})).unwrap();
    assert_eq!(stub.count("GET", "/token"), 2);
    // One that stays refused is refused.
    stub.fail("HEAD", "manifests/3", 9, Fault::Answer(401, "", ""));
    log_in();
    assert_eq!(told(&stub, wait(remote.resolve("3"))), "oci://HOST/charts/app needs credentials");
    assert_eq!(stub.count("HEAD", "manifests/3"), 2);
}

#[test]
fn a_token_service_in_trouble_is_waited_for_and_one_that_refuses_is_not() {
    let stub = Stub::start();
    let challenge = header("WWW-Authenticate", &format!("Bearer realm=\"http://{}/token\"", stub.host));
    stub.fail("GET", "/v2/", 9, Fault::Answer(401, challenge, ""));
    stub.fail("GET", "/token", 2, Fault::Answer(503, "", ""));
    stub.fail("GET", "/token", 1, Fault::Answer(200, "", r#"{"access_token":"t"}"#));
    wait(Remote::with(&stub.host, "charts", "app", Pull, &RegistryAuth::Anonymous, FAST)).unwrap();
    for status in [StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED] {
        stub.fail("GET", "/token", 1, Fault::Answer(status.as_u16(), "", ""));
        let result = wait(Remote::with(&stub.host, "charts", "app", Pull, &RegistryAuth::Anonymous, FAST));
        assert_eq!(told(&stub, result.map(drop)), "oci://HOST/charts/app needs credentials");
    }
}

#[test]
fn many_who_attach_at_once_lose_nothing() {
    let stub = Stub::start();
    stub.with(|state| state.forgetful = true);
    push(&stub).unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let stub = &stub;
            scope.spawn(move || {
                // Longer than a loaded machine takes from reading the index to writing it.
                let pace = Pace { settled: Duration::from_millis(400), ..FAST };
                let auth = RegistryAuth::Anonymous;
                let remote = wait(Remote::with(&stub.host, "charts", "app", Push, &auth, pace)).unwrap();
                wait(remote.attach(&attachment(&format!("{{\"n\":{number}}}")))).unwrap();
            });
        }
    });
    let (bundles, _) = wait(remote(&stub).bundles(Sha256::of(manifest()))).unwrap();
    assert_eq!(bundles.len(), 8, "{bundles:?}");
}

#[test]
fn signatures_at_the_tag_are_added_and_read() {
    let stub = Stub::start();
    push(&stub).unwrap();
    let subject = Sha256::of(manifest());
    let remote = remote(&stub);
    assert_eq!(wait(remote.signatures(subject)).unwrap(), []);
    let payload = Classic::payload("registry.example/charts/app", subject);
    let text = format!(
        "{{\"critical\":{{\"identity\":{{\"docker-reference\":\"registry.example/charts/app\"}},\
         \"image\":{{\"docker-manifest-digest\":\"sha256:{subject}\"}},\
         \"type\":\"cosign container image signature\"}},\"optional\":null}}"
    );
    assert_eq!(payload, text.into_bytes());
    let classic = |signature: &str| Classic { payload: payload.clone(), signature: signature.to_owned() };
    for signature in ["YQ==", "Yg==", "YQ=="] {
        wait(remote.sign(subject, &classic(signature))).unwrap();
    }
    assert_eq!(wait(remote.signatures(subject)).unwrap(), [classic("YQ=="), classic("Yg==")]);
}

#[test]
fn statements_at_the_tag_are_added_once_and_kept() {
    let stub = Stub::start();
    push(&stub).unwrap();
    let subject = Sha256::of(manifest());
    let remote = remote(&stub);
    let bundle = |text: &str| format!("{{\"mediaType\":\"x\",\"dsseEnvelope\":{{\"payload\":\"{text}\"}}}}");
    let envelope = |text: &str| Envelope::of(&bundle(text), "https://example.org/p").unwrap();
    for text in ["YQ==", "Yg==", "YQ=="] {
        wait(remote.state(subject, &envelope(text))).unwrap();
        assert!(wait(remote.states(subject, &envelope(text))).unwrap());
    }
    assert!(!wait(remote.states(subject, &envelope("Yw=="))).unwrap());
    let tagged = stub.with(|state| state.manifests[&format!("sha256-{subject}.att")].clone());
    let image: serde_json::Value = serde_json::from_slice(&tagged.1).unwrap();
    assert_eq!(image["layers"].as_array().unwrap().len(), 2, "{image}");
    assert_eq!(image["layers"][0]["mediaType"], "application/vnd.dsse.envelope.v1+json");
    assert_eq!(
        image["layers"][0]["annotations"],
        serde_json::json!({ "dev.cosignproject.cosign/signature": "", "predicateType": "https://example.org/p" })
    );
    assert_eq!(Envelope::of("{\"messageSignature\":{}}", "x"), None);
}
