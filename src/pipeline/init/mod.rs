//! Sets a repository up: branches, lineage.toml, key, notes refspecs. A plan first; running it again does
//! only what is still needed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Context;
use super::ground::{POLICY_FILE, parse_policy};
use crate::git::transport::PushRef;
use crate::git::{Edit, Repo};
use crate::model::config::{Config, Flow, Forge};
use crate::model::{Event, Failure, InitReport, Oid, Plan};
use crate::sigstore::PrivateKey;

mod branches;
mod github;
mod layout;
mod next;
mod settings;
mod template;

pub use github::{GitHub, stale};
use layout::Layout;
use next::next;
use settings::{outside_of, settings};
use template::Choices;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// `origin`, unless named.
    pub remote: Option<String>,
    /// A new repository id, from the door's randomness.
    pub repository_id: String,
    /// Where the private key goes; none: the default place.
    pub key: PathBuf,
    /// integration or direct; none: what the repository looks like.
    pub flow: Option<String>,
    /// The OCI destination to write into lineage.toml.
    pub oci: Option<String>,
    /// The directory of release assets to write into lineage.toml.
    pub assets: Option<String>,
    /// Mark it as a rehearsal's scratch repository.
    pub rehearsal: bool,
    /// Write workflows and rulesets, too.
    pub github: Option<GitHub>,
}

/// The commit message `lineage.toml` comes with.
const MESSAGE: &str =
    "chore: set up git lineage\n\nlineage.toml says what a release of this repository has to prove.\n";

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<InitReport, Failure> {
    let mut site = Site::read(cx, options)?;
    let mut plan = Plan::default();

    // Everything that could be refused is looked at before anything is written.
    let flow = wanted_flow(options)?;
    let present = cx.repo.file_at(&site.main, POLICY_FILE)?;
    let config = match &present {
        Some(bytes) => {
            plan.done(format!("{POLICY_FILE} is on {}", site.main_name));
            parse_policy(&format!("{POLICY_FILE} at {}", site.main_name), bytes)?.config
        }
        None => site.draft(cx, options, flow, &mut plan)?,
    };
    let mut generated = Vec::new();
    let mut origin = None;
    if options.github.is_some() {
        if config.forge != Forge::Github {
            return Err(Failure::usage(format!("{POLICY_FILE} at {} says forge = \"local\"", site.main_name))
                .hint("set `forge = \"github\"` and [github] there by a change, then run `git lineage init --github` again"));
        }
        origin = github::origin(&cx.repo, &site, &config.branches.release)?;
        generated = match present {
            Some(_) => github::again(cx, &site, &config, &mut plan)?,
            None => github::first(cx, &site, &config, &mut plan)?,
        };
    }
    let branches = branches::plan(cx, &site, &config, present.is_some(), origin.as_ref(), &mut plan)?;
    let has_key = present.is_none() && options.github.is_none() || options.key.exists();
    let settings = settings(cx, options, &site, has_key, &mut plan)?;
    let next = next(options, &config, &site, present.is_some(), origin.as_ref());
    if cx.dry_run {
        return Ok(InitReport { plan, next });
    }
    if options.github.is_some() && present.is_none() {
        super::files::write(&cx.cache.path("backup-branches.txt"), github::backup(&site, &cx.repo)?.as_bytes())?;
    }

    let mut refs = Vec::new();
    let mut commit = site.main.clone();
    if present.is_none() {
        if options.github.is_none() && !options.key.exists() {
            PrivateKey::generate(&options.key)?;
        }
        let (text, _) = site.lineage_toml(cx, options, flow)?;
        let files = generated.drain(..).chain([(POLICY_FILE.to_owned(), text)]);
        let edits: BTreeMap<String, Edit> =
            files.map(|(path, text)| (path, Edit::Write(text.into_bytes()))).collect();
        let tree = cx.repo.edit_tree(Some(&site.main), &edits)?;
        commit = cx.repo.write_commit(&tree, std::slice::from_ref(&site.main), MESSAGE, cx.now)?;
        refs.push(PushRef {
            reference: format!("refs/heads/{}", site.main_name),
            expect: site.remote_main.clone(),
            new: Some(commit.clone()),
        });
    }
    refs.extend(branches.iter().filter_map(|branch| branch.push(&commit)));
    if let (Some(remote), false) = (&site.remote, refs.is_empty()) {
        cx.repo.push(remote, &refs)?;
    }
    if present.is_none() {
        site.advance_main(&cx.repo, &commit)?;
    }
    for branch in &branches {
        branch.create(&cx.repo, &commit)?;
    }
    for (key, value) in &settings {
        cx.repo.add_config(key, value)?;
    }
    github::write(&cx.repo, &generated)?;
    if present.is_some() && cx.repo.is_dirty(POLICY_FILE)? {
        (cx.on)(Event::Warning(format!(
            "{POLICY_FILE} here is not as committed; `git checkout HEAD -- {POLICY_FILE}` restores it"
        )));
    }
    Ok(InitReport { plan, next })
}

