//! A signer as far as he is known before anything is signed.

use super::{Certificate, Policy, Proof, Role, Signer, signed_by};

/// The signer a policy would take for a role if a certificate says what is known of it so far. Which trusted root
/// will vouch for it is not known, so each that an identity names is thought of; nor does a token name its forge's
/// host (a subject that begins with `/`): then the identity's is.
///
/// This refuses early what would be refused later. It lets nobody in: the bundle is judged all the same.
///
/// # Errors
/// A sentence: what the policy has against it.
pub fn foreseen<'p>(policy: &'p Policy, role: impl Into<Role>, known: &Certificate) -> Result<Signer<'p>, String> {
    let role = role.into();
    let mut against: Option<String> = None;
    for identity in &policy.config.trust.identities {
        let mut whole = Certificate { root: identity.root.clone(), ..known.clone() };
        if known.subject.starts_with('/') {
            whole.subject = format!("{}{}", host(&identity.signer), known.subject);
        }
        match signed_by(policy, role, &Proof::Certificate(Box::new(whole))) {
            Ok(signer) => return Ok(signer),
            Err(why) => against = against.or(Some(why)),
        }
    }
    Err(against.unwrap_or_else(|| "the policy trusts no identity".to_owned()))
}

/// `https://github.com`, of a workflow's URI.
fn host(signer: &str) -> &str {
    let start = signer.find("://").map_or(0, |at| at.saturating_add(3));
    let end = signer.get(start..).and_then(|rest| rest.find('/')).map(|at| start.saturating_add(at));
    end.and_then(|end| signer.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Config, Sha256, Stage};

    const POLICY: &str = r#"
version = 1
[repository]
id = "r"
[required]
validate = ["chart-lint"]
[[trust.identities]]
name = "release"
issuer = "https://token.actions.githubusercontent.com"
signer = "https://github.com/o/r/.github/workflows/f.yml@refs/heads/main"
repository-id = "1"
owner-id = "2"
refs = ["refs/heads/main"]
events = ["push"]
root = "github"
stages = ["tag"]
"#;

    fn known() -> Certificate {
        Certificate {
            subject: "/o/r/.github/workflows/f.yml@refs/heads/main".to_owned(),
            issuer: "https://token.actions.githubusercontent.com".to_owned(),
            source_repository_ref: Some("refs/heads/main".to_owned()),
            source_repository_id: Some("1".to_owned()),
            source_repository_owner_id: Some("2".to_owned()),
            build_trigger: Some("push".to_owned()),
            ..Certificate::default()
        }
    }

    #[test]
    fn what_a_token_tells_is_held_against_the_policy() {
        let policy = Policy { config: Config::parse("lineage.toml", POLICY).unwrap(), digest: Sha256::of("") };
        assert_eq!(foreseen(&policy, Stage::Tag, &known()).unwrap().name, "release");
        let whole = Certificate { subject: format!("https://github.com{}", known().subject), ..known() };
        assert_eq!(foreseen(&policy, Stage::Tag, &whole).unwrap().name, "release");

        let refused = |change: fn(&mut Certificate)| {
            let mut known = known();
            change(&mut known);
            foreseen(&policy, Stage::Tag, &known).unwrap_err()
        };
        assert!(
            refused(|known| known.subject = "/o/r/.github/workflows/x.yml@refs/heads/main".into())
                .contains("takes")
        );
        assert!(refused(|known| known.source_repository_id = Some("3".into())).contains("repository id is 3"));
        assert!(refused(|known| known.issuer = "https://evil".into()).contains("issuer"));
        assert!(refused(|known| known.source_repository_ref = Some("refs/heads/x".into())).contains("ref"));
        assert!(foreseen(&policy, Stage::Build, &known()).unwrap_err().contains("build stage"));
    }

    #[test]
    fn a_host_is_taken_from_nothing_but_a_uri() {
        assert_eq!(host("https://github.com/o/r"), "https://github.com");
        for odd in ["", "ada@example.org", "https://", "://", "é://é"] {
            assert!(host(odd).is_empty(), "{odd}");
        }
    }
}
