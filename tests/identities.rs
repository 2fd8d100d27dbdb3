//! Evidence signed by certificates, judged by identity: every field wrong one at a time, runs that nobody
//! protects, and what main takes back. The certificates are real ones, of a Sigstore of our own.

use expect_test::expect;
use sha2::{Digest as _, Sha256};

use crate::sigstore::{Claim, GITHUB, How, Identity, Sigstore};
use crate::world::{
    CI_PUBLIC, MALLORY_PUBLIC, PROBE, REPOSITORY, Site, Stop, TAG, World, policy, policy_of, seed,
};

const CHART: &str = "test-workflow";

/// A workflow of the repository, at main, by a push.
fn workflow() -> Identity {
    Identity::github("octo/charts", "release.yml", "refs/heads/main")
}

/// The identity of [`workflow`] in a policy, for some stages.
fn identity(name: &str, stages: &str) -> String {
    format!(
        r#"
[[trust.identities]]
name = "{name}"
issuer = "{GITHUB}"
signer = "https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main"
repository-id = "1001"
owner-id = "2002"
refs = ["refs/heads/main"]
events = ["push"]
runner = "github-hosted"
root = "given"
stages = [{stages}]
"#
    )
}

/// The world's policy, with the key trusted for these stages alone, and more.
fn with_key_for(stages: &str, more: &str) -> String {
    policy().replace("name = \"ci\"\n", &format!("name = \"ci\"\nstages = [{stages}]\n")) + more
}

/// Signs records of a ledger anew with certificates, at the time each statement says: those that `who` has
/// somebody for. A statement over others names their new bundles.
fn resign(site: &Site<'_>, sigstore: &Sigstore, who: impl Fn(&str) -> Option<Identity>) {
    let mut renamed: Vec<(String, String)> = Vec::new();
    let mut objects: Vec<(String, Vec<String>)> =
        site.ledger_objects(CHART).into_iter().map(|on| (on.clone(), site.ledger(CHART, &on))).collect();
    for whole in [false, true] {
        for (_, lines) in &mut objects {
            for line in lines {
                let record: serde_json::Value = serde_json::from_str(line).expect("a record");
                let name = record["name"].as_str().expect("it has a name");
                let Some(identity) = who(name).filter(|_| name.ends_with("-overall") == whole) else { continue };
                let start = line.find("\"bundle\":").expect("it has a bundle") + "\"bundle\":".len();
                let old = hex::encode(Sha256::digest(&line[start..line.len() - 1]));
                let mut statement = payload(&record["bundle"]);
                for (before, after) in &renamed {
                    statement = statement.replace(before, after);
                }
                let bundle =
                    sigstore.sign(statement.as_bytes(), &identity, &How::v1(time(&statement))).to_string();
                renamed.push((old, hex::encode(Sha256::digest(&bundle))));
                *line = format!("{}{bundle}}}", &line[..start]);
            }
        }
    }
    for (on, lines) in objects {
        site.set_ledger(CHART, &on, &lines);
    }
}

/// The statement in a bundle.
fn payload(bundle: &serde_json::Value) -> String {
    use base64::Engine as _;
    let text = bundle["dsseEnvelope"]["payload"].as_str().expect("it has a payload");
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("it is base64");
    String::from_utf8(bytes).expect("it is text")
}

/// When a statement says it was made.
fn time(statement: &str) -> i64 {
    let statement: serde_json::Value = serde_json::from_str(statement).expect("it is JSON");
    let predicate = &statement["predicate"];
    let inner = &predicate["buildDefinition"]["internalParameters"]["time"];
    let said = predicate["time"].as_str().or(inner.as_str()).expect("it says when");
    said.parse::<jiff::Timestamp>().expect("it is a moment").as_second()
}

/// A stranger to a published release, who trusts our Sigstore.
fn stranger(world: &World) -> (Site<'_>, Sigstore) {
    let sigstore = Sigstore::new();
    let stranger = world.stranger();
    stranger.write("../root.json", sigstore.trusted_root_json());
    stranger.git(["config", "lineage.trustedroot", &world.path("root.json").display().to_string()]);
    (stranger, sigstore)
}

/// Changes who signed.
type Alter = fn(Identity) -> Identity;

