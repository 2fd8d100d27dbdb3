//! Key pairs made from a word: the same word is the same key, in every process.
//!
//! That is what makes a trusted root written by one test process good for a bundle made by another.
//! Signatures of ECDSA are still random, so bundles differ from run to run in those bytes.

use aws_lc_rs::agreement::{self, PrivateKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};

use super::der;

/// SHA-256, by the C implementation: debug builds stay fast.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// A key pair and its SubjectPublicKeyInfo.
#[derive(Debug)]
pub(super) struct Key {
    pair: Pair,
    spki: Vec<u8>,
}

#[derive(Debug)]
enum Pair {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    /// Somebody else's, of P-256: the point alone.
    Public(Vec<u8>),
}

impl Key {
    /// A P-256 key: leaf certificates, the CT log, Rekor v1, the timestamp authority.
    pub(super) fn p256(word: &str) -> Self {
        let secret = sha256(word.as_bytes());
        let private = PrivateKey::from_private_key(&agreement::ECDH_P256, &secret).expect("below the order");
        let public = private.compute_public_key().expect("a point");
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &secret,
            public.as_ref(),
        );
        let pair = Pair::P256(pair.expect("they belong together"));
        Self {
            pair,
            spki: spki(&[der::oid("1.2.840.10045.2.1"), der::oid("1.2.840.10045.3.1.7")], public.as_ref()),
        }
    }

    /// A P-384 key: certificate authorities, as Fulcio has them.
    pub(super) fn p384(word: &str) -> Self {
        let secret = [&[0; 16], &sha256(word.as_bytes())[..]].concat();
        let private = PrivateKey::from_private_key(&agreement::ECDH_P384, &secret).expect("below the order");
        let public = private.compute_public_key().expect("a point");
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P384_SHA384_ASN1_SIGNING,
            &secret,
            public.as_ref(),
        );
        let pair = Pair::P384(pair.expect("they belong together"));
        Self { pair, spki: spki(&[der::oid("1.2.840.10045.2.1"), der::oid("1.3.132.0.34")], public.as_ref()) }
    }

    /// An Ed25519 key: Rekor v2.
    pub(super) fn ed25519(word: &str) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&sha256(word.as_bytes())).expect("any seed is a key");
        let spki = spki(&[der::oid("1.3.101.112")], pair.public_key().as_ref());
        Self { pair: Pair::Ed25519(pair), spki }
    }

    /// The public half of somebody else's P-256 key, from its DER. It cannot sign.
    pub(super) fn public(spki: &[u8]) -> Self {
        let point = spki[spki.len() - 65..].to_vec();
        Self { pair: Pair::Public(point), spki: spki.to_vec() }
    }

    /// DER of the public half.
    pub(super) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the public half's DER: the id of a CT log and of Rekor v1.
    pub(super) fn id(&self) -> [u8; 32] {
        sha256(&self.spki)
    }

    /// The public half without its wrapping: a point, or the 32 bytes of Ed25519.
    pub(super) fn raw(&self) -> &[u8] {
        match &self.pair {
            Pair::P256(pair) | Pair::P384(pair) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
            Pair::Public(point) => point,
        }
    }

    /// Signs; ECDSA gives its DER form.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::P256(pair) | Pair::P384(pair) => {
                pair.sign(&SystemRandom::new(), message).expect("a key signs").as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Public(_) => panic!("only its owner signs with it"),
        }
    }

    /// The `AlgorithmIdentifier` of its signatures.
    pub(super) fn algorithm(&self) -> Vec<u8> {
        der::sequence(&[der::oid(match self.pair {
            Pair::P256(_) | Pair::Public(_) => "1.2.840.10045.4.3.2",
            Pair::P384(_) => "1.2.840.10045.4.3.3",
            Pair::Ed25519(_) => "1.3.101.112",
        })])
    }

    /// What a trusted root calls this kind of key.
    pub(super) fn details(&self) -> &'static str {
        match self.pair {
            Pair::P256(_) | Pair::Public(_) => "PKIX_ECDSA_P256_SHA_256",
            Pair::P384(_) => "PKIX_ECDSA_P384_SHA_384",
            Pair::Ed25519(_) => "PKIX_ED25519",
        }
    }
}

fn spki(algorithm: &[Vec<u8>], public: &[u8]) -> Vec<u8> {
    der::sequence(&[der::sequence(algorithm), der::bits(public)])
}
