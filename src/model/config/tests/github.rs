//! `[github]` and `[github.auto-merge]`.

use super::*;

fn with(section: &str) -> Result<Config, String> {
    let text = format!("{}\n[github]\n{section}", minimal());
    Config::parse("lineage.toml", &text).map_err(|error| error.message)
}

#[test]
fn nothing_is_merged_without_a_person_unless_it_says_so() {
    assert_eq!(with("app-id = 1\n").unwrap().github.auto_merge, None);
    let asked = with("auto-merge = { bots = [\"dependabot[bot]\", \"app/renovate\"] }\n").unwrap();
    let asked = asked.github.auto_merge.unwrap();
    assert_eq!((asked.bases.len(), asked.bots.len()), (0, 2));
    assert!(with("auto-merge = { bases = [\"integration\", \"next\"] }\n").is_ok());
}

#[test]
fn what_the_pipeline_moves_is_no_base_for_it() {
    for base in ["main", "release", "chart/x", " "] {
        let refused = with(&format!("auto-merge = {{ bases = [\"next\", \"{base}\"] }}\n")).unwrap_err();
        assert!(refused.contains("no branch that contributions go to"), "{base}: {refused}");
    }
    for bot in ["", "[bot]", "a b", "x/y"] {
        let refused = with(&format!("auto-merge = {{ bots = [\"{bot}\"] }}\n")).unwrap_err();
        assert!(refused.contains("not the name of a bot"), "{bot}: {refused}");
    }
    // In direct flow main is where contributions go.
    let direct = minimal().replacen("version = 1\n", "version = 1\nflow = \"direct\"\n", 1);
    let text = format!("{direct}\n[github.auto-merge]\nbases = [\"main\"]\n");
    assert!(Config::parse("lineage.toml", &text).is_ok());
}
