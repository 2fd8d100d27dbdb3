//! A repository for this room's tests, made without running git.

use std::collections::BTreeMap;

use super::Context;
use crate::cache::Cache;
use crate::git::{Edit, Repo};
use crate::model::{Event, Oid, Timestamp};
use crate::sigstore::Roots;

/// A bare repository in a temporary directory.
pub(super) struct World {
    dir: tempfile::TempDir,
}

impl World {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let repo = Repo::init(&dir.path().join("r.git"), true, "main").expect("a repository");
        for (key, value) in [("user.name", "A"), ("user.email", "a@example.org"), ("tag.gpgSign", "false")] {
            repo.add_config(key, value).expect("configured");
        }
        Self { dir }
    }

    pub(super) fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn repo(&self) -> Repo {
        Repo::open_at(&self.path("r.git")).expect("the repository")
    }

    /// Runs a verb.
    pub(super) fn run<T>(&self, verb: impl FnOnce(&mut Context<'_>) -> T) -> T {
        self.listen(verb).0
    }

    /// Runs a verb, and says what it told meanwhile.
    pub(super) fn listen<T>(&self, verb: impl FnOnce(&mut Context<'_>) -> T) -> (T, Vec<Event>) {
        let repo = self.repo();
        let cache = Cache::new(&repo.common_dir());
        let now = Timestamp::from_seconds(1_700_000_000);
        let mut events = Vec::new();
        let mut on = |event: Event| events.push(event);
        let done = verb(&mut Context {
            repo,
            cache,
            now,
            key: None,
            roots: Roots::none().into(),
            signing: crate::pipeline::signing::Signing::by_key().into(),
            hub: std::sync::Arc::default(),
            proofs: std::sync::Arc::default(),
            threads: crate::pipeline::proofs::Threads::Cores,
            ci: false,
            dry_run: false,
            on: &mut on,
        });
        (done, events)
    }

    /// Commits files (none: taken out) to a branch, on top of it or of `from`.
    pub(super) fn commit(&self, branch: &str, from: &str, message: &str, files: &[(&str, Option<&str>)]) -> Oid {
        let repo = self.repo();
        let full = format!("refs/heads/{branch}");
        let old = repo.find_ref(&full).expect("readable");
        let base = old.clone().or_else(|| repo.find_ref(&format!("refs/heads/{from}")).expect("readable"));
        let edits: BTreeMap<String, Edit> = files
            .iter()
            .map(|(path, text)| {
                let edit = text.map_or(Edit::Remove, |text| Edit::Write(text.as_bytes().to_vec()));
                ((*path).to_owned(), edit)
            })
            .collect();
        let tree = repo.edit_tree(base.as_ref(), &edits).expect("a tree");
        let now = Timestamp::from_seconds(1_700_000_000);
        let parents: Vec<Oid> = base.into_iter().collect();
        let commit = repo.write_commit(&tree, &parents, message, now).expect("a commit");
        repo.set_ref(&full, old.as_ref(), &commit, "test").expect("moved");
        commit
    }

    /// A lightweight tag.
    pub(super) fn tag(&self, name: &str, commit: &Oid) {
        self.repo().set_ref(&format!("refs/tags/{name}"), None, commit, "test").expect("tagged");
    }
}

/// A `Chart.yaml`.
pub(super) fn chart(name: &str, version: &str) -> String {
    format!("apiVersion: v2\nname: {name}\nversion: {version}\ndescription: A chart\n")
}
