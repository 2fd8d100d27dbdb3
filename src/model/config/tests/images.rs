//! `[[images]]`: what is read, what would accept anybody, and whose signature of an image counts.

use super::*;
use crate::model::{Certificate, Proof, Timestamp};

fn rule() -> String {
    format!(
        r#"{}
[[images]]
chart = "web"
repository = "registry.example/o/web"
keys = ["""
{}"""]

[[images.identities]]
issuer = "https://token.actions.githubusercontent.com"
signer = "https://github.com/octo-org/web/.github/workflows/release.yml@refs/tags/v*"
repository-id = "321"
owner-id = "45"
refs = ["refs/tags/v*"]
events = ["push"]
"#,
        minimal(),
        pem(7)
    )
}

#[test]
fn an_image_is_read_with_its_defaults() {
    let config = read(&rule());
    let [image] = config.images.as_slice() else { panic!("one image") };
    assert_eq!((image.values.as_str(), image.tag.as_str()), ("image", "v{appVersion}"));
    assert_eq!(image.identities[0].root, "public-good");
    assert!(image.follows_app_version());
}

/// The fault after `from` became `to`.
#[track_caller]
fn refused(from: &str, to: &str) -> String {
    let text = rule().replacen(from, to, 1);
    assert_ne!(text, rule(), "{from} is not in the file");
    Config::parse("lineage.toml", &text).unwrap_err().message
}

#[test]
fn ba_9_what_would_accept_anybody_is_refused() {
    let keys = format!("keys = [\"\"\"\n{}\"\"\"]\n", pem(7));
    let start = rule().find("[[images.identities]]").unwrap();
    let nobody = rule()[..start].replacen(&keys, "", 1);
    let said = Config::parse("lineage.toml", &nobody).unwrap_err().message;
    assert!(said.starts_with("nobody is named who signs the image `image` of web"), "{said}");
    let run = "is a workflow's and needs";
    for (from, to, says) in [
        ("chart = \"web\"", "chart = \"w/b\"", "is not the name of a chart"),
        ("registry.example/o/web", "registry.example/o/web:v1", "is not `host/path`"),
        ("registry.example/o/web", "registry.example/o/*", "is not `host/path`"),
        ("chart = \"web\"", "chart = \"web\"\nvalues = \"a..b\"", "is not a path of keys"),
        ("chart = \"web\"", "chart = \"web\"\nvalues = \"a/b\"", "is not a path of keys"),
        ("chart = \"web\"", "chart = \"web\"\ntag = \"latest\"", "is not a tag with `{appVersion}`"),
        ("chart = \"web\"", "chart = \"web\"\ntag = \"{appVersion}{tag}\"", "exactly once"),
        ("chart = \"web\"", "chart = \"web\"\ntag = \"v {appVersion}\"", "is not a tag with"),
        ("release.yml@refs/tags/v*", "*@refs/tags/v*", "would let in other workflows"),
        ("release.yml@refs/tags/v*", "release.yml@refs/tags/*", "would let in every branch or tag"),
        ("release.yml@refs/tags/v*", "release.yml@refs/pull/1/merge", "is taken from a pull request"),
        ("repository-id = \"321\"\n", "", run),
        ("owner-id = \"45\"\n", "", run),
        ("refs = [\"refs/tags/v*\"]\n", "", run),
        ("events = [\"push\"]\n", "", run),
        ("refs = [\"refs/tags/v*\"]", "refs = [\"refs/heads/*\"]", "would let in every branch or tag"),
        ("refs = [\"refs/tags/v*\"]", "refs = [\"refs/pull/*/merge\"]", "is not a ref in full"),
        ("events = [\"push\"]", "events = [\"pull_request\"]", "what a pull request builds is no release"),
        ("events = [\"push\"]", "events = [\"pull_request_target\"]", "are never believed"),
        ("issuer = \"https://token", "issuer = \"token", "is not an issuer's URL"),
        ("events = [\"push\"]", "events = [\"push\"]\nroot = \"any\"", "is no trusted root"),
        ("events = [\"push\"]", "events = [\"push\"]\nstages = [\"build\"]", "unknown key `stages`"),
        ("BEGIN PUBLIC", "BEGIN PRIVATE", "the key"),
    ] {
        let said = refused(from, to);
        assert!(said.contains(says), "{to}: {said}");
    }
    let person = rule().replace(
        "https://token.actions.githubusercontent.com\"\nsigner = \"https://github.com/octo-org/web/.github/workflows/release.yml@refs/tags/v*",
        "https://accounts.example.org\"\nsigner = \"*@example.org",
    );
    assert!(Config::parse("lineage.toml", &person).unwrap_err().message.contains("would let in more than one"));
    let twice =
        format!("{}\n[[images]]\nchart = \"web\"\nrepository = \"o/x\"\nkeys = ['''\n{}''']\n", rule(), pem(8));
    assert!(Config::parse("lineage.toml", &twice).unwrap_err().message.contains("stands there twice"));
}

