//! `verify`.

use std::path::PathBuf;

use super::Key;
use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::verify::{self, Options};
use crate::terminal::{drawing, verdict};

/// Prove releases from this clone, offline
///
/// Goes the whole way back: the tag, the commit it stands on, version and changelog, the links to the
/// contribution, every required check with its signature, and the package, which is built again and compared
/// byte for byte. Every step is shown with its number, and all that fail, not only the first: `ok` holds,
/// `GAP` does not, `~~` is waived, `??` could not be told, `!!` contradicts what was seen before, `--` was not
/// asked for.
///
/// A repository cannot vouch for itself, so the verdict says what it is measured against: a policy given with
/// `--policy` or `--policy-from`, or the pin the first `sync` or `verify` in this clone wrote. Commits, files
/// (`.tgz`) and `oci://NAME@sha256:DIGEST` are traced to the tag they belong to.
///
/// A check that somebody waived (see `git lineage waive`) is always shown. Such a release is not proven: exit
/// code 1, or 0 with `--allow-waivers` or where the policy says `allow-waivers = true`.
///
/// With `--remote` it also looks at what is published, as a stranger would: that the release is public and on this very
/// tag, that each of its files has the bytes this clone gives and no other is there, that the registry serves the
/// manifest the tag predicts, with its signatures, and that the index lists it. What could not be looked at is never
/// taken for good: exit code 3.
///
/// Otherwise it reads the clone alone. By itself it writes the pin, and below `.git/lineage/cache` the signatures it found
/// good and how far it walked main's history, which can be taken away at any time. Exit code 0 proven, 1 not proven or a
/// release from before lineage, 3 something needed is not here, 4 the tag or the repository is not the one this clone
/// first saw.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Tags, commits, package files, `oci://NAME@sha256:DIGEST`
    #[arg(value_name = "SUBJECT", required_unless_present = "all")]
    subjects: Vec<String>,
    /// Every release tag
    #[arg(long, conflicts_with = "subjects")]
    all: bool,
    /// A package file that must be the release's; for a single SUBJECT
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    package: Option<PathBuf>,
    /// The policy file the verdict is measured against
    #[arg(long, value_name = "FILE", conflicts_with = "policy_from")]
    policy: Option<PathBuf>,
    /// The ref whose lineage.toml the verdict is measured against
    #[arg(long, value_name = "REF")]
    policy_from: Option<String>,
    /// The I-th of N parts of --all, from 1
    #[arg(long, value_name = "I/N", conflicts_with = "subjects", value_parser = shard)]
    shard: Option<(usize, usize)>,
    /// Write the verdict to FILE as a SLSA verification summary (`slsa.dev/verification_summary/v1`); for a
    /// single SUBJECT. Signed as a Sigstore bundle where there is a key, otherwise the bare statement. It says
    /// PASSED for a proven release alone; an earlier file there is taken away first
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    vsa: Option<PathBuf>,
    #[command(flatten)]
    pub(super) private: Key,
    /// Accept waived checks: exit code 0 where nothing else is missing
    #[arg(long)]
    allow_waivers: bool,
    /// Compare with what is published, too: the release and its files, the registry, the index
    #[arg(long, conflicts_with = "vsa")]
    remote: bool,
}

/// `2/4`.
fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(at, of)| Some((at.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((at, of)) if (1..=of).contains(&at) => Ok((at, of)),
        _ => Err("expected I/N with I from 1 to N, such as 2/4".to_owned()),
    }
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let Args { subjects, all, package, policy, policy_from, shard, vsa, allow_waivers, remote, private: _ } = args;
    if package.is_some() && subjects.len() != 1 {
        return Err(Failure::usage("`--package` belongs to one release, and several are asked for")
            .hint("name the one tag the package is said to be of"));
    }
    if vsa.is_some() && subjects.len() != 1 {
        return Err(Failure::usage("`--vsa` is about one release, and several are asked for")
            .hint("verify them one by one"));
    }
    let options = Options { subjects, all, package, policy, policy_from, shard, vsa, allow_waivers };
    let report = session.work(|cx| {
        if remote {
            Session::wait(verify::with_remote(cx, &options, drawing::document))
        } else {
            verify::run(cx, &options)
        }
    })?;
    session.say(&report, verdict::verify)?;
    Ok(report.exit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_lies_within_its_number() {
        assert_eq!(shard("1/1"), Ok((1, 1)));
        assert_eq!(shard("2/4"), Ok((2, 4)));
        for wrong in ["0/4", "5/4", "1/0", "a/b", "1", "1/", "/", "-1/2", "1/2/3"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }
}
