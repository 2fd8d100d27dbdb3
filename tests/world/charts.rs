//! What the seeded repository holds: three charts, a stray file, the policy and its check scripts.

use super::keys;

/// The repository's id.
pub(crate) const REPOSITORY: &str = "6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01";

/// `lineage.toml` of the seeded world.
pub(crate) fn policy() -> String {
    policy_of(REPOSITORY, keys::CI_PUBLIC)
}

/// The same policy for another repository id and another trusted key.
pub(crate) fn policy_of(repository: &str, public: &str) -> String {
    format!(
        r#"version = 1

[repository]
id = "{repository}"

[charts]
roots = ["charts"]
aliases = {{ olm = "holmes" }}

[[checks]]
name = "lint-test"
command = ["sh", "checks/lint.sh", "{{chart}}", "{{variant}}"]
variants = ["v1.32.11", "v1.33.7"]
inputs = ["checks/lint.sh"]

[[checks]]
name = "k8s-install"
command = ["sh", "checks/install.sh", "{{chart}}"]
inputs = ["checks/install.sh"]

[[checks.excluded]]
chart = "cloudflared"
reason = "needs a tunnel token"

[required]
validate = [
    "commit-validation",
    "changelog-generation",
    "chart-lint",
    "lint-test-v1.32.11",
    "lint-test-v1.33.7",
    "k8s-install",
]

[required.accept-excluded]
cloudflared = ["k8s-install"]

[[trust.keys]]
name = "ci"
public = """
{public}"""

[publish]
oci = "oci-layout:../registry"
assets = "../assets"
"#
    )
}

/// Every file of the first commit.
pub(crate) fn seed() -> Vec<(&'static str, String)> {
    let own = |text: &str| text.to_owned();
    vec![
        ("README.md", own("# Charts\n")),
        ("LICENSE", own("Use it as you like.\n")),
        ("lineage.toml", policy()),
        ("checks/lint.sh", own(LINT)),
        ("checks/install.sh", own(INSTALL)),
        ("charts/index.yaml", own("apiVersion: v1\nentries: {}\n")),
        ("charts/test-workflow/Chart.yaml", chart_yaml("test-workflow", "0.1.0")),
        ("charts/test-workflow/values.yaml", own("# How many.\nreplicas: 1\n")),
        ("charts/test-workflow/templates/deployment.yaml", own(DEPLOYMENT)),
        ("charts/test-workflow/templates/service.yaml", own(SERVICE)),
        ("charts/test-workflow/README.md", own("# test-workflow\n")),
        ("charts/test-workflow/CHANGELOG.md", own(CHANGELOG)),
        ("charts/test-workflow/.helmignore", own("*.bak\n")),
        ("charts/cloudflared/Chart.yaml", chart_yaml("cloudflared", "0.4.3")),
        ("charts/cloudflared/values.yaml", own("token: \"\"\n")),
        ("charts/cloudflared/templates/service.yaml", own(SERVICE)),
        ("charts/olm/Chart.yaml", chart_yaml("holmes", "0.1.0")),
        ("charts/olm/values.yaml", own("{}\n")),
        ("charts/olm/templates/service.yaml", own(SERVICE)),
    ]
}

/// A `Chart.yaml` with a comment, a quoted value and an annotation, so that an edit that loses them shows.
pub(crate) fn chart_yaml(name: &str, version: &str) -> String {
    format!(
        "# What it is.\napiVersion: v2\nname: {name}\ndescription: A chart for tests.\ntype: application\n\
         version: {version} # by the release line\nappVersion: \"1.10\"\n"
    )
}

/// Fails a chart without a description, as chart-testing does.
const LINT: &str = r#"grep -q '^description:' "$1/Chart.yaml" || { echo "$1/Chart.yaml: description is required"; exit 1; }
echo "linted $1 for $2"
"#;

/// Fails a chart whose template demands a value nobody gives.
const INSTALL: &str = r#"if grep -rn 'required .*e2eFail' "$1/templates"; then echo "install failed: .Values.e2eFail.value is required"; exit 1; fi
echo "installed $1"
"#;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  ports: [{ port: 80 }]
";

const CHANGELOG: &str = "\
# Changelog

All notable changes to this chart are written here.

## [0.1.0] - 2025-01-02

### Added

- the first chart
";
