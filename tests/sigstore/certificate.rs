//! Certificates (RFC 5280) as Fulcio and timestamp authorities have them, and the proof of a CT log
//! (RFC 6962) inside.

use super::der;
use super::keys::{Key, sha256};

/// Seconds since 1970 between which something is valid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    pub(super) from: i64,
    pub(super) to: i64,
}

/// How long authorities are valid: 2020 to 2040.
pub(super) const LONG: Validity = Validity { from: 1_577_836_800, to: 2_208_988_800 };

/// What a certificate is used for, as an OID of the extended key usage.
pub(super) const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
pub(super) const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
pub(super) const SERVER: &str = "1.3.6.1.5.5.7.3.1";

/// A key with its certificate.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) key: Key,
    /// DER.
    pub(super) certificate: Vec<u8>,
    /// Its subject, encoded.
    pub(super) subject: Vec<u8>,
}

impl Holder {
    /// An authority that signed its own certificate.
    pub(super) fn root(organization: &str, name: &str, key: Key) -> Self {
        let subject = named(organization, name);
        let body = Body { issuer: &subject, issuer_key: &key, subject: &subject, key: &key, validity: LONG };
        let certificate = body.signed(&key, &authority(1));
        Self { key, certificate, subject }
    }

    /// An authority below another.
    pub(super) fn intermediate(above: &Self, organization: &str, name: &str, key: Key) -> Self {
        let subject = named(organization, name);
        let mut extensions = authority(0);
        extensions.push(usage(CODE_SIGNING, false));
        let certificate = above.body(&subject, &key, LONG).signed(&above.key, &extensions);
        Self { key, certificate, subject }
    }

    /// A timestamp authority's signer: its one use is critical (RFC 3161, 2.3).
    pub(super) fn stamping(above: &Self, organization: &str, name: &str, key: Key) -> Self {
        let subject = named(organization, name);
        let extensions = [signing(), usage(TIME_STAMPING, true)];
        let certificate = above.body(&subject, &key, LONG).signed(&above.key, &extensions);
        Self { key, certificate, subject }
    }

    fn body<'a>(&'a self, subject: &'a [u8], key: &'a Key, validity: Validity) -> Body<'a> {
        Body { issuer: &self.subject, issuer_key: &self.key, subject, key, validity }
    }

    /// A leaf as Fulcio issues them: no subject, the identity in a critical `SubjectAltName`, the proof of a
    /// CT log last.
    pub(super) fn leaf(&self, order: &Order<'_>) -> Vec<u8> {
        let mut extensions = vec![signing(), usage(order.usage, false)];
        extensions.push(extension("2.5.29.17", true, &order.name));
        extensions.extend(order.claims.iter().map(|(oid, value)| extension(oid, false, value)));
        let subject = der::sequence(&[]);
        let body = self.body(&subject, order.key, order.validity);
        if let Some(proof) = &order.proof {
            // The log signs the certificate as it is without this proof (RFC 6962, 3.2).
            let without = body.encoded(&extensions);
            let list = proof.list(&self.key, &without, order.validity.from);
            extensions.push(extension("1.3.6.1.4.1.11129.2.4.2", false, &der::octets(&list)));
        }
        body.signed(&self.key, &extensions)
    }
}

/// What a leaf is to say.
pub(super) struct Order<'a> {
    pub(super) key: &'a Key,
    pub(super) usage: &'a str,
    /// The `SubjectAltName`, encoded.
    pub(super) name: Vec<u8>,
    /// OIDs and values.
    pub(super) claims: Vec<(String, Vec<u8>)>,
    pub(super) validity: Validity,
    pub(super) proof: Option<Proof<'a>>,
}

/// Who proves that a leaf was logged.
pub(super) struct Proof<'a> {
    /// The log it names.
    pub(super) log: &'a Key,
    /// The key that signs: the log's, if nobody cheats.
    pub(super) signer: &'a Key,
}

