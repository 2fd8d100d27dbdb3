//! What goes to stderr: failures, warnings, notes.

use serde::Serialize;

use super::page::{Look, Page, bad, doubt, good, plain};
use crate::model::Failure;

/// A failure: the sentence, its causes, and after an empty line the next step.
pub(super) fn failure(failure: &Failure, colour: bool) -> String {
    let mut page = Page::new(Look { colour, ..Look::default() });
    said(&mut page, bad("error"), &failure.what, "  ");
    for cause in &failure.causes {
        said(&mut page, plain("  caused by"), cause, "    ");
    }
    if let Some(hint) = &failure.hint {
        page.gap();
        said(&mut page, good("hint"), hint, "  ");
    }
    page.into_text()
}

/// Something that does not change the outcome.
pub(super) fn note(text: &str, colour: bool) -> String {
    let mut page = Page::new(Look { colour, ..Look::default() });
    said(&mut page, plain("note"), text, "  ");
    page.into_text()
}

/// Something that is not as it should be.
pub(super) fn warning(text: &str, colour: bool) -> String {
    let mut page = Page::new(Look { colour, ..Look::default() });
    said(&mut page, doubt("warning"), text, "  ");
    page.into_text()
}

/// A label and a sentence. Lines behind the first (what `git` said, say) stand behind a bar.
fn said(page: &mut Page, label: super::page::Span, text: &str, indent: &str) {
    let (first, rest) = text.trim_end().split_once('\n').unwrap_or((text.trim_end(), ""));
    page.line([label, plain(": "), plain(first)]);
    page.quote(indent.len(), rest);
}

#[derive(Serialize)]
struct FailureDocument<'a> {
    version: u8,
    error: ErrorPart<'a>,
}

#[derive(Serialize)]
struct ErrorPart<'a> {
    exit: u8,
    what: &'a str,
    causes: &'a [String],
    hint: Option<&'a str>,
}

/// A failure as one line of JSON.
pub(super) fn failure_document(failure: &Failure) -> String {
    let error = ErrorPart {
        exit: failure.exit.code(),
        what: &failure.what,
        causes: &failure.causes,
        hint: failure.hint.as_deref(),
    };
    // Numbers and strings alone: serialising them does not fail.
    serde_json::to_string(&FailureDocument { version: 1, error }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn sample() -> Failure {
        Failure::undetermined("could not fetch refs/notes/lineage-x from origin")
            .because("`git fetch` failed: fatal: unable to connect\n::error::oops\n")
            .hint("check the remote with `git ls-remote origin`, then run `git lineage sync`")
    }

    #[test]
    fn a_failure_names_cause_and_next_step() {
        expect![[r"
            error: could not fetch refs/notes/lineage-x from origin
              caused by: `git fetch` failed: fatal: unable to connect
                | ::error::oops

            hint: check the remote with `git ls-remote origin`, then run `git lineage sync`
        "]]
        .assert_eq(&failure(&sample(), false));
    }

    #[test]
    fn a_failure_in_json() {
        expect![[r#"{"version":1,"error":{"exit":3,"what":"could not fetch refs/notes/lineage-x from origin","causes":["`git fetch` failed: fatal: unable to connect\n::error::oops\n"],"hint":"check the remote with `git ls-remote origin`, then run `git lineage sync`"}}"#]]
        .assert_eq(&failure_document(&sample()));
    }

    #[test]
    fn notes_and_warnings_are_told_apart_without_colour() {
        assert_eq!(note("x was removed", false), "note: x was removed\n");
        assert_eq!(
            warning("the notes of x were not fetched", false),
            "warning: the notes of x were not fetched\n"
        );
    }
}
