//! Identities and revocations: what is read, and every policy that would let in somebody it does not name.

use super::*;

/// A workflow's identity and a person's, and what was taken back.
fn keyless() -> String {
    format!(
        r#"{}
[[trust.identities]]
name = "checks"
issuer = "https://token.actions.githubusercontent.com"
signer = "https://github.com/octo-org/charts/.github/workflows/checks.yml@refs/heads/main"
repository-id = "123"
owner-id = "45"
refs = ["refs/heads/main", "refs/heads/integration"]
events = ["push", "merge_group"]
stages = ["validate", "bump"]

[[trust.identities]]
name = "ada"
issuer = "https://accounts.example.org"
signer = "ada@example.org"
root = "given"
stages = ["waive", "review"]
account = "1001"

[[trust.revoked]]
key = "ci"
since = "2026-01-31T00:00:00Z"
reason = "a laptop was lost"
"#,
        minimal()
    )
}

#[test]
fn identities_are_read() {
    let config = read(&keyless());
    let [checks, ada] = config.trust.identities.as_slice() else { panic!("two identities") };
    assert!(checks.is_workflow());
    assert_eq!(checks.signer_ref(), Some("refs/heads/main"));
    assert_eq!((checks.root.as_str(), checks.runner.as_deref()), ("public-good", None));
    assert!(!ada.is_workflow());
    assert_eq!((ada.root.as_str(), ada.account.as_deref()), ("given", Some("1001")));
    assert_eq!(config.trust.revoked[0].since.to_string(), "2026-01-31T00:00:00Z");
    let without_keys = keyless().split("[[trust.keys]]").next().unwrap().to_owned()
        + keyless().split_once("'''\n\n").unwrap().1.split("[[trust.revoked]]").next().unwrap();
    assert_eq!(read(&without_keys).trust.keys.len(), 0, "identities are enough");
}

/// The fault after `from` became `to`, checked to stand on the line that holds `line`.
#[track_caller]
fn refused(from: &str, to: &str, line: &str) -> String {
    let text = keyless().replacen(from, to, 1);
    assert_ne!(text, keyless(), "{from} is not in the file");
    let error = Config::parse("lineage.toml", &text).unwrap_err();
    let shown = text.lines().nth(error.line - 1).unwrap();
    assert!(shown.contains(line), "{error} is said of the line `{shown}`");
    format!("{} {}", error.column, error.message)
}

const MAIN: &str = "signer = \"https://github.com/octo-org/charts/.github/workflows/checks.yml@refs/heads/main\"";

