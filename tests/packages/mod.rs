//! Packages and what they depend on: charts of the repository, charts from outside, and charts that cannot
//! be packaged.

mod local;
mod outside;
mod refused;
mod shop;

use sha2::{Digest as _, Sha256};

use crate::world::{Site, World, seed};

/// A dependency as Chart.yaml and Chart.lock have it: name, what Chart.yaml asks for, what the lock has, address.
pub(crate) type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The `dependencies` of a Chart.yaml.
pub(crate) fn requirements(rows: &[Row<'_>]) -> String {
    let row = |(name, range, _, repository): &Row<'_>| {
        format!("- name: {name}\n  version: \"{range}\"\n  repository: \"{repository}\"\n")
    };
    format!("dependencies:\n{}", rows.iter().map(row).collect::<String>())
}

/// The lock `helm dependency update` would write.
pub(crate) fn lock(rows: &[Row<'_>]) -> String {
    let entry = |name: &str, version: &str, repository: &str| {
        format!(r#"{{"name":"{name}","version":"{version}","repository":"{repository}"}}"#)
    };
    let asked: Vec<String> = rows.iter().map(|(name, range, _, at)| entry(name, range, at)).collect();
    let locked: Vec<String> = rows.iter().map(|(name, _, locked, at)| entry(name, locked, at)).collect();
    let (asked, locked) = (asked.join(","), locked.join(","));
    let digest = sha256(format!("[[{asked}],[{locked}]]").as_bytes());
    format!("dependencies: [{locked}]\ndigest: sha256:{digest}\ngenerated: \"2026-01-02T03:04:05Z\"\n")
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A `Chart.yaml` with dependencies.
fn chart_yaml(name: &str, version: &str, rows: &[Row<'_>]) -> String {
    format!(
        "apiVersion: v2\nname: {name}\nversion: {version}\ndescription: A chart\n{}",
        if rows.is_empty() { String::new() } else { requirements(rows) }
    )
}

/// A seeded world with more files.
fn seeded_with(more: &[(&str, &str)]) -> World {
    let mut files = seed();
    files.retain(|(path, _)| more.iter().all(|(other, _)| other != path));
    files.extend(more.iter().map(|(path, text)| (*path, (*text).to_owned())));
    World::seeded_with(&files)
}

/// The paths in a package that `git lineage package` wrote in this directory.
fn entries(site: &Site<'_>, file: &str) -> Vec<String> {
    let mut command = site.command("tar");
    command.args(["-tzf", file]);
    let output = site.run(&mut command).exits(0);
    output.stdout.lines().map(str::to_owned).collect()
}

/// One file of a package.
fn entry(site: &Site<'_>, file: &str, path: &str) -> String {
    let mut command = site.command("tar");
    command.args(["-xzOf", file, path]);
    site.run(&mut command).exits(0).stdout
}
