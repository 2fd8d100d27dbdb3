//! A registry that does what it should, and registries that do not.

use std::time::{Duration, Instant};

use oci_client::secrets::RegistryAuth;
use serde_json::json;

use super::artifact::MANIFEST;
use super::retry::Pace;
use super::stub::{Fault, Stub};
use super::*;

/// The chart that all tests push.
pub(super) fn manifest() -> Vec<u8> {
    let layer = artifact::descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip", b"the package");
    let config = artifact::descriptor("application/vnd.cncf.helm.config.v1+json", b"{\"name\":\"app\"}");
    json!({ "schemaVersion": 2, "config": config, "layers": [layer] }).to_string().into_bytes()
}

pub(super) fn chart(manifest: &[u8]) -> ChartArtifact<'_> {
    ChartArtifact { chart: "app", tag: "1.0.0", config: b"{\"name\":\"app\"}", layer: b"the package", manifest }
}

pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(super) const FAST: Pace = Pace {
    pauses: [Duration::from_millis(1), Duration::from_millis(1)],
    longest: Duration::from_millis(300),
    silence: Duration::from_millis(400),
    whole: Duration::from_millis(900),
    slowest: 1 << 40,
    piece: 64 * 1024,
    settled: Duration::from_millis(5),
};

fn at(stub: &Stub, auth: &RegistryAuth) -> Result<Remote, Error> {
    wait(Remote::with(&stub.host, "charts", "app", Push, auth, FAST))
}

pub(super) fn remote(stub: &Stub) -> Remote {
    at(stub, &RegistryAuth::Anonymous).unwrap()
}

pub(super) fn push(stub: &Stub) -> Result<(), Error> {
    let bytes = manifest();
    wait(remote(stub).push(&chart(&bytes), &mut |_| {}))
}

pub(super) fn attachment(bundle: &str) -> Attachment {
    let manifest = manifest();
    let subject = Sha256::of(&manifest);
    Attachment::new(
        subject,
        manifest.len() as u64,
        bundle,
        "https://lineage.example/check/v1",
        "2026-11-21T00:00:00Z",
    )
}

/// The error, with the port taken out.
pub(super) fn told<T>(stub: &Stub, result: Result<T, Error>) -> String {
    let Err(error) = result else { panic!("it worked") };
    format!("{:?} / {error}", std::mem::discriminant(&error))
        .split_once(" / ")
        .unwrap()
        .1
        .replace(&stub.host, "HOST")
}

#[test]
fn a_chart_is_pushed_once_and_pulled_back() {
    let stub = Stub::start();
    let destination = Destination::Registry { host: stub.host.clone(), path: "charts".to_owned() };
    let bytes = manifest();
    let digest = Sha256::of(&bytes);
    assert_eq!(wait(destination.resolve("app", "1.0.0")).unwrap(), None);
    let mut events = Vec::new();
    wait(destination.push(&chart(&bytes), &mut |event| events.push(event))).unwrap();
    assert_eq!(events.first(), Some(&Event::Started("pushing app 1.0.0".to_owned())));
    assert_eq!(events.last(), Some(&Event::Finished("pushing app 1.0.0".to_owned())));
    assert_eq!(wait(destination.resolve("app", "1.0.0")).unwrap(), Some(digest));
    assert_eq!(wait(destination.pull("app", digest)).unwrap(), b"the package");
    assert_eq!(stub.with(|state| state.manifests["1.0.0"].clone()), (MANIFEST.to_owned(), bytes.clone()));
    let puts = stub.count("PUT", "");
    wait(destination.push(&chart(&bytes), &mut |_| {})).unwrap();
    assert_eq!(stub.count("PUT", ""), puts, "what is there is not pushed again");
}

