//! gzip's frame, the compressor's name and its bytes.

use super::*;

fn compress(pieces: &[&[u8]]) -> Compressed {
    let mut gzip = Gzip::new();
    for piece in pieces {
        gzip.write_all(piece).expect("in memory");
    }
    gzip.finish().expect("in memory")
}

fn gzip(tar: &[u8]) -> Vec<u8> {
    compress(&[tar]).tgz
}

#[test]
fn the_gzip_header_is_helms() {
    let tgz = gzip(b"tar");
    assert_eq!(&tgz[..12], b"\x1f\x8b\x08\x14\0\0\0\0\0\xff\x2c\0");
    assert_eq!(&tgz[12..16], b"rr\x28\0");
    assert_eq!(usize::from(tgz[14]), EXTRA.len() - 4, "the subfield's length is true");
    assert_eq!(&tgz[56..61], b"Helm\0");
    assert_eq!(super::super::archive::unpack(&tgz).expect("gzip"), b"tar");
}

/// A payload names the compressor, so that a tgz digest is compared only where it can be equal.
#[test]
fn the_compressor_is_the_locked_one() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).expect("Cargo.lock");
    let lock: toml::Table = lock.parse().expect("TOML");
    let packages = lock["package"].as_array().expect("packages");
    let locked = |name: &str| {
        let mut versions = packages.iter().filter(|package| package["name"].as_str() == Some(name));
        let package = versions.next().expect(name);
        assert!(versions.next().is_none(), "two versions of {name}");
        package
    };
    let named = |name: &str| format!("{name} {}", locked(name)["version"].as_str().unwrap_or_default());
    assert_eq!(COMPRESSOR, format!("{}/{} level {LEVEL}", named("flate2"), named("zlib-rs")));
    let below: Vec<&str> = locked("flate2")["dependencies"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_str)
        .collect();
    // Another backend, unified in by some dependency, would compress in zlib-rs' name. Beside it miniz_oxide, which
    // another dependency asks for, is not used: the next test would show.
    assert_eq!(below, ["crc32fast", "miniz_oxide", "zlib-rs"]);
}

/// The bytes themselves: a new compressor that keeps its version number would show here.
#[test]
fn compression_gives_these_bytes() {
    let tar: Vec<u8> = (0..20_000_u32).flat_map(|n| (n * n / 7).to_le_bytes()).collect();
    let digest = crate::model::Sha256::of(gzip(&tar));
    assert_eq!(digest.short(), "f3ba20604ae2");
}

#[test]
fn how_the_tar_is_cut_does_not_show() {
    let tar: Vec<u8> = (0..100_000_u32).flat_map(|n| (n * (n % 77)).to_le_bytes()).collect();
    let whole = compress(&[&tar]);
    assert_eq!(whole.tar_digest, Sha256::of(&tar));
    assert_eq!(whole.tar_size, 400_000);
    for length in [1, 511, PIECE - 1, PIECE, PIECE + 1] {
        let pieces: Vec<&[u8]> = tar.chunks(length).collect();
        let cut = compress(&pieces);
        assert_eq!(cut.tgz, whole.tgz, "{length}");
        assert_eq!((cut.tar_digest, cut.tar_size), (whole.tar_digest, whole.tar_size), "{length}");
    }
    assert_eq!(super::super::archive::unpack(&whole.tgz).expect("gzip"), tar);
}
