//! Rulesets, as GitHub has them: what is compared and decided about them is the model's.
//!
//! Routes: <https://docs.github.com/rest/repos/rules>. Bodies are kept as JSON, so that a rule of a kind unknown here
//! is neither lost nor changed.

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::client::Body;
use super::{Error, GitHub};

/// A ruleset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruleset {
    pub id: u64,
    pub name: String,
    /// All of it.
    pub body: Value,
    /// Who may pass it by; none where this token is not shown that.
    pub bypass: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Listed {
    id: u64,
    name: String,
}

/// The repository's own.
const LIST: &str = "/rulesets?includes_parents=false&per_page=100";

impl GitHub {
    /// Every ruleset, whole; with `parents` those of the organization as well.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn rulesets(&self, parents: bool) -> Result<Vec<Ruleset>, Error> {
        let what = "list the rulesets";
        let listed: Vec<Listed> =
            self.list(&format!("/rulesets?includes_parents={parents}&per_page=100"), what)?;
        // A list has no rules.
        listed.into_iter().map(|one| self.ruleset(one.id, parents)).collect()
    }

    /// A ruleset, whole.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub fn ruleset(&self, id: u64, parents: bool) -> Result<Ruleset, Error> {
        let what = format!("read ruleset {id}");
        read(self.get(&format!("/rulesets/{id}?includes_parents={parents}"), &what)?, &what)
    }

    /// The number of the repository's own ruleset of a name; none: there is none.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn ruleset_named(&self, name: &str) -> Result<Option<u64>, Error> {
        let listed: Vec<Listed> = self.list(LIST, "list the rulesets")?;
        Ok(listed.into_iter().find(|one| one.name == name).map(|one| one.id))
    }

    /// Makes a ruleset. Where the answer is lost, one of this name is looked for.
    ///
    /// # Errors
    /// GitHub refuses it, or cannot be reached.
    pub fn create_ruleset(&self, body: &Value) -> Result<Ruleset, Error> {
        let name = body["name"].as_str().unwrap_or_default();
        let what = format!("make the ruleset {name}");
        match self.write(Method::POST, "/rulesets", &what, body.clone()) {
            Ok(made) => read(made, &what),
            Err(error @ Error::Unsure { .. }) => {
                let found = self.rulesets(false)?.into_iter().find(|one| one.name == name);
                found.ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Replaces a ruleset: rules and actors whole, so merge what is to stay first. Asked once, because somebody may
    /// have changed it since; where the answer is lost, it is looked whether GitHub has what was sent.
    ///
    /// # Errors
    /// GitHub refuses it, or cannot be reached.
    pub fn update_ruleset(&self, id: u64, body: &Value) -> Result<Ruleset, Error> {
        let what = format!("update ruleset {id}");
        match self.write(Method::PUT, &format!("/rulesets/{id}"), &what, body.clone()) {
            Ok(there) => read(there, &what),
            Err(error @ Error::Unsure { .. }) => {
                let there = self.ruleset(id, false)?;
                let sent = body.as_object().into_iter().flatten();
                let taken = sent.into_iter().all(|(name, value)| there.body.get(name) == Some(value));
                if taken { Ok(there) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes a ruleset. One that is gone already is as good.
    ///
    /// # Errors
    /// GitHub refuses it, or cannot be reached.
    pub fn delete_ruleset(&self, id: u64) -> Result<(), Error> {
        let what = format!("delete ruleset {id}");
        let answer = self.send(Method::DELETE, &format!("/rulesets/{id}"), &what, Body::Nothing)?;
        match answer.status {
            404 if self.find::<Value>(&format!("/rulesets/{id}"), &what)?.is_none() => Ok(()),
            _ => answer.refusal(&what).map_or(Ok(()), Err),
        }
    }

    /// The rules in force for a branch, whoever made them. Who may pass them by is not in it.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn branch_rules(&self, branch: &str) -> Result<Vec<Value>, Error> {
        let what = format!("read the rules of {branch}");
        self.list(&format!("/rules/branches/{}?per_page=100", super::address::part(branch)), &what)
    }
}

fn read(body: Value, what: &str) -> Result<Ruleset, Error> {
    let protocol = |why: &str| Error::Protocol { what: what.to_owned(), why: why.to_owned() };
    let id = body["id"].as_u64().ok_or_else(|| protocol("a ruleset without an id"))?;
    let name = body["name"].as_str().ok_or_else(|| protocol("a ruleset without a name"))?.to_owned();
    let bypass = body.get("bypass_actors").and_then(Value::as_array).cloned();
    Ok(Ruleset { id, name, body, bypass })
}
