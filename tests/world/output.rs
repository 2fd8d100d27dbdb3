//! What a command said, made comparable.

use std::path::Path;

use expect_test::{Expect, expect_file};

/// A finished command. Whoever runs one looks at how it ended.
#[must_use = "either compare the output or assert the exit code with .exits(…)"]
#[derive(Debug)]
pub(crate) struct Output {
    /// What was run, for messages.
    what: String,
    pub(crate) code: i32,
    /// As it came; for JSON and listings.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    pub(crate) fn new(what: String, output: &std::process::Output) -> Self {
        Self {
            what,
            // A signal has no code; -1 is none that we ever give.
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The exit code and both streams as one text, without what differs from run to run: the world's
    /// directory, and what hangs on a signature (ECDSA draws a random number each time).
    pub(crate) fn text(&self) -> String {
        let mut text = format!("exit {}\n", self.code);
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                text.push_str(&format!("--- {name}\n{stream}"));
                if !stream.ends_with('\n') {
                    text.push('\n');
                }
            }
        }
        // A path that was recorded at a stop names the world it was recorded in.
        let tmp = format!("{}/", env!("CARGO_TARGET_TMPDIR"));
        let mut parts = text.split(&tmp);
        let mut same = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(part.len());
            same.push_str("[TMP]");
            same.push_str(&part[end..]);
        }
        without_digests(&same)
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert!(self.code == code, "{} was to exit {code}:\n{}", self.what, self.text());
        assert!(!self.stderr.contains("panicked at"), "{} panicked:\n{}", self.what, self.text());
        self
    }

    /// Asserts exit 0 and lets go of the output.
    #[track_caller]
    pub(crate) fn succeeds(self) {
        drop(self.exits(0));
    }

    /// Lets go of an output that was looked at.
    pub(crate) fn done(self) {
        drop(self);
    }

    /// Asserts that the text holds each of these.
    #[track_caller]
    pub(crate) fn says(self, sentences: &[&str]) -> Self {
        let text = self.text();
        for sentence in sentences {
            assert!(text.contains(sentence), "{} was to say {sentence:?}:\n{text}", self.what);
        }
        self
    }

    /// Asserts that the text holds none of these.
    #[track_caller]
    pub(crate) fn says_nothing_of(self, sentences: &[&str]) -> Self {
        let text = self.text();
        for sentence in sentences {
            assert!(!text.contains(sentence), "{} was not to say {sentence:?}:\n{text}", self.what);
        }
        self
    }

    /// Compares the whole answer.
    #[track_caller]
    pub(crate) fn is(self, expected: Expect) {
        assert!(!self.stderr.contains("panicked at"), "{} panicked:\n{}", self.what, self.text());
        expected.assert_eq(&self.text());
    }

    /// Asserts that each of these links of a `verify --json` is found broken, and gives the steps that are.
    #[track_caller]
    pub(crate) fn breaks(&self, links: &[&str]) -> Vec<(String, String)> {
        let broken = self.broken();
        for link in links {
            assert!(broken.iter().any(|(name, _)| name == link), "{link} was to be broken:\n{broken:#?}");
        }
        broken
    }

    /// The links of a `verify --json` that do not hold, each with its reason.
    #[track_caller]
    pub(crate) fn broken(&self) -> Vec<(String, String)> {
        let json = self.json();
        let steps = json.pointer("/releases/0/verdict/steps").and_then(|steps| steps.as_array()).cloned();
        let word = |step: &serde_json::Value, name: &str| step[name].as_str().unwrap_or_default().to_owned();
        steps
            .unwrap_or_default()
            .iter()
            .filter(|step| ["gap", "conflict", "undetermined"].contains(&&*word(step, "state")))
            .map(|step| (word(step, "link"), word(step, "reason")))
            .collect()
    }

    /// Compares the whole answer with `tests/snapshots/<name>.txt`: for what is too long to stand in a test.
    #[track_caller]
    pub(crate) fn matches_file(self, name: &str) {
        assert!(!self.stderr.contains("panicked at"), "{} panicked:\n{}", self.what, self.text());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(format!("{name}.txt"));
        expect_file![path].assert_eq(&self.text());
    }

    /// stdout as the one JSON document it has to be.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{} printed no JSON ({e}):\n{}", self.what, self.text()))
    }
}

/// Replaces words that are 40 hex digits by `[oid]`, 64 by `[sha256]`, and 12 hex digits or 10 to 15
/// decimal ones (a shortened digest, an attestation's label) by `[id]`.
fn without_digests(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if word == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (head, tail) = rest.split_at(word);
        let hex = head.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let decimal = head.bytes().all(|b| b.is_ascii_digit());
        // The last group of a UUID is always the same.
        let uuid = out.ends_with('-');
        out.push_str(match head.len() {
            40 if hex => "[oid]",
            64 if hex => "[sha256]",
            12 if hex && !uuid => "[id]",
            10..=15 if decimal && !uuid => "[id]",
            _ => head,
        });
        rest = tail;
    }
    out
}

#[test]
fn digests_are_hidden_and_nothing_else() {
    let sha1 = "0123456789abcdef0123456789abcdef01234567";
    let text =
        format!("at {sha1}, sha256:{}{}, 0123456789ab, id 123456789012345, v1.2.3", &sha1[..32], &sha1[..32]);
    assert_eq!(without_digests(&text), "at [oid], sha256:[sha256], [id], id [id], v1.2.3");
}
