//! How a bundle is made: with which log, which proofs, when, and what is wrong with it.

/// Which transparency log takes the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    /// Rekor v1: kind `dsse` 0.0.1 (for a file `hashedrekord` 0.0.1), with a promise (SET) that carries the
    /// time, an inclusion proof and a checkpoint.
    V1,
    /// Rekor v2: kind `hashedrekord` 0.0.2, an inclusion proof and a checkpoint, and no time.
    V2,
    /// None, as GitHub's own instance does for private repositories.
    None,
}

/// How to sign. Start from [`How::v1`], [`How::v2`] or [`How::github`] and change what the test is about.
#[derive(Clone, Debug)]
pub(crate) struct How {
    pub(crate) log: Log,
    /// Whether the timestamp authority signs the time.
    pub(crate) tsa: bool,
    /// Whether the certificate proves that a CT log has it.
    pub(crate) sct: bool,
    /// When it is signed, logged and stamped: seconds since 1970. Verifiers refuse the future.
    pub(crate) time: i64,
    /// How long the certificate is valid, in seconds, from `time` on. Fulcio: 600.
    pub(crate) lifetime: i64,
    /// What is wrong; several may be.
    pub(crate) defects: Vec<Defect>,
}

impl How {
    /// As the public-good instance does with Rekor v1: SCT, promise, proof; the log tells the time.
    pub(crate) fn v1(time: i64) -> Self {
        Self { log: Log::V1, tsa: false, sct: true, time, lifetime: 600, defects: Vec::new() }
    }

    /// As the public-good instance does with Rekor v2: SCT, proof; the timestamp authority tells the time.
    pub(crate) fn v2(time: i64) -> Self {
        Self { log: Log::V2, tsa: true, ..Self::v1(time) }
    }

    /// As GitHub's own instance does: no log, no SCT, a timestamp.
    pub(crate) fn github(time: i64) -> Self {
        Self { log: Log::None, tsa: true, sct: false, ..Self::v1(time) }
    }

    /// With one thing wrong.
    pub(crate) fn but(mut self, defect: Defect) -> Self {
        self.defects.push(defect);
        self
    }

    pub(super) fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }
}

/// One thing that is wrong with a bundle. Everything else about it stays right, so that a verifier can
/// refuse it for that reason alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    // The certificate.
    /// It had expired an hour before the signing time.
    Expired,
    /// It became valid an hour after the signing time.
    NotYetValid,
    /// An authority nobody trusts issued it, under the trusted one's name.
    ForeignAuthority,
    /// It is for TLS servers.
    NotForSigning,
    /// It has no SCT, though the bundle would have one.
    NoSct,
    /// A CT log nobody trusts signed its SCT.
    ForeignSct,
    /// Its SCT names the trusted CT log, and another key signed it.
    ForgedSct,

    // The log entry.
    /// The promise's time is an hour after the certificate's end, and well signed (v1).
    LateEntry,
    /// The time beside the promise was put back a minute after the log signed it (v1).
    BackdatedEntry,
    /// There is no promise, so nothing tells the time (v1 without a timestamp).
    NoPromise,
    /// There is no inclusion proof.
    NoProof,
    /// The root hash in the proof is another than the checkpoint's (v1; v2 has none beside the checkpoint).
    WrongRoot,
    /// A hash on the path to the root is another.
    WrongPath,
    /// The proof is that of the entry before (its index).
    WrongIndex,
    /// The checkpoint names the trusted log's key, and another key signed it.
    ForgedCheckpoint,
    /// A key nobody trusts signed the checkpoint, under its own id.
    ForeignCheckpoint,
    /// A log nobody trusts took the entry: its promise, its proof, its checkpoint, its id.
    ForeignLog,
    /// The entry, well logged, is about another statement or file of the same signer.
    EntryOfAnother,
    /// The entry, well logged, holds the same signature with another certificate.
    EntryOfAnotherSigner,

    // The timestamp.
    /// A timestamp authority nobody trusts signed it.
    ForeignTimestamp,
    /// It names the trusted authority, and another key signed it.
    ForgedTimestamp,
    /// It stamps another signature.
    TimestampOfAnother,
    /// It tells a time an hour after the certificate's end.
    LateTimestamp,

    // What was signed.
    /// A byte of the payload (or of the digest of a file) was changed after signing.
    TamperedPayload,
    /// The last byte of the signature was changed after it was logged and stamped.
    TamperedSignature,
    /// Another key signed than the certificate's; log and timestamp took it as it is.
    ForeignSignature,
}
