//! Whether a workflow that is there is the one that would be written today.

use crate::model::Sha256;

/// What the first line begins with.
const FIRST: &str = "# Written by `git lineage init --github`, git-lineage ";

/// The program's version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The two lines above a workflow: who wrote it, from what, and what it was when it was written.
pub(super) fn header(inputs: Sha256, body: Sha256) -> String {
    format!(
        "{FIRST}{VERSION}. Change lineage.toml, not this file.\n\
         # inputs sha256:{inputs}, body sha256:{body}\n"
    )
}

/// How a generated file stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is not there.
    Missing,
    /// It is what would be written today.
    Current,
    /// It is what was written then, and today something else would be: with the reason.
    Stale(String),
    /// Somebody changed it, or it was never written by this program.
    Edited,
}

impl State {
    /// How a file stands against what would be written.
    pub fn of(wanted: &str, found: Option<&[u8]>) -> Self {
        let Some(found) = found else { return Self::Missing };
        if found == wanted.as_bytes() {
            return Self::Current;
        }
        let Some((then, now)) = std::str::from_utf8(found).ok().and_then(read).zip(read(wanted)) else {
            return Self::Edited;
        };
        if then.body != Sha256::of(then.text).to_string() {
            return Self::Edited;
        }
        Self::Stale(if then.version != now.version {
            format!("git-lineage {} wrote it, this is {}", then.version.escape_debug(), now.version)
        } else if then.inputs != now.inputs {
            "lineage.toml changed since".to_owned()
        } else {
            "it is not what is written from the same inputs today".to_owned()
        })
    }
}

/// A generated file, taken apart.
struct Read<'a> {
    version: &'a str,
    inputs: &'a str,
    body: &'a str,
    text: &'a str,
}

fn read(text: &str) -> Option<Read<'_>> {
    let (first, rest) = text.split_once('\n')?;
    let (second, text) = rest.split_once('\n')?;
    let (version, _) = first.strip_prefix(FIRST)?.split_once(". ")?;
    let (inputs, body) = second.strip_prefix("# inputs sha256:")?.split_once(", body sha256:")?;
    Some(Read { version, inputs, body, text })
}
