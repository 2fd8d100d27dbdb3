//! `bump --image`: a contribution of its own in which a chart deploys another image, and nothing else changes.
//!
//! It releases nothing. The contribution goes the way of every other: it is checked, merged, split, and bumped by what
//! its evidence says (acceptance A-38).

use std::collections::BTreeMap;

use crate::git::Edit;
use crate::github::pulls::Wanted;
use crate::helm;
use crate::model::config::{Flow, ImageRule};
use crate::model::image::{self, ImageName, PinnedImage};
use crate::model::pull::{self, Deploys};
use crate::model::{Event, Exit, Failure, ImageReport, Oid, Outcome, Plan, link};
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::forge::move_branch;
use crate::pipeline::ground::{self, Ground};
use crate::pipeline::{Context, hub};

/// Where such contributions are: `image/<chart>/<repository>`, slashes of the repository as hyphens.
const BRANCHES: &str = "image/";

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The chart; none: the one that `[[images]]` names for the image.
    pub chart: Option<String>,
    /// `repository:tag@sha256:…`.
    pub image: String,
}

/// Contributes another image.
///
/// # Errors
/// No such image, or one without tag or digest (exit 2); a tag that moves, or a chart that cannot take it (exit 1); a
/// branch that holds something else, or moved (exit 4).
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<ImageReport, Failure> {
    let image = PinnedImage::parse(&options.image)
        .map_err(|why| Failure::usage(why).hint("name it as `REPOSITORY:TAG@sha256:DIGEST`"))?;
    if image::moves(&image.tag) {
        return Err(Failure::negative(format!("the tag `{}` is another image tomorrow", image.tag))
            .hint("release the image under a version, and deploy that"));
    }
    let ground = ground::refreshed(cx)?;
    let config = ground.config();
    if let Some(remote) = ground::remote(&cx.repo, config) {
        cx.repo.fetch_pruning(remote, &[&format!("+refs/heads/{BRANCHES}*:refs/remotes/{remote}/{BRANCHES}*")])?;
    }
    let base = config.contributed().to_owned();
    let tip = ground::branch_tip(&cx.repo, config, &base)?.ok_or_else(|| {
        Failure::undetermined(format!("the branch {base} is not known here"))
            .hint("fetch it with `git lineage sync`, or make it with `git lineage init`")
    })?;
    let (chart, rules) = rules(cx, &ground, &tip, &image, options.chart.as_deref())?;
    let put = Put { cx, chart: &chart, rules: &rules };
    let wanted = put.on(&tip, &image)?;
    let called = rules.first().map(|rule| rule.repository.clone()).unwrap_or_default();
    let text =
        pull::image(&Deploys { chart: &chart.chart, image: &image, called: &called, changes: &wanted.changes });
    let mut report = ImageReport {
        chart: chart.chart.clone(),
        image: image.to_string(),
        branch: format!("{BRANCHES}{}/{}", chart.chart, image.name.repository().replace('/', "-")),
        base,
        outcome: Outcome::Unchanged,
        commit: None,
        text,
        pull: None,
        plan: Plan::default(),
    };
    let what = format!("deploy {image} in {} on {}", chart.chart, report.base);
    if wanted.changes.is_empty() {
        report.plan.done(what);
        return Ok(report);
    }
    report.plan.needed(what);
    contribute(&put, &ground, &tip, &image, wanted, &mut report)?;
    if config.flow == Flow::Direct {
        (cx.on)(Event::Note(format!(
            "{} still needs its version raised before it is merged: run `git lineage bump {}` on {}",
            report.chart, report.chart, report.branch
        )));
    }
    open(cx, &ground, &mut report)?;
    Ok(report)
}

/// The chart that deploys an image, and where.
fn rules<'g>(
    cx: &Context<'_>,
    ground: &'g Ground,
    tip: &Oid,
    image: &PinnedImage,
    asked: Option<&str>,
) -> Result<(ChartAt, Vec<&'g ImageRule>), Failure> {
    let config = ground.config();
    let asked = asked.map(|asked| charts::named(&cx.repo, config, tip, asked)).transpose()?;
    let fits = |rule: &&ImageRule| {
        rule.name().as_ref() == Some(&image.name) && asked.as_ref().is_none_or(|chart| chart.chart == rule.chart)
    };
    let rules: Vec<&ImageRule> = config.images.iter().filter(fits).collect();
    let Some(first) = rules.first() else {
        let of = asked.map_or_else(String::new, |chart| format!(" of {}", chart.chart));
        return Err(Failure::usage(format!("no [[images]] of the policy names {} as an image{of}", image.name))
            .because(format!("the policy is that of {}", ground.origin))
            .hint("add it to lineage.toml on main, with those who sign it"));
    };
    if let Some(other) = rules.iter().find(|rule| rule.chart != first.chart) {
        return Err(Failure::usage(format!("both {} and {} deploy {}", first.chart, other.chart, image.name))
            .hint("name the chart"));
    }
    let chart = match asked {
        Some(chart) => chart,
        None => charts::named(&cx.repo, config, tip, &first.chart)?,
    };
    Ok((chart, rules))
}