#[test]
fn oc8_a_signer_that_could_be_anybody_is_refused() {
    let workflow = "is not a workflow's URI: `https://github.com/o/r/.github/workflows/f.yml@refs/heads/main`";
    let other = "would let in other workflows; `*` may stand only in the ref, after the `@`";
    for (signer, message) in [
        ("*", "`*` names no workflow at a ref: `https://github.com/o/r/.github/workflows/f.yml@refs/heads/main`".to_owned()),
        ("https://github.com/octo-org/charts/.github/workflows/checks.yml", "`https://github.com/octo-org/charts/.github/workflows/checks.yml` names no workflow at a ref: `https://github.com/o/r/.github/workflows/f.yml@refs/heads/main`".to_owned()),
        ("https://github.com/*/*/.github/workflows/c.yml@refs/heads/main", format!("`https://github.com/*/*/.github/workflows/c.yml@refs/heads/main` {other}")),
        ("https://github.com/octo-org/*/.github/workflows/c.yml@refs/heads/main", format!("`https://github.com/octo-org/*/.github/workflows/c.yml@refs/heads/main` {other}")),
        ("https://github.com/octo-org/charts*/.github/workflows/c.yml@refs/heads/main", format!("`https://github.com/octo-org/charts*/.github/workflows/c.yml@refs/heads/main` {other}")),
        ("https://github.com/o/r/.github/workflows/*@refs/heads/main", format!("`https://github.com/o/r/.github/workflows/*@refs/heads/main` {other}")),
        ("https://github.com@refs/heads/main", format!("`https://github.com@refs/heads/main` {workflow}")),
        ("github.com/o/r/.github/workflows/c.yml@refs/heads/main", format!("`github.com/o/r/.github/workflows/c.yml@refs/heads/main` {workflow}")),
        ("https://github.com/o/r/.github/workflows/c.yml@refs/heads/*", "`refs/heads/*` would let in every branch or tag; name those that are protected".to_owned()),
        ("https://github.com/o/r/.github/workflows/c.yml@refs/tags/**", "`refs/tags/**` would let in every branch or tag; name those that are protected".to_owned()),
        ("https://github.com/o/r/.github/workflows/c.yml@*", "`*` is not a ref in full, such as `refs/heads/main`".to_owned()),
        ("https://github.com/o/r/.github/workflows/c.yml@main", "`main` is not a ref in full, such as `refs/heads/main`".to_owned()),
        ("https://github.com/o/r/.github/workflows/c.yml@refs/pull/*/merge", "`https://github.com/o/r/.github/workflows/c.yml@refs/pull/*/merge` is taken from a pull request: it is whatever the contribution makes of it".to_owned()),
        ("https://github.com/o/r/.github/workflows/a@b.yml@refs/heads/main", "`b.yml@refs/heads/main` is not a ref in full, such as `refs/heads/main`".to_owned()),
        ("https://github.com/o/r/.github/workflows/c d.yml@refs/heads/main", format!("`https://github.com/o/r/.github/workflows/c d.yml@refs/heads/main` {workflow}")),
        ("somebody@example.org", format!("`somebody@example.org` {workflow}")),
    ] {
        let to = format!("signer = \"{signer}\"");
        assert_eq!(refused(MAIN, &to, &to), format!("10 {message}"), "{signer}");
    }
}

#[test]
fn a_workflow_says_whose_it_is_and_when_it_runs() {
    let needs = |key: &str, why: &str| format!("1 the identity `checks` is a workflow's and needs `{key}`: {why}");
    let numbers = "names can be given up and taken by another, numbers cannot";
    for (from, message) in [
        ("repository-id = \"123\"\n", needs("repository-id", numbers)),
        ("owner-id = \"45\"\n", needs("owner-id", numbers)),
        (
            "refs = [\"refs/heads/main\", \"refs/heads/integration\"]\n",
            needs("refs", "any branch of the repository could sign with it"),
        ),
        ("events = [\"push\", \"merge_group\"]\n", needs("events", "a contribution's own run could sign with it")),
    ] {
        assert_eq!(refused(from, "", "[[trust.identities]]"), message);
        // Another issuer of workflows makes no difference, nor does none that is known.
        for issuer in
            ["https://ghe.example.org/_services/token", "https://token.actions.octo.ghe.com", "https://gitlab.com"]
        {
            let text =
                keyless().replace("https://token.actions.githubusercontent.com", issuer).replacen(from, "", 1);
            let error = Config::parse("lineage.toml", &text).unwrap_err();
            assert!(message.ends_with(&error.message), "{issuer}: {error}");
        }
    }
}

