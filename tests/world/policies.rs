//! Changes of main's policy, with and without somebody who vouches for them.

use super::charts::policy;
use super::keys::MALLORY_PUBLIC;
use super::{Output, Site, World};

/// The policy with a second key, trusted for these stages.
pub(crate) fn with_second(stages: &str) -> String {
    let key = format!("name = \"second\"\nstages = [{stages}]\npublic = \"\"\"\n{MALLORY_PUBLIC}\"\"\"\n");
    policy().replace("\n[publish]", &format!("\n[[trust.keys]]\n{key}\n[publish]"))
}

/// What an attacker puts on main: a key of his own beside the one that is trusted.
pub(crate) fn widened() -> String {
    with_second("\"validate\", \"split\", \"bump\", \"tag\", \"build\"")
}

impl World {
    /// A branch from main with another policy.
    pub(crate) fn propose_policy(&self, branch: &str, text: &str) {
        let dev = self.dev();
        dev.fetch();
        dev.git(["checkout", "-q", "-B", branch, "origin/main"]);
        dev.write("lineage.toml", text);
        dev.commit("ci: another policy");
        dev.git(["push", "-q", "-f", "origin", branch]);
        self.ci().fetch();
    }

    /// Squash-merges a branch into main, and gives main's commit.
    pub(crate) fn merge_policy(&self, branch: &str) -> String {
        let dev = self.dev();
        dev.fetch();
        dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
        dev.git(["merge", "-q", "--squash", &format!("origin/{branch}")]);
        let commit = dev.commit("ci: another policy (#2)");
        dev.git(["push", "-q", "origin", "main"]);
        self.ci().fetch();
        commit
    }

    /// Changes main's policy; nobody vouches for it.
    pub(crate) fn change_policy(&self, text: &str) -> String {
        self.propose_policy("policy", text);
        self.merge_policy("policy")
    }

    /// Changes main's policy, and the trusted key vouches for it before.
    pub(crate) fn vouched_policy(&self, text: &str) -> String {
        self.propose_policy("policy", text);
        self.ci().vouch("origin/policy").succeeds();
        self.merge_policy("policy")
    }
}

impl Site<'_> {
    /// Vouches for the policy of a branch.
    pub(crate) fn vouch(&self, reference: &str) -> Output {
        self.lineage(["trust", "change", reference, "--reason", "a second key"])
    }
}
