//! Bundles in every wrapping, and what is no bundle.

use proptest::prelude::*;

use super::*;

fn bundle(n: u32) -> String {
    format!(r#"{{"mediaType" : "application/vnd.dev.sigstore.bundle.v0.3+json", "n":{n}.0}}"#)
}

fn texts(bytes: &[u8]) -> Vec<String> {
    delivered(bytes).into_iter().map(|found| found.expect("a bundle").bundle).collect()
}

fn refused(bytes: &[u8]) -> String {
    let mut found = delivered(bytes);
    assert_eq!(found.len(), 1, "{found:?}");
    found.swap_remove(0).expect_err("no bundle")
}

fn packed(text: &str) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(text.as_bytes()).expect("memory takes it")
}

#[test]
fn one_bundle_on_one_line_or_many() {
    assert_eq!(texts(bundle(1).as_bytes()), [bundle(1)]);
    let pretty = "{\n  \"mediaType\": \"x\",\r\n  \"n\": [\n    1\n  ]\n}\n";
    assert_eq!(texts(pretty.as_bytes()), [pretty.trim_end()]);
}

#[test]
fn several_one_a_line() {
    let lines = format!("{}\n{}\r\n\n{}", bundle(1), bundle(2), bundle(3));
    assert_eq!(texts(lines.as_bytes()), [bundle(1), bundle(2), bundle(3)]);
}

#[test]
fn what_comes_before_a_broken_line_is_still_read() {
    let found = delivered(format!("{}\n{{\"half\": \"", bundle(1)).as_bytes());
    assert_eq!(found.first().cloned(), Some(Ok(Delivered::new(&bundle(1)))));
    let why = found.get(1).cloned().and_then(Result::err).unwrap_or_default();
    assert!(why.contains("EOF"), "{why}");
    assert_eq!(found.len(), 2);
}

#[test]
fn a_snappy_block() {
    let long = format!(r#"{{"mediaType":"x","filler":"{}"}}"#, "ab".repeat(4000));
    let block = packed(&long);
    assert!(block.len() < long.len() / 2);
    assert_eq!(texts(&block), [long]);
}

#[test]
fn a_block_that_would_not_end_is_refused_before_it_is_unpacked() {
    // 4 GiB − 1 by its header, and nothing behind it.
    let why = refused(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]);
    assert!(why.contains("none of more than 16777216"), "{why}");
    let bomb = packed(&" ".repeat(LARGEST + 1));
    assert!(bomb.len() < 1 << 20);
    assert!(refused(&bomb).contains("none of more than"));
}

#[test]
fn a_framed_stream_is_named() {
    let mut stream = FRAMED.to_vec();
    stream.extend_from_slice(&packed(&bundle(1)));
    assert!(refused(&stream).contains("framing format"));
}

#[test]
fn the_forges_answer() {
    let answer = format!(
        r#"{{"attestations": [ {{"bundle": {}, "bundle_url": "https://example.org/1.json.sn", "repository_id": 7,
            "initiator": "user"}}, {{"repository_id": 7, "bundle": null, "bundle_url": "https://example.org/2"}},
            {{"repository_id": 7}}]}}"#,
        bundle(1)
    );
    let found = delivered(answer.as_bytes());
    assert_eq!(found.first().cloned(), Some(Ok(Delivered::new(&bundle(1)))));
    assert!(found.get(1).is_some_and(|found| found.as_ref().is_err_and(|why| why.contains("bundle_url"))));
    assert!(found.get(2).is_some_and(|found| found.as_ref().is_err_and(|why| why.contains("without a bundle"))));
    assert_eq!(found.len(), 3);
    assert!(refused(br#"{"attestations":[]}"#).contains("empty"));
    assert!(refused(br#"{"attestations":[1]}"#).contains("not readable"));
    let twice = format!(r#"{{"attestations":[{{"bundle":{},"bundle":{}}}]}}"#, bundle(1), bundle(2));
    assert!(refused(twice.as_bytes()).contains("twice"));
}

#[test]
fn our_own_export_keeps_names_and_ids() {
    let export = format!(
        r#"{{"version":1,"attestations":{{"w6-tag":{{"id":"12","url":"","on":"x","bundle":{}}}}}}}"#,
        bundle(1)
    );
    let wanted = Delivered { name: Some("w6-tag".into()), id: Some("12".into()), ..Delivered::new(&bundle(1)) };
    assert_eq!(delivered(export.as_bytes()), [Ok(wanted)]);
}

#[test]
fn what_is_no_bundle_at_all() {
    assert!(refused(b"").contains("empty"));
    assert!(refused(b" \n").contains("no bundle"));
    assert!(refused(b"hello").contains("not readable"));
    assert!(refused(&[0x80, 0xff, 0xff]).contains("neither JSON nor a snappy block"));
    assert!(refused(b"{\"a\":\"\xff\"}").contains("UTF-8"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!delivered(&bytes).is_empty());
    }

    #[test]
    fn a_bundle_survives_compression(filler in "[a-z]{120,400}") {
        let text = format!(r#"{{"filler":"{filler}"}}"#);
        prop_assert_eq!(texts(&packed(&text)), [text]);
    }
}
