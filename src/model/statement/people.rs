//! What people do, say and sign: commits, reviews, waivers, changes of the policy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::About;
use crate::model::{Oid, Sha256, Stage, Timestamp};

/// A commit of a contribution, as far as version and changelog need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCommit {
    /// Its id at the time; a label, since squashing changes it.
    pub commit: Oid,
    /// Author name and address, as git prints them.
    pub author: String,
    /// Who committed it, where that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committer: Option<String>,
    /// The whole message.
    pub message: String,
}

/// That people read a contribution: the subject is its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Repository, chart, time, git objects.
    #[serde(flatten)]
    pub about: About,
    /// The accounts that approved, by the forge's numbers. Of a person's own statement only the signer's
    /// counts.
    pub approvers: Vec<String>,
    /// The account that made the contribution, if the forge tells. A person's own statement has none.
    pub author: Option<String>,
    /// The head that was approved: a label, since squashing changes it.
    pub head: Oid,
}

/// That a missing or failed check is accepted for this content, for once: the subject is the content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiver {
    /// Repository, chart, time, git objects.
    #[serde(flatten)]
    pub about: About,
    /// The check key.
    pub check: String,
    /// The stage whose content it is about.
    pub stage: Stage,
    /// Digest of the check's definition in the policy: under another one it is another check.
    pub definition: Sha256,
    /// Digest of the listing of the check's declared inputs.
    pub inputs: Sha256,
    /// Content digests of the charts of this repository it depends on, by directory.
    #[serde(default)]
    pub dependencies: BTreeMap<String, Sha256>,
    /// The commits of the contribution, newest first.
    #[serde(default)]
    pub commits: Vec<SourceCommit>,
    /// What it stands for: why the check did not hold when this was written.
    #[serde(default)]
    pub instead: String,
    /// Why, in the signer's words.
    pub reason: String,
    /// Until when a release may be made with it.
    pub expires: Timestamp,
    /// The account that takes responsibility: the signer's.
    pub account: String,
}

impl Waiver {
    /// The longest a waiver may last, in seconds: 90 days. A longer one is not believed.
    pub const LONGEST: i64 = 90 * 24 * 60 * 60;

    /// How long one lasts where nobody says, in seconds: 30 days.
    pub const USUAL: i64 = 30 * 24 * 60 * 60;

    /// When a waiver ends that is to last until `text`: a day (`2026-12-31`, to its end in UTC), a moment
    /// (RFC 3339), or hours, days or weeks from now (`12h`, `30d`, `2w`); without it, 30 days from now.
    ///
    /// # Errors
    /// A sentence: not readable, over already, or longer than [`Self::LONGEST`].
    pub fn until(text: Option<&str>, now: Timestamp) -> Result<Timestamp, String> {
        let now = now.seconds();
        let Some(text) = text.map(str::trim) else {
            return Ok(Timestamp::from_seconds(now.saturating_add(Self::USUAL)));
        };
        let end = span(text).map(|span| now.saturating_add(span)).or_else(|| moment(text));
        let end = end.ok_or_else(|| format!("`{text}` is neither a date nor a duration"))?;
        if end <= now {
            return Err(format!("{text} is over already"));
        }
        if end.saturating_sub(now) > Self::LONGEST {
            return Err(format!("{text} is more than 90 days away"));
        }
        Ok(Timestamp::from_seconds(end))
    }

    /// The record of a waiver of a check: `w1-waive-lint-test-v1.32.11`.
    pub fn record(stage: Stage, check: &str) -> String {
        format!("w{}-waive-{check}", stage.number())
    }
}

impl Review {
    /// The record of a review that lists approvers; a person's own has the account behind it.
    pub const RECORD: &str = "w1-review";

    /// The record of one person's own review: `w1-review-1002`.
    pub fn record_of(account: &str) -> String {
        format!("{}-{account}", Self::RECORD)
    }

