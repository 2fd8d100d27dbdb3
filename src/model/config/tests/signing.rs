//! `[sign]`: what goes together.

use super::*;

const IDENTITY: &str = r#"
[[trust.identities]]
name = "ada"
issuer = "https://accounts.example"
signer = "ada@example.org"
"#;

fn parsed(sign: &str, identities: &str) -> Result<Config, String> {
    let text = format!("{}\n{identities}\n[sign]\n{sign}\n", minimal());
    Config::parse("lineage.toml", &text).map_err(|error| error.to_string())
}

#[test]
fn what_cannot_be_done_is_refused() {
    let keyless = "mode = \"keyless\"";
    assert!(parsed(keyless, IDENTITY).is_ok());
    assert!(parsed(&format!("{keyless}\nfallback = \"key\"\nrequire-transparency = true"), IDENTITY).is_ok());
    for (sign, identities, why) in [
        (keyless, "", "`keyless` needs an identity that is trusted"),
        ("fallback = \"key\"", IDENTITY, "the only fallback there is is `key`, for `mode = \"keyless\"`"),
        ("mode = \"keyless\"\nfallback = \"keyless\"", IDENTITY, "the only fallback there is is `key`"),
        ("require-transparency = true", IDENTITY, "no log sees what `mode = \"key\"` signs"),
        ("mode = \"magic\"", IDENTITY, "magic"),
    ] {
        let error = parsed(sign, identities).unwrap_err();
        assert!(error.contains(why), "{sign}: {error}");
    }
}

#[test]
fn a_fallback_needs_a_key() {
    let (before, _) = minimal().split_once("[[trust.keys]]").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let text = format!("{before}\n{IDENTITY}\n[sign]\nmode = \"keyless\"\nfallback = \"key\"\n");
    let error = Config::parse("lineage.toml", &text).unwrap_err().to_string();
    assert!(error.contains("`key` needs a key that is trusted"), "{error}");
}

#[test]
fn asking_for_transparency_is_a_matter_of_trust() {
    let lax = parsed("mode = \"keyless\"", IDENTITY).unwrap();
    let strict = parsed("mode = \"keyless\"\nrequire-transparency = true", IDENTITY).unwrap();
    assert_ne!(lax.trust_digest(), strict.trust_digest());
}