/// Whether what is generated on main is up to date: every file that is not, as a step that is needed.
///
/// # Errors
/// There is no `lineage.toml`, or the forge is not GitHub (exit 2).
pub fn check(cx: &mut Context<'_>) -> Result<InitReport, Failure> {
    let ground = super::ground::ground(cx)?;
    if ground.config().forge != Forge::Github {
        return Err(Failure::usage("nothing is generated for forge = \"local\""));
    }
    let mut plan = Plan::default();
    for one in github::standing(&cx.repo, &ground.main, ground.config())? {
        match one.wrong() {
            None => plan.done(format!("{} is up to date", one.path)),
            Some(wrong) => plan.needed(format!("{} {wrong}", one.path)),
        }
    }
    let mut next = Vec::new();
    if !plan.is_done() {
        next.push("run `git lineage init --github`, and bring what it writes to main by a change".to_owned());
    }
    Ok(InitReport { plan, next })
}

/// The repository as it is before.
pub(super) struct Site {
    pub(super) remote: Option<String>,
    pub(super) main_name: String,
    /// main as the remote has it, or the local one.
    pub(super) main: Oid,
    /// What the remote has; none where there is no remote, or it is empty.
    pub(super) remote_main: Option<Oid>,
    local_main: Option<Oid>,
    /// The remote's branches.
    pub(super) there: BTreeMap<String, Oid>,
    layout: Layout,
}

impl Site {
    fn read(cx: &mut Context<'_>, options: &Options) -> Result<Self, Failure> {
        let repo = &cx.repo;
        if let Some(what) = repo.in_progress() {
            return Err(Failure::usage(format!("a {what} is in progress here"))
                .hint("finish or abort it, then run `git lineage init` again"));
        }
        match repo.head() {
            Err(crate::git::Error::Unborn(branch)) => {
                return Err(Failure::usage(format!("{branch} has no commit yet: there is nothing to set up"))
                    .hint("make the first commit, then run `git lineage init` again"));
            }
            other => drop(other?),
        }
        let name = options.remote.clone().unwrap_or_else(|| "origin".to_owned());
        let remote = repo.has_remote(&name).then_some(name);
        if let (None, Some(named)) = (&remote, &options.remote) {
            return Err(Failure::usage(format!("there is no remote {named}"))
                .hint(format!("add it with `git remote add {named} URL`")));
        }
        let mut there = BTreeMap::new();
        if let Some(remote) = &remote {
            if !cx.dry_run {
                // A run stopped right after its push left the remote further than this clone knows.
                repo.fetch(remote, &[&format!("+refs/heads/*:refs/remotes/{remote}/*")])?;
            }
            for (full, oid) in repo.remote_refs(remote, &["refs/heads/"])? {
                if let Some(branch) = full.strip_prefix("refs/heads/") {
                    there.insert(branch.to_owned(), oid);
                }
            }
        }
        let main_name = main_name(repo, &there)?;
        let remote_main = there.get(&main_name).cloned();
        let local_main = repo.find_ref(&format!("refs/heads/{main_name}"))?;
        let main = match (&remote_main, &local_main, &remote) {
            (Some(theirs), local, Some(remote)) => {
                up_to_date(repo, remote, &main_name, theirs, local.as_ref())?;
                theirs.clone()
            }
            (_, Some(local), _) => local.clone(),
            (_, None, _) => {
                return Err(Failure::usage(format!("there is no branch {main_name} to set up"))
                    .hint(format!("create it: `git branch {main_name}`")));
            }
        };
        let layout = Layout::read(repo, &main)?;
        Ok(Self { remote, main_name, main, remote_main, local_main, there, layout })
    }

    /// Plans `lineage.toml` and the key, and refuses what would overwrite a person's work.
    fn draft(
        &mut self,
        cx: &mut Context<'_>,
        options: &Options,
        flow: Option<Flow>,
        plan: &mut Plan,
    ) -> Result<Config, Failure> {
        self.untouched(&cx.repo)?;
        if options.github.is_some() {
            plan.needed("have the workflows sign keyless, as [[trust.identities]] says");
        } else if options.key.exists() {
            outside_of(cx.repo.work_dir().as_deref(), &options.key)?;
            plan.done(format!("the private key {} exists", options.key.display()));
        } else {
            outside_of(cx.repo.work_dir().as_deref(), &options.key)?;
            plan.needed(format!("make a private key at {}", options.key.display()));
        }
        plan.needed(match &self.remote {
            Some(remote) => format!("commit {POLICY_FILE} to {} and push it to {remote}", self.main_name),
            None => format!("commit {POLICY_FILE} to {}", self.main_name),
        });
        let flow_said = flow.is_some();
        let (_, config) = self.lineage_toml(cx, options, flow)?;
        if !flow_said && config.flow == Flow::Direct {
            (cx.on)(Event::Note(format!(
                "flow = \"direct\" fits {} charts without an integration branch; --flow integration chooses otherwise",
                self.layout.charts.len()
            )));
        }
        Ok(config)
    }

