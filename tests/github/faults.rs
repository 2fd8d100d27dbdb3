//! What goes wrong on purpose.

use super::answers;
use super::http::Answer;
use super::{GitHub, State};

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// `pulls/create`, or `*` for every one.
    operation: String,
    /// How many go well first, and how many then go wrong.
    spared: usize,
    times: usize,
    /// Whether it goes wrong before anything was done, or only the answer is lost.
    before: bool,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    Answer(Answer),
    Cut,
    Wait(u64),
    Expire,
    Undecided,
}

/// What to do about a request.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    pub(super) answer: Option<Answer>,
    pub(super) cut: bool,
    /// Whether `mergeable` is not known yet.
    pub(super) undecided: bool,
    /// Milliseconds.
    pub(super) wait: Option<u64>,
}

impl Fault {
    fn new(operation: &str, how: How) -> Self {
        Self { operation: operation.to_owned(), spared: 0, times: 1, before: true, how }
    }

    /// The next one is answered so, and nothing is done.
    pub(crate) fn status(operation: &str, status: u16) -> Self {
        let answer = match status {
            422 => answers::invalid("something"),
            status => answers::error(status, "Something went wrong"),
        };
        Self::new(operation, How::Answer(answer))
    }

    /// The next one is told to come back later.
    pub(crate) fn limited(operation: &str, status: u16, headers: &[(&str, &str)]) -> Self {
        let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        let mut answer = answers::error(status, message);
        for (name, value) in headers {
            answer = answer.with(name, *value);
        }
        Self::new(operation, How::Answer(answer))
    }

    /// The next one is sent elsewhere.
    pub(crate) fn moved(operation: &str, location: &str) -> Self {
        Self::new(operation, How::Answer(answers::error(302, "Found").with("Location", location)))
    }

    /// The next list is empty, as if it were read a moment earlier.
    pub(crate) fn empty(operation: &str) -> Self {
        Self::new(operation, How::Answer(answers::json(200, &serde_json::json!([])))).afterwards()
    }

    /// The next pull request is one whose mergeability GitHub has not worked out yet.
    pub(crate) fn undecided(operation: &str) -> Self {
        Self::new(operation, How::Undecided).afterwards()
    }

    /// The next connection is cut.
    pub(crate) fn cut(operation: &str) -> Self {
        Self::new(operation, How::Cut)
    }

    /// The next answer takes so many milliseconds.
    pub(crate) fn wait(operation: &str, milliseconds: u64) -> Self {
        Self::new(operation, How::Wait(milliseconds))
    }

    /// Every token ends here.
    pub(crate) fn expire(operation: &str) -> Self {
        Self::new(operation, How::Expire)
    }

    /// It was done; only its answer goes wrong.
    pub(crate) fn afterwards(mut self) -> Self {
        self.before = false;
        self
    }

    /// Only after so many went well.
    pub(crate) fn after(mut self, spared: usize) -> Self {
        self.spared = spared;
        self
    }

    /// So many times.
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }
}

impl GitHub {
    /// Every operation asked for so far, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.state().log.iter().map(|(id, _)| id.clone()).collect()
    }
}

impl State {
    /// Whether something is still to go wrong.
    pub(crate) fn is_awaiting_faults(&self) -> bool {
        self.faults.iter().any(|fault| fault.times > 0)
    }

    /// What goes wrong with an operation, before or after it is done.
    pub(super) fn faults(&mut self, operation: &str, before: bool) -> Trouble {
        let mut trouble = Trouble::default();
        let mut expire = false;
        for fault in &mut self.faults {
            if fault.before != before || (fault.operation != operation && fault.operation != "*") {
                continue;
            }
            if fault.spared > 0 {
                fault.spared -= 1;
                continue;
            }
            if fault.times == 0 {
                continue;
            }
            fault.times -= 1;
            match &fault.how {
                How::Answer(answer) => trouble.answer = Some(answer.clone()),
                How::Cut => trouble.cut = true,
                How::Wait(milliseconds) => trouble.wait = Some(*milliseconds),
                How::Expire => expire = true,
                How::Undecided => trouble.undecided = true,
            }
        }
        if expire {
            self.access.expire();
        }
        trouble
    }
}
