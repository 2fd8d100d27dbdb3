//! Progress: a line that moves where a person watches, plain lines elsewhere.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::talk;
use crate::model::Event;

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manner {
    /// stderr is a terminal.
    pub(super) watched: bool,
    pub(super) colour: bool,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
}

/// Shows events as they come. What moves is gone when this value is.
#[derive(Debug)]
pub struct Progress {
    manner: Manner,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(manner: Manner) -> Self {
        Self { manner, bar: None }
    }

    /// Shows one event.
    pub fn on(&mut self, event: &Event) {
        if self.manner.watched && !self.manner.quiet {
            self.moves(event);
        }
        if let Some(line) = line(event, self.manner) {
            self.say(&line);
        }
    }

    /// Says something that is text already, such as what a workflow runner is to read.
    pub fn say(&self, text: &str) {
        let write = || io::stderr().lock().write_all(text.as_bytes());
        // Talk: if nobody can hear it, nothing is lost.
        let _ = match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
    }

    fn moves(&mut self, event: &Event) {
        match event {
            Event::Started(what) => {
                self.end();
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                bar.set_message(clean(what));
                bar.enable_steady_tick(Duration::from_millis(120));
                self.bar = Some(bar);
            }
            Event::Bytes { what, done, total } => {
                let bar = self.bar.get_or_insert_with(|| {
                    ProgressBar::with_draw_target(Some(*total), ProgressDrawTarget::stderr())
                });
                if bar.length() != Some(*total) {
                    bar.set_length(*total);
                }
                if let Ok(style) = ProgressStyle::with_template("{msg} {bytes} of {total_bytes}") {
                    bar.set_style(style);
                }
                bar.set_message(clean(what));
                bar.set_position(*done);
            }
            Event::Finished(_) => self.end(),
            Event::Note(_) | Event::Warning(_) | Event::Ran { .. } => {}
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

/// The line an event leaves behind, if any.
fn line(event: &Event, manner: Manner) -> Option<String> {
    match event {
        Event::Warning(text) => Some(talk::warning(text, manner.colour)),
        Event::Note(text) => (!manner.quiet).then(|| talk::note(text, manner.colour)),
        Event::Started(what) => {
            (manner.verbose && !manner.quiet && !manner.watched).then(|| talk::note(what, manner.colour))
        }
        Event::Finished(_) | Event::Bytes { .. } | Event::Ran { .. } => None,
    }
}

/// One line without control characters.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_always_said_and_notes_unless_quiet() {
        let quiet = Manner { quiet: true, ..Manner::default() };
        let warning = Event::Warning("the clone is shallow".to_owned());
        let note = Event::Note("x was removed".to_owned());
        assert_eq!(line(&warning, quiet).as_deref(), Some("warning: the clone is shallow\n"));
        assert_eq!(line(&note, quiet), None);
        assert_eq!(line(&note, Manner::default()).as_deref(), Some("note: x was removed\n"));
    }

    #[test]
    fn what_began_is_said_only_where_details_are_wanted_and_nothing_moves() {
        let began = Event::Started("pushing x".to_owned());
        assert_eq!(line(&began, Manner::default()), None);
        let verbose = Manner { verbose: true, ..Manner::default() };
        assert_eq!(line(&began, verbose).as_deref(), Some("note: pushing x\n"));
        assert_eq!(line(&began, Manner { watched: true, ..verbose }), None);
    }
}
