//! Every fault, with the place it is reported at.

use proptest::prelude::*;

use super::*;

fn fault(text: &str) -> String {
    Config::parse("lineage.toml", text).unwrap_err().to_string()
}

/// The fault after `from` became `to` in the full file, as `column message`, checked to stand on the
/// line that holds `line`.
#[track_caller]
fn broken(from: &str, to: &str, line: &str) -> String {
    let text = full().replacen(from, to, 1);
    assert_ne!(text, full(), "{from} is not in the file");
    let error = Config::parse("lineage.toml", &text).unwrap_err();
    let shown = text.lines().nth(error.line - 1).unwrap();
    assert!(shown.contains(line), "{error} is said of the line `{shown}`");
    assert!(!error.newer);
    format!("{} {}", error.column, error.message)
}

#[test]
fn a_misspelt_key_is_named_with_the_nearest() {
    let text = format!("{}\n[brances]\nmain = \"x\"\n", minimal());
    let line = text.lines().position(|line| line == "[brances]").unwrap() + 1;
    assert_eq!(fault(&text), format!("lineage.toml:{line}:2: unknown key `brances`; did you mean `branches`?"));
    assert_eq!(broken("roots", "root", "root ="), "1 unknown key `root` in `charts`; did you mean `roots`?");
    assert_eq!(
        broken("timeout", "timeot", "timeot"),
        "1 unknown key `timeot` in `checks.0`; did you mean `timeout`?"
    );
    assert_eq!(
        broken("reason =", "because =", "excluded"),
        "31 unknown key `because` in `checks.0.excluded.0`; known there: `chart` or `reason`"
    );
    assert_eq!(
        broken("name = \"ci\"", "name = \"ci\"\nstage = []", "stage = []"),
        "1 unknown key `stage` in `trust.keys.0`; did you mean `stages`?"
    );
    // The first in the file, not the first in the alphabet.
    assert_eq!(
        broken("version = 1", "zzz = 1\naaa = 1\nversion = 1", "zzz").split(';').next(),
        Some("1 unknown key `zzz`")
    );
}

