//! A template filled in: blocks that every job has, parts of one flow alone, and names.

use super::{ACTIONS, APP_KEY};
use crate::model::Failure;
use crate::model::config::{Config, Flow, Program};

/// What goes into the templates.
pub(super) struct Inputs {
    app: u64,
    program: Program,
    setup: Option<String>,
    /// What stands for `@@NAME@@`.
    names: Vec<(&'static str, String)>,
    /// The parts of `# if NAME` … `# end` that are kept.
    parts: Vec<&'static str>,
    /// What the per-chart branch has before and after the chart's name.
    around: (String, String),
}

impl Inputs {
    pub(super) fn of(config: &Config) -> Result<Self, Failure> {
        let github = &config.github;
        let missing = |key: &str, what: &str| {
            Failure::usage(format!("{what} is not named, and the workflows need it"))
                .hint(format!("write `{key}` under [github] in lineage.toml"))
        };
        let app = github.app_id.ok_or_else(|| missing("app-id", "the App that moves the protected refs"))?;
        let program = github.program.clone().ok_or_else(|| missing("program", "the program that the jobs run"))?;
        let branches = &config.branches;
        let mut plain = vec![&branches.main, &branches.release, &branches.chart, &branches.promote];
        plain.extend((config.flow == Flow::Integration).then_some(&branches.integration));
        plain.push(&config.tag.template);
        plain.extend(&config.charts.roots);
        for name in plain {
            let bare =
                ["{chart}", "{version}", "{tag}"].iter().fold(name.clone(), |name, word| name.replace(word, ""));
            if !bare.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c)) {
                return Err(Failure::usage(format!("`{}` cannot be put into a workflow", name.escape_debug()))
                    .because("a workflow would read some of its signs as a pattern or a command")
                    .hint("use letters, digits, `-`, `_`, `.` and `/` alone, or write the workflows by hand"));
            }
        }
        if config.flow == Flow::Direct && !config.required.bump.is_empty() {
            return Err(Failure::usage(
                "`required.bump` asks for checks that no workflow of the direct flow runs",
            )
            .because("nothing changes after the contribution was checked: its version is in it")
            .hint("move them to `required.validate` in lineage.toml"));
        }
        let quoted = |name: &str| format!("'{name}'");
        let paths: Vec<String> = config.charts.roots.iter().map(|root| format!("'{root}/**'")).collect();
        let around = |template: &str, word: &str| {
            template.split_once(word).map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap_or_default()
        };
        let promote = around(&branches.promote, "{tag}");
        let registry = registry(config);
        let mut parts = vec![match config.flow {
            Flow::Integration => "integration",
            Flow::Direct => "direct",
        }];
        let checks = config.flow == Flow::Integration && !config.required.bump.is_empty();
        parts.extend(checks.then_some("bump-checks"));
        parts.extend(registry.is_some().then_some("registry"));
        parts.extend((config.required.reviews > 0).then_some("reviews"));
        Ok(Self {
            app,
            program,
            setup: github.setup.clone(),
            names: vec![
                ("CONTRIBUTED", quoted(config.contributed())),
                ("MAIN", quoted(&branches.main)),
                ("RELEASE", quoted(&branches.release)),
                ("CHARTS", quoted(&branches.chart.replace("{chart}", "*"))),
                ("TAGS", quoted(&config.tag_name("*", "*"))),
                ("PATHS", paths.join(", ")),
                ("PROMOTE_PREFIX", promote.0),
                ("PROMOTE_SUFFIX", promote.1),
                ("RUNNER", github.runner.clone()),
                ("ENVIRONMENT", github.environment.clone()),
                ("EVIDENCE", if checks { "[bump, sign]".to_owned() } else { "bump".to_owned() }),
                ("REGISTRY", registry.unwrap_or_default()),
            ],
            parts,
            around: around(&branches.chart, "{chart}"),
        })
    }

    /// All of it as one text, for its digest.
    pub(super) fn text(&self, template: &str) -> String {
        let Self { app, program, setup, names, parts, around } = self;
        format!("{template}\n{app}\n{program:?}\n{setup:?}\n{names:?}\n{parts:?}\n{around:?}\n{ACTIONS:?}\n")
    }
}

/// GitHub's own registry, which a job's token opens.
fn registry(config: &Config) -> Option<String> {
    let host = config.publish.oci.as_deref()?.strip_prefix("oci://")?.split('/').next()?;
    (host == "ghcr.io").then(|| host.to_owned())
}

