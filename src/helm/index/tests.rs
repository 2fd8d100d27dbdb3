//! Reading: what an index says, and everything that is wrong with one.

use super::*;

/// An index as `helm repo index` writes one.
const HELMS: &str = "\
apiVersion: v1
entries:
  alpine:
  - apiVersion: v2
    created: \"2016-10-06T16:23:20.499814565-06:00\"
    description: |
      Deploy a basic Alpine Linux pod

      # not a comment
      - not an entry
    digest: 99c76e403d752c84ead610644d4b1c2f2b453a74b921f422b9dcb8a7c8b559cd
    home: https://helm.sh/helm
    name: alpine
    urls:
    - https://technosophos.github.io/tscharts/alpine-0.2.0.tgz
    version: 0.2.0
  - apiVersion: v2
    created: \"2016-10-06T16:23:20.499543808-06:00\"
    description: Deploy a basic Alpine Linux pod, and go on about it until the line is
      longer than it may be
    digest: 515c58e5f79d8b2913a10cb400ebb6fa9c77fe813287afbacf1a0b897cd78727
    name: alpine
    urls:
    - oci://registry.example.com/charts/alpine:0.1.0
    version: 0.1.0
  nginx:
  - apiVersion: v2
    created: \"2016-10-06T16:23:20.499543808-06:00\"
    dependencies:
    - name: common
      repository: https://example.com
      version: 1.x.x
    digest: aaff4545f79d8b2913a10cb400ebb6fa9c77fe813287afbacf1a0b897cdfffff
    maintainers:
    - email: a@example.com
      name: A
    name: nginx
    urls:
    - nginx-1.1.0.tgz
    version: 1.1.0
generated: \"2016-10-06T16:23:20.499029981-06:00\"
";

pub(super) fn helms() -> String {
    HELMS.to_owned()
}

#[track_caller]
fn faults(text: &str) -> Vec<String> {
    Index::parse(text.as_bytes()).expect("its outline is one").all_faults()
}

#[track_caller]
fn refused(text: &str) -> String {
    Index::parse(text.as_bytes()).expect_err("its outline is none").to_string()
}

#[test]
fn an_index_is_read_as_it_stands() {
    let text = helms();
    let index = Index::parse(text.as_bytes()).expect("an index");
    assert_eq!(index.all_faults(), Vec::<String>::new());
    let said: Vec<String> =
        index.entries().iter().map(|e| format!("{} {}", e.place(), e.urls.join(" "))).collect();
    assert_eq!(
        said,
        [
            "line 4: alpine 0.2.0 https://technosophos.github.io/tscharts/alpine-0.2.0.tgz",
            "line 17: alpine 0.1.0 oci://registry.example.com/charts/alpine:0.1.0",
            "line 27: nginx 1.1.0 nginx-1.1.0.tgz",
        ]
    );
    assert_eq!(index.find("alpine", "0.1.0"), [1]);
    assert_eq!(index.find("alpine", "0.1"), Vec::<usize>::new());
}

/// Each byte belongs to one piece, and each piece is read once: so the time grows as the file does.
#[test]
fn the_pieces_are_the_file_and_none_is_read_twice() {
    for text in
        [helms(), helms().replace('\n', "\r\n"), "# a\n\n---\n# b\napiVersion: v1\n".to_owned() + &many(50)]
    {
        let bytes = text.as_bytes();
        let outline = Outline::of(bytes).expect("an outline");
        let mut pieces = vec![outline.opening.clone()];
        pieces.extend(outline.heads.iter().cloned());
        pieces.extend(outline.entries.iter().map(|key| key.lines.clone()));
        for chart in &outline.charts {
            pieces.push(chart.key.lines.clone());
            pieces.extend(chart.items.iter().cloned());
        }
        pieces.sort_by_key(|piece| (piece.start, piece.end));
        let mut at = 0;
        for piece in pieces {
            assert_eq!(piece.start, at, "a gap or an overlap in {text:?}");
            at = piece.end;
        }
        assert_eq!(at, bytes.len());
    }
}

/// Entries of one chart.
fn many(count: usize) -> String {
    let entry = |n: usize| format!("  - name: x\n    urls:\n    - x.tgz\n    version: 0.0.{n}\n\n  # next\n");
    format!("entries:\n  x:\n{}", (0..count).rev().map(entry).collect::<String>())
}

