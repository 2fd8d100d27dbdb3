//! Verdicts and builds where not everything is at hand, or in CI, or on another day (X17, X18, X19).

use expect_test::expect;

use crate::world::{Stop, TAG, World};

#[test]
fn x17_what_was_not_fetched_is_undetermined() {
    let world = World::published();
    let bare = world.clone("unsynced", &[]);
    bare.lineage(["verify", TAG])
        .exits(3)
        .says(&["git lineage sync"])
        .says_nothing_of(&["GAP"])
        .matches_file("x17-ledger-not-fetched");
    let shallow = world.clone("shallow", &["--depth=1", "--no-single-branch"]);
    shallow.lineage(["sync"]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  up to date
        pinned on first use: repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01, trust [id], main [id], 1 release tag
    "#]]);
    shallow
        .lineage(["verify", TAG])
        .exits(3)
        .says(&["git fetch --unshallow"])
        .says_nothing_of(&["GAP"])
        .matches_file("x17-shallow");
    let partial = world.clone("partial", &["--filter=blob:none", "--no-checkout"]);
    drop(partial.lineage(["sync"]));
    partial.lineage(["verify", TAG]).exits(3).matches_file("x17-partial");
}

#[test]
fn x18_in_ci_nothing_changes_where_it_goes() {
    let world = World::at(Stop::Tagged);
    let ci = world.ci();
    let in_ci = [("CI", "true")];
    ci.lineage_with(["build", TAG, "--registry", "evil"], &in_ci).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: unexpected argument '--registry' found

          tip: to pass '--registry' as a value, use '-- --registry'

        Usage: git lineage build <TAG>

        For more information, try '--help'.
    "#]]);
    ci.lineage_with(["publish", TAG], &[("CI", "true"), ("LINEAGE_OCI", "oci://evil.example/x")])
        .exits(2)
        .says(&["LINEAGE_OCI"])
        .is(expect![[r#"
            exit 2
            --- stderr
            error: `LINEAGE_OCI` is set, and in CI nothing in the environment changes `publish`
              caused by: what is built and where it goes is decided by lineage.toml on the protected branch alone

            hint: unset `LINEAGE_OCI`; to change the destination, change lineage.toml
        "#]]);
    // An uncommitted policy in the work tree decides nothing either.
    let policy = ci.read("lineage.toml").replace("../registry", "../evil");
    ci.write("lineage.toml", policy);
    drop(ci.lineage_with(["build", TAG], &in_ci).exits(0));
    assert!(!world.path("evil").exists());
}

#[test]
fn x19_two_builds_on_different_days_give_the_same_bytes() {
    let world = World::published();
    let stranger = world.stranger();
    let spec = format!("test-workflow@{TAG}");
    stranger.lineage(["package", &spec, "--output", "one"]).succeeds();
    let later = [("GIT_COMMITTER_DATE", "1999999999 +0500"), ("TZ", "Asia/Tokyo"), ("LC_ALL", "tr_TR.UTF-8")];
    stranger.lineage_with(["package", &spec, "--output", "two"], &later).succeeds();
    let name = "test-workflow-0.2.0.tgz";
    let published = std::fs::read(world.path("assets").join(TAG).join(name)).expect("it was published");
    for directory in ["one", "two"] {
        let bytes = std::fs::read(stranger.dir.join(directory).join(name)).expect("it was written");
        assert!(bytes == published, "{directory} differs from what was published");
    }
    let json = stranger.lineage(["package", &spec, "--json"]).exits(0).json();
    let predicted = &stranger.payload(TAG)["predicted"];
    assert_eq!(json["tgz"]["sha256"], predicted["tgz"]);
    assert_eq!(json["tar"]["sha256"], predicted["tar"]);
    let manifest = format!("sha256:{}", predicted["oci"].as_str().expect("a digest"));
    assert_eq!(json["oci"]["manifest"].as_str(), Some(&*manifest));
}
