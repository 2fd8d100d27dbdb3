//! Other contents, told as if they had come all the way: what the forger does to main.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::desk::{Desk, canonical};
use super::signer::sha256;

/// Files to put into a tree, or to take out.
pub(super) type Files<'a> = &'a [(&'a str, Option<&'a [u8]>)];

impl Desk<'_> {
    /// A tree the lineage went through: the one a record annotates.
    pub(super) fn tree_of(&mut self, name: &str) -> String {
        self.record(name).on.clone()
    }

    /// The tagged commit.
    pub(super) fn commit(&self) -> String {
        self.payload["commit"].as_str().expect("a commit").to_owned()
    }

    /// Another content was released: it lands where the honest one did, and every statement about it says so.
    pub(super) fn release(&mut self, tree: &str) {
        let commit = self.commit();
        let parent = self.site.rev(&format!("{commit}^"));
        let root = self.site.tree_at(&format!("{commit}^{{tree}}"), &self.directory, tree);
        self.release_on(tree, &root, &parent);
    }

    /// The same contribution is released again after the honest release, under another version: main goes back
    /// to the chart as it was, with other files of the root changed, and the same content lands once more.
    pub(super) fn release_again(&mut self, tag: &str, version: &str, files: Files<'_>) {
        let (commit, main) = (self.commit(), self.site.rev("refs/heads/main"));
        let before = self.site.rev(&format!("{commit}^:{}", self.directory));
        let root = self.site.tree_at(&format!("{main}^{{tree}}"), &self.directory, &before);
        let root = self.site.tree_with(&root, files);
        let back = self.site.commit_of(&root, &[&main], "chore: begin again");
        let tree = self.tree_of("w5-overall");
        let was = self.payload["chartVersion"].as_str().expect("a version").to_owned();
        let text = |path: &str| {
            let bytes = self.site.bytes_in(&tree, path).expect("it is there");
            String::from_utf8(bytes).expect("it is text").replace(&was, version)
        };
        let (chart, log) = (text("Chart.yaml"), text("CHANGELOG.md"));
        let owned = [("Chart.yaml", Some(chart.as_bytes())), ("CHANGELOG.md", Some(log.as_bytes()))];
        let released = self.site.tree_with(&tree, &owned);
        let root = self.site.tree_at(&root, &self.directory, &released);
        self.claim("w5-semver-bump", "toVersion", json!(version));
        // What the honest release was, as it stands there.
        let previous = json!({
            "tag": self.tag,
            "tagObject": self.object(),
            "payload": sha256(canonical(&self.site.payload(&self.tag))),
        });
        self.payload["previous"] = json!("the release before");
        self.payload["chartVersion"] = json!(version);
        self.rename(&format!("{}-{was}", self.chart), &format!("{}-{version}", self.chart));
        self.rename(&self.tag.clone(), tag);
        tag.clone_into(&mut self.tag);
        self.release_on(&released, &root, &back);
        self.rename("\"the release before\"", &canonical(&previous));
    }

    fn release_on(&mut self, tree: &str, root: &str, parent: &str) {
        let (old, content) = (self.tree_of("w5-overall"), self.site.content_of(tree));
        let was = self.payload["content"].as_str().expect("a digest").to_owned();
        for told in &mut self.records {
            if told.on == old {
                tree.clone_into(&mut told.on);
            }
        }
        self.rename(&was, &content);
        self.rename(&old, tree);
        let landed = self.site.commit_of(root, &[parent], "feat: land it");
        self.land_at(&landed);
    }

    /// Changes files of the released content.
    pub(super) fn release_with(&mut self, files: Files<'_>) {
        let tree = self.tree_of("w5-overall");
        let tree = self.site.tree_with(&tree, files);
        self.release(&tree);
    }

    /// Another content was split: the split link is about it, and the bump link starts from it.
    pub(super) fn split(&mut self, tree: &str) {
        let content = self.site.content_of(tree);
        let owned = self.owned(tree);
        let told = self.record("w2-filter-charts");
        tree.clone_into(&mut told.on);
        told.statement["subject"][0]["digest"]["sha256"] = json!(content);
        let bump = &mut self.record("w5-semver-bump").statement["predicate"];
        bump["source"]["content"] = json!(content);
        bump["source"]["tree"] = json!(tree);
        bump["before"] = owned;
    }

    /// Another content was contributed and validated: the checks and the seal are about it.
    pub(super) fn contribute(&mut self, tree: &str) {
        let content = self.site.content_of(tree);
        let owned = self.owned(tree);
        for told in self.records.iter_mut().filter(|told| told.name.starts_with("w1-")) {
            tree.clone_into(&mut told.on);
            told.statement["subject"][0]["digest"]["sha256"] = json!(content);
        }
        let split = &mut self.record("w2-filter-charts").statement["predicate"];
        split["source"]["content"] = json!(content);
        split["source"]["tree"] = json!(tree);
        split["before"] = owned;
    }

    /// The same files changed in all three contents: as if they had been contributed so.
    pub(super) fn contribute_with(&mut self, files: Files<'_>) {
        for (name, whose) in [
            ("w1-overall", Self::contribute as fn(&mut Self, &str)),
            ("w2-filter-charts", Self::split),
            ("w5-overall", Self::release),
        ] {
            let tree = self.tree_of(name);
            let tree = self.site.tree_with(&tree, files);
            whose(self, &tree);
        }
    }

    /// Main's two files in a content, as links carry them.
    fn owned(&self, tree: &str) -> Value {
        let bytes = |path: &str| self.site.bytes_in(tree, path).map(|bytes| STANDARD.encode(bytes));
        json!({ "Chart.yaml": bytes("Chart.yaml"), "CHANGELOG.md": bytes("CHANGELOG.md") })
    }

    /// A commit on main before the release landed that changes files of the root, without a contribution.
    pub(super) fn main_moved_before(&mut self, files: Files<'_>) {
        let commit = self.commit();
        let parent = self.site.rev(&format!("{commit}^"));
        let before = self.site.tree_with(&format!("{parent}^{{tree}}"), files);
        let before = self.site.commit_of(&before, &[&parent], "chore: this and that");
        let root = self.site.tree_with(&format!("{commit}^{{tree}}"), files);
        let landed = self.site.commit_of(&root, &[&before], "feat: land it");
        self.land_at(&landed);
    }

    /// The landing commit itself changes files of the root along with the chart.
    pub(super) fn landed_with(&mut self, files: Files<'_>) {
        let commit = self.commit();
        let parent = self.site.rev(&format!("{commit}^"));
        let root = self.site.tree_with(&format!("{commit}^{{tree}}"), files);
        let landed = self.site.commit_of(&root, &[&parent], "feat: land it");
        self.land_at(&landed);
    }

    /// A commit on main after the release.
    pub(super) fn main_moved_after(&self, files: Files<'_>) -> String {
        let main = self.site.rev("refs/heads/main");
        let tree = self.site.tree_with("refs/heads/main^{tree}", files);
        let commit = self.site.commit_of(&tree, &[&main], "chore: later");
        self.site.git(["update-ref", "refs/heads/main", &commit]);
        commit
    }

    /// Main ends in this commit, which is the tagged one.
    pub(super) fn land_at(&mut self, commit: &str) {
        self.site.git(["update-ref", "refs/heads/main", commit]);
        self.tag_commit(commit);
    }

    /// The tag is about this commit, wherever it is, with the package that this gives.
    pub(super) fn tag_commit(&mut self, commit: &str) {
        let old = self.commit();
        self.payload["commit"] = json!(commit);
        self.rename(&old, commit);
        self.predict(commit);
    }

    /// The package digests the payload and the build name are those that a commit gives.
    fn predict(&mut self, commit: &str) {
        let spec = format!("{}@{commit}", self.chart);
        let output = self.site.lineage(["package", &spec, "--json", "--output", "../tmp"]);
        // A chart that cannot be packaged keeps the digests it had.
        if output.code != 0 {
            return;
        }
        let package = output.json();
        let word = |value: &Value| value.as_str().expect("a digest").to_owned();
        let is = [
            ("tar", word(&package["tar"]["sha256"])),
            ("tgz", word(&package["tgz"]["sha256"])),
            ("oci", word(&package["oci"]["manifest"]).replace("sha256:", "")),
        ];
        for (what, is) in is {
            let said = word(&self.payload["predicted"][what]);
            self.rename(&said, &is);
            self.payload["predicted"][what] = json!(is);
        }
    }
}
