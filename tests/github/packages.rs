//! Packages of containers: the registry beside, as GitHub's API lists it.

use serde_json::{Value, json};

use super::access::Actor;
use super::contract::Asked;
use super::http::{Answer, Request};
use super::scene::Scene;
use super::{State, answers};
use crate::registry::Registry;

/// A registry that GitHub knows; its repositories are kept apart.
#[derive(Debug)]
pub(crate) struct Packages {
    pub(crate) registry: Registry,
    /// Whether the owner is a person, and not an organization.
    pub(crate) personal: bool,
    /// When everything was pushed, as far as GitHub says.
    pub(crate) created: &'static str,
    /// What GitHub lists besides.
    pub(crate) besides: Vec<String>,
}

/// The number of a version, from its digest.
fn number(digest: &str) -> u64 {
    let hex = digest.trim_start_matches("sha256:").get(..12).expect("a digest has 64");
    u64::from_str_radix(hex, 16).expect("it is hexadecimal")
}

impl State {
    /// `packages/…`.
    pub(super) fn packaged(&mut self, actor: &Actor, asked: &Asked, request: &Request, verb: &str) -> Answer {
        let place = |name: &str| asked.path.get(name).map(String::as_str).unwrap_or_default();
        let Some(packages) = &self.packages else { return answers::error(404, "Package not found.") };
        let own = format!("{}:", place("package_name").rsplit('/').next().unwrap_or_default());
        if packages.personal == verb.ends_with("-org") || place("package_type") != "container" {
            return answers::error(404, "Package not found.");
        }
        let held: Vec<(String, Vec<String>)> = {
            let registry = packages.registry.state();
            let manifests = &registry.manifests;
            let named = |digest: &String| {
                let bytes = &manifests[digest].1;
                let tags = manifests.iter().filter(|(key, (_, other))| key.starts_with(&own) && other == bytes);
                let tags = tags.map(|(key, _)| key[own.len()..].to_owned());
                tags.filter(|tag| !tag.starts_with("sha256:")).collect()
            };
            let digests = manifests.keys().filter(|key| key.starts_with(&format!("{own}sha256:")));
            digests.map(|key| (key[own.len()..].to_owned(), named(key))).collect()
        };
        if verb.starts_with("delete-") {
            let id: u64 = place("package_version_id").parse().unwrap_or_default();
            let Some((digest, tags)) = held.into_iter().find(|(digest, _)| number(digest) == id) else {
                return answers::error(404, "Package version not found.");
            };
            let mut registry = packages.registry.state();
            for name in tags.iter().chain([&digest]) {
                registry.manifests.remove(&format!("{own}{name}"));
            }
            return answers::done();
        }
        let besides = packages.besides.iter().map(|digest| (digest.clone(), Vec::new()));
        let versions: Vec<Value> = held
            .into_iter()
            .chain(besides)
            .map(|(digest, tags)| {
                let known = json!({
                    "id": number(&digest), "name": digest, "created_at": packages.created,
                    "updated_at": packages.created,
                    "metadata": { "package_type": "container", "container": { "tags": tags } },
                });
                self.filled("package-version", known)
            })
            .collect();
        let url = self.url.clone();
        let scene = Scene { actor, name: "", asked, request, body: &Value::Null };
        answers::page(&scene, &url, &versions)
    }
}
