//! What each verb has to say: data for the terminal and for `--json`, one JSON document a verb.
//! Every field is documented by its name; `null` is "not known", an empty list is "none".

mod bundles;
mod channels;
mod images;
mod people;
mod prune;
mod releases;
mod rulesets;
mod stages;
mod trust;

pub use bundles::*;
pub use channels::*;
pub use images::*;
pub use people::*;
pub use prune::*;
pub use releases::*;
pub use rulesets::*;
pub use stages::*;
pub use trust::*;
