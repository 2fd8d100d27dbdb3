//! Commands in scratch trees. They use the tools of any Unix.
#![cfg(unix)]

use std::fs;
use std::time::Instant;

use super::capture::KEPT;
use super::*;

const LONG: Duration = Duration::from_secs(60);

fn file(path: &str, bytes: &str) -> (ChartFile, bool) {
    (ChartFile { path: path.to_owned(), bytes: bytes.into() }, false)
}

fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(|word| (*word).to_owned()).collect()
}

fn sh(script: &str) -> Outcome {
    run(&[], &words(&["sh", "-c", script]), &[], LONG).unwrap()
}

fn text(outcome: &Outcome) -> String {
    String::from_utf8(outcome.output.clone()).unwrap()
}

#[test]
fn a_command_sees_the_files_and_its_end_is_told() {
    let files = [file("Chart.yaml", "name: app\n"), file("templates/a.yaml", "kind: A\n")];
    let outcome = run(&files, &words(&["cat", "Chart.yaml", "templates/a.yaml"]), &[], LONG).unwrap();
    assert_eq!((outcome.passed, outcome.ended.as_str()), (true, "exit 0"));
    assert_eq!(text(&outcome), "name: app\nkind: A\n");
    let failed = sh("exit 3");
    assert_eq!((failed.passed, failed.ended.as_str()), (false, "exit 3"));
    let killed = sh("kill -9 $$");
    assert_eq!((killed.passed, killed.ended.as_str()), (false, "signal 9"));
}

#[test]
fn both_outputs_are_interleaved() {
    let outcome = sh("echo one; echo two >&2; echo three; echo four >&2");
    assert_eq!(text(&outcome), "one\ntwo\nthree\nfour\n");
}

#[test]
fn no_shell_reads_the_arguments_and_no_input_comes() {
    let outcome = run(&[], &words(&["printf", "%s|", "$HOME", "a b", "*"]), &[], LONG).unwrap();
    assert_eq!(text(&outcome), "$HOME|a b|*|");
    let outcome = run(&[], &words(&["cat"]), &[], LONG).unwrap();
    assert_eq!((outcome.passed, text(&outcome).as_str()), (true, ""));
}

#[test]
fn the_environment_is_reduced() {
    // Cargo sets this one for tests.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let outcome = run(&[], &words(&["env"]), &[("LINEAGE_VARIANT", "v1.32"), ("LANG", "C")], LONG).unwrap();
    let shown = text(&outcome);
    let mut names: Vec<&str> =
        shown.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    names.retain(|name| !["HOME", "TMPDIR"].contains(name));
    names.sort_unstable();
    assert_eq!(names, ["LANG", "LINEAGE_VARIANT", "PATH"], "{shown}");
    assert!(shown.contains("LINEAGE_VARIANT=v1.32\n") && shown.contains("LANG=C\n"));
}

#[test]
fn an_executable_of_the_chart_can_be_run() {
    let script = ChartFile { path: "hack/check.sh".to_owned(), bytes: b"#!/bin/sh\necho checked\n".to_vec() };
    let files = [(script, true)];
    let outcome = run(&files, &words(&["./hack/check.sh"]), &[], LONG).unwrap();
    assert_eq!(text(&outcome), "checked\n");
    let plain = [(files[0].0.clone(), false)];
    assert!(matches!(run(&plain, &words(&["./hack/check.sh"]), &[], LONG), Err(Error::Start { .. })));
}

#[test]
fn what_cannot_be_started_is_named() {
    for command in [&["lineage-no-such-program"][..], &[]] {
        match run(&[], &words(command), &[], LONG) {
            Err(Error::Start { program, .. }) => assert_eq!(program, command.first().copied().unwrap_or_default()),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn time_over_ends_the_whole_group() {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("alive");
    let script = format!("(sleep 2; touch {}) & echo waiting; sleep 60", mark.display());
    let began = Instant::now();
    let outcome = run(&[], &words(&["sh", "-c", &script]), &[], Duration::from_millis(300)).unwrap();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!((outcome.passed, outcome.ended.as_str()), (false, "no end after 0.3 s"));
    assert_eq!(text(&outcome), "waiting\n");
    std::thread::sleep(Duration::from_millis(2_200));
    assert!(!mark.exists(), "a process of the group outlived the time limit");
}

#[test]
fn a_process_left_behind_does_not_hold_us_up() {
    let began = Instant::now();
    let outcome = sh("sleep 60 & echo done");
    assert_eq!((outcome.passed, text(&outcome).as_str()), (true, "done\n"));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn output_is_bounded_and_says_so() {
    let outcome = sh("head -c 9000000 /dev/zero | tr '\\0' x");
    assert!(outcome.passed);
    let kept = &outcome.output[..KEPT];
    assert!(kept.iter().all(|byte| *byte == b'x'));
    let line = String::from_utf8(outcome.output[KEPT..].to_vec()).unwrap();
    assert_eq!(line, format!("\n[the output went on for {} bytes that are not kept]\n", 9_000_000 - KEPT));
}

#[test]
fn the_scratch_tree_is_removed() {
    let outcome = run(&[file("a", "")], &words(&["pwd"]), &[], LONG).unwrap();
    assert!(!Path::new(text(&outcome).trim_end()).exists());
    let outcome = sh("mkdir -p locked/deep; touch locked/deep/file; chmod 500 locked/deep locked; pwd");
    assert!(!Path::new(text(&outcome).trim_end()).exists());
}

#[test]
fn nothing_is_written_outside() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    for path in ["../out", "a/../../out", "/tmp/lineage-out", "", "a//b", "./a", "a/.", "a/", "..", "nul\0byte"] {
        let refused = write_tree(&root, &[file(path, "x")]);
        assert!(matches!(refused, Err(Error::Scratch { .. })), "{path:?}");
    }
    assert!(!directory.path().join("out").exists());
}

#[test]
fn links_are_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (root, outside) = (directory.path().join("root"), directory.path().join("outside"));
    fs::create_dir_all(&root).unwrap();
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("file"), "kept").unwrap();
    std::os::unix::fs::symlink(&outside, root.join("directory")).unwrap();
    std::os::unix::fs::symlink(outside.join("file"), root.join("file")).unwrap();
    assert!(write_tree(&root, &[file("directory/file", "x")]).is_err());
    write_tree(&root, &[file("file", "new")]).unwrap();
    assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "kept");
    assert_eq!(fs::read_to_string(root.join("file")).unwrap(), "new");
    assert!(!fs::symlink_metadata(root.join("file")).unwrap().is_symlink());
    // A file cannot be a directory of another.
    assert!(write_tree(&root, &[file("f", ""), file("f/g", "")]).is_err());
}
