//! Who we are to GitHub.
//!
//! A token (of a job, a fine-grained or classic one of a person), or an App, whose key makes a short-lived token
//! for its installation. Nothing of either is ever shown.

use std::fmt;

use octocrab::models::AppId;
use octocrab::secrecy::{ExposeSecret as _, SecretString};

use super::Error;

/// Something that must not be shown. Its `Debug` does not, and it is wiped when it goes.
#[derive(Clone)]
pub struct Hidden(SecretString);

impl Hidden {
    /// Hides a value; white space around it goes, since files and variables end in line breaks.
    pub fn new(value: &str) -> Self {
        Self(SecretString::from(value.trim().to_owned()))
    }

    pub(super) fn show(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// Credentials.
#[derive(Clone, Debug, Default)]
pub enum Access {
    /// None: what is public can be read.
    #[default]
    Nobody,
    /// A token.
    Token(Hidden),
    /// A GitHub App.
    App {
        /// Its App id (not the installation's).
        id: u64,
        /// Its private key, as GitHub hands it out (PEM).
        key: Hidden,
        /// Its installation; none: the one on the repository.
        installation: Option<u64>,
    },
}

/// What kind of token one is, by its prefix
/// (<https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `ghp_`: a classic personal token.
    Classic,
    /// `github_pat_`: a fine-grained personal token.
    FineGrained,
    /// `ghs_`: an App's installation, `GITHUB_TOKEN` among them.
    Installation,
    /// `gho_` and `ghu_`: somebody's, through an App.
    User,
    /// Anything else, such as what GitHub Enterprise Server made long ago.
    Other,
}

impl Kind {
    /// Tells by the prefix.
    pub fn of(token: &str) -> Self {
        let prefixes = [
            ("ghp_", Self::Classic),
            ("github_pat_", Self::FineGrained),
            ("ghs_", Self::Installation),
            ("gho_", Self::User),
            ("ghu_", Self::User),
        ];
        let known = prefixes.into_iter().find(|(prefix, _)| token.starts_with(prefix));
        known.map_or(Self::Other, |(_, kind)| kind)
    }
}

impl Access {
    /// An App, from its id and key as text.
    ///
    /// # Errors
    /// The id is no number.
    pub fn app(id: &str, key: &str, installation: Option<&str>) -> Result<Self, Error> {
        let number = |what: &str, text: &str| {
            let parsed = text.trim().parse::<u64>();
            parsed.map_err(|_| Error::BadToken(format!("the App's {what} is no number")))
        };
        let installation = installation.map(|text| number("installation", text)).transpose()?;
        // A key in a variable often has its line breaks written out.
        let key = key.trim().replace("\\n", "\n");
        Ok(Self::App { id: number("id", id)?, key: Hidden::new(&key), installation })
    }

    /// What kind of token it is, where it is one.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Nobody => None,
            Self::Token(token) => Some(Kind::of(token.show())),
            Self::App { .. } => Some(Kind::Installation),
        }
    }

    /// Whether it could go into a header at all; looked at first, so that no fault can quote it.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Token(token) if token.show().is_empty() => Err(Error::BadToken("the token is empty".to_owned())),
            Self::Token(token) if !token.show().bytes().all(|byte| byte.is_ascii_graphic()) => {
                Err(Error::BadToken("the token has white space or signs that no token has".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// A JSON web token of an App: RS256, begun a minute ago, for nine minutes.
pub(super) fn web_token(id: u64, key: &Hidden) -> Result<Hidden, Error> {
    // The causes may quote what they could not read.
    let unusable = |why: &str| Error::BadToken(format!("the App's private key {why}"));
    let key = octocrab::auth::EncodingKey::from_rsa_pem(key.show().as_bytes())
        .map_err(|_| unusable("is no RSA key in PEM form"))?;
    let token = octocrab::auth::create_jwt(AppId(id), &key).map_err(|_| unusable("cannot sign"))?;
    Ok(Hidden::new(&token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown() {
        let app = Access::app("1", "-----BEGIN RSA PRIVATE KEY-----\\nsecret", Some("2")).unwrap();
        let shown = format!("{app:?} {:?}", Access::Token(Hidden::new("ghp_secret\n")));
        assert!(!shown.contains("secret"), "{shown}");
        let failure = web_token(1, &Hidden::new("secret")).unwrap_err().to_string();
        assert!(!failure.contains("secret"), "{failure}");
    }

    #[test]
    fn a_token_says_what_it_is() {
        for (token, kind) in [
            ("ghp_x", Kind::Classic),
            ("github_pat_x", Kind::FineGrained),
            ("ghs_x", Kind::Installation),
            ("gho_x", Kind::User),
            ("0123456789abcdef", Kind::Other),
        ] {
            assert_eq!(Kind::of(token), kind);
        }
    }

    #[test]
    fn what_is_no_token_is_refused_before_it_travels() {
        assert!(Access::Token(Hidden::new(" \n")).check().is_err());
        assert!(Access::Token(Hidden::new("a\nb")).check().is_err());
        assert!(Access::Token(Hidden::new("ä")).check().is_err());
        assert!(Access::Token(Hidden::new("ghp_x\n")).check().is_ok());
        assert!(Access::app("x", "k", None).is_err());
    }
}
