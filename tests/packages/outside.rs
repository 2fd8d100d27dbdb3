//! Packages from outside: fetched in the locked version, pinned by digest, and needed to rebuild a release.

use std::fs;

use expect_test::expect;

use super::shop::{Page, Shop};
use super::{Row, chart_yaml, entries, lock, seeded_with, sha256};
use crate::world::{PROBE, Site, TAG, World};

/// The package of a chart `redis` 1.4.0 with these values.
fn redis(values: &str) -> Vec<u8> {
    let world = seeded_with(&[
        ("charts/redis/Chart.yaml", &chart_yaml("redis", "1.4.0", &[])),
        ("charts/redis/values.yaml", values),
    ]);
    let dev = world.dev();
    dev.lineage(["package", "redis"]).succeeds();
    fs::read(dev.dir.join("redis-1.4.0.tgz")).expect("it was written")
}

/// The chart with one dependency from a shop.
fn chart(repository: &str) -> (String, String) {
    let rows: [Row<'_>; 1] = [("redis", "^1", "1.4.0", repository)];
    (chart_yaml("test-workflow", "0.1.0", &rows), lock(&rows))
}

fn needing(repository: &str) -> World {
    let (chart, lock) = chart(repository);
    seeded_with(&[("charts/test-workflow/Chart.yaml", &chart), ("charts/test-workflow/Chart.lock", &lock)])
}

/// Whether the clone has a package by its digest.
fn kept(site: &Site<'_>, package: &[u8]) -> bool {
    site.dir.join(format!(".git/lineage/packages/{}.tgz", sha256(package))).exists()
}

fn forget(site: &Site<'_>) {
    fs::remove_dir_all(site.dir.join(".git/lineage/packages")).expect("there were packages");
}

#[test]
fn w7_9_a_package_from_outside_is_fetched_once_and_kept_by_its_digest() {
    let (shop, package) = (Shop::open(), redis("a: 1\n"));
    shop.sell("redis", "1.4.0", &package);
    let world = needing(&shop.url());
    let dev = world.dev();
    let output = dev.lineage(["package", "test-workflow", "--json"]).exits(0);
    let said = output.json();
    assert_eq!(said["dependencies"][0]["sha256"], sha256(&package).as_str());
    assert_eq!(said["dependencies"][0]["repository"], shop.url().as_str());
    assert!(
        entries(&dev, "test-workflow-0.1.0.tgz").contains(&"test-workflow/charts/redis/values.yaml".to_owned())
    );
    let paths: Vec<String> = shop.asked().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["/charts/index.yaml", "/charts/redis-1.4.0.tgz"]);

    // Again is offline; a damaged copy is no copy.
    let again = dev.lineage(["package", "test-workflow", "--json"]).exits(0);
    assert_eq!((again.json(), shop.asked()), (said, Vec::new()));
    fs::write(dev.dir.join(format!(".git/lineage/packages/{}.tgz", sha256(&package))), "x").expect("writable");
    dev.lineage(["package", "test-workflow"]).succeeds();
    assert_eq!(shop.asked().len(), 2);
}

#[test]
fn w7_9_a_release_is_rebuilt_from_the_packages_its_tag_records() {
    let (shop, package) = (Shop::open(), redis("a: 1\n"));
    shop.sell("redis", "1.4.0", &package);
    let world = World::at(crate::world::Stop::Seeded);
    let (chart, lock) = chart(&shop.url());
    let files = [
        PROBE[0],
        PROBE[1],
        ("charts/test-workflow/Chart.yaml", chart.as_str()),
        ("charts/test-workflow/Chart.lock", lock.as_str()),
    ];
    world.release("test-workflow", "feat(test-workflow): add probe", &files, TAG);
    let annotation = world.ci().git(["cat-file", "tag", TAG]);
    let recorded = format!(
        r#""dependencies":[{{"name":"redis","repository":"{}","sha256":"{}","version":"1.4.0"}}]"#,
        shop.url(),
        sha256(&package)
    );
    assert!(annotation.contains(&recorded), "{annotation}");

    // What a fresh clone has is not enough, and verifying fetches nothing.
    let stranger = world.clone("reader", &[]);
    stranger.lineage(["sync", "--fetch-only"]).succeeds();
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    assert!(kept(&stranger, &package));
    forget(&stranger);
    shop.asked();
    let cold = stranger.lineage(["verify", TAG]).exits(3);
    drop(cold.says(&["redis 1.4.0", "is not here", "git lineage sync", "git lineage package"]));
    assert_eq!(shop.asked(), []);
    stranger.lineage(["package", &format!("test-workflow@{TAG}")]).succeeds();
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));

    // Other bytes under the same version are never taken for it, neither fetched nor found here.
    forget(&stranger);
    let other = redis("a: 2\n");
    shop.sell("redis", "1.4.0", &other);
    let conflict = stranger.lineage(["package", &format!("test-workflow@{TAG}")]).exits(4);
    drop(conflict.says(&["the tag records"]));
    stranger.lineage(["sync", "--fetch-only"]).says(&["the tag records"]).succeeds();
    stranger.lineage(["package", "test-workflow@origin/integration"]).succeeds();
    assert!(kept(&stranger, &other) && !kept(&stranger, &package));
    drop(stranger.lineage(["verify", TAG]).exits(3).says(&["is not here"]));
}

