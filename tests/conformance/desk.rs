//! The forger's desk: one release of a lineage, taken apart, changed, and signed again from end to end.
//!
//! A lie that is told in one place alone is found because digests do not fit. The cases that matter are told
//! by somebody who holds a trusted key and signs everything behind the lie again, so that the lie is the only
//! thing wrong: whoever judges has to recompute it.

use serde_json::{Value, json};

use super::signer::{Signer, sha256, signed_text};
use crate::world::Site;

type Text = Box<dyn Fn(String) -> String>;

/// One record of the release.
pub(super) struct Told {
    pub(super) name: String,
    /// The object it annotates.
    pub(super) on: String,
    pub(super) statement: Value,
    id: String,
    bundle: String,
    /// The key file it is signed with again, whatever became of it; none: CI's, where it changed.
    key: Option<&'static str>,
    /// Whoever else signs it.
    by: Option<Text>,
    pub(super) text: Option<Text>,
    wrapping: Option<Text>,
    /// In the ledger, or only named.
    kept: bool,
}

/// A release on the desk.
pub(super) struct Desk<'w> {
    pub(super) site: Site<'w>,
    pub(super) chart: String,
    pub(super) directory: String,
    pub(super) tag: String,
    pub(super) records: Vec<Told>,
    pub(super) payload: Value,
    others: Vec<(String, String)>,
    object: String,
    /// Header, text for people, and the block with its line left out.
    before: String,
    after: String,
    /// What was written anew, old spelling and new.
    renamed: Vec<(String, String)>,
    line: Option<Text>,
    annotation: Option<Text>,
}

/// Where a record stands in the line: what is signed later rests on what was signed before.
fn rank(name: &str) -> (u8, u8) {
    let stage = name.as_bytes().get(1).copied().unwrap_or(b'9');
    let within = match name {
        "w1-overall" | "w5-overall" | "w7-overall" => 2,
        "w5-semver-bump" => 0,
        _ => 1,
    };
    (stage, within)
}

const BEGIN: &str = "-----BEGIN LINEAGE-----\n";

impl<'w> Desk<'w> {
    /// Takes a release apart.
    pub(super) fn new(site: Site<'w>, chart: &str, tag: &str) -> Self {
        let object = site.rev(&format!("refs/tags/{tag}"));
        let text = site.git(["cat-file", "tag", &object]) + "\n";
        let (before, rest) = text.split_once(BEGIN).expect("the tag has a block");
        let (line, after) = rest.split_once('\n').expect("the block has a line");
        let payload: Value = serde_json::from_str(line).expect("the line is JSON");
        let named = |bundle: &str| {
            let map = payload["attestations"].as_object().expect("a map");
            map.values().any(|named| named["bundle"] == bundle)
        };
        let (mut records, mut others) = (Vec::new(), Vec::new());
        for (on, line) in site.ledger_lines(chart) {
            let bundle = line.split_once("\"bundle\":").expect("a record has a bundle").1;
            let bundle = bundle.strip_suffix('}').expect("a record is an object").to_owned();
            if on != object && !named(&sha256(&bundle)) {
                others.push((on, line));
                continue;
            }
            let record: Value = serde_json::from_str(&line).expect("a record is JSON");
            let statement = serde_json::from_str(&signed_text(&record["bundle"])).expect("a statement is JSON");
            let word = |name: &str| record[name].as_str().expect("a label").to_owned();
            let (name, id) = (word("name"), word("id"));
            let (by, text, wrapping) = (None, None, None);
            records.push(Told { name, on, statement, id, bundle, key: None, by, text, wrapping, kept: true });
        }
        records.sort_by_key(|told| rank(&told.name));
        Self {
            chart: chart.to_owned(),
            directory: payload["directory"].as_str().expect("a directory").to_owned(),
            tag: tag.to_owned(),
            records,
            others,
            object,
            before: format!("{before}{BEGIN}"),
            after: format!("\n{after}"),
            payload,
            renamed: Vec::new(),
            line: None,
            annotation: None,
            site,
        }
    }