/// Putting an image into a chart at its rules' places.
struct Put<'a, 'c> {
    cx: &'a Context<'c>,
    chart: &'a ChartAt,
    rules: &'a [&'a ImageRule],
}

/// A commit's files with an image put into them.
struct Files {
    /// Path → the whole file; both files, changed or not.
    files: BTreeMap<String, Vec<u8>>,
    /// Where, from what, to what.
    changes: Vec<(String, String, String)>,
}

impl Put<'_, '_> {
    fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.chart.directory)
    }

    fn file(&self, commit: &Oid, file: &str) -> Result<Vec<u8>, Failure> {
        let path = self.path(file);
        let bytes = self.cx.repo.file_at(commit, &path)?;
        bytes.ok_or_else(|| Failure::negative(format!("there is no {path} at {}", commit.short())))
    }

    /// The files of a commit with this image.
    fn on(&self, commit: &Oid, image: &PinnedImage) -> Result<Files, Failure> {
        let (values_path, chart_path) = (self.path("values.yaml"), self.path(link::CHART_YAML));
        let mut values = self.file(commit, "values.yaml")?;
        let mut chart_yaml = self.file(commit, link::CHART_YAML)?;
        let mut changes = Vec::new();
        let mut version: Option<&str> = None;
        for rule in self.rules {
            let own = rule.version_of(&image.tag).ok_or_else(|| {
                Failure::usage(format!("the tag `{}` is none that `{}` makes", image.tag, rule.tag))
                    .hint("release the image under such a tag, or correct `tag` under [[images]] in lineage.toml")
            })?;
            let now = helm::image_value(&values_path, &values, &rule.values)?;
            if ImageName::parse(&now.repository).as_ref() != Some(&image.name) {
                return Err(Failure::negative(format!(
                    "{values_path}: `{}` is of `{}`, and has to be of `{}`",
                    rule.values, now.repository, rule.repository
                ))
                .hint("name the repository there first: who moves an image does that by hand"));
            }
            values = helm::set_image(&values_path, &values, &rule.values, &image.tag, image.digest)?;
            let after = helm::image_value(&values_path, &values, &rule.values)?;
            for (key, was, is) in [("tag", now.tag, after.tag), ("digest", now.digest, after.digest)] {
                if was != is {
                    let said = |text: Option<String>| text.unwrap_or_default();
                    changes.push((format!("{}.{key}", rule.values), said(was), said(is)));
                }
            }
            if rule.follows_app_version() {
                if version.is_some_and(|other| other != own) {
                    return Err(Failure::usage(format!(
                        "the tag `{}` makes two versions of {}",
                        image.tag, self.chart.chart
                    ))
                    .hint("correct `tag` under [[images]] in lineage.toml"));
                }
                version = Some(own);
            }
        }
        if let Some(version) = version {
            let was = helm::Metadata::parse(&chart_path, &chart_yaml)?.app_version.unwrap_or_default();
            if was != version {
                chart_yaml = helm::set_app_version(&chart_path, &chart_yaml, version)?;
                changes.push(("appVersion".to_owned(), was, version.to_owned()));
            }
        }
        Ok(Files { files: BTreeMap::from([(values_path, values), (chart_path, chart_yaml)]), changes })
    }

    /// The tree of a commit with these files.
    fn tree(&self, commit: &Oid, files: &BTreeMap<String, Vec<u8>>) -> Result<Oid, Failure> {
        let edits = files.iter().map(|(path, bytes)| (path.clone(), Edit::Write(bytes.clone()))).collect();
        Ok(self.cx.repo.edit_tree(Some(commit), &edits)?)
    }

    /// The image a commit deploys, if its rules agree on one.
    fn deployed(&self, commit: &Oid, name: &ImageName) -> Result<Option<PinnedImage>, Failure> {
        let (file, values) = (self.path("values.yaml"), self.file(commit, "values.yaml")?);
        let chart_yaml = self.file(commit, link::CHART_YAML)?;
        let app_version = helm::Metadata::parse(&self.path(link::CHART_YAML), &chart_yaml)?.app_version;
        let Some(rule) = self.rules.first() else { return Ok(None) };
        let Ok(found) = helm::image_value(&file, &values, &rule.values) else { return Ok(None) };
        let tag = rule.tag_of(app_version.as_deref(), found.tag.as_deref()).ok();
        let digest = found.digest.as_deref().and_then(image::parse_digest);
        Ok(tag.zip(digest).map(|(tag, digest)| PinnedImage { name: name.clone(), tag, digest }))
    }

    /// Whether a branch holds one commit upon what was contributed, and in it nothing but another image.
    fn is_ours(&self, branch: &Oid, tip: &Oid, name: &ImageName) -> Result<bool, Failure> {
        let repo = &self.cx.repo;
        if repo.is_ancestor(branch, tip)? {
            return Ok(true);
        }
        let commit = repo.commit(branch)?;
        let [parent] = commit.parents.as_slice() else { return Ok(false) };
        if !repo.is_ancestor(parent, tip)? {
            return Ok(false);
        }
        let again = self.deployed(branch, name).and_then(|image| match image {
            Some(image) => self.tree(parent, &self.on(parent, &image)?.files).map(Some),
            None => Ok(None),
        });
        match again {
            Ok(tree) => Ok(tree.as_ref() == Some(&commit.tree)),
            // No image can be put there: somebody did something else. What could not be read says nothing.
            Err(failure) if matches!(failure.exit, Exit::Negative | Exit::Usage) => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

/// Brings the branch to one commit upon the branch contributions go to.
fn contribute(
    put: &Put<'_, '_>,
    ground: &Ground,
    tip: &Oid,
    image: &PinnedImage,
    wanted: Files,
    report: &mut ImageReport,
) -> Result<(), Failure> {
    let (cx, branch) = (put.cx, report.branch.clone());
    cx.repo.check_branch_name(&branch, ground::remote(&cx.repo, ground.config()))?;
    let what = format!("push {branch} with {image}");
    let existing = ground::branch_tip(&cx.repo, ground.config(), &branch)?;
    if let Some(existing) = &existing {
        if !put.is_ours(existing, tip, &image.name)? {
            return Err(Failure::conflict(format!("{branch} holds more than another image"))
                .hint("merge it, or delete it, and run this again"));
        }
        // The same two files, whatever else moved meanwhile: it merges as it stands.
        let same = |(path, bytes): (&String, &Vec<u8>)| {
            cx.repo.file_at(existing, path).map(|found| found.as_ref() == Some(bytes))
        };
        let mut kept = !cx.repo.is_ancestor(existing, tip)?;
        for file in &wanted.files {
            kept = kept && same(file)?;
        }
        if kept {
            report.plan.done(what);
            report.commit = Some(existing.clone());
            return Ok(());
        }
    }
    report.plan.needed(what);
    report.outcome = if existing.is_some() { Outcome::Updated } else { Outcome::Created };
    if cx.dry_run {
        return Ok(());
    }
    let tree = put.tree(tip, &wanted.files)?;
    let message = format!("{}\n\nDeploys {image}\n", report.text.title);
    let commit = cx.repo.write_commit(&tree, std::slice::from_ref(tip), &message, cx.now)?;
    move_branch(cx, ground, &branch, existing.as_ref(), &commit)?;
    report.commit = Some(commit);
    Ok(())
}

/// Opens the pull request on GitHub, or brings it up to date; in the local forge there is none.
fn open(cx: &mut Context<'_>, ground: &Ground, report: &mut ImageReport) -> Result<(), Failure> {
    let Some(github) = hub::forge(cx, ground)? else { return Ok(()) };
    let what = format!("open or update the pull request from {} to {}", report.branch, report.base);
    if cx.dry_run {
        report.plan.needed(what);
        return Ok(());
    }
    let text = &report.text;
    let wanted = Wanted { head: &report.branch, base: &report.base, title: &text.title, body: &text.body };
    let opened = hub::propose(&github, &wanted)?;
    if opened.outcome == Outcome::Unchanged {
        report.plan.done(what);
    } else {
        report.plan.needed(what);
    }
    hub::warn_of_silence(cx, &opened);
    report.pull = Some(opened);
    Ok(())
}
