//! The lineage of a release as a chain of links, origin first: what `verify` and `log` tell.

use super::trace::Traced;
use crate::model::statement::{PublishClaim, SourceCommit};
use crate::model::{Attestation, ChainLink, Content, Evidence, Lineage, Oid, OnMain, Predicate, Stage, Verdict};

/// How many commits of a contribution are told one by one.
const TOLD: usize = 5;

/// The chain as far as it holds. What a verdict did not establish is not in it.
pub fn chain(traced: &Traced, verdict: &Verdict) -> Vec<ChainLink> {
    let lineage = &traced.lineage;
    let findings = &verdict.findings;
    let mut links = Vec::new();

    let contributed = findings.contributed.as_ref().map(Content::digest);
    let newest = findings.commits.first().map(|commit| commit.commit.clone());
    let evidence = counted(verdict, Stage::Validate);
    if contributed.is_some() || !evidence.is_empty() {
        links.push(ChainLink {
            stage: "contribution".to_owned(),
            what: contribution(&findings.commits) + &through(lineage),
            content: contributed,
            commit: findings.source_commit.clone().or(newest),
            evidence,
        });
    }

    let evidence = counted(verdict, Stage::Split);
    if !evidence.is_empty() {
        let base = match &lineage.landing {
            OnMain::Landed(landing) if landing.base.is_some() => landing.parent.as_ref(),
            _ => None,
        };
        links.push(ChainLink {
            stage: "split".to_owned(),
            what: match base {
                Some(base) => format!("{} alone, on main at {}", lineage.directory, base.short()),
                None => format!("{} alone, new to main", lineage.directory),
            },
            content: findings.split.as_ref().map(Content::digest),
            commit: None,
            evidence,
        });
    }

    let evidence = counted(verdict, Stage::Bump);
    if evidence.iter().any(|evidence| evidence.name == "w5-semver-bump") {
        links.push(ChainLink {
            stage: "bump".to_owned(),
            what: match &findings.from_version {
                Some(from) => format!("version {from} → {}", lineage.version),
                None => format!("version {}, the first", lineage.version),
            },
            content: Some(lineage.content.digest()),
            commit: None,
            evidence,
        });
    }

    if let (OnMain::Landed(landing), true) = (&lineage.landing, verdict.upto >= Stage::Tag) {
        links.push(ChainLink {
            stage: "main".to_owned(),
            what: format!("landed on {}", traced.policy.config.branches.main),
            content: Some(lineage.content.digest()),
            commit: Some(landing.commit.clone()),
            evidence: Vec::new(),
        });
    }
    tagged(traced, verdict, &mut links);
    links
}

/// The pull request the contribution came through, as the tag says it.
fn through(lineage: &Lineage) -> String {
    let payload = lineage.tag.as_ref().and_then(|tag| tag.payload.as_ref().ok());
    let number = payload.and_then(|(payload, _)| payload.pull_request);
    number.map(|number| format!(", in pull request #{number}")).unwrap_or_default()
}

/// What follows the tag.
fn tagged(traced: &Traced, verdict: &Verdict, links: &mut Vec<ChainLink>) {
    let lineage = &traced.lineage;
    let Some(tag) = &lineage.tag else { return };
    links.push(ChainLink {
        stage: "tag".to_owned(),
        what: match &tag.object {
            Some(object) => format!("{}, tag object {}", tag.name, object.short()),
            None => format!("{}, lightweight", tag.name),
        },
        content: Some(lineage.content.digest()),
        commit: Some(tag.commit.clone()),
        evidence: counted(verdict, Stage::Tag),
    });
    let evidence = counted(verdict, Stage::Build);
    if let (Some(Ok(package)), false) = (&lineage.package, evidence.is_empty()) {
        links.push(ChainLink {
            stage: "build".to_owned(),
            what: format!("{}-{}.tgz, sha256 {}", lineage.chart, lineage.version, package.digests.tgz),
            content: None,
            commit: Some(tag.commit.clone()),
            evidence,
        });
    }
    for (claim, evidence) in published(traced, tag.object.as_ref()) {
        let mut places: Vec<String> = claim.oci.into_iter().collect();
        if !claim.assets.is_empty() {
            let assets = if claim.assets.len() == 1 { "asset" } else { "assets" };
            places.push(format!("{} release {assets}", claim.assets.len()));
        }
        links.push(ChainLink {
            stage: "publish".to_owned(),
            what: if places.is_empty() { "nowhere yet".to_owned() } else { places.join(", ") },
            content: None,
            commit: None,
            evidence: vec![evidence],
        });
    }
}