#[test]
fn oc8_a_tag_statement_counts_by_its_identity_alone() {
    let world = World::published();
    let (stranger, sigstore) = stranger(&world);
    let stages = "\"validate\", \"split\", \"bump\", \"build\"";
    stranger.write("strict.toml", with_key_for(stages, &identity("release", "\"tag\"")));
    let verify = || stranger.lineage(["verify", "--json", "--policy", "strict.toml", TAG]);
    drop(verify().exits(1).breaks(&["w6-tag"]));

    let signed_by =
        |identity: Identity| resign(&stranger, &sigstore, |name| (name == "w6-tag").then(|| identity.clone()));
    signed_by(workflow());
    drop(verify().exits(0));
    let cases: [(Alter, &str); 12] = [
        (
            |who| who.uri("https://github.com/octo/charts/.github/workflows/other.yml@refs/heads/main"),
            "takes https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main",
        ),
        (
            |who| who.uri("https://github.com/octo/charts-evil/.github/workflows/release.yml@refs/heads/main"),
            "signed by https://github.com/octo/charts-evil/",
        ),
        (
            |who| who.uri("https://github.com/octo-org/charts/.github/workflows/release.yml@refs/heads/main"),
            "signed by https://github.com/octo-org/charts/",
        ),
        (
            |who| who.uri("https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main-evil"),
            "@refs/heads/main-evil: the identity",
        ),
        (
            |who| who.with(Claim::Issuer, "https://token.actions.githubusercontent.com.evil.example"),
            "its issuer is https://token.actions.githubusercontent.com.evil.example",
        ),
        (|who| who.with(Claim::SourceRepositoryIdentifier, "1002"), "its repository id is 1002"),
        (|who| who.without(Claim::SourceRepositoryIdentifier), "its repository id is not named"),
        (|who| who.with(Claim::SourceRepositoryOwnerIdentifier, "2003"), "its owner id is 2003"),
        (
            |who| who.with(Claim::SourceRepositoryRef, "refs/heads/dev"),
            "its ref is refs/heads/dev, and the identity `release` takes refs/heads/main",
        ),
        (|who| who.with(Claim::SourceRepositoryRef, "refs/tags/main"), "its ref is refs/tags/main"),
        (|who| who.with(Claim::BuildTrigger, "pull_request"), "its event is pull_request"),
        (|who| who.with(Claim::RunnerEnvironment, "self-hosted"), "its runner is self-hosted"),
    ];
    // Each begins with the statement that counted, signed by somebody else.
    for (alter, why) in cases {
        signed_by(alter(workflow()));
        let broken = verify().exits(1).broken();
        assert!(broken.iter().any(|(link, said)| link == "w6-tag" && said.contains(why)), "{why}: {broken:#?}");
    }
    signed_by(Identity::email("ada@example.org", GITHUB));
    drop(verify().exits(1).breaks(&["w6-tag"]));

    // The right identity, vouched for by another Sigstore; and by ours, where nobody asked it.
    resign(&stranger, &Sigstore::named("evil.test"), |name| (name == "w6-tag").then(workflow));
    drop(verify().exits(1).breaks(&["w6-tag"]));
    signed_by(workflow());
    drop(verify().exits(0));
    stranger.git(["config", "--unset", "lineage.trustedroot"]);
    drop(verify().exits(1).breaks(&["w6-tag"]));
    stranger.git(["config", "lineage.trustedroot", &world.path("root.json").display().to_string()]);
    // A root that somebody names is never the public one.
    let public = with_key_for(stages, &identity("release", "\"tag\""))
        .replace("root = \"given\"", "root = \"public-good\"");
    stranger.write("strict.toml", public);
    let why = "the trusted root `given` vouches for it, and the identity `release` takes `public-good`";
    drop(stranger.lineage(["verify", "--policy", "strict.toml", TAG]).exits(1).says(&[why]));
}