#[test]
fn a_value_of_the_wrong_kind_says_what_was_expected() {
    for (from, to, line, message) in [
        (
            "main = \"trunk\"",
            "main = 5",
            "main = 5",
            "8 `branches.main`: expected a string, found the integer `5`",
        ),
        (
            "roots = [\"charts\", \"more/charts\"]",
            "roots = \"charts\"",
            "roots",
            "9 `charts.roots`: expected an array, found the string \"charts\"",
        ),
        (
            "timeout = 900",
            "timeout = -1",
            "timeout",
            "11 `checks.0.timeout`: expected a whole number, not below 0, found the integer `-1`",
        ),
        (
            "timeout = 900",
            "timeout = 1.5",
            "timeout",
            "11 `checks.0.timeout`: expected a whole number, not below 0, found the number 1.5",
        ),
        (
            "timeout = 900",
            "timeout = 99999999999999999999",
            "timeout",
            "11 `checks.0.timeout`: the number 99999999999999999999 is too large",
        ),
        (
            "timeout = 900",
            "timeout = 2026-11-21",
            "timeout",
            "11 `checks.0.timeout`: expected a whole number, not below 0, found the date 2026-11-21",
        ),
        (
            "rehearsal = true",
            "rehearsal = 'yes'",
            "rehearsal",
            "13 `repository.rehearsal`: expected a boolean, found the string \"yes\"",
        ),
        (
            "inputs = [\"ct.yaml\"]",
            "inputs = [\"é\", 3]",
            "inputs",
            "16 `checks.0.inputs.1`: expected a string, found the integer `3`",
        ),
        (
            "aliases = { dir = \"name\" }",
            "aliases = []",
            "aliases",
            "11 `charts.aliases`: expected a table, found an array",
        ),
        (
            "[semver]\npre-major = \"minor\"",
            "semver = [\"minor\"]",
            "semver",
            "1 unknown key `semver` in `branches`; known there: `main`, `integration`, `chart`, `release` or `promote`",
        ),
        ("version = 1", "version = 1\nsign = [\"key\"]\n#", "sign", "8 `sign`: expected a table, found an array"),
        (
            "flow = \"direct\"",
            "flow = \"drect\"",
            "flow",
            "8 `flow`: `drect` is not one of `integration` or `direct`; did you mean `direct`?",
        ),
        (
            "flow = \"direct\"",
            "flow = true",
            "flow",
            "8 `flow`: expected `integration` or `direct`, found a boolean",
        ),
        (
            "\"bump\"]",
            "\"bmp\"]",
            "stages",
            "23 `trust.keys.0.stages.1`: `bmp` is not one of `validate`, `split`, `guard`, `propose`, `bump`, `tag`, `build`, `publish`, `review`, `waive` or `policy`; did you mean `bump`?",
        ),
    ] {
        // `sign` twice is no TOML: the second goes.
        let from_text = if line == "sign" { full().replace("[sign]\nmode = \"key\"\n", "") } else { full() };
        let text = from_text.replacen(from, to, 1);
        let error = Config::parse("lineage.toml", &text).unwrap_err();
        assert!(text.lines().nth(error.line - 1).unwrap().contains(line), "{error}");
        assert_eq!(format!("{} {}", error.column, error.message), message);
    }
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(fault(""), "lineage.toml:1:1: the key `version` is missing");
    assert_eq!(fault("version = 1\n"), "lineage.toml:1:1: the key `repository.id` is missing");
    assert_eq!(
        broken("id = \"1f0c9a5e-2f6b-4f6e-9d0a-0a9d3f2b7c11\"", "", "[repository]"),
        "1 `repository`: the key `id` is missing"
    );
    assert_eq!(broken("name = \"lint-test\"", "", "[[checks]]"), "1 `checks.0`: the key `name` is missing");
}

#[test]
fn what_is_not_toml_says_where() {
    let error = Config::parse("lineage.toml at origin/main", "version = 1\nflow = direct\n").unwrap_err();
    assert_eq!((error.line, error.column, error.newer), (2, 8, false));
    assert!(error.to_string().starts_with("lineage.toml at origin/main:2:8: "), "{error}");
    assert!(fault("version = 1\nversion = 1\n").starts_with("lineage.toml:2:1: duplicate key"));
    assert!(fault(&format!("x = {}", "[".repeat(100_000))).contains("recursion"));
    let deep = format!("{}x = 1", "a.".repeat(200_000));
    assert!(fault(&deep).starts_with("lineage.toml:1:"));
    assert!(fault(&" ".repeat(2 << 20)).contains("at most 1048576 are read"));
}

#[test]
fn a_later_version_is_told_apart() {
    let error = Config::parse("lineage.toml", "shape = 'unknown'\nversion = 2\n").unwrap_err();
    assert!(error.newer);
    assert_eq!(
        error.to_string(),
        "lineage.toml:2:11: the file is of version 2; this program reads version 1, use a later one"
    );
    assert_eq!(
        broken("version = 1", "version = 0", "version = 0"),
        "11 there is no version 0; write `version = 1`"
    );
}

