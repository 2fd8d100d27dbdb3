//! Merges: what stands in the way, and what comes out.

use serde_json::json;

use super::enforcing::{Act, Move};
use super::git::Git;
use super::http::Answer;
use super::{Scene, State, answers};

impl State {
    pub(super) fn merge_pull(&mut self, scene: &Scene<'_>, number: u64) -> Result<Answer, Answer> {
        let repository = &self.repositories[scene.name];
        let pull = repository.pulls[&number].clone();
        let not_mergeable = |why: &str| answers::json(405, &json!({ "message": why }));
        let head = repository.head_of(&pull, self).unwrap_or_default();
        if !pull.open || pull.draft {
            return Err(not_mergeable("Pull Request is not mergeable"));
        }
        if let Some(sha) = scene.text("sha")
            && sha != head
        {
            let message = "Head branch was modified. Review and try the merge again.";
            return Err(answers::json(409, &json!({ "message": message })));
        }
        let unmet = self.unmet(scene.name, &pull, &head, Some(scene.actor));
        if !unmet.is_empty() {
            let message = format!("Repository rule violations found\n\n{}", unmet.join("\n"));
            return Err(not_mergeable(&message));
        }
        let method = scene.text("merge_method").unwrap_or("merge");
        if repository.settings[format!("allow_{}", setting(method))] == false {
            let name = if method == "merge" { "Merge" } else { method };
            return Err(not_mergeable(&format!("{name} merges are not allowed on this repository.")));
        }
        if let Some(why) = self.no_method(scene.name, &pull.base, method, scene.actor) {
            return Err(not_mergeable(&format!("Repository rule violations found\n\n{why}")));
        }
        let words = (scene.text("commit_title"), scene.text("commit_message"));
        let commit = self
            .bring_in(scene.name, number, method, words)
            .ok_or_else(|| not_mergeable("Pull Request has merge conflicts"))?;
        let message = "Pull Request successfully merged";
        Ok(answers::json(200, &json!({ "sha": commit, "merged": true, "message": message })))
    }

    /// Merges; none where there is a conflict, or the base moved.
    pub(super) fn bring_in(
        &mut self,
        name: &str,
        number: u64,
        method: &str,
        (title, message): (Option<&str>, Option<&str>),
    ) -> Option<String> {
        let repository = &self.repositories[name];
        let pull = repository.pulls[&number].clone();
        let head = repository.head_of(&pull, self)?;
        let git = repository.git.clone();
        if let Some(from) = pull.head_repository.as_ref().filter(|from| *from != name) {
            git.bring(&self.repositories.get(from)?.git, &head);
        }
        let reference = format!("refs/heads/{}", pull.base);
        let base = git.tip(&reference)?;
        let tree = git.merged_tree(&base, &head)?;
        let titled = |usual: String| {
            let title = title.map_or(usual, str::to_owned);
            let message = message.unwrap_or_default();
            if message.is_empty() { title } else { format!("{title}\n\n{message}\n") }
        };
        let commit = match method {
            "squash" => git.commit(&tree, &[&base], &titled(format!("{} (#{number})", pull.title)))?,
            "rebase" => {
                let mut onto = base.clone();
                for commit in git.lines(&["rev-list", "--reverse", &format!("{base}..{head}")]) {
                    // What is there already, as if it stood on the commit's parent: that is then the merge base,
                    // which git can be told only since 2.40.
                    let parent = git.ask(&["rev-parse", &format!("{commit}^")])?;
                    let there =
                        git.commit(&git.ask(&["rev-parse", &format!("{onto}^{{tree}}")])?, &[&parent], "")?;
                    let tree = git.merged_tree(&there, &commit)?;
                    onto = rebased(&git, &commit, &tree, &onto)?;
                }
                onto
            }
            _ => {
                let usual = format!("Merge pull request #{number} from {}", pull.head);
                git.commit(&tree, &[&base, &head], &titled(usual))?
            }
        };
        if !git.set(&reference, Some(&base), &commit) {
            return None;
        }
        let gone = format!("refs/heads/{}", pull.head);
        let moved = Move { reference: &gone, act: Act::Delete, forced: false, merges: false, new: "" };
        let kept = !self.against(name, None, &moved).is_empty();
        let repository = self.repository(name);
        let delete = repository.settings["delete_branch_on_merge"] == true && !kept;
        let pull = repository.pull(number);
        (pull.open, pull.queued, pull.closed_at) = (false, false, Some(head));
        pull.merged = Some(commit.clone());
        if delete {
            git.ask(&["update-ref", "-d", &gone]);
        }
        Some(commit)
    }

    /// Merges what waits to merge by itself and may now.
    pub(super) fn merge_by_itself(&mut self, name: &str) {
        let waiting: Vec<(u64, String)> = self.repositories[name]
            .pulls
            .values()
            .filter(|pull| pull.open)
            .filter_map(|pull| Some((pull.number, pull.auto_merge.clone()?)))
            .collect();
        for (number, method) in waiting {
            let repository = &self.repositories[name];
            let pull = &repository.pulls[&number];
            let head = repository.head_of(pull, self).unwrap_or_default();
            if self.unmet(name, pull, &head, None).is_empty() {
                self.bring_in(name, number, &method.to_lowercase(), (None, None));
            }
        }
    }

    /// The merge queue's turn: everything in it is merged, in order.
    pub(crate) fn run_queue(&mut self, name: &str) {
        let queued: Vec<u64> =
            self.repositories[name].pulls.values().filter(|pull| pull.queued).map(|pull| pull.number).collect();
        for number in queued {
            self.bring_in(name, number, "squash", (None, None));
        }
    }
}

/// A commit upon another: its author and message stay, who committed it is GitHub.
fn rebased(git: &Git, commit: &str, tree: &str, onto: &str) -> Option<String> {
    let author = git.ask(&["log", "-1", "--format=%an <%ae> %ad", "--date=raw", commit])?;
    let said = git.ask(&["log", "-1", "--format=%B", commit])?;
    let now = jiff::Timestamp::now().as_second();
    let text = format!(
        "tree {tree}\nparent {onto}\nauthor {author}\ncommitter GitHub <noreply@github.com> {now} +0000\n\n{said}\n"
    );
    git.ask_with(&["hash-object", "-t", "commit", "-w", "--stdin"], &text)
}

/// `squash` → `squash_merge`, `merge` → `merge_commit`.
fn setting(method: &str) -> String {
    if method == "merge" { "merge_commit".to_owned() } else { format!("{method}_merge") }
}