impl Proof<'_> {
    /// A list of one signed certificate timestamp (RFC 6962, 3.2 and 3.3).
    fn list(&self, issuer: &Key, certificate: &[u8], seconds: i64) -> Vec<u8> {
        let time = u64::try_from(seconds).expect("after 1970") * 1000;
        let mut signed = vec![0, 0];
        signed.extend(time.to_be_bytes());
        signed.extend([0, 1]);
        signed.extend(issuer.id());
        let length = u32::try_from(certificate.len()).expect("a small certificate").to_be_bytes();
        signed.extend(&length[1..]);
        signed.extend(certificate);
        signed.extend([0, 0]);

        let mut proof = vec![0];
        proof.extend(self.log.id());
        proof.extend(time.to_be_bytes());
        // No extensions, then SHA-256 and ECDSA.
        proof.extend([0, 0, 4, 3]);
        proof.extend(prefixed(&self.signer.sign(&signed)));
        prefixed(&prefixed(&proof))
    }
}

fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).expect("small").to_be_bytes(), bytes].concat()
}

/// What every certificate says.
struct Body<'a> {
    issuer: &'a [u8],
    issuer_key: &'a Key,
    subject: &'a [u8],
    key: &'a Key,
    validity: Validity,
}

impl Body<'_> {
    /// `TBSCertificate`; the two key identifiers stand before the other extensions.
    fn encoded(&self, extensions: &[Vec<u8>]) -> Vec<u8> {
        let subject_key = extension("2.5.29.14", false, &der::octets(&self.key.id()[..20]));
        let authority_key =
            extension("2.5.29.35", false, &der::sequence(&[der::value(0x80, &self.issuer_key.id()[..20])]));
        let mut all = vec![subject_key, authority_key];
        all.extend_from_slice(extensions);
        der::sequence(&[
            der::tagged(0, &der::number(2)),
            serial(self.key),
            self.issuer_key.algorithm(),
            self.issuer.to_vec(),
            der::sequence(&[der::time(self.validity.from), der::time(self.validity.to)]),
            self.subject.to_vec(),
            self.key.spki().to_vec(),
            der::tagged(3, &der::sequence(&all)),
        ])
    }

    fn signed(&self, signer: &Key, extensions: &[Vec<u8>]) -> Vec<u8> {
        let body = self.encoded(extensions);
        let signature = der::bits(&signer.sign(&body));
        der::sequence(&[body, signer.algorithm(), signature])
    }
}

/// A serial number follows from the key: no two keys here share a certificate's place.
pub(super) fn serial(key: &Key) -> Vec<u8> {
    let mut bytes = sha256(&[b"serial", &key.id()[..]].concat())[..16].to_vec();
    bytes[0] = bytes[0] & 0x7f | 1;
    der::integer(&bytes)
}

fn named(organization: &str, name: &str) -> Vec<u8> {
    let part = |oid: &str, text: &str| der::set(&[der::sequence(&[der::oid(oid), der::text(text)])]);
    der::sequence(&[part("2.5.4.10", organization), part("2.5.4.3", name)])
}

fn extension(oid: &str, critical: bool, content: &[u8]) -> Vec<u8> {
    let flag = if critical { der::yes() } else { Vec::new() };
    der::sequence(&[der::oid(oid), flag, der::octets(content)])
}

/// Basic constraints of an authority, and its key usage: it signs certificates and revocations.
fn authority(below: u64) -> Vec<Vec<u8>> {
    let constraints = der::sequence(&[der::yes(), der::number(below)]);
    vec![extension("2.5.29.19", true, &constraints), extension("2.5.29.15", true, &der::value(3, &[1, 0x06]))]
}

/// The key usage of a leaf: it signs.
fn signing() -> Vec<u8> {
    extension("2.5.29.15", true, &der::value(3, &[7, 0x80]))
}

fn usage(oid: &str, critical: bool) -> Vec<u8> {
    extension("2.5.29.37", critical, &der::sequence(&[der::oid(oid)]))
}