#[test]
fn what_does_not_fit_together_is_refused_where_it_stands() {
    for (from, to, message) in [
        ("example.com/lineage/\"", "example.com/lineage\"", "20 `https://example.com/lineage` must end in `/`"),
        (
            "https://example",
            "example",
            "20 `example.com/lineage/` is not an absolute URI such as `https://example.com/lineage/`",
        ),
        (
            "id = \"1f0c9a5e-2f6b-4f6e-9d0a-0a9d3f2b7c11\"",
            "id = \"\"",
            "6 the repository's id must be a word: the UUID that `init` writes, or the forge's number",
        ),
        ("\"upstream\"", "\"--upload-pack=x\"", "10 `--upload-pack=x` is not the name of a remote"),
        ("[\"charts\", \"more/charts\"]", "[]", "9 there is no root to look for charts in"),
        (
            "\"more/charts\"",
            "\"../charts\"",
            "20 `../charts` is not a relative path from the repository's root without `.`, `..` and doubled or closing `/`",
        ),
        (
            "\"more/charts\"",
            "\"/charts\"",
            "20 `/charts` is not a relative path from the repository's root without `.`, `..` and doubled or closing `/`",
        ),
        ("\"more/charts\"", "\"charts\"", "20 the root `charts` stands there twice"),
        (
            "dir = \"name\"",
            "dir = \"name\", z2 = \"name\"",
            "32 `dir` and `z2` are both said to be the chart `name`",
        ),
        ("dir = \"name\"", "'a/dir' = \"name\"", "23 `a/dir` is a path; an alias is for a directory's last part"),
        ("dir = \"name\"", "dir = \"na me\"", "19 `na me` is not the name of a chart"),
        (
            "{chart}-{version}",
            "{chart}",
            "12 `{chart}` does not hold `{version}`; it must stand there exactly once",
        ),
        (
            "{chart}-{version}",
            "{chart}{chart}-{version}",
            "12 `{chart}{chart}-{version}` holds 2 times `{chart}`; it must stand there exactly once",
        ),
        (
            "{chart}-{version}",
            "{chart}~{version}",
            "12 `{chart}~{version}` cannot be the name of a tag (git-check-ref-format)",
        ),
        (
            "{chart}-{version}",
            "{chart}-{version}-{x}",
            "12 `{chart}-{version}-{x}` holds `{x}`, which is no placeholder of this key",
        ),
        ("\"trunk\"", "\"tr unk\"", "8 `tr unk` cannot be the name of a branch (git-check-ref-format)"),
        (
            "integration/{chart}",
            "integration",
            "9 `integration` does not hold `{chart}`; it must stand there exactly once",
        ),
        ("p/{tag}", "p/{chart}", "11 `p/{chart}` does not hold `{tag}`; it must stand there exactly once"),
        ("\"gh-pages\"", "\"{tag}\"", "11 `{tag}` holds `{tag}`, which is no placeholder of this key"),
        (
            "name = \"lint-test\"",
            "name = \"lint test\"",
            "8 `lint test` is not a name of letters, digits, `-`, `_` and `.`",
        ),
        (
            "name = \"lint-test\"",
            "name = \"overall\"",
            "8 `overall` cannot be a check: the ledger has a record of its own under that name",
        ),
        (
            "name = \"commit-validation\"",
            "name = \"lint-test\"\ncommand = [\"x\"]",
            "8 the check `lint-test` is defined twice",
        ),
        (
            "name = \"commit-validation\"",
            "name = \"lint-test-v1.33.7\"\ncommand = [\"x\"]",
            "8 the checks `lint-test` and `lint-test-v1.33.7` both have the key `lint-test-v1.33.7`",
        ),
        (
            "name = \"commit-validation\"",
            "name = \"commit-validation\"\ncommand = [\"x\"]",
            "11 `commit-validation` is built in and takes no command",
        ),
        (
            "name = \"commit-validation\"",
            "name = \"commit-validation\"\nvariants = [\"x\"]",
            "12 `commit-validation` is built in and has no variants",
        ),
        (
            "name = \"commit-validation\"",
            "name = \"commit-validatoin\"",
            "1 the check `commit-validatoin` needs a `command`, since it is not one of the built-in `commit-validation`, `changelog-generation`, `chart-lint`, `chart-images`, `chart-readme` or `image-digest`; did you mean `commit-validation`?",
        ),
        ("command = [\"ct\"", "command = [\"\"", "11 the command of `lint-test` names no program"),
        (
            "variants = [\"v1.32.11\", \"v1.33.7\"]",
            "",
            "11 the command of `lint-test` holds `{variant}`, but the check has no `variants`",
        ),
        ("\"v1.33.7\"]", "\"v1.32.11\"]", "12 the check `lint-test` names a variant twice"),
        ("\"v1.33.7\"]", "\"a/b\"]", "12 the variant `a/b` is not a word of letters, digits, `-`, `_` and `.`"),
        (
            "\"ct.yaml\"",
            "\"../ct.yaml\"",
            "10 `../ct.yaml` is not a relative path from the repository's root without `.` and `..`",
        ),
        ("\"needs a cluster\"", "\" \"", "12 an exclusion from `lint-test` needs a chart and a reason"),
        ("timeout = 900", "timeout = 0", "11 the check `lint-test` would have no time to run"),
        (
            "[\"lint-test-v1.32.11\", \"commit-validation\", \"chart-lint\"]",
            "[]",
            "12 `required.validate` names no check: a policy that requires nothing proves nothing",
        ),
        (
            "validate = [\"lint-test-v1.32.11\"",
            "validate = [\"lint-test\"",
            "13 no check has the key `lint-test`; it has variants: `lint-test-v1.32.11` or `lint-test-v1.33.7`",
        ),
        (
            "bump = [\"chart-lint\"]",
            "bump = [\"chart-lnt\"]",
            "9 no check has the key `chart-lnt`; did you mean `chart-lint`?",
        ),
        (
            "bump = [\"chart-lint\"]",
            "bump = [\"chart-lint\", \"chart-lint\"]",
            "23 the check `chart-lint` stands there twice",
        ),
        ("name = [\"lint-test-v1.32.11\"]", "name = [\"security\"]", "29 no check has the key `security`"),
        ("name = \"ci\"", "name = \"\"", "8 a trusted key needs a name to be shown by"),
        (
            "oci://localhost",
            "http://localhost",
            "7 `http://localhost:5000/charts` is neither `oci://host[:port]/path` nor `oci-layout:DIR`",
        ),
        ("\"dist\"", "\"\"", "10 `` is not a directory"),
    ] {
        let line = to.lines().last().unwrap_or_default();
        let two = message.contains("is defined twice") || message.contains("both have the key");
        let line = if two { to.lines().next().unwrap_or_default() } else { line };
        let line = if message.contains("needs a `command`") { "[[checks]]" } else { line };
        let line = if message.contains("but the check has no") { "command" } else { line };
        assert_eq!(broken(from, to, line), message, "{from} → {to}");
    }
}

#[test]
fn a_policy_that_trusts_nobody_is_refused() {
    let text = "version = 1\n[repository]\nid = \"r\"\n[required]\nvalidate = [\"chart-lint\"]\n";
    assert_eq!(fault(text), "lineage.toml:1:1: no key and no identity is trusted: nothing could ever be proved");
    let twice = format!("{}[[trust.keys]]\nname = \"ci\"\npublic = '''\n{}'''\n", minimal(), pem(2));
    assert!(fault(&twice).ends_with(":8: two trusted keys are called `ci`"), "{}", fault(&twice));
    let private = minimal().replace("PUBLIC", "PRIVATE");
    assert!(fault(&private).ends_with(":10: the key `ci` is a private key; a policy holds public ones only"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(cut in 0..1500usize, junk in "[\\[\\]{}\"'=a-z0-9.\\n é]{0,12}") {
        let mut text = full();
        let at = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        text.insert_str(at, &junk);
        if let Err(error) = Config::parse("f", &text) {
            let lines: Vec<&str> = text.split('\n').collect();
            prop_assert!((1..=lines.len()).contains(&error.line), "{}", error);
            prop_assert!((1..=lines[error.line - 1].chars().count() + 1).contains(&error.column), "{}", error);
        }
    }
}
