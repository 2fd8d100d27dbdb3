//! With what a run signs: a key, or keyless with what came in at the door, or the key while the services that
//! takes cannot be reached. Whoever holds a [`Pen`] need not know which.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Context, files, hub};
use crate::github::GitHub;
use crate::model::config::{SignMode, Store};
use crate::model::{Failure, Policy, Proof, Record, Role, Statement, foreseen, json, signed_by};
use crate::sigstore::{self, Content, Error, Keyless, Keyring, Made, PrivateKey, Roots, Services, TokenSource};

pub use crate::sigstore::Secret;

/// Where an identity token comes from.
#[derive(Clone, Debug)]
pub enum TokenFrom {
    /// A file that holds it.
    File(PathBuf),
    /// Its value.
    Value(Secret),
    /// The runner of a job of GitHub Actions: the address to ask, the right to, and who is told of each token that
    /// comes, so that the log never shows one.
    Job { url: String, bearer: Secret, made: fn(&str) },
    /// Nowhere, and why.
    Nowhere(Failure),
}

impl TokenFrom {
    /// As the signer takes it.
    ///
    /// # Errors
    /// The file cannot be read, or there is no token (exit 2).
    pub(super) fn source(&self) -> Result<TokenSource, Failure> {
        Ok(match self {
            Self::File(path) => TokenSource::Given(Secret::new(files::read_text(path)?)),
            Self::Value(token) => TokenSource::Given(token.clone()),
            Self::Job { url, bearer, made } => {
                TokenSource::Job { url: url.clone(), bearer: bearer.clone(), made: *made }
            }
            Self::Nowhere(failure) => return Err(failure.clone()),
        })
    }
}

/// What keyless signing is done with in this run, and what became of it so far.
#[derive(Debug)]
pub struct Signing {
    /// The signing configuration somebody named; none: the public-good instance's.
    config: Option<PathBuf>,
    token: TokenFrom,
    keyless: OnceLock<Keyless>,
    /// Why the services cannot be reached: found out once, not at every statement.
    down: Mutex<Option<String>>,
    warnings: Mutex<Vec<String>>,
}

impl Signing {
    /// From what came in at the door.
    pub fn new(config: Option<PathBuf>, token: TokenFrom) -> Self {
        Self { config, token, keyless: OnceLock::new(), down: Mutex::default(), warnings: Mutex::default() }
    }

    /// For a run that signs with a key alone.
    pub fn by_key() -> Self {
        Self::new(None, TokenFrom::Nowhere(Failure::usage("there is no identity token to sign keyless with")))
    }

    /// The services to sign with.
    ///
    /// # Errors
    /// The configuration cannot be read or used (exit 2).
    pub fn services(&self) -> Result<Services, Failure> {
        Ok(match &self.config {
            Some(path) => Services::parse(&files::read_text(path)?)?,
            None => Services::public_good()?,
        })
    }

    /// What a person has to be told about how this run signed; each once.
    pub fn warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keyless(&self) -> Result<&Keyless, Failure> {
        if let Some(keyless) = self.keyless.get() {
            return Ok(keyless);
        }
        let keyless = Keyless::new(self.services()?, self.token.source()?);
        Ok(self.keyless.get_or_init(|| keyless))
    }

    fn down(&self) -> Option<String> {
        self.down.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_down(&self, why: &str) {
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_owned());
    }

    fn warn(&self, what: String) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
}

/// What a verb signs with, known to be trusted for its role as far as that can be known before.
pub struct Pen<'a> {
    by: By<'a>,
    account: Option<String>,
    /// Who keeps a copy of what is signed; nobody in a dry run.
    store: Option<Arc<GitHub>>,
}

enum By<'a> {
    Key(PrivateKey),
    Keyless(Certified<'a>),
}

/// Signing with certificates.
struct Certified<'a> {
    signing: &'a Signing,
    roots: &'a Roots,
    policy: &'a Policy,
    role: Role,
    keys: Keys,
    /// What a service signs is public for ever: a dry run asks for nothing but the token.
    dry_run: bool,
}

/// Where the private key is, if there is one.
struct Keys {
    path: Option<PathBuf>,
    work_tree: Option<PathBuf>,
}

/// What to sign with for a role, as the policy's `[sign]` says. It makes sure that the policy trusts the signer:
/// evidence nobody counts is not worth writing. Of a keyless signer it knows what the token tells; the certificate
/// is looked at when there is one, before anything is logged.
///
/// # Errors
/// No key or token, an unusable one (exit 2), one the policy does not trust for the role (exit 1), services that
/// cannot be reached (exit 3).
pub fn pen<'a>(cx: &'a Context<'_>, policy: &'a Policy, role: impl Into<Role>) -> Result<Pen<'a>, Failure> {
    let role = role.into();
    let configured = cx.repo.config("lineage.key").map(PathBuf::from);
    let keys = Keys { path: cx.key.clone().or(configured), work_tree: cx.repo.work_dir() };
    if policy.config.sign.mode == SignMode::Key {
        let (key, account) = keys.trusted(policy, role)?;
        return Ok(Pen { by: By::Key(key), account, store: store(cx, policy)? });
    }
    let certified = Certified { signing: &cx.signing, roots: &cx.roots, policy, role, keys, dry_run: cx.dry_run };
    let account = certified.account()?;
    Ok(Pen { by: By::Keyless(certified), account, store: store(cx, policy)? })
}

