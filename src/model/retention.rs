//! What of a chart's repository in a registry is still needed: what is reached first, then age.
//!
//! Signatures, attestations and bills of materials have no tag, or one made from a digest: whoever goes by tags takes
//! them away from what they prove (acceptance P-36). So everything that is named keeps what it needs and what is about
//! it, and only builds beyond the newest go, with what is about them, and what nothing refers to.

use std::collections::{BTreeMap, BTreeSet};

use super::{Sha256, Timestamp};

/// Whatever is younger, in seconds, stays: somebody may be in the middle of publishing it.
const YOUNG: i64 = 24 * 60 * 60;

/// One manifest of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    pub tags: BTreeSet<String>,
    /// What it is about.
    pub subject: Option<Sha256>,
    /// What it lists, where it is an index.
    pub children: Vec<Sha256>,
    /// When it was made, as far as anybody says.
    pub made: Option<Timestamp>,
}

/// What a repository holds.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    pub manifests: BTreeMap<Sha256, Manifest>,
    /// Whether every manifest without a tag is in it. A registry alone does not list them.
    pub whole: bool,
}

/// What is needed, whatever its tags are.
#[derive(Clone, Debug)]
pub struct Needs {
    /// Manifest → who names it.
    pub named: BTreeMap<Sha256, String>,
    /// How many of the newest builds stay.
    pub keep: usize,
    pub now: Timestamp,
}

/// What becomes of a manifest, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Stays(String),
    Goes(String),
}

/// What a tag says of what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `sha-<commit>`.
    Build,
    /// `sha256-<digest>`, or that and `.sig`, `.att`, `.sbom`.
    About(Sha256),
    /// A version, a channel, anything somebody chose.
    Chosen,
}

fn kind(tag: &str) -> Kind {
    if commit_of(tag).is_some() {
        return Kind::Build;
    }
    let about = tag.strip_prefix("sha256-").and_then(|rest| {
        let hex = rest.split('.').next().unwrap_or_default();
        Sha256::parse(hex)
    });
    about.map_or(Kind::Chosen, Kind::About)
}

/// The commit that a build's tag names.
pub fn commit_of(tag: &str) -> Option<&str> {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    tag.strip_prefix("sha-").filter(|commit| (7..=64).contains(&commit.len()) && commit.bytes().all(hex))
}

/// The manifest a tag of this form is about: `sha256-<digest>`, with or without an ending.
pub fn about(tag: &str) -> Option<Sha256> {
    match kind(tag) {
        Kind::About(digest) => Some(digest),
        Kind::Build | Kind::Chosen => None,
    }
}

/// Decides about every manifest.
pub fn decide(inventory: &Inventory, needs: &Needs) -> BTreeMap<Sha256, Fate> {
    let mut stays = rooted(inventory, needs);
    loop {
        let reached = reached(inventory, &stays);
        if reached.is_empty() {
            break;
        }
        stays.extend(reached);
    }
    let fate = |(digest, manifest): (&Sha256, &Manifest)| {
        let fate = match stays.get(digest) {
            Some(why) => Fate::Stays(why.clone()),
            None => Fate::Goes(superfluous(manifest, inventory, needs)),
        };
        (*digest, fate)
    };
    inventory.manifests.iter().map(fate).collect()
}

/// The order in which manifests are taken away: what others are about before what is about it, so that a run that is
/// stopped leaves nothing without its signatures.
pub fn order(inventory: &Inventory, going: &[Sha256]) -> Vec<Sha256> {
    let mut ordered = going.to_vec();
    let rank = |digest: &Sha256| {
        let manifest = inventory.manifests.get(digest);
        let about = manifest.is_some_and(|manifest| {
            manifest.subject.is_some() || manifest.tags.iter().any(|tag| matches!(kind(tag), Kind::About(_)))
        });
        let lists = manifest.is_some_and(|manifest| !manifest.children.is_empty());
        (about, !lists, *digest)
    };
    ordered.sort_by_key(rank);
    ordered
}

/// What stays for its own sake.
fn rooted(inventory: &Inventory, needs: &Needs) -> BTreeMap<Sha256, String> {
    let mut stays: BTreeMap<Sha256, String> = BTreeMap::new();
    let mut builds: Vec<(Timestamp, Sha256)> = Vec::new();
    for (digest, manifest) in &inventory.manifests {
        let chosen = manifest.tags.iter().find(|tag| kind(tag) == Kind::Chosen);
        let build = manifest.tags.iter().any(|tag| kind(tag) == Kind::Build);
        let young = manifest.made.is_some_and(|made| needs.now.seconds().saturating_sub(made.seconds()) < YOUNG);
        // Where not all without a tag are known, one that is known may be anybody's.
        let unknown = !inventory.whole && manifest.tags.is_empty() && manifest.subject.is_none();
        let why = match (needs.named.get(digest), chosen, manifest.made) {
            (Some(named), ..) => Some(named.clone()),
            (None, Some(tag), _) => Some(format!("it has the tag {tag}")),
            (None, None, None) if build => Some("it is a build, and nobody says of when".to_owned()),
            (None, None, _) if unknown => Some("it has no tag, and not all of those are known".to_owned()),
            (None, None, _) if young => Some("it is less than a day old".to_owned()),
            _ => None,
        };
        if let (true, Some(made)) = (build, manifest.made) {
            builds.push((made, *digest));
        }
        stays.extend(why.map(|why| (*digest, why)));
    }
    builds.sort_unstable_by(|one, other| other.cmp(one));
    for (_, digest) in builds.into_iter().take(needs.keep) {
        stays.entry(digest).or_insert_with(|| format!("it is one of the newest {} builds", needs.keep));
    }
    stays
}

/// What stays because of something that does, and did not yet.
fn reached(inventory: &Inventory, stays: &BTreeMap<Sha256, String>) -> BTreeMap<Sha256, String> {
    let mut reached = BTreeMap::new();
    for (digest, manifest) in &inventory.manifests {
        let short = digest.short();
        if stays.contains_key(digest) {
            let needed = manifest.children.iter().map(|child| (child, format!("{short} lists it")));
            let needed =
                needed.chain(manifest.subject.iter().map(|subject| (subject, format!("{short} is about it"))));
            let own = |(other, _): &(&Sha256, String)| {
                inventory.manifests.contains_key(*other) && !stays.contains_key(*other)
            };
            reached.extend(needed.filter(own).map(|(other, why)| (*other, why)));
            continue;
        }
        let abouts = manifest.subject.into_iter().chain(manifest.tags.iter().filter_map(|tag| about(tag)));
        for subject in abouts {
            // What is about something that nobody could see may well be needed.
            let unseen = !inventory.whole && !inventory.manifests.contains_key(&subject);
            if stays.contains_key(&subject) || unseen {
                reached.insert(*digest, format!("it is about {}", subject.short()));
            }
        }
    }
    reached
}

/// Why one goes.
fn superfluous(manifest: &Manifest, inventory: &Inventory, needs: &Needs) -> String {
    if manifest.tags.iter().any(|tag| kind(tag) == Kind::Build) {
        return format!("a build that is not one of the newest {}", needs.keep);
    }
    let subject = manifest.subject.or_else(|| manifest.tags.iter().find_map(|tag| about(tag)));
    match subject {
        Some(subject) if inventory.manifests.contains_key(&subject) => {
            format!("it is about {}, which goes", subject.short())
        }
        Some(subject) => format!("it is about {}, which is not there", subject.short()),
        None => "nothing refers to it".to_owned(),
    }
}

#[cfg(test)]
mod tests;
