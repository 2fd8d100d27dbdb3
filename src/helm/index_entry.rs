//! One version in the `index.yaml` of a chart repository: where its package lies, and what it hashes to.

use crate::model::Sha256;

use super::yaml::{self, Node};
use super::{Error, constraint};

/// A version as an index lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// Where the package is, possibly relative to the index.
    pub url: String,
    /// What the index says it hashes to, if it says.
    pub digest: Option<Sha256>,
}

/// The entry of a chart's version; none where the index does not list it. `file` names the index in errors.
///
/// # Errors
/// It is not an index, the version has no address, or its digest is none.
pub fn index_entry(file: &str, index: &[u8], name: &str, version: &str) -> Result<Option<IndexEntry>, Error> {
    let refuse = |why: String| Error::File { file: file.to_owned(), why };
    let node = yaml::document(index).map_err(|why| Error::Yaml { file: file.to_owned(), why })?;
    let Some(entries @ (Node::Map(_) | Node::Null)) = field(&node, "entries") else {
        return Err(refuse("it has no `entries`, so it is no index of charts".to_owned()));
    };
    let Some(Node::Seq(versions)) = field(entries, name) else { return Ok(None) };
    // The address as Helm reads it wins over one that only means the same: `1.2.3` over `v1.2.3`.
    let listed = |entry: &&Node| text(entry, "version").is_some_and(|found| found == version);
    let means = |entry: &&Node| text(entry, "version").is_some_and(|found| constraint::same(found, version));
    let found = versions.iter().find(listed).or_else(|| versions.iter().find(means));
    let Some(entry) = found else { return Ok(None) };
    let url = match field(entry, "urls") {
        Some(Node::Seq(urls)) => urls.iter().find_map(|url| match url {
            Node::Str(url) if !url.is_empty() => Some(url.clone()),
            _ => None,
        }),
        _ => None,
    };
    let url = url.ok_or_else(|| refuse(format!("{name} {version} has no address")))?;
    let digest = match text(entry, "digest").unwrap_or_default() {
        "" => None,
        digest => {
            let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
            let unreadable = || refuse(format!("the digest of {name} {version} is no sha256"));
            Some(Sha256::parse(&hex.to_ascii_lowercase()).ok_or_else(unreadable)?)
        }
    };
    Ok(Some(IndexEntry { url, digest }))
}

fn field<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match node {
        Node::Map(map) => map.get(key),
        _ => None,
    }
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    match field(node, key) {
        Some(Node::Str(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_with_its_address_and_digest() {
        let digest = Sha256::of("x");
        let index = format!(
            "apiVersion: v1\nentries:\n  redis:\n  - version: v1.2.3\n    urls: [other.tgz]\n  - version: 1.2.3\n    \
             urls: [redis-1.2.3.tgz]\n    digest: sha256:{digest}\n  - version: 1.2.2\n    urls: []\n  \
             - version: 1.2.1\n    urls: [a.tgz]\n    digest: short\n  broken: 7\n"
        );
        let find = |name: &str, version: &str| index_entry("index.yaml", index.as_bytes(), name, version);
        let entry = IndexEntry { url: "redis-1.2.3.tgz".to_owned(), digest: Some(digest) };
        assert_eq!(find("redis", "1.2.3"), Ok(Some(entry)));
        assert_eq!(find("redis", "9.9.9"), Ok(None));
        assert_eq!(find("valkey", "1.2.3"), Ok(None));
        assert_eq!(find("broken", "1.2.3"), Ok(None));
        assert!(find("redis", "1.2.2").is_err() && find("redis", "1.2.1").is_err());
        for text in ["", "x", "- a", "<html></html>", "entries: []", "a: [", "entries: {redis: [{version: 1}]}"] {
            assert!(
                !matches!(index_entry("index.yaml", text.as_bytes(), "redis", "1.2.3"), Ok(Some(_))),
                "{text}"
            );
        }
    }
}