/// The store the policy names.
fn store(cx: &Context<'_>, policy: &Policy) -> Result<Option<Arc<GitHub>>, Failure> {
    match policy.config.sign.store {
        Some(Store::Github) if !cx.dry_run => hub::connect(cx, &policy.config).map(Some),
        _ => Ok(None),
    }
}

impl Pen<'_> {
    /// The account of the signer, where the policy says whose key or identity it is.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Gives a bundle to the store the policy names, whose id and page the record then has. What it does not take is
    /// no evidence that others could look up, and so it is none here.
    ///
    /// # Errors
    /// The store refuses it, or cannot be reached.
    pub(super) fn keep(&self, record: &mut Record) -> Result<(), Failure> {
        if let Some(github) = &self.store {
            let id = github.keep(record.bundle.get())?;
            record.url = github.attestation_page(id).unwrap_or_default();
            record.id = id.to_string();
        }
        Ok(())
    }

    /// A statement, signed: a bundle that was verified, by a signer the policy trusts for the role. `name` is what
    /// it is called in messages.
    ///
    /// # Errors
    /// Signing failed, or its result does not verify or would not count.
    pub fn sign(&self, name: &str, statement: &Statement) -> Result<String, Failure> {
        match &self.by {
            By::Key(key) => by_key(key, name, statement),
            By::Keyless(certified) => {
                let payload = json::canonical(statement);
                if certified.dry_run {
                    // The bare statement, which nobody takes for a bundle; a dry run keeps none.
                    return Ok(payload);
                }
                let keyless = |roots: &Roots, keyless: &Keyless| {
                    keyless.sign(Content::Statement(payload.as_bytes()), roots, |said| certified.accepts(said))
                };
                match certified.try_to(name, keyless)? {
                    Ok(bundle) => certified.counts(name, statement, bundle),
                    Err(key) => by_key(&key, name, statement),
                }
            }
        }
    }

    /// As [`Self::sign`] for several statements with their names, in their order. The first goes alone, which shows
    /// whether the services can be reached; the others are logged side by side.
    ///
    /// # Errors
    /// As [`Self::sign`]: of the first that fails.
    pub fn sign_all(&self, statements: &[(String, Statement)]) -> Result<Vec<String>, Failure> {
        let Some(((name, first), others)) = statements.split_first() else { return Ok(Vec::new()) };
        let mut bundles = vec![self.sign(name, first)?];
        if let By::Keyless(certified) = &self.by
            && !others.is_empty()
            && !certified.dry_run
            && !certified.goes_by_key()
        {
            let payloads: Vec<String> = others.iter().map(|(_, statement)| json::canonical(statement)).collect();
            let contents: Vec<Content<'_>> =
                payloads.iter().map(|payload| Content::Statement(payload.as_bytes())).collect();
            let keyless = certified.signing.keyless()?;
            let made = keyless.sign_all(&contents, certified.roots, |said| certified.accepts(said));
            let made = made.unwrap_or_else(|error| vec![Err(error)]);
            for ((name, statement), made) in others.iter().zip(made) {
                bundles.push(match certified.resolved(name, made)? {
                    Ok(bundle) => certified.counts(name, statement, bundle)?,
                    Err(key) => by_key(&key, name, statement)?,
                });
            }
        }
        // What is left: all of them where nothing goes side by side.
        for (name, statement) in statements.iter().skip(bundles.len()) {
            bundles.push(self.sign(name, statement)?);
        }
        Ok(bundles)
    }

    /// A signature over a file's bytes, to be kept beside it: of a key the bare signature in base64, of a
    /// certificate a whole bundle, since nobody could verify it without.
    ///
    /// # Errors
    /// Signing failed, or its result does not verify.
    pub fn sign_blob(&self, name: &str, bytes: &[u8]) -> Result<String, Failure> {
        match &self.by {
            By::Key(key) => Ok(key.sign_blob(bytes)?),
            By::Keyless(certified) => {
                let keyless = |roots: &Roots, keyless: &Keyless| {
                    keyless.sign(Content::File(bytes), roots, |said| certified.accepts(said))
                };
                match certified.try_to(name, keyless)? {
                    Ok(bundle) => Ok(bundle),
                    Err(key) => Ok(key.sign_blob(bytes)?),
                }
            }
        }
    }
}

impl Keys {
    /// The private key, which the policy has to trust, and whose it is.
    fn trusted(&self, policy: &Policy, role: Role) -> Result<(PrivateKey, Option<String>), Failure> {
        let path = self.path.as_deref().ok_or_else(|| {
            Failure::usage("no signing key is configured")
                .hint("name one with --key, LINEAGE_KEY or `git config lineage.key`; `git lineage init` makes one")
        })?;
        let key = PrivateKey::load(path, self.work_tree.as_deref())?;
        let signer = signed_by(policy, role, &Proof::key(key.public().fingerprint)).map_err(|why| {
            Failure::negative(format!("{} is not a key for the {role} stage", path.display()))
                .because(why)
                .hint("sign with a key listed under [[trust.keys]] on main")
        })?;
        let account = signer.account.map(str::to_owned);
        Ok((key, account))
    }
}