#[test]
fn a15_a_package_is_not_built_in_a_pull_request_whatever_the_patterns_say() {
    let world = World::published();
    let (stranger, sigstore) = stranger(&world);
    // Patterns that take any branch called r…, and with it `rogue`.
    let wide = identity("release", "\"build\"")
        .replace("release.yml@refs/heads/main", "release.yml@refs/heads/r*")
        .replace("refs = [\"refs/heads/main\"]", "refs = [\"refs/heads/r*\"]")
        .replace("events = [\"push\"]", "events = [\"push\", \"workflow_dispatch\"]");
    stranger.write("wide.toml", with_key_for("\"validate\", \"split\", \"bump\", \"tag\"", &wide));
    let verify = || stranger.lineage(["verify", "--json", "--policy", "wide.toml", TAG]);
    let built_by = |identity: &Identity| {
        resign(&stranger, &sigstore, |name| name.starts_with("w7-").then(|| identity.clone()));
    };
    built_by(&Identity::github("octo/charts", "release.yml", "refs/heads/release"));
    drop(verify().exits(0));
    for event in ["push", "workflow_dispatch"] {
        let rogue =
            Identity::github("octo/charts", "release.yml", "refs/heads/rogue").with(Claim::BuildTrigger, event);
        built_by(&rogue);
        let broken = verify().exits(1).broken();
        let why = format!("a run of `{event}` at refs/heads/rogue is not protected");
        assert!(
            broken.iter().any(|(link, said)| link == "w7-build-test-workflow" && said.contains(&why)),
            "{broken:#?}"
        );
    }
    // A policy that would take pull requests for packages is not read at all.
    stranger.write("pulls.toml", policy() + &wide.replace("\"workflow_dispatch\"", "\"pull_request\""));
    stranger.lineage(["verify", "--policy", "pulls.toml", TAG]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: pulls.toml:58:10: `release` takes pull requests, so that its signer has to be a reusable workflow at `refs/heads/main` or at a commit's whole id

        hint: see `man lineage.toml`
    "#]]);
}

#[test]
fn a16_checks_of_a_pull_request_count_by_a_pinned_signer() {
    let signer = format!("https://github.com/octo/signer/.github/workflows/sign.yml@{}", "b".repeat(40));
    let pinned = identity("signer", "\"validate\"")
        .replace("https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main", &signer)
        .replace("refs = [\"refs/heads/main\"]", "refs = [\"refs/pull/*/merge\"]")
        .replace("events = [\"push\"]", "events = [\"pull_request\"]");
    let mut files = seed();
    for (name, text) in &mut files {
        if *name == "lineage.toml" {
            *text += &pinned;
        }
    }
    let world = World::seeded_with(&files);
    world.contribute("feature/add-probe", "feat(test-workflow): add probe", &PROBE);
    world.validate("feature/add-probe").succeeds();

    // As if a runner of a pull request had called the signer, which signed the checks and the seal.
    let sigstore = Sigstore::new();
    let ci = world.ci();
    ci.write("../root.json", sigstore.trusted_root_json());
    let root = world.path("root.json").display().to_string();
    ci.git(["config", "lineage.trustedroot", &root]);
    ci.lineage(["sync"]).succeeds();
    let caller =
        Identity::github("octo/charts", "pull.yml", "refs/pull/7/merge").with(Claim::BuildTrigger, "pull_request");
    resign(&ci, &sigstore, |name| {
        name.starts_with("w1-").then(|| caller.clone().calling(&signer, &"b".repeat(40)))
    });
    ci.git(["push", "-q", "origin", "refs/notes/lineage-test-workflow"]);
    world.squash("feature/add-probe", "feat(test-workflow): add probe (#7)");
    world.promote(&[CHART]);
    world.publish(TAG);

    let stranger = world.stranger();
    let mine = ["split", "bump", "tag", "build", "publish"].map(|stage| format!("\"{stage}\"")).join(", ");
    stranger.write("strict.toml", with_key_for(&mine, &pinned));
    let verify = |root: &str| {
        stranger.lineage(["verify", "--json", "--trusted-root", root, "--policy", "strict.toml", TAG])
    };
    let json = verify(&root).exits(0).json();
    let evidence = json["releases"][0]["chain"][0]["evidence"].as_array().expect("the contribution's").clone();
    assert!(evidence.len() > 6 && evidence.iter().all(|evidence| evidence["signer"] == "signer"), "{evidence:#?}");
    drop(stranger.lineage(["verify", "--trusted-root", &root, TAG]).exits(0).says(&["proven"]));

    // The pull request's own workflow is nobody, however it is called.
    let own = pinned.replace(&signer, "https://github.com/octo/charts/.github/workflows/pull.yml@refs/heads/main");
    stranger.write("strict.toml", with_key_for(&mine, &own));
    drop(verify(&root).exits(1).breaks(&["w1-chart-lint", "w1-overall"]));
    // What the identity signed since a date no longer counts; before it, it does.
    for (since, code) in [("2025-11-01", 1), ("2027-01-01", 0)] {
        let revoked = format!(
            "[[trust.revoked]]\nidentity = \"signer\"\nsince = \"{since}T00:00:00Z\"\nreason = \"a bad signer\"\n"
        );
        stranger.write("strict.toml", with_key_for(&mine, &pinned) + &revoked);
        let judged = verify(&root).exits(code);
        assert_eq!(judged.stdout.contains("the identity `signer`, which is revoked since 2025-11-01"), code == 1);
    }
}

/// Commits an addition to `lineage.toml` on a branch, and pushes it.
fn add_to_policy(world: &World, branch: &str, more: &str) {
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);
    dev.git(["checkout", "-q", "-B", branch, "origin/main"]);
    dev.write("lineage.toml", dev.read("lineage.toml") + more);
    dev.commit("ci: revoke");
    dev.git(["push", "-q", "origin", branch]);
}

const LEAKED: &str =
    "\n[[trust.revoked]]\nkey = \"ci\"\nsince = \"2025-11-22T00:00:00Z\"\nreason = \"it leaked\"\n";

