//! Who is who: accounts, the addresses git knows them by, and what the policy asks of people.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Config, TrustedIdentity, TrustedKey};
use crate::model::{Role, json};

/// A person, or a service that commits for nobody, by account and addresses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Person {
    /// The account: the forge's number, or any word the trust entries use.
    pub account: String,
    /// The addresses its commits carry, in any case.
    pub addresses: Vec<String>,
}

impl Config {
    /// The account behind an address of a commit, as far as the policy knows it. An address that is itself
    /// a trusted identity with an account counts as well.
    pub fn account_of(&self, address: &str) -> Option<&str> {
        let wanted = folded(address);
        let listed = self
            .people
            .iter()
            .find(|person| person.addresses.iter().any(|known| folded(known) == wanted))
            .map(|person| person.account.as_str());
        listed.or_else(|| {
            let identities = self.trust.identities.iter();
            identities.filter(|identity| folded(&identity.signer) == wanted).find_map(|i| i.account.as_deref())
        })
    }

    /// Whether an account's approval counts as a review: those that `required.reviewers` names; without it,
    /// those with a key or identity of their own that may review.
    pub fn may_review(&self, account: &str) -> bool {
        if !self.required.reviewers.is_empty() {
            return self.required.reviewers.iter().any(|reviewer| reviewer == account);
        }
        self.accounts_with(Role::Review).any(|known| known == account)
    }

    /// The accounts of the keys and identities that have a role.
    fn accounts_with(&self, role: Role) -> impl Iterator<Item = &str> {
        let keys = self.trust.keys.iter().filter(move |key| role.within(&key.stages));
        let identities = self.trust.identities.iter().filter(move |identity| role.within(&identity.stages));
        keys.filter_map(|key| key.account.as_deref())
            .chain(identities.filter_map(|identity| identity.account.as_deref()))
    }

    /// Whether a signer, by its name here, has a role that somebody wrote down, rather than by default.
    pub fn expressly(&self, name: &str, role: Role) -> bool {
        let key = |key: &&TrustedKey| key.name == name && key.stages.contains(&role);
        let identity = |identity: &&TrustedIdentity| identity.name == name && identity.stages.contains(&role);
        self.trust.keys.iter().any(|known| key(&known))
            || self.trust.identities.iter().any(|known| identity(&known))
    }
}

/// Addresses are compared without regard to case: nobody has two mailboxes that differ in it.
fn folded(address: &str) -> String {
    address.trim().to_lowercase()
}

/// What is wrong with what the file says of people: where, and what.
pub(super) fn fault(config: &Config) -> Option<(Vec<String>, String)> {
    listed(config).or_else(|| unnamed(config)).or_else(|| reviews(config))
}

/// An account is a word: it stands in the names of records.
fn is_account(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.len() <= 100 && text.chars().all(good)
}

fn listed(config: &Config) -> Option<(Vec<String>, String)> {
    let mut accounts: Vec<&str> = Vec::new();
    let mut addresses: Vec<String> = Vec::new();
    for (at, person) in config.people.iter().enumerate() {
        let place = |key: &str| vec!["people".to_owned(), at.to_string(), key.to_owned()];
        let account = person.account.as_str();
        if !is_account(account) {
            let account = account.escape_debug();
            return Some((place("account"), format!("`{account}` is not an account: a number or a word")));
        }
        if accounts.contains(&account) {
            return Some((place("account"), format!("the account `{account}` is listed twice")));
        }
        accounts.push(account);
        if person.addresses.is_empty() {
            return Some((place("addresses"), format!("the account `{account}` has no address")));
        }
        for address in &person.addresses {
            if !address.contains('@')
                || address.chars().any(|c| c.is_control() || c.is_whitespace() || "<>".contains(c))
            {
                let address = address.escape_debug();
                return Some((place("addresses"), format!("`{address}` is not the address of a commit's author")));
            }
            if addresses.contains(&folded(address)) {
                return Some((place("addresses"), format!("the address `{address}` is listed twice")));
            }
            addresses.push(folded(address));
        }
    }
    None
}

/// The accounts of trust entries, and the waiver's role without one.
fn unnamed(config: &Config) -> Option<(Vec<String>, String)> {
    let keys = config.trust.keys.iter().map(|key| ("keys", &key.name, &key.account, &key.stages));
    let identities = config.trust.identities.iter();
    let identities = identities.map(|known| ("identities", &known.name, &known.account, &known.stages));
    for (at, (table, name, account, stages)) in keys.enumerate().chain(identities.enumerate()) {
        let place = |key: &str| vec!["trust".to_owned(), table.to_owned(), at.to_string(), key.to_owned()];
        match account {
            Some(account) if !is_account(account) => {
                let account = account.escape_debug();
                return Some((place("account"), format!("`{account}` is not an account: a number or a word")));
            }
            None if stages.contains(&Role::Waive) => {
                let why =
                    format!("`{name}` may waive, but has no `account`: whose waiver it is could not be told");
                return Some((place("stages"), why));
            }
            _ => {}
        }
    }
    None
}

fn reviews(config: &Config) -> Option<(Vec<String>, String)> {
    let required = &config.required;
    let place = |key: &str| vec!["required".to_owned(), key.to_owned()];
    for (at, account) in required.reviewers.iter().enumerate() {
        if !is_account(account) {
            let account = account.escape_debug();
            return Some((place("reviewers"), format!("`{account}` is not an account: a number or a word")));
        }
        if required.reviewers.iter().take(at).any(|other| other == account) {
            return Some((place("reviewers"), format!("the reviewer `{account}` stands there twice")));
        }
    }
    let mut able: Vec<&str> = match required.reviewers.as_slice() {
        [] => config.accounts_with(Role::Review).collect(),
        some => some.iter().map(String::as_str).collect(),
    };
    able.sort_unstable();
    able.dedup();
    let enough = u64::try_from(able.len()).unwrap_or(u64::MAX) >= required.reviews;
    (!enough).then(|| {
        let able = able.len();
        (
            place("reviews"),
            format!("{} reviews are required, but only {able} accounts may review", required.reviews),
        )
    })
}

/// What the trust digest says of people: everything that decides whose waiver or review counts.
pub(super) fn digested(config: &Config) -> Value {
    let mut people: Vec<Value> = config
        .people
        .iter()
        .map(|person| {
            let mut addresses: Vec<String> = person.addresses.iter().map(|address| folded(address)).collect();
            addresses.sort();
            json!({ "account": person.account, "addresses": addresses })
        })
        .collect();
    people.sort_by_key(json::canonical);
    let keys = config.trust.keys.iter().map(|key| {
        let public = key.fingerprint().map(|digest| digest.to_string());
        json!({ "key": public, "account": key.account })
    });
    let identities = config.trust.identities.iter().map(
        |identity| json!({ "issuer": identity.issuer, "signer": identity.signer, "account": identity.account }),
    );
    // Entries without an account say nothing about people.
    let mut accounts: Vec<Value> = keys.chain(identities).filter(|entry| !entry["account"].is_null()).collect();
    accounts.sort_by_key(json::canonical);
    let mut reviewers = config.required.reviewers.clone();
    reviewers.sort();
    json!({
        "people": people,
        "accounts": accounts,
        // As text: RFC 8785 numbers are doubles.
        "reviews": config.required.reviews.to_string(),
        "reviewers": reviewers,
        "allowWaivers": config.required.allow_waivers,
    })
}