#[test]
fn words_that_mean_nothing_are_refused_where_they_stand() {
    let branch = "would let in every branch or tag; name those that are protected";
    for (from, to, message) in [
        ("issuer = \"https://token.actions.githubusercontent.com\"", "issuer = \"https://*\"", "10 `https://*` is not an issuer's URL; it is compared exactly, without `*`".to_owned()),
        ("issuer = \"https://token.actions.githubusercontent.com\"", "issuer = \"*\"", "10 `*` is not an issuer's URL; it is compared exactly, without `*`".to_owned()),
        ("repository-id = \"123\"", "repository-id = \"*\"", "17 `*` is not the number the forge has for it".to_owned()),
        ("owner-id = \"45\"", "owner-id = \"octo-org\"", "12 `octo-org` is not the number the forge has for it".to_owned()),
        ("refs = [\"refs/heads/main\", \"refs/heads/integration\"]", "refs = []", "8 `trust.identities.0.refs`: the list is empty; name at least one".to_owned()),
        ("events = [\"push\", \"merge_group\"]", "events = []", "10 `trust.identities.0.events`: the list is empty; name at least one".to_owned()),
        ("stages = [\"validate\", \"bump\"]", "stages = []", "10 `trust.identities.0.stages`: `stages` names no stage; leave it out to trust the signer for every one".to_owned()),
        ("\"refs/heads/integration\"]", "\"refs/heads/*\"]", format!("8 `refs/heads/*` {branch}")),
        ("\"refs/heads/integration\"]", "\"refs/*/main\"]", "8 `refs/*/main` is not a ref in full, such as `refs/heads/main`".to_owned()),
        ("\"refs/heads/integration\"]", "\"*\"]", "8 `*` is not a ref in full, such as `refs/heads/main`".to_owned()),
        ("\"refs/heads/integration\"]", "\"integration\"]", "8 `integration` is not a ref in full, such as `refs/heads/main`".to_owned()),
        ("\"merge_group\"]", "\"pull_request_target\"]", "10 runs of `pull_request_target` are never believed; there are `push`, `merge_group`, `pull_request`, `workflow_dispatch`, `repository_dispatch`, `schedule` or `release`".to_owned()),
        ("\"merge_group\"]", "\"merge-group\"]", "10 runs of `merge-group` are never believed; there are `push`, `merge_group`, `pull_request`, `workflow_dispatch`, `repository_dispatch`, `schedule` or `release`; did you mean `merge_group`?".to_owned()),
        ("events = [", "runner = \"gihub-hosted\"\nevents = [", "10 `gihub-hosted` is no kind of runner; there are `github-hosted` or `self-hosted`; did you mean `github-hosted`?".to_owned()),
        ("root = \"given\"", "root = \"private\"", "8 `private` is no trusted root; there are `public-good`, `github` or `given`".to_owned()),
        ("root = \"given\"", "refs = [\"refs/heads/main\"]", "8 `refs` is about a workflow's run, and `ada` is no workflow".to_owned()),
        ("root = \"given\"", "owner-id = \"7\"", "12 `owner-id` is about a workflow's run, and `ada` is no workflow".to_owned()),
        ("\"ada@example.org\"", "\"*@example.org\"", "10 `*@example.org` would let in more than one; a person's address is compared exactly, without `*`".to_owned()),
        ("\"ada@example.org\"", "\"ada\"", "10 `ada` is neither a workflow's URI nor an address".to_owned()),
        ("account = \"1001\"", "account = \"10 01\"", "11 `10 01` is not an account: the number the forge has for a person".to_owned()),
        ("stages = [\"validate\", \"bump\"]", "account = \"7\"", "11 `checks` is a workflow: it stands for no person's account".to_owned()),
        ("name = \"checks\"", "name = \"ci\"", "8 two trusted signers are called `ci`; keys and identities share their names".to_owned()),
        ("name = \"ada\"", "name = \"checks\"", "8 two trusted signers are called `checks`; keys and identities share their names".to_owned()),
        ("name = \"ada\"", "name = \" \"", "8 a trusted identity needs a name to be shown by".to_owned()),
    ] {
        let line = to.lines().next().unwrap();
        assert_eq!(refused(from, to, line), message, "{from} → {to}");
    }
}

