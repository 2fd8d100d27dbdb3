//! The built-in `chart-readme`: what somebody who installs a chart has to find in its README.

use crate::model::ChartFile;

/// Each section, and the words any of which its heading has.
const SECTIONS: [(&str, &[&str]); 5] = [
    ("Install", &["install", "installing", "installation", "usage"]),
    ("Upgrade", &["upgrade", "upgrading", "upgrades"]),
    ("Uninstall", &["uninstall", "uninstalling", "uninstallation", "uninstalls"]),
    ("Values", &["values", "configuration", "configuring", "parameters"]),
    ("Troubleshooting", &["troubleshooting", "troubleshoot"]),
];

/// One sentence for each section that a chart's README.md lacks. None: it has them all.
pub fn lint_readme(directory: &str, files: &[ChartFile]) -> Vec<String> {
    let Some(readme) = files.iter().find(|file| file.path.eq_ignore_ascii_case("README.md")) else {
        return vec![format!("{directory} has no README.md")];
    };
    let text = String::from_utf8_lossy(&readme.bytes);
    let words: Vec<String> = headings(&text)
        .flat_map(|heading| {
            heading.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>()
        })
        .collect();
    let lacking = SECTIONS.iter().filter(|(_, any)| !words.iter().any(|word| any.contains(&word.as_str())));
    lacking.map(|(section, _)| format!("{directory}/{} has no section `{section}`", readme.path)).collect()
}

/// The headings of a Markdown text, of both kinds. What stands in a code block is none.
fn headings(text: &str) -> impl Iterator<Item = &str> {
    let mut fence: Option<&str> = None;
    let mut before = "";
    text.lines().filter_map(move |line| {
        let bare = line.trim();
        let mark = ["```", "~~~"].into_iter().find(|mark| bare.starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, Some(mark)) => fence = Some(mark),
            _ => {}
        }
        if fence.is_some() || mark.is_some() {
            before = "";
            return None;
        }
        let under = bare.len() >= 2 && (bare.chars().all(|c| c == '=') || bare.chars().all(|c| c == '-'));
        let found = match bare.strip_prefix('#') {
            Some(rest) => Some(rest.trim_start_matches('#')).filter(|rest| rest.starts_with([' ', '\t'])),
            None => Some(before).filter(|before| under && !before.is_empty()),
        };
        before = bare;
        found
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lint(text: &str) -> Vec<String> {
        lint_readme("charts/web", &[ChartFile { path: "README.md".to_owned(), bytes: text.as_bytes().to_vec() }])
    }

    #[test]
    fn oc_14_every_section_is_asked_for() {
        let whole = "# web\n\n## Installing the chart\n### Upgrading\n## Uninstall\nConfiguration\n---\n\n## Troubleshooting ##\n";
        assert_eq!(lint(whole), Vec::<String>::new());
        let lacking = lint(&whole.replace("### Upgrading\n", "").replace("Configuration\n---\n", ""));
        assert_eq!(
            lacking,
            ["charts/web/README.md has no section `Upgrade`", "charts/web/README.md has no section `Values`"]
        );
        assert_eq!(lint_readme("charts/web", &[]), ["charts/web has no README.md"]);
    }

    #[test]
    fn what_is_no_heading_is_no_section() {
        for text in
            ["Troubleshooting\n", "```\n# Troubleshooting\n```\n", "#Troubleshooting\n", "~~~\n## Values\n"]
        {
            assert_eq!(lint(text).len(), 5, "{text}");
        }
        // Uninstalling is not installing.
        assert!(lint("## Uninstalling\n").contains(&"charts/web/README.md has no section `Install`".to_owned()));
    }

    proptest! {
        #[test]
        fn no_readme_panics(text in "\\PC{0,80}") {
            let _ = lint(&text);
        }
    }
}
