//! Reading destinations, and the names that may stand in a registry's addresses.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use super::{Destination, Error};
pub(super) use crate::model::image::is_tag;

impl Destination {
    /// Reads `oci://host[:port]/path` or `oci-layout:DIR` (relative to `root`). Host and path are put in
    /// lower case, because a forge's owner may be written otherwise and a repository must not be.
    ///
    /// # Errors
    /// Another scheme, no host or directory, a tag or digest, a path that no repository can have.
    pub fn parse(text: &str, root: &Path) -> Result<Self, Error> {
        let not = |why: &str| Error::Destination(text.to_owned(), why.to_owned());
        if let Some(directory) = text.strip_prefix("oci-layout:") {
            if directory.is_empty() || directory.contains('\0') {
                return Err(not("a directory must follow `oci-layout:`"));
            }
            return Ok(Self::Layout(root.join(directory)));
        }
        let rest = text
            .strip_prefix("oci://")
            .ok_or_else(|| not("it must start with `oci://` or `oci-layout:`"))?
            .to_ascii_lowercase();
        let (host, path) = rest.split_once('/').unwrap_or((&rest, ""));
        if host.contains('@') {
            return Err(not("credentials do not belong in an address"));
        }
        if !is_host(host) {
            return Err(not("`host` or `host:port` must follow `oci://`"));
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.contains([':', '@']) {
            return Err(not("a tag or digest does not belong in a destination"));
        }
        if !path.is_empty() && !is_repository(path) {
            return Err(not("a path has lower-case letters and digits, joined by `.`, `_`, `-` and `/`"));
        }
        Ok(Self::Registry { host: host.to_owned(), path: path.to_owned() })
    }
}

/// The repository of a chart below a destination's path.
pub(super) fn repository(path: &str, chart: &str) -> String {
    if path.is_empty() { chart.to_owned() } else { format!("{path}/{chart}") }
}

/// Whether plain HTTP is allowed: this machine, by name or address.
pub(super) fn is_loopback(host: &str) -> bool {
    let (name, _) = split_port(host);
    name == "localhost"
        || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || address_v6(name).is_some_and(|address| address.is_loopback())
}

/// A registry's host, with or without a port.
fn is_host(host: &str) -> bool {
    let (name, port) = split_port(host);
    let labels = !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        });
    let port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0) && !port.starts_with('+'));
    port && (labels || address_v6(name).is_some())
}

/// Splits the port off; the colons of `[::1]` are not one.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    }
}

fn address_v6(name: &str) -> Option<Ipv6Addr> {
    name.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// A repository's name as the
/// [distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests)
/// has it: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, joined by slashes, 255 bytes at most.
pub(super) fn is_repository(name: &str) -> bool {
    name.len() <= 255 && name.split('/').all(is_repository_part)
}

fn is_repository_part(part: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut rest = part;
    loop {
        let after = rest.trim_start_matches(letter);
        if after.len() == rest.len() {
            return false;
        }
        if after.is_empty() {
            return true;
        }
        rest = after.trim_start_matches(|c| !letter(c));
        let between = after.strip_suffix(rest).unwrap_or(after);
        let dashes = !between.is_empty() && between.bytes().all(|b| b == b'-');
        if !dashes && !matches!(between, "." | "_" | "__") {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sha256;

    fn parse(text: &str) -> Option<Destination> {
        Destination::parse(text, Path::new("/repo")).ok()
    }

    fn registry(host: &str, path: &str) -> Destination {
        Destination::Registry { host: host.to_owned(), path: path.to_owned() }
    }

    #[test]
    fn destinations_are_read() {
        assert_eq!(
            parse("oci://registry.example/Owner/Charts/"),
            Some(registry("registry.example", "owner/charts"))
        );
        assert_eq!(parse("oci://localhost:5000"), Some(registry("localhost:5000", "")));
        assert_eq!(parse("oci://[::1]:5000/a__b/c--d"), Some(registry("[::1]:5000", "a__b/c--d")));
        assert_eq!(parse("oci-layout:out/oci"), Some(Destination::Layout("/repo/out/oci".into())));
        assert_eq!(parse("oci-layout:/abs"), Some(Destination::Layout("/abs".into())));
    }

    #[test]
    fn what_is_no_destination_is_refused() {
        for text in [
            "",
            "oci://",
            "oci:///x",
            "https://registry.example/x",
            "oci-layout:",
            "oci://user:pw@registry.example/x",
            "oci://registry.example/x:1.0",
            "oci://registry.example/x@sha256:00",
            "oci://registry.example/a//b",
            "oci://registry.example/../x",
            "oci://registry.example/x?y",
            "oci://registry.example/x#y",
            "oci://registry.example:0/x",
            "oci://registry.example:99999/x",
            "oci://registry.example:+80/x",
            "oci://registry.example:/x",
            "oci://reg istry/x",
            "oci://a..b/x",
            "oci://-a/x",
            "oci://registry.example/a___b",
            "oci://registry.example/-a",
            "oci://registry.example/a.",
            "oci://registry.example/é",
            "oci://[::1/x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:1", "127.8.9.1", "[::1]", "[::1]:5000"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["localhost.example", "127.0.0.1.example", "10.0.0.1", "128.0.0.1", "[::2]", "example:127", "::1"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn references_name_the_digest() {
        let digest = Sha256::of("x");
        let hex = digest.to_string();
        let at = |text: &str| parse(text).unwrap().reference("app", digest);
        assert_eq!(at("oci://localhost:5000/charts"), format!("oci://localhost:5000/charts/app@sha256:{hex}"));
        assert_eq!(at("oci://localhost:5000"), format!("oci://localhost:5000/app@sha256:{hex}"));
        assert_eq!(at("oci-layout:out"), format!("oci-layout:/repo/out@sha256:{hex}"));
    }

    #[test]
    fn tags_are_checked() {
        assert!(is_tag("1.2.3_build.7") && is_tag("_x") && is_tag(&"a".repeat(128)));
        assert!(!is_tag("") && !is_tag(".x") && !is_tag("1+2") && !is_tag("a/b") && !is_tag(&"a".repeat(129)));
    }
}
