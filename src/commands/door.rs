//! What comes in at the door, as values: the floors below ask no clock, no environment and no dice.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::{Failure, Timestamp};
use crate::pipeline::hub::{Hub, access, access_of};
use crate::pipeline::signing::{Secret, TokenFrom};

/// What the process was started with.
#[derive(Debug)]
pub struct Door {
    /// With the program's name.
    pub arguments: Vec<OsString>,
    /// Every variable.
    pub environment: BTreeMap<OsString, OsString>,
    /// The moment it began.
    pub clock: SystemTime,
    /// 16 random bytes, if the operating system gave any.
    pub random: Option<[u8; 16]>,
}

/// What says who somebody is, and nothing of what is built or where it goes.
const CREDENTIALS: [&str; 4] = ["LINEAGE_KEY", "LINEAGE_APP_ID", "LINEAGE_APP_KEY", "LINEAGE_APP_INSTALLATION"];

/// The environment. An empty variable counts as not set, as CI systems hand on secrets that do not exist.
#[derive(Debug, Default)]
pub(super) struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    pub(super) fn new(variables: BTreeMap<OsString, OsString>) -> Self {
        Self(variables)
    }

    /// A variable's value.
    pub(super) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Whether this is a CI job: `CI` is set, and not to `false` or `0`.
    pub(super) fn ci(&self) -> bool {
        self.get("CI").is_some_and(|value| !value.eq_ignore_ascii_case("false") && value != "0")
    }

    /// Whether colour is unwanted: `NO_COLOR` (no-color.org), or a terminal that has none.
    pub(super) fn no_colour(&self) -> bool {
        self.get("NO_COLOR").is_some() || self.get("TERM").is_some_and(|term| term == "dumb")
    }

    /// In a CI job nothing but committed files decides what is built and where it goes. A variable that
    /// looks as if it did is refused rather than ignored, so that nobody believes it worked.
    pub(super) fn refuse_overrides(&self, verb: &str) -> Result<(), Failure> {
        if !self.ci() {
            return Ok(());
        }
        let names = self.0.keys().filter_map(|name| name.to_str());
        let mut overrides = names
            .filter(|name| !CREDENTIALS.contains(name))
            .filter(|name| name.starts_with("LINEAGE_") || name.starts_with("GIT_LINEAGE_"));
        match overrides.next() {
            None => Ok(()),
            Some(name) => Err(Failure::usage(format!(
                "`{name}` is set, and in CI nothing in the environment changes `{verb}`"
            ))
            .because("what is built and where it goes is decided by lineage.toml on the protected branch alone")
            .hint(format!("unset `{name}`; to change the destination, change lineage.toml"))),
        }
    }

    /// The identity token of this environment: `SIGSTORE_ID_TOKEN`, as GitLab and others hand it to a job and
    /// cosign takes it, or what a job of GitHub Actions may ask for; `made` is told of each token that this gives.
    pub(super) fn token(&self, made: fn(&str)) -> TokenFrom {
        let text = |name: &str| self.get(name).and_then(OsStr::to_str);
        if let Some(token) = text("SIGSTORE_ID_TOKEN") {
            return TokenFrom::Value(Secret::new(token));
        }
        let job = (text("ACTIONS_ID_TOKEN_REQUEST_URL"), text("ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
        if let (Some(url), Some(bearer)) = job {
            return TokenFrom::Job { url: url.to_owned(), bearer: Secret::new(bearer), made };
        }
        TokenFrom::Nowhere(if self.get("GITHUB_ACTIONS").is_some() {
            Failure::usage("this job may not ask for an identity token")
                .because("it has no `id-token: write`: ACTIONS_ID_TOKEN_REQUEST_URL and its token are not set")
                .hint("give the job `permissions: id-token: write`; runs for pull requests of forks never have it")
        } else {
            Failure::usage("there is no identity token to sign keyless with")
                .because("none was given, and this is no CI job that has one")
                .hint("name a file with --identity-token-file, set SIGSTORE_ID_TOKEN, or sign in a CI job")
        })
    }

    /// How GitHub is reached: as a job of Actions says it, or a person. An App comes before a token, since what
    /// `GITHUB_TOKEN` does starts no workflow.
    pub(super) fn hub(&self) -> Hub {
        let text = |name: &str| self.get(name).and_then(OsStr::to_str);
        let app = (text("LINEAGE_APP_ID"), text("LINEAGE_APP_KEY"));
        let access = match (app, text("GITHUB_TOKEN").or_else(|| text("GH_TOKEN"))) {
            ((Some(id), Some(key)), _) => access(id, key, text("LINEAGE_APP_INSTALLATION")),
            ((None, None), token) => Ok(access_of(token)),
            _ => Err(Failure::usage("only one of LINEAGE_APP_ID and LINEAGE_APP_KEY is set")
                .hint("set both to act as a GitHub App, or neither")),
        };
        let owned = |name: &str| text(name).map(str::to_owned);
        Hub::new(owned("GITHUB_API_URL"), owned("GITHUB_REPOSITORY"), owned("GITHUB_EVENT_NAME"), access)
    }

    /// The moment this command began: `GIT_COMMITTER_DATE`, where it is a date in a form that needs no
    /// guessing, as git takes it for the commits and tags it makes; otherwise the clock.
    pub(super) fn now(&self, clock: SystemTime) -> Timestamp {
        let set = self.get("GIT_COMMITTER_DATE").and_then(OsStr::to_str).and_then(date);
        set.unwrap_or_else(|| {
            // A clock before 1970 is shown as the epoch; it is never trusted for a verdict.
            let since = clock.duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
        })
    }
}

/// `<seconds> <zone>`, `@<seconds>` with or without a zone, or RFC 3339. The zone moves no moment.
fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (number, at) = text.strip_prefix('@').map_or((text, false), |rest| (rest, true));
    let (seconds, rest) = number.split_once(' ').map_or((number, None), |(seconds, zone)| (seconds, Some(zone)));
    let raw = seconds.bytes().all(|byte| byte.is_ascii_digit());
    if raw && (at && rest.is_none() || rest.is_some_and(zone)) {
        return seconds.parse().ok().map(Timestamp::from_seconds);
    }
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_seconds(moment.as_second()))
}

