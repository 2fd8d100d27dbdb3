//! The pull request to main and the release one, rendered. A projection for people: written, never trusted.

use std::collections::BTreeMap;

mod image;

use super::change::{self, Change, TYPES, Weight};
use super::changelog::{line, without_comments};

pub use image::{Deploys, image};

/// What a pull request shows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PullText {
    /// One line; the subject of the squash commit.
    pub title: String,
    /// Markdown.
    pub body: String,
}

/// GitHub's limit on a body, in characters.
pub const BODY_LIMIT: usize = 65_536;

/// A title's limit, in characters: what a squash subject may have.
const TITLE_LIMIT: usize = 72;

/// More commits than this are counted, not listed.
const COMMITS_LISTED: usize = 50;

/// What `propose` knows of a chart's contribution.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// `Chart.yaml:name`.
    pub chart: &'a str,
    /// The per-chart branch, which the pull request is from.
    pub chart_branch: &'a str,
    /// The branch it is to.
    pub main: &'a str,
    /// The branch the contribution was merged to.
    pub integration: &'a str,
    /// What the contribution changed, newest first.
    pub changes: &'a [Change],
    /// The contribution's commits, newest first.
    pub source_commits: &'a [String],
    /// The contribution's pull request, where a forge has one.
    pub source_pull: Option<u64>,
    /// Record name (`w1-…`) → id.
    pub attestations: &'a BTreeMap<String, String>,
}

/// Title: a releasable conventional commit, from the weightiest change (`feat(x): …`), at most 72
/// characters, since it becomes the squash subject. Body (W4-2): source, lineage table, checklist, the
/// `<!-- ATTESTATION_MAP` block (F2, keys without their `wN-`), changes, footer; over the limit the
/// changes are cut first, never the map.
///
/// # Errors
/// The body without any change is still over the limit.
pub fn proposal(proposal: &Proposal<'_>) -> Result<PullText, String> {
    let Proposal { chart, chart_branch, main, integration, changes, source_commits, source_pull, attestations } =
        proposal;
    let (from, to) = (code(integration), code(chart_branch));
    let contributed = match source_pull {
        Some(number) => format!("Contributed in #{number}, reviewed and merged to {from}."),
        None => format!("Contributed through {from}."),
    };
    let source = source_pull.map_or_else(|| "–".to_owned(), |number| format!("#{number}"));
    let mut lines = vec![
        format!("## {}\n\n{contributed}\n", without_comments(chart)),
        "### Lineage\n\n| Stage | Pull request |\n|---|---|".to_owned(),
        format!("| Feature → {from} | {source} |"),
        format!("| {from} → {to} | split by content |"),
        format!("| {to} → {} | This PR |\n", code(main)),
        attestation_map(attestations),
    ];
    if !source_commits.is_empty() {
        lines.push("Source commits:\n".to_owned());
        lines.extend(source_commits.iter().take(COMMITS_LISTED).map(|commit| format!("- {}", code(commit))));
        let more = source_commits.len().saturating_sub(COMMITS_LISTED);
        lines.extend((more > 0).then(|| format!("- and {more} more")));
        lines.push(String::new());
    }
    lines.push("### Checklist\n\n- [ ] Lineage verified\n- [ ] Version bump is right".to_owned());
    lines.push("- [ ] Changelog reviewed\n\n### Changes\n\n".to_owned());
    let head = lines.join("\n");
    let items: Vec<String> = changes.iter().map(|change| format!("- {}\n", line(change))).collect();
    let tail = "\n---\nWritten by `git lineage propose`. The text is for people: `git lineage verify` reads the \
                signed records, never this description.\n";
    let body = fitted(&head, &items, "_No conventional commits found for this chart._\n", tail)?;
    Ok(PullText { title: title(chart, changes), body })
}

/// The release pull request (W6-6, W6-7): `release: <tag>`, with tag, commit, changelog section, lineage
/// table, merge instructions. Over the limit the section is cut.
pub fn release(tag: &str, commit: &str, section: &str, attestations: &BTreeMap<String, String>) -> PullText {
    let mut lines = vec![
        format!("## {}\n\n| | |\n|---|---|", without_comments(tag)),
        format!("| Tag | {} |\n| Commit | {} |\n", code(tag), code(commit)),
        "### Lineage\n\n| Attestation | Id |\n|---|---|".to_owned(),
    ];
    lines.extend(attestations.iter().map(|(name, id)| format!("| {} | {} |", code(name), code(id))));
    lines.extend(attestations.is_empty().then(|| "| none | – |".to_owned()));
    lines.extend([
        format!("\n### To merge\n\n1. Check the tag: {}.", code(&format!("git lineage verify {tag}"))),
        "2. Merge with a merge commit; the release branch then holds exactly the tag's chart.".to_owned(),
        "3. The package is built from the tag and published after the merge.\n\n### Changelog\n\n".to_owned(),
    ]);
    let head = lines.join("\n");
    let section: Vec<String> = without_comments(section).lines().map(|line| format!("{line}\n")).collect();
    let tail = "\n---\nWritten by `git lineage tag`.\n";
    let body =
        fitted(&head, &section, "_No changelog section._\n", tail).unwrap_or_else(|_| format!("{head}{tail}"));
    PullText { title: format!("release: {}", one_line(tag)), body }
}