#[test]
fn a15_refs_that_are_not_protected_are_refused() {
    let from =
        "\"refs/heads/integration\"]\nevents = [\"push\", \"merge_group\"]\nstages = [\"validate\", \"bump\"]";
    let with =
        |reference: &str, stages: &str| format!("\"{reference}\"]\nevents = [\"push\"]\nstages = [{stages}]");
    for (reference, stages, places) in [
        ("refs/heads/integration", "\"tag\"", "evidence for the tag stage comes from main"),
        (
            "refs/heads/integration",
            "\"build\"",
            "evidence for the build stage comes from main, release or a release tag",
        ),
        ("refs/heads/dev", "\"build\"", "evidence for the build stage comes from main, release or a release tag"),
        ("refs/tags/main", "\"build\"", "evidence for the build stage comes from main, release or a release tag"),
        ("refs/heads/chart/x", "\"tag\", \"build\"", "evidence for the tag stage comes from main"),
    ] {
        let shown = refused(from, &with(reference, stages), "refs = ");
        assert_eq!(shown, format!("8 `{reference}` is no protected ref for what `checks` signs: {places}"));
    }
    for (reference, stages) in [
        ("refs/heads/release", "\"publish\""),
        ("refs/tags/x-v1.2.3", "\"build\""),
        ("refs/tags/*-v*", "\"build\""),
        ("refs/heads/main", "\"tag\""),
        ("refs/heads/feature", "\"validate\""),
    ] {
        let _ = read(&keyless().replacen(from, &with(reference, stages), 1));
    }
    // What the branch is called is for this file to say, and direct flow has no integration branch.
    let direct = keyless()
        .replace("version = 1", "version = 1\nflow = \"direct\"")
        .replace("checks.yml@refs/heads/main", "checks.yml@refs/heads/trunk");
    assert!(
        Config::parse("f", &direct).unwrap_err().message.contains("`refs/heads/integration` is no protected ref")
    );
}

#[test]
fn a15_pull_requests_need_a_pinned_signer_and_name_their_stages() {
    let pulls = |signer: &str, refs: &str, events: &str, stages: &str| {
        let text = keyless()
            .replace(
                MAIN,
                &format!("signer = \"https://github.com/octo-org/signer/.github/workflows/sign.yml@{signer}\""),
            )
            .replace("refs = [\"refs/heads/main\", \"refs/heads/integration\"]", &format!("refs = [{refs}]"))
            .replace("events = [\"push\", \"merge_group\"]", &format!("events = [{events}]"))
            .replace("stages = [\"validate\", \"bump\"]", stages);
        Config::parse("f", &text).map_err(|error| error.message)
    };
    let (refs, events, stages) = ("\"refs/pull/*/merge\"", "\"pull_request\"", "stages = [\"validate\"]");
    let commit = "1".repeat(40);
    for signer in ["refs/heads/main", &commit] {
        assert!(pulls(signer, refs, events, stages).is_ok(), "{signer}");
    }
    for signer in ["refs/tags/v1", "refs/heads/integration", "refs/heads/main*", "refs/heads/release/*"] {
        let why = pulls(signer, refs, events, stages).unwrap_err();
        assert_eq!(
            why,
            "`checks` takes pull requests, so that its signer has to be a reusable workflow at `refs/heads/main` or at a commit's whole id",
            "{signer}"
        );
    }
    let own = "`checks` takes pull requests, and evidence for the";
    for (refs, events, stages, role) in [
        (refs, events, "", "tag"),
        (refs, events, "stages = [\"validate\", \"build\"]", "build"),
        ("\"refs/heads/main\"", "\"push\", \"pull_request\"", "stages = [\"publish\"]", "publish"),
        ("\"refs/heads/main\", \"refs/pull/7/merge\"", "\"push\"", "stages = [\"policy\"]", "policy"),
    ] {
        let why = pulls("refs/heads/main", refs, events, stages).unwrap_err();
        assert!(why.starts_with(&format!("{own} {role} stage never comes from one")), "{why}");
    }
}

