//! `[[images]]`: which image a chart deploys, which tag belongs to it, and who signs it.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::check::Faults;
use super::parse::Fault;
use super::signing::public_good;
use super::{CheckDefinition, Config, TrustedIdentity, identities, trust};
use crate::model::image::{ImageName, is_tag};
use crate::model::{Proof, Sha256};

/// Where a tag takes its version from: `Chart.yaml`, or `values.yaml` itself.
const PLACEHOLDERS: [&str; 2] = ["{appVersion}", "{tag}"];

/// An image of a chart: what the check `image-digest` looks at, and what `bump --image` changes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImageRule {
    /// `Chart.yaml:name`.
    pub chart: String,
    /// Where the image is: who names another repository says himself what its tags mean.
    pub repository: String,
    /// Where `values.yaml` names the image: keys, joined by dots.
    #[serde(default = "image")]
    pub values: String,
    /// The tag that belongs to the digest there, with `{appVersion}` or, for an image with versions of its own,
    /// `{tag}`.
    #[serde(default = "v_app_version")]
    pub tag: String,
    /// Public keys in PEM form whose signatures count.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Keyless identities whose signatures count. Keys and identities together are at least one.
    #[serde(default)]
    pub identities: Vec<ImageIdentity>,
}

/// Who signs an image keyless: as [`TrustedIdentity`], but of whichever repository makes the image, and for nothing
/// else.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImageIdentity {
    /// The OIDC issuer, exactly.
    pub issuer: String,
    /// The certificate's subject: a workflow at a ref, or an address.
    pub signer: String,
    /// The number of the repository the run belongs to.
    #[serde(default)]
    pub repository_id: Option<String>,
    /// The number of its owner.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// The refs a run may have been started at. Patterns.
    #[serde(default)]
    pub refs: Vec<String>,
    /// The events that may have started it.
    #[serde(default)]
    pub events: Vec<String>,
    /// The runner it must have been on.
    #[serde(default)]
    pub runner: Option<String>,
    /// The trusted root that has to vouch for it.
    #[serde(default = "public_good")]
    pub root: String,
}

fn image() -> String {
    "image".to_owned()
}

fn v_app_version() -> String {
    "v{appVersion}".to_owned()
}

impl ImageIdentity {
    fn identity(&self) -> TrustedIdentity {
        TrustedIdentity {
            name: self.signer.clone(),
            issuer: self.issuer.clone(),
            signer: self.signer.clone(),
            repository_id: self.repository_id.clone(),
            owner_id: self.owner_id.clone(),
            refs: self.refs.clone(),
            events: self.events.clone(),
            runner: self.runner.clone(),
            root: self.root.clone(),
            stages: Vec::new(),
            account: None,
        }
    }
}

impl ImageRule {
    /// Where the image is; none only of what [`Config::parse`] refuses.
    pub fn name(&self) -> Option<ImageName> {
        ImageName::parse(&self.repository)
    }

    /// Whether the tag follows `appVersion`.
    pub fn follows_app_version(&self) -> bool {
        self.tag.contains("{appVersion}")
    }

    /// The tag that belongs to the image of a chart with this `appVersion`, whose values name the tag `own`.
    ///
    /// # Errors
    /// A sentence: what it would be made of is not there, or the values name another, or none that registries take.
    pub fn tag_of(&self, app_version: Option<&str>, own: Option<&str>) -> Result<String, String> {
        let values = &self.values;
        let tag = if self.follows_app_version() {
            let version = app_version.ok_or_else(|| "Chart.yaml has no `appVersion`".to_owned())?;
            self.tag.replace("{appVersion}", version)
        } else {
            self.tag.replace("{tag}", own.ok_or_else(|| format!("`{values}` has no tag"))?)
        };
        if !is_tag(&tag) {
            return Err(format!("`{}` is not a tag that registries take", tag.escape_debug()));
        }
        match own.filter(|own| self.follows_app_version() && *own != tag) {
            None => Ok(tag),
            Some(own) => {
                let app = app_version.unwrap_or_default();
                Err(format!("`{values}` has the tag `{own}`, and `appVersion` {app} makes it `{tag}`"))
            }
        }
    }

    /// The `appVersion` or the values' own tag that a tag comes from. None: no such makes it.
    pub fn version_of<'t>(&self, tag: &'t str) -> Option<&'t str> {
        let placeholder = PLACEHOLDERS.into_iter().find(|placeholder| self.tag.contains(placeholder))?;
        let (before, behind) = self.tag.split_once(placeholder)?;
        tag.strip_prefix(before)?.strip_suffix(behind).filter(|version| !version.is_empty())
    }

    /// The signer behind a proof, for people, if his signature of the image counts.
    ///
    /// # Errors
    /// A sentence: not proven, or somebody else's.
    pub fn signer(&self, proof: &Proof) -> Result<String, String> {
        match proof {
            Proof::Key { fingerprint, .. } => {
                let known = self.keys.iter().any(|pem| self::fingerprint(pem) == Some(*fingerprint));
                let who = format!("the key {}", fingerprint.short());
                if known { Ok(who) } else { Err(format!("signed by {who}, which is not allowed to")) }
            }
            Proof::Certificate(certificate) => {
                let who = crate::model::signer::shown(&certificate.subject);
                if certificate.build_signer_uri.as_ref().is_some_and(|uri| *uri != certificate.subject) {
                    return Err(format!("signed by {who}: its certificate names two signing workflows"));
                }
                let held = self.identities.iter().map(|identity| identity.identity().against(certificate));
                // What the nearest identity misses first is what to look at.
                match held.min_by_key(Vec::len).map(|against| against.into_iter().next()) {
                    Some(None) => Ok(who),
                    Some(Some(why)) => Err(format!("signed by {who}: {why}")),
                    None => Err(format!("signed by {who}, and only keys are allowed to")),
                }
            }
            Proof::Rejected(why) => Err(why.clone()),
        }
    }
}