#[test]
fn the_check_needs_a_mapping_and_is_another_with_another_mapping() {
    let asked = minimal().replace("\"chart-lint\"", "\"chart-lint\", \"image-digest\"");
    let said = Config::parse("lineage.toml", &asked).unwrap_err().message;
    assert!(said.contains("no [[images]]"), "{said}");
    let digest = |text: &str| read(text).check("image-digest").unwrap().0.digest(None);
    assert_ne!(digest(&rule()), digest(&minimal()));
    assert_ne!(digest(&rule()), digest(&rule().replace(&pem(7), &pem(8))));
    assert_eq!(digest(&rule()), digest(&rule().replace("\"push\"]", "\"push\"] # twice")));
    let lint = |text: &str| read(text).check("chart-lint").unwrap().0.digest(None);
    assert_eq!(lint(&rule()), lint(&minimal()));
}

#[test]
fn ba_7_a_tag_is_made_of_the_app_version_and_back() {
    let mut rule = read(&rule()).images.remove(0);
    assert_eq!(rule.tag_of(Some("1.2.3"), None).as_deref(), Ok("v1.2.3"));
    assert_eq!(rule.tag_of(Some("2025.11.1"), Some("v2025.11.1")).as_deref(), Ok("v2025.11.1"));
    assert_eq!(
        (rule.version_of("v1.2.3"), rule.version_of("1.2.3"), rule.version_of("v")),
        (Some("1.2.3"), None, None)
    );
    for (app, own, says) in [
        (None, None, "has no `appVersion`"),
        (Some("1.2.3"), Some("1.2.3"), "has the tag `1.2.3`, and `appVersion` 1.2.3 makes it `v1.2.3`"),
        (Some("1.2.3"), Some("v1.2.4"), "has the tag `v1.2.4`"),
        (Some("1 2"), None, "is not a tag"),
    ] {
        let said = rule.tag_of(app, own).unwrap_err();
        assert!(said.contains(says), "{said}");
    }
    rule.tag = "{tag}".to_owned();
    assert_eq!(rule.tag_of(None, Some("1.27")).as_deref(), Ok("1.27"));
    assert!(rule.tag_of(Some("1.2.3"), None).is_err());
    assert_eq!(rule.version_of("1.27"), Some("1.27"));
}

/// Changes what a certificate says.
type Alter = fn(&mut Certificate);

fn certificate() -> Certificate {
    let text = |text: &str| Some(text.to_owned());
    let signer = "https://github.com/octo-org/web/.github/workflows/release.yml@refs/tags/v1.2.3";
    Certificate {
        root: "public-good".to_owned(),
        subject: signer.to_owned(),
        issuer: "https://token.actions.githubusercontent.com".to_owned(),
        build_signer_uri: text(signer),
        runner_environment: None,
        source_repository_uri: None,
        source_repository_digest: None,
        source_repository_ref: text("refs/tags/v1.2.3"),
        source_repository_id: text("321"),
        source_repository_owner_id: text("45"),
        build_config_uri: None,
        build_trigger: text("push"),
        run_invocation_uri: None,
        times: vec![Timestamp::from_seconds(1)],
        logged: true,
    }
}

#[test]
fn ba_9_a_signature_counts_if_the_rule_names_its_signer() {
    let rule = read(&rule()).images.remove(0);
    let by_key = |seed: u8| Proof::Key {
        fingerprint: crate::model::config::trust::spki(&pem(seed)).map(Sha256::of).unwrap(),
        times: Vec::new(),
    };
    assert!(rule.signer(&by_key(7)).is_ok());
    assert!(rule.signer(&by_key(8)).unwrap_err().contains("is not allowed to"));
    // The key of the evidence is no key of images.
    assert!(rule.signer(&by_key(1)).is_err());
    let by = |change: fn(&mut Certificate)| {
        let mut certificate = certificate();
        change(&mut certificate);
        rule.signer(&Proof::Certificate(Box::new(certificate)))
    };
    assert!(by(|_| ()).unwrap().contains("octo-org/web"));
    let changes: [(Alter, &str); 7] = [
        (|c| c.subject = c.subject.replace("release", "other"), "two signing workflows"),
        (|c| (c.subject, c.build_signer_uri) = (c.subject.replace("release", "other"), None), "other.yml"),
        (|c| c.root = "github".to_owned(), "trusted root"),
        (|c| c.issuer = "https://evil.example".to_owned(), "issuer is"),
        (|c| c.source_repository_id = Some("322".to_owned()), "repository id is 322"),
        (|c| c.source_repository_ref = Some("refs/heads/x".to_owned()), "ref is refs/heads/x"),
        (|c| c.build_trigger = Some("pull_request".to_owned()), "event is pull_request"),
    ];
    for (change, says) in changes {
        let said = by(change).unwrap_err();
        assert!(said.contains(says), "{said}");
    }
    assert_eq!(rule.signer(&Proof::Rejected("no".to_owned())), Err("no".to_owned()));
    let mut keys_only = rule.clone();
    keys_only.identities.clear();
    let said = keys_only.signer(&Proof::Certificate(Box::new(certificate()))).unwrap_err();
    assert!(said.contains("only keys"), "{said}");
}
