//! Step 12: what is published, against what the release is. Computed from what was seen; whoever looks hands in, for
//! each thing, what it found or why it could not look.

use std::collections::BTreeMap;

use super::{Oid, Sha256, StepState, VerdictStep};

/// What was seen of something, or why it could not be seen: a sentence with the next step.
pub type Seen<T> = Result<T, String>;

/// Everything that was looked at. What the policy at the tag does not name is none.
#[derive(Clone, Debug)]
pub struct Published {
    /// The tag.
    pub tag: String,
    /// The files of the release: every place that takes files has these and no others.
    pub files: BTreeMap<String, Wanted>,
    /// The release on the forge.
    pub forge: Option<OnForge>,
    /// The directory of assets.
    pub directory: Option<InDirectory>,
    /// The registry, or the layout in its place.
    pub registry: Option<InRegistry>,
    /// The index of the HTTP chart repository.
    pub index: Option<InIndex>,
}

/// What a file has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// These bytes.
    Bytes(Sha256),
    /// A signature: it differs each time it is made, and whoever looked at it says whether it holds.
    Signature,
}

/// A file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// What it is.
    pub is: Is,
}

/// What a file was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Is {
    /// Bytes with this digest.
    Bytes(Sha256),
    /// A signature that was looked at.
    Signature(StepState),
    /// Of this nothing is known: the forge gives no digest for it.
    Unknown,
    /// An upload that broke off.
    Broken,
}

/// A release on the forge.
#[derive(Clone, Debug)]
pub struct OnForge {
    /// `owner/name`.
    pub repository: String,
    /// The tag object that was verified.
    pub object: Oid,
    /// What the forge's tag is; none: there is no such tag.
    pub tag: Seen<Option<Oid>>,
    /// The release; none: there is none that could be seen.
    pub release: Seen<Option<Release>>,
}

/// A release as the forge shows it.
#[derive(Clone, Debug)]
pub struct Release {
    /// The tag it says it is of.
    pub tag: String,
    /// Nobody but writers see it.
    pub draft: bool,
    /// Its page.
    pub page: String,
    /// Its files.
    pub files: Vec<Found>,
}

/// A directory of assets.
#[derive(Clone, Debug)]
pub struct InDirectory {
    /// Its path.
    pub path: String,
    /// Its files; none: the directory of this tag is not there.
    pub files: Seen<Option<Vec<Found>>>,
}

/// A version in a registry.
#[derive(Clone, Debug)]
pub struct InRegistry {
    /// `oci://host/path/chart@sha256:…`.
    pub reference: String,
    /// `chart:1.2.3`.
    pub name: String,
    /// The manifest that the tag's payload gives.
    pub manifest: Sha256,
    /// The package that is in it.
    pub package: Sha256,
    /// The manifest under the version; none: there is no such version.
    pub there: Seen<Option<Sha256>>,
    /// What the registry serves of that manifest; none: it was not asked, because the version is another.
    pub served: Option<Seen<Served>>,
}

/// What a registry serves.
#[derive(Clone, Debug)]
pub struct Served {
    /// The package.
    pub package: Sha256,
    /// What has to be attached, and whether it was found and holds.
    pub attached: Vec<Attached>,
    /// Why not everything that is attached could be read, where it could not.
    pub unread: Option<String>,
}

/// Something that has to be attached to a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// `oci-signature`.
    pub link: &'static str,
    /// In words: "signature".
    pub what: &'static str,
    /// Whether it is there and holds.
    pub found: bool,
}

/// A version in an index.
#[derive(Clone, Debug)]
pub struct InIndex {
    /// `index.yaml on release`.
    pub place: String,
    /// `chart 1.2.3`.
    pub version: String,
    /// The package's digest.
    pub package: Sha256,
    /// Where the entry has to send people.
    pub url: String,
    /// What the index says of the version.
    pub listed: Seen<Listed>,
    /// The package that lies beside the index, and where, if one has to.
    pub beside: Option<(String, Seen<Option<Sha256>>)>,
}

