//! Trust roots: whose certificates, logs and timestamp authorities count.
//!
//! Format: [Sigstore trusted root](https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto).
//! Nothing here asks the network: a root is embedded in this program, was refreshed and kept, or is given.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use sigstore_trust_root::{SigstoreInstance, TrustedRoot};
use sigstore_verify::Verifier;

use super::{Error, PublicKey};
use crate::model::{Proof, Sha256, Timestamp, json};

/// How long a refreshed root counts, in days. Sigstore's own root metadata counts for half a year; whoever
/// refreshes at all learns within half of that of a log or authority that was withdrawn.
pub const MAX_AGE_DAYS: i64 = 90;

/// The Sigstore instances this program knows by itself, as policies call them.
pub(super) const INSTANCES: [(&str, SigstoreInstance); 2] =
    [("public-good", SigstoreInstance::PublicGood), ("github", SigstoreInstance::GitHub)];

/// What every trusted root's media type opens with, of whatever version.
const ANY_ROOT: &str = "application/vnd.dev.sigstore.trustedroot";

/// What a bundle is proven against: the keys a policy trusts, and the trust roots of this run.
#[derive(Clone, Copy, Debug)]
pub struct Keyring<'a> {
    /// The public keys.
    pub keys: &'a [PublicKey],
    /// The trust roots.
    pub roots: &'a Roots,
}

/// A root as it was refreshed and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// `public-good` or `github`.
    pub name: String,
    /// When it was refreshed.
    pub refreshed: Timestamp,
    /// `trusted_root.json`, as the instance's TUF repository had it.
    pub json: String,
}

/// One trust root, ready to verify with.
pub(super) struct Root {
    /// What policies call it.
    pub(super) name: String,
    pub(super) verifier: Verifier,
    /// Neither a log nor a certificate log of its own, as with GitHub's instance: the timestamps of its
    /// authority stand for both.
    pub(super) relaxed: bool,
    /// The organisations its certificate authorities name themselves by.
    organisations: Vec<String>,
}

/// The trust roots of a run. They are read when the first certificate asks for them: most commands see none.
pub struct Roots {
    source: Source,
    read: OnceLock<Vec<Root>>,
    digest: OnceLock<Sha256>,
    /// Whether a certificate was held against too few roots, because one was refreshed too long ago.
    missed: AtomicBool,
}

/// Where roots come from.
#[derive(Clone, Debug)]
enum Source {
    None,
    /// Those this program came with, each replaced by a kept one that is not older.
    Embedded {
        kept: Vec<Kept>,
        now: Timestamp,
    },
    Given {
        name: &'static str,
        json: String,
    },
}

impl std::fmt::Debug for Roots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &self.source {
            Source::None => "no roots",
            Source::Embedded { .. } => "embedded roots",
            Source::Given { .. } => "a given root",
        })
    }
}

impl Roots {
    /// No root: certificates prove nothing.
    pub const fn none() -> Self {
        Self::of(Source::None)
    }

    /// The public-good instance and GitHub's own, as they were when this program was built.
    pub fn embedded() -> Self {
        Self::of(Source::Embedded { kept: Vec::new(), now: Timestamp::from_seconds(0) })
    }

    /// The same two, each in the newest form at hand.
    pub fn newest(kept: Vec<Kept>, now: Timestamp) -> Self {
        Self::of(Source::Embedded { kept, now })
    }

    /// A root that a person names, in place of the embedded ones.
    ///
    /// # Errors
    /// It is no trusted root.
    pub fn given(text: &str) -> Result<Self, Error> {
        Self::only("given", text)
    }

    /// The public-good instance's place to try things out, as it was when this program was built: for
    /// `verify-bundle --staging`, never for a release.
    ///
    /// # Errors
    /// This program was built with a damaged root.
    pub fn staging() -> Result<Self, Error> {
        Self::only("staging", SigstoreInstance::Staging.embedded_trusted_root_json())
    }

    fn only(name: &'static str, text: &str) -> Result<Self, Error> {
        let root = Root::new(name, &parse(text)?)?;
        let roots = Self::of(Source::Given { name, json: text.to_owned() });
        // Just made, so it is empty.
        let _ = roots.read.set(vec![root]);
        Ok(roots)
    }

    const fn of(source: Source) -> Self {
        Self { source, read: OnceLock::new(), digest: OnceLock::new(), missed: AtomicBool::new(false) }
    }

    /// The roots, ready to verify with. One that was refreshed too long ago is not among them.
    pub(super) fn list(&self) -> &[Root] {
        self.read.get_or_init(|| {
            // What cannot be read vouches for nobody; a test holds that the embedded roots can.
            let chosen = self.chosen().into_iter().filter(|root| root.stale().is_none());
            chosen.filter_map(|root| Root::new(&root.name, &root.root).ok()).collect()
        })
    }

    /// Why a root is missing from the list, once a certificate that no other root vouches for asked for it.
    pub(super) fn stale(&self) -> Option<String> {
        let why = self.chosen().iter().find_map(Chosen::stale)?;
        self.missed.store(true, Ordering::Relaxed);
        Some(why)
    }

    /// Whether something was decided without a root, because it was refreshed too long ago.
    ///
    /// # Errors
    /// It was: nothing is known about those certificates.
    pub fn complete(&self) -> Result<(), Error> {
        if self.missed.load(Ordering::Relaxed) {
            return Err(Error::StaleRoot(self.stale().unwrap_or_default()));
        }
        Ok(())
    }

