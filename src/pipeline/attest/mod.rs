//! Records bundles made elsewhere: each verified first, and recorded where what it is about is found here.
//!
//! What counts in a verdict is decided there, not here: a statement of one of our kinds is judged like any
//! other, whoever carried it in; every other statement is kept for people and counts for nothing.

use super::ground::Ground;
use super::record::{Draft, post_and_push, trusted_keys};
use super::{Context, ground, trace};
use crate::model::{
    Exit, Failure, ImportLine, ImportReport, Outcome, Policy, Proof, Record, RefusedBundle, Role, Statement,
    signed_by,
};
use crate::sigstore::{self, Delivered, Keyring};

mod claim;
pub mod fetch;
mod place;

use claim::{Claim, Kind};
use place::{Place, Seeker};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The files: as they are shown, and their bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// The chart whose ledger takes it; none: read from the statement.
    pub chart: Option<String>,
    /// The record's name; none: from the file or the statement.
    pub name: Option<String>,
    /// The attestation's id; none: from the file, or a label made of its digest.
    pub id: Option<String>,
    /// Where a forge shows it.
    pub url: Option<String>,
}

/// Runs the verb. What cannot be recorded is in the report, with its reason, and keeps nothing else from being.
///
/// # Errors
/// A usage error, or the repository cannot be read or written.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<ImportReport, Failure> {
    let ground = ground::ground(cx)?;
    for (what, given) in [("name", &options.name), ("id", &options.id), ("address", &options.url)] {
        given.as_deref().map(|given| label(what, given)).transpose()?;
    }
    let mut bundles = Vec::new();
    for (file, bytes) in &options.files {
        let found = sigstore::delivered(bytes);
        let several = found.len() > 1;
        for (at, delivered) in found.into_iter().enumerate() {
            let place = if several { format!("{file}, bundle {}", at.saturating_add(1)) } else { file.clone() };
            bundles.push((place, delivered));
        }
    }
    if bundles.len() != 1 && (options.name.is_some() || options.id.is_some() || options.url.is_some()) {
        return Err(Failure::usage(format!(
            "`--name`, `--id` and `--url` belong to one bundle, and there are {}",
            bundles.len()
        ))
        .hint("import that one by itself"));
    }
    let seeker = Seeker::new(cx, &ground)?;
    let mut report = ImportReport { recorded: Vec::new(), refused: Vec::new() };
    let mut drafts: Vec<Draft> = Vec::new();
    for (from, delivered) in bundles {
        match accepted(cx, &ground, options, &seeker, delivered) {
            Ok(fitting) => {
                for draft in fitting {
                    let line = line(cx, &drafts, &draft)?;
                    if line.outcome == Outcome::Created {
                        drafts.push(draft);
                    }
                    report.recorded.push(line);
                }
            }
            Err(failure) => report.refused.push(refused(from, failure)),
        }
    }
    if !cx.dry_run && !drafts.is_empty() {
        post_and_push(cx, &ground, &drafts, Vec::new())?;
    }
    Ok(report)
}

fn refused(from: String, failure: Failure) -> RefusedBundle {
    RefusedBundle {
        from,
        why: failure.what,
        causes: failure.causes,
        hint: failure.hint,
        // Nobody typed what stands in a bundle: that it cannot be used is an answer.
        exit: if failure.exit == Exit::Usage { Exit::Negative } else { failure.exit.max(Exit::Negative) },
    }
}

/// What is to be told of a record: whether it is new here, or in this very run.
fn line(cx: &Context<'_>, drafts: &[Draft], draft: &Draft) -> Result<ImportLine, Failure> {
    let bundle = draft.bundle();
    let in_hand = drafts.iter().any(|other| other.on == draft.on && other.bundle() == bundle);
    let ledger = cx.repo.read_ledger(&draft.chart, std::slice::from_ref(&draft.on))?;
    let known = in_hand || ledger.records.iter().any(|known| known.record.bundle_digest() == bundle);
    Ok(ImportLine {
        chart: draft.chart.clone(),
        name: draft.record.name.clone(),
        id: draft.record.id.clone(),
        on: draft.on.clone(),
        outcome: if known { Outcome::Unchanged } else { Outcome::Created },
    })
}