#[test]
fn a_revocation_says_what_since_when_and_why() {
    let print = read(&minimal()).trust.keys[0].fingerprint().unwrap().to_string();
    for good in
        [format!("key = \"{print}\""), "identity = \"ada\"".to_owned(), "release = \"x-v1.0.0\"".to_owned()]
    {
        let _ = read(&keyless().replacen("key = \"ci\"", &good, 1));
    }
    for (from, to, line, message) in [
        (
            "key = \"ci\"\n",
            "",
            "[[trust.revoked]]",
            "1 a revocation names exactly one of `key`, `identity` and `release`",
        ),
        (
            "key = \"ci\"",
            "key = \"ci\"\nrelease = \"x\"",
            "[[trust.revoked]]",
            "1 a revocation names exactly one of `key`, `identity` and `release`",
        ),
        (
            "key = \"ci\"",
            "key = \"cy\"",
            "cy",
            "7 `cy` is no key of this file; one that is gone is named by its fingerprint; did you mean `ci`?",
        ),
        (
            "key = \"ci\"",
            "identity = \"ci\"",
            "ci",
            "12 `ci` is no identity of this file; a revoked one stays in it",
        ),
        ("key = \"ci\"", "release = \"a b\"", "a b", "11 `a b` is not the name of a release tag"),
        (
            "2026-01-31T00:00:00Z",
            "yesterday",
            "since",
            "9 `trust.revoked.0.since`: `yesterday` is no moment; write one as in \"2026-01-31T00:00:00Z\"",
        ),
        (
            "2026-01-31T00:00:00Z",
            "2026-01-31",
            "since",
            "9 `trust.revoked.0.since`: `2026-01-31` is no moment; write one as in \"2026-01-31T00:00:00Z\"",
        ),
        (
            "since = \"2026-01-31T00:00:00Z\"\n",
            "",
            "[[trust.revoked]]",
            "1 `trust.revoked.0`: the key `since` is missing",
        ),
        ("a laptop was lost", " ", "reason", "10 a revocation needs a reason"),
    ] {
        assert_eq!(refused(from, to, line), message, "{from} → {to}");
    }
}

#[test]
fn whatever_widens_an_identity_changes_the_trust_digest() {
    let digest = read(&keyless()).trust_digest();
    for (from, to) in [
        ("https://token.actions.githubusercontent.com", "https://token.actions.octo.ghe.com"),
        ("checks.yml", "other.yml"),
        ("repository-id = \"123\"", "repository-id = \"124\""),
        ("owner-id = \"45\"", "owner-id = \"46\""),
        ("\"refs/heads/main\", ", ""),
        (", \"merge_group\"", ""),
        ("events = [", "runner = \"github-hosted\"\nevents = ["),
        ("root = \"given\"", "root = \"github\""),
        ("stages = [\"validate\", \"bump\"]", ""),
        ("account = \"1001\"", "account = \"1002\""),
        ("name = \"ci\"", "name = \"ci\"\naccount = \"7\""),
    ] {
        let changed = keyless().replacen(from, to, 1);
        assert_ne!(changed, keyless(), "{from}");
        assert_ne!(read(&changed).trust_digest(), digest, "{from} → {to}");
    }
    for (from, to) in [
        ("name = \"checks\"", "name = \"renamed\""),
        ("[\"push\", \"merge_group\"]", "[\"merge_group\", \"push\"]"),
        ("[\"refs/heads/main\", \"refs/heads/integration\"]", "[\"refs/heads/integration\", \"refs/heads/main\"]"),
        ("key = \"ci\"", "release = \"x-v1.0.0\""),
        ("name = \"ada\"", "name = \"ada\"\n# a comment"),
    ] {
        let changed = keyless().replacen(from, to, 1);
        assert_ne!(changed, keyless(), "{from}");
        assert_eq!(read(&changed).trust_digest(), digest, "{from} → {to}");
    }
    let mut reordered = read(&keyless());
    reordered.trust.identities.reverse();
    reordered.trust.revoked.clear();
    reordered.sign.mode = SignMode::Keyless;
    assert_eq!(reordered.trust_digest(), digest);
}
