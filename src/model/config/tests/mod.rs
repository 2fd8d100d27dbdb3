//! The configuration: what is read, what is refused, and where it says the fault stands.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

mod channels;
mod faults;
mod github;
mod identities;
mod images;
mod man;
mod names;
mod people;
mod publish;
mod signing;
mod trust;

/// A P-256 public key that is well-formed; whether its point is on the curve is not asked here.
fn pem(seed: u8) -> String {
    let mut der = hex::decode("3059301306072a8648ce3d020106082a8648ce3d03010703420004").unwrap();
    der.extend([seed; 64]);
    let digits = STANDARD.encode(der);
    let (first, rest) = digits.split_at(64);
    format!("-----BEGIN PUBLIC KEY-----\n{first}\n{rest}\n-----END PUBLIC KEY-----\n")
}

/// The shortest file that is accepted.
fn minimal() -> String {
    format!(
        "version = 1\n\n[repository]\nid = \"r-1\"\n\n[required]\nvalidate = [\"chart-lint\"]\n\n\
         [[trust.keys]]\nname = \"ci\"\npublic = '''\n{}'''\n",
        pem(1)
    )
}

/// A file that says everything.
fn full() -> String {
    format!(
        r#"
version = 1
flow = "direct"
forge = "github"
changelog = "annotation"
predicate-prefix = "https://example.com/lineage/"

[repository]
id = "1f0c9a5e-2f6b-4f6e-9d0a-0a9d3f2b7c11"
remote = "upstream"
rehearsal = true

[charts]
roots = ["charts", "more/charts"]
aliases = {{ dir = "name" }}

[tag]
template = "{{chart}}-{{version}}"

[branches]
main = "trunk"
integration = "next"
chart = "integration/{{chart}}"
release = "gh-pages"
promote = "p/{{tag}}"

[semver]
pre-major = "minor"

[[checks]]
name = "lint-test"
command = ["ct", "install", "--charts", "{{chart}}", "{{variant}}"]
variants = ["v1.32.11", "v1.33.7"]
inputs = ["ct.yaml"]
excluded = [{{ chart = "name", reason = "needs a cluster" }}]
timeout = 900

[[checks]]
name = "commit-validation"

[[images]]
chart = "name"
repository = "registry.example/o/name"
values = "controller.image"
tag = "{{appVersion}}"
keys = ["""
{}"""]

[[images.identities]]
issuer = "https://token.actions.githubusercontent.com"
signer = "https://github.com/octo-org/name/.github/workflows/release.yml@refs/tags/v*"
repository-id = "321"
owner-id = "45"
refs = ["refs/tags/v*"]
events = ["push"]

[required]
validate = ["lint-test-v1.32.11", "commit-validation", "chart-lint"]
bump = ["chart-lint"]
accept-excluded = {{ name = ["lint-test-v1.32.11"] }}

[sign]
mode = "key"

[[trust.keys]]
name = "ci"
stages = ["validate", "bump"]
public = """
{}"""

[publish]
oci = "oci://localhost:5000/charts"
assets = "dist"

[publish.index]
path = "docs/index.yaml"
url = "https://example.com/{{tag}}/{{file}}"
packages = "packages"

[publish.artifact-hub]
repository = "artifacthub-repo.yml"
changes = true
"#,
        pem(2),
        pem(1)
    )
}

fn read(text: &str) -> Config {
    Config::parse("lineage.toml", text).unwrap()
}

#[test]
fn a_minimal_file_has_the_defaults() {
    let config = read(&minimal());
    assert_eq!(
        (config.flow, config.forge, config.changelog),
        (Flow::Integration, Forge::Local, ChangelogMode::File)
    );
    assert_eq!(config.predicate_prefix, "https://git-lineage.dev/");
    assert_eq!(config.repository.remote, "origin");
    assert!(!config.repository.rehearsal);
    assert_eq!(config.charts, Charts::default());
    assert_eq!(config.tag.template, "{chart}-v{version}");
    assert_eq!(config.branches.chart, "chart/{chart}");
    assert_eq!(config.semver.pre_major, PreMajor::Major);
    assert_eq!((config.publish.oci, config.publish.assets), (None, None));
    assert_eq!(config.trust.keys[0].stages, []);
}

#[test]
fn a_full_file_is_read_whole() {
    let config = read(&full());
    assert_eq!((config.flow, config.forge), (Flow::Direct, Forge::Github));
    assert_eq!(config.changelog, ChangelogMode::Annotation);
    assert_eq!(config.repository.remote, "upstream");
    assert!(config.repository.rehearsal);
    assert_eq!(config.expected_name("charts/dir"), "name");
    assert_eq!(config.expected_name("charts/other"), "other");
    assert_eq!(config.branches.promote, "p/{tag}");
    assert_eq!(config.semver.pre_major, PreMajor::Minor);
    assert_eq!(config.checks[0].timeout, 900);
    assert_eq!(config.checks[0].excluded[0].reason, "needs a cluster");
    assert_eq!(config.required.accept_excluded["name"], ["lint-test-v1.32.11"]);
    assert_eq!(config.trust.keys[0].stages, [Role::Validate, Role::Bump]);
    assert_eq!(config.keys_for(Stage::Bump).count(), 1);
    assert_eq!(config.keys_for(Stage::Tag).count(), 0);
    assert_eq!(config.publish.oci.as_deref(), Some("oci://localhost:5000/charts"));
    let text = full().replace('\n', "\r\n");
    assert_eq!(read(&text).trust_digest(), config.trust_digest());
}

#[test]
fn nesting_branch_names_are_accepted_here() {
    // That `integration` and `integration/x` cannot both exist is for the command that makes one: exit 4.
    let config = read(&format!("{}\n[branches]\nchart = \"integration/{{chart}}\"\n", minimal()));
    assert_eq!(config.chart_branch("x"), "integration/x");
}

#[test]
fn check_keys_lead_to_definitions() {
    let config = read(&full());
    assert_eq!(
        config.check_keys(),
        ["lint-test-v1.32.11", "lint-test-v1.33.7", "commit-validation", "chart-lint"]
    );
    let (check, variant) = config.check("lint-test-v1.33.7").unwrap();
    assert_eq!((check.name.as_str(), variant.as_deref()), ("lint-test", Some("v1.33.7")));
    let (check, variant) = config.check("changelog-generation").unwrap();
    assert_eq!(
        (check.name.as_str(), check.command.len(), check.timeout, variant),
        ("changelog-generation", 0, 600, None)
    );
    for unknown in ["lint-test", "lint-test-v9", "lint-test-", "", "overall"] {
        assert_eq!(config.check(unknown), None, "{unknown}");
    }
}
