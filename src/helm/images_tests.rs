//! Which images a release can be held to.

use proptest::prelude::*;

use super::*;

fn lint(app_version: &str, values: &str) -> Vec<String> {
    let chart = format!("apiVersion: v2\nname: web\nversion: 1.2.3\n{app_version}");
    let file = |path: &str, text: &str| ChartFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
    lint_images("charts/web", &[file("Chart.yaml", &chart), file("values.yaml", values)])
}

const APP: &str = "appVersion: \"1.4.0\"\n";
const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn oc_5_the_chart_s_own_image_is_at_its_app_version() {
    for tag in ["", "1.4.0", "v1.4.0"] {
        let values = format!("image:\n  repository: r/web\n  tag: \"{tag}\"\n");
        assert_eq!(lint(APP, &values), Vec::<String>::new(), "{tag}");
    }
    assert_eq!(lint(APP, "image: { repository: r/web }\n"), Vec::<String>::new());
    let other = lint(APP, "image:\n  repository: r/web\n  tag: \"1.3.9\"\n");
    assert_eq!(other, ["charts/web/values.yaml: `image` has the tag `1.3.9`, and `appVersion` is 1.4.0"]);
    let none = lint("", "image:\n  repository: r/web\n  tag: \"\"\n");
    assert_eq!(none, ["charts/web/values.yaml: `image` has no tag, and Chart.yaml no `appVersion`"]);
    // A digest says more than any version.
    for pinned in
        [format!("image: 'r/web@{DIGEST}'\n"), format!("image: {{ repository: r, digest: '{DIGEST}' }}\n")]
    {
        assert_eq!(lint("", &pinned), Vec::<String>::new(), "{pinned}");
    }
    // Another's image has another version, which may be a calendar's (BA-10).
    assert!(lint(APP, "sidecar:\n  image:\n    repository: r/x\n    tag: \"2025.11.1\"\n").is_empty());
}

#[test]
fn ba_7_a_tag_that_moves_is_no_release_s() {
    for values in [
        "sidecar:\n  image:\n    repository: r/x\n    tag: main\n",
        "jobs:\n  - image: registry.example.org:5000/x:latest\n",
        "one:\n  repository: r/x\n  tag: Edge\n",
    ] {
        let found = lint(APP, values);
        assert!(found.len() == 1 && found[0].contains("another image tomorrow"), "{values}: {found:?}");
    }
    let pinned = format!("a: {{ image: {{ repository: r, tag: main, digest: '{DIGEST}' }} }}\n");
    assert!(lint(APP, &pinned).is_empty());
    assert!(lint(APP, &format!("a: {{ image: 'r/x:main@{DIGEST}' }}\n")).is_empty());
    assert!(lint(APP, "a: { image: 'registry.example.org:5000/x' }\n").is_empty());
    assert_eq!(lint(APP, "a: { image: { repository: r, digest: 'sha256:12' } }\n").len(), 1);
    let number = lint(APP, "a: { image: { repository: r, tag: 1.10 } }\n");
    assert_eq!(number, ["charts/web/values.yaml: the tag of `a.image` is a number to YAML: quote it"]);
    // What only looks like one names no image.
    assert!(lint(APP, "git: { repository: r, branch: main }\nimage: \"\"\n").is_empty());
}

#[test]
fn without_values_there_are_no_images() {
    assert!(lint_images("charts/web", &[]).is_empty());
    assert_eq!(lint(APP, "a: [\n").len(), 1);
}

proptest! {
    #[test]
    fn no_values_panic(values in "[a-z:@/{}\\[\\] \\n\"'-]{0,80}") {
        let _ = lint(APP, &values);
    }
}
