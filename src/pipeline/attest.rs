//! Records a bundle made elsewhere.

use serde_json::Value;

use super::ground::Ground;
use super::record::{Draft, post_and_push, trusted_keys};
use super::{Context, charts, ground};
use crate::model::config::Config;
use crate::model::statement::{About, BuildClaim, Check, PublishClaim, TagClaim};
use crate::model::{
    Failure, ImportReport, Oid, Outcome, Predicate, Proof, Record, Sha256, Stage, Statement, Subject, signed_by,
};
use crate::sigstore;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bundle's JSON.
    pub bundle: String,
    /// The chart whose ledger takes it; none: read from the statement.
    pub chart: Option<String>,
    /// The record's name; none: from the statement.
    pub name: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<ImportReport, Failure> {
    let ground = ground::ground(cx)?;
    let (statement, proof) = sigstore::examine(&options.bundle, &trusted_keys(&ground.policy)?);
    let statement = statement.map_err(|why| {
        Failure::negative("the bundle cannot be read")
            .because(why)
            .hint("import a whole Sigstore bundle (version 0.3), as its signer wrote it")
    })?;
    let claim = Claim::read(&ground, &statement)?;
    trusted(&ground, &claim, &proof)?;
    if let Some(chart) = options.chart.as_ref().filter(|chart| **chart != claim.chart) {
        return Err(Failure::usage(format!("the bundle is about {}, not {chart}", claim.chart))
            .hint("leave the chart out: the statement names it"));
    }
    let on = annotated(cx, &ground, &claim, &statement)?;
    let name = name(&claim, options.name.as_deref())?;
    let record = Record::new(name, &options.bundle)
        .map_err(|e| Failure::usage(format!("the bundle cannot be recorded: {e}")))?;
    let bundle = record.bundle_digest();
    let known = cx.repo.read_ledger(&claim.chart, std::slice::from_ref(&on))?;
    let outcome = if known.records.iter().any(|known| known.record.bundle_digest() == bundle) {
        Outcome::Unchanged
    } else {
        Outcome::Created
    };
    let report = ImportReport {
        chart: claim.chart.clone(),
        name: record.name.clone(),
        id: record.id.clone(),
        on: on.clone(),
        outcome,
    };
    if outcome == Outcome::Created && !cx.dry_run {
        post_and_push(cx, &ground, &[Draft { chart: claim.chart, on, record }], Vec::new())?;
    }
    Ok(report)
}

/// What a statement says it is about.
struct Claim {
    /// None for a predicate that is not ours.
    kind: Option<Predicate>,
    chart: String,
    directory: String,
    /// The stage whose signers may make it; none where it is not ours.
    stage: Option<Stage>,
    /// The chart tree or tag object it names.
    object: Option<Oid>,
    /// The record name its kind has.
    name: Option<String>,
}

impl Claim {
    fn read(ground: &Ground, statement: &Statement) -> Result<Self, Failure> {
        let config = ground.config();
        let Some(kind) = Predicate::of(&statement.predicate_type, &config.predicate_prefix) else {
            return Self::foreign(config, statement);
        };
        let body = match kind {
            // SLSA provenance that somebody else made has no internal parameters of ours.
            Predicate::Build => match statement.predicate.pointer("/buildDefinition/internalParameters") {
                Some(body) if body.get("repository").is_some() => body,
                _ => return Self::foreign(config, statement),
            },
            _ => &statement.predicate,
        };
        let about: About = read(body)?;
        if about.repository != config.repository.id {
            return Err(Failure::negative(format!(
                "the bundle is about the repository {}, not {}",
                about.repository, config.repository.id
            )));
        }
        let (stage, object, name) = match kind {
            Predicate::Check => {
                let check: Check = read(body)?;
                let name = format!("w{}-{}", check.stage.number(), check.check);
                (check.stage, dependency(&about, "gitTree"), name)
            }
            Predicate::Seal => (kind.stage(), dependency(&about, "gitTree"), "w1-overall".to_owned()),
            Predicate::Split => (kind.stage(), dependency(&about, "gitTree"), "w2-filter-charts".to_owned()),
            Predicate::Bump => (kind.stage(), dependency(&about, "gitTree"), "w5-semver-bump".to_owned()),
            Predicate::Overall => (kind.stage(), dependency(&about, "gitTree"), "w5-overall".to_owned()),
            Predicate::Tag => (kind.stage(), dependency(&about, "gitTag"), "w6-tag".to_owned()),
            Predicate::Build => {
                let claim: BuildClaim = read(body)?;
                (kind.stage(), Some(claim.tag_object), format!("w7-build-{}", about.chart))
            }
            Predicate::BuildOverall => (kind.stage(), dependency(&about, "gitTag"), "w7-overall".to_owned()),
            Predicate::Publish => (kind.stage(), dependency(&about, "gitTag"), "w8-publish".to_owned()),
        };
        Ok(Self {
            kind: Some(kind),
            chart: about.chart,
            directory: about.directory,
            stage: Some(stage),
            object,
            name: Some(name),
        })
    }