/// The publish statements about this very package, by a key trusted for that stage, oldest first. The
/// judge does not ask for them: a release is proven before it is published.
fn published(traced: &Traced, object: Option<&Oid>) -> Vec<(PublishClaim, Evidence)> {
    let (lineage, policy) = (&traced.lineage, &traced.policy);
    let (Some(tag), Some(Ok(package))) = (&lineage.tag, &lineage.package) else { return Vec::new() };
    let Ok((payload, _)) = &tag.payload else { return Vec::new() };
    let uri = Predicate::Publish.uri(&policy.config.predicate_prefix);
    let tgz = Some(payload.predicted.tgz);
    let fits = |attestation: &Attestation| {
        let statement = attestation.statement.as_ref().ok()?;
        if statement.predicate_type != uri || Some(&attestation.on) != object {
            return None;
        }
        let signer = lineage.signed_by(policy, Stage::Publish, &attestation.proof).ok()?;
        let claim: PublishClaim = serde_json::from_value(statement.predicate.clone()).ok()?;
        let about = &claim.about;
        let same = claim.tag == tag.name
            && about.repository == policy.config.repository.id
            && about.chart == lineage.chart
            && payload.predicted.tar == package.digests.tar
            && statement.subject.iter().any(|subject| subject.sha256() == tgz);
        let evidence = Evidence {
            name: attestation.record.name.clone(),
            id: attestation.record.id.clone(),
            bundle: attestation.bundle,
            signer: signer.name.to_owned(),
            note: None,
        };
        same.then_some((claim, evidence))
    };
    let mut all: Vec<_> = lineage.attestations.iter().filter_map(fits).collect();
    all.sort_by_key(|(a, x)| (a.about.time, x.bundle));
    all.dedup_by(|(_, a), (_, b)| a.bundle == b.bundle);
    all
}

/// The attestations that count at a stage, each once.
fn counted(verdict: &Verdict, stage: Stage) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = Vec::new();
    for counted in verdict.findings.counted.iter().filter(|counted| counted.stage == stage) {
        if evidence.iter().all(|known| known.bundle != counted.bundle) {
            evidence.push(Evidence {
                name: counted.name.clone(),
                id: counted.id.clone(),
                bundle: counted.bundle,
                signer: counted.signer.clone(),
                note: counted.note.clone(),
            });
        }
    }
    evidence
}

/// The contribution's commits in words, oldest first.
fn contribution(commits: &[SourceCommit]) -> String {
    if commits.is_empty() {
        return "the content that was validated".to_owned();
    }
    let mut told: Vec<String> = commits.iter().rev().take(TOLD).map(subject_and_author).collect();
    if commits.len() > TOLD {
        told.push(format!("and {} more", commits.len() - TOLD));
    }
    told.join("; ")
}

/// `feat(x): add probe, by A <a@example.org>`.
pub fn subject_and_author(commit: &SourceCommit) -> String {
    let subject = commit.message.lines().next().unwrap_or_default().trim();
    format!("{subject}, by {}", commit.author)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contribution_is_told_oldest_first() {
        let commit = |n: usize| SourceCommit {
            commit: Oid::parse(&format!("{n:040x}")).expect("an object id"),
            author: "A <a@example.org>".to_owned(),
            committer: None,
            message: format!("feat: number {n}\n\nbody"),
        };
        let newest_first: Vec<SourceCommit> = (1..=7).rev().map(commit).collect();
        let told = contribution(&newest_first);
        assert!(told.starts_with("feat: number 1, by A <a@example.org>; feat: number 2"), "{told}");
        assert!(told.ends_with("; and 2 more"), "{told}");
        assert_eq!(contribution(&newest_first[..1]), "feat: number 7, by A <a@example.org>");
    }
}
