//! The trust digest: what changes it, and what does not.

use super::*;
use crate::model::config::trust::spki;

#[test]
fn what_judges_alike_has_one_digest() {
    let digest = read(&full()).trust_digest();
    let rearranged = full()
        .replace(
            "validate = [\"lint-test-v1.32.11\", \"commit-validation\"",
            "validate = [\"commit-validation\", \"lint-test-v1.32.11\"",
        )
        .replace("[\"v1.32.11\", \"v1.33.7\"]", "[ \"v1.33.7\", # both\n\"v1.32.11\" ]")
        .replace("[\"validate\", \"bump\"]", "[\"bump\", \"validate\"]")
        .replace("remote = \"upstream\"", "remote = \"origin\"")
        .replace("dist", "elsewhere")
        .replace("name = \"ci\"", "name = \"renamed\"")
        .replace("charts\", \"more/charts\"", "charts\"");
    assert_ne!(rearranged, full());
    assert_eq!(read(&rearranged).trust_digest(), digest);
    let wrapped = full().replace(&pem(1), &pem(1).replace("\nMFk", "\nMF\nk"));
    assert_ne!(wrapped, full());
    assert_eq!(read(&wrapped).trust_digest(), digest);
    let mut swapped = read(&full());
    swapped.checks.reverse();
    assert_eq!(swapped.trust_digest(), digest);
}

#[test]
fn no_stage_is_every_stage_but_the_waiver() {
    let all = |more: &str| {
        format!(
            "{}stages = [\"validate\", \"split\", \"guard\", \"propose\", \"bump\", \"tag\", \"build\", \
             \"publish\", \"review\", \"policy\"{more}]\naccount = \"1001\"",
            minimal()
        )
    };
    let implied = read(&format!("{}account = \"1001\"", minimal())).trust_digest();
    assert_eq!(read(&all("")).trust_digest(), implied);
    assert_ne!(read(&all(", \"waive\"")).trust_digest(), implied);
}

#[test]
fn whatever_weakens_a_policy_changes_its_digest() {
    let digest = read(&full()).trust_digest();
    for (from, to) in [
        ("1f0c9a5e", "2f0c9a5e"),
        ("rehearsal = true", "rehearsal = false"),
        ("flow = \"direct\"", "flow = \"integration\""),
        ("example.com", "example.org"),
        ("main = \"trunk\"", "main = \"other\""),
        ("{chart}-{version}", "{chart}-v{version}"),
        ("pre-major = \"minor\"", "pre-major = \"major\""),
        ("\"ct\", \"install\"", "\"ct\", \"lint\""),
        ("\"v1.33.7\"]", "\"v1.34.3\"]"),
        ("inputs = [\"ct.yaml\"]", "inputs = []"),
        ("needs a cluster", "is slow"),
        ("chart = \"name\", reason", "chart = \"other\", reason"),
        ("timeout = 900", "timeout = 9000"),
        ("registry.example/o/name", "registry.example/o/other"),
        ("controller.image", "image"),
        ("tag = \"{appVersion}\"", "tag = \"v{appVersion}\""),
        ("octo-org/name/", "octo-org/other/"),
        ("refs = [\"refs/tags/v*\"]", "refs = [\"refs/tags/*-v*\"]"),
        ("\"commit-validation\", \"chart-lint\"]", "\"chart-lint\"]"),
        ("bump = [\"chart-lint\"]", "bump = []"),
        ("accept-excluded = { name =", "accept-excluded = { other ="),
        ("stages = [\"validate\", \"bump\"]", "stages = [\"validate\", \"bump\", \"tag\"]"),
        ("bump = [\"chart-lint\"]", "bump = [\"chart-lint\"]\nreviewers = [\"1001\"]"),
        ("bump = [\"chart-lint\"]", "bump = [\"chart-lint\"]\nreviewers = [\"1001\"]\nreviews = 1"),
        ("bump = [\"chart-lint\"]", "bump = [\"chart-lint\"]\nallow-waivers = true"),
        ("name = \"ci\"", "name = \"ci\"\naccount = \"1001\""),
        ("[sign]", "[[people]]\naccount = \"1001\"\naddresses = [\"a@example.org\"]\n\n[sign]"),
    ] {
        let changed = full().replace(from, to);
        assert_ne!(changed, full(), "{from}");
        assert_ne!(read(&changed).trust_digest(), digest, "{from} → {to}");
    }
    assert_ne!(read(&full().replace(&pem(1), &pem(2))).trust_digest(), digest);
}

#[test]
fn which_branches_count_as_protected_is_part_of_what_identities_are_trusted_with() {
    let identity = r#"[[trust.identities]]
name = "line"
issuer = "https://token.actions.githubusercontent.com"
signer = "https://github.com/o/r/.github/workflows/line.yml@refs/heads/main"
repository-id = "1"
owner-id = "2"
refs = ["refs/heads/main", "refs/heads/chart/*"]
events = ["push"]
"#;
    let of = |branches: &str| {
        let text = format!("{}\n{identity}\n[branches]\n{branches}\n", minimal());
        read(&text).trust_digest()
    };
    let digest = of("main = \"main\"");
    // Each of these lets a run at another branch speak for the checks, the bump or the package.
    for branches in ["integration = \"chart/x\"", "chart = \"feature/{chart}\"", "release = \"chart/y\""] {
        assert_ne!(of(branches), digest, "{branches}");
    }
    assert_eq!(of("promote = \"to/{tag}\""), digest);
}

#[test]
fn a_definition_has_a_digest_for_each_variant() {
    let config = read(&full());
    let check = &config.checks[0];
    let digest = check.digest(Some("v1.32.11"));
    assert_ne!(check.digest(Some("v1.33.7")), digest);
    assert_ne!(check.digest(None), digest);
    let changed = |change: fn(&mut CheckDefinition)| {
        let mut check = check.clone();
        change(&mut check);
        check.digest(Some("v1.32.11"))
    };
    assert_eq!(changed(|check| check.excluded.clear()), digest);
    assert_eq!(changed(|check| check.variants.clear()), digest);
    assert_ne!(changed(|check| check.name.push('x')), digest);
    assert_ne!(changed(|check| check.command.push(String::new())), digest);
    assert_ne!(changed(|check| check.inputs.clear()), digest);
    assert_ne!(changed(|check| check.timeout += 1), digest);
}

#[test]
fn only_the_pem_of_a_p256_public_key_is_taken() {
    assert_eq!(spki(&pem(7)).unwrap().len(), 91);
    assert_eq!(spki(&pem(7).replace('\n', "\r\n")).unwrap(), spki(&pem(7)).unwrap());
    let block =
        |der: &[u8]| format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", STANDARD.encode(der));
    let der = spki(&pem(7)).unwrap();
    let mut compressed = der.clone();
    compressed[26] = 2;
    let mut other_curve = der.clone();
    other_curve[22] = 8;
    for (text, why) in [
        (String::new(), "is not one PEM block"),
        (pem(1) + &pem(2), "is not base64"),
        (pem(1).replace("PUBLIC", "PRIVATE"), "is a private key"),
        (pem(1).replace("BEGIN PUBLIC", "BEGIN EC PUBLIC"), "is not one PEM block"),
        (pem(1).replace("MFk", "M!k"), "is not base64"),
        (block(&der[..90]), "is not a P-256"),
        (block(&[der.as_slice(), &[0]].concat()), "is not a P-256"),
        (block(&compressed), "is not a P-256"),
        (block(&other_curve), "is not a P-256"),
    ] {
        let shown = spki(&text).unwrap_err();
        assert!(shown.starts_with(why), "{text}: {shown}");
    }
}