    /// A predicate that is not ours: its subject must be a chart of ours by directory and content.
    fn foreign(config: &Config, statement: &Statement) -> Result<Self, Failure> {
        let subject = statement.subject.iter().find(|subject| {
            config.charts.roots.iter().any(|root| {
                let below = subject.name.strip_prefix(root.as_str()).and_then(|rest| rest.strip_prefix('/'));
                below.is_some_and(|name| !name.is_empty() && !name.contains('/'))
            })
        });
        let Some(subject) = subject else {
            return Err(Failure::negative(format!(
                "the bundle ({}) has no subject that is a chart of this repository",
                statement.predicate_type
            ))
            .hint(format!("its subject must be a chart directory below {}", config.charts.roots.join(", "))));
        };
        Ok(Self {
            kind: None,
            chart: config.expected_name(&subject.name).to_owned(),
            directory: subject.name.clone(),
            stage: None,
            object: None,
            name: None,
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &Value) -> Result<T, Failure> {
    serde_json::from_value(body.clone())
        .map_err(|e| Failure::negative("the bundle's predicate is not what its type says").because(e.to_string()))
}

/// The one object of a kind among what a statement rests on, by the name of the chart's own tree or tag.
fn dependency(about: &About, algorithm: &str) -> Option<Oid> {
    about.resolved_dependencies.iter().find_map(|dependency| dependency.digest.get(algorithm).cloned())
}

/// A bundle nobody would count is not worth recording.
fn trusted(ground: &Ground, claim: &Claim, proof: &Proof) -> Result<(), Failure> {
    let found = match claim.stage {
        Some(stage) => signed_by(&ground.policy, stage, proof).map(drop),
        // What is not ours counts at no stage: any trusted key will do.
        None => {
            let stages = Stage::ALL.into_iter();
            let mut results = stages.map(|stage| signed_by(&ground.policy, stage, proof).map(drop));
            let first = results.next().unwrap_or(Ok(()));
            if first.is_ok() || results.any(|result| result.is_ok()) { Ok(()) } else { first }
        }
    };
    found.map_err(|why| {
        Failure::negative("the bundle is not signed by a key the policy trusts for it")
            .because(why)
            .hint(format!("see `git lineage trust show` for the keys {} trusts", ground.origin))
    })
}

/// The object the record annotates, checked against the repository: what the statement says of it is true.
fn annotated(cx: &Context<'_>, ground: &Ground, claim: &Claim, statement: &Statement) -> Result<Oid, Failure> {
    match claim.kind {
        Some(kind) if kind.stage() >= Stage::Tag => tag_object(cx, claim, kind, statement),
        _ => chart_tree(cx, ground, claim, statement),
    }
}

fn chart_tree(cx: &Context<'_>, ground: &Ground, claim: &Claim, statement: &Statement) -> Result<Oid, Failure> {
    let subject = statement.subject.iter().find(|subject| subject.name == claim.directory);
    let Some(digest) = subject.and_then(Subject::sha256) else {
        return Err(Failure::negative(format!(
            "the bundle names no content of {} by its sha256",
            claim.directory
        )));
    };
    if let Some(tree) = &claim.object {
        let found = charts::content(&cx.repo, tree, &claim.directory)?.digest();
        return same(tree, found, digest);
    }
    let config = ground.config();
    let mut commits = vec![ground.main.clone()];
    commits.extend(cx.repo.head().ok());
    for branch in [config.branches.integration.clone(), config.chart_branch(&claim.chart)] {
        commits.extend(ground::branch_tip(&cx.repo, config, &branch)?);
    }
    for commit in commits {
        let Some(tree) = cx.repo.tree_at(&commit, &claim.directory)? else { continue };
        if charts::content(&cx.repo, &tree, &claim.directory).is_ok_and(|content| content.digest() == digest) {
            return Ok(tree);
        }
    }
    Err(Failure::negative(format!(
        "no branch has the content {} of {} that the bundle names",
        digest.short(),
        claim.directory
    ))
    .hint("check out the commit whose content was attested, and import again"))
}

fn same(tree: &Oid, found: Sha256, named: Sha256) -> Result<Oid, Failure> {
    if found == named {
        return Ok(tree.clone());
    }
    Err(Failure::negative(format!(
        "the tree {} has the content {}, the bundle is about {}",
        tree.short(),
        found.short(),
        named.short()
    )))
}

fn tag_object(cx: &Context<'_>, claim: &Claim, kind: Predicate, statement: &Statement) -> Result<Oid, Failure> {
    let named = claim.object.as_ref().ok_or_else(|| Failure::negative("the bundle names no tag object"))?;
    let object = cx.repo.tag_object(named)?.ok_or_else(|| {
        Failure::negative(format!("{} is no tag object, though the bundle says so", named.short()))
    })?;
    let tag = match kind {
        Predicate::Tag => Some(read::<TagClaim>(&statement.predicate)?.tag),
        Predicate::Publish => Some(read::<PublishClaim>(&statement.predicate)?.tag),
        Predicate::Build => statement
            .predicate
            .pointer("/buildDefinition/internalParameters/tag")
            .and_then(Value::as_str)
            .map(str::to_owned),
        _ => None,
    };
    if let Some(tag) = tag.filter(|tag| *tag != object.name) {
        return Err(Failure::negative(format!("the bundle is about {tag}, its tag object is of {}", object.name)));
    }
    let bytes = Sha256::of(&object.bytes);
    if kind == Predicate::Tag && !statement.subject.iter().any(|subject| subject.sha256() == Some(bytes)) {
        return Err(Failure::negative(format!(
            "the bundle's subject is not the tag object {} of {}",
            named.short(),
            object.name
        )));
    }
    Ok(object.oid)
}

/// The record's name: a label for people, so it must be one word.
fn name(claim: &Claim, given: Option<&str>) -> Result<String, Failure> {
    let name = match (given, &claim.name) {
        (Some(given), _) => given.to_owned(),
        (None, Some(name)) => name.clone(),
        (None, None) => {
            return Err(Failure::usage("the statement does not say what the record is called")
                .hint("name it with --name, for example `w1-provenance`"));
        }
    };
    let word = !name.is_empty() && name.len() <= 200 && name.chars().all(|c| c.is_ascii_graphic());
    if word {
        return Ok(name);
    }
    Err(Failure::usage(format!("{name:?} is no name for a record"))
        .hint("use letters, digits, `-`, `.` and `_`, as in `w1-lint-test`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::ground::unconfigured;

    fn foreign(subject: &str) -> Result<Claim, Failure> {
        let statement = Statement {
            kind: crate::model::statement::STATEMENT_TYPE.to_owned(),
            subject: vec![Subject::new(subject, Sha256::of("x"))],
            predicate_type: "https://example.org/other/v1".to_owned(),
            predicate: Value::Null,
        };
        Claim::foreign(&unconfigured(), &statement)
    }

    #[test]
    fn a_foreign_statement_must_be_about_a_chart() {
        let claim = foreign("charts/app").map(|claim| (claim.chart, claim.directory));
        assert_eq!(claim, Ok(("app".to_owned(), "charts/app".to_owned())));
        for other in ["app", "charts/", "charts/app/values.yaml", "chartsapp/x"] {
            assert!(foreign(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_record_has_a_name_of_one_word() {
        let claim = foreign("charts/app").map_err(|_| ()).expect("a claim");
        assert!(name(&claim, None).is_err());
        assert_eq!(name(&claim, Some("w1-provenance")), Ok("w1-provenance".to_owned()));
        assert!(name(&claim, Some("two words")).is_err());
        assert!(name(&claim, Some("")).is_err());
    }
}
