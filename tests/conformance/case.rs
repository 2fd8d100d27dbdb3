//! A case: a lineage, what was done to it, how it is to be judged, and what has to come out.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::world::World;

/// The lineage a case begins with.
#[derive(Clone, Copy)]
pub(super) enum Begin {
    /// One chart, one release, published.
    Published,
    /// That and two more: another chart, then the first one's next version.
    Second,
    /// One release with a failed check that Bob (account 1002) waived, by the policy of `tests/people.rs`.
    Waived,
    /// One release that Bob reviewed, by the same policy with a review required.
    Reviewed,
    /// One release, a pre-release, by a policy that has it say so and name its key.
    Stated,
    /// One of its own.
    Made(fn() -> World),
}

/// How the repository comes to whoever judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A fresh clone with every branch, tag and note.
    Clone,
    /// The same without the notes.
    WithoutLedger,
    /// `--depth=1`.
    Shallow,
    /// `--filter=blob:none`, nothing checked out.
    Partial,
    /// `--bare`, with every ref there is.
    Mirror,
    /// The repository itself, as it lies there.
    Itself,
}

impl Place {
    pub(super) const ALL: [Self; 6] =
        [Self::Clone, Self::WithoutLedger, Self::Shallow, Self::Partial, Self::Mirror, Self::Itself];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Clone => "clone",
            Self::WithoutLedger => "without-ledger",
            Self::Shallow => "shallow",
            Self::Partial => "partial",
            Self::Mirror => "mirror",
            Self::Itself => "in-place",
        }
    }
}

/// What the verdict is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Nothing: the judge sees the repository for the first time.
    FirstUse,
    /// The judge has judged `seen.git` before, in the same clone.
    Seen,
    /// `policy.toml`, given to the judge.
    Policy,
}

impl Anchor {
    pub(super) const ALL: [Self; 3] = [Self::FirstUse, Self::Seen, Self::Policy];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::FirstUse => "first-use",
            Self::Seen => "seen",
            Self::Policy => "policy",
        }
    }
}

/// One case of the corpus.
pub(super) struct Case {
    pub(super) id: &'static str,
    pub(super) family: &'static str,
    title: &'static str,
    done: &'static str,
    pub(super) begin: Begin,
    pub(super) place: Place,
    pub(super) anchor: Anchor,
    subject: Option<&'static str>,
    package: bool,
    pub(super) trusted_root: bool,
    allow_waivers: bool,
    seen_exit: Option<i32>,
    pub(super) exit: i32,
    links: Vec<&'static str>,
    words: Vec<&'static str>,
    make: Box<dyn Fn(&Scene<'_>) + Send + Sync>,
}

/// The beginning of a case: its id, its title, and what was done to the lineage.
pub(super) fn case(id: &'static str, title: &'static str, done: &'static str) -> Case {
    Case {
        id,
        family: "",
        title,
        done,
        begin: Begin::Published,
        place: Place::Clone,
        anchor: Anchor::FirstUse,
        subject: None,
        package: false,
        trusted_root: false,
        allow_waivers: false,
        seen_exit: None,
        exit: 0,
        links: Vec::new(),
        words: Vec::new(),
        make: Box::new(|_| {}),
    }
}

impl Case {
    /// Of which family.
    pub(super) fn of(mut self, family: &'static str) -> Self {
        self.family = family;
        self
    }

    /// From which lineage.
    pub(super) fn from(mut self, begin: Begin) -> Self {
        self.begin = begin;
        self
    }

    /// In which kind of clone.
    pub(super) fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Measured against what.
    pub(super) fn against(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    /// What is judged, where it is not the release the case is about.
    pub(super) fn judging(mut self, subject: &'static str) -> Self {
        self.subject = Some(subject);
        self
    }

    /// `package.tgz` is judged along with the tag.
    pub(super) fn with_package(mut self) -> Self {
        self.package = true;
        self
    }

    /// Certificates are held against `root.json`.
    pub(super) fn with_root(mut self) -> Self {
        self.trusted_root = true;
        self
    }

    /// The judge takes a waived check for what it is.
    pub(super) fn allowing_waivers(mut self) -> Self {
        self.allow_waivers = true;
        self
    }

    /// What the judge said of the lineage as it was seen, where that is something else than proven.
    pub(super) fn seen_as(mut self, exit: i32) -> Self {
        self.seen_exit = Some(exit);
        self
    }

    /// Not proven: these links are broken, and the reason holds these words.
    pub(super) fn fails(self, links: &[&'static str], words: &[&'static str]) -> Self {
        self.exits(1, links, words)
    }

    /// Another exit code.
    pub(super) fn exits(mut self, exit: i32, links: &[&'static str], words: &[&'static str]) -> Self {
        self.exit = exit;
        self.links = links.to_vec();
        self.words = words.to_vec();
        self
    }

    /// How it is made.
    pub(super) fn by(mut self, make: impl Fn(&Scene<'_>) + Send + Sync + 'static) -> Self {
        self.make = Box::new(make);
        self
    }

    /// Does to the lineage what the case says.
    pub(super) fn make(&self, scene: &Scene<'_>) {
        (self.make)(scene);
    }

    /// `case.json`.
    pub(super) fn json(&self, tag: &str) -> Value {
        let subject = self.subject.unwrap_or(tag);
        json!({
            "version": 1,
            "id": self.id,
            "family": self.family,
            "title": self.title,
            "done": self.done,
            "clone": self.place.word(),
            "anchor": self.anchor.word(),
            "subject": subject,
            "trusted_root": if self.trusted_root { json!("root.json") } else { Value::Null },
            "seen_exit": self.seen_exit,
            "allow_waivers": self.allow_waivers,
            "package": if self.package { json!("package.tgz") } else { Value::Null },
            "expect": { "exit": self.exit, "links": self.links, "words": self.words },
        })
    }
}