    /// The file's text, known to parse. Until the key is made, the one in it is a placeholder.
    fn lineage_toml(
        &self,
        cx: &Context<'_>,
        options: &Options,
        flow: Option<Flow>,
    ) -> Result<(String, Config), Failure> {
        let flow = flow.unwrap_or_else(|| self.layout.flow(self.has_branch(&cx.repo, "integration")));
        let public_key = if options.key.exists() {
            PrivateKey::load(&options.key, cx.repo.work_dir().as_deref())?.public().pem
        } else {
            PLACEHOLDER.to_owned()
        };
        let names = github::Names { flow, main: &self.main_name, tag: &self.layout.template };
        let section = options.github.as_ref().map(|asked| github::section(asked, &names)).transpose()?;
        let text = template::text(
            &self.layout,
            &Choices {
                repository_id: section.as_ref().map_or(&options.repository_id, |(id, _)| id),
                remote: self.remote.as_deref().unwrap_or("origin"),
                rehearsal: options.rehearsal,
                main: &self.main_name,
                flow,
                changelog: self.layout.changelog(flow),
                public_key: &public_key,
                oci: options.oci.as_deref(),
                assets: options.assets.as_deref(),
                github: section.as_ref().map(|(_, text)| text.as_str()),
            },
        );
        let config = parse_policy(&format!("the new {POLICY_FILE}"), text.as_bytes())?.config;
        Ok((text, config))
    }

    fn has_branch(&self, repo: &Repo, branch: &str) -> bool {
        let local = repo.find_ref(&format!("refs/heads/{branch}")).is_ok_and(|found| found.is_some());
        local || self.there.contains_key(branch)
    }

    /// Refuses where a `lineage.toml`, or a checked-out main with changes, would be written over.
    fn untouched(&self, repo: &Repo) -> Result<(), Failure> {
        let Some(work) = repo.work_dir() else { return Ok(()) };
        let head = repo.head()?;
        let tracked = repo.file_at(&head, POLICY_FILE)?.is_some();
        if repo.is_dirty(POLICY_FILE)? || (!tracked && work.join(POLICY_FILE).symlink_metadata().is_ok()) {
            return Err(Failure::usage(format!("{POLICY_FILE} in the work tree is not committed")).hint(format!(
                "move it away, or commit it to {}, and run `git lineage init` again",
                self.main_name
            )));
        }
        if repo.branch()?.as_ref() == Some(&self.main_name) && repo.is_dirty("")? {
            return Err(Failure::usage(format!("{} is checked out with changes", self.main_name))
                .hint("commit or stash them, then run `git lineage init` again"));
        }
        Ok(())
    }

    /// Moves the local main to the new commit, and the work tree with it where main is checked out.
    fn advance_main(&self, repo: &Repo, commit: &Oid) -> Result<(), Failure> {
        let full = format!("refs/heads/{}", self.main_name);
        let Some(local) = &self.local_main else { return Ok(()) };
        repo.set_ref(&full, Some(local), commit, "lineage: init")?;
        if repo.work_dir().is_some() && repo.branch()?.as_ref() == Some(&self.main_name) {
            repo.checkout(&self.main_name)?;
        }
        Ok(())
    }
}

/// Stands for the key before it is made, which a plan does not do: the base point of P-256, whose private key
/// is 1.
const PLACEHOLDER: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----";

fn wanted_flow(options: &Options) -> Result<Option<Flow>, Failure> {
    match options.flow.as_deref() {
        None => Ok(None),
        Some("integration") => Ok(Some(Flow::Integration)),
        Some("direct") => Ok(Some(Flow::Direct)),
        Some(other) => Err(Failure::usage(format!("there is no flow `{other}`"))
            .hint("choose `integration` or `direct`; `man lineage.toml` explains both")),
    }
}

/// The protected branch: main or master as the remote has it, or the local one, or the one checked out.
fn main_name(repo: &Repo, there: &BTreeMap<String, Oid>) -> Result<String, Failure> {
    let usual = ["main", "master"];
    if let Some(name) = usual.iter().find(|name| there.contains_key(**name)) {
        return Ok((*name).to_owned());
    }
    for name in usual {
        if repo.find_ref(&format!("refs/heads/{name}"))?.is_some() {
            return Ok(name.to_owned());
        }
    }
    repo.branch()?.ok_or_else(|| {
        Failure::usage("HEAD is detached, and there is no branch main or master")
            .hint("check out the branch that is released from")
    })
}

/// What is set up must stand on what the remote has, and take nothing unpushed along.
fn up_to_date(repo: &Repo, remote: &str, main: &str, theirs: &Oid, local: Option<&Oid>) -> Result<(), Failure> {
    let fetched = repo.find_ref(&format!("refs/remotes/{remote}/{main}"))?;
    if fetched.as_ref() != Some(theirs) {
        return Err(Failure::conflict(format!("{main} at {remote} is not the one fetched here"))
            .hint(format!("run `git fetch {remote}`, then `git lineage init` again")));
    }
    match local {
        Some(local) if !repo.is_ancestor(local, theirs)? => {
            Err(Failure::conflict(format!("the local {main} has commits that {remote} does not have"))
                .hint("push them, or move them to another branch, then run `git lineage init` again".to_string()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