/// Signs with a key and looks at what came out.
fn by_key(key: &PrivateKey, name: &str, statement: &Statement) -> Result<String, Failure> {
    let bundle = key.sign(statement)?;
    let ring = Keyring { keys: &[key.public()], roots: &Roots::none() };
    let (read, proof) = sigstore::examine(&bundle, ring);
    if proof != Proof::key(key.public().fingerprint) || read.as_ref() != Ok(statement) {
        return Err(Failure::negative(format!("the signature over {name} does not verify; nothing was stored")));
    }
    Ok(bundle)
}

impl Certified<'_> {
    /// The account of whom the token names; refuses one that nobody would count.
    fn account(&self) -> Result<Option<String>, Failure> {
        if self.goes_by_key() {
            return self.keys.trusted(self.policy, self.role).map(|(_, account)| account);
        }
        match self.signing.keyless()?.foreseen() {
            Ok(Some(known)) => match foreseen(self.policy, self.role, &known) {
                Ok(signer) => Ok(signer.account.map(str::to_owned)),
                Err(why) => Err(self.unwanted(why)),
            },
            Ok(None) => Ok(None),
            Err(error) => self.instead(error).map(|(_, account)| account),
        }
    }

    /// Whether the policy takes what a certificate says.
    fn accepts(&self, said: &crate::model::Certificate) -> Result<(), String> {
        foreseen(self.policy, self.role, said).map(drop)
    }

    /// Signs keyless; or gives the key to sign with instead.
    fn try_to(
        &self,
        name: &str,
        sign: impl Fn(&Roots, &Keyless) -> Result<Made, Error>,
    ) -> Result<Result<String, PrivateKey>, Failure> {
        if let Some(why) = self.signing.down().filter(|_| self.falls_back()) {
            let (key, _) = self.keys.trusted(self.policy, self.role)?;
            return Ok(Err(self.warned(name, &why, key)));
        }
        self.resolved(name, sign(self.roots, self.signing.keyless()?))
    }

    /// What came of signing keyless; or the key to sign with instead.
    fn resolved(&self, name: &str, made: Result<Made, Error>) -> Result<Result<String, PrivateKey>, Failure> {
        match made {
            Ok((bundle, _)) => Ok(Ok(bundle)),
            Err(Error::Unwanted(why)) => Err(self.unwanted(why)),
            Err(error) => {
                let why = error.to_string();
                self.instead(error).map(|(key, _)| Err(self.warned(name, &why, key)))
            }
        }
    }

    fn warned(&self, name: &str, why: &str, key: PrivateKey) -> PrivateKey {
        self.signing.warn(format!(
            "{name} is signed with the key, because {why}; `git lineage sync --settle` adds the transparency log \
             later"
        ));
        key
    }

    /// Whether the services are known to be out of reach, and the key signs.
    fn goes_by_key(&self) -> bool {
        self.signing.down().is_some() && self.falls_back()
    }

    fn falls_back(&self) -> bool {
        self.policy.config.sign.fallback == Some(SignMode::Key)
    }

    /// The key to sign with instead, where the services cannot be reached and the policy allows it. What a service
    /// refuses is refused: nobody gets round that by a key.
    fn instead(&self, error: Error) -> Result<(PrivateKey, Option<String>), Failure> {
        let Error::Service { .. } = error else { return Err(error.into()) };
        let why = error.to_string();
        if !self.falls_back() {
            return Err(Failure::undetermined("signing is not possible now; nothing was signed")
                .because(why)
                .hint("try again later, or allow `fallback = \"key\"` under [sign] in lineage.toml on main"));
        }
        let found = self.keys.trusted(self.policy, self.role).map_err(|mut without| {
            // First why a key was looked for at all.
            without.causes.insert(0, why.clone());
            without
        })?;
        self.signing.is_down(&why);
        Ok(found)
    }

    fn unwanted(&self, why: String) -> Failure {
        Failure::negative(format!("this run may not sign for the {} stage; nothing was signed", self.role))
            .because(why)
            .hint("sign in a run that lineage.toml on main trusts for it under [[trust.identities]]")
    }

    /// What the services gave, as it would be judged later.
    fn counts(&self, name: &str, statement: &Statement, bundle: String) -> Result<String, Failure> {
        let (read, proof) = sigstore::examine(&bundle, Keyring { keys: &[], roots: self.roots });
        if read.as_ref() != Ok(statement) {
            return Err(Failure::negative(format!(
                "the signature over {name} does not verify; nothing was stored"
            )));
        }
        match signed_by(self.policy, self.role, &proof) {
            Ok(_) => Ok(bundle),
            Err(why) => Err(self.unwanted(why)),
        }
    }
}
