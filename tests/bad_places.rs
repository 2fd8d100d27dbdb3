//! Disks that are full and repositories that cannot be written.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::world::{BINARY, Site, Stop, TAG, World};

/// Runs a shell line where mounts are ours to make; none where this machine does not allow it.
fn in_a_namespace(site: &Site<'_>, script: &str) -> Option<crate::world::Output> {
    let allowed = Command::new("unshare")
        .args(["-rm", "sh", "-c", "mount -t tmpfs none /mnt"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !allowed {
        writeln!(std::io::stderr(), "skipped: mounts of our own are not allowed here (unshare -rm)")
            .expect("stderr takes a line");
        return None;
    }
    let mut command = site.command("unshare");
    command.args(["-rm", "sh", "-c", script, "sh", BINARY]);
    Some(site.run(&mut command))
}

#[test]
fn a_full_stdout_is_no_success() {
    let world = World::published();
    let site = world.stranger();
    for verb in [&["status"][..], &["verify", TAG], &["--help"], &["subject", "test-workflow"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("every Linux has it");
        let mut command = site.command(BINARY);
        let output = command.args(verb).stdout(full).output().expect("the binary is there");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{verb:?}: {said}");
        assert!(said.contains("stdout") || said.contains("standard output"), "{verb:?}: {said}");
    }
}

#[test]
fn a_closed_pipe_is_the_end_and_no_panic() {
    let world = World::published();
    let site = world.stranger();
    let mut command = site.command("sh");
    command.args(["-c", "\"$1\" log --json test-workflow-v0.2.0 | true", "sh", BINARY]);
    let output = command.output().expect("there is a shell");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

#[test]
fn files_that_cannot_grow() {
    let world = World::at(Stop::Contributed);
    let ci = world.ci();
    ci.fetch();
    let before = world.origin().git(["for-each-ref"]);
    let mut command = ci.command("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$1\" split", "sh", BINARY]);
    let output = ci.run(&mut command);
    assert!(output.code == 3, "{}", output.text());
    drop(output.says(&["File too large"]));
    assert_eq!(world.origin().git(["for-each-ref"]), before, "nothing half-made reaches the remote");
    ci.git(["fsck", "--strict"]);
    ci.lineage(["split"]).succeeds();
}

#[test]
fn a_full_object_store() {
    let world = World::at(Stop::Contributed);
    let ci = world.ci();
    ci.fetch();
    let script = "cp -a .git/objects ../store && mount -t tmpfs -o size=400k none .git/objects \
                  && cp -a ../store/. .git/objects/ \
                  && { dd if=/dev/zero of=.git/objects/ballast bs=4k 2>/dev/null || true; } && \"$1\" split";
    let before = world.origin().git(["for-each-ref"]);
    let Some(output) = in_a_namespace(&ci, script) else { return };
    assert!(output.code == 3, "{}", output.text());
    drop(output.says(&["could not write"]));
    assert_eq!(world.origin().git(["for-each-ref"]), before, "nothing half-made reaches the remote");
    ci.lineage(["split"]).succeeds();
}

#[test]
fn a_repository_that_is_read_only() {
    let world = World::published();
    let site = world.stranger();
    let run = |verb: &str| {
        in_a_namespace(
            &site,
            &format!("mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && \"$1\" {verb}"),
        )
    };
    let Some(status) = run("status") else { return };
    status.succeeds();
    for (verb, code) in [(format!("verify {TAG}"), 0), ("check --chart test-workflow".to_owned(), 3)] {
        let output = run(&verb).expect("it was allowed a moment ago");
        let text = output.text();
        assert_eq!(output.code, code, "{verb}:\n{text}");
        assert!(code == 0 || text.contains("could not write"), "{verb}:\n{text}");
    }
}
