//! The bytes of headers, checked field by field.

use super::*;

fn entry(name: &str, epoch: i64) -> Vec<u8> {
    let mut tar = Vec::new();
    write_file(&mut tar, name, b"body", Timestamp::from_seconds(epoch)).expect("in memory");
    tar
}

fn field(header: &[u8], range: std::ops::Range<usize>) -> String {
    String::from_utf8_lossy(&header[range]).trim_end_matches('\0').to_owned()
}

#[test]
fn a_header_has_the_fields_of_go() {
    let tar = entry("web/values.yaml", 1_700_000_000);
    assert_eq!(tar.len(), 1024);
    assert_eq!(field(&tar, 0..100), "web/values.yaml");
    assert_eq!(&tar[100..124], b"0000644\x000000000\x000000000\0");
    assert_eq!(&tar[124..148], b"00000000004\x0014524770400\0");
    assert_eq!(tar[156], b'0');
    assert_eq!(&tar[257..265], b"ustar\x0000");
    assert_eq!(&tar[329..345], b"0000000\x000000000\0");
    assert_eq!(&tar[512..516], b"body");
    assert!(tar[516..].iter().all(|byte| *byte == 0));
    // Six digits, NUL, space; the tar crate's own way differs.
    let mut header = tar[..512].to_vec();
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    assert_eq!(&tar[148..156], format!("{sum:06o}\0 ").as_bytes());
}

#[test]
fn a_long_name_is_split_at_a_slash() {
    let name = format!("web/{}/{}.yaml", "d".repeat(90), "f".repeat(80));
    let tar = entry(&name, 0);
    assert_eq!(tar.len(), 1024);
    assert_eq!(field(&tar, 345..500), format!("web/{}", "d".repeat(90)));
    assert_eq!(field(&tar, 0..100), format!("{}.yaml", "f".repeat(80)));
}

#[test]
fn what_does_not_fit_goes_to_a_pax_record() {
    let long = format!("web/{}", "f".repeat(101));
    for (name, epoch, record) in [
        ("web/é".to_owned(), 0, "15 path=web/é\n".to_owned()),
        (long.clone(), 0, format!("115 path={long}\n")),
        ("web/x".to_owned(), -5, "12 mtime=-5\n".to_owned()),
        ("web/x".to_owned(), 1 << 33, "20 mtime=8589934592\n".to_owned()),
    ] {
        let tar = entry(&name, epoch);
        assert_eq!(tar[156], b'x', "{name}");
        assert_eq!(&tar[100..108], b"0000000\0");
        assert_eq!(&tar[329..337], &[0; 8]);
        assert_eq!(field(&tar, 512..1024), record);
        assert_eq!(tar[1024 + 156], b'0');
        let mut archive = tar::Archive::new(tar.as_slice());
        let read = archive.entries().expect("a tar").next().expect("an entry").expect("a header");
        assert_eq!(read.path_bytes().as_ref(), name.as_bytes());
    }
}
