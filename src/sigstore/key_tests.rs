//! Keys, and what `openssl` says about them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::*;

/// `openssl` with these arguments, or none where it is not installed.
pub(super) fn openssl(arguments: &[&str], input: &[u8]) -> Option<(bool, Vec<u8>)> {
    let spawned = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else {
        eprintln!("skipped: openssl is not installed");
        return None;
    };
    // It may not read its input at all.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Some((output.status.success(), output.stdout))
}

/// A new key in a directory of its own.
pub(super) fn new_key() -> (tempfile::TempDir, PathBuf, PrivateKey) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys/release.pem");
    let key = PrivateKey::generate(&path).unwrap();
    (directory, path, key)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn write_key(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    set_mode(path, 0o600);
}

fn why(path: &Path) -> String {
    match PrivateKey::load(path, None) {
        Err(Error::BadKey { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_survives_its_file() {
    let (_directory, path, key) = new_key();
    assert!(fs::read_to_string(&path).unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let loaded = PrivateKey::load(&path, None).unwrap();
    assert_eq!(loaded.public(), key.public());
    assert_eq!(PublicKey::parse(&key.public().pem).unwrap(), key.public());
    let (_other_directory, _, other) = new_key();
    assert_ne!(other.public(), key.public());
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let (_directory, path, key) = new_key();
    let refused = PrivateKey::generate(&path).map(drop).unwrap_err();
    assert!(matches!(refused, Error::Write { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists));
    assert_eq!(PrivateKey::load(&path, None).unwrap().public(), key.public());
}

#[test]
fn a_private_key_is_never_shown() {
    let (_directory, path, key) = new_key();
    let text = fs::read_to_string(&path).unwrap();
    let shown = format!("{key:?}");
    assert!(shown.contains(&key.public().fingerprint.to_string()), "{shown}");
    for line in text.lines().filter(|line| !line.starts_with('-')) {
        assert!(!shown.contains(line), "{shown}");
        // A damaged file is not quoted either.
        write_key(&path, &format!("-----BEGIN PRIVATE KEY-----\n{line}!\n-----END PRIVATE KEY-----\n"));
        assert!(!PrivateKey::load(&path, None).map(drop).unwrap_err().to_string().contains(line));
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_directory, path, _) = new_key();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    for mode in [0o640, 0o604, 0o644, 0o660, 0o610, 0o601] {
        set_mode(&path, mode);
        assert!(matches!(PrivateKey::load(&path, None), Err(Error::Exposed { mode: found, .. }) if found == mode));
    }
    set_mode(&path, 0o400);
    PrivateKey::load(&path, None).unwrap();
}

#[test]
fn a_key_in_the_work_tree_or_its_repository_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path().join("tree");
    let refused =
        |path: &Path, tree: &Path| matches!(PrivateKey::load(path, Some(tree)), Err(Error::InWorkTree(_)));
    for inside in ["a.pem", "deep/er/a.pem", ".git/lineage/a.pem"] {
        PrivateKey::generate(&tree.join(inside)).unwrap();
        assert!(refused(&tree.join(inside), &tree), "{inside}");
        assert!(refused(&tree.join("../tree").join(inside), &tree), "{inside}");
        PrivateKey::load(&tree.join(inside), None).unwrap();
    }
    // A name that only begins like the work tree's is outside.
    let beside = directory.path().join("tree-keys/a.pem");
    PrivateKey::generate(&beside).unwrap();
    PrivateKey::load(&beside, Some(&tree)).unwrap();
    // A linked work tree: the repository is elsewhere, and counts.
    let linked = directory.path().join("linked");
    fs::create_dir_all(&linked).unwrap();
    let private = tree.join(".git/worktrees/linked");
    fs::create_dir_all(&private).unwrap();
    fs::write(private.join("commondir"), "../..\n").unwrap();
    fs::write(linked.join(".git"), format!("gitdir: {}\n", private.display())).unwrap();
    assert!(refused(&tree.join(".git/lineage/a.pem"), &linked));
    PrivateKey::load(&beside, Some(&linked)).unwrap();
    #[cfg(unix)]
    {
        let link = directory.path().join("link.pem");
        std::os::unix::fs::symlink(tree.join("a.pem"), &link).unwrap();
        assert!(refused(&link, &tree));
    }
}

#[test]
fn what_is_no_key_is_refused_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    assert!(matches!(PrivateKey::load(&path, None), Err(Error::NoKey(_))));
    write_key(&path, "");
    assert_eq!(why(&path), "it has no PEM block");
    let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    write_key(&path, &block("PRIVATE KEY"));
    assert_eq!(why(&path), "it is another kind of key, or damaged");
    write_key(&path, &(block("PRIVATE KEY") + &block("PRIVATE KEY")));
    assert_eq!(why(&path), "it has 2 PEM blocks");
    write_key(&path, &block("ENCRYPTED PRIVATE KEY"));
    assert_eq!(why(&path), "it is encrypted");
    write_key(&path, &block("PUBLIC KEY"));
    assert_eq!(why(&path), "it is a public key");
    write_key(&path, &block("EC PRIVATE KEY"));
    assert!(why(&path).contains("SEC1"));
    write_key(&path, &"x".repeat(70_000));
    assert_eq!(why(&path), "it is 70000 bytes long");
    fs::write(&path, [0xff, 0xfe]).unwrap();
    why(&path);
    fs::create_dir(directory.path().join("folder")).unwrap();
    why(&directory.path().join("folder"));
}

#[test]
fn openssl_sees_the_same_public_key() {
    let (_directory, path, key) = new_key();
    let Some((true, pem)) = openssl(&["pkey", "-in", path.to_str().unwrap(), "-pubout"], b"") else { return };
    assert_eq!(String::from_utf8(pem.clone()).unwrap(), key.public().pem);
    let (ok, der) = openssl(&["pkey", "-pubin", "-outform", "DER"], &pem).unwrap();
    assert!(ok);
    assert_eq!(crate::model::Sha256::of(der), key.public().fingerprint);
}

#[test]
fn openssl_makes_keys_that_load_or_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key.pem");
    let make = |arguments: &[&str]| {
        let (ok, pem) = openssl(arguments, b"")?;
        assert!(ok, "{arguments:?}");
        write_key(&path, &String::from_utf8(pem).unwrap());
        Some(())
    };
    let ec = |curve: &'static str| ["genpkey", "-algorithm", "EC", "-pkeyopt", curve];
    let Some(()) = make(&ec("ec_paramgen_curve:P-256")) else { return };
    let key = PrivateKey::load(&path, None).unwrap();
    let (_, pem) = openssl(&["pkey", "-in", path.to_str().unwrap(), "-pubout"], b"").unwrap();
    assert_eq!(String::from_utf8(pem).unwrap(), key.public().pem);
    for other in [ec("ec_paramgen_curve:P-384"), ec("ec_paramgen_curve:secp256k1")] {
        make(&other).unwrap();
        assert_eq!(why(&path), "it is another kind of key, or damaged");
        let (_, pem) = openssl(&["pkey", "-in", path.to_str().unwrap(), "-pubout"], b"").unwrap();
        assert!(PublicKey::parse(&String::from_utf8(pem).unwrap()).is_err());
    }
    make(&["genpkey", "-algorithm", "ED25519"]).unwrap();
    assert_eq!(why(&path), "it is another kind of key, or damaged");
}

#[test]
fn openssl_verifies_a_raw_signature() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let (directory, _, key) = new_key();
    let (public, signature) = (directory.path().join("pub.pem"), directory.path().join("file.sig"));
    fs::write(&public, key.public().pem).unwrap();
    fs::write(&signature, STANDARD.decode(key.sign_blob(b"a package").unwrap()).unwrap()).unwrap();
    let verify =
        ["dgst", "-sha256", "-verify", public.to_str().unwrap(), "-signature", signature.to_str().unwrap()];
    let Some((ok, _)) = openssl(&verify, b"a package") else { return };
    assert!(ok);
    assert!(!openssl(&verify, b"b package").unwrap().0);
}

#[test]
fn a_public_key_has_one_spelling() {
    let (_directory, path, key) = new_key();
    let pem = key.public().pem;
    assert_eq!(PublicKey::parse(&pem.replace('\n', "\r\n")).unwrap(), key.public());
    assert!(PublicKey::parse(&format!("{pem}{pem}")).is_err());
    assert!(PublicKey::parse("").is_err());
    assert!(PublicKey::parse(&fs::read_to_string(&path).unwrap()).is_err());
    let compressed = ["pkey", "-in", path.to_str().unwrap(), "-pubout", "-ec_conv_form", "compressed"];
    if let Some((true, other)) = openssl(&compressed, b"") {
        assert!(PublicKey::parse(&String::from_utf8(other).unwrap()).is_err());
    }
    // A point that is not on the curve.
    let mut der = pem::parse(&pem).unwrap().contents().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let off = pem::encode(&pem::Pem::new("PUBLIC KEY", der));
    assert!(matches!(PublicKey::parse(&off), Err(Error::BadPublicKey(why)) if why.contains("curve")));
}
