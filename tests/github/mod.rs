//! A GitHub of our own on loopback: its REST API, and bare git repositories that `git push` reaches by path, so
//! that both tell the same story. Every request and every answer is held against GitHub's own description
//! (`contract`); what the stand-in does beyond shapes has its source in `SOURCES.md`.
//!
//! ```ignore
//! let github = GitHub::start(&world);
//! world.set_variables(github.job());
//! github.fail(Fault::status("pulls/create", 502));
//! world.ci().lineage(["propose"]).exits(3);
//! assert_eq!(github.asked("pulls/create"), 1);
//! ```

mod access;
mod answers;
mod attestations;
mod checks;
mod contract;
mod enforcing;
mod faults;
mod git;
mod graphql;
mod http;
mod merging;
mod own_rules;
mod own_tests;
mod packages;
mod people;
mod pulls;
mod refs;
mod releases;
mod rulesets;
mod scene;
mod schema;
mod settings;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use crate::world::World;
use access::{Access, Actor};
use contract::{Asked, Contract};
use git::Git;
use http::{Answer, Request, Server};
use scene::Scene;

pub(crate) use access::APP_KEY;
pub(crate) use faults::Fault;
pub(crate) use packages::Packages;
pub(crate) use pulls::account;
pub(crate) use releases::Asset;

/// The repository most tests are about, backed by the world's `origin.git`.
pub(crate) const REPOSITORY: &str = "octo/charts";
/// Its number, and its owner's.
pub(crate) const REPOSITORY_ID: u64 = 4711;
pub(crate) const OWNER_ID: u64 = 42;

/// A GitHub; it ends when it is dropped, and then every violation of the contract has to be accounted for.
#[derive(Debug)]
pub(crate) struct GitHub {
    state: Arc<Mutex<State>>,
    api: Server,
    /// Where blobs and assets lie: another host, which must never see a credential.
    storage: Server,
}

/// Everything it knows.
#[derive(Debug)]
pub(crate) struct State {
    contract: Contract,
    /// `http://127.0.0.1:PORT` of the API and of the storage.
    url: String,
    storage_url: String,
    access: Access,
    faults: Vec<Fault>,
    repositories: BTreeMap<String, Repository>,
    /// What the storage serves, by path.
    stored: BTreeMap<String, Vec<u8>>,
    /// Every operation asked for, with what was sent.
    log: Vec<(String, Value)>,
    violations: Vec<String>,
    /// Attestations are listed with their address alone.
    pub(crate) bundles_by_address: bool,
    /// What is behind the packages of containers.
    pub(crate) packages: Option<packages::Packages>,
    next: u64,
}

/// A repository.
#[derive(Debug)]
pub(crate) struct Repository {
    name: String,
    id: u64,
    owner_id: u64,
    git: Git,
    pulls: BTreeMap<u64, pulls::Pull>,
    releases: BTreeMap<u64, releases::Release>,
    rulesets: BTreeMap<u64, Value>,
    attestations: Vec<attestations::Attestation>,
    comments: BTreeMap<u64, (u64, Value)>,
    /// By commit.
    statuses: Vec<(String, Value)>,
    /// Commit, name and state, as of a status.
    check_runs: Vec<(String, String, String)>,
    reviews: BTreeMap<u64, Vec<Value>>,
    /// By commit.
    makers: BTreeMap<String, checks::Known>,
    /// What `GET R` says of it besides.
    pub(crate) settings: Value,
    pub(crate) immutable_releases: bool,
    /// Which actions may run, and what a job's token may do.
    pub(crate) actions: Value,
    pub(crate) job_token: Value,
}

impl GitHub {
    /// A GitHub with the world's `origin.git` as its one repository.
    pub(crate) fn start(world: &World) -> Self {
        let state = State {
            contract: Contract::new(),
            url: String::new(),
            storage_url: String::new(),
            access: Access::new(),
            faults: Vec::new(),
            repositories: BTreeMap::new(),
            stored: BTreeMap::new(),
            log: Vec::new(),
            violations: Vec::new(),
            bundles_by_address: false,
            packages: None,
            next: 1000,
        };
        let state = Arc::new(Mutex::new(state));
        let answering = Arc::clone(&state);
        let api = Server::start(move |request| answer(&answering, request));
        let serving = Arc::clone(&state);
        let storage = Server::start(move |request| Some(serve(&serving, request)));
        let github = Self { state, api, storage };
        {
            let mut state = github.state();
            state.url = github.api.url();
            state.storage_url = github.storage.url();
            state.add(REPOSITORY, REPOSITORY_ID, OWNER_ID, Git::at(&world.path("origin.git")));
            enforcing::install(&world.path("origin.git"), REPOSITORY, github.api.port);
        }
        github
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no request panicked")
    }

