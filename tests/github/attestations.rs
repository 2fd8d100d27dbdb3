//! The attestation store: it takes any bundle, and hands them out by their subjects' digests.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::http::Answer;
use super::{Repository, Scene, State, answers};

/// A bundle, and what it is about.
#[derive(Clone, Debug)]
pub(crate) struct Attestation {
    id: u64,
    subjects: Vec<String>,
    predicate_type: String,
    pub(crate) bundle: Value,
}

impl Repository {
    /// How many bundles there are.
    pub(crate) fn attested(&self) -> usize {
        self.attestations.len()
    }

    /// Their ids.
    pub(crate) fn ids(&self) -> Vec<u64> {
        self.attestations.iter().map(|one| one.id).collect()
    }

    /// Puts a bundle in, whatever it is, for everything that anybody may ask for.
    pub(crate) fn plant_everywhere(&mut self, bundle: &Value) {
        let known: Vec<String> = self.attestations.iter().flat_map(|one| one.subjects.clone()).collect();
        for digest in known {
            self.plant(&digest, bundle.clone());
        }
    }

    /// Puts a bundle in, whatever it is.
    pub(crate) fn plant(&mut self, digest: &str, bundle: Value) {
        let planted =
            Attestation { id: 1, subjects: vec![digest.to_owned()], predicate_type: String::new(), bundle };
        self.attestations.push(planted);
    }
}

impl State {
    pub(super) fn attest(&mut self, scene: &Scene<'_>, verb: &str) -> Result<Answer, Answer> {
        match verb {
            "create-attestation" => self.keep(scene),
            "list-attestations" => self.hand_out(scene),
            _ => Err(answers::error(404, "Not Found")),
        }
    }

    fn keep(&mut self, scene: &Scene<'_>) -> Result<Answer, Answer> {
        // As JSON: the fields come back in the order of their names.
        let bundle = scene.body["bundle"].clone();
        let payload = bundle.pointer("/dsseEnvelope/payload").and_then(Value::as_str).unwrap_or_default();
        let statement = STANDARD.decode(payload).ok();
        let statement: Option<Value> = statement.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Some(statement) = statement else { return Err(answers::invalid("Invalid bundle")) };
        let subjects = statement["subject"].as_array().into_iter().flatten();
        let subjects: Vec<String> = subjects
            .filter_map(|subject| Some(format!("sha256:{}", subject.pointer("/digest/sha256")?.as_str()?)))
            .collect();
        if subjects.is_empty() {
            return Err(answers::invalid("Invalid bundle: it has no subject"));
        }
        let id = self.number();
        let predicate_type = statement["predicateType"].as_str().unwrap_or_default().to_owned();
        let kept = Attestation { id, subjects, predicate_type, bundle };
        self.repository(scene.name).attestations.push(kept);
        Ok(answers::json(201, &json!({ "id": id })))
    }

    fn hand_out(&mut self, scene: &Scene<'_>) -> Result<Answer, Answer> {
        let digest = scene.place("subject_digest").to_owned();
        let query = &scene.request.query;
        let short = |kind: &str| match kind {
            "provenance" => "https://slsa.dev/provenance/".to_owned(),
            "sbom" => "https://spdx.dev/Document".to_owned(),
            "release" => "https://in-toto.io/attestation/release/".to_owned(),
            other => other.to_owned(),
        };
        let wanted = query.get("predicate_type").map(|kind| short(kind));
        let of = |one: &&Attestation| {
            one.subjects.contains(&digest)
                && wanted.as_ref().is_none_or(|wanted| one.predicate_type.starts_with(wanted.as_str()))
        };
        let repository = &self.repositories[scene.name];
        let found: Vec<Attestation> = repository.attestations.iter().filter(of).cloned().collect();
        let id = repository.id;
        if found.is_empty() {
            return Err(answers::error(404, "Not Found"));
        }
        let size = query.get("per_page").and_then(|size| size.parse::<usize>().ok()).unwrap_or(30).clamp(1, 100);
        let from = query.get("after").and_then(|at| at.strip_prefix("cursor-")?.parse().ok()).unwrap_or(0);
        let page: Vec<Attestation> = found.iter().skip(from).take(size).cloned().collect();
        let mut shown = Vec::new();
        for one in page {
            let mut entry = json!({ "repository_id": id, "initiator": "user" });
            if self.bundles_by_address {
                let text = one.bundle.to_string();
                let packed = snap::raw::Encoder::new().compress_vec(text.as_bytes()).expect("it packs");
                let path = format!("/attestations/{}/{}.json.sn", one.id, hex::encode(Sha256::digest(&packed)));
                entry["bundle_url"] = json!(format!("{}{path}?sig=signed", self.storage_url));
                self.stored.insert(path, packed);
            } else {
                entry["bundle"] = one.bundle;
                entry["bundle_url"] = json!("");
            }
            shown.push(entry);
        }
        let answer = answers::json(200, &json!({ "attestations": shown }));
        let next = from.saturating_add(size);
        if next >= found.len() {
            return Ok(answer);
        }
        let mut query = query.clone();
        query.insert("after".to_owned(), format!("cursor-{next}"));
        let next = answers::address(&self.url, &scene.request.path, &query);
        Ok(answer.with("Link", format!("<{next}>; rel=\"next\"")))
    }
}