    /// A record by its name.
    pub(super) fn record(&mut self, name: &str) -> &mut Told {
        self.records.iter_mut().find(|told| told.name == name).unwrap_or_else(|| panic!("no record {name}"))
    }

    /// Changes what a statement says.
    pub(super) fn tell(&mut self, name: &str, lie: impl FnOnce(&mut Value)) {
        lie(&mut self.record(name).statement);
    }

    /// Changes what a statement's predicate says.
    pub(super) fn claim(&mut self, name: &str, field: &str, value: Value) {
        self.record(name).statement["predicate"][field] = value;
    }

    /// Changes a statement's text before it is signed, in ways no JSON value can hold.
    pub(super) fn spell(&mut self, name: &str, text: impl Fn(String) -> String + 'static) {
        self.record(name).text = Some(Box::new(text));
    }

    /// Changes a bundle's text after it was signed.
    pub(super) fn wrap(&mut self, name: &str, wrapping: impl Fn(String) -> String + 'static) {
        self.record(name).wrapping = Some(Box::new(wrapping));
    }

    /// Changes a bundle as a JSON value after it was signed.
    pub(super) fn rewrap(&mut self, name: &str, change: impl Fn(&mut Value) + 'static) {
        self.wrap(name, move |text| {
            let mut bundle = serde_json::from_str(&text).expect("a bundle is JSON");
            change(&mut bundle);
            bundle.to_string()
        });
    }

    /// Signs a record with another key.
    pub(super) fn sign_with(&mut self, name: &str, key: &'static str) {
        self.record(name).key = Some(key);
    }

    /// Signs every record with one key.
    pub(super) fn sign_all(&mut self, key: &'static str) {
        for told in &mut self.records {
            told.key = Some(key);
        }
    }

    /// Signs a record in any other way: a bundle's text for a statement's.
    pub(super) fn sign_by(&mut self, name: &str, by: impl Fn(String) -> String + 'static) {
        self.record(name).by = Some(Box::new(by));
    }

    /// Keeps a record out of the ledger; what names it still does.
    pub(super) fn withhold(&mut self, name: &str) {
        self.record(name).kept = false;
    }

    /// Takes a record away, and every mention of it.
    pub(super) fn forget(&mut self, name: &str) {
        self.records.retain(|told| told.name != name);
        let maps = self.records.iter_mut().map(|told| &mut told.statement["predicate"]);
        for predicate in maps.chain([&mut self.payload]) {
            for map in ["attestations", "bundles"] {
                if let Some(map) = predicate.get_mut(map).and_then(Value::as_object_mut) {
                    map.remove(name);
                }
            }
        }
        self.describe();
    }

    /// Sets the digests of the maps to those of the maps as they are now.
    pub(super) fn describe(&mut self) {
        for told in self.records.iter_mut().filter(|told| told.name.ends_with("-overall")) {
            let map = canonical(&told.statement["predicate"]["attestations"]);
            let subjects = told.statement["subject"].as_array_mut().expect("a list");
            let described = subjects.iter_mut().find(|subject| subject["name"] == "pr-description");
            described.expect("an overall statement has it")["digest"]["sha256"] = json!(sha256(map));
        }
    }

    /// Puts a line of one's own into the ledger.
    pub(super) fn add_line(&mut self, on: &str, line: impl Into<String>) {
        self.others.push((on.to_owned(), line.into()));
    }

    /// A ledger line with a statement of one's own.
    pub(super) fn line_of(&self, name: &str, statement: &Value, key: &str) -> String {
        record_line(name, "1", &self.signer(key).bundle(&canonical(statement)))
    }

    /// Changes the payload's line in ways no JSON value can hold.
    pub(super) fn spell_payload(&mut self, text: impl Fn(String) -> String + 'static) {
        self.line = Some(Box::new(text));
    }

