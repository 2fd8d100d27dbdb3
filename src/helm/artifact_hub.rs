//! What [Artifact Hub](https://artifacthub.io/docs/topics/repositories/) is told of a repository, and of a
//! version's changes.

use std::collections::BTreeMap;

use super::Error;
use super::yaml::{self, Node};
use crate::model::link;

/// The fields of `artifacthub-repo.yml`.
const FIELDS: [&str; 3] = ["repositoryID", "owners", "ignore"];

/// Looks whether a file is the metadata of a repository, as Artifact Hub reads it; `file` names it in errors.
///
/// # Errors
/// Not YAML, no mapping, an unknown field, or one of another kind.
pub fn check_repository(file: &str, bytes: &[u8]) -> Result<(), Error> {
    let node = yaml::strict(bytes).map_err(|why| Error::Yaml { file: file.to_owned(), why })?;
    let refuse = |why: String| Error::Metadata { file: file.to_owned(), why };
    let Node::Map(map) = node else {
        return Err(refuse(format!("it is {} instead of a mapping", node.kind())));
    };
    for (key, value) in &map {
        let good = match (key.as_str(), value) {
            ("repositoryID", Node::Str(id)) => !id.is_empty(),
            ("owners", Node::Seq(owners)) => owners.iter().all(|owner| has_text(owner, "email")),
            ("ignore", Node::Seq(ignored)) => ignored.iter().all(|entry| has_text(entry, "name")),
            (other, _) if FIELDS.contains(&other) => false,
            (other, _) => return Err(refuse(format!("`{other}` is none of {}", FIELDS.join(", ")))),
        };
        if !good {
            return Err(refuse(format!("`{key}` is not what Artifact Hub reads there")));
        }
    }
    Ok(())
}

/// `Chart.yaml` with this version's changes, a YAML list, as the annotation `artifacthub.io/changes`, and every
/// other byte kept; `file` names it in errors. Read again, nothing but the annotation may differ.
///
/// # Errors
/// The annotation is there in a style that cannot be changed by itself, or the file is not YAML.
pub fn set_changes(file: &str, chart_yaml: &[u8], changes: &str) -> Result<Vec<u8>, Error> {
    let refuse = |why: &str| Error::Metadata { file: file.to_owned(), why: why.to_owned() };
    let unreadable = |why: String| Error::Yaml { file: file.to_owned(), why };
    let edited = link::with_changes(chart_yaml, changes).map_err(|why| refuse(&why))?;
    let before = yaml::document(chart_yaml).map_err(unreadable)?;
    let after = yaml::document(&edited).map_err(unreadable)?;
    let (Node::Map(mut before), Node::Map(mut after)) = (before, after) else {
        return Err(refuse("it is not a mapping"));
    };
    let taken = |map: &mut BTreeMap<String, Node>| match map.remove("annotations") {
        Some(Node::Map(mut annotations)) => (annotations.remove(link::CHANGES), annotations),
        _ => (None, BTreeMap::new()),
    };
    let ((_, theirs), (ours, kept)) = (taken(&mut before), taken(&mut after));
    let said = matches!(&ours, Some(Node::Str(text)) if text.trim_end() == changes.trim_end());
    if before == after && theirs == kept && said {
        return Ok(edited);
    }
    Err(refuse("its annotations cannot be changed alone; write them as a block at the top level"))
}

fn has_text(node: &Node, key: &str) -> bool {
    matches!(node, Node::Map(map) if matches!(map.get(key), Some(Node::Str(text)) if !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_go_into_the_annotations_and_nothing_else_changes() {
        let set =
            |text: &str| set_changes("Chart.yaml", text.as_bytes(), "- kind: added\n  description: \"a: b\"\n");
        for text in ["name: x\n", "annotations:\n    a: b\nname: x\n", "annotations: # c\n  a: |\n    x\nname: x"]
        {
            let bytes = set(text).expect("it takes them");
            assert_eq!(set(&String::from_utf8_lossy(&bytes)), Ok(bytes), "again is the same");
        }
        for text in [
            "annotations: {a: b}\n",
            "name: x\n...\n",
            "? annotations\n: a: b\n",
            "a: [\n",
            "- a\n",
            "annotations: &x\n  a: b\nb: *x\n",
        ] {
            assert!(set(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_repository_says_who_it_is() {
        for (text, good) in [
            ("repositoryID: 1f0c\nowners:\n- name: A\n  email: a@example.org\n", true),
            ("owners:\n  - email: a@example.org\nignore:\n  - name: x\n    version: beta\n", true),
            ("repositoryId: 1f0c\n", false),
            ("owners: a@example.org\n", false),
            ("owners:\n- name: A\n", false),
            ("repositoryID: [1]\n", false),
            ("- a\n", false),
            ("repositoryID: a\nrepositoryID: b\n", false),
            ("", false),
            ("a: [", false),
        ] {
            assert_eq!(check_repository("artifacthub-repo.yml", text.as_bytes()).is_ok(), good, "{text}");
        }
    }
}