fn fingerprint(pem: &str) -> Option<Sha256> {
    trust::spki(pem).ok().map(Sha256::of)
}

/// Everything the rules let in, for digests: whatever order and names they are written in.
pub(super) fn digested(rules: &[ImageRule]) -> Vec<Value> {
    let mut all: Vec<Value> = rules
        .iter()
        .map(|rule| {
            let mut keys: Vec<String> = rule
                .keys
                .iter()
                .map(|pem| trust::spki(pem).map_or_else(|_| pem.clone(), |der| STANDARD.encode(der)))
                .collect();
            keys.sort_unstable();
            let mut identities: Vec<Value> =
                rule.identities.iter().map(|identity| trust::identity(&identity.identity())).collect();
            identities.sort_by_key(ToString::to_string);
            json!({
                "chart": rule.chart,
                "repository": rule.name().map_or_else(|| rule.repository.clone(), |name| name.to_string()),
                "values": rule.values,
                "tag": rule.tag,
                "keys": keys,
                "identities": identities,
            })
        })
        .collect();
    all.sort_by_key(ToString::to_string);
    all
}

/// Checks `[[images]]`.
pub(super) fn check(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let required = &config.required;
    for (key, keys) in [("validate", &required.validate), ("bump", &required.bump)] {
        let asked = keys.iter().any(|key| key == CheckDefinition::IMAGE_DIGEST);
        faults.unless(
            !asked || !config.images.is_empty(),
            &["required", key],
            "`image-digest` is required, and no [[images]] says which image is whose",
        )?;
    }
    let mut known = BTreeSet::new();
    for (index, rule) in config.images.iter().enumerate() {
        let at = index.to_string();
        one(config, rule, &["images", &at], faults)?;
        faults.unless(
            known.insert((&rule.chart, &rule.values)),
            &["images", &at],
            format!("the image `{}` of {} stands there twice", rule.values, rule.chart),
        )?;
    }
    Ok(())
}

fn one(config: &Config, rule: &ImageRule, place: &[&str], faults: &Faults<'_>) -> Result<(), Fault> {
    let ImageRule { chart, repository, values, tag, keys, identities } = rule;
    let at = |key: &'static str| [place, &[key]].concat();
    let named = !chart.is_empty() && chart.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    faults.unless(named, &at("chart"), format!("`{}` is not the name of a chart", chart.escape_debug()))?;
    faults.unless(
        rule.name().is_some(),
        &at("repository"),
        format!("`{}` is not `host/path` of an image, without tag and digest", repository.escape_debug()),
    )?;
    // It becomes a part of a branch's name as well.
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let path = values.split('.').all(|key| !key.is_empty() && key.chars().all(word)) && !values.starts_with('-');
    faults.unless(
        path,
        &at("values"),
        format!("`{}` is not a path of keys such as `controller.image`", values.escape_debug()),
    )?;
    let placeholders: usize = PLACEHOLDERS.iter().map(|placeholder| tag.matches(placeholder).count()).sum();
    let filled = PLACEHOLDERS.iter().fold(tag.clone(), |tag, placeholder| tag.replace(placeholder, "1.2.3"));
    faults.unless(
        placeholders == 1 && is_tag(&filled),
        &at("tag"),
        format!(
            "`{}` is not a tag with `{{appVersion}}` in it (or `{{tag}}`, the tag of values.yaml), exactly once",
            tag.escape_debug()
        ),
    )?;
    faults.unless(
        !keys.is_empty() || !identities.is_empty(),
        place,
        format!(
            "nobody is named who signs the image `{values}` of {chart}: give `keys`, or [[images.identities]]"
        ),
    )?;
    let mut known = BTreeSet::new();
    for (index, pem) in keys.iter().enumerate() {
        let number = index.to_string();
        let place = [place, &["keys", &number]].concat();
        match trust::spki(pem) {
            Err(why) => return faults.fail(&place, format!("the key {why}")),
            Ok(der) => faults.unless(known.insert(der), &place, "the key stands there twice")?,
        }
    }
    for (index, identity) in identities.iter().enumerate() {
        let number = index.to_string();
        let place = [place, &["identities", &number]].concat();
        identities::of_image(config, &identity.identity(), &place, faults)?;
    }
    Ok(())
}
