//! A lineage as a drawing for other programs (Graphviz, Mermaid), and as a page for a browser.
//!
//! All words of others are escaped by the rules of the form: nothing in a commit's subject can end a label, add a
//! node or become an element. The page loads nothing and runs nothing, and says so to the browser.

use std::fmt::Write as _;

use super::Page;
use super::page::harmless;
use crate::model::{ChainLink, LogReport};

/// Graphviz ([The DOT language](https://graphviz.org/doc/info/lang.html)).
pub fn dot(report: &LogReport, page: &mut Page) {
    let mut text = String::from("digraph lineage {\n  rankdir=LR;\n  node [shape=box];\n");
    let quoted = |text: &str| harmless(text).replace('\\', "\\\\").replace('"', "\\\"");
    for (number, link) in report.chain.iter().enumerate() {
        let lines: Vec<String> = lines(link).iter().map(|line| quoted(line)).collect();
        // Writing into a string cannot fail, here and below.
        let _ = writeln!(text, "  link{number} [label=\"{}\"];", lines.join("\\n"));
    }
    for number in 1..report.chain.len() {
        let _ = writeln!(text, "  link{} -> link{number};", number - 1);
    }
    text.push_str("}\n");
    page.verbatim(&text);
}

/// Mermaid ([Flowcharts](https://mermaid.js.org/syntax/flowchart.html)), as forges draw it in Markdown.
pub fn mermaid(report: &LogReport, page: &mut Page) {
    let mut text = String::from("flowchart LR\n");
    // Mermaid knows entities by number; a label may hold HTML, so that its signs are escaped, too.
    let quoted = |text: &str| {
        let mut safe = String::new();
        for c in harmless(text).chars() {
            if c.is_alphanumeric() || " .,:/@+-_()".contains(c) {
                safe.push(c);
            } else {
                let _ = write!(safe, "#{};", u32::from(c));
            }
        }
        safe
    };
    for (number, link) in report.chain.iter().enumerate() {
        let lines: Vec<String> = lines(link).iter().map(|line| quoted(line)).collect();
        let _ = writeln!(text, "  link{number}[\"{}\"]", lines.join("<br/>"));
    }
    for number in 1..report.chain.len() {
        let _ = writeln!(text, "  link{} --> link{number}", number - 1);
    }
    page.verbatim(&text);
}

/// What a node says: stage, words, and who signed.
fn lines(link: &ChainLink) -> Vec<String> {
    let mut lines = vec![link.stage.clone(), link.what.clone()];
    lines.extend(link.content.map(|content| format!("content {}", content.short())));
    lines.extend(link.evidence.iter().map(|evidence| format!("{} by {}", evidence.name, evidence.signer)));
    lines
}

/// [`document`] on a page of the terminal.
pub fn html(report: &LogReport, page: &mut Page) {
    page.verbatim(&document(report));
}

const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
ol{list-style:none;padding:0}
li{border-left:3px solid #8886;padding:.25rem 0 1rem 1rem}
h2{font-size:1rem;margin:0}
code,td,th{font:.85rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
table{border-collapse:collapse;margin-top:.5rem}
td,th{text-align:left;vertical-align:top;padding:.1rem 1rem .1rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem;margin:.25rem 0}
dd{margin:0}
";

/// The lineage as one HTML document that needs nothing beside it; the same report gives the same bytes.
pub fn document(report: &LogReport) -> String {
    let name = escaped(report.tag.as_deref().unwrap_or(&report.subject));
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Lineage of {name}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>Lineage of {name}</h1>\n<p>Chart {} {}. This page tells what \
         the records say. It proves nothing by itself: <code>git lineage verify {name}</code> in a clone does.</p>\n\
         <ol>\n",
        escaped(&report.chart),
        escaped(&report.chart_version),
    );
    for link in &report.chain {
        let _ = writeln!(text, "<li>\n<h2>{}</h2>\n<p>{}</p>", escaped(&link.stage), escaped(&link.what));
        let facts = [
            ("commit", link.commit.as_ref().map(ToString::to_string)),
            ("content", link.content.map(|content| format!("sha256:{content}"))),
        ];
        text.push_str("<dl>\n");
        for (name, fact) in facts {
            if let Some(fact) = fact {
                let _ = writeln!(text, "<dt>{name}</dt><dd><code>{fact}</code></dd>");
            }
        }
        text.push_str("</dl>\n");
        evidence(link, &mut text);
        text.push_str("</li>\n");
    }
    text.push_str("</ol>\n</body>\n</html>\n");
    text
}

fn evidence(link: &ChainLink, text: &mut String) {
    if link.evidence.is_empty() {
        return;
    }
    text.push_str("<table>\n<tr><th>evidence</th><th>signed by</th><th>bundle</th></tr>\n");
    for evidence in &link.evidence {
        let note = evidence.note.as_ref().map(|note| format!("<br>{}", escaped(note))).unwrap_or_default();
        let _ = writeln!(
            text,
            "<tr><td>{}{note}</td><td>{}</td><td>sha256:{}</td></tr>",
            escaped(&evidence.name),
            escaped(&evidence.signer),
            evidence.bundle,
        );
    }
    text.push_str("</table>\n");
}

/// Text inside an element or a quoted attribute
/// ([HTML](https://html.spec.whatwg.org/multipage/parsing.html#escapingString)).
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in harmless(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
