//! Conventional commits: what a commit message says about the release.

use git_conventional::Commit;

use super::statement::SourceCommit;

/// How much a change moves the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Anything that touches the chart.
    Patch,
    /// `feat`.
    Minor,
    /// `!` or a `BREAKING CHANGE:` footer.
    Major,
}

/// One change, read from one conventional commit. A squashed commit whose body lists conventional
/// commits (`* feat: …`, as GitHub writes it) is one change for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The type in lower case: `feat`.
    pub kind: String,
    /// What stands in the parentheses.
    pub scope: Option<String>,
    /// The subject: one line without control characters.
    pub summary: String,
    /// How much it moves the version.
    pub weight: Weight,
}

/// What is wrong with a message, or merely unusual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it fails the check; otherwise it is only shown.
    pub fatal: bool,
    /// One sentence.
    pub message: String,
}

/// The types of the house: the Angular convention and `chore`.
pub const TYPES: [&str; 11] =
    ["build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test"];

/// Longest header, in characters.
const HEADER_LIMIT: usize = 100;
/// Longest subject, in characters.
const SUBJECT_LIMIT: usize = 72;

/// The changes of `commits`, newest first as given; commits that are not conventional are left out.
/// So are merges, whose own commits are in the list.
pub fn changes(commits: &[SourceCommit]) -> Vec<Change> {
    commits.iter().flat_map(|commit| changes_of(&commit.message)).collect()
}

/// The changes of one message.
fn changes_of(message: &str) -> Vec<Change> {
    let message = message.trim_start();
    if message.starts_with("Merge ") {
        return Vec::new();
    }
    let (header, body) = message.split_once('\n').unwrap_or((message, ""));
    let mut listed: Vec<Change> = Vec::new();
    let mut header_breaks = false;
    for line in body.lines() {
        if let Some(change) = listed_change(line) {
            listed.push(change);
        } else if is_breaking_footer(line) {
            // In a squashed body the footers of each commit follow its line.
            match listed.last_mut() {
                Some(change) => change.weight = Weight::Major,
                None => header_breaks = true,
            }
        }
    }
    let header = change_of_header(header).map(|mut change| {
        if header_breaks {
            change.weight = Weight::Major;
        }
        change
    });
    let heaviest = listed.iter().map(|change| change.weight).max();
    match header {
        // What the header announces and the list does not keeps its weight: `feat!:` over two fixes.
        Some(header) if heaviest < Some(header.weight) => std::iter::once(header).chain(listed).collect(),
        _ => listed,
    }
}

/// `* feat(x): …` or `- fix: …` at the start of a line. Only the types of the house count, since prose
/// lists `- note: …` too.
fn listed_change(line: &str) -> Option<Change> {
    let item = line.strip_prefix("* ").or_else(|| line.strip_prefix("- "))?;
    change_of_header(item).filter(|change| TYPES.contains(&change.kind.as_str()))
}

/// Conventional Commits 1.0, 12 and 16, anywhere at the start of a line: a breaking change that is
/// missed costs users more than one that is announced twice.
fn is_breaking_footer(line: &str) -> bool {
    ["BREAKING CHANGE", "BREAKING-CHANGE"].iter().any(|token| {
        line.strip_prefix(token).is_some_and(|rest| rest.starts_with(": ") || rest.starts_with(" #"))
            || line.strip_prefix(token).is_some_and(|rest| rest.trim_end() == ":")
    })
}

/// The change a header announces.
fn change_of_header(header: &str) -> Option<Change> {
    let clean: String = header.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let commit = Commit::parse(clean.trim()).ok()?;
    let kind = commit.type_().to_lowercase();
    let word = kind.starts_with(|c: char| c.is_ascii_alphabetic())
        && kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let summary = commit.description().trim();
    // `https://…` is a link and no type.
    if !word || summary.is_empty() || summary.starts_with("//") {
        return None;
    }
    let weight = match kind.as_str() {
        _ if commit.breaking() => Weight::Major,
        "feat" => Weight::Minor,
        _ => Weight::Patch,
    };
    let scope = commit.scope().map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty());
    Some(Change { kind, scope, summary: summary.to_owned(), weight })
}

/// Checks one message against Conventional Commits 1.0 with the house rules of W1-5: the types of the
/// Angular convention and `chore`, lower-case type and scope, a subject of at most 72 characters that is
/// not empty, not in sentence, start, pascal or upper case and does not end in a full stop, a header of
/// at most 100, a blank line before the body. Messages that git and release tooling write (`Merge …`,
/// `chore(main): release`, `chore(release):`) pass; a pull request's number that a forge appends
/// (` (#12)`) is not measured. `scopes` are the known ones; another is a warning.
pub fn validate(message: &str, scopes: &[&str]) -> Vec<Finding> {
    let message = message.trim_end();
    let mut lines = message.lines();
    let header = lines.next().unwrap_or_default();
    if header.trim().is_empty() {
        let what = if message.is_empty() { "the message is empty" } else { "the first line is empty" };
        return vec![fatal(what)];
    }
    let written_by_tools = ["Merge ", "Revert \"", "chore(main): release", "chore(release):"];
    if written_by_tools.iter().any(|opening| header.starts_with(opening)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    header_findings(without_references(header), scopes, &mut findings);
    if lines.clone().next().is_some_and(|second| !second.trim().is_empty()) {
        findings.push(fatal("there is no blank line between the header and the body"));
    }
    let body: Vec<&str> = lines.collect();
    if let Some(footer) = glued_footer(&body) {
        findings.push(Finding {
            fatal: false,
            message: format!("there is no blank line before the footer `{footer}`"),
        });
    }
    findings
}

fn fatal(message: impl Into<String>) -> Finding {
    Finding { fatal: true, message: message.into() }
}

/// The header without the ` (#12)` that a forge appends when it squashes.
pub(super) fn without_references(header: &str) -> &str {
    let mut rest = header.trim_end();
    while let Some((before, number)) = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (#")) {
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            break;
        }
        rest = before.trim_end();
    }
    rest
}

