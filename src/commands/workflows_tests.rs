//! Every command line of the generated workflows is one this program understands.

use clap::Parser;

use super::Cli;
use crate::model::config::Config;
use crate::model::workflows;

const CONFIG: &str = r#"
version = 1
forge = "github"
FLOW
[repository]
id = "1"
[branches]
chart = "CHART"
[required]
validate = ["chart-lint"]
bump = ["chart-lint"]
[sign]
mode = "keyless"
[[trust.identities]]
name = "anybody"
issuer = "https://accounts.example.com"
signer = "someone@example.com"
[github]
app-id = 123456
[github.program]
url = "https://example.com/git-lineage"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
"#;

/// The words of a command as the shell would hand them on, each variable standing for what a run puts there.
fn words(line: &str, stage: &str) -> Vec<String> {
    let line = line.replace("${TITLE:+\"--title=$TITLE\"}", "--title=feat(x):y").replace("$STAGE", stage);
    let values = [("$BASE...$HEAD", "0123abc...4567def"), ("$GITHUB_SHA", "4567def"), ("$BASE_REF", "release")];
    let line = values.iter().fold(line, |line, (name, value)| line.replace(name, value));
    line.split_whitespace()
        .map(|word| {
            let word = word.replace('"', "");
            match word.split_once('$') {
                Some((before, _)) => format!("{before}x-v1.2.3"),
                None => word,
            }
        })
        .collect()
}

#[test]
fn every_call_is_understood() {
    let mut seen = std::collections::BTreeSet::new();
    for (flow, chart) in [("", "chart/{chart}"), ("", "c/{chart}/x"), ("flow = \"direct\"", "chart/{chart}")] {
        let mut text = CONFIG.replace("FLOW", flow).replace("CHART", chart);
        if !flow.is_empty() {
            text = text.replace("bump = [\"chart-lint\"]\n", "reviews = 1\nreviewers = [\"1\"]\n");
        }
        let config = Config::parse("lineage.toml", &text).expect("a policy");
        for (path, text) in workflows::files(&config).expect("files") {
            let mut calls = 0;
            for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
                let Some((_, call)) = line.split_once("git lineage ") else { continue };
                calls += 1;
                for stage in ["chart", "main", "release"] {
                    let words = words(call, stage);
                    let typed = std::iter::once("git-lineage".to_owned()).chain(words.iter().cloned());
                    if let Err(error) = Cli::try_parse_from(typed) {
                        panic!("{path}: {words:?}\n{error}");
                    }
                    seen.insert(words[0].clone());
                }
            }
            assert!(calls > 0, "{path} calls nothing");
        }
    }
    let verbs = [
        "attest", "build", "bump", "changed", "check", "export", "guard", "propose", "publish", "split", "sync",
        "tag",
    ];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), verbs);
}