    /// What these roots are, as a digest: other roots, or another form of them, have another.
    pub fn digest(&self) -> Sha256 {
        *self.digest.get_or_init(|| match &self.source {
            Source::None => Sha256::of("no roots"),
            Source::Given { name, json } => Sha256::of(format!("{name} {json}")),
            Source::Embedded { kept, .. } => {
                let embedded = INSTANCES.into_iter().map(|(_, instance)| instance.embedded_trusted_root_json());
                let kept = kept.iter().map(|kept| format!("{} {} {}\n", kept.name, kept.refreshed, kept.json));
                Sha256::of(embedded.collect::<String>() + &kept.collect::<String>())
            }
        })
    }

    /// Whether a proof found before would be found again: the root behind a certificate still has to count.
    pub fn stand_by(&self, proof: &Proof) -> bool {
        match proof {
            Proof::Certificate(certificate) => self.list().iter().any(|root| root.name == certificate.root),
            // Its times were found with the roots of the same digest; without one that counts they are not known.
            Proof::Key { times, .. } => times.is_empty() || !self.list().is_empty(),
            Proof::Rejected(_) => false,
        }
    }

    /// Each root in the form that counts.
    pub(super) fn chosen(&self) -> Vec<Chosen> {
        match &self.source {
            Source::None => Vec::new(),
            Source::Given { name, json } => {
                let root = parse(json).ok();
                root.map(|root| Chosen { name: (*name).to_owned(), root, age: Age::Given }).into_iter().collect()
            }
            Source::Embedded { kept, now } => {
                let choose = |(name, instance): (&str, SigstoreInstance)| {
                    let embedded = TrustedRoot::from_embedded(instance).ok()?;
                    let newer = kept.iter().filter(|kept| kept.name == name).find_map(|kept| {
                        let root = parse(&kept.json).ok()?;
                        (newest(&root) >= newest(&embedded))
                            .then_some((root, Age::Kept { refreshed: kept.refreshed, now: *now }))
                    });
                    let (root, age) = newer.unwrap_or((embedded, Age::Embedded));
                    Some(Chosen { name: name.to_owned(), root, age })
                };
                INSTANCES.into_iter().filter_map(choose).collect()
            }
        }
    }
}

/// A root, and where this form of it comes from.
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) root: TrustedRoot,
    pub(super) age: Age,
}

/// How old a root is, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Embedded,
    Kept { refreshed: Timestamp, now: Timestamp },
    Given,
}

impl Chosen {
    /// A sentence, if it was refreshed too long ago, or by a clock that ran ahead.
    pub(super) fn stale(&self) -> Option<String> {
        let Age::Kept { refreshed, now } = self.age else { return None };
        let days = now.seconds().saturating_sub(refreshed.seconds()).div_euclid(24 * 60 * 60);
        match days {
            ..0 => Some(format!("the trust root {} was refreshed in the future, at {refreshed}", self.name)),
            0..=MAX_AGE_DAYS => None,
            _ => Some(format!(
                "the trust root {} was refreshed {days} days ago and counts for {MAX_AGE_DAYS}",
                self.name
            )),
        }
    }
}

/// When the newest part of a root began to count, in seconds; a root has no date of its own.
pub(super) fn newest(root: &TrustedRoot) -> Option<i64> {
    let logs = root.tlogs.iter().map(|log| log.public_key.valid_for);
    let certificate_logs = root.ctlogs.iter().map(|log| log.public_key.valid_for);
    let authorities = root.certificate_authorities.iter().map(|authority| authority.valid_for);
    let timestamps = root.timestamp_authorities.iter().map(|authority| authority.valid_for);
    let all = logs.chain(certificate_logs).chain(authorities).chain(timestamps);
    all.flatten().map(|window| window.start.as_second()).max()
}

pub(super) fn parse(text: &str) -> Result<TrustedRoot, Error> {
    json::check(text).map_err(Error::BadRoot)?;
    let root = TrustedRoot::from_json(text).map_err(|error| Error::BadRoot(error.to_string()))?;
    if !root.media_type.starts_with(ANY_ROOT) {
        return Err(Error::BadRoot(format!("its media type is {:?}", root.media_type)));
    }
    Ok(root)
}

impl Root {
    fn new(name: &str, root: &TrustedRoot) -> Result<Self, Error> {
        let verifier = Verifier::new(root).map_err(|error| Error::BadRoot(error.to_string()))?;
        // Only a root that has no log at all may do without: in any other, a missing entry is a missing proof.
        let relaxed = name != "public-good" && root.tlogs.is_empty() && root.ctlogs.is_empty();
        let organisations = root.certificate_authorities.iter().filter_map(|ca| ca.subject.organization.clone());
        Ok(Self { name: name.to_owned(), verifier, relaxed, organisations: organisations.collect() })
    }

    /// Whether a certificate looks like one of this root's. A guess that orders, and decides nothing.
    pub(super) fn issued(&self, certificate: &[u8]) -> bool {
        let mut names = self.organisations.iter().map(String::as_bytes).filter(|name| !name.is_empty());
        names.any(|name| certificate.windows(name.len()).any(|window| window == name))
    }
}
