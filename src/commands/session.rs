//! One run of one verb: the terminal, the values from the door, and the context the pipeline works with.

use std::path::PathBuf;

use serde::Serialize;

use super::actions::Actions;
use super::door::{Environment, uuid};
use crate::cache::Cache;
use crate::git::Repo;
use crate::model::{Failure, Timestamp};
use crate::pipeline::Context;
use crate::terminal::{Page, Terminal};

/// What every verb is run in.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) terminal: Terminal,
    pub(super) environment: Environment,
    pub(super) actions: Actions,
    pub(super) now: Timestamp,
    pub(super) random: Option<[u8; 16]>,
    pub(super) dry_run: bool,
    /// `--key`, where the verb has it and it was given.
    pub(super) key: Option<PathBuf>,
}

impl Session {
    /// Runs a verb's work in the repository around the current directory.
    pub(super) fn work<R>(
        &mut self,
        work: impl FnOnce(&mut Context<'_>) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let repo = Repo::open(&PathBuf::from("."))?;
        self.work_in(repo, work)
    }

    /// Runs a verb's work in this repository.
    pub(super) fn work_in<R>(
        &mut self,
        repo: Repo,
        work: impl FnOnce(&mut Context<'_>) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let cache = Cache::new(&repo.common_dir());
        let key = self.key(&repo);
        let mut progress = self.terminal.progress();
        let mut on = |event| progress.on(&event);
        work(&mut Context {
            repo,
            cache,
            now: self.now,
            key,
            ci: self.environment.ci(),
            dry_run: self.dry_run,
            on: &mut on,
        })
    }

    /// Answers with a report, on stdout and to a workflow runner that listens.
    pub(super) fn say<R: Serialize>(&mut self, report: &R, render: impl Fn(&R, &mut Page)) -> Result<(), Failure> {
        self.terminal.report(report, &render)?;
        self.tell_runner(report, render)
    }

    /// Tells a workflow runner that listens.
    pub(super) fn tell_runner<R: Serialize>(
        &self,
        report: &R,
        render: impl Fn(&R, &mut Page),
    ) -> Result<(), Failure> {
        if self.actions.listen() {
            self.actions.output("report", &self.terminal.document(report)?)?;
            self.actions.summary(&self.terminal.text(report, render, false))?;
        }
        Ok(())
    }

    /// A new repository id.
    pub(super) fn repository_id(&self) -> Result<String, Failure> {
        self.random.map(uuid).ok_or_else(|| Failure::undetermined("the operating system gives no random bytes"))
    }

    /// Runs what waits for sockets. The runtime exists only as long as that.
    pub(super) fn wait<R>(work: impl Future<Output = Result<R, Failure>>) -> Result<R, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
            Failure::undetermined("could not start what waits for the network").because(error.to_string())
        })?;
        runtime.block_on(work)
    }

    /// The private key: `--key`, then `LINEAGE_KEY`, then `git config lineage.key`.
    fn key(&self, repo: &Repo) -> Option<PathBuf> {
        let named = self.key.clone().or_else(|| self.environment.get("LINEAGE_KEY").map(PathBuf::from));
        named.or_else(|| {
            let configured = repo.config("lineage.key").filter(|value| !value.is_empty())?;
            // git expands this in its own path-like values (git-config(1), "pathname").
            let home = self.environment.get("HOME").map(PathBuf::from);
            Some(match (configured.strip_prefix("~/"), home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => PathBuf::from(configured),
            })
        })
    }
}