    /// Whether a record's name is a review's.
    pub fn is_record(name: &str) -> bool {
        name.strip_prefix(Self::RECORD).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

/// `12h`, `30d`, `2w` in seconds.
fn span(text: &str) -> Option<i64> {
    let hours = [("h", 1), ("d", 24), ("w", 7 * 24)];
    let (number, hours) = hours.into_iter().find_map(|(unit, hours)| Some((text.strip_suffix(unit)?, hours)))?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse::<i64>().ok().filter(|_| digits)?.checked_mul(hours * 60 * 60)
}

/// The end of a day in UTC, or a moment as RFC 3339 has it, in seconds since the epoch.
fn moment(text: &str) -> Option<i64> {
    if text.len() == 10 {
        let midnight = Timestamp::parse(&format!("{text}T00:00:00Z"))?;
        return midnight.seconds().checked_add(24 * 60 * 60);
    }
    Timestamp::parse(text).map(Timestamp::seconds)
}

/// Everybody a commit names: author, committer, and who its `Co-authored-by` lines say, each as an address
/// in small letters. A name without an address is kept whole: nobody is known by it.
pub fn addresses(commit: &SourceCommit) -> Vec<String> {
    let trailer = |line: &str| {
        let (key, value) = line.trim().split_once(':')?;
        key.trim().eq_ignore_ascii_case("co-authored-by").then(|| value.to_owned())
    };
    let together = commit.message.lines().filter_map(trailer);
    let people = std::iter::once(commit.author.clone()).chain(commit.committer.clone()).chain(together);
    people.map(|person| address(&person)).collect()
}

/// The address in `Name <address>`, in small letters; the whole text where it has none.
pub fn address(person: &str) -> String {
    let inside = person.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address);
    inside.unwrap_or(person).trim().to_lowercase()
}

/// That a change of what `lineage.toml` trusts or requires is meant: the subject is `lineage.toml` with the
/// sha256 of its new bytes. Good for that change once: where the trust moved on since `base` and came back,
/// it is an old statement, not a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyChange {
    /// The repository's id, before and after.
    pub repository: String,
    /// When the signer says it was made.
    pub time: Timestamp,
    /// main's commit the change was made upon: the trust stayed what it is there until the change landed.
    pub base: Oid,
    /// The trust digest before.
    pub from: Sha256,
    /// The trust digest after.
    pub to: Sha256,
    /// Why, in a person's words.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn until(text: &str) -> Result<String, String> {
        let now = Timestamp::parse("2026-11-21T08:30:00Z").expect("a moment");
        Waiver::until(Some(text), now).map(|end| end.to_string())
    }

    #[test]
    fn a_waiver_ends_when_it_says() {
        let now = Timestamp::from_seconds(0);
        assert_eq!(Waiver::until(None, now), Ok(Timestamp::from_seconds(30 * 24 * 60 * 60)));
        for (text, end) in [
            ("12h", "2026-11-21T20:30:00Z"),
            ("30d", "2026-12-21T08:30:00Z"),
            (" 2w ", "2026-12-05T08:30:00Z"),
            ("90d", "2027-02-19T08:30:00Z"),
            ("2026-11-21", "2026-11-22T00:00:00Z"),
            ("2026-12-31T12:00:00+01:00", "2026-12-31T11:00:00Z"),
        ] {
            assert_eq!(until(text), Ok(end.to_owned()), "{text}");
        }
        for text in ["", "d", "soon", "-1d", "+1d", "1.5d", "1m", "2026-13-01", "9223372036854775807w", "٣d"] {
            assert!(until(text).is_err_and(|why| why.contains("neither a date nor a duration")), "{text}");
        }
        for text in ["0d", "2026-11-20", "2026-11-21T08:30:00Z"] {
            assert!(until(text).is_err_and(|why| why.contains("is over already")), "{text}");
        }
        for text in ["91d", "2161h", "13w", "2027-02-19", "9999-01-01T00:00:00Z"] {
            assert!(until(text).is_err_and(|why| why.contains("more than 90 days")), "{text}");
        }
    }

    #[test]
    fn a_commit_names_people_by_their_addresses() {
        let mut commit = SourceCommit {
            commit: Oid::parse(&"a".repeat(40)).expect("an id"),
            author: "Ada <evil@example.org> <Ada@Example.org>".to_owned(),
            committer: Some("no address".to_owned()),
            message:
                "feat: x\n\nCo-Authored-By: Bob <bob@example.org>\n  co-authored-by : <c@d>\nReviewed-by: E <e@f>"
                    .to_owned(),
        };
        assert_eq!(addresses(&commit), ["ada@example.org", "no address", "bob@example.org", "c@d"]);
        // One that was written before committers were told reads as before.
        commit.committer = None;
        let text = serde_json::to_string(&commit).expect("serializable");
        assert!(!text.contains("committer"), "{text}");
        assert_eq!(serde_json::from_str::<SourceCommit>(&text).expect("readable"), commit);
    }

    #[test]
    fn records_of_people_have_names_of_their_own() {
        assert_eq!(Waiver::record(Stage::Bump, "lint-test-v1"), "w5-waive-lint-test-v1");
        assert_eq!(Review::record_of("1002"), "w1-review-1002");
        for (name, is) in
            [("w1-review", true), ("w1-review-1002", true), ("w1-reviewer", false), ("w1-lint", false)]
        {
            assert_eq!(Review::is_record(name), is, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_expiry_panics_and_none_lasts_too_long(text in "\\PC{0,30}", now in any::<i64>()) {
            if let Ok(end) = Waiver::until(Some(&text), Timestamp::from_seconds(now)) {
                prop_assert!(end.seconds() > now && end.seconds().saturating_sub(now) <= Waiver::LONGEST);
            }
        }

        #[test]
        fn every_text_has_an_address(person in "\\PC{0,40}") {
            let _ = address(&person);
        }
    }
}