#[test]
fn a_release_that_main_revokes_is_not_proven() {
    let world = World::published();
    let revoked = format!(
        "\n[[trust.revoked]]\nrelease = \"{TAG}\"\nsince = \"2026-01-31T00:00:00Z\"\nreason = \"it deletes volumes\"\n"
    );
    // Nobody but main takes anything back: neither another branch nor what is checked out.
    add_to_policy(&world, "evil", &revoked);
    let stranger = world.stranger();
    stranger.git(["checkout", "-q", "origin/evil"]);
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    add_to_policy(&world, "main", &revoked);
    stranger.git(["fetch", "-q", "origin"]);
    let why =
        "revoked: the release test-workflow-v0.2.0 is revoked since 2026-01-31T00:00:00Z: it deletes volumes";
    drop(stranger.lineage(["verify", TAG]).exits(1).says(&["not proven", why.split_once(": ").expect("two").1]));
    assert_eq!(stranger.lineage(["verify", "--json", TAG]).exits(1).broken().len(), 1, "nothing else is wrong");
    // Not by another policy either, and its publishing stops.
    stranger.write("ours.toml", policy());
    drop(stranger.lineage(["verify", "--json", "--policy", "ours.toml", TAG]).exits(1).breaks(&["revoked"]));
    let ci = world.ci();
    ci.fetch();
    drop(ci.lineage(["publish", TAG]).exits(1).says(&["it deletes volumes"]));
}

#[test]
fn a_revoked_key_s_release_counts_once_a_later_one_names_it() {
    let mut files = seed();
    for (name, text) in &mut files {
        if *name == "lineage.toml" {
            *text += &format!("\n[[trust.keys]]\nname = \"next\"\npublic = \"\"\"\n{MALLORY_PUBLIC}\"\"\"\n");
        }
    }
    let world = World::seeded_with(&files);
    world.release(CHART, "feat(test-workflow): add probe", &PROBE, TAG);
    drop(world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven"]));
    add_to_policy(&world, "main", LEAKED);

    let verify = |name: &str, tag: &str| {
        let site = world.clone(name, &[]);
        site.lineage(["sync"]).succeeds();
        site.lineage(["verify", "--json", tag])
    };
    let broken = verify("one", TAG).exits(1).broken();
    let why = "signed by the key `ci`, which is revoked since 2025-11-22T00:00:00Z (it leaked), and nobody saw this signed before";
    assert!(broken.iter().any(|(link, said)| link == "w6-tag" && said.contains(why)), "{broken:#?}");
    // The key signs nothing any more that would be believed.
    let again = [("charts/test-workflow/values.yaml", "replicas: 3\n")];
    world.contribute("feature/again", "fix(test-workflow): three", &again);
    assert_ne!(world.validate("feature/again").code, 0, "evidence by a revoked key was sealed");

    // The next release, by the other key, names the first: what that rests on was there before.
    std::fs::copy(world.path("keys/mallory.pem"), world.path("keys/ci.pem")).expect("the world is writable");
    world.validate("feature/again").succeeds();
    world.squash("feature/again", "fix(test-workflow): three");
    world.promote(&[CHART]);
    let next = "test-workflow-v0.2.1";
    world.publish(next);
    assert_eq!(world.ci().payload(next)["previous"]["tag"], TAG);
    drop(verify("two", next).exits(0));
    drop(verify("three", TAG).exits(0));

    // A tag that whoever has the key makes now is named by nobody, and un-proves nothing.
    let ci = world.ci();
    let text = ci.git(["cat-file", "tag", &format!("refs/tags/{TAG}")]);
    ci.write_tag(TAG, &(text.replacen("Ada", "Eve", 1) + "\n"));
    assert_ne!(ci.lineage(["verify", TAG]).code, 0, "a tag of a revoked key was put in the place of another");
    drop(verify("four", next).exits(0));
}

#[test]
fn trust_show_lists_identities_and_revocations() {
    let world = World::at(Stop::Seeded);
    let text = identity("release", "\"tag\", \"build\"") + LEAKED;
    add_to_policy(&world, "main", &text);
    let shown = world.stranger().lineage(["trust", "show"]).exits(0).text();
    // Below stand the trust roots, which are not of this world.
    let shown = shown.split("pin: ").next().expect("split gives one");
    expect![[r#"
        exit 0
        --- stdout
        repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
        policy: origin/main, digest [sha256]
          ci  sha256:[sha256]  validate, split, guard, propose, bump, tag, build, publish, review, policy
          release  https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main
              tag, build
              issuer https://token.actions.githubusercontent.com, root given, repository 1001, owner 2002, runner github-hosted, at refs/heads/main, on push
        revoked: the key `ci`, since 2025-11-22T00:00:00Z: it leaked
    "#]]
    .assert_eq(shown);
    let json = world.site("stranger", None).lineage(["trust", "show", "--json"]).exits(0).json();
    assert_eq!(json["identities"][0]["repository_id"], "1001");
    assert_eq!(json["revoked"][0]["reason"], "it leaked");
    assert_eq!(policy_of(REPOSITORY, CI_PUBLIC), policy());
}
