//! Two transparency logs: one as Rekor v1 is, one as Rekor v2 (rekor-tiles) is.

use std::sync::{Mutex, PoisonError};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::how::{Defect, How};
use super::keys::{Key, sha256};
use super::tree::Tree;

/// How far the numbers of Rekor v1 run ahead of the places in its tree: earlier trees had entries too.
const EARLIER: usize = 1_000;

/// A log: a name, a key, and everything it took.
#[derive(Debug)]
pub(super) struct Rekor {
    /// Its host name.
    pub(super) host: String,
    pub(super) key: Key,
    tree: Mutex<Tree>,
    v2: bool,
}

/// Whose checkpoint it is: the log's, if nobody cheats.
pub(super) struct Notary<'a> {
    /// Whose name and key id stand on it.
    pub(super) named: &'a Rekor,
    /// Whose key signs it.
    pub(super) signer: &'a Rekor,
}

/// An entry to be taken.
pub(super) struct Entry {
    pub(super) kind: &'static str,
    pub(super) version: &'static str,
    /// Canonical JSON.
    pub(super) body: Vec<u8>,
    /// When the log takes it, for a log that says so.
    pub(super) time: i64,
}

impl Rekor {
    /// A log that signs with ECDSA, promises, and tells the time.
    pub(super) fn v1(domain: &str, secret: &str) -> Self {
        let host = format!("rekor.{domain}");
        Self { key: Key::p256(&format!("{secret}: rekor v1")), host, tree: seeded(), v2: false }
    }

    /// A log that signs its checkpoints with Ed25519 and nothing else.
    pub(super) fn v2(domain: &str, secret: &str) -> Self {
        let host = format!("log2025-1.rekor.{domain}");
        Self { key: Key::ed25519(&format!("{secret}: rekor v2")), host, tree: seeded(), v2: true }
    }

    /// Its id: of the key alone (v1), or of origin and key as signed notes have it (C2SP), all 32 bytes.
    pub(super) fn id(&self) -> [u8; 32] {
        if self.v2 { sha256(&[self.host.as_bytes(), b"\n\x01", self.key.raw()].concat()) } else { self.key.id() }
    }

    /// Takes an entry, then one of somebody else's, and gives the entry as a bundle holds it.
    pub(super) fn take(&self, entry: &Entry, how: &How, notary: &Notary<'_>) -> Value {
        let mut tree = self.tree.lock().unwrap_or_else(PoisonError::into_inner);
        let index = tree.append(&entry.body);
        tree.append(format!("somebody else's entry after {index}").as_bytes());
        let number = if self.v2 { index } else { EARLIER + index };
        let mut taken = json!({
            "logIndex": number.to_string(),
            "logId": { "keyId": STANDARD.encode(self.id()) },
            "kindVersion": { "kind": entry.kind, "version": entry.version },
            "canonicalizedBody": STANDARD.encode(&entry.body),
        });
        if !how.has(Defect::NoProof) {
            taken["inclusionProof"] = self.proof(&tree, index, entry.time, how, notary);
            if self.v2 && how.has(Defect::WrongIndex) {
                taken["logIndex"] = json!((index - 1).to_string());
            }
        }
        if !self.v2 {
            let told = if how.has(Defect::BackdatedEntry) { entry.time - 60 } else { entry.time };
            taken["integratedTime"] = json!(told.to_string());
            if !how.has(Defect::NoPromise) {
                let promise = STANDARD.encode(self.promise(entry, number));
                taken["inclusionPromise"] = json!({ "signedEntryTimestamp": promise });
            }
        }
        taken
    }

    /// The signed entry timestamp: over the canonical JSON of these four fields.
    fn promise(&self, entry: &Entry, number: usize) -> Vec<u8> {
        let id: String = hex::encode(self.id());
        let body = STANDARD.encode(&entry.body);
        let time = entry.time;
        let text =
            format!("{{\"body\":\"{body}\",\"integratedTime\":{time},\"logID\":\"{id}\",\"logIndex\":{number}}}");
        self.key.sign(text.as_bytes())
    }

    fn proof(&self, tree: &Tree, index: usize, time: i64, how: &How, notary: &Notary<'_>) -> Value {
        let mut root = tree.root();
        let checkpoint = self.checkpoint(tree.size(), root, time, notary);
        let mut path = tree.path(index);
        if how.has(Defect::WrongPath) {
            path[0][0] ^= 1;
        }
        if how.has(Defect::WrongRoot) {
            root[0] ^= 1;
        }
        let shown = if how.has(Defect::WrongIndex) { index - 1 } else { index };
        json!({
            "logIndex": shown.to_string(),
            "rootHash": STANDARD.encode(root),
            "treeSize": tree.size().to_string(),
            "hashes": path.iter().map(|hash| STANDARD.encode(hash)).collect::<Vec<_>>(),
            "checkpoint": { "envelope": checkpoint },
        })
    }

    /// A signed note over size and root. v1 adds its tree's number and the time.
    fn checkpoint(&self, size: usize, root: [u8; 32], time: i64, notary: &Notary<'_>) -> String {
        let root = STANDARD.encode(root);
        let body = if self.v2 {
            format!("{}\n{size}\n{root}\n", self.host)
        } else {
            format!("{} - 1193050959916656506\n{size}\n{root}\nTimestamp: {time}000000000\n", self.host)
        };
        let signature = [&notary.named.id()[..4], &notary.signer.key.sign(body.as_bytes())].concat();
        format!("{body}\n— {} {}\n", notary.named.host, STANDARD.encode(signature))
    }

    /// This log in a trusted root.
    pub(super) fn trusted(&self) -> Value {
        trusted(&self.host, &self.key, self.id())
    }
}

/// A log in a trusted root.
pub(super) fn trusted(host: &str, key: &Key, id: [u8; 32]) -> Value {
    json!({
        "baseUrl": format!("https://{host}"),
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": STANDARD.encode(key.spki()),
            "keyDetails": key.details(),
            "validFor": { "start": super::START },
        },
        "logId": { "keyId": STANDARD.encode(id) },
    })
}

/// A tree that others have used before, so that every proof has hashes and no index is 0.
fn seeded() -> Mutex<Tree> {
    let mut tree = Tree::default();
    for number in 0..5 {
        tree.append(format!("entry {number}, long ago").as_bytes());
    }
    Mutex::new(tree)
}
