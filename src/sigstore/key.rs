//! P-256 keys: files, fingerprints, raw signatures.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, ParsedPublicKey,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sigstore_crypto::{KeyPair, SigningScheme, VerificationKey};
use sigstore_types::{DerPublicKey, SignatureBytes};

use super::Error;
use crate::model::Sha256;

/// No key file is longer; anything that is, is some other file.
const LONGEST: u64 = 64 * 1024;

/// What the SPKI DER of every P-256 key opens with ([RFC 5480](https://www.rfc-editor.org/rfc/rfc5480),
/// section 2): the sequence, id-ecPublicKey, prime256v1, a bit string of 66 bytes, no unused bits, and
/// the mark of an uncompressed point. Keys are compared by the digest of the DER, so one spelling is read.
const SPKI_PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// The length of that DER: the prefix and two coordinates of 32 bytes.
const SPKI_LENGTH: usize = SPKI_PREFIX.len() + 64;

/// A private key. Its bytes are never printed: there is no `Debug` that shows them and no way to read them back.
pub struct PrivateKey {
    pair: KeyPair,
    public: PublicKey,
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PrivateKey").field("public", &self.public.fingerprint).finish_non_exhaustive()
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// `SubjectPublicKeyInfo`, PEM.
    pub pem: String,
    /// sha256 of the SPKI DER: what a policy and a proof name it by.
    pub fingerprint: Sha256,
}

impl PublicKey {
    /// Reads a public key as `openssl pkey -pubout` writes it; the PEM kept is the one spelling of it.
    ///
    /// # Errors
    /// Not exactly one PEM block, not a P-256 key, not a point on the curve.
    pub fn parse(pem: &str) -> Result<Self, Error> {
        let der = only_block(pem, "PUBLIC KEY").map_err(Error::BadPublicKey)?;
        Self::from_der(&der).map_err(Error::BadPublicKey)
    }

    fn from_der(der: &[u8]) -> Result<Self, String> {
        if der.len() != SPKI_LENGTH || !der.starts_with(&SPKI_PREFIX) {
            return Err("it is another kind of key, or a compressed point".to_owned());
        }
        // The point starts at the mark that ends the prefix.
        let point = der.get(SPKI_PREFIX.len() - 1..).unwrap_or_default();
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .map_err(|_| "its point is not on the curve".to_owned())?;
        let pem = encode("PUBLIC KEY", der);
        Ok(Self { pem, fingerprint: Sha256::of(der) })
    }

    /// What a bundle's hint says for this key: base64 of the fingerprint's bytes, as cosign writes it.
    pub(super) fn hint(&self) -> String {
        STANDARD.encode(self.fingerprint.bytes())
    }

    /// As [`Self::verifies`], of a signature in base64: what [`PrivateKey::sign_blob`] gives.
    pub fn signed(&self, bytes: &[u8], signature: &str) -> bool {
        STANDARD.decode(signature).is_ok_and(|signature| self.verifies(bytes, &signature))
    }

    /// Whether `signature` (ASN.1 DER) is this key's over `bytes`, with SHA-256.
    pub(super) fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        let Ok(der) = only_block(&self.pem, "PUBLIC KEY") else { return false };
        VerificationKey::from_spki_with_scheme(&DerPublicKey::new(der), SigningScheme::EcdsaP256Sha256)
            .and_then(|key| key.verify(bytes, &SignatureBytes::from_bytes(signature)))
            .is_ok()
    }
}

impl PrivateKey {
    /// Reads a key file: PKCS#8 PEM, mode 0600 or stricter, outside `work_tree` and its repository.
    ///
    /// # Errors
    /// No such file, a file others may read, a file in the work tree, not such a key.
    pub fn load(path: &Path, work_tree: Option<&Path>) -> Result<Self, Error> {
        let shown = path.display().to_string();
        let bad = |why: String| Error::BadKey { path: shown.clone(), why };
        let mut file = File::open(path).map_err(|e| match e.kind() {
            ErrorKind::NotFound => Error::NoKey(shown.clone()),
            _ => bad(e.to_string()),
        })?;
        let real = fs::canonicalize(path).map_err(|e| bad(e.to_string()))?;
        if let Some(work_tree) = work_tree {
            for forbidden in own_directories(work_tree) {
                if real.starts_with(&forbidden) {
                    return Err(Error::InWorkTree(shown));
                }
            }
        }
        // Asked of the open file, so that it cannot be exchanged in between.
        let metadata = file.metadata().map_err(|e| bad(e.to_string()))?;
        if !metadata.is_file() {
            return Err(bad("it is not a regular file".to_owned()));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = metadata.permissions().mode() & 0o7777;
            if mode & 0o077 != 0 {
                return Err(Error::Exposed { path: shown, mode });
            }
        }
        if metadata.len() > LONGEST {
            return Err(bad(format!("it is {} bytes long", metadata.len())));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|e| bad(e.to_string()))?;
        let der = only_block(&text, "PRIVATE KEY").map_err(bad)?;
        Self::from_pkcs8(&der).map_err(bad)
    }

