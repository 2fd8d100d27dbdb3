//! Accounts: a number that stays, and a name that may be given away.

use serde::Deserialize;

/// Somebody on GitHub.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Account {
    pub login: String,
    pub id: u64,
    /// `User`, `Bot` or `Organization`.
    #[serde(default, rename = "type")]
    pub kind: String,
}

impl Account {
    /// Whether it is a person: a program approves nothing. What GitHub does not say is not taken for one.
    pub fn is_person(&self) -> bool {
        self.kind == "User" && !self.login.ends_with("[bot]")
    }

    /// Whether GitHub itself says that it is a program.
    pub fn is_bot(&self) -> bool {
        self.kind == "Bot"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_no_person() {
        let who = |login: &str, kind: &str| Account { login: login.to_owned(), id: 1, kind: kind.to_owned() };
        assert!(who("bob", "User").is_person());
        assert!(!who("renovate[bot]", "Bot").is_person());
        assert!(!who("renovate[bot]", "User").is_person());
        assert!(!who("bob", "").is_person());
        assert!(who("renovate[bot]", "Bot").is_bot());
        assert!(!who("renovate[bot]", "User").is_bot(), "a name is no word of GitHub's");
    }
}
