//! Tags and branches, made and read back.

use proptest::prelude::*;
use semver::Version;

use super::*;
use crate::model::config::names::is_ref_name;

fn split(config: &Config, tag: &str, charts: &[&str]) -> Vec<String> {
    config.split_tag(tag, charts).into_iter().map(|(chart, version)| format!("{chart} {version}")).collect()
}

#[test]
fn p54_every_way_to_read_a_tag_is_found() {
    let config = read(&minimal());
    assert_eq!(split(&config, "web-v1.2.3", &["web", "api"]), ["web 1.2.3"]);
    assert_eq!(split(&config, "web-v1.2.3-rc.1+b5", &["web"]), ["web 1.2.3-rc.1+b5"]);
    assert_eq!(split(&config, "foo-v1.0.0-v2.0.0", &["foo-v1.0.0"]), ["foo-v1.0.0 2.0.0"]);
    assert_eq!(split(&config, "foo-v1.0.0-v2.0.0", &["foo"]), ["foo 1.0.0-v2.0.0"]);
    assert_eq!(
        split(&config, "foo-v1.0.0-v2.0.0", &["foo", "foo-v1.0.0", "foo"]),
        ["foo 1.0.0-v2.0.0", "foo-v1.0.0 2.0.0"]
    );
    for wrong in
        ["web-v1.2.3junk", "web-v01.2.3", "web-1.2.3", "web-v1.2", "other-v1.2.3", "web-v", "", "xweb-v1.2.3"]
    {
        assert_eq!(split(&config, wrong, &["web"]), [""; 0], "{wrong}");
    }
}

#[test]
fn the_template_may_be_of_any_shape() {
    let mut config = read(&minimal());
    config.tag.template = "release/{version}/{chart}.x".to_owned();
    assert_eq!(config.tag_name("web", "1.2.3"), "release/1.2.3/web.x");
    assert_eq!(split(&config, "release/1.2.3/web.x", &["web"]), ["web 1.2.3"]);
    config.branches.chart = "a/{chart}/b".to_owned();
    assert_eq!(config.chart_of_branch("a/web/b").as_deref(), Some("web"));
    for other in ["a//b", "a/b", "a/x/y/b", "a/web/c", "web", ""] {
        assert_eq!(config.chart_of_branch(other), None, "{other}");
    }
    assert_eq!(config.promote_branch("web-v1.2.3"), "promote/web-v1.2.3");
}

#[test]
fn ref_names_are_those_of_git() {
    for good in ["main", "a/b", "a-b_c.d", "ä", "a@b", "x{y}"] {
        assert!(is_ref_name(good), "{good}");
    }
    for bad in [
        "", "@", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.LOCK/b", "a..b", "a.", "a b", "a~", "a^", "a:b",
        "a?", "a*", "a[", "a\\b", "a@{b", "a\nb", "-a", "a\u{7f}",
    ] {
        assert!(!is_ref_name(bad), "{bad}");
    }
}

proptest! {
    #[test]
    fn a_tag_is_read_back(
        template in prop_oneof![Just("{chart}-v{version}"), Just("{chart}-{version}"), Just("v{version}/{chart}")],
        chart in "[a-z0-9][a-z0-9.-]{0,12}",
        version in "[0-9]\\.[0-9]\\.[0-9](-[a-z][a-z0-9.-]{0,6}[a-z])?",
    ) {
        prop_assume!(Version::parse(&version).is_ok());
        let mut config = read(&minimal());
        config.tag.template = template.to_owned();
        let tag = config.tag_name(&chart, &version);
        let found = config.split_tag(&tag, &["other", &chart]);
        prop_assert!(found.contains(&(chart.clone(), Version::parse(&version).unwrap())));
        prop_assert!(found.iter().all(|(chart, version)| config.tag_name(chart, &version.to_string()) == tag));
        prop_assert_eq!(config.chart_of_branch(&config.chart_branch(&chart)), Some(chart));
    }
}
