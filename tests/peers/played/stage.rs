//! A repository on the stand-in GitHub whose events start workflows, which act plays: with a Sigstore and a registry
//! of our own.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::PathBuf;

use git_lineage::model::Sha256;
use serde_json::{Value, json};

use super::act;
use super::events::{Event, Moment};
use crate::github::{GitHub, OWNER_ID, REPOSITORY, REPOSITORY_ID, account};
use crate::peers::sigstore::Job;
use crate::registry::Registry;
use crate::sigstore::GITHUB;
use crate::sigstore::services::Services;
use crate::workflows::{SAID, before};
use crate::world::{BINARY, Output, Site, World};

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) github: GitHub,
    pub(super) registry: Registry,
    services: Services,
    /// What the jobs run: the program under test without what only a debugger wants.
    program: PathBuf,
    seen: Moment,
    /// The workflows to be played, and for what.
    waiting: VecDeque<(String, Event)>,
    /// What the newest run kept.
    pub(super) artifacts: PathBuf,
    /// Every run, in words.
    pub(super) said: String,
}

impl Stage {
    /// A repository that `init --github` has set up for a flow, with its branches asking for what the rulesets ask.
    pub(super) fn set(flow: &str) -> Self {
        let world = before();
        world.in_real_time();
        act::prepare(&world);
        let program = stripped(&world);
        let registry = Registry::start();
        let services = Services::start(&world, 2, json!({}));
        let dev = world.dev();
        let digest = Sha256::of(std::fs::read(&program).expect("it was just made")).to_string();
        let (repository, owner) = (REPOSITORY_ID.to_string(), OWNER_ID.to_string());
        let said = SAID.iter().map(|word| match *word {
            word if word.len() == 64 => digest.as_str(),
            "42" => repository.as_str(),
            "7" => owner.as_str(),
            word => word,
        });
        let oci = format!("oci://{}/charts", registry.host);
        dev.lineage(said.chain(["--flow", flow, "--oci", &oci])).succeeds();
        // A Sigstore of one's own is trusted by name.
        let policy = dev.read("lineage.toml");
        let policy =
            policy.replace("runner = \"github-hosted\"\n", "runner = \"github-hosted\"\nroot = \"given\"\n");
        let reviews = format!("[required]\nreviews = 1\nreviewers = [\"{}\"]\n", account("bob"));
        dev.write("lineage.toml", policy.replace("[required]\n", &reviews));
        dev.git(["add", "-A"]);
        dev.git(["commit", "-q", "--amend", "--no-edit"]);
        dev.git(["push", "-q", "-f", "origin", "main"]);
        dev.lineage(["init", "--github"]).done();
        dev.git(["add", "-A"]);
        dev.git(["commit", "-q", "--amend", "--no-edit"]);
        for branch in world.origin().git(["for-each-ref", "--format=%(refname:short)", "refs/heads"]).lines() {
            dev.git(["push", "-q", "-f", "origin", &format!("main:{branch}")]);
        }
        dev.lineage(["init", "--github", "--check"]).succeeds();
        world.site(".", None).git(["clone", "-q", &world.path("origin.git").display().to_string(), "runner"]);
        // act takes the repository's name from the remote's address.
        let runner = world.site("runner", None);
        runner.git(["remote", "set-url", "origin", &format!("https://github.com/{REPOSITORY}.git")]);
        let github = GitHub::start(&world);
        let seen = Moment::now(&world, &github);
        let (waiting, artifacts, said) = (VecDeque::new(), PathBuf::new(), String::new());
        let stage = Self { world, github, registry, services, program, seen, waiting, artifacts, said };
        let permissions = [
            ("token-write-", &["contents=write", "metadata=read"][..]),
            ("token-write-write", &["contents=write", "metadata=read", "pull_requests=write"]),
        ];
        let site = stage.world.site(".", None);
        for (name, permissions) in permissions {
            site.write(&format!("jobs/{name}"), stage.github.token("lineage-app[bot]", "ghs_", permissions));
        }
        for name in ["trusted_root.json", "signing_config.json"] {
            site.write(&format!("jobs/{name}"), site.read(name));
        }
        stage
    }

