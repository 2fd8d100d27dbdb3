//! What people say of a pull request.
//!
//! <https://docs.github.com/rest/pulls/reviews>: the list is in the order the reviews were given, and one that is
//! dismissed stays in its place with another state.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::accounts::Account;
use super::{Error, GitHub};

/// A review, as GitHub has it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Review {
    /// None where the account is gone.
    #[serde(default)]
    pub user: Option<Account>,
    /// `APPROVED`, `CHANGES_REQUESTED`, `DISMISSED`, `COMMENTED`, `PENDING`.
    pub state: String,
    /// The commit that was looked at.
    #[serde(default)]
    pub commit_id: Option<String>,
}

/// An approval that nobody took back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub by: Account,
    /// The commit that was approved; none: GitHub does not say.
    pub commit: Option<String>,
}

impl GitHub {
    /// The approvals of a pull request that stand.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn approvals(&self, number: u64) -> Result<Vec<Approval>, Error> {
        let what = format!("read the reviews of pull request #{number}");
        let all: Vec<Review> = self.list(&format!("/pulls/{number}/reviews?per_page=100"), &what)?;
        Ok(standing(all))
    }
}

/// What each reviewer said last, where that approves. A remark takes nothing back, a dismissal does: of an approval
/// as of a request for changes, so that nobody's older word comes to life again by it.
fn standing(reviews: Vec<Review>) -> Vec<Approval> {
    let mut last: BTreeMap<u64, (Account, Review)> = BTreeMap::new();
    for review in reviews {
        if matches!(review.state.as_str(), "COMMENTED" | "PENDING") {
            continue;
        }
        if let Some(by) = review.user.clone() {
            last.insert(by.id, (by, review));
        }
    }
    let approved = last.into_values().filter(|(_, review)| review.state == "APPROVED");
    approved.map(|(by, review)| Approval { by, commit: review.commit_id }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: u64, state: &str) -> Review {
        let user = Account { login: format!("u{id}"), id, kind: "User".to_owned() };
        Review { user: Some(user), state: state.to_owned(), commit_id: Some(format!("c{id}")) }
    }

    fn stands(states: &[&str]) -> bool {
        !standing(states.iter().map(|state| said(1, state)).collect()).is_empty()
    }

    #[test]
    fn the_last_word_counts() {
        assert!(stands(&["APPROVED"]));
        assert!(stands(&["CHANGES_REQUESTED", "APPROVED", "COMMENTED"]));
        assert!(stands(&["DISMISSED", "APPROVED"]));
        assert!(!stands(&["APPROVED", "CHANGES_REQUESTED"]));
        assert!(!stands(&["APPROVED", "DISMISSED"]));
        assert!(!stands(&["APPROVED", "something new"]));
        assert!(!stands(&["COMMENTED"]));
        assert!(!stands(&["PENDING"]));
        assert!(!stands(&[]));
    }

    #[test]
    fn everybody_speaks_for_himself() {
        let all = standing(vec![said(1, "APPROVED"), said(2, "CHANGES_REQUESTED"), said(3, "APPROVED")]);
        assert_eq!(all.iter().map(|approval| approval.by.id).collect::<Vec<_>>(), [1, 3]);
        let gone = Review { user: None, ..said(1, "APPROVED") };
        assert!(standing(vec![gone]).is_empty());
    }
}
