//! `[publish.index]` and `[publish.artifact-hub]`.

use super::*;

fn with(section: &str) -> Result<Config, String> {
    let text = format!("{}\n{section}", minimal());
    Config::parse("lineage.toml", &text).map_err(|error| error.message)
}

#[test]
fn urls_come_from_the_template() {
    let index = |section: &str| with(section).unwrap().publish.index.unwrap();
    let of = |section: &str, version: &str| {
        let file = format!("x-{version}.tgz");
        index(&format!("[publish.index]\n{section}")).url_of("x", version, &format!("x-v{version}"), &file)
    };
    for (section, version, url) in [
        ("url = 'https://h/{tag}/{file}'", "1.0.0", "https://h/x-v1.0.0/x-1.0.0.tgz"),
        ("url = 'https://h/{tag}/{file}'", "1.0.0+b.1", "https://h/x-v1.0.0%2Bb.1/x-1.0.0%2Bb.1.tgz"),
        ("url = 'oci://h/charts/{chart}:{version}'", "1.0.0+b.1", "oci://h/charts/x:1.0.0_b.1"),
        ("packages = '.'", "1.0.0", "x-1.0.0.tgz"),
        ("packages = 'a b'", "1.0.0+b", "a%20b/x-1.0.0%2Bb.tgz"),
        ("packages = 'p'\nurl = 'https://h/p/{file}'", "1.0.0", "https://h/p/x-1.0.0.tgz"),
    ] {
        assert_eq!(of(section, version), url, "{section}");
    }
}

#[test]
fn packages_lie_beside_the_index() {
    let path = |section: &str| {
        with(&format!("[publish.index]\n{section}")).unwrap().publish.index.unwrap().package_path("x-1.0.0.tgz")
    };
    assert_eq!(path("url = 'https://h/{file}'"), None);
    assert_eq!(path("packages = '.'").as_deref(), Some("x-1.0.0.tgz"));
    assert_eq!(path("packages = 'p'").as_deref(), Some("p/x-1.0.0.tgz"));
    assert_eq!(path("packages = 'p'\npath = 'docs/index.yaml'").as_deref(), Some("docs/p/x-1.0.0.tgz"));
    assert_eq!(path("packages = '.'\npath = 'docs/index.yaml'").as_deref(), Some("docs/x-1.0.0.tgz"));
}

#[test]
fn a_place_that_cannot_be_is_refused() {
    for (section, said) in [
        ("", "where packages are is not said"),
        ("url = 'https://h/{file}'\npath = 'docs/i.yaml'", "is not called index.yaml"),
        ("url = 'https://h/{file}'\npath = '../index.yaml'", "is not a relative path"),
        ("url = 'https://h/{file}'\npath = 'charts/x/index.yaml'", "lies in a chart's directory"),
        ("packages = 'x'\npath = 'charts/index.yaml'", "packages would lie in a chart's directory"),
        ("packages = '/x'", "is not a relative path"),
        ("url = '{file}'", "is not an `https://`"),
        ("url = 'ftp://h/{file}'", "is not an `https://`"),
        ("url = 'https://h/{name}/{file}'", "has a sign that no URL has"),
        ("url = 'https://h/a b/{file}'", "has a sign that no URL has"),
        ("url = 'https://h/{chart}.tgz'", "is the same for every version"),
        ("url = 'oci://h/{chart}/{version}'", "ends without a tag"),
    ] {
        let why = with(&format!("[publish.index]\n{section}")).unwrap_err();
        assert!(why.contains(said), "{section}: {why}");
    }
    let why = with("[publish.artifact-hub]\nrepository = '/etc/x'").unwrap_err();
    assert!(why.contains("is not a relative path"), "{why}");
}

#[test]
fn a_release_is_made_on_a_forge() {
    let why = with("[publish]\nrelease = true").unwrap_err();
    assert!(why.contains("set `forge = \"github\"`"), "{why}");
    let text = format!("forge = \"github\"\n{}\n[publish]\nrelease = true\npgp-key = 'K'", minimal());
    assert!(Config::parse("lineage.toml", &text).unwrap().publish.release);
}

#[test]
fn a_release_names_the_key_of_its_provenance_file() {
    let stated = |publish: &str, hub: &str| {
        let text = format!("{}\n[publish]\n{publish}\n[publish.artifact-hub]\n{hub}", minimal());
        Config::parse("lineage.toml", &text).map(|config| config.publish.stated()).map_err(|error| error.message)
    };
    let (key, url) = ("0xabcdef0123456789abcdef0123456789abcdef01", "https://example.org/key.asc");
    let named = stated(&format!("assets = 'a'\npgp-key = '{key}'"), &format!("sign-key = '{url}'")).unwrap();
    let signer = named.sign_key.unwrap();
    assert_eq!(
        (signer.fingerprint.as_str(), signer.url.as_str()),
        ("ABCDEF0123456789ABCDEF0123456789ABCDEF01", url)
    );
    assert!(!named.prerelease);
    assert!(stated("", "prerelease = true").unwrap().prerelease);
    for (publish, hub, said) in [
        ("", format!("sign-key = '{url}'"), "with the key's whole fingerprint"),
        ("assets = 'a'\npgp-key = 'Ada'", format!("sign-key = '{url}'"), "with the key's whole fingerprint"),
        ("assets = 'a'\npgp-key = '0123456789ABCDEF'", format!("sign-key = '{url}'"), "whole fingerprint"),
        ("", "sign-key = 'http://example.org/key.asc'".to_owned(), "is not an `https://` address"),
        ("", "sign-key = 'https://'".to_owned(), "is not an `https://` address"),
        ("", "sign-key = 'https://example.org/a b'".to_owned(), "is not an `https://` address"),
    ] {
        let why = stated(publish, &hub).unwrap_err();
        assert!(why.contains(said), "{publish} {hub}: {why}");
    }
}