    /// The rulesets that `init --github` wrote beside the policy stand over everything.
    pub(super) fn protect(&self) {
        let dev = self.world.dev();
        let files = dev.git(["ls-tree", "--name-only", "origin/main", ".github/rulesets/"]);
        assert!(!files.is_empty(), "init wrote rulesets");
        for file in files.lines() {
            let text = dev.git(["show", &format!("origin/main:{file}")]);
            self.github.add_ruleset("Repository", serde_json::from_str(&text).expect("a ruleset"));
        }
    }

    /// The root that vouches for the certificates here.
    pub(super) fn root(&self) -> String {
        self.services.trusted_root.display().to_string()
    }

    /// Plays until nothing is started any more. On GitHub all of it runs at once; here pull requests are judged
    /// before anything else goes on, which is the harder order.
    pub(super) fn settle(&mut self) {
        self.look();
        while let Some((file, event)) = self.waiting.pop_front() {
            self.play(&file, &event, None);
            self.look();
        }
    }

    /// What is to be played for what happened since this was asked last.
    fn look(&mut self) {
        let now = Moment::now(&self.world, &self.github);
        for event in now.since(&self.seen) {
            for file in self.started(&event) {
                match event.name {
                    "pull_request" => self.waiting.push_front((file, event.clone())),
                    _ => self.waiting.push_back((file, event.clone())),
                }
            }
        }
        self.seen = now;
    }

    /// The workflows that an event starts, as its commit has them.
    fn started(&self, event: &Event) -> Vec<String> {
        let runner = self.runner(event);
        let paths = changed(&runner, event);
        let files = runner.git(["ls-files", ".github/workflows"]);
        let started = files.lines().filter(|file| event.starts(&parsed(&runner, file)["on"], &paths));
        started.map(str::to_owned).collect()
    }

    /// Where act finds what an event is about.
    fn runner(&self, event: &Event) -> Site<'_> {
        let runner = self.world.site("runner", None);
        let origin = self.world.path("origin.git").display().to_string();
        runner.git(["fetch", "-q", "--tags", &origin, "+refs/heads/*:refs/remotes/origin/*"]);
        runner.git(["checkout", "-q", "--detach", &event.commit]);
        runner
    }

    /// Plays what the newest push to main would have called: act ends a run with the first called workflow that
    /// fails, where GitHub goes on with what asks for that (`!cancelled()`).
    pub(super) fn call(&mut self, caller: &str, called: &str) {
        let path = |stem: &str| format!(".github/workflows/lineage-{stem}.yml");
        let event = Event::to_main(&self.seen);
        self.play(&path(called), &event, Some(&path(caller)));
        self.settle();
    }

    /// Plays one workflow for an event, on its own or as another calls it.
    fn play(&mut self, file: &str, event: &Event, caller: Option<&str>) {
        // Of this run alone.
        self.artifacts = self.world.path(&format!("artifacts/{}", self.said.lines().count()));
        let runner = self.runner(event);
        let signing = signing(&runner, file);
        for (job, signer) in &signing {
            let claims = claims(caller.unwrap_or(file), signer, event);
            let (url, bearer) = self.services.another_job(claims);
            let text = format!("ACTIONS_ID_TOKEN_REQUEST_URL={url}\nACTIONS_ID_TOKEN_REQUEST_TOKEN={bearer}\n");
            self.world.site(".", None).write(&format!("jobs/{job}"), text);
        }
        let token = self.github.token(
            "github-actions[bot]",
            "ghs_",
            &["contents=write", "metadata=read", "pull_requests=write", "attestations=write"],
        );
        let variables = [
            ("GITHUB_TOKEN", token),
            ("GITHUB_API_URL", self.github.url()),
            ("GITHUB_GRAPHQL_URL", format!("{}/graphql", self.github.url())),
            ("JOBS", self.world.path("jobs").display().to_string()),
            ("ARTIFACTS", self.artifacts.display().to_string()),
        ];
        let program = self.program.display().to_string();
        let name = if caller.is_some() { "workflow_call" } else { event.name };
        let output = act::play(&runner, (file, (name, &event.payload)), &program, &variables);
        let stem = file.trim_start_matches(".github/workflows/lineage-").trim_end_matches(".yml");
        let what = caller.map_or_else(|| event.what.clone(), |_| format!("called for {}", event.what));
        let word = if output.code == 0 { "passed" } else { "failed" };
        self.said.push_str(&format!("{stem:<11} {word}  {what}\n"));
        if std::env::var_os("PLAYED").is_some() {
            let text = format!("==== {stem} {word} {what}\n{}\n{}", output.stdout, output.stderr);
            writeln!(std::io::stderr(), "{text}").expect("stderr takes a line");
        }
        for check in ["lineage-validate", "lineage-guard"] {
            if event.name == "pull_request" && act::ended(&output, check) == Some(true) {
                self.github.succeed(&event.commit, check);
            }
        }
        for (job, _) in signing {
            std::fs::remove_file(self.world.path("jobs").join(job)).expect("it was written before");
        }
    }

    /// A contribution: a branch from `base` with one commit, and its pull request.
    pub(super) fn contribute(&self, base: &str, message: &str, files: &[(&str, &str)]) -> u64 {
        let dev = self.world.dev();
        dev.git(["fetch", "-q", "origin"]);
        dev.git(["checkout", "-q", "-B", "feature/add-probe", &format!("origin/{base}")]);
        for (path, text) in files {
            dev.write(path, text);
        }
        dev.commit(message);
        dev.git(["push", "-q", "-f", "origin", "feature/add-probe"]);
        self.github.open(REPOSITORY, "feature/add-probe", base, message)
    }

    /// A person approves a pull request and merges it: GitHub takes it only with its checks.
    pub(super) fn review(&mut self, number: u64) {
        self.said.push_str(&format!("a person approves and merges #{number}\n"));
        let head = self.seen.head(number);
        self.github.with(|state| state.repository(REPOSITORY).approve(number, "bob", &head));
        self.github.merge(number);
    }

    /// A stranger's verdict.
    pub(super) fn verdict(&self, tag: &str) -> Output {
        let stranger = self.world.stranger();
        stranger.lineage(["verify", tag, "--trusted-root", &self.root()])
    }
}