#[test]
fn what_helm_refuses_is_a_fault_with_its_line() {
    for (from, to, said) in [
        ("apiVersion: v1\n", "", "it has no `apiVersion: v1`, without which Helm refuses it"),
        ("apiVersion: v1\n", "apiVersion: v2\n", "line 1: `apiVersion` is `v2`, and only `v1` is known"),
        ("apiVersion: v1\n", "apiVersion: 1\n", "line 1: `apiVersion` is a number instead of `v1`"),
        (
            "entries:",
            "entrys: 5\nentries:",
            "line 2: the key `entrys` is none of an index; Helm refuses the whole file",
        ),
        ("generated: \"2016", "generated: \"x2016", "line 41: `generated` is not what Helm reads there"),
        (
            "    home:",
            "    homes:",
            "line 4: alpine 0.2.0: the key `homes` is none of an entry; Helm refuses the whole file",
        ),
        (
            "      name: A",
            "      nom: A",
            "line 27: nginx 1.1.0: the key `nom` is none of `maintainers`; Helm refuses the whole file",
        ),
        (
            "      repository:",
            "      repo:",
            "line 27: nginx 1.1.0: the key `repo` is none of `dependencies`; Helm refuses the whole file",
        ),
        (
            "    digest: 99c",
            "    digest: sha256:99c",
            "line 4: alpine 0.2.0: its digest `sha256:99c76e403d752c84ead610644d4b1c2f2b453a74b921f422b9dcb8a7c8b559cd` is not 64 hex digits",
        ),
        (
            "    digest: 99c",
            "    digest: 99C",
            "line 4: alpine 0.2.0: its digest `99C76e403d752c84ead610644d4b1c2f2b453a74b921f422b9dcb8a7c8b559cd` is not 64 hex digits",
        ),
        (
            "oci://registry.example.com/charts/alpine:0.1.0",
            "oci://registry.example.com/charts/alpine",
            "line 17: alpine 0.1.0: the URL `oci://registry.example.com/charts/alpine` names neither tag nor digest",
        ),
        (
            "    - nginx-1.1.0.tgz\n",
            "    - \"nginx 1.1.0.tgz\"\n",
            "line 27: nginx 1.1.0: the URL `nginx 1.1.0.tgz` has a sign that no URL has",
        ),
        ("    urls:\n    - nginx-1.1.0.tgz\n", "    urls: []\n", "line 27: nginx 1.1.0: it has no URL"),
        ("    version: 1.1.0", "    version: one", "line 27: nginx one: its version `one` is none"),
        ("    name: nginx", "    name: apache", "line 27: nginx 1.1.0: it is an entry of `apache` by its name"),
        ("    version: 0.1.0", "    version: 0.2.0", "line 17: alpine 0.2.0: the version occurs in line 4 too"),
        (
            "    name: nginx",
            "    name: nginx\n    name: nginx",
            "line 27: nginx: it cannot be read: the key `name` occurs twice",
        ),
        (
            "created: \"2016-10-06T16:23:20.499814565-06:00\"",
            "created: yesterday",
            "line 4: alpine 0.2.0: `created` is not an RFC 3339 date",
        ),
        ("  nginx:\n", "  alpine:\n", "line 26: the chart `alpine` occurs twice"),
    ] {
        let text = helms().replacen(from, to, 1);
        assert_ne!(text, helms(), "{from}");
        let found = faults(&text);
        assert!(found.iter().any(|fault| fault == said), "{said}\n{found:#?}");
    }
}

#[test]
fn what_is_not_in_block_style_is_refused() {
    for (text, said) in [
        ("{\"apiVersion\":\"v1\",\"entries\":{}}", "line 1: it is not in block style"),
        ("apiVersion: v1\nentries: {x: [{name: x}]}\n", "line 2: it is not in block style"),
        ("apiVersion: v1\nentries:\n  x: [{name: x}]\n", "line 3: it is not in block style"),
        ("- a\n", "line 1: an index is a mapping, not a list"),
        ("apiVersion: v1\n---\nentries:\n", "line 2: an index is one document"),
        ("%YAML 1.1\n---\napiVersion: v1\n", "line 1: an index is one document"),
        ("  apiVersion: v1\n", "line 1: it is indented"),
        ("entries:\n  - name: x\n", "line 2: a chart's name must come before its versions"),
        ("entries:\n  x:\n    name: x\n", "line 3: below `x` stands no list"),
        ("entries:\n    x:\n    - name: x\n  y:\n", "line 4: it is indented by 2 where charts are by 4"),
        ("entries:\n  x:\n    - name: x\n   - name: y\n", "line 4: it is indented by 3 where versions are by 4"),
        ("entries:\n  x: []\n  - name: x\n", "line 3: `x` is said to have no versions"),
        ("entries: {}\n  x:\n", "line 2: `entries` is said to be empty"),
        ("entries:\nentries:\n", "line 2: the key `entries` occurs twice"),
        ("entries:\n  ? x\n  : - name: x\n", "line 2:"),
    ] {
        let why = refused(text);
        assert!(why.contains(said), "{text:?}: {why}");
    }
}

/// A text in quotes that comes back to the margin ends the piece for us and not for YAML: then it is no YAML.
#[test]
fn a_text_that_hides_its_end_is_a_fault() {
    let text = "apiVersion: v1\nentries:\n  x:\n  - description: \"a\n  - name: y\n    b\"\n    name: x\n";
    let found = faults(text);
    assert!(found.iter().any(|fault| fault.contains("cannot be read")), "{found:#?}");
    // An alias leads out of its piece.
    let text =
        "apiVersion: v1\nentries:\n  x:\n  - name: &n x\n    version: 1.0.0\n  - name: *n\n    version: 0.9.0\n";
    let found = faults(text);
    assert!(
        found.iter().any(|fault| fault.starts_with("line 6") && fault.contains("cannot be read")),
        "{found:#?}"
    );
}

#[test]
fn no_bytes_make_it_fall_over() {
    use proptest::prelude::*;
    let piece = prop_oneof![
        Just("apiVersion: v1\n".to_owned()),
        Just("entries:\n".to_owned()),
        Just("  x:\n".to_owned()),
        Just("  - name: x\n".to_owned()),
        Just("    version: 1.0.0\n".to_owned()),
        Just("# c\n".to_owned()),
        Just("\t\n".to_owned()),
        Just("\"".to_owned()),
        Just("- ".to_owned()),
        Just("\r\n".to_owned()),
        "[ -~]{0,12}\n",
        "\\PC{0,6}",
    ];
    proptest!(|(pieces in proptest::collection::vec(piece, 0..24))| {
        let text = pieces.concat();
        if let Ok(index) = Index::parse(text.as_bytes()) {
            let _ = index.all_faults();
        }
    });
    for bytes in [&b""[..], b"\xff\xfe\x00", b"\xEF\xBB\xBF", b"entries", b"entries:\n \xff:\n"] {
        let _ = Index::parse(bytes).map(|index| index.all_faults());
    }
}
