//! Brings records back from GitHub's attestation store: by the digests of what is here, and of what the links found
//! on the way say that came before. Every bundle is then taken in like any other that somebody hands over.

use std::collections::BTreeSet;

use serde_json::Value;

use super::place::Seeker;
use super::{Context, Failure, ImportReport, Options, run};
use crate::model::Sha256;
use crate::pipeline::{ground, hub};
use crate::sigstore::{self, Keyring};

/// A split and a bump lie between a release and its contribution; one more round shows that nothing is left.
const ROUNDS: usize = 4;
/// More digests than this are no lineage.
const MOST: usize = 2_000;

/// Fetches and records. What cannot be recorded is in the report and harms nothing: anybody may put anything there.
///
/// # Errors
/// GitHub cannot be reached, or the repository cannot be read or written.
pub fn from_github(cx: &mut Context<'_>) -> Result<ImportReport, Failure> {
    let ground = ground::ground(cx)?;
    let github = hub::connect(cx, ground.config())?;
    let mut open = Seeker::new(cx, &ground)?.subjects()?;
    let mut asked: BTreeSet<Sha256> = BTreeSet::new();
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mut next = BTreeSet::new();
        for digest in std::mem::take(&mut open) {
            if asked.len() >= MOST || !asked.insert(digest) {
                continue;
            }
            for kept in github.kept(digest)? {
                let kept = as_signed(kept);
                before(cx, &kept, &mut next);
                // A statement about several charts is kept under each of them.
                if seen.insert(kept.clone()) {
                    files.push((format!("GitHub's store, sha256:{}", digest.short()), kept));
                }
            }
        }
        open = next;
    }
    // The id is the store's own, and there is no way to ask for it by the digest: the label stays.
    let options = Options { files, chart: None, name: None, id: None, url: None };
    run(cx, &options)
}

/// A bundle's own bytes: the store keeps its JSON, in what order it likes, and seals and links name the bytes.
fn as_signed(kept: Vec<u8>) -> Vec<u8> {
    match sigstore::delivered(&kept).as_slice() {
        [Ok(one)] => sigstore::as_signed(&one.bundle).unwrap_or_else(|| one.bundle.clone()).into_bytes(),
        // What is no bundle is refused where everything is.
        _ => kept,
    }
}

/// The contents a bundle's statement names besides its subject: a link names what came before. A digest is only a
/// question here; what comes back is verified.
fn before(cx: &Context<'_>, kept: &[u8], found: &mut BTreeSet<Sha256>) {
    for delivered in sigstore::delivered(kept).into_iter().flatten() {
        let (statement, _) = sigstore::examine(&delivered.bundle, Keyring { keys: &[], roots: &cx.roots });
        if let Ok(statement) = statement {
            contents(&statement.predicate, found);
        }
    }
}

fn contents(value: &Value, found: &mut BTreeSet<Sha256>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| contents(value, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name == "content").and_then(Sha256::parse) {
                    Some(digest) => drop(found.insert(digest)),
                    None => contents(value, found),
                }
            }
        }
        _ => {}
    }
}
