//! What stays and what goes, by small repositories.

use proptest::prelude::*;

use super::*;

const DAY: i64 = 24 * 60 * 60;
const NOW: i64 = 1_763_700_000;

/// A repository under construction.
#[derive(Default)]
struct Repository(Inventory);

impl Repository {
    fn whole() -> Self {
        Self(Inventory { whole: true, ..Inventory::default() })
    }

    fn add(mut self, name: &str, tags: &[&str]) -> Self {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let made = Some(Timestamp::from_seconds(NOW - 30 * DAY));
        self.0.manifests.insert(Sha256::of(name), Manifest { tags, made, ..Manifest::default() });
        self
    }

    fn about(mut self, name: &str, subject: &str) -> Self {
        self = self.add(name, &[]);
        self.of(name).subject = Some(Sha256::of(subject));
        self
    }

    fn lists(mut self, name: &str, children: &[&str]) -> Self {
        self.of(name).children = children.iter().map(Sha256::of).collect();
        self
    }

    fn made(mut self, name: &str, days: i64) -> Self {
        self.of(name).made = Some(Timestamp::from_seconds(NOW - days * DAY));
        self
    }

    fn of(&mut self, name: &str) -> &mut Manifest {
        self.0.manifests.get_mut(&Sha256::of(name)).expect("it was added")
    }

    /// The names that go.
    fn goes(&self, names: &[&str], named: &[&str], keep: usize) -> Vec<String> {
        let named = named.iter().map(|name| (Sha256::of(name), "somebody".to_owned())).collect();
        let fates = decide(&self.0, &Needs { named, keep, now: Timestamp::from_seconds(NOW) });
        let goes = |name: &&&str| matches!(fates.get(&Sha256::of(**name)), Some(Fate::Goes(_)));
        names.iter().filter(goes).map(|name| (*name).to_owned()).collect()
    }
}

fn attached(to: &str, end: &str) -> String {
    format!("sha256-{}{end}", Sha256::of(to))
}

#[test]
fn x20_what_is_about_something_that_stays_stays() {
    let (sig, index) = (attached("release", ".sig"), attached("release", ""));
    let repository = Repository::whole()
        .add("release", &["1.0.0"])
        .add("old", &["sha-0123abc"])
        .about("signature", "release")
        .about("signature of the signature", "signature")
        .add("classic", &[&sig])
        .add("fallback", &[&index])
        .lists("fallback", &["bom"])
        .add("bom", &[])
        .about("signature of old", "old")
        .add("junk", &[]);
    let names = [
        "release",
        "old",
        "signature",
        "signature of the signature",
        "classic",
        "fallback",
        "bom",
        "signature of old",
        "junk",
    ];
    assert_eq!(repository.goes(&names, &[], 0), ["old", "signature of old", "junk"]);
    assert_eq!(repository.goes(&names, &[], 1), ["junk"]);
    assert_eq!(repository.goes(&names, &["old"], 0), ["junk"], "a channel or a release names it");
}