/// One bundle as records: verified, by somebody the policy trusts, about something that is here.
fn accepted(
    cx: &Context<'_>,
    ground: &Ground,
    options: &Options,
    seeker: &Seeker<'_, '_>,
    delivered: Result<Delivered, String>,
) -> Result<Vec<Draft>, Failure> {
    let unreadable = |why: String| {
        Failure::negative("the bundle cannot be read")
            .because(why)
            .hint("import a whole Sigstore bundle (versions 0.1 to 0.3), as its signer wrote it")
    };
    let delivered = delivered.map_err(unreadable)?;
    let (statement, _) = sigstore::examine(&delivered.bundle, Keyring { keys: &[], roots: &cx.roots });
    let claim = Claim::read(ground.config(), statement.map_err(unreadable)?)?;
    let record =
        Record::new(claim.name(options.name.as_deref().or(delivered.name.as_deref()))?, &delivered.bundle)
            .map_err(|e| Failure::negative(format!("the bundle cannot be recorded: {e}")))?;
    let places = seeker.places(&claim, record.bundle_digest())?;
    let places: Vec<Place> = match &options.chart {
        None => places,
        Some(chart) => {
            let there: Vec<String> = places.iter().map(|place| place.chart.clone()).collect();
            let fitting: Vec<Place> = places.into_iter().filter(|place| place.chart == *chart).collect();
            if fitting.is_empty() {
                return Err(Failure::negative(format!("the bundle is about {}, not {chart}", there.join(", ")))
                    .hint("leave the chart out: the statement names it"));
            }
            fitting
        }
    };
    let mut drafts = Vec::new();
    for place in places {
        trusted(cx, ground, &claim, &place, record.bundle.get())?;
        let mut record = record.clone();
        if let Some(id) = options.id.as_ref().or(delivered.id.as_ref()) {
            record.id = label("id", id)?;
        }
        if let Some(url) = options.url.as_ref().or(delivered.url.as_ref()) {
            record.url = label("address", url)?;
        }
        drafts.push(Draft { chart: place.chart, on: place.on, record });
    }
    Ok(drafts)
}

/// A bundle nobody would count is not worth recording. A release is judged by the policy it was made under, so
/// a signer whom that one trusted is as good as one of today.
fn trusted(cx: &Context<'_>, ground: &Ground, claim: &Claim, place: &Place, bundle: &str) -> Result<(), Failure> {
    let why = match signed(cx, &ground.policy, claim, bundle)? {
        Ok(()) => return Ok(()),
        Err(why) => why,
    };
    if let Some(release) = &place.release {
        let landing =
            trace::landing(&cx.repo, ground.config(), &ground.main, &release.commit, &release.directory)?;
        let policy = trace::policy_of(&cx.repo, &landing, &ground.policy)?;
        if signed(cx, &policy, claim, bundle)?.is_ok() {
            return Ok(());
        }
    }
    Err(Failure::negative("the bundle is not signed by anybody the policy trusts for it")
        .because(why)
        .hint(format!("see `git lineage trust show` for whom {} trusts", ground.origin)))
}

fn signed(cx: &Context<'_>, policy: &Policy, claim: &Claim, bundle: &str) -> Result<Result<(), String>, Failure> {
    let keys = trusted_keys(policy)?;
    let (_, proof) = sigstore::examine(bundle, Keyring { keys: &keys, roots: &cx.roots });
    Ok(match claim.kind {
        Kind::Ours(_, role) => signed_by(policy, role, &proof).map(drop),
        // What is not ours counts for nothing: whoever is trusted with anything may have signed it.
        Kind::Foreign => anything(policy, &proof),
    })
}

fn anything(policy: &Policy, proof: &Proof) -> Result<(), String> {
    let mut first = None;
    for role in Role::ALL {
        match signed_by(policy, role, proof) {
            Ok(_) => return Ok(()),
            Err(why) => first = first.or(Some(why)),
        }
    }
    Err(first.unwrap_or_default())
}

/// A label for people: one word of at most 500 characters.
fn label(what: &str, text: &str) -> Result<String, Failure> {
    if !text.is_empty() && text.len() <= 500 && text.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err(Failure::usage(format!("{text:?} is no {what} for a record")).hint("use one word without spaces"))
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn a_label_is_one_word() {
        assert_eq!(label("name", "w1-provenance"), Ok("w1-provenance".to_owned()));
        let long = "x".repeat(501);
        for wrong in ["", "two words", "a\nb", "ä", long.as_str()] {
            assert!(label("name", wrong).is_err(), "{wrong:?}");
        }
    }
}
