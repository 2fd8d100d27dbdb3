//! Progress, as values: what the floors below tell the person waiting.

/// Something that happened while a verb worked. Never data: losing every event loses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A longer piece of work began.
    Started(String),
    /// That piece of work ended.
    Finished(String),
    /// Bytes moved towards a total.
    Bytes { what: String, done: u64, total: u64 },
    /// A command of the policy ran, with what it printed: others wrote that.
    Ran { what: String, output: String },
    /// Something a person should know that does not change the outcome.
    Note(String),
    /// Something is not as it should be, though this command can go on.
    Warning(String),
}
