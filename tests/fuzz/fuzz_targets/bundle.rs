//! A bundle of any shape: read, and held against a key and the embedded trust roots. Nothing a fuzzer can
//! make is ever proven.

#![no_main]

use git_lineage::model::Proof;
use git_lineage::sigstore::{Keyring, PublicKey, Roots, envelope_line, examine};
use libfuzzer_sys::fuzz_target;

/// A key whose private half was thrown away.
const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE6MMLyTCPjtFZdvWOiYXJf/4ktfDq
Aqf2KSTW+itkk87C9nqBbEz2UKe8PPHkPgV42TgDMsBDxAqQframJ/q1VA==
-----END PUBLIC KEY-----
";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let keys: Vec<PublicKey> = PublicKey::parse(KEY).into_iter().collect();
    let roots = Roots::embedded();
    let (_, proof) = examine(text, Keyring { keys: &keys, roots: &roots });
    assert!(matches!(proof, Proof::Rejected(_)), "proven: {text}");
    let _ = envelope_line(text);
});
