//! Drawings of a lineage, and what others put into their commits' subjects.

use expect_test::expect;

use super::drawing::{document, dot, html, mermaid};
use super::samples::{chain, text};
use crate::model::LogReport;

fn report() -> LogReport {
    LogReport {
        subject: "x-v0.2.0".to_owned(),
        tag: Some("x-v0.2.0".to_owned()),
        chart: "x".to_owned(),
        chart_version: "0.2.0".to_owned(),
        chain: chain(),
        files: Vec::new(),
    }
}

#[test]
fn a_lineage_for_graphviz_and_mermaid() {
    expect![[r#"
        digraph lineage {
          rankdir=LR;
          node [shape=box];
          link0 [label="contribution\nfeat(x): add probe, by A <a@example.org>\ncontent a7b4dc56dac9\nw1-lint-test-v1.32.11 by ci"];
          link1 [label="split\nintegration to chart/x\ncontent ad1a64057f9a"];
          link2 [label="tag\nx-v0.2.0"];
          link0 -> link1;
          link1 -> link2;
        }
    "#]].assert_eq(&text(&report(), dot));
    expect![[r#"
        flowchart LR
          link0["contribution<br/>feat(x): add probe, by A #60;a@example.org#62;<br/>content a7b4dc56dac9<br/>w1-lint-test-v1.32.11 by ci"]
          link1["split<br/>integration to chart/x<br/>content ad1a64057f9a"]
          link2["tag<br/>x-v0.2.0"]
          link0 --> link1
          link1 --> link2
    "#]].assert_eq(&text(&report(), mermaid));
}

#[test]
fn a_lineage_for_a_browser() {
    expect![[r#"
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width">
        <title>Lineage of x-v0.2.0</title>
        <style>
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
        </style>
        </head>
        <body>
        <h1>Lineage of x-v0.2.0</h1>
        <p>Chart x 0.2.0. This page tells what the records say. It proves nothing by itself: <code>git lineage verify x-v0.2.0</code> in a clone does.</p>
        <ol>
        <li>
        <h2>contribution</h2>
        <p>feat(x): add probe, by A &lt;a@example.org&gt;</p>
        <dl>
        <dt>commit</dt><dd><code>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</code></dd>
        <dt>content</dt><dd><code>sha256:a7b4dc56dac9faf3fec9eb6765d8fb5637c5be890fcc7f7897126c77bbbe535c</code></dd>
        </dl>
        <table>
        <tr><th>evidence</th><th>signed by</th><th>bundle</th></tr>
        <tr><td>w1-lint-test-v1.32.11</td><td>ci</td><td>sha256:1e6ed65d77d6364eeaed5a745ba5c4985ae2b700dd85d7cf7f027bdf294a33fc</td></tr>
        </table>
        </li>
        <li>
        <h2>split</h2>
        <p>integration to chart/x</p>
        <dl>
        <dt>commit</dt><dd><code>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</code></dd>
        <dt>content</dt><dd><code>sha256:ad1a64057f9ab34fecfe3f4ee78660bb0316dbda9370581ffbeb1e8bddf3d598</code></dd>
        </dl>
        </li>
        <li>
        <h2>tag</h2>
        <p>x-v0.2.0</p>
        <dl>
        <dt>commit</dt><dd><code>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</code></dd>
        </dl>
        </li>
        </ol>
        </body>
        </html>
    "#]].assert_eq(&text(&report(), html));
}

/// A subject that tries to leave its place in each of the forms.
#[test]
fn words_of_others_stay_words() {
    let mut report = report();
    let evil =
        "\"];evil[label=\"</p><script>alert('x')</script>\\\"] &lt; `#34;` \u{202e}\u{1b}[2J\nlink9 --> link0";
    report.chain[0].what = evil.to_owned();
    report.chain[0].evidence[0].signer = evil.to_owned();
    report.chart = evil.to_owned();
    let page = document(&report);
    assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\u{1b}'), "{page}");
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)"), "{page}");
    let drawn = text(&report, dot);
    // Every quote inside a label is escaped, so that each line holds the two that delimit it and no other.
    for line in drawn.lines().filter(|line| line.contains("label=")) {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count(), 2, "{line}");
    }
    let drawn = text(&report, mermaid);
    assert_eq!(drawn.lines().count(), 1 + 3 + 2, "{drawn}");
    assert!(!drawn.contains("<script") && !drawn.contains("#34;\"]"), "{drawn}");
    for line in drawn.lines().filter(|line| line.contains('[')) {
        assert_eq!(line.matches('"').count(), 2, "{line}");
    }
}
