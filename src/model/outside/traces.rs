//! What releases leave outside: copies of packages, and branches.

use super::{Finding, Seen};
use crate::model::{Sha256, Timestamp};

/// After how many days without a commit a branch of the flow lies around.
const OLD: i64 = 30;

/// A release's copy at one place, told by one digest.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The release's tag.
    pub tag: String,
    /// `in the registry`, `on GitHub`, `in index.yaml on release`.
    pub place: String,
    /// The digest that the tag predicts.
    pub wanted: Sha256,
    /// The one that is there; none: nothing is.
    pub there: Seen<Option<Sha256>>,
    /// It is there, and nobody but writers see it.
    pub draft: bool,
}

/// How a copy stands.
pub fn copy(copy: &Copy) -> Finding {
    let Copy { tag, place, wanted, there, draft } = copy;
    let about = format!("{tag} {place}");
    let publish = format!("run `git lineage publish {tag}`");
    match there {
        Err(why) => Finding::undetermined(&about, why),
        Ok(None) => Finding::wrong(&about, "it is not there", publish),
        Ok(Some(_)) if *draft => Finding::wrong(&about, "it is a draft still", publish),
        Ok(Some(there)) if there == wanted => Finding::holds(&about, format!("it is sha256:{there}")),
        Ok(Some(there)) => Finding::wrong(
            &about,
            format!("it is sha256:{there}, the tag says sha256:{wanted}"),
            format!("look with `git lineage verify {tag} --remote`"),
        ),
    }
}

/// A release on the forge whose tag is not here (acceptance E19).
pub fn orphan(tag: &str, page: &str) -> Finding {
    Finding::wrong(
        &format!("{tag} on GitHub"),
        "there is a release, and no such tag here",
        format!("run `git lineage sync`; if the remote has no such tag either, delete the release at {page}"),
    )
}

/// What a stranger gets who asks for a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// He is let in.
    Welcome,
    /// He is not, in the registry's words.
    Refused(String),
    /// It could not be asked.
    Unknown(String),
}

/// Whether a package can be seen by those who should. `page`: where that is set, if it is known.
pub fn visibility(name: &str, private: bool, stranger: &Stranger, page: Option<&str>) -> Finding {
    let about = format!("visibility of {name}");
    let at = page.map(|page| format!(" at {page}")).unwrap_or_default();
    match (stranger, private) {
        (Stranger::Unknown(why), _) => Finding::undetermined(&about, why),
        (Stranger::Welcome, false) => Finding::holds(&about, "everybody can pull it"),
        (Stranger::Refused(_), true) => Finding::holds(&about, "nobody can pull it without logging in"),
        (Stranger::Refused(why), false) => Finding::wrong(
            &about,
            format!("nobody can pull it without logging in: {why}"),
            format!("make the package public{at}, or set `private = true` under [publish]"),
        ),
        (Stranger::Welcome, true) => Finding::wrong(
            &about,
            "everybody can pull it, and the policy says `private = true`",
            format!("make the package private{at}, or take `private` out of [publish]"),
        ),
    }
}

/// A branch of the flow at the remote.
#[derive(Clone, Debug)]
pub struct Branch {
    /// `chart/x`.
    pub name: String,
    /// Its last commit's time; none where the commit is not here.
    pub last: Option<Timestamp>,
}

/// The branches that nobody moved for long. Those whose age is not known are told of as that.
pub fn leftovers(remote: &str, branches: &[Branch], now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    for Branch { name, last } in branches {
        let about = format!("branch {name}");
        let Some(last) = last else {
            found.push(Finding::undetermined(&about, format!("its commit is not here: run `git fetch {remote}`")));
            continue;
        };
        let days = now.seconds().saturating_sub(last.seconds()) / 86_400;
        if days > OLD {
            let fix = format!("finish it, or look at it and run `git push {remote} --delete {name}`");
            found.push(Finding::advice(&about, format!("nothing happened on it for {days} days"), fix));
        }
    }
    if found.is_empty() {
        found.push(Finding::holds("branches", "none of the flow's lies around"));
    }
    found
}