fn header_findings(header: &str, scopes: &[&str], findings: &mut Vec<Finding>) {
    let length = header.chars().count();
    if length > HEADER_LIMIT {
        findings.push(fatal(format!("the header has {length} characters; at most {HEADER_LIMIT} are allowed")));
    }
    let Some((front, subject)) = header.split_once(':') else {
        findings.push(fatal("the header is not `type: subject`: there is no colon after the type"));
        return;
    };
    let front = front.strip_suffix('!').unwrap_or(front);
    let (kind, scope) = front.split_once('(').map_or((front, None), |(kind, scope)| (kind, Some(scope)));
    let closed = scope.map(|scope| scope.strip_suffix(')'));
    if closed == Some(None) {
        findings.push(fatal("the scope is not closed: write `type(scope): subject`"));
        return;
    }
    type_findings(kind, findings);
    if let Some(scope) = closed.flatten() {
        scope_findings(scope, scopes, findings);
    }
    if subject.trim().is_empty() {
        findings.push(fatal("the subject is empty"));
        return;
    }
    if !subject.starts_with(' ') {
        findings.push(fatal("there is no space after the colon"));
    }
    subject_findings(subject.trim(), findings);
    if !findings.iter().any(|finding| finding.fatal)
        && let Err(why) = Commit::parse(header)
    {
        findings.push(fatal(format!("the header is not a conventional commit: {why}")));
    }
}

fn type_findings(kind: &str, findings: &mut Vec<Finding>) {
    let lower = kind.to_lowercase();
    let known = TYPES.contains(&lower.as_str());
    if known && kind != lower {
        findings.push(fatal(format!("the type `{kind}` must be in lower case: `{lower}`")));
    } else if kind.is_empty() {
        findings.push(fatal("the type is missing: write `type: subject`"));
    } else if !known {
        let kind: String = kind.chars().take(40).flat_map(char::escape_debug).collect();
        findings.push(fatal(format!("`{kind}` is not one of the types {}", TYPES.join(", "))));
    }
}

fn scope_findings(scope: &str, scopes: &[&str], findings: &mut Vec<Finding>) {
    if scope.trim().is_empty() {
        findings.push(fatal("the scope is empty: name one or leave out the parentheses"));
        return;
    }
    if scope.chars().any(char::is_uppercase) {
        findings.push(fatal(format!("the scope `{scope}` must be in lower case")));
        return;
    }
    for one in scope.split(',').map(str::trim) {
        if !scopes.is_empty() && !scopes.contains(&one) {
            // Only a warning: a new chart is not known yet.
            findings.push(Finding { fatal: false, message: format!("the scope `{one}` is not a known chart") });
        }
    }
}

fn subject_findings(subject: &str, findings: &mut Vec<Finding>) {
    let length = subject.chars().count();
    if length > SUBJECT_LIMIT {
        findings.push(fatal(format!("the subject has {length} characters; at most {SUBJECT_LIMIT} are allowed")));
    }
    if subject.ends_with('.') {
        findings.push(fatal("the subject ends in a full stop"));
    }
    if let Some(case) = wrong_case(subject) {
        findings.push(fatal(format!("the subject is in {case} case: begin it in lower case")));
    }
}

/// The case commitlint's `subject-case` would name; a subject that begins with no letter has none.
fn wrong_case(subject: &str) -> Option<&'static str> {
    // A letter counts as upper case where there is a lower one to write instead.
    let upper = |c: char| c.is_uppercase() && !c.to_lowercase().eq([c]);
    let word = subject.split_whitespace().next()?;
    if !word.starts_with(upper) {
        return None;
    }
    let words = || subject.split_whitespace();
    if !subject.chars().any(char::is_lowercase) {
        return Some("upper");
    }
    if words().count() > 1 && words().all(|word| word.starts_with(|c: char| c.is_uppercase() || c.is_numeric())) {
        return Some("start");
    }
    if words().count() == 1 {
        return Some("pascal");
    }
    // `TLS for the ingress` is fine, `Tls for the ingress` is a sentence.
    (!word.chars().skip(1).any(char::is_uppercase)).then_some("sentence")
}

/// The first well-known trailer that follows prose without a blank line, as GitHub's squash leaves it.
fn glued_footer<'a>(body: &[&'a str]) -> Option<&'a str> {
    const FOOTERS: [&str; 6] =
        ["BREAKING CHANGE: ", "BREAKING-CHANGE: ", "Signed-off-by: ", "Co-authored-by: ", "Refs: ", "Closes: "];
    let footer = |line: &str| FOOTERS.iter().find(|token| line.starts_with(**token)).copied();
    let mut previous = "";
    for line in body {
        if let Some(token) = footer(line)
            && !previous.trim().is_empty()
            && footer(previous).is_none()
        {
            return line.get(..token.len()).map(|token| token.trim_end_matches([':', ' ']));
        }
        previous = line;
    }
    None
}

#[cfg(test)]
mod tests;
