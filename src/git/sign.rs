//! Signing a tag as git is configured to: `OpenPGP`, X.509 or SSH, by the program git would run.

use gix::objs::WriteTo as _;

use super::{Error, Repo};

impl Repo {
    /// The signature that belongs behind a tag object's text; none where `tag.gpgSign` is not set.
    pub(super) fn tag_signature(&self, name: &str, text: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let repo = self.open_again();
        let refused = |source: gix::Error| Error::Git {
            command: "tag -s".to_owned(),
            stderr: format!("{name} could not be signed: {}", told(&source)),
        };
        let config = repo.config_snapshot();
        if !config.try_boolean("tag.gpgSign").map_err(refused)?.unwrap_or(false) {
            return Ok(None);
        }
        // A key is chosen for tags as for commits: gpg.format, user.signingKey, gpg.*.program.
        let options = repo.commit_signing_options().map_err(refused)?;
        let message = |why: &str| Error::Git { command: "tag -s".to_owned(), stderr: format!("{name}: {why}") };
        let unended = text.strip_suffix(b"\n").ok_or_else(|| message("its last line is not ended"))?;
        let parsed = gix::objs::TagRef::from_bytes(text, repo.object_hash()).map_err(refused)?;
        let head_end = unended.windows(2).position(|pair| pair == b"\n\n").map_or(unended.len(), |end| end + 2);
        let tag = gix::objs::Tag {
            message: unended.get(head_end..).unwrap_or_default().into(),
            signature: None,
            ..parsed.into_owned().map_err(refused)?
        };
        // gix signs what it would write, with the last line ended: that has to be the text itself.
        let mut signed = Vec::new();
        let same = tag.write_to(&mut signed).is_ok() && signed == unended;
        if !same {
            return Err(message("its text is not what would be signed"));
        }
        let signature = tag.sign(options).map_err(refused)?.signature;
        let signature = signature.filter(|signature| !signature.is_empty());
        signature.map(|signature| Some(signature.into())).ok_or_else(|| message("the signer gave no signature"))
    }
}

/// An error with what the signing program said, which gix keeps beside it.
fn told(source: &gix::Error) -> String {
    let causes: Vec<String> = source.iter_errors().map(ToString::to_string).collect();
    let said = source.metadata_merged().get("stderr").map(|said| format!("{said:?}"));
    causes.into_iter().chain(said).collect::<Vec<_>>().join(": ")
}