    /// Makes a key and writes it with mode 0600, creating directories (mode 0700); refuses an existing file.
    ///
    /// # Errors
    /// The file exists or cannot be written, or the system gives no randomness.
    pub fn generate(path: &Path) -> Result<Self, Error> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .map_err(|_| Error::Sign("the system gave no randomness for a key".to_owned()))?;
        let key = Self::from_pkcs8(document.as_ref()).map_err(Error::Sign)?;
        write_new(path, encode("PRIVATE KEY", document.as_ref()).as_bytes())
            .map_err(|source| Error::Write { path: path.display().to_string(), source })?;
        Ok(key)
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, String> {
        let pair = KeyPair::from_pkcs8_der(der).map_err(|_| "it is another kind of key, or damaged".to_owned())?;
        let spki = pair.public_key_der().map_err(|e| e.to_string())?;
        let public = PublicKey::from_der(spki.as_bytes())?;
        Ok(Self { pair, public })
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    /// A raw signature over bytes, ASN.1 DER, base64: what `<file>.sig` holds, checked by
    /// `openssl dgst -sha256 -verify` once decoded.
    ///
    /// # Errors
    /// The backend failed.
    pub fn sign_blob(&self, bytes: &[u8]) -> Result<String, Error> {
        let signature = self.pair.sign(bytes).map_err(|e| Error::Sign(e.to_string()))?;
        Ok(STANDARD.encode(signature.as_bytes()))
    }
}

/// The work tree, the repository a `.git` file there leads to, and the one it shares objects with.
fn own_directories(work_tree: &Path) -> Vec<PathBuf> {
    let mut directories = vec![work_tree.to_owned()];
    let dot_git = work_tree.join(".git");
    if let Ok(text) = fs::read_to_string(&dot_git)
        && let Some(directory) = text.strip_prefix("gitdir:")
    {
        let directory = work_tree.join(directory.trim());
        if let Ok(common) = fs::read_to_string(directory.join("commondir")) {
            directories.push(directory.join(common.trim()));
        }
        directories.push(directory);
    } else {
        directories.push(dot_git);
    }
    // A directory that does not exist holds no key.
    directories.iter().filter_map(|directory| fs::canonicalize(directory).ok()).collect()
}

/// The content of a text's only PEM block, which must be labelled `label`.
fn only_block(text: &str, label: &str) -> Result<Vec<u8>, String> {
    // The parser's own message may quote the text, which can be a private key.
    let blocks = pem::parse_many(text).map_err(|_| "it is not valid PEM".to_owned())?;
    let [block] = blocks.as_slice() else {
        return Err(match blocks.len() {
            0 => "it has no PEM block".to_owned(),
            several => format!("it has {several} PEM blocks"),
        });
    };
    match block.tag() {
        tag if tag == label => Ok(block.contents().to_vec()),
        "EC PRIVATE KEY" => {
            Err("it is in SEC1 form, which `openssl pkcs8 -topk8 -nocrypt` turns into PKCS#8".to_owned())
        }
        "ENCRYPTED PRIVATE KEY" | "ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY" => {
            Err("it is encrypted".to_owned())
        }
        "PRIVATE KEY" => Err("it is a private key".to_owned()),
        "PUBLIC KEY" => Err("it is a public key".to_owned()),
        _ => Err(format!("its PEM label is not `{label}`")),
    }
}

fn encode(label: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}

/// Writes a file that did not exist, for its owner alone; what was begun and failed is taken away again.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}
