//! Releases and their assets: draft, upload, publish; locked afterwards where releases are immutable.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::enforcing::{Act, Move};
use super::http::Answer;
use super::{Repository, Scene, State, answers};

/// A release.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    id: u64,
    pub(crate) tag: String,
    pub(crate) title: String,
    pub(crate) body: String,
    target: String,
    pub(crate) draft: bool,
    pub(crate) prerelease: bool,
    pub(crate) immutable: bool,
    pub(crate) assets: Vec<Asset>,
}

/// One of its files.
#[derive(Clone, Debug)]
pub(crate) struct Asset {
    id: u64,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// `starter` where an upload did not end.
    pub(crate) state: String,
}

impl Repository {
    /// The releases, drafts and all.
    pub(crate) fn released(&mut self) -> Vec<&mut Release> {
        self.releases.values_mut().collect()
    }

    /// No release was ever made.
    pub(crate) fn unrelease(&mut self) {
        self.releases.clear();
    }
}

impl State {
    pub(super) fn release(&mut self, scene: &Scene<'_>, verb: &str) -> Result<Answer, Answer> {
        let missing = || answers::error(404, "Not Found");
        let id = scene.number("release_id");
        match verb {
            "check-immutable-releases" => {
                let enabled = self.repositories[scene.name].immutable_releases;
                if !enabled {
                    return Err(missing());
                }
                Ok(answers::json(200, &json!({ "enabled": true, "enforced_by_owner": false })))
            }
            "enable-immutable-releases" => {
                self.repository(scene.name).immutable_releases = true;
                Ok(answers::done())
            }
            "list-releases" => {
                let hidden = !scene.actor.may("contents=write");
                let shown = self.repositories[scene.name].releases.values().rev();
                let shown: Vec<Value> =
                    shown.filter(|one| !(one.draft && hidden)).map(|one| self.show(scene, one)).collect();
                Ok(answers::page(scene, &self.url, &shown))
            }
            "get-release-by-tag" => {
                let tag = scene.place("tag");
                let found =
                    self.repositories[scene.name].releases.values().find(|one| one.tag == tag && !one.draft);
                Ok(answers::json(200, &self.show(scene, found.ok_or_else(missing)?)))
            }
            "get-release" => {
                let found = self.repositories[scene.name].releases.get(&id);
                Ok(answers::json(200, &self.show(scene, found.ok_or_else(missing)?)))
            }
            "create-release" => {
                let tag = scene.text("tag_name").unwrap_or_default().to_owned();
                if self.repositories[scene.name].releases.values().any(|one| one.tag == tag && !one.draft) {
                    return Err(taken("Release", "tag_name"));
                }
                let release = Release {
                    id: self.number(),
                    tag,
                    title: scene.text("name").unwrap_or_default().to_owned(),
                    body: scene.text("body").unwrap_or_default().to_owned(),
                    target: scene.text("target_commitish").unwrap_or("main").to_owned(),
                    draft: true,
                    prerelease: scene.body["prerelease"] == true,
                    immutable: false,
                    assets: Vec::new(),
                };
                let id = release.id;
                self.repository(scene.name).releases.insert(id, release);
                if scene.body["draft"] != true {
                    self.make_public(scene, id)?;
                }
                Ok(answers::json(201, &self.show(scene, &self.repositories[scene.name].releases[&id])))
            }
            "update-release" => {
                let release = self.repository(scene.name).releases.get_mut(&id).ok_or_else(missing)?;
                if release.immutable && scene.text("tag_name").is_some_and(|tag| tag != release.tag) {
                    return Err(answers::invalid("Cannot change the tag of an immutable release"));
                }
                for (name, place) in
                    [("name", &mut release.title), ("body", &mut release.body), ("tag_name", &mut release.tag)]
                {
                    if let Some(text) = scene.text(name) {
                        text.clone_into(place);
                    }
                }
                if let Some(prerelease) = scene.body["prerelease"].as_bool() {
                    release.prerelease = prerelease;
                }
                if scene.body["draft"] == false && release.draft {
                    self.make_public(scene, id)?;
                }
                Ok(answers::json(200, &self.show(scene, &self.repositories[scene.name].releases[&id])))
            }
            "delete-release" => {
                let gone = self.repository(scene.name).releases.remove(&id);
                gone.map(|_| answers::done()).ok_or_else(missing)
            }
            "list-release-assets" => {
                let assets = &self.repositories[scene.name].releases.get(&id).ok_or_else(missing)?.assets;
                let shown: Vec<Value> = assets.iter().map(|asset| self.asset(scene, asset)).collect();
                Ok(answers::page(scene, &self.url, &shown))
            }
            "upload-release-asset" => self.upload(scene, id),
            "get-release-asset" => {
                let id = scene.number("asset_id");
                let assets = self.repositories[scene.name].releases.values().flat_map(|one| &one.assets);
                let asset = assets.clone().find(|asset| asset.id == id).ok_or_else(missing)?.clone();
                if scene.request.header("accept") != "application/octet-stream" {
                    return Ok(answers::json(200, &self.asset(scene, &asset)));
                }
                let path = format!("/assets/{id}");
                self.stored.insert(path.clone(), asset.bytes);
                let location = format!("{}{path}?sig=signed", self.storage_url);
                Ok(Answer::bytes(302, Vec::new()).with("Location", location))
            }
            "delete-release-asset" => {
                let id = scene.number("asset_id");
                let mut releases = self.repository(scene.name).releases.values_mut();
                let of = |one: &&mut Release| one.assets.iter().any(|asset| asset.id == id);
                let release = releases.find(of).ok_or_else(missing)?;
                if release.immutable {
                    return Err(answers::invalid("Cannot delete asset from an immutable release"));
                }
                release.assets.retain(|asset| asset.id != id);
                Ok(answers::done())
            }
            _ => Err(missing()),
        }
    }

