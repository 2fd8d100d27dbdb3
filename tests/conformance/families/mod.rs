//! The families of cases, one file each. A new family is a file with `cases` and a line below.

mod borrowed;
mod bundles;
mod certificates;
mod changes;
mod checks;
mod clones;
mod history;
mod honest;
mod identities;
mod ledger;
mod links;
mod logs;
mod packages;
mod payloads;
mod policies;
mod reviews;
mod revocations;
mod runs;
mod seals;
mod signers;
mod stated;
mod tags;
mod waivers;

use super::case::Case;

/// A family by its name.
type Family = (&'static str, fn() -> Vec<Case>);

/// Every family.
pub(super) const ALL: [Family; 23] = [
    ("borrowed", borrowed::cases),
    ("bundles", bundles::cases),
    ("certificates", certificates::cases),
    ("changes", changes::cases),
    ("checks", checks::cases),
    ("clones", clones::cases),
    ("history", history::cases),
    ("honest", honest::cases),
    ("identities", identities::cases),
    ("ledger", ledger::cases),
    ("links", links::cases),
    ("logs", logs::cases),
    ("packages", packages::cases),
    ("payloads", payloads::cases),
    ("policies", policies::cases),
    ("reviews", reviews::cases),
    ("revocations", revocations::cases),
    ("runs", runs::cases),
    ("seals", seals::cases),
    ("signers", signers::cases),
    ("stated", stated::cases),
    ("tags", tags::cases),
    ("waivers", waivers::cases),
];