    /// Changes the whole tag object before its statement is signed.
    pub(super) fn spell_tag(&mut self, text: impl Fn(String) -> String + 'static) {
        self.annotation = Some(Box::new(text));
    }

    /// Writes one spelling for another, everywhere.
    pub(super) fn rename(&mut self, old: &str, new: &str) {
        if old != new {
            self.renamed.push((old.to_owned(), new.to_owned()));
        }
    }

    fn renamed(&self, text: &str) -> String {
        self.renamed.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
    }

    pub(super) fn signer(&self, key: &str) -> Signer {
        Signer::load(&self.site.world.path("keys").join(key))
    }

    /// Signs again what changed or rests on what changed, and writes tag and ledger.
    pub(super) fn publish(&mut self) {
        let object = self.object.clone();
        for at in 0..self.records.len() {
            if self.records[at].on != object {
                self.sign(at);
            }
        }
        let line = self.renamed(&canonical(&self.payload));
        let line = self.line.as_ref().map_or(line.clone(), |spell| spell(line));
        let text = format!("{}{line}{}", self.renamed(&self.before), self.after);
        let text = self.annotation.as_ref().map_or(text.clone(), |spell| spell(text));
        let old = self.site.git(["cat-file", "tag", &object]) + "\n";
        let old_line = old.split_once(BEGIN).and_then(|(_, rest)| rest.split_once('\n')).expect("as before").0;
        let new = self
            .site
            .git_with_input(["hash-object", "-t", "tag", "-w", "--literally", "--stdin"], text.as_bytes());
        // What the block holds now is what a tag statement has to name.
        let held = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once('\n')).map_or("", |(line, _)| line);
        self.rename(&sha256(old_line), &sha256(held));
        self.rename(&sha256(&old), &sha256(&text));
        self.rename(&object, &new);
        for at in 0..self.records.len() {
            if self.records[at].on == object {
                self.sign(at);
                self.records[at].on.clone_from(&new);
            }
        }
        self.site.git(["update-ref", &format!("refs/tags/{}", self.tag), &new]);
        self.object = new;
        self.write_ledger();
    }

    /// The tag object as it is now.
    pub(super) fn object(&self) -> &str {
        &self.object
    }

    /// Writes the ledger alone.
    pub(super) fn write_ledger(&self) {
        let kept = self.records.iter().filter(|told| told.kept);
        let mut lines: Vec<(String, String)> =
            kept.map(|told| (told.on.clone(), record_line(&told.name, &told.id, &told.bundle))).collect();
        lines.extend(self.others.clone());
        self.site.write_ledger(&self.chart, &lines);
    }

    fn sign(&mut self, at: usize) {
        let told = &self.records[at];
        let was: Value = serde_json::from_str(&told.bundle).expect("a bundle is JSON");
        let text = self.renamed(&canonical(&told.statement));
        let text = told.text.as_ref().map_or(text.clone(), |spell| spell(text));
        if text == signed_text(&was) && told.key.is_none() && told.by.is_none() && told.wrapping.is_none() {
            return;
        }
        let bundle = match &told.by {
            Some(by) => by(text),
            None => self.signer(told.key.unwrap_or("ci.pem")).bundle(&text),
        };
        let bundle = told.wrapping.as_ref().map_or(bundle.clone(), |wrap| wrap(bundle));
        let (old, new) = (sha256(&told.bundle), sha256(&bundle));
        self.records[at].bundle = bundle;
        self.rename(&old, &new);
    }
}

/// A line of the ledger.
pub(super) fn record_line(name: &str, id: &str, bundle: &str) -> String {
    format!(r#"{{"v":1,"name":"{name}","id":"{id}","url":"","bundle":{bundle}}}"#)
}

/// RFC 8785 for what these statements hold: text keys in order, short numbers, plain text.
pub(super) fn canonical(value: &Value) -> String {
    serde_json_canonicalizer::to_string(value).expect("JSON values are plain")
}
