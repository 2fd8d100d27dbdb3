//! What an attacker, or a failing disk, does to a repository.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::Site;

/// An object file whose bytes can be changed under its old id, and put back.
#[derive(Debug)]
pub(crate) struct Loose {
    path: PathBuf,
    compressed: Vec<u8>,
    /// `blob 12\0…`
    raw: Vec<u8>,
    /// Where the content begins in `raw`.
    header: usize,
}

impl Loose {
    /// The object's content.
    pub(crate) fn content(&self) -> &[u8] {
        &self.raw[self.header..]
    }

    /// Changes one byte of the content under the old id.
    pub(crate) fn flip(&self, position: usize) {
        let mut raw = self.raw.clone();
        raw[self.header + position] ^= 1;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&raw).expect("memory takes it");
        put(&self.path, &encoder.finish().expect("memory takes it"));
    }

    /// Undoes it.
    pub(crate) fn restore(&self) {
        put(&self.path, &self.compressed);
    }
}

/// Writes a read-only object file anew.
fn put(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).expect("the object is there");
    fs::write(path, bytes).expect("the store is writable");
}

impl Site<'_> {
    /// Turns every pack into loose objects, so that single ones can be changed.
    pub(crate) fn unpack(&self) {
        let packs = self.git_dir().join("objects/pack");
        let away = self.world.path("tmp").join("packs");
        fs::create_dir_all(&away).expect("the world is writable");
        for entry in fs::read_dir(&packs).expect("a repository has this").flatten() {
            let to = away.join(entry.file_name());
            fs::rename(entry.path(), &to).expect("the same file system");
            if to.extension().is_some_and(|extension| extension == "pack") {
                let bytes = fs::read(&to).expect("it was just moved");
                self.git_with_input(["unpack-objects", "-q"], &bytes);
            }
        }
    }

    /// The `.git` directory, or the bare repository itself.
    pub(crate) fn git_dir(&self) -> PathBuf {
        self.dir.join(self.git(["rev-parse", "--git-dir"]))
    }

    /// A loose object of this repository.
    pub(crate) fn loose(&self, oid: &str) -> Loose {
        let (head, tail) = oid.split_at(2);
        let path = self.git_dir().join("objects").join(head).join(tail);
        let compressed = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut raw = Vec::new();
        flate2::read::ZlibDecoder::new(&*compressed).read_to_end(&mut raw).expect("git wrote it");
        let header = raw.iter().position(|byte| *byte == 0).expect("git wrote it") + 1;
        Loose { path, compressed, raw, header }
    }

    /// The lines of a chart's ledger about an object (a tree, or a tag object).
    pub(crate) fn ledger(&self, chart: &str, on: &str) -> Vec<String> {
        let notes = format!("--ref=lineage-{chart}");
        self.git(["notes", &notes, "show", on]).lines().map(str::to_owned).collect()
    }

    /// Replaces a chart's ledger about an object with these lines.
    pub(crate) fn set_ledger(&self, chart: &str, on: &str, lines: &[String]) {
        let notes = format!("--ref=lineage-{chart}");
        let path = self.world.path("tmp").join("ledger");
        fs::write(&path, lines.join("\n")).expect("the world is writable");
        self.git(["notes", &notes, "add", "-f", "-F", &path.display().to_string(), on]);
        fs::remove_file(&path).expect("it was just written");
    }

    /// The objects a chart's ledger speaks about.
    pub(crate) fn ledger_objects(&self, chart: &str) -> Vec<String> {
        let notes = format!("--ref=lineage-{chart}");
        let list = self.git(["notes", &notes, "list"]);
        list.lines().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())).collect()
    }

    /// The line of a tag's payload.
    pub(crate) fn payload(&self, tag: &str) -> serde_json::Value {
        let text = self.git(["cat-file", "tag", &format!("refs/tags/{tag}")]);
        let block = text.split("-----BEGIN LINEAGE-----\n").nth(1).expect("the tag has a block");
        let line = block.lines().next().expect("the block has a line");
        serde_json::from_str(line).expect("the line is JSON")
    }

    /// Takes the tags out of the pin: from now on this clone has seen none of them before.
    pub(crate) fn forget_tags(&self) {
        let path = self.git_dir().join("lineage/pin.json");
        let text = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut json: serde_json::Value = serde_json::from_slice(&text).expect("the pin is JSON");
        json["tags"] = serde_json::json!({});
        fs::write(&path, json.to_string()).expect("the world is writable");
    }

    /// Writes a tag object as bytes and points a ref at it.
    pub(crate) fn write_tag(&self, name: &str, object: &str) {
        let oid = self.git_with_input(["hash-object", "-t", "tag", "-w", "--stdin"], object.as_bytes());
        self.git(["update-ref", &format!("refs/tags/{name}"), &oid]);
    }
}
