//! The scratch world of a rehearsal: bare remote, developer's clone, key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::sample::{self, Seed};
use super::{Options, context, init_options};
use crate::git::transport::PushRef;
use crate::git::{Edit, Repo};
use crate::model::{Event, Failure, Oid, Rehearsed, Timestamp};
use crate::pipeline::{Context, ground, init};

pub(super) struct World<'a> {
    pub(super) root: PathBuf,
    pub(super) origin: PathBuf,
    work: PathBuf,
    key: PathBuf,
    now: Timestamp,
    on: &'a mut dyn FnMut(Event),
    pub(super) steps: Vec<Rehearsed>,
}

/// Makes sure a directory to keep things in is new or empty.
pub(super) fn empty_directory(path: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(format!("{} cannot keep a rehearsal", path.display())).because(error.to_string())
    };
    std::fs::create_dir_all(path).map_err(failed)?;
    if std::fs::read_dir(path).map_err(failed)?.next().is_some() {
        return Err(Failure::usage(format!("{} is not empty", path.display()))
            .hint("name a new directory: a rehearsal replaces nothing"));
    }
    Ok(())
}

impl<'a> World<'a> {
    pub(super) fn new(root: &Path, now: Timestamp, on: &'a mut dyn FnMut(Event)) -> Result<Self, Failure> {
        let root = root.canonicalize().map_err(|error| {
            Failure::usage(format!("{} cannot be reached", root.display())).because(error.to_string())
        })?;
        Ok(Self {
            origin: root.join("origin.git"),
            work: root.join("work"),
            key: root.join("key.pem"),
            root,
            now,
            on,
            steps: Vec::new(),
        })
    }

    /// Writes down what a stage did, and tells whoever waits.
    pub(super) fn did(&mut self, verb: &str, what: String) {
        (self.on)(Event::Finished(format!("{verb}: {what}")));
        self.steps.push(Rehearsed { verb: verb.to_owned(), what });
    }

    /// A context on the developer's clone.
    pub(super) fn work_context(&mut self) -> Result<Context<'_>, Failure> {
        context(&self.work, &self.key, self.now, self.on)
    }

    /// Runs a verb in the developer's clone.
    pub(super) fn with_work<T>(
        &mut self,
        verb: impl FnOnce(&mut Context<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        verb(&mut self.work_context()?)
    }

    /// Runs a verb in another clone.
    pub(super) fn within<T>(
        &mut self,
        path: &Path,
        verb: impl FnOnce(&mut Context<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        verb(&mut context(path, &self.key, self.now, self.on)?)
    }

    /// The bare remote with the chart on main, and the developer's clone of it.
    pub(super) fn plant(&mut self, seed: &Seed) -> Result<(), Failure> {
        identify(&Repo::init(&self.origin, true, "main")?)?;
        let origin = Repo::open_at(&self.origin)?;
        let edits: BTreeMap<String, Edit> =
            seed.files.iter().map(|(path, bytes)| (path.clone(), Edit::Write(bytes.clone()))).collect();
        let tree = origin.edit_tree(None, &edits)?;
        let commit = origin.write_commit(&tree, &[], "chore: import the chart to rehearse with\n", self.now)?;
        origin.set_ref("refs/heads/main", None, &commit, "git lineage rehearse")?;
        identify(&Repo::clone(&self.origin.display().to_string(), &self.work, false)?)?;
        self.did("rehearse", format!("{} from {}", seed.chart, seed.from));
        Ok(())
    }

    /// `git lineage init` there.
    pub(super) fn set_up(&mut self, options: &Options) -> Result<(), Failure> {
        let options = init_options(&self.root, &self.key, options);
        self.with_work(|cx| init::run(cx, &options))?;
        self.did("init", "lineage.toml, key and branches".to_owned());
        Ok(())
    }

    /// A contribution: one commit on a feature branch from integration.
    pub(super) fn contribute(&mut self, seed: &Seed) -> Result<Oid, Failure> {
        let (path, bytes) = sample::change(seed);
        let subject = sample::subject(seed);
        let now = self.now;
        let head = self.with_work(|cx| {
            let ground = ground::ground(cx)?;
            let integration = &ground.config().branches.integration;
            let base = ground::branch_tip(&cx.repo, ground.config(), integration)?
                .ok_or_else(|| Failure::negative("the rehearsal has no integration branch"))?;
            let edits = BTreeMap::from([(path, Edit::Write(bytes))]);
            let tree = cx.repo.edit_tree(Some(&base), &edits)?;
            let commit = cx.repo.write_commit(&tree, &[base], &format!("{subject}\n"), now)?;
            let reference = "refs/heads/feat/rehearse".to_owned();
            cx.repo.set_ref(&reference, None, &commit, "git lineage rehearse")?;
            cx.repo.push("origin", &[PushRef { reference, expect: None, new: Some(commit.clone()) }])?;
            Ok(commit)
        })?;
        self.did("contribute", format!("{} ({})", sample::subject(seed), head.short()));
        Ok(head)
    }
}

/// The rehearsal commits as itself: a fresh machine has no identity, and a person's own signing settings
/// have no place in it.
fn identify(repo: &Repo) -> Result<(), Failure> {
    repo.add_config("user.name", "git lineage rehearsal")?;
    repo.add_config("user.email", "rehearsal@git-lineage.invalid")?;
    repo.add_config("tag.gpgSign", "false")?;
    Ok(())
}