    /// The port of the API.
    pub(crate) fn port(&self) -> u16 {
        self.api.port
    }

    /// Where the API is.
    pub(crate) fn url(&self) -> String {
        self.api.url()
    }

    /// A token of somebody who may do these things: `contents=write`.
    pub(crate) fn token(&self, login: &str, prefix: &str, permissions: &[&str]) -> String {
        self.state().access.token(login, prefix, permissions)
    }

    /// The environment of a job with a token that may do all a pipeline needs.
    pub(crate) fn job(&self) -> Vec<(&'static str, String)> {
        let token = self.token("lineage-app[bot]", "ghs_", &access::PIPELINE);
        self.job_with(token)
    }

    /// The environment of a job with this token.
    pub(crate) fn job_with(&self, token: String) -> Vec<(&'static str, String)> {
        vec![
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_API_URL", self.url()),
            ("GITHUB_GRAPHQL_URL", format!("{}/graphql", self.url())),
            ("GITHUB_REPOSITORY", REPOSITORY.to_owned()),
            ("GITHUB_TOKEN", token),
        ]
    }

    /// Nothing fails any more.
    pub(crate) fn heal(&self) {
        self.state().faults.clear();
    }

    /// Makes something fail from now on.
    pub(crate) fn fail(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// How often an operation was asked for.
    pub(crate) fn asked(&self, operation: &str) -> usize {
        self.state().log.iter().filter(|(id, _)| id == operation).count()
    }

    /// What was sent with an operation, each time.
    pub(crate) fn sent(&self, operation: &str) -> Vec<Value> {
        let state = self.state();
        let fitting = state.log.iter().filter(|(id, _)| id == operation);
        fitting.map(|(_, body)| body.clone()).collect()
    }

    /// Looks at, or changes, what it knows.
    pub(crate) fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        change(&mut self.state())
    }

    /// The violations of the contract so far, taken out: a test that wants one looks at it.
    pub(crate) fn violations(&self) -> Vec<String> {
        std::mem::take(&mut self.state().violations)
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = self.violations();
            assert!(violations.is_empty(), "GitHub's contract was broken:\n{}", violations.join("\n"));
        }
    }
}

impl State {
    pub(crate) fn add(&mut self, name: &str, id: u64, owner_id: u64, git: Git) {
        let repository = Repository {
            name: name.to_owned(),
            id,
            owner_id,
            git,
            pulls: BTreeMap::new(),
            releases: BTreeMap::new(),
            rulesets: BTreeMap::new(),
            attestations: Vec::new(),
            comments: BTreeMap::new(),
            statuses: Vec::new(),
            check_runs: Vec::new(),
            reviews: BTreeMap::new(),
            makers: BTreeMap::new(),
            settings: json!({
                "allow_squash_merge": true, "allow_merge_commit": true, "allow_rebase_merge": true,
                "allow_auto_merge": false, "delete_branch_on_merge": false,
            }),
            immutable_releases: false,
            actions: json!({ "enabled": true, "allowed_actions": "all", "sha_pinning_required": false }),
            job_token: json!({
                "default_workflow_permissions": "read", "can_approve_pull_request_reviews": false,
            }),
        };
        self.repositories.insert(name.to_owned(), repository);
    }

    /// A repository by its name.
    pub(crate) fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.get_mut(name).expect("the test made it")
    }

    /// A number nobody had.
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn filled(&self, definition: &str, known: Value) -> Value {
        self.contract.schemas.filled(definition, known)
    }
}

