//! A small Sigstore of our own: certificate authority, CT log, two Rekor logs and a timestamp authority,
//! in this process, for tests. Nothing touches the network, and no key is worth anything elsewhere.
//!
//! ```ignore
//! let sigstore = Sigstore::new();
//! world.write("root.json", sigstore.trusted_root_json());
//! let identity = Identity::github("octo/charts", "release.yml", "refs/heads/main");
//! let bundle = sigstore.sign(statement.as_bytes(), &identity, &How::v1(1_763_700_000));
//! world.write("bundle.json", bundle.to_string());
//! ```
//!
//! - [`Sigstore::new`] is always the same one: its keys are made from its name, so a root written by one
//!   process fits a bundle made by another. [`Sigstore::named`] is another one, which does not trust it.
//! - [`Sigstore::sign`] takes the bytes of an in-toto statement, [`Sigstore::sign_file`] those of a file;
//!   both give a bundle v0.3 as a JSON value, which a test may change further (`to_string` writes it).
//! - [`How`] says with which log and which proofs: [`How::v1`] (Rekor v1: SET, proof, SCT), [`How::v2`]
//!   (Rekor v2 and a timestamp, SCT), [`How::github`] (a timestamp alone; verify with the log and SCT
//!   checks off). Its fields may be set, and [`How::but`] adds a [`Defect`]: one thing that is wrong.
//! - [`Identity`] says who signs: [`Identity::github`] with all that Fulcio writes about a workflow, each
//!   [`Claim`] to be set or left out, or [`Identity::email`].
//! - [`Sigstore::trusted_root`] is what a verifier needs, as a JSON value that may be changed;
//!   [`Sigstore::trusted_root_without_logs`] is the same for the style of GitHub's own instance, and
//!   [`Sigstore::trust_config`] what sigstore-python reads.
//!
//! - [`services::Services`] is the same instance over HTTP, on loopback, for whoever signs.
//!
//! Times are seconds since 1970, and have to lie between 2020 and now.

mod bundle;
mod certificate;
mod der;
mod how;
mod identity;
mod keys;
mod log;
pub(crate) mod services;
mod stamp;
mod tree;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use bundle::Content;
use certificate::Holder;
use keys::Key;
use log::Rekor;
use stamp::Stamper;

pub(crate) use how::{Defect, How, Log};
pub(crate) use identity::{Claim, GITHUB, Identity};

/// Since when everything in a trusted root is valid.
const START: &str = "2020-01-01T00:00:00Z";

/// One instance: who issues, who logs, who stamps.
#[derive(Debug)]
pub(crate) struct Sigstore {
    /// What it says it is.
    domain: String,
    /// What its keys are made from.
    secret: String,
    root: Holder,
    /// The intermediate that issues leaves.
    fulcio: Holder,
    ct: Key,
    rekor1: Rekor,
    rekor2: Rekor,
    stamper: Stamper,
    /// How many leaf keys there were.
    leaves: AtomicUsize,
    impostor: OnceLock<Box<Self>>,
}

impl Sigstore {
    /// The instance tests trust.
    pub(crate) fn new() -> Self {
        Self::named("sigstore.test")
    }

    /// The instance of another domain, with other keys. It is the same one for the same name.
    pub(crate) fn named(domain: &str) -> Self {
        Self::with_secret(domain, domain)
    }

    fn with_secret(domain: &str, secret: &str) -> Self {
        let root = Holder::root(domain, "root", Key::p384(&format!("{secret}: root")));
        let fulcio =
            Holder::intermediate(&root, domain, "intermediate", Key::p384(&format!("{secret}: intermediate")));
        Self {
            domain: domain.to_owned(),
            secret: secret.to_owned(),
            root,
            fulcio,
            ct: Key::p256(&format!("{secret}: ct")),
            rekor1: Rekor::v1(domain, secret),
            rekor2: Rekor::v2(domain, secret),
            stamper: Stamper::new(domain, secret),
            leaves: AtomicUsize::new(0),
            impostor: OnceLock::new(),
        }
    }

    /// Somebody who says he is this instance, and has other keys.
    fn impostor(&self) -> &Self {
        self.impostor.get_or_init(|| Box::new(Self::with_secret(&self.domain, &format!("not {}", self.secret))))
    }

    /// A bundle with a DSSE envelope over the bytes of an in-toto statement. They are taken as they are:
    /// duplicate keys, strange white space and what is no JSON at all.
    pub(crate) fn sign(&self, statement: &[u8], identity: &Identity, how: &How) -> Value {
        self.bundle(Content::Statement(statement), identity, how)
    }

    /// A bundle with a message signature over a file's bytes.
    pub(crate) fn sign_file(&self, bytes: &[u8], identity: &Identity, how: &How) -> Value {
        self.bundle(Content::File(bytes), identity, how)
    }

    /// A timestamp over any signature, as a bundle's `signedTimestamp` has it.
    pub(crate) fn stamp(&self, signature: &[u8], time: i64) -> String {
        STANDARD.encode(self.stamper.stamp(signature, time, &self.stamper.signer.key))
    }

    /// What a verifier trusts, as `--trusted-root` files have it.
    pub(crate) fn trusted_root_json(&self) -> String {
        self.trusted_root().to_string()
    }

    /// What a verifier trusts, to be changed: an authority that ended, a log that is missing.
    pub(crate) fn trusted_root(&self) -> Value {
        let certificates = |chain: [&Holder; 2]| {
            let certificate = |holder: &Holder| json!({ "rawBytes": STANDARD.encode(&holder.certificate) });
            json!({ "certificates": chain.map(certificate) })
        };
        let valid = json!({ "start": START });
        let subject = |name: &str| json!({ "organization": self.domain, "commonName": name });
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self.rekor1.trusted(), self.rekor2.trusted()],
            "certificateAuthorities": [{
                "subject": subject("root"),
                "uri": format!("https://fulcio.{}", self.domain),
                "certChain": certificates([&self.fulcio, &self.root]),
                "validFor": valid,
            }],
            "ctlogs": [log::trusted(&format!("ct.{}", self.domain), &self.ct, self.ct.id())],
            "timestampAuthorities": [{
                "subject": subject("timestamp root"),
                "uri": format!("https://timestamp.{}/api/v1/timestamp", self.domain),
                "certChain": certificates([&self.stamper.signer, &self.stamper.root]),
                "validFor": valid,
            }],
        })
    }

    /// The same without any log: what GitHub's own instance gives. Verifiers that derive from the root what
    /// they demand (`gh`) need this one for bundles of [`How::github`].
    pub(crate) fn trusted_root_without_logs(&self) -> Value {
        let mut root = self.trusted_root();
        root["tlogs"] = json!([]);
        root["ctlogs"] = json!([]);
        root
    }

    /// The trusted root as sigstore-python wants it (`--trust-config`), with nowhere to sign.
    pub(crate) fn trust_config(&self) -> Value {
        json!({
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": self.trusted_root(),
            "signingConfig": {
                "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                "caUrls": [], "oidcUrls": [], "rekorTlogUrls": [], "tsaUrls": [],
                "rekorTlogConfig": { "selector": "ANY" },
                "tsaConfig": { "selector": "ANY" },
            },
        })
    }

    /// A key for one leaf.
    fn fresh_key(&self) -> Key {
        let number = self.leaves.fetch_add(1, Ordering::Relaxed);
        Key::p256(&format!("{}: leaf {number}", self.secret))
    }
}
