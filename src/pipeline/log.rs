//! The lineage of a release as a chain, and of its files.

use super::chain::{chain, subject_and_author};
use super::resolve::resolve;
use super::trace::{self, Traced};
use super::{Context, ground};
use crate::model::{Content, Event, Failure, FileOrigin, Listing, LogReport, OnMain, Stage, Verdict};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Anything `verify` takes.
    pub subject: String,
    /// Files of the chart; none: the chain alone.
    pub files: Vec<String>,
}

/// Runs the verb. A lineage that does not hold is told as far as it does, with a warning for every gap:
/// judging is `verify`'s.
///
/// # Errors
/// A [`Failure`] with its exit code where nothing can be told.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<LogReport, Failure> {
    let ground = ground::ground(cx)?;
    let resolved = resolve(cx, &ground, &options.subject)?;
    let traced = trace::release(cx, &ground, &resolved.tag, resolved.package.as_deref(), None)?;
    if traced.lineage.tag.as_ref().is_some_and(trace::unattested) {
        return Err(Failure::negative(format!("{} is a release from before lineage", resolved.tag))
            .because("its tag holds no lineage block, so there is no chain to tell")
            .hint("see `git show` for what its author wrote"));
    }
    let verdict = traced.judge(Stage::Build);
    for gap in verdict.gaps() {
        (cx.on)(Event::Warning(format!("does not hold: {gap}")));
    }
    let files = options.files.iter().map(|file| origin(&traced, &verdict, file)).collect::<Result<_, _>>()?;
    Ok(LogReport {
        subject: options.subject.clone(),
        tag: Some(resolved.tag),
        chart: traced.lineage.chart.clone(),
        chart_version: traced.lineage.version.clone(),
        chain: chain(&traced, &verdict),
        files,
    })
}

/// The chain of a release as it was before it was published, so that it stays the same afterwards.
pub(super) fn report(tag: &str, traced: &Traced, verdict: &Verdict) -> LogReport {
    LogReport {
        subject: tag.to_owned(),
        tag: Some(tag.to_owned()),
        chart: traced.lineage.chart.clone(),
        chart_version: traced.lineage.version.clone(),
        chain: chain(traced, verdict).into_iter().filter(|link| link.stage != "publish").collect(),
        files: Vec::new(),
    }
}

/// Where one file of the release came from; `file` is a path inside the chart, or from the root.
fn origin(traced: &Traced, verdict: &Verdict, file: &str) -> Result<FileOrigin, Failure> {
    let lineage = &traced.lineage;
    let from_root = file.strip_prefix(&lineage.directory).and_then(|rest| rest.strip_prefix('/'));
    let path = from_root.unwrap_or(file);
    let Some(sha256) = lineage.content.listing.get(path) else {
        return Err(Failure::usage(format!("{} {} has no file {path}", lineage.chart, lineage.version))
            .hint(format!("see `git lineage subject {}` for the files of the chart", lineage.chart)));
    };
    let base = match &lineage.landing {
        OnMain::Landed(landing) => landing.base.as_ref(),
        OnMain::Elsewhere | OnMain::Unknown(_) => None,
    };
    let listing = |content: Option<&Content>| content.map(|content| content.listing.clone());
    let from = brought_by(
        path,
        &lineage.content.listing,
        listing(verdict.findings.contributed.as_ref()).as_ref(),
        listing(verdict.findings.split.as_ref()).as_ref(),
        listing(base).as_ref(),
    );
    let commits = match from {
        Brought::Contribution => {
            let commits = verdict.findings.commits.iter();
            commits.map(|commit| format!("{} {}", commit.commit, subject_and_author(commit))).collect()
        }
        _ => Vec::new(),
    };
    Ok(FileOrigin { path: path.to_owned(), sha256, from: from.word().to_owned(), commits })
}

/// What put a file's bytes into a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brought {
    Contribution,
    Bump,
    Main,
    /// The links that would say it do not hold.
    Unknown,
}

impl Brought {
    fn word(self) -> &'static str {
        match self {
            Self::Contribution => "contribution",
            Self::Bump => "bump",
            Self::Main => "main",
            Self::Unknown => "unknown",
        }
    }
}

fn brought_by(
    path: &str,
    released: &Listing,
    contributed: Option<&Listing>,
    split: Option<&Listing>,
    base: Option<&Listing>,
) -> Brought {
    let now = released.get(path);
    let same = |listing: Option<&Listing>| listing.is_some_and(|listing| listing.get(path) == now);
    // What main had already, no contribution of this release brought.
    if same(base) {
        return Brought::Main;
    }
    match (contributed, split) {
        (Some(_), _) if same(contributed) => Brought::Contribution,
        (_, Some(_)) if same(split) => Brought::Main,
        (_, Some(_)) => Brought::Bump,
        (_, None) => Brought::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ChartFile;

    fn listing(files: &[(&str, &str)]) -> Listing {
        let file =
            |(path, text): &(&str, &str)| ChartFile { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() };
        Listing::of(&files.iter().map(file).collect::<Vec<_>>()).expect("a listing")
    }

    #[test]
    fn every_file_has_one_origin() {
        let base = listing(&[("Chart.yaml", "1"), ("CHANGELOG.md", "old"), ("values.yaml", "a"), ("t", "same")]);
        let contributed = listing(&[("Chart.yaml", "0"), ("values.yaml", "b"), ("t", "same")]);
        let split = listing(&[("Chart.yaml", "1"), ("CHANGELOG.md", "old"), ("values.yaml", "b"), ("t", "same")]);
        let released =
            listing(&[("Chart.yaml", "2"), ("CHANGELOG.md", "new"), ("values.yaml", "b"), ("t", "same")]);
        let origin = |path| brought_by(path, &released, Some(&contributed), Some(&split), Some(&base));
        assert_eq!(origin("values.yaml"), Brought::Contribution);
        assert_eq!(origin("Chart.yaml"), Brought::Bump);
        assert_eq!(origin("CHANGELOG.md"), Brought::Bump);
        assert_eq!(origin("t"), Brought::Main);
        assert_eq!(brought_by("values.yaml", &released, None, None, Some(&base)), Brought::Unknown);
        assert_eq!(brought_by("t", &released, Some(&contributed), Some(&split), None), Brought::Contribution);
    }
}
