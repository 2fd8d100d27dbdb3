//! `charts` becomes `release`: made, looked at, and only then deleted.

use crate::git::Repo;
use crate::model::{Failure, Oid};
use crate::pipeline::init::Site;

/// What chart repositories called the branch before.
const BEFORE: &str = "charts";

/// The branch that `release` begins as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pipeline::init) struct Origin {
    pub(in crate::pipeline::init) name: String,
    pub(in crate::pipeline::init) at: Oid,
}

/// The branch at the remote that served the index until now, where there is one that is not `release` itself.
pub(in crate::pipeline::init) fn origin(
    repo: &Repo,
    site: &Site,
    release: &str,
) -> Result<Option<Origin>, Failure> {
    let Some(at) = site.there.get(BEFORE).filter(|_| release != BEFORE) else { return Ok(None) };
    let index = repo.file_at(at, "index.yaml")?;
    Ok(index.map(|_| Origin { name: BEFORE.to_owned(), at: at.clone() }))
}

impl Origin {
    /// What a person does once `release` is there. The old branch goes last: until then it serves everybody.
    pub(in crate::pipeline::init) fn steps(
        &self,
        remote: &str,
        release: &str,
        there: Option<&Oid>,
    ) -> Vec<String> {
        let Self { name, at } = self;
        let mut steps = vec![
            format!(
                "in Cloudflare Pages (or what else serves the index): set the production branch to {release} and deploy"
            ),
            format!(
                "see that index.yaml is served from it: `curl -fsS URL/index.yaml | cmp - <(git show {remote}/{release}:index.yaml)`"
            ),
        ];
        steps.push(match there {
            // What came to it after it was copied would be lost.
            Some(there) if there != at => format!(
                "before {name} is deleted at {remote}: {release} is at {}, {name} at {}; see that nothing of {name} is missing from it",
                there.short(),
                at.short()
            ),
            _ => format!("only then delete {name}: `git push --force-with-lease={name}:{at} {remote} :{name}`"),
        });
        steps.push(format!(
            "to go back: `git push {remote} {at}:refs/heads/{name}`, and set the production branch back"
        ));
        steps
    }
}
