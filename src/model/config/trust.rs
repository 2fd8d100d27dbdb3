//! What the trust of a policy rests on, as digests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{CheckDefinition, Config, PreMajor, TrustedIdentity};
use crate::model::{Role, Sha256, json};

/// How the DER of every P-256 public key begins: id-ecPublicKey, prime256v1, a bit string of 66 bytes
/// (RFC 5480). The point follows, uncompressed, from 04 on.
const P256_PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// The DER of a P-256 public key in PEM form (RFC 7468). Whether the point is on the curve is for the
/// room that verifies with it.
///
/// # Errors
/// What is wrong, to follow the key's name.
pub(super) fn spki(pem: &str) -> Result<Vec<u8>, String> {
    if pem.contains("PRIVATE KEY") {
        return Err("is a private key; a policy holds public ones only".to_owned());
    }
    let body = pem
        .trim()
        .strip_prefix("-----BEGIN PUBLIC KEY-----")
        .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"))
        .ok_or("is not one PEM block `-----BEGIN PUBLIC KEY-----` … `-----END PUBLIC KEY-----`")?;
    let digits: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(digits).map_err(|why| format!("is not base64 inside its PEM block: {why}"))?;
    if der.len() != 91 || !der.starts_with(&P256_PREFIX) {
        return Err("is not a P-256 public key (SubjectPublicKeyInfo)".to_owned());
    }
    Ok(der)
}

/// See [`Config::trust_digest`].
pub(super) fn digest(config: &Config) -> Sha256 {
    let mut checks: Vec<Value> = config.checks.iter().map(definition).collect();
    checks.sort_by_key(|check| check["name"].to_string());
    let mut keys: Vec<Value> = config
        .trust
        .keys
        .iter()
        .map(|key| {
            // One key has one digest however its PEM is wrapped; no stage named means every stage.
            let public = spki(&key.public).map_or_else(|_| Sha256::of(&key.public), Sha256::of);
            let stages: Vec<Role> = Role::ALL.into_iter().filter(|role| role.within(&key.stages)).collect();
            let mut trusted = json!({ "public": public, "stages": stages });
            with_account(&mut trusted, key.account.as_deref());
            trusted
        })
        .collect();
    keys.sort_by_key(ToString::to_string);
    let mut identities: Vec<Value> = config.trust.identities.iter().map(identity).collect();
    identities.sort_by_key(ToString::to_string);
    let accepted: serde_json::Map<String, Value> = config
        .required
        .accept_excluded
        .iter()
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(chart, keys)| (chart.clone(), json!(sorted(keys))))
        .collect();
    let pre_major = match config.semver.pre_major {
        PreMajor::Major => "major",
        PreMajor::Minor => "minor",
    };
    let flow = match config.flow {
        super::Flow::Integration => "integration",
        super::Flow::Direct => "direct",
    };
    let mut trust = json!({
        "repository": config.repository.id,
        "rehearsal": config.repository.rehearsal,
        "prefix": config.predicate_prefix,
        "flow": flow,
        "main": config.branches.main,
        "tag": config.tag.template,
        "preMajor": pre_major,
        "checks": checks,
        "validate": sorted(&config.required.validate),
        "bump": sorted(&config.required.bump),
        "acceptExcluded": accepted,
        "keys": keys,
        "identities": identities,
        "people": super::people::digested(config),
    });
    // Said only where it is asked for, so that a policy from before it has the digest it always had.
    if let (Value::Object(trust), true) = (&mut trust, config.sign.require_transparency) {
        trust.insert("requireTransparency".to_owned(), json!(true));
    }
    if let (Value::Object(trust), false) = (&mut trust, config.images.is_empty()) {
        trust.insert("images".to_owned(), json!(super::images::digested(&config.images)));
    }
    // Where keyless identities are trusted, these say whose runs count (see `protected`).
    if let (Value::Object(trust), false) = (&mut trust, config.trust.identities.is_empty()) {
        let branches = &config.branches;
        trust.insert(
            "protected".to_owned(),
            json!({ "integration": branches.integration, "chart": branches.chart, "release": branches.release }),
        );
    }
    Sha256::of(json::canonical(&trust))
}

/// An identity with all that a certificate is held against, and what it may sign. Its name is for people.
pub(super) fn identity(identity: &TrustedIdentity) -> Value {
    let stages: Vec<Role> = Role::ALL.into_iter().filter(|role| role.within(&identity.stages)).collect();
    let mut trusted = json!({
        "issuer": identity.issuer,
        "signer": identity.signer,
        "repositoryId": identity.repository_id,
        "ownerId": identity.owner_id,
        "refs": sorted(&identity.refs),
        "events": sorted(&identity.events),
        "runner": identity.runner,
        "root": identity.root,
        "stages": stages,
    });
    with_account(&mut trusted, identity.account.as_deref());
    trusted
}

/// Whose waivers and reviews count is part of what is trusted.
fn with_account(trusted: &mut Value, account: Option<&str>) {
    if let (Value::Object(trusted), Some(account)) = (trusted, account) {
        trusted.insert("account".to_owned(), json!(account));
    }
}

/// A definition with its exclusions, which weaken it.
fn definition(check: &CheckDefinition) -> Value {
    let mut excluded: Vec<Value> =
        check.excluded.iter().map(|e| json!({ "chart": e.chart, "reason": e.reason })).collect();
    excluded.sort_by_key(ToString::to_string);
    json!({
        "name": check.name,
        "command": check.command,
        "variants": sorted(&check.variants),
        "inputs": sorted(&check.inputs),
        "timeout": check.timeout.to_string(),
        "excluded": excluded,
    })
}

/// See [`CheckDefinition::digest`].
pub(super) fn check_digest(check: &CheckDefinition, variant: Option<&str>) -> Sha256 {
    let mut definition = json!({
        "name": check.name,
        "command": check.command,
        "variant": variant,
        "inputs": sorted(&check.inputs),
        // As text: RFC 8785 numbers are doubles, which above 2^53 would let two timeouts look alike.
        "timeout": check.timeout.to_string(),
    });
    if let (Value::Object(definition), false) = (&mut definition, check.images.is_empty()) {
        definition.insert("images".to_owned(), json!(super::images::digested(&check.images)));
    }
    Sha256::of(json::canonical(&definition))
}

fn sorted(items: &[String]) -> Vec<&str> {
    let mut items: Vec<&str> = items.iter().map(String::as_str).collect();
    items.sort_unstable();
    items.dedup();
    items
}
