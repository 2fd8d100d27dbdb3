//! A `lineage.toml` of any shape: refused with a place, or a policy with one trust digest.

#![no_main]

use git_lineage::model::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Config::parse("lineage.toml", text) {
        Ok(config) => {
            assert_eq!(config.trust_digest(), config.trust_digest());
            assert!(
                !config.trust.keys.is_empty() || !config.trust.identities.is_empty(),
                "a policy that trusts nobody was taken"
            );
            let tag = config.tag_name("app", "1.2.3");
            let found = config.split_tag(&tag, &["app"]);
            assert!(found.iter().any(|(chart, version)| chart == "app" && version.to_string() == "1.2.3"), "{tag}");
            let branch = config.chart_branch("app");
            assert_eq!(config.chart_of_branch(&branch).as_deref(), Some("app"), "{branch}");
            drop(config.check_keys());
        }
        Err(error) => assert!(error.line >= 1 && error.column >= 1, "{error}"),
    }
});
