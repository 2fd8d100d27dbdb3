//! Container images by name, as charts refer to them.

use std::fmt;

use super::Sha256;

/// cosign's predicate type for a plain signature.
pub const COSIGN_SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

/// Tags that name another image tomorrow.
const MOVING: [&str; 11] =
    ["main", "master", "latest", "edge", "nightly", "dev", "develop", "devel", "canary", "next", "unstable"];

/// Where an image's repository is, by the rule that Docker and Kubernetes read names by
/// ([reference](https://github.com/distribution/reference)): what comes before the first slash is a host if it has a
/// dot or a port, or is `localhost`; else the image is one of `docker.io`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    host: String,
    repository: String,
}

impl ImageName {
    /// Reads `host/path`, without tag and digest. None: it is no such name.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, rest) = text.split_once('/').unwrap_or(("", text));
        let is_host = first.contains(['.', ':']) || first == "localhost";
        let (host, repository) = if is_host { (first.to_ascii_lowercase(), rest) } else { (String::new(), text) };
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if !repository.split('/').all(part) || !host.chars().all(plain) {
            return None;
        }
        let of_docker = matches!(host.as_str(), "" | "docker.io" | "index.docker.io");
        Some(match (of_docker, repository.contains('/')) {
            (true, true) => Self { host: "docker.io".to_owned(), repository: repository.to_owned() },
            (true, false) => Self { host: "docker.io".to_owned(), repository: format!("library/{repository}") },
            (false, _) => Self { host, repository: repository.to_owned() },
        })
    }

    /// The registry, with its port if it has one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository there.
    pub fn repository(&self) -> &str {
        &self.repository
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)
    }
}

/// An image by name, tag and digest: `registry.example/o/web:v1.2.3@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedImage {
    /// Where it is.
    pub name: ImageName,
    /// Its tag.
    pub tag: String,
    /// The digest of its manifest; of an image for several platforms, of its index.
    pub digest: Sha256,
}

impl PinnedImage {
    /// Reads it.
    ///
    /// # Errors
    /// A sentence: what is missing, or is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = text.escape_debug();
        let Some((named, digest)) = text.split_once('@') else {
            return Err(format!("`{shown}` has no digest, and a tag alone can be moved"));
        };
        let digest = parse_digest(digest)
            .ok_or_else(|| format!("the digest of `{shown}` is not `sha256:` and 64 hexadecimal digits"))?;
        let tagged = named.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'));
        let (name, tag) = tagged.ok_or_else(|| format!("`{shown}` has no tag"))?;
        if !is_tag(tag) {
            return Err(format!("`{}` is not a tag that registries take", tag.escape_debug()));
        }
        let name = ImageName::parse(name).ok_or_else(|| format!("`{shown}` is not the name of an image"))?;
        Ok(Self { name, tag: tag.to_owned(), digest })
    }
}

impl fmt::Display for PinnedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@sha256:{}", self.name, self.tag, self.digest)
    }
}

/// `sha256:` and 64 hexadecimal digits in small letters.
pub fn parse_digest(text: &str) -> Option<Sha256> {
    let hex = text.strip_prefix("sha256:")?;
    let small = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    Sha256::parse(hex).filter(|_| small)
}

/// Whether a tag names another image tomorrow.
pub fn moves(tag: &str) -> bool {
    MOVING.contains(&tag.to_lowercase().as_str())
}

/// A tag as registries take it
/// ([distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests)):
/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
pub fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_read_as_docker_reads_them() {
        for (text, name) in [
            ("nginx", "docker.io/library/nginx"),
            ("o/web", "docker.io/o/web"),
            ("docker.io/nginx", "docker.io/library/nginx"),
            ("index.docker.io/o/web", "docker.io/o/web"),
            ("localhost/web", "localhost/web"),
            ("127.0.0.1:5000/o/web", "127.0.0.1:5000/o/web"),
            ("Registry.Example/o/web_x", "registry.example/o/web_x"),
        ] {
            assert_eq!(ImageName::parse(text).map(|name| name.to_string()).as_deref(), Some(name), "{text}");
        }
        for text in ["", "/web", "o//web", "O/web", "o/web:v1", "o/web@sha256:00", "r.example/", "u@r.example/x"] {
            assert_eq!(ImageName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_pinned_image_has_name_tag_and_digest() {
        let digest = "a1".repeat(32);
        let image = PinnedImage::parse(&format!("r.example:5000/o/web:v1.2.3@sha256:{digest}")).unwrap();
        assert_eq!((image.name.host(), image.name.repository()), ("r.example:5000", "o/web"));
        assert_eq!((image.tag.as_str(), image.digest.to_string()), ("v1.2.3", digest.clone()));
        for (text, why) in [
            ("o/web:v1.2.3".to_owned(), "has no digest"),
            (format!("o/web@sha256:{digest}"), "has no tag"),
            (format!("r.example:5000/web@sha256:{digest}"), "has no tag"),
            (format!("o/web:v1@sha256:{}", digest.to_uppercase()), "is not `sha256:`"),
            ("o/web:v1@sha256:a1".to_owned(), "is not `sha256:`"),
            ("o/web:v1@".to_owned(), "is not `sha256:`"),
            (format!("o/web:-1@sha256:{digest}"), "is not a tag"),
            (format!("O/web:v1@sha256:{digest}"), "is not the name of an image"),
        ] {
            let said = PinnedImage::parse(&text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    proptest! {
        #[test]
        fn no_name_panics(text in "\\PC{0,40}") {
            let _ = (ImageName::parse(&text), PinnedImage::parse(&text), is_tag(&text), moves(&text));
        }
    }
}