/// What the token of a job says: the workflow that was started, and the one that signs.
fn claims(file: &str, signer: &str, event: &Event) -> Value {
    let mut job = Job::push(REPOSITORY, file.trim_start_matches(".github/workflows/"));
    job.repository_id = REPOSITORY_ID.to_string();
    job.owner_id = OWNER_ID.to_string();
    job.signer = format!("{REPOSITORY}/{signer}");
    job.git_ref.clone_from(&event.reference);
    job.signer_ref.clone_from(&event.reference);
    job.commit.clone_from(&event.commit);
    event.name.clone_into(&mut job.event);
    let mut claims = job.claims();
    claims["iss"] = json!(GITHUB);
    claims
}

/// The program without its debugging symbols, so that its copies are small.
fn stripped(world: &World) -> PathBuf {
    let place = world.path("git-lineage");
    let site = world.site(".", None);
    let mut command = site.command("strip");
    command.arg("-o").arg(&place).arg(BINARY);
    if command.status().is_ok_and(|status| status.success()) {
        return place;
    }
    PathBuf::from(BINARY)
}

fn parsed(runner: &Site<'_>, file: &str) -> Value {
    yaml_serde::from_str(&runner.read(file)).expect("YAML")
}

/// What a push changed.
fn changed(runner: &Site<'_>, event: &Event) -> Vec<String> {
    let before = event.payload["before"].as_str().unwrap_or_default();
    if before.bytes().all(|byte| byte == b'0') {
        return Vec::new();
    }
    let paths = runner.git(["diff", "--name-only", before, &event.commit]);
    paths.lines().map(str::to_owned).collect()
}

/// The jobs of a workflow, and of those it calls, that may ask for a token, and the workflow they are written in.
fn signing(runner: &Site<'_>, file: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let workflow = parsed(runner, file);
    for (name, job) in workflow["jobs"].as_object().expect("jobs") {
        if job["permissions"]["id-token"] != "write" {
            continue;
        }
        match job["uses"].as_str().and_then(|path| path.strip_prefix("./")) {
            None => found.push((name.clone(), file.to_owned())),
            Some(called) => found.extend(signing(runner, called)),
        }
    }
    found
}