/// Why a pull request is refused, and what to do about it (W3-1).
pub fn refusal(head: &str, base: &str, reasons: &[String]) -> String {
    let reasons: Vec<String> = reasons
        .iter()
        .map(|reason| format!("- {}", without_comments(&one_line(reason)).replace('@', "@\u{200b}")))
        .collect();
    format!(
        "This pull request from {} to {} is refused:\n\n{}\n\n1. Make the change on a branch from the one that \
         contributions go to, and open a pull request there.\n2. Wait until its checks have passed and it is merged: \
         the pipeline then makes the branch and the pull request that may come here.\n3. Run `git lineage status` to \
         see where the chart stands.\n\nWritten by `git lineage guard`.\n",
        code(head),
        code(base),
        reasons.join("\n")
    )
}

/// `head`, as many whole `items` as fit, `tail`.
fn fitted(head: &str, items: &[String], none: &str, tail: &str) -> Result<String, String> {
    let length = |text: &str| text.chars().count();
    let fixed = length(head).saturating_add(length(tail)).saturating_add(length(none));
    // Room for the line that says how many were cut.
    let Some(mut room) = BODY_LIMIT.checked_sub(fixed.saturating_add(60)) else {
        return Err(format!(
            "the description has {fixed} characters before any change; at most {BODY_LIMIT} are allowed"
        ));
    };
    let mut kept: usize = 0;
    for item in items {
        let Some(left) = room.checked_sub(length(item)) else { break };
        room = left;
        kept = kept.saturating_add(1);
    }
    let shown = items.get(..kept).unwrap_or_default().concat();
    let ending = match items.len().saturating_sub(kept) {
        _ if items.is_empty() => none.to_owned(),
        0 => String::new(),
        cut => format!("\n_… and {cut} more lines._\n"),
    };
    Ok(format!("{head}{shown}{ending}{tail}"))
}

/// The block of the brief (F2): an HTML comment around the map (F1), whose keys lose their `wN-`.
fn attestation_map(attestations: &BTreeMap<String, String>) -> String {
    let mut map = serde_json::Map::new();
    for (name, id) in attestations {
        let short = without_workflow(name);
        // One check may have run in two stages; the first keeps the short key.
        let key = if map.contains_key(short) { name } else { short };
        map.insert(key.to_owned(), id.as_str().into());
    }
    // Written as escapes, which JSON reads alike, so that no key or id can end the comment.
    let json = format!("{:#}", serde_json::Value::Object(map)).replace('<', "\\u003c").replace('>', "\\u003e");
    format!("<!-- ATTESTATION_MAP\n{json}\n-->\n")
}

/// `w1-lint` → `lint`.
fn without_workflow(name: &str) -> &str {
    let short = name.strip_prefix('w').and_then(|rest| rest.split_once('-'));
    match short {
        Some((number, rest)) if !number.is_empty() && !rest.is_empty() => {
            if number.bytes().all(|b| b.is_ascii_digit()) { rest } else { name }
        }
        _ => name,
    }
}

/// The squash subject: main keeps nothing else of the contribution's messages.
fn title(chart: &str, changes: &[Change]) -> String {
    let mut weightiest: Option<&Change> = None;
    for change in changes {
        if weightiest.is_none_or(|known| known.weight < change.weight) {
            weightiest = Some(change);
        }
    }
    let kind =
        weightiest.map(|change| change.kind.as_str()).filter(|kind| TYPES.contains(kind)).unwrap_or("chore");
    let breaking = if weightiest.is_some_and(|change| change.weight == Weight::Major) { "!" } else { "" };
    let scoped = format!("{kind}({}){breaking}: ", one_line(chart).to_lowercase());
    // A chart's name may have 250 characters; the type must be read whole.
    let front = if scoped.chars().count() <= 50 { scoped } else { format!("{kind}{breaking}: ") };
    let room = TITLE_LIMIT.saturating_sub(front.chars().count());
    let fitted = |subject: String| {
        if subject.chars().count() <= room {
            return subject;
        }
        let cut: String = subject.chars().take(room.saturating_sub(1)).collect();
        format!("{}…", cut.trim_end())
    };
    // Cut between two looks at the rules: what is left of a sentence may be in another case than it was.
    let subject = fitted(weightiest.map(|change| subject(&change.summary)).unwrap_or_default());
    let subject = fitted(self::subject(&subject));
    front + if subject.is_empty() { "release preparation" } else { &subject }
}

/// A summary as the rules for subjects want it: the contribution's own check let it pass in its place,
/// but a squashed message's lines were never checked.
fn subject(summary: &str) -> String {
    let plain = one_line(change::without_references(summary));
    let plain = plain.trim().trim_end_matches(['.', ' ']);
    let (word, rest) = plain.split_once(' ').map_or((plain, ""), |(word, rest)| (word, rest));
    let bare = format!("chore: {plain}");
    if change::validate(&bare, &[]).iter().any(|finding| finding.message.ends_with("begin it in lower case")) {
        return format!("{} {rest}", word.to_lowercase()).trim_end().to_owned();
    }
    plain.to_owned()
}

/// Without line breaks and other control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// As code in a table's cell; what would end either is left out.
fn code(text: &str) -> String {
    format!("`{}`", without_comments(&one_line(text)).replace(['`', '|'], ""))
}

#[cfg(test)]
mod tests;
