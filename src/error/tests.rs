//! The table of errors, as it is told.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::fmt::Write as _;
use std::io::{Error as Io, ErrorKind};
use std::path::PathBuf;

use expect_test::{Expect, expect};

use super::*;

fn table(failures: Vec<Failure>, expected: &Expect) {
    let mut text = String::new();
    for failure in failures {
        writeln!(text, "{} {}", failure.exit.code(), failure.what).unwrap();
        for cause in &failure.causes {
            writeln!(text, "    because: {cause}").unwrap();
        }
        if let Some(hint) = &failure.hint {
            assert!(!hint.ends_with('.'), "a hint has no final stop: {hint}");
            writeln!(text, "    hint: {hint}").unwrap();
        }
        assert!(!failure.what.ends_with('.'), "a sentence has no final stop: {}", failure.what);
    }
    expected.assert_eq(&text);
}

fn s(text: &str) -> String {
    text.to_owned()
}

fn denied() -> Io {
    Io::new(ErrorKind::PermissionDenied, "permission denied")
}

#[test]
fn git_errors_are_told() {
    use git::Error as E;
    let git = |command: &str, stderr: &str| E::Git { command: s(command), stderr: s(stderr) };
    let errors = vec![
        E::NoRepository(PathBuf::from("/tmp/x")),
        E::UnknownRevision(s("app-v9")),
        E::Unborn(s("main")),
        E::MissingObject(s("1234abcd")),
        E::Shallow(s("1234abcd")),
        E::Corrupt(s("1234abcd")),
        E::Unlistable { path: s("charts/app/link"), why: s("the link leaves the chart") },
        E::RefConflict { wanted: s("refs/heads/a/b"), existing: s("refs/heads/a") },
        E::Raced(s("refs/notes/lineage-app")),
        E::Write { what: s("a blob"), source: Box::new(denied()) },
        E::Read { what: s("HEAD"), source: Box::new(denied()) },
        git("push", "could not read from remote repository"),
        git("push", "To ../origin.git\n ! [remote rejected] main -> main (pre-receive hook declined)\n"),
        git("push", "remote: error: GH013: Repository rule violations found for refs/heads/main."),
    ];
    table(
        errors.into_iter().map(Failure::from).collect(),
        &expect![[r#"
        2 /tmp/x is not in a git repository
            hint: run this inside a repository, or name one with -C DIR
        2 no commit is called app-v9
            hint: check the spelling, or run `git fetch --tags` if it is on the remote
        2 main has no commit yet
            hint: make a first commit, or switch to a branch that has one
        3 object 1234abcd is missing
            hint: run `git fetch --refetch`, or use a full clone: a partial or damaged one lacks objects
        3 the clone is shallow: its history ends at 1234abcd
            hint: run `git fetch --unshallow`
        1 object 1234abcd does not hash to its id
            hint: run `git fsck`, and compare with a fresh clone
        1 charts/app/link: the link leaves the chart
            hint: rename or remove charts/app/link in the chart
        4 refs/heads/a/b cannot exist beside refs/heads/a: one is a directory of the other
            hint: rename or delete refs/heads/a, or choose another branch pattern
        4 refs/notes/lineage-app changed in the meantime
            hint: run `git lineage sync`, then try again
        3 could not write a blob
            because: permission denied
            hint: check the repository's permissions and the free space of its disk
        3 could not read HEAD
            because: permission denied
        3 `git push` failed
            because: could not read from remote repository
        1 `git push` failed
            because: To ../origin.git
            because: ! [remote rejected] main -> main (pre-receive hook declined)
            hint: ask who owns the remote's rules, or push to a branch that they allow
        1 `git push` failed
            because: remote: error: GH013: Repository rule violations found for refs/heads/main.
            hint: ask who owns the remote's rules, or push to a branch that they allow
    "#]],
    );
}

#[test]
fn helm_errors_are_told() {
    use helm::Error as E;
    let errors = vec![
        E::NoChartYaml(s("charts/app")),
        E::Yaml { file: s("charts/app/Chart.yaml"), why: s("line 3: a tab") },
        E::Metadata { file: s("charts/app/Chart.yaml"), why: s("it has no version") },
        E::Ignore { line: 4, why: s("`**` is not supported") },
        E::File { file: s("charts/app/big.bin"), why: s("larger than 5 MiB") },
        E::MissingDependency { name: s("redis") },
        E::Lock { file: s("charts/app/Chart.lock"), why: s("it is older than Chart.yaml") },
        E::Archive(s("no gzip header")),
    ];
    table(
        errors.into_iter().map(Failure::from).collect(),
        &expect![[r#"
            1 charts/app has no Chart.yaml
                hint: add a Chart.yaml; what is no chart belongs neither below the roots nor below a chart's charts/
            1 charts/app/Chart.yaml is not valid YAML: line 3: a tab
                hint: correct charts/app/Chart.yaml and commit it
            1 charts/app/Chart.yaml: it has no version
                hint: correct charts/app/Chart.yaml and commit it
            1 .helmignore line 4: `**` is not supported
                hint: correct line 4 of .helmignore and commit it
            1 charts/app/big.bin: larger than 5 MiB
                hint: correct or remove charts/app/big.bin, or name it in .helmignore
            1 Chart.yaml depends on redis, which charts/ does not have
                hint: run `helm dependency build` and commit charts/redis, or take it out of Chart.yaml
            1 charts/app/Chart.lock: it is older than Chart.yaml
                hint: run `helm dependency update` on the chart and commit the lock it writes
            1 not a chart package: no gzip header
        "#]],
    );
}

#[test]
fn sigstore_errors_are_told() {
    use sigstore::Error as E;
    let errors = vec![
        E::NoKey(s("/keys/a.pem")),
        E::Exposed { path: s("/keys/a.pem"), mode: 0o644 },
        E::InWorkTree(s("/repo/a.pem")),
        E::BadKey { path: s("/keys/a.pem"), why: s("it is encrypted") },
        E::Sign(s("no randomness")),
        E::Write { path: s("/keys/a.pem"), source: denied() },
        E::Write { path: s("/keys/a.pem"), source: Io::new(ErrorKind::AlreadyExists, "file exists") },
        E::BadPublicKey(s("it has no PEM block")),
    ];
    table(
        errors.into_iter().map(Failure::from).collect(),
        &expect![[r#"
        2 no private key at /keys/a.pem
            hint: point the configuration to a key, or make one with `git lineage init`
        2 /keys/a.pem may be read by others (mode 644)
            hint: run `chmod 600 /keys/a.pem`
        2 the private key /repo/a.pem lies in the work tree
            hint: move it out of the repository, and replace it if it was ever committed
        2 /keys/a.pem is not a P-256 private key in PKCS#8 PEM form: it is encrypted
            hint: make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`
        3 signing failed: no randomness
        3 could not write /keys/a.pem
            because: permission denied
            hint: check the permissions and the free space at that path
        4 could not write /keys/a.pem
            because: file exists
            hint: use the key that is there, or choose another path
        2 not a P-256 public key in PEM form: it has no PEM block
            hint: take what `openssl pkey -in KEY -pubout` prints for a P-256 key
    "#]],
    );
}

#[test]
fn registry_errors_are_told() {
    use registry::Error as E;
    let name = || s("oci://registry.example/charts/app");
    let errors = vec![
        E::Destination(s("ftp://x"), s("it must start with `oci://` or `oci-layout:`")),
        E::Unauthorized(name()),
        E::Forbidden(name(), s("requested access to the resource is denied")),
        E::Unreachable(name(), s("connection refused")),
        E::Different {
            reference: s("oci://registry.example/charts/app:1.0.0"),
            found: s("sha256:aa"),
            wanted: s("sha256:bb"),
        },
        E::Protocol(name(), s("it answered 418")),
        E::Write { path: s("/out/index.json"), source: denied() },
    ];
    table(
        errors.into_iter().map(Failure::from).collect(),
        &expect![[r#"
        2 "ftp://x" is not an OCI destination: it must start with `oci://` or `oci-layout:`
            hint: write `oci://host[:port]/path` or `oci-layout:DIR`
        1 oci://registry.example/charts/app needs credentials
            hint: run `helm registry login registry.example`
        1 oci://registry.example/charts/app refuses: requested access to the resource is denied
            hint: ask for the permission to write packages there, or log in as somebody else
        3 oci://registry.example/charts/app cannot be reached: connection refused
            hint: check the address and the network, then try again
        4 oci://registry.example/charts/app:1.0.0 holds sha256:aa, not sha256:bb
            hint: release a new version: a published one is never overwritten
        3 oci://registry.example/charts/app: it answered 418
        3 could not write /out/index.json
            because: permission denied
            hint: check the permissions and the free space at that path
    "#]],
    );
}

#[test]
fn run_and_cache_errors_are_told() {
    let path = || PathBuf::from("/repo/.git/lineage/pin.json");
    let failures = vec![
        run::Error::Scratch { path: s("/tmp/x"), source: denied() }.into(),
        run::Error::Start { program: s("kubeconform"), source: Io::new(ErrorKind::NotFound, "no such file") }
            .into(),
        cache::Error::Read { path: path(), source: denied() }.into(),
        cache::Error::Write { path: path(), source: denied() }.into(),
        cache::Error::Malformed { path: path(), why: s("EOF at line 1") }.into(),
        cache::Error::Malformed { path: PathBuf::from("/r/validate-lint.json"), why: s("EOF at line 1") }.into(),
    ];
    table(
        failures,
        &expect![[r#"
            3 could not write the scratch tree at /tmp/x
                because: permission denied
                hint: check TMPDIR, its permissions and the free space of its disk
            2 could not start `kubeconform`
                because: no such file
                hint: install kubeconform and see that PATH leads to it, or correct the check's command
            3 could not read /repo/.git/lineage/pin.json
                because: permission denied
                hint: check the permissions of the repository's `lineage` directory
            3 could not write /repo/.git/lineage/pin.json
                because: permission denied
                hint: check the repository's permissions and the free space of its disk
            3 /repo/.git/lineage/pin.json is not readable: EOF at line 1
                hint: remove /repo/.git/lineage/pin.json and run `git lineage sync`, which pins anew what it sees first
            3 /r/validate-lint.json is not readable: EOF at line 1
                hint: remove /r/validate-lint.json and run the command again
        "#]],
    );
}

/// A cause below a cause is told too.
#[test]
fn the_whole_chain_of_causes_is_told() {
    let inner = git::Error::Read { what: s("the pack"), source: Box::new(denied()) };
    let failure = Failure::from(git::Error::Write { what: s("a note"), source: Box::new(inner) });
    assert_eq!(failure.causes, ["could not read the pack", "permission denied"]);
}
