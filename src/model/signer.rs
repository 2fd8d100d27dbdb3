//! Who may sign what: a proof held against the keys and identities a policy trusts.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::config::{TrustedIdentity, TrustedKey, matches};
use super::{Certificate, Policy, Proof, Role, Sha256, protected};

#[cfg(test)]
mod tests;

/// How much of a name that a certificate brings is shown.
const SHOWN: usize = 200;

impl TrustedKey {
    /// sha256 of the key's SubjectPublicKeyInfo in DER: what a proof names it by. None where the PEM is
    /// damaged, which `Config::parse` refuses.
    pub fn fingerprint(&self) -> Option<Sha256> {
        let body: String = self.public.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        STANDARD.decode(body).ok().map(Sha256::of)
    }
}

/// A signer the policy trusts, as it names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signer<'p> {
    /// The key's or identity's name in the policy.
    pub name: &'p str,
    /// The account whose key or identity it is, where the policy says.
    pub account: Option<&'p str>,
}

/// The trusted signer behind a proof. Whether it was revoked since is asked of [`super::Revoked`].
///
/// # Errors
/// A sentence: not proven, an unknown signer, a known one that this role does not accept, or a run of a
/// trusted workflow that may not speak for it.
pub fn signer<'p>(policy: &'p Policy, role: impl Into<Role>, proof: &Proof) -> Result<Signer<'p>, String> {
    match proof {
        Proof::Key { fingerprint, .. } => by_key(policy, role.into(), *fingerprint),
        Proof::Certificate(certificate) => by_certificate(policy, role.into(), certificate),
        Proof::Rejected(why) => Err(why.clone()),
    }
}

fn by_key(policy: &Policy, role: Role, fingerprint: Sha256) -> Result<Signer<'_>, String> {
    let mut known =
        policy.config.trust.keys.iter().filter(|key| key.fingerprint() == Some(fingerprint)).peekable();
    let Some(name) = known.peek().map(|key| key.name.clone()) else {
        return Err(format!("signed by the key {}, which the policy does not trust", fingerprint.short()));
    };
    let found = known.find(|key| role.within(&key.stages)).ok_or_else(|| {
        format!("signed by the key `{name}`, which the policy does not trust for the {role} stage")
    })?;
    Ok(Signer { name: &found.name, account: found.account.as_deref() })
}

fn by_certificate<'p>(policy: &'p Policy, role: Role, certificate: &Certificate) -> Result<Signer<'p>, String> {
    let identities = &policy.config.trust.identities;
    let who = shown(&certificate.subject);
    let held: Vec<(&TrustedIdentity, Vec<String>)> =
        identities.iter().map(|identity| (identity, identity.against(certificate))).collect();
    let mut fitting =
        held.iter().filter(|(_, against)| against.is_empty()).map(|(identity, _)| *identity).peekable();
    let Some(first) = fitting.peek().copied() else {
        // The nearest identity is the one a person meant; what it misses first is what to look at.
        let nearest =
            held.iter().min_by_key(|(identity, against)| (against.len(), !role.within(&identity.stages)));
        return Err(match nearest.and_then(|(_, against)| against.first()) {
            Some(why) => format!("signed by {who}: {why}"),
            None => format!("signed by {who}, which the policy does not trust"),
        });
    };
    let found = fitting.find(|identity| role.within(&identity.stages)).ok_or_else(|| {
        format!("signed by the identity `{}`, which the policy does not trust for the {role} stage", first.name)
    })?;
    if found.is_workflow() {
        protected::run(&policy.config, role, certificate).map_err(|why| format!("signed by {who}: {why}"))?;
    }
    Ok(Signer { name: &found.name, account: found.account.as_deref() })
}

impl TrustedIdentity {
    /// Whether a certificate is this identity's, whatever it may sign.
    pub fn is(&self, certificate: &Certificate) -> bool {
        self.against(certificate).is_empty()
    }

    /// What of a certificate is not as this identity has it: a clause each, in the order in which a field
    /// tells more. Everything is compared as it stands, case included.
    pub(super) fn against(&self, certificate: &Certificate) -> Vec<String> {
        let name = &self.name;
        let mut against = Vec::new();
        let exactly = |found: &Option<String>, wanted: &Option<String>| match wanted {
            Some(wanted) => found.as_ref() == Some(wanted),
            None => true,
        };
        if certificate.root != self.root {
            against.push(format!(
                "the trusted root `{}` vouches for it, and the identity `{name}` takes `{}`",
                shown(&certificate.root),
                self.root
            ));
        }
        if certificate.issuer != self.issuer {
            against.push(clause("issuer", Some(&certificate.issuer), name, &self.issuer));
        }
        if !matches(&self.signer, &certificate.subject) {
            against.push(format!("the identity `{name}` takes {}", self.signer));
        }
        if !exactly(&certificate.source_repository_id, &self.repository_id) {
            let wanted = self.repository_id.as_deref().unwrap_or_default();
            against.push(clause("repository id", certificate.source_repository_id.as_ref(), name, wanted));
        }
        if !exactly(&certificate.source_repository_owner_id, &self.owner_id) {
            let wanted = self.owner_id.as_deref().unwrap_or_default();
            against.push(clause("owner id", certificate.source_repository_owner_id.as_ref(), name, wanted));
        }
        let reference = certificate.source_repository_ref.as_ref();
        let at = |reference: &String| self.refs.iter().any(|pattern| matches(pattern, reference));
        if !self.refs.is_empty() && !reference.is_some_and(at) {
            against.push(clause("ref", reference, name, &self.refs.join(" or ")));
        }
        let event = certificate.build_trigger.as_ref();
        if !self.events.is_empty() && !event.is_some_and(|event| self.events.contains(event)) {
            against.push(clause("event", event, name, &self.events.join(" or ")));
        }
        if !exactly(&certificate.runner_environment, &self.runner) {
            let wanted = self.runner.as_deref().unwrap_or_default();
            against.push(clause("runner", certificate.runner_environment.as_ref(), name, wanted));
        }
        against
    }
}

fn clause(what: &str, found: Option<&String>, name: &str, wanted: &str) -> String {
    let found = found.map_or_else(|| "not named".to_owned(), |found| shown(found));
    format!("its {what} is {found}, and the identity `{name}` takes {wanted}")
}

/// A name from a certificate, short and on one line.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
