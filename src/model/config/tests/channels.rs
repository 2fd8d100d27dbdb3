//! `[channels.NAME]`.

use super::*;

fn with(section: &str) -> Result<Config, String> {
    let text = format!("{}\n[publish]\noci = 'oci://h/charts'\n{section}", minimal());
    Config::parse("lineage.toml", &text).map_err(|error| error.message)
}

#[test]
fn a_channel_is_a_table_and_needs_nothing() {
    let config =
        with("[channels.prod]\n[channels.dev]\npre-releases = true\nkeep = 10\ncharts = ['a', 'b']").unwrap();
    let prod = &config.channels["prod"];
    assert_eq!((prod.pre_releases, prod.keep, prod.charts.len()), (false, 15, 0));
    let dev = &config.channels["dev"];
    assert_eq!((dev.pre_releases, dev.keep, dev.charts.len()), (true, 10, 2));
    assert!(with("").unwrap().channels.is_empty());
}

#[test]
fn rp_2_what_cannot_move_is_no_channel() {
    for (section, says) in [
        ("[channels.'1.2.3']", "never changes"),
        ("[channels.sha-0123]", "never changes"),
        ("[channels.sha256-00]", "never changes"),
        ("[channels.lineage-channels]", "own document"),
        ("[channels.'app-v1.0.0']", "never changes"),
        ("[channels.Prod]", "no channel's name"),
        ("[channels.'a b']", "no channel's name"),
        ("[channels.'']", "no channel's name"),
        ("[channels.prod]\npre-releases = true", "never takes a pre-release"),
        ("[channels.dev]\nkeep = 0", "at least one"),
        ("[channels.dev]\ncharts = ['a', 'a']", "twice"),
        ("[channels.dev]\ncharts = ['']", "not the name of a chart"),
        ("[channels.dev]\nkepp = 3", "did you mean `keep`?"),
        ("[[channels]]\nname = 'prod'", "table"),
    ] {
        let refused = with(section).expect_err(section);
        assert!(refused.contains(says), "{section}: {refused}");
    }
    let nowhere =
        Config::parse("lineage.toml", &format!("{}\n[channels.prod]", minimal())).expect_err("no registry");
    assert!(nowhere.message.contains("tag of a registry"), "{}", nowhere.message);
}