/// What an index says of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Of each entry of the version the digest and the first URL, as written.
    pub entries: Vec<(Option<String>, Option<String>)>,
    /// What keeps Helm from reading the file, or these entries.
    pub faults: Vec<String>,
}

impl Published {
    /// The steps, one for each part that has to be there. Nothing to look at is no success: it is undetermined.
    pub fn steps(&self) -> Vec<VerdictStep> {
        let mut docket = Docket(Vec::new());
        self.forge.iter().for_each(|forge| self.forge(forge, &mut docket));
        self.directory.iter().for_each(|directory| self.directory(directory, &mut docket));
        self.registry.iter().for_each(|registry| registry.steps(&mut docket));
        self.index.iter().for_each(|index| index.steps(&mut docket));
        if docket.0.is_empty() {
            let why =
                format!("lineage.toml at {} names no place to publish to: there is nothing to look at", self.tag);
            docket.enter("published", "the release is published", StepState::Undetermined(why));
        }
        docket.0
    }

    fn forge(&self, forge: &OnForge, docket: &mut Docket) {
        let OnForge { repository, object, tag, release } = forge;
        docket.seen("release-tag", &format!("the tag in {repository} is the one that was verified"), tag, |there| {
            match there {
                Some(there) if there == object => None,
                Some(there) => Some(format!("there it is {there}, the one that was verified is {object}: a release tag never moves, ask who moved it")),
                None => Some(format!("there is none: push it as it is (`git push origin refs/tags/{}`)", self.tag)),
            }
        });
        docket.seen("release", &format!("the release in {repository} is public, on that tag"), release, |there| {
            match there {
                None => Some(format!(
                    "there is none that everybody can see; `git lineage publish {}` makes it",
                    self.tag
                )),
                Some(there) if there.tag != self.tag => {
                    Some(format!("the one that is there is of {}: {}", there.tag, there.page))
                }
                Some(there) if there.draft => {
                    Some(format!("it is a draft: `git lineage publish {}` goes on with it", self.tag))
                }
                Some(_) => None,
            }
        });
        if let Ok(Some(release)) = release {
            self.compare("release", &format!("the release in {repository}"), &release.files, docket);
        }
    }

    fn directory(&self, directory: &InDirectory, docket: &mut Docket) {
        let InDirectory { path, files } = directory;
        docket.seen("assets", &format!("the files of the release are in {path}"), files, |there| match there {
            Some(_) => None,
            None => Some(format!("it is not there: `git lineage publish {}` writes it", self.tag)),
        });
        if let Ok(Some(files)) = files {
            self.compare("assets", path, files, docket);
        }
    }

    /// Each file that is there is one of the release's, with its bytes; and none is missing. What is in order is told
    /// in one step, each thing that is not in one of its own.
    fn compare(&self, link: &str, place: &str, found: &[Found], docket: &mut Docket) {
        let mut whole = true;
        let mut wrong = |name: &str, what: String, state: StepState| {
            whole = false;
            docket.enter(&format!("{link}:{name}"), &what, state);
        };
        for file in found {
            let name = file.name.as_str();
            let what = format!("{name} in {place} is the release's");
            match (self.files.get(name), &file.is) {
                (None, _) => wrong(
                    name,
                    format!("{place} has no other files"),
                    StepState::Gap(format!("{} is no file of this release", name.escape_debug())),
                ),
                (Some(Wanted::Bytes(wanted)), Is::Bytes(there)) if wanted == there => {}
                (Some(Wanted::Bytes(wanted)), Is::Bytes(there)) => {
                    wrong(
                        name,
                        what,
                        StepState::Gap(format!("it is sha256:{there}, the release gives sha256:{wanted}")),
                    );
                }
                (Some(Wanted::Signature), Is::Signature(StepState::Holds)) => {}
                (Some(Wanted::Signature), Is::Signature(state)) => wrong(name, what, state.clone()),
                (Some(_), Is::Broken) => {
                    wrong(name, what, StepState::Gap("its upload broke off".to_owned()));
                }
                (Some(_), _) => {
                    wrong(name, what, StepState::Undetermined("the place says nothing of its bytes".to_owned()));
                }
            }
        }
        for name in self.files.keys().filter(|name| !found.iter().any(|file| file.name == **name)) {
            wrong(name, format!("{name} is in {place}"), StepState::Gap("it is missing".to_owned()));
        }
        if whole {
            let what = format!("its {} files are those of the release, byte for byte", self.files.len());
            docket.enter(&format!("{link}-files"), &what, StepState::Holds);
        }
    }
}