/// Answers one request; none: the connection is cut.
fn answer(state: &Mutex<State>, request: &Request) -> Option<Answer> {
    let mut held = state.lock().expect("no request panicked");
    if let Some(name) = request.path.strip_prefix("/stand-in/push/") {
        return Some(held.pushed(name, request));
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    if request.path == "/graphql" {
        held.log.push(("graphql".to_owned(), body.clone()));
        let answer = match held.access.actor(request) {
            Ok(actor) => held.graphql(&actor, &body),
            Err(refused) => refused,
        };
        return Some(held.access.limits(request, answer));
    }
    let Some(asked) = held.contract.operation(request) else {
        held.violations.push(format!("{} {}: GitHub has no such operation", request.method, request.path));
        return Some(answers::error(404, "Not Found"));
    };
    let what = format!("{} {} ({})", request.method, request.path, asked.id);
    held.log.push((asked.id.clone(), body.clone()));
    if request.header("user-agent").is_empty() {
        held.violations.push(format!("{what}: no User-Agent"));
        return Some(answers::error(403, "Request forbidden by administrative rules"));
    }
    let before = held.faults(&asked.id, true);
    if let Some(wait) = before.wait {
        drop(held);
        std::thread::sleep(Duration::from_millis(wait));
        held = state.lock().expect("no request panicked");
    }
    if before.cut {
        return None;
    }
    if let Some(answer) = before.answer {
        return Some(held.access.limits(request, answer));
    }
    let faults = held.contract.request(&asked, request);
    if !faults.is_empty() {
        held.violations.extend(faults.iter().map(|fault| format!("{what}: {fault}")));
        return Some(answers::invalid("the stand-in refuses what GitHub's description does not have"));
    }
    let actor = match held.access.actor(request) {
        Ok(actor) => actor,
        Err(refused) => return Some(held.access.limits(request, refused)),
    };
    let answer = match Access::permitted(&actor, &asked.id) {
        Ok(()) => held.act(&actor, &asked, request, &body),
        Err(refused) => refused,
    };
    let faults = held.contract.answer(&asked, answer.status, &answer.body);
    held.violations.extend(faults.into_iter().map(|fault| format!("{what} answers {}: {fault}", answer.status)));
    let after = held.faults(&asked.id, false);
    if after.cut {
        return None;
    }
    let answer = match after.answer {
        Some(answer) => answer,
        None if after.undecided => answers::undecided(answer),
        None => answer,
    };
    let answer = answers::tagged(request, answer);
    Some(held.access.limits(request, answer))
}

/// The other host: it serves what it has, and nobody shows it a credential.
fn serve(state: &Mutex<State>, request: &Request) -> Answer {
    let mut state = state.lock().expect("no request panicked");
    if !request.header("authorization").is_empty() {
        state.violations.push(format!("{} was shown a credential", request.path));
        return answers::error(400, "Only one auth mechanism allowed");
    }
    match state.stored.get(&request.path) {
        Some(bytes) => Answer::bytes(200, bytes.clone()),
        None => answers::error(404, "Not Found"),
    }
}

impl State {
    /// Does what was asked.
    fn act(&mut self, actor: &Actor, asked: &Asked, request: &Request, body: &Value) -> Answer {
        let (group, verb) = asked.id.split_once('/').unwrap_or((&asked.id, ""));
        if group == "apps" {
            return self.apps(request, asked, body);
        }
        if group == "packages" {
            return self.packaged(actor, asked, request, verb);
        }
        let place = |name: &str| asked.path.get(name).map(String::as_str).unwrap_or_default();
        let name = format!("{}/{}", place("owner"), place("repo"));
        if !self.repositories.contains_key(&name) {
            return answers::error(404, "Not Found");
        }
        let scene = Scene { actor, name: &name, asked, request, body };
        let done = match (group, verb) {
            ("git", _) => self.git_data(&scene, verb),
            ("pulls" | "issues", _) | (_, "list-pull-requests-associated-with-commit" | "compare-commits") => {
                self.pull_requests(&scene, verb)
            }
            ("checks", "list-for-ref") => Ok(self.check_runs(&scene)),
            (_, verb) if verb.contains("attestation") => self.attest(&scene, verb),
            (_, verb) if verb.contains("release") => self.release(&scene, verb),
            (_, verb) if verb.contains("rule") => self.rules(&scene, verb),
            _ => self.setting(&scene, verb),
        };
        done.unwrap_or_else(|refused| refused)
    }
}
