//! What tells that somebody saw a signature, and when: log entries, promises, checkpoints, timestamps.

use super::certificates::{made, v1, v2};
use crate::conformance::case::Case;
use crate::sigstore::{Defect, How};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = logged();
    cases.extend(stamped());
    cases
}

fn logged() -> Vec<Case> {
    vec![
        v1(
            "log-set-outside-validity",
            "A SET outside the certificate's validity",
            "the log's promise tells a time an hour after the certificate's end, and is well signed",
            "it had expired when it signed",
            Defect::LateEntry,
        ),
        v1(
            "log-set-backdated",
            "A SET put back",
            "the time beside the promise was changed after the log signed it",
            "the log's promise is not valid",
            Defect::BackdatedEntry,
        ),
        v1(
            "log-no-set",
            "No SET",
            "there is no promise, and nothing else tells the time",
            "nothing proves when it was signed",
            Defect::NoPromise,
        ),
        v1(
            "log-no-inclusion-proof",
            "No inclusion proof",
            "the log entry has a promise and no proof",
            "must have an inclusion proof",
            Defect::NoProof,
        ),
        v1(
            "log-wrong-root",
            "A proof for another root",
            "the root hash of the proof is not the checkpoint's",
            "inclusion proof root hash",
            Defect::WrongRoot,
        ),
        v1(
            "log-wrong-path",
            "A proof that leads elsewhere",
            "a hash on the path to the root is another",
            "the proof that the log has it is not valid",
            Defect::WrongPath,
        ),
        v1(
            "log-wrong-index",
            "A proof of the entry before",
            "the proof's index is that of the entry before",
            "the proof that the log has it is not valid",
            Defect::WrongIndex,
        ),
        v1(
            "log-forged-checkpoint",
            "A forged checkpoint",
            "the checkpoint names the trusted log's key, and another signed it",
            "the log's checkpoint is not valid",
            Defect::ForgedCheckpoint,
        ),
        v1(
            "log-foreign-checkpoint",
            "A checkpoint of an unknown key",
            "a key nobody trusts signed the checkpoint, under its own id",
            "the log's checkpoint is not valid",
            Defect::ForeignCheckpoint,
        ),
        v1(
            "log-foreign",
            "An unknown log",
            "a log nobody trusts took the entry",
            "the log's promise is not valid",
            Defect::ForeignLog,
        ),
        v1(
            "log-entry-of-another-artifact",
            "A log entry of another artifact",
            "the entry, well logged, is about another statement of the same signer",
            "the log's entry is about something else",
            Defect::EntryOfAnother,
        ),
        v1(
            "log-entry-of-another-signer",
            "A log entry of another signer",
            "the entry, well logged, holds the signature with another certificate",
            "the log's entry is about something else",
            Defect::EntryOfAnotherSigner,
        ),
        v2(
            "log-v2-no-inclusion-proof",
            "No inclusion proof (v2)",
            "the log entry has no proof",
            "must have an inclusion proof",
            Defect::NoProof,
        ),
        v2(
            "log-v2-wrong-path",
            "A proof that leads elsewhere (v2)",
            "a hash on the path to the root is another",
            "the proof that the log has it is not valid",
            Defect::WrongPath,
        ),
        v2(
            "log-v2-forged-checkpoint",
            "A forged checkpoint (v2)",
            "the checkpoint names the trusted log's key, and another signed it",
            "the log's checkpoint is not valid",
            Defect::ForgedCheckpoint,
        ),
        v2(
            "log-v2-foreign",
            "An unknown log (v2)",
            "a log nobody trusts took the entry",
            "the log's checkpoint is not valid",
            Defect::ForeignLog,
        ),
        v2(
            "log-v2-entry-of-another-artifact",
            "A log entry of another artifact (v2)",
            "the entry, well logged, is about another statement of the same signer",
            "the bundle is about something else",
            Defect::EntryOfAnother,
        ),
        made(
            "log-none-where-one-is-due",
            "No log entry where the root has logs",
            "the tag statement is signed as GitHub's own instance does, which this root is not",
            "must have an inclusion proof",
            How::github,
        ),
        made(
            "log-of-another-time",
            "A statement made at another time than it says",
            "the tag statement was signed two days after it says that it was made",
            "it says it was made",
            |time| How::v1(time + 2 * 86_400),
        ),
    ]
}

fn stamped() -> Vec<Case> {
    vec![
        v2(
            "stamp-foreign-authority",
            "A timestamp of an unknown authority",
            "an authority nobody trusts stamped the signature",
            "no timestamp authority of the trust root",
            Defect::ForeignTimestamp,
        ),
        v2(
            "stamp-forged",
            "A forged timestamp",
            "the timestamp names the trusted authority, and another key signed it",
            "no timestamp authority of the trust root",
            Defect::ForgedTimestamp,
        ),
        v2(
            "stamp-of-another",
            "A timestamp of another signature",
            "the authority stamped another signature",
            "no timestamp authority of the trust root",
            Defect::TimestampOfAnother,
        ),
        v2(
            "stamp-outside-validity",
            "A timestamp outside the certificate's validity",
            "the timestamp tells a time an hour after the certificate's end",
            "it had expired when it signed",
            Defect::LateTimestamp,
        ),
        made(
            "stamp-none",
            "Nothing that tells the time",
            "Rekor v2 tells no time, and no authority stamped it",
            "nothing proves when it was signed",
            |time| How { tsa: false, ..How::v2(time) },
        ),
    ]
}
