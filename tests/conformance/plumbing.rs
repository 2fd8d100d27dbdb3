//! What a forger does to a repository with git's own tools: trees, commits, notes, without a work tree.

use std::process::Command;

use crate::world::Site;

use super::signer::sha256;

impl Site<'_> {
    /// Runs git on an index of its own and gives the tree that results.
    fn through_an_index(&self, steps: &[Vec<&str>]) -> String {
        let index = self.dir.join("forged-index");
        // git asks for a work tree here, and touches none.
        let run = |command: &mut Command| {
            command.env("GIT_INDEX_FILE", &index).env("GIT_DIR", &self.dir).env("GIT_WORK_TREE", &self.dir);
            self.run(command).exits(0).stdout
        };
        for step in steps {
            run(self.command("git").args(step));
        }
        let tree = run(self.command("git").arg("write-tree")).trim().to_owned();
        std::fs::remove_file(&index).expect("git wrote it");
        tree
    }

    /// A blob.
    pub(super) fn blob(&self, bytes: &[u8]) -> String {
        self.git_with_input(["hash-object", "-w", "--stdin"], bytes)
    }

    /// A tree with files put in, or taken out.
    pub(super) fn tree_with(&self, tree: &str, files: &[(&str, Option<&[u8]>)]) -> String {
        let entries: Vec<String> = files
            .iter()
            .map(|(path, bytes)| match bytes {
                Some(bytes) => format!("100644,{},{path}", self.blob(bytes)),
                None => (*path).to_owned(),
            })
            .collect();
        let mut steps = vec![vec!["read-tree", tree]];
        for ((_, bytes), entry) in files.iter().zip(&entries) {
            steps.push(match bytes {
                Some(_) => vec!["update-index", "--add", "--cacheinfo", entry],
                None => vec!["update-index", "--force-remove", entry],
            });
        }
        self.through_an_index(&steps)
    }

    /// A tree with another tree at a directory.
    pub(super) fn tree_at(&self, tree: &str, directory: &str, below: &str) -> String {
        let prefix = format!("--prefix={directory}/");
        self.through_an_index(&[
            vec!["read-tree", tree],
            vec!["rm", "-r", "-q", "--cached", "--ignore-unmatch", directory],
            vec!["read-tree", &prefix, below],
        ])
    }

    /// A commit.
    pub(super) fn commit_of(&self, tree: &str, parents: &[&str], message: &str) -> String {
        let mut words = vec!["commit-tree", tree, "-m", message];
        words.extend(parents.iter().flat_map(|parent| ["-p", parent]));
        self.git(words)
    }

    /// A file's bytes in a tree; none where it is not there.
    pub(super) fn bytes_in(&self, tree: &str, path: &str) -> Option<Vec<u8>> {
        let output = self.command("git").args(["cat-file", "blob", &format!("{tree}:{path}")]).output();
        let output = output.expect("git is there");
        output.status.success().then_some(output.stdout)
    }

    /// The content digest of a chart tree, computed as the README of git lineage tells people to.
    pub(super) fn content_of(&self, tree: &str) -> String {
        let mut paths: Vec<String> =
            self.git(["ls-tree", "-r", "--name-only", tree]).lines().map(str::to_owned).collect();
        paths.sort();
        let line = |path: &String| {
            let bytes = self.bytes_in(tree, path).expect("it was just listed");
            format!("{}  {path}\n", sha256(bytes))
        };
        sha256(paths.iter().map(line).collect::<String>())
    }

    /// Every line of a chart's ledger, with the object it annotates.
    pub(super) fn ledger_lines(&self, chart: &str) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        for entry in self.git(["ls-tree", "-r", &format!("refs/notes/lineage-{chart}")]).lines() {
            let (head, path) = entry.split_once('\t').expect("git prints it so");
            let blob = head.rsplit(' ').next().expect("git prints it so");
            let text = self.git(["cat-file", "blob", blob]);
            let on = path.replace('/', "");
            lines.extend(text.lines().filter(|line| !line.is_empty()).map(|line| (on.clone(), line.to_owned())));
        }
        lines
    }

    /// Replaces a chart's ledger.
    pub(super) fn write_ledger(&self, chart: &str, lines: &[(String, String)]) {
        let mut notes = std::collections::BTreeMap::<&str, String>::new();
        for (on, line) in lines {
            let note = notes.entry(on).or_default();
            note.push_str(line);
            note.push('\n');
        }
        let entry = |(on, text): (&&str, &String)| format!("100644 blob {}\t{on}\n", self.blob(text.as_bytes()));
        let entries: String = notes.iter().map(entry).collect();
        let tree = self.git_with_input(["mktree"], entries.as_bytes());
        let commit = self.commit_of(&tree, &[], "lineage ledger");
        self.git(["update-ref", &format!("refs/notes/lineage-{chart}"), &commit]);
    }
}