#[test]
fn rp_6_builds_stay_by_age_and_for_what_else_they_are() {
    let mut repository = Repository::whole();
    let names: Vec<String> = (0..6).map(|number| format!("build {number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let tag = format!("sha-000000{number}");
        repository = repository.add(name, &[&tag]).made(name, 10 + i64::try_from(number).unwrap());
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(repository.goes(&names, &[], 4), ["build 4", "build 5"]);
    assert!(repository.goes(&names, &[], 6).is_empty());
    repository.of("build 5").tags.insert("prod".to_owned());
    assert_eq!(repository.goes(&names, &[], 4), ["build 4"]);
    repository.of("build 4").made = None;
    assert!(repository.goes(&names, &[], 4).is_empty(), "of unknown age");
    repository = repository.made("build 3", 0).made("build 2", 0).made("build 1", 0);
    assert!(repository.goes(&names, &[], 1).iter().all(|name| name == "build 0"), "younger than a day");
}

#[test]
fn rp_6_an_index_keeps_what_it_lists_and_what_it_is_about() {
    let repository = Repository::whole()
        .add("index", &["2.0.0"])
        .add("part", &["sha-0123abc"])
        .add("deep", &[])
        .lists("index", &["part", "not there"])
        .lists("part", &["deep"])
        .add("statement", &["approved"])
        .add("subject", &["sha-0123abd"]);
    let mut repository = repository;
    repository.of("statement").subject = Some(Sha256::of("subject"));
    assert!(repository.goes(&["index", "part", "deep", "statement", "subject"], &[], 0).is_empty());
    let circle = Repository::whole().add("a", &[]).add("b", &[]).lists("a", &["b"]).lists("b", &["a"]);
    assert_eq!(circle.goes(&["a", "b"], &[], 0), ["a", "b"]);
}

#[test]
fn rp_6_where_not_everything_is_seen_less_goes() {
    let orphan = attached("not there", ".att");
    let build = |repository: Repository| {
        repository
            .add("old", &["sha-0123abc"])
            .about("signature of old", "old")
            .about("signature of what", "not there")
            .add("orphan", &[&orphan])
            .add("junk", &[])
    };
    let names = ["old", "signature of old", "signature of what", "orphan", "junk"];
    assert_eq!(build(Repository::whole()).goes(&names, &[], 0), names);
    assert_eq!(build(Repository::default()).goes(&names, &[], 0), ["old", "signature of old"]);
}

#[test]
fn rp_6_what_others_are_about_goes_first() {
    let repository = Repository::whole().add("old", &["sha-0123abc"]).about("z", "old").about("a", "old");
    let all: Vec<Sha256> = ["a", "old", "z"].iter().map(Sha256::of).collect();
    assert_eq!(order(&repository.0, &all).first(), Some(&Sha256::of("old")));
}

#[test]
fn tags_say_what_they_are() {
    assert_eq!(commit_of("sha-0123abc"), Some("0123abc"));
    for other in ["sha-", "sha-0123", "sha-0123ABC", "sha-zzzzzzz", "sha256-00", "0123abc"] {
        assert_eq!(commit_of(other), None, "{other}");
    }
    assert_eq!(about(&attached("x", ".sig")), Some(Sha256::of("x")));
    assert_eq!(about(&attached("x", "")), Some(Sha256::of("x")));
    for chosen in ["sha256-00", "1.0.0", "prod", "sha-0123abc"] {
        assert_eq!(about(chosen), None, "{chosen}");
    }
}

proptest! {
    /// Nothing that stays ever loses what it lists, what it is about, or what is about it.
    #[test]
    fn x20_nothing_that_stays_loses_anything(
        edges in proptest::collection::vec((0..8usize, 0..8usize, any::<bool>()), 0..20),
        tags in proptest::collection::vec(0..4usize, 8),
        whole in any::<bool>(),
        keep in 0..3usize,
    ) {
        let mut repository = if whole { Repository::whole() } else { Repository::default() };
        for (at, tag) in tags.iter().enumerate() {
            let about = attached(&((at + 3) % 8).to_string(), "");
            let build = format!("sha-000000{at}");
            let tags: &[&str] = match tag { 0 => &[], 1 => &["chosen"], 2 => &[&build], _ => &[&about] };
            repository = repository.add(&at.to_string(), tags);
        }
        for (one, other, lists) in edges {
            let digest = Sha256::of(other.to_string());
            let manifest = repository.of(&one.to_string());
            if lists { manifest.children.push(digest) } else { manifest.subject = Some(digest) }
        }
        let needs = Needs { named: BTreeMap::new(), keep, now: Timestamp::from_seconds(NOW) };
        let fates = decide(&repository.0, &needs);
        let stays = |digest: &Sha256| matches!(fates.get(digest), None | Some(Fate::Stays(_)));
        for (digest, manifest) in &repository.0.manifests {
            let chosen = manifest.tags.contains("chosen");
            prop_assert!(!chosen || stays(digest));
            let abouts: Vec<Sha256> =
                manifest.subject.into_iter().chain(manifest.tags.iter().filter_map(|tag| about(tag))).collect();
            if stays(digest) {
                prop_assert!(manifest.children.iter().chain(&manifest.subject).all(stays));
            } else {
                prop_assert!(!abouts.iter().any(|about| fates.contains_key(about) && stays(about)));
            }
        }
    }
}