#[test]
fn w7_9_a_check_speaks_of_the_very_packages() {
    let (shop, package) = (Shop::open(), redis("a: 1\n"));
    shop.sell("redis", "1.4.0", &package);
    let world = World::at(crate::world::Stop::Seeded);
    let (chart, lock) = chart(&shop.url());
    let files =
        [("charts/test-workflow/Chart.yaml", chart.as_str()), ("charts/test-workflow/Chart.lock", lock.as_str())];
    world.contribute("feature/x", "feat(test-workflow): use redis", &files);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): use redis");
    // Whoever has other bytes for the same version cannot go on from there.
    let ci = world.ci();
    forget(&ci);
    shop.sell("redis", "1.4.0", &redis("a: 2\n"));
    ci.fetch();
    drop(ci.lineage(["split"]).exits(1).says(&["a chart it depends on has changed since"]));
}

#[test]
fn credentials_go_to_the_repository_alone() {
    let (shop, mirror, package) = (Shop::open(), Shop::open(), redis("a: 1\n"));
    shop.sell("redis", "1.4.0", &package);
    shop.put("/charts/redis-1.4.0.tgz", Page::Redirect(format!("http://{}/there.tgz", mirror.host)));
    mirror.put("/there.tgz", Page::Bytes(package));
    let world = needing(&shop.url());
    let dev = world.dev();
    let docker = world.path("home/.docker");
    fs::create_dir_all(&docker).expect("the world is writable");
    // base64 of ada:secret, for both hosts.
    let auth = r#"{"auth":"YWRhOnNlY3JldA=="}"#;
    let text = format!(r#"{{"auths":{{"{}":{auth},"{}":{auth}}}}}"#, shop.host, mirror.host);
    fs::write(docker.join("config.json"), text).expect("the world is writable");
    dev.lineage(["package", "test-workflow"]).succeeds();
    let basic = Some("Basic YWRhOnNlY3JldA==".to_owned());
    assert!(shop.asked().into_iter().all(|(_, authorization)| authorization == basic));
    assert_eq!(mirror.asked(), [("/there.tgz".to_owned(), None)]);
}

#[test]
fn what_cannot_be_fetched_is_undetermined_and_what_is_false_is_refused() {
    let (shop, package) = (Shop::open(), redis("a: 1\n"));
    let world = needing(&shop.url());
    let dev = world.dev();
    let other = redis("a: 2\n");
    let hide = |text: String| {
        let text = text.replace(&shop.host, "[host]");
        text.replace(&sha256(&package), "[listed]").replace(&sha256(&other), "[served]")
    };
    let say = |code: i32| hide(dev.lineage(["package", "test-workflow"]).exits(code).stderr.trim().to_owned());
    let mut said = vec![say(3)];
    shop.sell("redis", "1.4.1", &package);
    said.push(say(3));
    shop.put("/charts/index.yaml", Page::Bytes(b"<html>maintenance</html>".to_vec()));
    said.push(say(3));
    shop.sell("redis", "1.4.0", &package);
    let file = "/charts/redis-1.4.0.tgz";
    for page in [
        Page::Status(500),
        Page::Cut(package.clone()),
        Page::Redirect("http://192.0.2.1/x.tgz".to_owned()),
        Page::Redirect(file.to_owned()),
    ] {
        shop.put(file, page);
        said.push(say(3).lines().next().unwrap_or_default().to_owned());
    }
    shop.put(file, Page::Bytes(other.clone()));
    said.push(say(1).lines().next().unwrap_or_default().to_owned());
    shop.sell("redis", "1.4.0", b"no package");
    said.push(say(1).lines().next().unwrap_or_default().to_owned());
    shop.sell("redis", "1.4.0", &package);
    dev.lineage(["package", "test-workflow"]).succeeds();
    expect![[r#"
        error: http://[host]/charts/index.yaml: it answered 404 to GET

        error: http://[host]/charts has no redis 1.4.0

        hint: run `helm dependency update` on the chart, or ask who keeps that repository

        error: http://[host]/charts/index.yaml: it has no `entries`, so it is no index of charts

        hint: ask who keeps that repository

        error: http://[host]/charts/redis-1.4.0.tgz cannot be reached: it answered 500 to GET

        error: http://[host]/charts/redis-1.4.0.tgz cannot be reached: GET: error decoding response body: request or response body error: error reading a body from connection: end of file before message length reached

        error: http://[host]/charts/redis-1.4.0.tgz: it redirects to http://192.0.2.1/x.tgz

        error: http://[host]/charts/redis-1.4.0.tgz: more than 10 redirects

        error: redis 1.4.0 from http://[host]/charts is sha256:[served], and its index says sha256:[listed]

        error: redis 1.4.0 from http://[host]/charts is no chart package"#]].assert_eq(&said.join("\n\n"));
}

#[test]
fn another_chart_under_the_name_is_refused() {
    let (shop, package) = (Shop::open(), redis("a: 1\n"));
    shop.sell("valkey", "1.4.0", &package);
    let rows: [Row<'_>; 1] = [("valkey", "^1", "1.4.0", &shop.url())];
    let (chart, lock) = (chart_yaml("test-workflow", "0.1.0", &rows), lock(&rows));
    let world =
        seeded_with(&[("charts/test-workflow/Chart.yaml", &chart), ("charts/test-workflow/Chart.lock", &lock)]);
    drop(world.dev().lineage(["package", "test-workflow"]).exits(1).says(&["is in truth redis 1.4.0"]));
}

#[test]
fn plain_http_is_for_this_machine_alone() {
    let world = needing("http://charts.example/stable");
    drop(
        world.dev().lineage(["package", "test-workflow"]).exits(2).says(&["plain HTTP is for this machine alone"]),
    );
}
