//! `sha256sum` accepts the listing that every attestation is about.

use std::process::Command;

use super::peer;
use crate::world::{TAG, World};

#[test]
fn sha256sum_accepts_the_listing_in_a_checkout() {
    if !peer("sha256sum", Command::new("sha256sum").arg("--version"), "GNU coreutils") {
        return;
    }
    let world = World::published();
    let stranger = world.stranger();
    stranger.git(["checkout", "-q", TAG]);
    let listing = stranger.lineage(["subject", &format!("test-workflow@{TAG}")]).exits(0).stdout;
    stranger.write("listing", &listing);
    let chart = world.site("stranger/charts/test-workflow", None);
    let mut command = chart.command("sha256sum");
    command.args(["--strict", "-c", "../../listing"]);
    chart.run(&mut command).succeeds();

    // Every file is in it, and its own digest is the content digest of the payload.
    let files = stranger.git(["ls-files", "charts/test-workflow"]);
    assert_eq!(listing.lines().count(), files.lines().count());
    let mut command = stranger.command("sha256sum");
    let sum = stranger.run(command.arg("listing")).exits(0).stdout;
    assert_eq!(sum.split(' ').next(), stranger.payload(TAG)["content"].as_str());
}
