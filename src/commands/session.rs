//! One run of one verb: the terminal, the values from the door, and the context the pipeline works with.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::actions::Actions;
use super::door::{Environment, uuid};
use crate::cache::{Cache, RootCache};
use crate::git::Repo;
use crate::github::actions::mask_hidden;
use crate::model::{Event, Failure, Timestamp};
use crate::pipeline::Context;
use crate::pipeline::dependencies;
use crate::pipeline::roots::{self, Roots};
use crate::pipeline::signing::{Signing, TokenFrom};
use crate::terminal::{Page, Terminal, talk_plainly};

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
    /// `--identity-token-file`, likewise.
    pub(super) token_file: Option<PathBuf>,
    /// `--signing-config`, likewise.
    pub(super) signing_config: Option<PathBuf>,
    /// `--trusted-root`, if it was given.
    pub(super) trusted_root: Option<PathBuf>,
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
        let named = self.trusted_root(Some(&repo));
        let roots = roots::gather(&self.roots(named.as_deref()))?;
        let signing = self.signing(&repo);
        let mut progress = self.terminal.progress();
        let mut on = |event| match self.actions.folded(&event) {
            Some(text) => progress.say(&text),
            None => progress.on(&event),
        };
        let hub = self.environment.hub();
        // What the job is given is masked already; what is made here the runner does not know.
        let hub = if self.actions.masks() { hub.telling(|made| talk_plainly(&mask_hidden(made))) } else { hub };
        // Never freed: the process ends right after, and giving it all back piece by piece takes time.
        let mut context = std::mem::ManuallyDrop::new(Context {
            repo,
            cache,
            now: self.now,
            key,
            roots: roots.into(),
            signing: signing.into(),
            hub: hub.into(),
            proofs: std::sync::Arc::default(),
            threads: crate::pipeline::proofs::Threads::Cores,
            ci: self.environment.ci(),
            dry_run: self.dry_run,
            on: &mut on,
        });
        let done = work(&mut context);
        for warning in context.signing.warnings() {
            (context.on)(Event::Warning(warning));
        }
        // Whatever came out, it was decided without a root that has expired, where one was asked for.
        context.roots.complete()?;
        done
    }

    /// As [`Session::work`], for what makes releases: packages from outside that turn out not to be here are
    /// fetched, and the work begins again. It does only what is still needed, as after any interruption.
    pub(super) fn work_fetching<R>(
        &mut self,
        work: impl Fn(&mut Context<'_>) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        self.work(|cx| {
            let mut before = Vec::new();
            loop {
                let done = work(cx);
                let missed = cx.cache.take_missed();
                // What was fetched and is missed again will not come by fetching.
                if missed.iter().all(|one| before.contains(one)) {
                    return done;
                }
                match (Self::wait(dependencies::fetch(cx, &missed)), done) {
                    (Ok(()), _) => before = missed,
                    // A report on several charts says itself which of them could not go on.
                    (Err(failure), Ok(report)) => {
                        (cx.on)(Event::Warning(failure.what));
                        return Ok(report);
                    }
                    (Err(failure), Err(_)) => return Err(failure),
                }
            }
        })
    }

    /// What trust roots are taken from.
    pub(super) fn roots<'a>(&self, named: Option<&'a Path>) -> roots::Source<'a> {
        let set = |name: &str| self.environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
        roots::Source { named, kept: cache.map(|cache| RootCache::new(&cache)), now: self.now }
    }

    /// The trust roots of a verb that needs no repository.
    pub(super) fn roots_alone(&self, staging: bool) -> Result<Roots, Failure> {
        let repo = Repo::open(&PathBuf::from(".")).ok();
        match self.trusted_root(repo.as_ref()) {
            None if staging => roots::staging(),
            named => roots::gather(&self.roots(named.as_deref())),
        }
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

    /// The trusted root a person named: `--trusted-root`, `LINEAGE_TRUSTED_ROOT` or
    /// `git config lineage.trustedroot`.
    fn trusted_root(&self, repo: Option<&Repo>) -> Option<PathBuf> {
        let named = self.trusted_root.clone();
        named
            .or_else(|| self.environment.get("LINEAGE_TRUSTED_ROOT").map(PathBuf::from))
            .or_else(|| self.configured(repo?, "lineage.trustedroot"))
    }

    /// What keyless signing is done with.
    fn signing(&self, repo: &Repo) -> Signing {
        let config = self.signing_config.clone().or_else(|| self.configured(repo, "lineage.signingconfig"));
        let token = self
            .token_file
            .clone()
            .map_or_else(|| self.environment.token(self.actions.masking()), TokenFrom::File);
        Signing::new(config, token)
    }

    /// The private key: `--key`, then `LINEAGE_KEY`, then `git config lineage.key`.
    fn key(&self, repo: &Repo) -> Option<PathBuf> {
        let named = self.key.clone().or_else(|| self.environment.get("LINEAGE_KEY").map(PathBuf::from));
        named.or_else(|| self.configured(repo, "lineage.key"))
    }

    /// A path from git's configuration.
    fn configured(&self, repo: &Repo, name: &str) -> Option<PathBuf> {
        let configured = repo.config(name).filter(|value| !value.is_empty())?;
        // git expands this in its own path-like values (git-config(1), "pathname").
        let home = self.environment.get("HOME").map(PathBuf::from);
        Some(match (configured.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(configured),
        })
    }
}