/// The template with everything put in.
pub(super) fn fill(template: &str, inputs: &Inputs) -> String {
    let mut filled = String::new();
    let mut left_out = false;
    for line in template.lines() {
        let marker = line.trim_start();
        let indent = line.len() - marker.len();
        if let Some(part) = marker.strip_prefix("# if ") {
            left_out = !inputs.parts.contains(&part);
            continue;
        }
        if marker == "# end" {
            left_out = false;
            continue;
        }
        if left_out {
            continue;
        }
        let Some(block) = block(marker, inputs) else {
            let line = inputs
                .names
                .iter()
                .fold(line.to_owned(), |line, (name, value)| line.replace(&format!("@@{name}@@"), value));
            filled.push_str(&line);
            filled.push('\n');
            continue;
        };
        for line in block.lines() {
            filled.push_str(&format!("{:indent$}{line}\n", ""));
        }
    }
    filled
}

/// What a marker stands for; none: it is a line like any other.
fn block(marker: &str, inputs: &Inputs) -> Option<String> {
    let marker = marker.strip_prefix("# ")?;
    let (word, rest) = marker.split_once(' ').unwrap_or((marker, ""));
    match (word, rest) {
        ("env", "") => Some(environment(&inputs.program)),
        ("checkout", "") => Some(checkout("")),
        ("checkout", "head") => {
            Some(checkout("    ref: ${{ github.event.pull_request.head.sha || github.sha }}\n"))
        }
        ("install", "") => Some(INSTALL.to_owned()),
        ("sync", "") => Some(SYNC.to_owned()),
        ("setup", "") => Some(match &inputs.setup {
            Some(action) => format!(
                "- name: Install what the checks need\n  uses: {action} # zizmor: ignore[self-repository] every server knows this form\n"
            ),
            None => String::new(),
        }),
        ("upload", "") => Some(format!("uses: {}\n", action("actions/upload-artifact"))),
        ("download", "") => Some(format!("uses: {}\n", action("actions/download-artifact"))),
        ("run", verb) => Some(of_the_branch(verb, inputs)),
        ("token", permissions) => Some(token(inputs.app, permissions)),
        _ => None,
    }
}

/// `owner/name@commit # release`.
fn action(name: &str) -> String {
    let found = ACTIONS.iter().find(|(known, ..)| *known == name);
    found.map(|(name, commit, release)| format!("{name}@{commit} # {release}")).unwrap_or_default()
}

fn environment(program: &Program) -> String {
    format!(
        "\
env:
  PROGRAM_URL: {}
  PROGRAM_SHA256: {}
  GIT_AUTHOR_NAME: git-lineage
  GIT_AUTHOR_EMAIL: git-lineage@users.noreply.github.com
  GIT_COMMITTER_NAME: git-lineage
  GIT_COMMITTER_EMAIL: git-lineage@users.noreply.github.com
  # git asks this for the token, in the steps that have one.
  GIT_CONFIG_COUNT: 1
  GIT_CONFIG_KEY_0: credential.${{{{ github.server_url }}}}.helper
  GIT_CONFIG_VALUE_0: '!f() {{ echo username=x-access-token; echo \"password=$GITHUB_TOKEN\"; }}; f'
",
        program.url, program.sha256
    )
}

/// The whole history; the job's token is not left in git's configuration, where it would go before the App's.
fn checkout(reference: &str) -> String {
    format!(
        "\
- name: Check out
  uses: {}
  with:
{reference}    fetch-depth: 0
    persist-credentials: false
",
        action("actions/checkout")
    )
}

const INSTALL: &str = r#"- name: Install git-lineage
  run: |
    mkdir -p "$RUNNER_TEMP/lineage"
    curl -fsSL --proto '=https' --retry 3 -o "$RUNNER_TEMP/lineage/git-lineage" "$PROGRAM_URL"
    echo "$PROGRAM_SHA256  $RUNNER_TEMP/lineage/git-lineage" | sha256sum --check --strict
    chmod +x "$RUNNER_TEMP/lineage/git-lineage"
    echo "$RUNNER_TEMP/lineage" >> "$GITHUB_PATH"
"#;

const SYNC: &str = "\
- name: Fetch the evidence
  env:
    GITHUB_TOKEN: ${{ github.token }}
  run: git lineage sync --fetch-only
";

/// A verb for the chart whose branch the run is about.
fn of_the_branch(verb: &str, inputs: &Inputs) -> String {
    let (before, after) = &inputs.around;
    if after.is_empty() {
        return format!("run: git lineage {verb} \"${{BRANCH#{before}}}\"\n");
    }
    format!("run: |\n  CHART=${{BRANCH#{before}}}\n  git lineage {verb} \"${{CHART%{after}}}\"\n")
}

/// A token of the App for this job alone, with these permissions to write.
fn token(app: u64, permissions: &str) -> String {
    let permissions: String =
        permissions.split(' ').map(|permission| format!("    permission-{permission}: write\n")).collect();
    format!(
        "\
- name: Take the App's token
  id: app
  uses: {}
  with:
    app-id: \"{app}\"
    private-key: ${{{{ secrets.{APP_KEY} }}}}
{permissions}",
        action("actions/create-github-app-token")
    )
}
