//! A timestamp authority: RFC 3161 responses over a signature, as CMS (RFC 5652) has them.

use super::certificate::{Holder, serial};
use super::der;
use super::keys::{Key, sha256};

const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// Who stamps.
#[derive(Debug)]
pub(super) struct Stamper {
    pub(super) root: Holder,
    pub(super) signer: Holder,
}

impl Stamper {
    pub(super) fn new(domain: &str, secret: &str) -> Self {
        let root = Holder::root(domain, "timestamp root", Key::p384(&format!("{secret}: timestamp root")));
        let key = Key::p256(&format!("{secret}: timestamp"));
        let signer = Holder::stamping(&root, domain, "timestamp", key);
        Self { root, signer }
    }

    /// A `TimeStampResp` over some bytes. `signer` is this authority's own key, if nobody cheats.
    pub(super) fn stamp(&self, bytes: &[u8], time: i64, signer: &Key) -> Vec<u8> {
        self.stamp_digest(sha256(bytes), None, time, signer)
    }

    /// The same over bytes of which only the SHA-256 is known, with the nonce that was asked for, encoded.
    pub(super) fn stamp_digest(
        &self,
        digest: [u8; 32],
        nonce: Option<Vec<u8>>,
        time: i64,
        signer: &Key,
    ) -> Vec<u8> {
        let info = info(digest, nonce, time);
        let attributes = self.attributes(&info, time);
        // Signed as a SET; it stands in the message as [0] (RFC 5652, 5.4).
        let signature = signer.sign(&der::value(0x31, &attributes));
        let about = der::sequence(&[
            der::number(1),
            der::sequence(&[self.root.subject.clone(), serial(&self.signer.key)]),
            algorithm(),
            der::tagged(0, &attributes),
            self.signer.key.algorithm(),
            der::octets(&signature),
        ]);
        let signed = der::sequence(&[
            der::number(3),
            der::set(&[algorithm()]),
            der::sequence(&[der::oid(TST_INFO), der::tagged(0, &der::octets(&info))]),
            der::tagged(0, &self.signer.certificate),
            der::set(&[about]),
        ]);
        let token = der::sequence(&[der::oid("1.2.840.113549.1.7.2"), der::tagged(0, &signed)]);
        let granted = der::sequence(&[der::number(0)]);
        der::sequence(&[granted, token])
    }

    /// What is signed: content type, time, digest, and which certificate signs (RFC 5816).
    fn attributes(&self, info: &[u8], time: i64) -> Vec<u8> {
        let attribute = |oid: &str, value: Vec<u8>| der::sequence(&[der::oid(oid), der::set(&[value])]);
        let certificate = der::sequence(&[der::octets(&sha256(&self.signer.certificate))]);
        der::sorted(&[
            attribute("1.2.840.113549.1.9.3", der::oid(TST_INFO)),
            attribute("1.2.840.113549.1.9.5", der::time(time)),
            attribute("1.2.840.113549.1.9.4", der::octets(&sha256(info))),
            attribute("1.2.840.113549.1.9.16.2.47", der::sequence(&[der::sequence(&[certificate])])),
        ])
    }
}

/// `TSTInfo`; its number follows from what is stamped.
fn info(digest: [u8; 32], nonce: Option<Vec<u8>>, time: i64) -> Vec<u8> {
    der::sequence(&[
        der::number(1),
        // The policy of Sigstore's timestamp authority.
        der::oid("1.3.6.1.4.1.57264.2"),
        der::sequence(&[algorithm(), der::octets(&digest)]),
        der::integer(&digest[..8]),
        der::generalized(time),
        nonce.unwrap_or_default(),
    ])
}

fn algorithm() -> Vec<u8> {
    der::sequence(&[der::oid(SHA256), der::value(5, &[])])
}
