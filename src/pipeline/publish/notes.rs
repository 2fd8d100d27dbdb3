//! What a release says on its page: what changed, how it is installed, and how it is verified.

use super::Release;
use crate::model::{Failure, PublishReport};
use crate::pipeline::Context;

/// GitHub takes 125,000 characters; the rest is for the commands.
const LONGEST: usize = 100_000;

/// `test-workflow: v1.2.3`.
pub(super) fn title(report: &PublishReport) -> String {
    format!("{}: v{}", report.chart, report.chart_version)
}

/// The notes, in Markdown. `repository`: `owner/name`.
///
/// # Errors
/// The tag cannot be read.
pub(super) fn notes(
    cx: &Context<'_>,
    release: &Release<'_>,
    repository: &str,
    report: &PublishReport,
) -> Result<String, Failure> {
    let PublishReport { tag, chart, chart_version: version, oci, .. } = report;
    let file = &release.package.file;
    let object = release.traced.lineage.tag.as_ref().and_then(|tag| tag.object.as_ref());
    let annotation = object.map(|object| cx.repo.tag_object(object)).transpose()?.flatten();
    let changes = annotation.map(|annotation| changes(&annotation.message)).unwrap_or_default();
    let registry = oci.as_deref().filter(|oci| oci.starts_with("oci://"));
    let install = match registry.and_then(|oci| oci.split_once('@')) {
        Some((name, _)) => format!("helm install {chart} {name} --version {version}"),
        None => {
            format!("gh release download {tag} --repo {repository} --pattern {file}\nhelm install {chart} {file}")
        }
    };
    let published = registry.map(|oci| format!(", in the registry `{oci}`")).unwrap_or_default();
    Ok(format!(
        "{changes}## Install\n\n```sh\n{install}\n```\n\n## Verify\n\nIn a clone of {repository}:\n\n\
         ```sh\ngit lineage sync\ngit lineage verify {tag}\n```\n\n\
         `{file}` is `sha256:{}`{published}.\n",
        release.package.tgz_digest
    ))
}

/// The version's section of the changelog as the signed tag has it, without its heading, and a blank line.
fn changes(annotation: &str) -> String {
    let section = annotation.split_once("\nChangelog:\n").map_or("", |(_, rest)| rest);
    let section = section.split_once("\n-----BEGIN LINEAGE-----").map_or("", |(section, _)| section).trim();
    let section = match section.split_once('\n') {
        Some((heading, rest)) if heading.starts_with("## ") => rest.trim(),
        None if section.starts_with("## ") => "",
        _ => section,
    };
    if section.is_empty() {
        return String::new();
    }
    if section.chars().count() <= LONGEST {
        return format!("{section}\n\n");
    }
    let mut short: String = section.chars().take(LONGEST).collect();
    // What is cut off may have closed a code block; a whole line is kept at the end.
    short.truncate(short.rfind('\n').unwrap_or(0));
    if short.lines().filter(|line| line.trim_start().starts_with("```")).count() % 2 == 1 {
        short.push_str("\n```");
    }
    format!("{short}\n\nThe rest is in CHANGELOG.md.\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_the_tag_s_own() {
        let of = |changelog: &str| {
            changes(&format!("Release: x\n\nChangelog:\n{changelog}\n\n-----BEGIN LINEAGE-----\n"))
        };
        assert_eq!(of("## [1.0.0] - 2026-11-21\n\n### Added\n\n- a"), "### Added\n\n- a\n\n");
        assert_eq!(of("## [1.0.0] - 2026-11-21"), "");
        assert_eq!(of("- a"), "- a\n\n");
        assert_eq!((of(""), changes("no tag of ours")), (String::new(), String::new()));
    }

    #[test]
    fn a_long_section_is_cut_at_a_line_and_no_code_block_swallows_the_rest() {
        let long = format!("```\n{}```", "ä line of changes\n".repeat(10_000));
        let said = changes(&format!("\nChangelog:\n{long}\n\n-----BEGIN LINEAGE-----\n"));
        assert!(said.chars().count() < LONGEST + 100);
        assert!(said.ends_with("ä line of changes\n```\n\nThe rest is in CHANGELOG.md.\n\n"));
    }
}
