//! The built-in `image-digest`: the digest that `values.yaml` pins an image to is what the tag of `appVersion` names in
//! its registry, and somebody whom `[[images]]` names signed it.

use super::built_in::Came;
use crate::helm::{self, ImageValue};
use crate::model::config::ImageRule;
use crate::model::image::{self, COSIGN_SIGN, ImageName};
use crate::model::statement::{CheckResult, SLSA_PROVENANCE};
use crate::model::{Config, Failure, Sha256};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::registry::{ImageSeen, image_seen};
use crate::sigstore::{self, Keyring, PublicKey};

/// What of an image is said by its maker when he signs it: that it is his, or how he built it. Another statement of
/// his about it, such as what a scanner found, is no signature.
const SIGNATURES: [&str; 2] = [COSIGN_SIGN, SLSA_PROVENANCE];

/// No more reasons than this are told of signatures that do not count.
const REASONS: usize = 3;

/// An image that the values pin, and the tag it has to have.
struct Pinned {
    name: ImageName,
    tag: String,
    digest: Sha256,
}

/// Looks at every image that the policy names of a chart.
///
/// # Errors
/// A registry could not be asked: nothing is decided (exit 3).
pub(super) fn run(cx: &Context<'_>, config: &Config, chart: &ChartAt) -> Result<Came, Failure> {
    let rules: Vec<&ImageRule> = config.images.iter().filter(|rule| rule.chart == chart.chart).collect();
    if rules.is_empty() {
        let reason = format!("no [[images]] names an image of {}", chart.chart);
        let output = format!("{reason}\n").into_bytes();
        return Ok(Came { result: CheckResult::NotApplicable, reason, output, commits: Vec::new() });
    }
    let files = charts::files(&cx.repo, &chart.tree, &chart.directory)?;
    let values = files.iter().find(|file| file.path == "values.yaml").map(|file| file.bytes.as_slice());
    let (mut findings, mut output) = (Vec::new(), String::new());
    for rule in rules {
        let looked = match pinned(chart, rule, values.unwrap_or_default()) {
            Ok(pinned) => look(cx, chart, rule, &pinned)?,
            Err(why) => Err(why),
        };
        match looked {
            Ok(line) => output.push_str(&format!("{line}\n")),
            Err(why) => {
                output.push_str(&format!("{why}\n"));
                findings.push(why);
            }
        }
    }
    Ok(Came::judged(&findings, output, Vec::new()))
}

/// The image at a rule's place.
///
/// # Errors
/// A finding: there is none, it is not pinned, or its tag is not that of `appVersion`.
fn pinned(chart: &ChartAt, rule: &ImageRule, values: &[u8]) -> Result<Pinned, String> {
    let file = format!("{}/values.yaml", chart.directory);
    let place = &rule.values;
    let found = helm::image_value(&file, values, place).map_err(|error| error.to_string())?;
    let ImageValue { repository, tag, digest } = found;
    let refuse = |why: String| format!("{file}: {why}");
    let name =
        ImageName::parse(&repository).filter(|name| rule.name().as_ref() == Some(name)).ok_or_else(|| {
            refuse(format!("`{place}` is of `{repository}`, and has to be of `{}`", rule.repository))
        })?;
    let digest = digest.ok_or_else(|| refuse(format!("`{place}` has no digest")))?;
    let digest = image::parse_digest(&digest)
        .ok_or_else(|| refuse(format!("the digest of `{place}` is not `sha256:` and 64 hexadecimal digits")))?;
    let tag = rule.tag_of(chart.metadata.app_version.as_deref(), tag.as_deref()).map_err(refuse)?;
    if image::moves(&tag) {
        return Err(format!("{file}: `{place}` has the tag `{tag}`, which is another image tomorrow"));
    }
    Ok(Pinned { name, tag, digest })
}

