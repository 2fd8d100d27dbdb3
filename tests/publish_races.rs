//! Two who publish at once, and what could talk a publish into going elsewhere.

use std::fs;

use crate::publish::{built_for, built_with};
use crate::registry::Registry;
use crate::world::{Output, Site, TAG, World};

/// Runs `publish` in several places at the same moment.
pub(crate) fn at_once(sites: &[Site<'_>], variables: &[(&str, String)]) -> Vec<Output> {
    let commands: Vec<_> = sites
        .iter()
        .map(|site| {
            let mut command = site.command(crate::world::BINARY);
            command.args(["publish", TAG]).envs(variables.iter().cloned());
            command
        })
        .collect();
    let running: Vec<_> = commands
        .into_iter()
        .map(|mut command| {
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            command.spawn().expect("the binary starts")
        })
        .collect();
    let outputs = running.into_iter().map(|child| child.wait_with_output().expect("it ends"));
    outputs.map(|output| Output::new("git lineage publish".to_owned(), &output)).collect()
}

/// A second clone of the pipeline's.
pub(crate) fn second<'w>(world: &'w World, name: &str) -> Site<'w> {
    drop(world.clone(name, &[]));
    let site = world.site(name, Some("ci.pem"));
    site.lineage(["sync"]).succeeds();
    site
}

#[test]
fn w8_two_who_publish_the_same_both_end_well() {
    for layout in [false, true] {
        let registry = Registry::start();
        registry.state().conditions = false;
        let to =
            if layout { "oci-layout:../registry".to_owned() } else { format!("oci://{}/charts", registry.host) };
        let world = built_for(&to, "");
        let sites = [world.ci(), second(&world, "ci2"), second(&world, "ci3")];
        let outputs = at_once(&sites, &[]);
        for output in &outputs {
            assert!([0, 4].contains(&output.code), "{}", output.text());
        }
        assert!(outputs.iter().any(|output| output.code == 0));
        for site in &sites {
            site.lineage(["publish", TAG]).succeeds();
        }
        let directories = fs::read_dir(world.path("assets")).expect("publish made it");
        let names: Vec<_> = directories.map(|entry| entry.expect("an entry").file_name()).collect();
        assert_eq!(names, [TAG], "nothing is left beside it");
        drop(world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven"]));
    }
}

#[test]
fn w8_of_two_with_different_content_one_wins() {
    let registry = Registry::start();
    let to = format!("oci://{}/charts", registry.host);
    let another = [("charts/test-workflow/values.yaml", "replicas: 99\n")];
    let (first, other) = (built_for(&to, ""), built_with(&to, "", &another));
    let outputs = at_once(&[first.ci(), other.ci()], &[]);
    let mut codes: Vec<i32> = outputs.iter().map(|output| output.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 4], "{}\n{}", outputs[0].text(), outputs[1].text());
    let loser = if outputs[0].code == 4 { &first } else { &other };
    assert!(!loser.path("assets").join(TAG).exists(), "nothing is released after a conflict");
    // The loser stays the loser.
    drop(loser.ci().lineage(["publish", TAG]).exits(4));
}

#[test]
fn w7_14_nothing_but_the_tag_decides_what_is_built_and_where_it_goes() {
    let (registry, elsewhere) = (Registry::start(), Registry::start());
    let world = built_for(&format!("oci://{}/charts", registry.host), "");
    let ci = world.ci();
    let bad = format!("oci://{}/evil", elsewhere.host);
    // What lineage.toml says since, here and on main, is for the releases after it.
    let text = ci.read("lineage.toml").replace(&format!("oci://{}/charts", registry.host), &bad);
    ci.write("lineage.toml", &text);
    for key in ["lineage.oci", "lineage.registry", "lineage.publish.oci", "lineage.assets", "publish.oci"] {
        ci.git(["config", key, &bad]);
    }
    let proxy = format!("http://{}", elsewhere.host);
    let variables: Vec<(&str, &str)> = vec![
        ("CI", "true"),
        ("OCI", &bad),
        ("REGISTRY", &bad),
        ("KO_DOCKER_REPO", &bad),
        ("COSIGN_REPOSITORY", &bad),
        ("HELM_REPO", &bad),
        ("HELM_REGISTRY_CONFIG", "/nowhere"),
        ("DOCKER_HOST", &proxy),
        ("HTTP_PROXY", &proxy),
        ("http_proxy", &proxy),
        ("ALL_PROXY", &proxy),
        ("INPUT_REGISTRY", &bad),
        ("GITHUB_REPOSITORY", "evil/evil"),
        ("SOURCE_DATE_EPOCH", "1"),
        ("CHART", "cloudflared"),
    ];
    let package = fs::read(ci.dir.join(".cr-release-packages/test-workflow-0.2.0.tgz")).expect("it was built");
    fs::remove_dir_all(ci.dir.join(".cr-release-packages")).expect("it was built");
    // A work tree in which the chart is another one.
    ci.write("charts/test-workflow/values.yaml", "evil: true\n");
    drop(ci.lineage_with(["build", TAG], &variables).exits(0));
    let again = fs::read(ci.dir.join(".cr-release-packages/test-workflow-0.2.0.tgz")).expect("it was built");
    assert!(package == again, "the package is another one");
    let output = ci.lineage_with(["publish", TAG], &variables).exits(0);
    drop(output.says(&[&format!("oci://{}/charts/test-workflow@sha256:", registry.host)]));
    assert!(elsewhere.state().seen.is_empty(), "{:?}", elsewhere.state().seen);
    assert!(registry.state().manifests.contains_key("0.2.0"));

    // No flag names a destination, a version or a chart.
    let help = ci.lineage(["publish", "--help"]).exits(0);
    for word in ["--registry", "--oci", "--repo", "--assets", "--output", "--version ", "--chart", "--url"] {
        assert!(!help.stdout.contains(word), "{word}");
    }
    for name in ["LINEAGE_OCI", "LINEAGE_REGISTRY", "GIT_LINEAGE_ASSETS", "LINEAGE_TRUSTED_ROOT"] {
        for verb in ["build", "publish"] {
            drop(ci.lineage_with([verb, TAG], &[("CI", "true"), (name, &bad)]).exits(2).says(&[name]));
        }
    }
}
