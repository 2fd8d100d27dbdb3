//! Step 10: the package, rebuilt from the tag's tree.

use std::collections::BTreeMap;

use super::Docket;
use super::evidence::{Bench, Wanted};
use crate::model::lineage::{Package, StepState};
use crate::model::statement::{Overall, Provenance};
use crate::model::{Predicate, Sha256, Stage, Subject, json};

/// The rebuilt package against the payload, the build statement and a given file.
pub(super) fn rebuilt(docket: &mut Docket, bench: &Bench<'_>, upto: Stage) {
    let package = match &bench.lineage.package {
        Some(Ok(package)) => package,
        Some(Err(state)) => {
            docket.enter(10, "the package can be rebuilt", "package", state.clone());
            return;
        }
        None => {
            let state = StepState::Undetermined("the package was not rebuilt".to_owned());
            docket.enter(10, "the package can be rebuilt", "package", state);
            return;
        }
    };
    docket.check(10, "the package is the one the tag predicts", "package", predicted(bench, package));
    if upto >= Stage::Build {
        attested(docket, bench);
    }
}

/// The payload's prediction. The tar decides; tgz and manifest are compared where the compressor is the
/// recorded one, since deflate's bytes are its own.
fn predicted(bench: &Bench<'_>, package: &Package) -> Option<String> {
    let Some(Ok((payload, _))) = bench.lineage.tag.as_ref().map(|tag| &tag.payload) else {
        return Some("there is no payload to compare it with".to_owned());
    };
    let same_compressor = payload.compressor == package.compressor;
    let (said, is) = (payload.predicted, package.digests);
    let pairs = [("tar", said.tar, is.tar, true), ("tgz", said.tgz, is.tgz, same_compressor)];
    let manifest = [("OCI manifest", said.oci, is.oci, same_compressor)];
    let gap = pairs.into_iter().chain(manifest).find(|(_, said, is, compared)| *compared && said != is);
    if let Some((what, said, is, _)) = gap {
        return Some(format!(
            "the {what} rebuilt from the tag is {}, the tag predicts {}",
            is.short(),
            said.short()
        ));
    }
    match &package.given {
        Some((_, Err(why))) => Some(format!("the given file: {why}")),
        Some((_, Ok(tar))) if *tar != is.tar => {
            Some(format!("the given file's tar is {}, the tag gives {}", tar.short(), is.tar.short()))
        }
        Some((tgz, Ok(_))) if *tgz != said.tgz => {
            Some(format!("the given file is {}, the tag predicts {}", tgz.short(), said.tgz.short()))
        }
        None | Some(_) => None,
    }
}

fn attested(docket: &mut Docket, bench: &Bench<'_>) {
    const WHAT: &str = "the build statement is about this package";
    let name = format!("w7-build-{}", bench.lineage.chart);
    let Some((tag, Ok((payload, _)))) = bench.lineage.tag.as_ref().map(|tag| (tag, &tag.payload)) else {
        docket.check(10, WHAT, &name, Some("there is no payload to compare it with".to_owned()));
        return;
    };
    let file = format!("{}-{}", bench.lineage.chart, bench.lineage.version);
    let tgz = Subject::new(format!("{file}.tgz"), payload.predicted.tgz);
    let wanted = Wanted::new(Predicate::Build, &name, vec![tgz.clone()]);
    let prefix = &bench.policy.config.predicate_prefix;
    // The same package as a registry holds it; builds from before that was said have the file alone.
    let manifest = Subject::new(format!("{file}.manifest.json"), payload.predicted.oci);
    let found = bench.find_with_description::<Provenance>(&wanted, |provenance, others| {
        if others.iter().any(|other| *other != manifest) {
            return Err("it has a subject too many".to_owned());
        }
        let claim = &provenance.build_definition.internal_parameters;
        if claim.tag != tag.name || Some(&claim.tag_object) != tag.object.as_ref() {
            return Err(format!("it was built from {} ({})", claim.tag, claim.tag_object.short()));
        }
        if claim.package != payload.predicted {
            return Err("its digests are not the ones the tag predicts".to_owned());
        }
        let tree = bench.lineage.content.tree.as_ref().ok_or("the chart has no tree")?;
        provenance.rests_on(prefix, &claim.tag_object, &tag.commit, tree)
    });
    let build = found.map(|found| found.counted);
    let parts: BTreeMap<String, Sha256> = build.iter().map(|counted| (name.clone(), counted.bundle)).collect();
    let parent = payload.attestations.get("w5-overall").map(|named| named.bundle);
    docket.attested(10, WHAT, &name, build);
    if let Some(state @ StepState::Undetermined(_)) = docket.blocked(&[&name]) {
        docket.enter(10, "the overall statement names the build", "w7-overall", state);
        return;
    }

    let wanted = Wanted::new(Predicate::BuildOverall, "w7-overall", vec![tgz]);
    let found = bench.find_with_description::<Overall>(&wanted, |claim, others| {
        if others != [Subject::new("pr-description", Sha256::of(json::canonical(&claim.attestations)))] {
            return Err("its pr-description is not the digest of its map".to_owned());
        }
        if claim.parent != parent {
            return Err("its parent is not the overall statement before it".to_owned());
        }
        if parts.is_empty() || parts.iter().any(|(part, bundle)| claim.bundles.get(part) != Some(bundle)) {
            return Err("it does not name the build statement".to_owned());
        }
        if !claim.attestations.keys().eq(claim.bundles.keys()) {
            return Err("its map and its bundles name different records".to_owned());
        }
        // The brief's release statement (F7) is over the two overall statements before and the bump.
        let before = ["w1-overall", "w5-semver-bump", "w5-overall"].into_iter().find(|part| {
            let named = payload.attestations.get(*part).map(|named| named.bundle);
            named.is_some() && claim.bundles.get(*part).copied() != named
        });
        match before {
            Some(part) => Err(format!("it does not name the {part} that the tag names")),
            None => Ok(()),
        }
    });
    docket.attested(10, "the overall statement names the build", "w7-overall", found.map(|found| found.counted));
}