/// What the registry says of it: a line, or a finding.
///
/// # Errors
/// It could not be asked.
fn look(
    cx: &Context<'_>,
    chart: &ChartAt,
    rule: &ImageRule,
    image: &Pinned,
) -> Result<Result<String, String>, Failure> {
    let Pinned { name, tag, digest } = image;
    let unknown = |why: String| {
        Failure::undetermined(format!("the image `{}` of {} could not be looked at", rule.values, chart.chart))
            .because(why)
            .hint(format!("check the network, and the credentials for {} (`docker login`)", name.host()))
    };
    let seen = image_seen(name, tag, *digest).map_err(|error| unknown(error.to_string()))?;
    let wrong = match seen.tag {
        Some(found) if found == *digest => None,
        Some(found) if seen.is_platform => Some(format!(
            "{name}:{tag} is the index sha256:{found}, and `{}` has one platform's part of it, sha256:{digest}",
            rule.values
        )),
        Some(found) => Some(format!("{name}:{tag} is sha256:{found}, and `{}` has sha256:{digest}", rule.values)),
        None => Some(format!("{name} has no tag {tag}, which `{}` belongs to", rule.values)),
    };
    if let Some(wrong) = wrong {
        return Ok(Err(wrong));
    }
    match (signer(cx, rule, *digest, &seen)?, seen.unread) {
        (Ok(who), _) => Ok(Ok(format!("{name}:{tag} is sha256:{digest}, signed by {who}"))),
        // The one that is missed may be in what could not be read.
        (Err(_), Some(why)) => Err(unknown(why)),
        (Err(reasons), None) if reasons.is_empty() => {
            Ok(Err(format!("{name}@sha256:{digest} is not signed, as far as its registry shows")))
        }
        (Err(reasons), None) => {
            Ok(Err(format!("no signature of {name}@sha256:{digest} counts: {}", reasons.join("; "))))
        }
    }
}

/// Who signed, of those who may; else why each signature that there is does not count.
///
/// # Errors
/// A key of the policy is unusable.
fn signer(
    cx: &Context<'_>,
    rule: &ImageRule,
    digest: Sha256,
    seen: &ImageSeen,
) -> Result<Result<String, Vec<String>>, Failure> {
    let keys: Vec<PublicKey> = rule.keys.iter().map(|pem| PublicKey::parse(pem)).collect::<Result<_, _>>()?;
    let mut reasons: Vec<String> = Vec::new();
    for bundle in &seen.bundles {
        let (statement, proof) = sigstore::examine(bundle, Keyring { keys: &keys, roots: &cx.roots });
        // Beside an image lie statements of all kinds; those that are no signatures are nobody's failure.
        let Ok(statement) = statement else { continue };
        let about_it = statement.subject.iter().any(|subject| subject.sha256() == Some(digest));
        if !about_it || !SIGNATURES.contains(&statement.predicate_type.as_str()) {
            continue;
        }
        match rule.signer(&proof) {
            Ok(who) => return Ok(Ok(who)),
            Err(why) => reasons.push(why),
        }
    }
    for signature in seen.signatures.iter().filter(|signature| signature.subject() == Some(digest)) {
        let classic = &signature.classic;
        let (payload, text) = (&classic.payload, &classic.signature);
        let counted = match &signature.certificate {
            Some(certificate) => {
                let log = signature.log.as_deref();
                rule.signer(&sigstore::prove_classic(payload, text, certificate, log, &cx.roots))
            }
            None => match keys.iter().find(|key| key.signed(payload, text)) {
                Some(key) => Ok(format!("the key {}", key.fingerprint.short())),
                None => Err("signed by a key that is not allowed to".to_owned()),
            },
        };
        match counted {
            Ok(who) => return Ok(Ok(who)),
            Err(why) => reasons.push(why),
        }
    }
    reasons.sort();
    reasons.dedup();
    let more = reasons.len().saturating_sub(REASONS);
    reasons.truncate(REASONS);
    reasons.extend((more > 0).then(|| format!("and {more} more")));
    Ok(Err(reasons))
}