/// `+0100`.
fn zone(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or_default();
    digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A UUID of version 4 (RFC 9562, section 5.4).
pub(super) fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let part = |from: usize, to: usize| hex::encode(bytes.get(from..to).unwrap_or_default());
    [part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 16)].join("-")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::model::Exit;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(variables.iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    #[test]
    fn a_committer_date_is_the_clock_where_it_needs_no_guessing() {
        let clock = UNIX_EPOCH + Duration::from_secs(7);
        let now = |date: &str| environment(&[("GIT_COMMITTER_DATE", date)]).now(clock).seconds();
        assert_eq!(now("1700000000 +0100"), 1_700_000_000);
        assert_eq!(now("@1700000000"), 1_700_000_000);
        assert_eq!(now("@5 -0330"), 5);
        assert_eq!(now("2023-11-14T22:13:20Z"), 1_700_000_000);
        assert_eq!(now("2023-11-14T23:13:20+01:00"), 1_700_000_000);
        for guess in ["", "yesterday", "1700000000", "1700000000 CET", "@", "99999999999999999999 +0000"] {
            assert_eq!(now(guess), 7, "{guess:?}");
        }
    }

    #[test]
    fn ci_refuses_every_override_but_the_key() {
        let refused = |variables: &[(&str, &str)]| environment(variables).refuse_overrides("build");
        let failure = refused(&[("CI", "true"), ("LINEAGE_REGISTRY", "evil")]).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.what.contains("`LINEAGE_REGISTRY`"), "{}", failure.what);
        assert!(refused(&[("CI", "true"), ("GIT_LINEAGE_OCI", "")]).is_err());
        assert_eq!(refused(&[("CI", "true"), ("LINEAGE_KEY", "/k"), ("PATH", "/bin")]), Ok(()));
        assert_eq!(refused(&[("CI", "false"), ("LINEAGE_OCI", "x")]), Ok(()));
        assert_eq!(refused(&[("LINEAGE_OCI", "x")]), Ok(()));
    }

    #[test]
    fn a_token_is_given_or_the_jobs_own() {
        assert!(matches!(environment(&[("SIGSTORE_ID_TOKEN", "t")]).token(|_| {}), TokenFrom::Value(_)));
        let url = ("ACTIONS_ID_TOKEN_REQUEST_URL", "http://runner");
        let bearer = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "b");
        assert!(matches!(environment(&[url, bearer]).token(|_| {}), TokenFrom::Job { .. }));
        let why = |variables: &[(&str, &str)]| match environment(variables).token(|_| {}) {
            TokenFrom::Nowhere(failure) => format!("{failure:?}"),
            other => panic!("{other:?}"),
        };
        assert!(why(&[("GITHUB_ACTIONS", "true"), url]).contains("id-token: write"));
        assert!(why(&[]).contains("SIGSTORE_ID_TOKEN"));
        let shown = format!("{:?}", environment(&[("SIGSTORE_ID_TOKEN", "hidden")]).token(|_| {}));
        assert!(!shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    proptest! {
        #[test]
        fn no_date_panics(text in "\\PC*") {
            let _ = date(&text);
        }

        #[test]
        fn a_raw_date_is_read_as_written(seconds in 0i64..=4_102_444_800) {
            prop_assert_eq!(date(&format!("{seconds} +0000")).map(Timestamp::seconds), Some(seconds));
        }
    }
}
