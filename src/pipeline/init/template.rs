//! The first `lineage.toml`: what was found and chosen, with a line of reason for each.

use crate::model::config::{ChangelogMode, CheckDefinition, Flow};

use super::layout::Layout;

/// What the file says besides the layout.
pub(super) struct Choices<'a> {
    pub(super) repository_id: &'a str,
    pub(super) remote: &'a str,
    pub(super) rehearsal: bool,
    pub(super) main: &'a str,
    pub(super) flow: Flow,
    pub(super) changelog: ChangelogMode,
    /// SubjectPublicKeyInfo, PEM.
    pub(super) public_key: &'a str,
    pub(super) oci: Option<&'a str>,
    pub(super) assets: Option<&'a str>,
    /// What it says about GitHub, instead of a key; none: merges are made by git.
    pub(super) github: Option<&'a str>,
}

/// The file's text.
pub(super) fn text(layout: &Layout, choices: &Choices<'_>) -> String {
    let flow = match choices.flow {
        Flow::Integration => "integration",
        Flow::Direct => "direct",
    };
    let changelog = match choices.changelog {
        ChangelogMode::File => "file",
        ChangelogMode::Annotation => "annotation",
        ChangelogMode::None => "none",
    };
    let mut text = format!(
        "\
# What a release of this repository has to prove. It counts as it stands on {main}: a change to it is
# never judged by itself. Every key is explained in `man lineage.toml`.
version = 1

# integration: feature → integration → a branch per chart → {main}. direct: feature → {main}.
flow = {flow}

{forge}

# file: CHANGELOG.md of the chart. annotation: the tag alone. none: nowhere.
changelog = {changelog}

[repository]
# What every attestation names. It never changes: another id is another repository.
id = {id}
remote = {remote}
",
        main = choices.main,
        flow = quoted(flow),
        forge = match choices.github {
            Some(_) => "# Merges are made on GitHub.\nforge = \"github\"",
            None => "# Merges are made by git in the remote itself.\nforge = \"local\"",
        },
        changelog = quoted(changelog),
        id = quoted(choices.repository_id),
        remote = quoted(choices.remote),
    );
    if choices.rehearsal {
        text.push_str("# A scratch repository: its keys count nowhere else.\nrehearsal = true\n");
    }
    let roots: Vec<String> = layout.roots.iter().map(|root| quoted(root)).collect();
    text.push_str(&format!(
        "\n[charts]\n# Directories whose children are charts.\nroots = [{}]\n",
        roots.join(", ")
    ));
    if !layout.aliases.is_empty() {
        text.push_str(
            "\n# Directory = chart, where Chart.yaml has another name than its directory.\n[charts.aliases]\n",
        );
        for (directory, chart) in &layout.aliases {
            text.push_str(&format!("{} = {}\n", quoted(directory), quoted(chart)));
        }
    }
    text.push_str(&format!("\n[tag]\ntemplate = {}\n", quoted(&layout.template)));
    text.push_str(&format!(
        "\n[branches]\nmain = {}\nintegration = \"integration\"\n\
         # Not integration/{{chart}}: git cannot hold a branch and a directory of that name at once.\n\
         chart = \"chart/{{chart}}\"\nrelease = \"release\"\npromote = \"promote/{{tag}}\"\n",
        quoted(choices.main)
    ));
    let checks: Vec<String> = CheckDefinition::USUAL.iter().map(|check| quoted(check)).collect();
    text.push_str(&format!(
        "\n# Checks that must have passed, by name; these are built in. Add your own:\n\
         #\n\
         #   [[checks]]\n\
         #   name = \"lint-test\"\n\
         #   command = [\"ct\", \"lint\", \"--charts\", \"{{chart}}\"]\n\
         #   inputs = [\"ct.yaml\"]\n\
         [required]\n# Of a contribution.\nvalidate = [{}]\n# Of the content after the version was raised.\nbump = []\n",
        checks.join(", ")
    ));
    match choices.github {
        Some(section) => text.push_str(section),
        None => text.push_str(&format!(
            "\n[sign]\nmode = \"key\"\n\n\
             # Whose signatures count. Without `stages`, for every one of them.\n\
             [[trust.keys]]\nname = \"release\"\npublic = \"\"\"\n{}\n\"\"\"\n",
            choices.public_key.trim()
        )),
    }
    let oci = choices.oci.map(|oci| format!("oci = {}\n", quoted(oci)));
    let assets = choices.assets.map(|assets| format!("assets = {}\n", quoted(assets)));
    let example = "# oci = \"oci://registry.example.org/charts\"\n# assets = \"releases\"\n";
    let publish = match (oci, assets) {
        (None, None) => example.to_owned(),
        (oci, assets) => oci.into_iter().chain(assets).collect(),
    };
    let release =
        if choices.github.is_some() { "# A release on GitHub, on the tag.\nrelease = true\n" } else { "" };
    text.push_str(&format!("\n# Where releases go.\n[publish]\n{release}{publish}"));
    text
}

/// A TOML basic string.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_file_is_toml_and_says_what_was_chosen() {
        let layout = Layout {
            roots: vec!["charts".to_owned(), "odd \"one\"\\".to_owned()],
            aliases: BTreeMap::from([("olm".to_owned(), "holmes".to_owned())]),
            template: "{chart}-{version}".to_owned(),
            charts: Vec::new(),
            changelogs: false,
        };
        let choices = Choices {
            repository_id: "00000000-0000-4000-8000-000000000000",
            remote: "origin",
            rehearsal: true,
            main: "master",
            flow: Flow::Direct,
            changelog: ChangelogMode::Annotation,
            public_key: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            oci: Some("oci-layout:out"),
            assets: None,
            github: None,
        };
        let value: toml::Table = text(&layout, &choices).parse().expect("TOML");
        assert_eq!(value["flow"].as_str(), Some("direct"));
        assert_eq!(value["changelog"].as_str(), Some("annotation"));
        assert_eq!(value["repository"]["rehearsal"].as_bool(), Some(true));
        assert_eq!(value["charts"]["roots"][1].as_str(), Some("odd \"one\"\\"));
        assert_eq!(value["charts"]["aliases"]["olm"].as_str(), Some("holmes"));
        assert_eq!(value["tag"]["template"].as_str(), Some("{chart}-{version}"));
        assert_eq!(value["branches"]["main"].as_str(), Some("master"));
        assert_eq!(value["required"]["validate"].as_array().map(Vec::len), Some(3));
        assert_eq!(value["publish"]["oci"].as_str(), Some("oci-layout:out"));
        assert!(value["publish"].get("release").is_none());
        let key = value["trust"]["keys"][0]["public"].as_str().unwrap_or_default();
        assert!(key.starts_with("-----BEGIN PUBLIC KEY-----\nAAAA\n"), "{key}");
        let on_github = text(&layout, &Choices { github: Some("\n[sign]\nmode = \"keyless\"\n"), ..choices });
        let value: toml::Table = on_github.parse().expect("TOML");
        assert_eq!(value["publish"]["release"].as_bool(), Some(true));
    }
}
