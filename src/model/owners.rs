//! CODEOWNERS: the accounts that answer for a repository's files.
//!
//! <https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>

use std::collections::BTreeSet;

/// Where the file may lie; the first that is there counts.
pub const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// The accounts a CODEOWNERS file names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners(BTreeSet<String>);

impl Owners {
    /// Reads the file. A line is a pattern and who owns what it fits; `#` begins a comment. Addresses and teams are
    /// left out: whose account is behind them cannot be told from the file.
    pub fn parse(text: &str) -> Self {
        let owners = text.lines().flat_map(|line| {
            let words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
            words.skip(1).filter_map(|word| word.strip_prefix('@')).filter(|name| is_login(name))
        });
        Self(owners.map(str::to_ascii_lowercase).collect())
    }

    /// Whether an account is named, whole and without regard to case: `arusty` is not `arustydev`.
    pub fn has(&self, login: &str) -> bool {
        self.0.contains(&login.to_ascii_lowercase())
    }
}

/// The name of an account, not of a team (`octo/charts`).
fn is_login(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// The name of a bot however it is spelled: `dependabot[bot]` by the API, `app/dependabot` by gh.
pub fn bot_name(login: &str) -> &str {
    let login = login.strip_suffix("[bot]").unwrap_or(login);
    login.strip_prefix("app/").unwrap_or(login)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn p_25_an_owner_is_a_whole_word() {
        let owners = Owners::parse(
            "# @commented\n*  @aRustyDev  # and @nobody\n/charts/ @ada @octo/team carol@example.org\n@pattern\n\n@a @b#c\n",
        );
        for (login, known) in [
            ("aRustyDev", true),
            ("arustydev", true),
            ("ada", true),
            ("aRusty", false),
            ("RustyDev", false),
            ("a.*", false),
            ("commented", false),
            ("nobody", false),
            ("octo", false),
            ("octo/team", false),
            ("carol", false),
            ("pattern", false),
            ("b", false),
            ("", false),
        ] {
            assert_eq!(owners.has(login), known, "{login}");
        }
    }

    #[test]
    fn e5_a_bot_has_one_name() {
        assert_eq!(bot_name("dependabot[bot]"), "dependabot");
        assert_eq!(bot_name("app/dependabot"), "dependabot");
        assert_eq!(bot_name("dependabot"), "dependabot");
    }

    proptest! {
        #[test]
        fn nobody_is_an_owner_who_is_not_written_there(text in "[a-z@#/ \\n-]{0,60}", login in "[a-z]{1,6}") {
            let named = text.contains(&format!("@{login}"));
            prop_assert!(named || !Owners::parse(&text).has(&login));
        }
    }
}
