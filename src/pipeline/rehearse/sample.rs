//! What is rehearsed with: a chart of the repository around, or the built-in sample.

use crate::cache::Cache;
use crate::git::{self, Repo};
use crate::model::Failure;
use crate::pipeline::dependencies::{self, Shelf};
use crate::pipeline::{charts, ground};

/// The files main starts with.
pub(super) struct Seed {
    pub(super) chart: String,
    pub(super) directory: String,
    /// Where it came from, in words.
    pub(super) from: String,
    /// From the repository's root.
    pub(super) files: Vec<(String, Vec<u8>)>,
}

/// The chart to rehearse with.
///
/// # Errors
/// The named chart is not there, or the repository has none that is usable.
pub(super) fn seed(repo: Option<&Repo>, chart: Option<&str>) -> Result<Seed, Failure> {
    match (repo, chart) {
        (Some(repo), Some(_)) => from_repository(repo, chart),
        // A repository that holds no chart, or nothing at all, is as good as none.
        (Some(repo), None) if has_charts(repo)? => from_repository(repo, None),
        (_, None) => Ok(built_in()),
        (None, Some(chart)) => Err(Failure::usage(format!("there is no repository here to take {chart} from"))
            .hint("run it in a checkout, or without a chart for the built-in sample")),
    }
}

/// The contribution: a comment at the end of the values, or a line in the README.
pub(super) fn change(seed: &Seed) -> (String, Vec<u8>) {
    let candidates = ["values.yaml", "README.md"];
    let found = candidates.iter().find_map(|name| {
        let path = format!("{}/{name}", seed.directory);
        seed.files.iter().find(|(file, _)| *file == path)
    });
    match found {
        Some((path, bytes)) => {
            let mut bytes = bytes.clone();
            if !bytes.ends_with(b"\n") && !bytes.is_empty() {
                bytes.push(b'\n');
            }
            bytes.extend_from_slice(b"# rehearsed with git lineage\n");
            (path.clone(), bytes)
        }
        None => (format!("{}/README.md", seed.directory), b"# rehearsed with git lineage\n".to_vec()),
    }
}

/// The contribution's commit subject.
pub(super) fn subject(seed: &Seed) -> String {
    // A header has 100 characters at most, and a long chart name may take them.
    let scoped = format!("feat({}): rehearse a release", seed.chart);
    if scoped.len() <= 100 { scoped } else { "feat: rehearse a release".to_owned() }
}

fn has_charts(repo: &Repo) -> Result<bool, Failure> {
    let head = match repo.head() {
        Ok(head) => head,
        Err(git::Error::Unborn(_)) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let config = ground::find_ground(repo)?.map_or_else(ground::unconfigured, |ground| ground.policy.config);
    Ok(!charts::find_all(repo, &config, &head)?.is_empty())
}

fn from_repository(repo: &Repo, chart: Option<&str>) -> Result<Seed, Failure> {
    let head = repo.head()?;
    let config = ground::find_ground(repo)?.map_or_else(ground::unconfigured, |ground| ground.policy.config);
    let chart = match chart {
        Some(name) => charts::named(repo, &config, &head, name)?,
        None => {
            let all = charts::find_all(repo, &config, &head)?;
            let usable = all.into_iter().find_map(|found| found.chart.ok());
            usable.ok_or_else(|| {
                Failure::usage(format!("there is no usable chart under {}", config.charts.roots.join(", ")))
                    .hint("name the roots in lineage.toml, or rehearse outside a repository with the sample")
            })?
        }
    };
    let mut directories = vec![chart.directory.clone()];
    let shelf = Shelf { repo, cache: &Cache::new(&repo.common_dir()), commit: &head, recorded: None };
    directories.extend(dependencies::closure(&shelf, &config.publish.stated(), &chart.directory)?.into_keys());
    let mut files = Vec::new();
    // The scratch repository has nowhere to fetch from: it has these packages in its tree.
    let own = charts::files(repo, &chart.tree, &chart.directory)?;
    for package in dependencies::lacking(&shelf, &chart.directory, &own)?.0 {
        files.push((format!("{}/{}", chart.directory, package.path), package.bytes));
    }
    for directory in &directories {
        for (file, _) in repo.files_below(&head, directory)? {
            files.push((file.path, file.bytes));
        }
    }
    files.extend(repo.file_at(&head, "LICENSE")?.map(|bytes| ("LICENSE".to_owned(), bytes)));
    Ok(Seed { chart: chart.chart, directory: chart.directory, from: format!("HEAD ({})", head.short()), files })
}

fn built_in() -> Seed {
    let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
    Seed {
        chart: "sample".to_owned(),
        directory: "charts/sample".to_owned(),
        from: "the built-in sample".to_owned(),
        files: vec![
            file("charts/sample/Chart.yaml", CHART),
            file("charts/sample/values.yaml", "# How many copies run.\nreplicas: 1\nmessage: hello\n"),
            file("charts/sample/templates/configmap.yaml", CONFIG_MAP),
            file("charts/sample/README.md", "# sample\n\nA chart to rehearse releases with.\n"),
            file("charts/sample/CHANGELOG.md", CHANGELOG),
            file("charts/sample/.helmignore", "*.bak\n"),
            file("LICENSE", "The sample chart may be used by anybody for anything.\n"),
        ],
    }
}

const CHART: &str = "apiVersion: v2
name: sample
description: A chart to rehearse releases with
type: application
version: 0.1.0
appVersion: \"1.0.0\"
";

const CONFIG_MAP: &str = "apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-sample
data:
  message: {{ .Values.message | quote }}
";

const CHANGELOG: &str = "# Changelog

All notable changes to this chart are written here.

## [0.1.0] - 2026-01-01

### Added

- the chart
";