#[test]
fn another_content_under_the_version_is_never_overwritten() {
    let stub = Stub::start();
    let other = br#"{"schemaVersion":2}"#.to_vec();
    stub.with(|state| state.manifests.insert("1.0.0".to_owned(), (MANIFEST.to_owned(), other.clone())));
    match push(&stub) {
        Err(Error::Different { reference, found, wanted }) => {
            assert_eq!(reference, format!("oci://{}/charts/app:1.0.0", stub.host));
            assert_eq!(found, format!("sha256:{}", Sha256::of(&other)));
            assert_eq!(wanted, format!("sha256:{}", Sha256::of(manifest())));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((stub.count("PUT", ""), stub.count("POST", "")), (0, 0));
    assert_eq!(stub.with(|state| state.manifests["1.0.0"].1.clone()), other);
}

#[test]
fn a_registry_that_says_another_digest_after_the_push_is_not_believed() {
    let stub = Stub::start();
    let digest =
        "Docker-Content-Digest: sha256:1111111111111111111111111111111111111111111111111111111111111111\r\n";
    stub.fail("HEAD", "manifests/1.0.0", 1, Fault::Answer(404, "", ""));
    stub.fail("HEAD", "manifests/1.0.0", 1, Fault::Answer(200, digest, ""));
    assert!(matches!(push(&stub), Err(Error::Different { .. })));
    let stub = Stub::start();
    stub.fail("HEAD", "manifests/1.0.0", 3, Fault::Answer(404, "", ""));
    assert_eq!(told(&stub, push(&stub)), "oci://HOST/charts/app:1.0.0: it took the manifest and does not have it");
}

#[test]
fn answers_without_location_or_digest_are_enough() {
    let stub = Stub::start();
    stub.fail("PUT", "manifests/1.0.0", 1, Fault::Without("Location"));
    stub.fail("PUT", "manifests/sha256:", 1, Fault::Without("Location"));
    stub.fail("HEAD", "manifests/1.0.0", 9, Fault::Without("Docker-Content-Digest"));
    push(&stub).unwrap();
    wait(remote(&stub).attach(&attachment("{}"))).unwrap();
    assert_eq!(wait(remote(&stub).resolve("1.0.0")).unwrap(), Some(Sha256::of(manifest())));
}

#[test]
fn refusals_are_told_apart_and_not_repeated() {
    let denied = r#"{"errors":[{"code":"DENIED","message":"no write \u001b[31mhere"}]}"#;
    let cases = [
        ("HEAD", "manifests/1.0.0", 401, "", "oci://HOST/charts/app needs credentials"),
        ("HEAD", "manifests/1.0.0", 403, "", "oci://HOST/charts/app refuses: HEAD /v2/charts/app/manifests/1.0.0"),
        ("POST", "blobs/uploads", 401, "", "oci://HOST/charts/app needs credentials"),
        ("POST", "blobs/uploads", 403, denied, "oci://HOST/charts/app refuses: no write [31mhere"),
        ("PUT", "manifests/1.0.0", 403, denied, "oci://HOST/charts/app:1.0.0 refuses: no write [31mhere"),
        (
            "PUT",
            "manifests/1.0.0",
            404,
            "",
            "oci://HOST/charts/app:1.0.0: it answered 404 to pushing the manifest",
        ),
    ];
    for (method, path, status, body, expected) in cases {
        let stub = Stub::start();
        stub.fail(method, path, 9, Fault::Answer(status, "", body));
        assert_eq!(told(&stub, push(&stub)), expected);
        // Both blobs are sent at once; neither is sent twice.
        let once = if method == "POST" { 2 } else { 1 };
        assert_eq!(stub.count(method, path), once, "{status} is final");
        assert!(!stub.with(|state| state.manifests.contains_key("1.0.0")));
    }
    let stub = Stub::start();
    stub.fail("POST", "blobs/uploads", 9, Fault::Answer(404, "", r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#));
    let error = told(&stub, push(&stub));
    assert!(error.starts_with("oci://HOST/charts/app: it answered 404 to pushing the blob sha256:"), "{error}");
    assert!(error.ends_with(": NAME_UNKNOWN"), "{error}");
}

#[test]
fn passing_troubles_are_waited_out_and_lasting_ones_told() {
    for fault in [Fault::Answer(500, "", ""), Fault::Answer(429, "", ""), Fault::Cut] {
        for (method, path) in [
            ("HEAD", "manifests/1.0.0"),
            ("HEAD", "blobs"),
            ("POST", "uploads"),
            ("PUT", "manifests/1.0.0"),
            ("GET", "/v2/"),
        ] {
            let stub = Stub::start();
            // One of them, and the same again on the retry, is cured by the third try.
            stub.fail(method, path, 2, fault.clone());
            // A try to log in that is answered with a status counts as answered.
            push(&stub).unwrap();
            wait(remote(&stub).pull(Sha256::of(manifest()))).unwrap();
        }
        let stub = Stub::start();
        stub.fail("HEAD", "manifests/1.0.0", 99, fault.clone());
        assert!(matches!(push(&stub), Err(Error::Unreachable(..))));
        // A cut connection may be tried twice by the HTTP client itself.
        assert!((3..=6).contains(&stub.count("HEAD", "manifests/1.0.0")));
    }
    let stub = Stub::start();
    stub.fail("HEAD", "manifests/1.0.0", 99, Fault::Answer(503, "", "down for maintenance"));
    assert_eq!(
        told(&stub, push(&stub)),
        "oci://HOST/charts/app cannot be reached: it answered 503 to HEAD /v2/charts/app/manifests/1.0.0"
    );
}

#[test]
fn a_registry_that_is_not_there_is_said_to_be_unreachable() {
    let host = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let result = wait(Remote::with(&host, "charts", "app", Push, &RegistryAuth::Anonymous, FAST));
    let Err(error @ Error::Unreachable(..)) = result.map(drop) else { panic!() };
    assert!(error.to_string().contains("refused"), "{error}");
}

#[test]
fn retry_after_is_honoured_and_capped() {
    let waits = |header: &'static str| {
        let stub = Stub::start();
        stub.fail("HEAD", "manifests/1.0.0", 1, Fault::Answer(429, header, ""));
        let remote = remote(&stub);
        let began = Instant::now();
        wait(remote.resolve("1.0.0")).unwrap();
        began.elapsed()
    };
    assert!(waits("Retry-After: 0\r\n") < Duration::from_millis(200));
    // An hour is asked for; the pace allows 300 ms.
    let waited = waits("Retry-After: 3600\r\n");
    assert!((Duration::from_millis(300)..Duration::from_secs(5)).contains(&waited), "{waited:?}");
}

#[test]
fn what_comes_is_compared_with_its_digest() {
    let digest = Sha256::of(manifest());
    for (path, expected) in [("manifests/sha256:", "what came is"), ("blobs/sha256:", "what came is")] {
        let stub = Stub::start();
        push(&stub).unwrap();
        stub.fail("GET", path, 9, Fault::Body("{}"));
        let error = told(&stub, wait(remote(&stub).pull(digest)));
        assert!(error.contains(expected), "{error}");
    }
    let stub = Stub::start();
    push(&stub).unwrap();
    stub.fail("GET", "blobs/sha256:", 9, Fault::Body("longer than the eleven bytes that it should have"));
    assert!(told(&stub, wait(remote(&stub).pull(digest))).contains("is longer than 11 bytes"));
    assert!(told(&stub, wait(remote(&stub).pull(Sha256::of("?")))).ends_with(": it does not exist"));
}

#[test]
fn logging_in_with_a_token_or_a_password() {
    let stub = Stub::start();
    let basic = RegistryAuth::Basic("ada".to_owned(), "secret".to_owned());
    stub.fail("GET", "/v2/", 1, Fault::Answer(401, "WWW-Authenticate: Basic realm=\"x\"\r\n", ""));
    wait(at(&stub, &basic).unwrap().resolve("1.0.0")).unwrap();
    assert_eq!(stub.with(|state| state.authorizations.clone()), ["Basic YWRhOnNlY3JldA=="]);

    // The challenge must name this host: the stub is its own token service.
    let challenged = |token: &'static str| {
        let stub = Stub::start();
        let challenge = format!("WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"s\"\r\n", stub.host);
        stub.fail("GET", "/v2/", 1, Fault::Answer(401, challenge.leak(), ""));
        stub.fail("GET", "/token", 1, Fault::Answer(200, "", token));
        stub
    };
    let stub = challenged(r#"{"token":"abc.def"}"#);
    wait(at(&stub, &basic).unwrap().resolve("1.0.0")).unwrap();
    assert_eq!(stub.with(|state| state.authorizations.clone()), ["Basic YWRhOnNlY3JldA==", "Bearer abc.def"]);
    assert_eq!(stub.count("GET", "scope=repository%3Acharts%2Fapp%3Apull%2Cpush"), 1);
    // A token that no header can hold.
    let stub = challenged("{\"token\":\"abc\\ndef\"}");
    assert_eq!(told(&stub, at(&stub, &basic).map(drop)), "oci://HOST/charts/app: its token is not text");
    let stub = challenged("not JSON");
    assert_eq!(told(&stub, at(&stub, &basic).map(drop)), "oci://HOST/charts/app: its token service gave no token");
}

#[test]
fn names_that_no_registry_takes_are_usage_errors() {
    let stub = Stub::start();
    for name in ["App", "a/../b", "a?b", "", "-a", "a b", "x".repeat(300).as_str()] {
        let result = wait(Remote::with(&stub.host, "charts", name, Push, &RegistryAuth::Anonymous, FAST));
        assert!(matches!(result.map(drop), Err(Error::Destination(..))), "{name}");
    }
    for tag in ["1.0.0+x", "", "a/b", "x".repeat(200).as_str()] {
        assert!(matches!(wait(remote(&stub).resolve(tag)), Err(Error::Destination(..))), "{tag}");
    }
    assert_eq!(stub.count("HEAD", ""), 0);
}
