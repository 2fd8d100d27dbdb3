//! Where GitHub is, and which repository is meant.

use reqwest::Url;

use super::Error;

/// `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slug {
    pub owner: String,
    pub name: String,
}

impl Slug {
    /// Reads `owner/name`.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Address(text.to_owned(), "a repository is `owner/name`".to_owned());
        let (owner, name) = text.split_once('/').ok_or_else(wrong)?;
        let good = |part: &str| {
            !part.is_empty()
                && part.len() <= 100
                && !part.starts_with('.')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !good(owner) || !good(name) {
            return Err(wrong());
        }
        Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// The API of one GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `https://api.github.com`, `https://HOST/api/v3`.
    pub(super) api: Url,
}

impl Address {
    /// From the API's address, as `GITHUB_API_URL` has it.
    ///
    /// # Errors
    /// It is no address, has a name or password in it, or is plain HTTP to another machine.
    pub fn of_api(text: &str) -> Result<Self, Error> {
        let wrong = |why: &str| Error::Address(without_credentials(text), why.to_owned());
        let api = Url::parse(text).map_err(|_| wrong("it is no address"))?;
        if !api.username().is_empty() || api.password().is_some() {
            return Err(wrong("it has credentials in it"));
        }
        match api.scheme() {
            "https" => {}
            "http" if is_loopback(&api) => {}
            _ => return Err(wrong("it has to be https")),
        }
        if api.query().is_some() || api.fragment().is_some() || api.cannot_be_a_base() {
            return Err(wrong("it has more than a path"));
        }
        Ok(Self { api })
    }

    /// From the host people see: `github.com`, `NAME.ghe.com`, or that of a GitHub Enterprise Server.
    ///
    /// # Errors
    /// It is no host.
    pub fn of_host(host: &str) -> Result<Self, Error> {
        let host = host.to_ascii_lowercase();
        if host == "github.com" || host.ends_with(".ghe.com") {
            Self::of_api(&format!("https://api.{host}"))
        } else {
            Self::of_api(&format!("https://{host}/api/v3"))
        }
    }

    /// The GraphQL endpoint: beside `/api/v3` on a server of one's own, below the root elsewhere.
    pub(super) fn graphql(&self) -> Url {
        let mut url = self.api.clone();
        let path = url.path().trim_end_matches('/').to_owned();
        match path.strip_suffix("/v3") {
            Some(before) => url.set_path(&format!("{before}/graphql")),
            None => url.set_path(&format!("{path}/graphql")),
        }
        url
    }

    /// A path below the API; it begins with a slash and is escaped already.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.api.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{}{path}", self.api.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }

    /// Whether an address that GitHub gave is GitHub's own, so that it may see the credential: the API itself, or
    /// the host beside it that takes uploads.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        let uploads =
            self.api.host_str().and_then(|host| host.strip_prefix("api.")).map(|rest| format!("uploads.{rest}"));
        let host = url.host_str();
        url.scheme() == self.api.scheme()
            && url.port_or_known_default() == self.api.port_or_known_default()
            && host.is_some()
            && (host == self.api.host_str() || host == uploads.as_deref())
    }

    /// Whether it is on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.api)
    }
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The host and the repository of a remote's address: `https://HOST/o/r.git`, `ssh://git@HOST/o/r`,
/// `git@HOST:o/r.git`; none of a path or anything else.
pub fn of_remote(remote: &str) -> Option<(String, Slug)> {
    let (host, path) = match Url::parse(remote) {
        Ok(url) if ["https", "http", "ssh", "git"].contains(&url.scheme()) => {
            (url.host_str()?.to_owned(), url.path().to_owned())
        }
        _ => {
            let (before, path) = remote.split_once(':')?;
            let host = before.rsplit_once('@').map_or(before, |(_, host)| host);
            // A path may have a colon behind its first slash, and a drive is no host.
            if host.contains('/') || host.len() < 2 || path.starts_with("//") {
                return None;
            }
            (host.to_owned(), path.to_owned())
        }
    };
    let path = path.trim_matches('/');
    let slug = Slug::parse(path.strip_suffix(".git").unwrap_or(path)).ok()?;
    Some((host, slug))
}

fn without_credentials(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(start), Some(at)) if at > start => {
            format!(
                "{}…{}",
                text.get(..start.saturating_add(3)).unwrap_or_default(),
                text.get(at..).unwrap_or_default()
            )
        }
        _ => text.to_owned(),
    }
}

/// One part of a path, or a value of a query: everything but unreserved characters (RFC 3986, 2.3) as `%XX`.
pub(super) fn part(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_github_has_its_address() {
        for (host, api, graphql) in [
            ("github.com", "https://api.github.com/", "https://api.github.com/graphql"),
            ("acme.ghe.com", "https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql"),
            ("git.acme.org", "https://git.acme.org/api/v3", "https://git.acme.org/api/graphql"),
        ] {
            let address = Address::of_host(host).unwrap();
            assert_eq!((address.api.as_str(), address.graphql().as_str()), (api, graphql));
        }
        let ours = Address::of_api("https://git.acme.org/api/v3/").unwrap();
        assert_eq!(ours.at("/repos/o/r?x=1").as_str(), "https://git.acme.org/api/v3/repos/o/r?x=1");
    }

    #[test]
    fn no_credential_goes_to_another_host_or_in_the_open() {
        let github = Address::of_host("github.com").unwrap();
        let own = |url: &str| github.is_own(&Url::parse(url).unwrap());
        assert!(own("https://api.github.com/x") && own("https://uploads.github.com/x"));
        for other in [
            "https://api.github.com.evil.org/",
            "https://evil.org/",
            "http://api.github.com/",
            "https://github.com:1/",
        ] {
            assert!(!own(other), "{other}");
        }
        assert!(Address::of_api("http://api.github.com").is_err());
        assert!(Address::of_api("http://127.0.0.1:8080").is_ok());
        let refused = Address::of_api("https://me:secret@api.github.com").unwrap_err().to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }

    #[test]
    fn a_remote_says_which_repository() {
        let slug = |text: &str| of_remote(text).map(|(host, slug)| format!("{host} {slug}"));
        for remote in [
            "https://github.com/octo/charts.git",
            "https://x:y@github.com/octo/charts",
            "git@github.com:octo/charts.git",
            "ssh://git@github.com/octo/charts.git",
            "github.com:octo/charts",
        ] {
            assert_eq!(slug(remote).as_deref(), Some("github.com octo/charts"), "{remote}");
        }
        for other in ["/srv/git/x.git", "../x", "file:///srv/octo/charts", "c:/octo/charts", "", "https://h/a/b/c"]
        {
            assert_eq!(slug(other), None, "{other}");
        }
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(part("a b/c+d"), "a%20b%2Fc%2Bd");
        assert!(Slug::parse("a/../b").is_err() && Slug::parse("../b").is_err() && Slug::parse("a").is_err());
    }
}
