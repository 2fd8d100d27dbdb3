//! The command line as it is typed.

use clap::Parser;
use clap::error::ErrorKind;

use super::{Cli, Verb, cli, one_verb};

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("git-lineage").chain(line.split_whitespace()))
}

fn refused(line: &str) -> ErrorKind {
    let error = parse(line).map(|_| ()).expect_err(line);
    assert_eq!(error.exit_code(), 2, "{line}");
    error.kind()
}

#[test]
fn one_verb_alone_is_read_as_among_all() {
    for line in [
        "status --remote --json",
        "changed v1..HEAD --github-matrix -C elsewhere -q",
        "verify a b --trusted-root roots.json --color never",
        "guard --stage main --head-ref status --merge",
        "attest review x@HEAD --key k.pem -n",
        "-C status status",
        "--json -C elsewhere --color=never log x-v1.0.0",
    ] {
        let words = std::iter::once("git-lineage").chain(line.split_whitespace());
        let words: Vec<std::ffi::OsString> = words.map(Into::into).collect();
        assert_eq!(format!("{:?}", one_verb(&words).expect(line)), format!("{:?}", parse(line).expect(line)));
    }
    for line in
        ["", "--help", "-C changed status", "nothing", "nothing status", "status --help", "log --no-such", "guard"]
    {
        let words = std::iter::once("git-lineage").chain(line.split_whitespace());
        let words: Vec<std::ffi::OsString> = words.map(Into::into).collect();
        assert!(one_verb(&words).is_none(), "{line}");
    }
}

#[test]
fn clap_finds_no_fault_with_it() {
    cli().debug_assert();
}

#[test]
fn what_the_design_promises_is_understood() {
    for line in [
        "status",
        "status --remote --json",
        "changed",
        "changed v1..HEAD --github-matrix",
        "check",
        "check lint-test --variant v1.32.11 --chart x --chart y --stage bump --head HEAD --base main",
        "check spelling -- codespell charts/x",
        "check --sign --key k.pem",
        "check lint-test --sign",
        "check --seal -n",
        "check --title feat(x):y",
        "split x y --dry-run",
        "guard --stage main --head-ref chart/x --base-ref main --head-repository 1 --base-repository 1 --close --merge",
        "guard --stage release --event event.json",
        "propose x --merge",
        "bump",
        "bump x",
        "tag x",
        "build x-v0.1.0",
        "publish x-v0.1.0 --dry-run",
        "publish --repair-index --foreign -n",
        "verify x-v0.1.0 y-v0.1.0",
        "verify --all --shard 1/3",
        "verify x-v0.1.0 --package x-0.1.0.tgz --policy lineage.toml",
        "verify x-v0.1.0 --policy-from origin/main",
        "log x-v0.1.0 --format json -- Chart.yaml templates/a.yaml",
        "sync x --fetch-only",
        "export x-v0.1.0 --output out",
        "attest import bundle.json --chart x --name w1-lint",
        "attest import a.json b.jsonl",
        "attest import a.json --id 4242 --url https://example.org/4242",
        "verify x-v0.1.0 --vsa vsa.json --key k.pem",
        "attest review x@HEAD --key k.pem -n",
        "attest review x --approver 1 --approver 2 --author 3",
        "waive lint-test-v1.32.11 x@feature --reason broken --expires 12h --key k.pem --dry-run",
        "waive lint x --stage bump --reason broken",
        "verify x-v0.1.0 --allow-waivers",
        "init --remote origin --flow direct --oci oci-layout:registry --assets assets",
        "package x@HEAD --output out --json",
        "subject x",
        "rehearse x --keep dir",
        "trust show",
        "trust pin -n",
        "trust change --reason meant",
        "trust change policy --reason meant --key k.pem -n",
        "trust change --from main~1 --to main --reason meant",
        "-C a -C b status -v",
        "status -C a --color never -q",
    ] {
        parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[test]
fn what_decides_a_package_cannot_be_typed() {
    for line in
        ["build x-v0.1.0 --registry evil", "publish x-v0.1.0 --oci oci://evil/x", "build x-v0.1.0 --chart y"]
    {
        assert_eq!(refused(line), ErrorKind::UnknownArgument, "{line}");
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    for line in [
        "verify --all x-v0.1.0",
        "verify --all --vsa vsa.json",
        "verify x --shard 1/2",
        "verify x-v0.1.0 --policy a --policy-from b",
        "check --sign --seal",
        "check lint-test --seal",
        "changed --github-matrix --json",
        "status -q -v",
        "trust change policy --to main --reason meant",
    ] {
        assert_eq!(refused(line), ErrorKind::ArgumentConflict, "{line}");
    }
    for line in [
        "verify",
        "build",
        "check --variant v1",
        "check -- true",
        "verify --shard 1/2",
        "guard",
        "trust change",
        "trust change --from a --reason b",
        "waive lint x",
    ] {
        assert_eq!(refused(line), ErrorKind::MissingRequiredArgument, "{line}");
    }
    assert_eq!(refused("verify --all --shard 4/3"), ErrorKind::ValueValidation);
    assert_eq!(refused("guard --stage moon"), ErrorKind::InvalidValue);
    assert_eq!(refused("retire x"), ErrorKind::InvalidSubcommand);
    assert_eq!(refused(""), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand);
}

#[test]
fn a_dry_run_and_a_key_reach_the_session() {
    let manner = |line: &str| parse(line).unwrap().verb.manner();
    assert_eq!(manner("tag x -n --key k.pem"), (true, Some("k.pem".into())));
    assert_eq!(manner("sync --dry-run"), (true, None));
    assert_eq!(manner("attest import b -n"), (true, None));
    assert_eq!(manner("trust pin -n"), (true, None));
    assert_eq!(manner("trust show"), (false, None));
    assert_eq!(manner("trust change -n --reason x --key k.pem"), (true, Some("k.pem".into())));
    assert_eq!(manner("status"), (false, None));
}

#[test]
fn a_command_behind_two_dashes_is_taken_as_it_is() {
    let Verb::Check(super::Later(args)) = parse("check spelling -- sh -c --json").unwrap().verb else {
        panic!("not a check");
    };
    assert!(format!("{args:?}").contains(r#"command: ["sh", "-c", "--json"]"#), "{args:?}");
}

/// The first paragraph of each verb stands in a list: one line, no final stop.
#[test]
fn every_summary_fits_a_list() {
    let mut command = cli();
    // Each verb's own part is put in when it is built.
    command.build();
    for verb in command.get_subcommands() {
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(!about.is_empty() && !about.ends_with('.'), "{}: {about:?}", verb.get_name());
        assert!(about.chars().count() <= 90, "{}: {about:?}", verb.get_name());
    }
}
