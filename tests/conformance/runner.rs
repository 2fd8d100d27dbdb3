//! Judges a case with the real binary, from what lies in its directory and nothing else.

use serde_json::Value;

use super::case::{Anchor, Place};
use crate::world::{Output, Site, World};

/// Everything a clone has to bring along besides branches and tags.
const REFSPECS: [&str; 2] = ["+refs/notes/*:refs/notes/*", "+refs/lineage/*:refs/lineage/*"];

/// What came out, held against what had to.
pub(super) struct Outcome {
    pub(super) id: String,
    pub(super) family: String,
    /// Nothing where it is as expected.
    pub(super) wrong: Option<String>,
}

/// Judges the case in a world.
pub(super) fn judge(world: &World) -> Outcome {
    let text = std::fs::read_to_string(world.path("case.json")).expect("a case has this");
    let case: Value = serde_json::from_str(&text).expect("it is JSON");
    let word = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
    let anchor = Anchor::ALL.into_iter().find(|anchor| anchor.word() == word("anchor")).expect("a known anchor");
    let place = Place::ALL.into_iter().find(|place| place.word() == word("clone")).expect("a known place");
    let mut verify = vec!["verify".to_owned(), "--json".to_owned()];
    if let Some(root) = case["trusted_root"].as_str() {
        verify.extend(["--trusted-root".to_owned(), world.path(root).display().to_string()]);
    }
    if case["allow_waivers"] == true {
        verify.push("--allow-waivers".to_owned());
    }
    let seen = Seen {
        verify: [&verify[..], &[word("subject")]].concat(),
        // Proven, or not there yet.
        exits: case["seen_exit"].as_i64().map_or(vec![0, 2], |exit| vec![exit]),
    };
    let wrong = match site(world, place, anchor, &seen) {
        Err(why) => Some(why),
        Ok(site) => {
            let mut words = verify;
            if anchor == Anchor::Policy {
                words.extend(["--policy".to_owned(), world.path("policy.toml").display().to_string()]);
            }
            if let Some(package) = case["package"].as_str() {
                words.extend(["--package".to_owned(), world.path(package).display().to_string()]);
            }
            let subject = word("subject").replace("package.tgz", &world.path("package.tgz").display().to_string());
            words.push(subject);
            differs(&site.lineage(words), &case["expect"])
        }
    };
    Outcome { id: word("id"), family: word("family"), wrong }
}

/// The first look at what was seen.
struct Seen {
    verify: Vec<String>,
    exits: Vec<i64>,
}

/// The clone a verdict is asked of.
fn site<'w>(world: &'w World, place: Place, anchor: Anchor, seen: &Seen) -> Result<Site<'w>, String> {
    let ledger: Vec<String> = REFSPECS.iter().map(|spec| format!("remote.origin.fetch={spec}")).collect();
    let ledger: Vec<&str> = ledger.iter().flat_map(|spec| ["-c", spec]).collect();
    let with = |more: &[&'static str]| [&["--template="][..], more, &ledger].concat();
    let url = |name: &str| format!("file://{}", world.path(name).display());
    if place == Place::Itself {
        return Ok(world.origin());
    }
    if anchor == Anchor::Seen {
        let home = world.site(".", None);
        let (from, words) = (url("seen.git"), with(&["clone", "-q"]));
        home.git([&words[1..3], &words[..1], &words[3..], &[&from, "stranger"]].concat());
        let site = world.site("stranger", None);
        let before = site.lineage(&seen.verify);
        if !seen.exits.contains(&i64::from(before.code)) {
            return Err(format!("seen.git is not as expected to begin with: {}", before.text()));
        }
        site.git(["remote", "set-url", "origin", &url("origin.git")]);
        site.git(["config", "--add", "remote.origin.fetch", "+refs/tags/*:refs/tags/*"]);
        site.git(["fetch", "-q", "--force", "--prune", "--update-shallow", "origin"]);
        return Ok(site);
    }
    Ok(match place {
        Place::WithoutLedger => world.clone("stranger", &["--template="]),
        Place::Shallow => world.clone("stranger", &with(&["--depth=1", "--no-single-branch"])),
        Place::Partial => world.clone("stranger", &with(&["--filter=blob:none", "--no-checkout"])),
        Place::Mirror => world.clone("stranger", &["--template=", "--mirror"]),
        Place::Clone | Place::Itself => world.clone("stranger", &with(&[])),
    })
}

/// How an answer differs from the expected one.
fn differs(output: &Output, expect: &Value) -> Option<String> {
    let list = |name: &str| -> Vec<String> {
        let words = expect[name].as_array().map(Vec::as_slice).unwrap_or_default();
        words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let exit = expect["exit"].as_i64();
    let (mut named, broken) = (Vec::new(), broken(output));
    for (link, reason) in &broken {
        // What merely rests on a broken link is not broken itself.
        if !reason.starts_with("not reached") && !named.contains(link) {
            named.push(link.clone());
        }
    }
    let wanted = list("links");
    let missing = wanted.iter().any(|link| !named.contains(link));
    let beside = named.iter().any(|link| !wanted.contains(link) && !falls_along(link, &wanted));
    let text = output.text();
    let silent: Vec<String> = list("words").into_iter().filter(|word| !text.contains(word)).collect();
    if exit == Some(i64::from(output.code))
        && !missing
        && !beside
        && silent.is_empty()
        && !text.contains("panicked at")
    {
        return None;
    }
    let reasons: Vec<String> = broken.iter().map(|(link, reason)| format!("\n      {link}: {reason}")).collect();
    let stderr = output.stderr.trim();
    Some(format!(
        "exit {} for {}, named {named:?} for {wanted:?}, words missing {silent:?}{}{}{stderr}",
        output.code,
        exit.unwrap_or(-1),
        reasons.concat(),
        if stderr.is_empty() { "" } else { "\n      " },
    ))
}

/// Whether a link may be named beside the wanted ones, because it rests on one of them: a statement over a
/// map falls with its parts, what is signed after the tag falls with the tag and its payload, and the links
/// of a content that is not on main have nothing to start from.
fn falls_along(link: &str, wanted: &[String]) -> bool {
    let broken = |name: &str| wanted.iter().any(|link| link == name);
    let after_the_tag = ["w6-tag", "package", "previous"].contains(&link) || link.starts_with("w7-");
    link.ends_with("-overall")
        || (broken("payload") && after_the_tag)
        || (broken("tag") && (after_the_tag || link == "chart"))
        || ((broken("w6-tag") || broken("package")) && link.starts_with("w7-"))
        || (broken("main") && link == "w5-semver-bump")
}

/// The links that do not hold, each with its reason.
fn broken(output: &Output) -> Vec<(String, String)> {
    let Ok(json) = serde_json::from_str::<Value>(&output.stdout) else { return Vec::new() };
    let releases = json["releases"].as_array().cloned().unwrap_or_default();
    let steps = releases.iter().filter_map(|release| release.pointer("/verdict/steps")?.as_array());
    let word = |step: &Value, name: &str| step[name].as_str().unwrap_or_default().to_owned();
    let fails = |step: &&Value| ["gap", "conflict", "undetermined"].contains(&&*word(step, "state"));
    steps.flatten().filter(fails).map(|step| (word(step, "link"), word(step, "reason"))).collect()
}
