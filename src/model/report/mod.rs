//! What each verb has to say: data for the terminal and for `--json`, one JSON document a verb.
//! Every field is documented by its name; `null` is "not known", an empty list is "none".

mod releases;
mod stages;

pub use releases::*;
pub use stages::*;