impl InRegistry {
    fn steps(&self, docket: &mut Docket) {
        let Self { reference, name, manifest, package, there, served } = self;
        docket.seen("oci", &format!("{name} is {reference}"), there, |there| match there {
            Some(there) if there == manifest => None,
            Some(there) => Some(format!("there it is sha256:{there}: find out who else publishes there")),
            None => Some("there is no such version".to_owned()),
        });
        let Some(served) = served else { return };
        docket.seen("oci-package", "the registry serves the package of the release", served, |served| {
            (served.package != *package)
                .then(|| format!("what came is sha256:{}, the release gives sha256:{package}", served.package))
        });
        let Ok(served) = served else { return };
        for Attached { link, what, found } in &served.attached {
            let state = match (found, &served.unread) {
                (true, _) => StepState::Holds,
                (false, None) => StepState::Gap(format!("none that holds is attached to {reference}")),
                (false, Some(why)) => {
                    StepState::Undetermined(format!("not all that is attached could be read: {why}"))
                }
            };
            docket.enter(link, &format!("the {what} is attached to the manifest"), state);
        }
    }
}

impl InIndex {
    fn steps(&self, docket: &mut Docket) {
        let Self { place, version, package, url, listed, beside } = self;
        docket.seen("index", &format!("{place} lists {version}"), listed, |listed| {
            if let Some(fault) = listed.faults.first() {
                return Some(format!("{fault}; see `git lineage publish --repair-index --dry-run`"));
            }
            let (digest, there) = match listed.entries.as_slice() {
                [] => return Some("it does not".to_owned()),
                [one] => one,
                several => {
                    return Some(format!("it has {} entries of it, of which Helm takes the first", several.len()));
                }
            };
            let shown = |text: &Option<String>, none: &str| {
                text.as_ref().map_or_else(|| none.to_owned(), |text| text.escape_debug().to_string())
            };
            if digest.as_deref() != Some(&package.to_string()) {
                return Some(format!("its digest is {}, the release gives {package}", shown(digest, "missing")));
            }
            (there.as_ref() != Some(url)).then(|| format!("it sends to {}, not to {url}", shown(there, "nowhere")))
        });
        if let Some((path, there)) = beside {
            docket.seen("index-package", &format!("the package is at {path}"), there, |there| match there {
                Some(there) if there == package => None,
                Some(there) => Some(format!("it is sha256:{there}, the release gives sha256:{package}")),
                None => Some("it is missing".to_owned()),
            });
        }
    }
}

/// What is written down of step 12.
struct Docket(Vec<VerdictStep>);

impl Docket {
    fn enter(&mut self, link: &str, what: &str, state: StepState) {
        self.0.push(VerdictStep { number: 12, what: what.to_owned(), link: link.to_owned(), state });
    }

    /// A step about something that was seen, or could not be.
    fn seen<T>(&mut self, link: &str, what: &str, seen: &Seen<T>, wrong: impl FnOnce(&T) -> Option<String>) {
        let state = match seen {
            Ok(there) => wrong(there).map_or(StepState::Holds, StepState::Gap),
            Err(why) => StepState::Undetermined(why.clone()),
        };
        self.enter(link, what, state);
    }
}

#[cfg(test)]
#[path = "published_tests.rs"]
mod tests;