    /// Publishing makes the tag where there is none, and locks what has to be locked.
    fn make_public(&mut self, scene: &Scene<'_>, id: u64) -> Result<(), Answer> {
        let name = scene.name;
        let reference = format!("refs/tags/{}", self.repositories[name].releases[&id].tag);
        if self.repositories[name].git.tip(&reference).is_none() {
            let moved = Move { reference: &reference, act: Act::Create, forced: false, merges: false, new: "" };
            self.enforce(name, scene.actor, &moved)?;
        }
        let repository = self.repository(name);
        let immutable = repository.immutable_releases;
        let git = repository.git.clone();
        let release = repository.releases.get_mut(&id).expect("the caller found it");
        if git.tip(&reference).is_none() {
            let target =
                git.tip(&format!("refs/heads/{}", release.target)).unwrap_or_else(|| release.target.clone());
            if !git.set(&reference, None, &target) {
                return Err(taken("Release", "target_commitish"));
            }
        }
        release.draft = false;
        release.immutable = immutable;
        Ok(())
    }

    fn upload(&mut self, scene: &Scene<'_>, id: u64) -> Result<Answer, Answer> {
        // GitHub renames what it does not like in a name.
        let given = scene.request.query.get("name").cloned().unwrap_or_default();
        let odd = |c: char| !(c.is_ascii_alphanumeric() || "._-+@".contains(c));
        let name = given.replace(odd, ".");
        let asset_id = self.number();
        let repository = self.repository(scene.name);
        let release = repository.releases.get_mut(&id).ok_or_else(|| answers::error(404, "Not Found"))?;
        if release.immutable {
            return Err(answers::invalid("Cannot upload assets to an immutable release"));
        }
        if release.assets.iter().any(|asset| asset.name == name) {
            return Err(taken("ReleaseAsset", "name"));
        }
        let bytes = scene.request.body.clone();
        let asset = Asset { id: asset_id, name, bytes, state: "uploaded".to_owned() };
        release.assets.push(asset.clone());
        Ok(answers::json(201, &self.asset(scene, &asset)))
    }

    fn show(&self, scene: &Scene<'_>, release: &Release) -> Value {
        let assets: Vec<Value> = release.assets.iter().map(|asset| self.asset(scene, asset)).collect();
        let at = format!("{}/repos/{}/releases/{}", self.url, scene.name, release.id);
        let published = (!release.draft).then_some("2025-11-21T00:00:00Z");
        self.filled(
            "release",
            json!({
                "id": release.id, "tag_name": release.tag, "name": release.title, "body": release.body,
                "draft": release.draft, "prerelease": release.prerelease, "immutable": release.immutable,
                "target_commitish": release.target, "assets": assets, "published_at": published,
                "upload_url": format!("{at}/assets{{?name,label}}"), "url": at, "assets_url": format!("{at}/assets"),
                "html_url": format!("https://github.com/{}/releases/tag/{}", scene.name, release.tag),
                "author": self.user("lineage-app[bot]"),
            }),
        )
    }

    fn asset(&self, scene: &Scene<'_>, asset: &Asset) -> Value {
        let digest =
            (asset.state == "uploaded").then(|| format!("sha256:{}", hex::encode(Sha256::digest(&asset.bytes))));
        self.filled(
            "release-asset",
            json!({
                "id": asset.id, "name": asset.name, "size": asset.bytes.len(), "state": asset.state, "digest": digest,
                "content_type": "application/octet-stream",
                "url": format!("{}/repos/{}/releases/assets/{}", self.url, scene.name, asset.id),
                "browser_download_url": format!("https://github.com/{}/releases/download/{}", scene.name, asset.name),
            }),
        )
    }
}

/// 422 for what is there already.
fn taken(resource: &str, field: &str) -> Answer {
    let errors = json!([{ "resource": resource, "code": "already_exists", "field": field }]);
    let document = "https://docs.github.com/rest";
    answers::json(422, &json!({ "message": "Validation Failed", "errors": errors, "documentation_url": document }))
}
