//! What has to hold of the identities and revocations a policy names, so that it lets nobody in whom it
//! does not name.

use std::collections::BTreeSet;

use super::check::{Faults, is_word};
use super::names::is_ref_name;
use super::parse::{Fault, guess, listed};
use super::{Config, TrustedIdentity};
use crate::model::{Role, Sha256, protected};

/// The runners a policy can name.
const RUNNERS: [&str; 2] = ["github-hosted", "self-hosted"];

/// An identity, and where it stands.
struct Case<'a> {
    config: &'a Config,
    identity: &'a TrustedIdentity,
    place: &'a [&'a str],
    faults: &'a Faults<'a>,
}

/// Checks `[[trust.identities]]`.
pub(super) fn check(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let mut names: BTreeSet<&str> = config.trust.keys.iter().map(|key| key.name.as_str()).collect();
    for (index, identity) in config.trust.identities.iter().enumerate() {
        let at = index.to_string();
        let case = Case { config, identity, place: &["trust", "identities", &at], faults };
        let name = &identity.name;
        let good = !name.trim().is_empty() && !name.chars().any(char::is_control);
        case.unless(good, "name", || "a trusted identity needs a name to be shown by".to_owned())?;
        case.unless(names.insert(name), "name", || {
            format!("two trusted signers are called `{name}`; keys and identities share their names")
        })?;
        case.issuer()?;
        case.words()?;
        if is_actions(&identity.issuer) || looks_like_workflow(&identity.signer) {
            case.workflow()?;
        } else {
            case.person()?;
        }
    }
    Ok(())
}

/// Checks one of `[[images.identities]]`. What makes images is no part of this repository: its own branches protect
/// nothing there, so that refs and events are all that is asked, and pull requests are never among them.
pub(super) fn of_image(
    config: &Config,
    identity: &TrustedIdentity,
    place: &[&str],
    faults: &Faults<'_>,
) -> Result<(), Fault> {
    let case = Case { config, identity, place, faults };
    case.issuer()?;
    case.words()?;
    if !is_actions(&identity.issuer) && !looks_like_workflow(&identity.signer) {
        return case.person();
    }
    case.run()?;
    for reference in &identity.refs {
        case.branch_or_tag(reference, "refs")?;
    }
    case.unless(!identity.events.iter().any(|event| event == "pull_request"), "events", || {
        "what a pull request builds is no release, whoever opened it; leave `pull_request` out".to_owned()
    })
}

/// GitHub's issuers of tokens for workflows: its own, a data-residency or enterprise one, a server's.
/// (<https://docs.github.com/actions/reference/security/oidc>)
fn is_actions(issuer: &str) -> bool {
    let issuer = issuer.to_ascii_lowercase();
    let host = issuer.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or_default();
    host.starts_with("token.actions.") || issuer.contains("/_services/token")
}

/// Whether a subject is a workflow's, well written or not.
fn looks_like_workflow(signer: &str) -> bool {
    signer.contains("/.github/") || signer.contains("@refs/") || signer.contains("://") && signer.contains('@')
}

impl Case<'_> {
    fn fail(&self, key: &str, message: String) -> Result<(), Fault> {
        self.faults.fail(&[self.place, &[key]].concat(), message)
    }

    fn unless(&self, good: bool, key: &str, message: impl FnOnce() -> String) -> Result<(), Fault> {
        if good { Ok(()) } else { self.fail(key, message()) }
    }

    fn issuer(&self) -> Result<(), Fault> {
        let issuer = &self.identity.issuer;
        let host = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"));
        let good = host.is_some_and(|host| host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['))
            && issuer.chars().all(|c| c.is_ascii_graphic() && c != '*');
        self.unless(good, "issuer", || {
            format!("`{}` is not an issuer's URL; it is compared exactly, without `*`", issuer.escape_debug())
        })
    }

    /// The keys whose values are words of a list.
    fn words(&self) -> Result<(), Fault> {
        let TrustedIdentity { root, runner, account: named, .. } = self.identity;
        let roots = TrustedIdentity::ROOTS;
        self.unless(roots.contains(&root.as_str()), "root", || {
            format!("`{root}` is no trusted root; there are {}{}", listed(&roots), guess(root, &roots))
        })?;
        if let Some(runner) = runner {
            self.unless(RUNNERS.contains(&runner.as_str()), "runner", || {
                format!(
                    "`{runner}` is no kind of runner; there are {}{}",
                    listed(&RUNNERS),
                    guess(runner, &RUNNERS)
                )
            })?;
        }
        account(named.as_deref(), &[self.place, &["account"]].concat(), self.faults)
    }

    /// A person, or a machine that is no workflow: named exactly.
    fn person(&self) -> Result<(), Fault> {
        let TrustedIdentity { name, signer, repository_id, owner_id, refs, events, runner, .. } = self.identity;
        self.unless(!signer.contains('*'), "signer", || {
            format!("`{signer}` would let in more than one; a person's address is compared exactly, without `*`")
        })?;
        let printable = signer.chars().all(|c| !c.is_control() && !c.is_whitespace());
        let address = signer.split_once('@').is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty());
        let uri = signer.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
        self.unless(printable && (address || uri), "signer", || {
            format!("`{}` is neither a workflow's URI nor an address", signer.escape_debug())
        })?;
        let given = [
            ("repository-id", repository_id.is_some()),
            ("owner-id", owner_id.is_some()),
            ("refs", !refs.is_empty()),
            ("events", !events.is_empty()),
            ("runner", runner.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((key, _)) => {
                self.fail(key, format!("`{key}` is about a workflow's run, and `{name}` is no workflow"))
            }
            None => Ok(()),
        }
    }

    fn workflow(&self) -> Result<(), Fault> {
        let TrustedIdentity { name, refs, account, .. } = self.identity;
        self.run()?;
        self.unless(account.is_none(), "account", || {
            format!("`{name}` is a workflow: it stands for no person's account")
        })?;
        for reference in refs {
            self.reference(reference)?;
        }
        self.pulls()
    }

    /// What has to be said of a workflow's run: which workflow it is, of which repository, at which refs, set off by
    /// what.
    fn run(&self) -> Result<(), Fault> {
        let TrustedIdentity { repository_id, owner_id, refs, events, .. } = self.identity;
        self.signer()?;
        for (key, id) in [("repository-id", repository_id), ("owner-id", owner_id)] {
            let Some(id) = id else {
                return self.missing(key, "names can be given up and taken by another, numbers cannot");
            };
            let number = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
            self.unless(number, key, || {
                format!("`{}` is not the number the forge has for it", id.escape_debug())
            })?;
        }
        if refs.is_empty() {
            return self.missing("refs", "any branch of the repository could sign with it");
        }
        if events.is_empty() {
            return self.missing("events", "a contribution's own run could sign with it");
        }
        events.iter().try_for_each(|event| self.event(event))
    }

    /// A key whose absence would let in too many: said of the identity, since there is no place of its own.
    fn missing(&self, key: &str, why: &str) -> Result<(), Fault> {
        let name = &self.identity.name;
        self.fail(key, format!("the identity `{name}` is a workflow's and needs `{key}`: {why}"))
    }

    /// `https://host/owner/repository/path@ref`, with `*` in the ref alone.
    fn signer(&self) -> Result<(), Fault> {
        let signer = &self.identity.signer;
        let shown = signer.escape_debug();
        let Some((file, reference)) = signer.split_once('@') else {
            return self.fail("signer", format!("`{shown}` names no workflow at a ref: `https://github.com/o/r/.github/workflows/f.yml@refs/heads/main`"));
        };
        self.unless(!file.contains('*'), "signer", || {
            format!("`{shown}` would let in other workflows; `*` may stand only in the ref, after the `@`")
        })?;
        let path = file.strip_prefix("https://").or_else(|| file.strip_prefix("http://")).unwrap_or_default();
        let printable = signer.chars().all(|c| !c.is_control() && !c.is_whitespace());
        let whole = path.split('/').filter(|part| !part.is_empty()).count() >= 4;
        self.unless(printable && whole, "signer", || {
            format!("`{shown}` is not a workflow's URI: `https://github.com/o/r/.github/workflows/f.yml@refs/heads/main`")
        })?;
        if protected::is_commit(reference) {
            return Ok(());
        }
        self.unless(!protected::is_pull(reference), "signer", || {
            format!("`{shown}` is taken from a pull request: it is whatever the contribution makes of it")
        })?;
        self.branch_or_tag(reference, "signer")
    }

    fn event(&self, event: &str) -> Result<(), Fault> {
        let events = TrustedIdentity::EVENTS;
        self.unless(events.contains(&event), "events", || {
            let event = event.escape_debug();
            format!(
                "runs of `{event}` are never believed; there are {}{}",
                listed(&events),
                guess(&event.to_string(), &events)
            )
        })
    }

    /// One of `refs`: below a known prefix, and not every branch at once.
    fn reference(&self, reference: &str) -> Result<(), Fault> {
        if protected::is_pull(reference) {
            return Ok(());
        }
        self.branch_or_tag(reference, "refs")?;
        let TrustedIdentity { name, stages, .. } = self.identity;
        let pinned = self.pinned();
        let counts = |role: Role| {
            role.within(stages)
                && (protected::is_protected(self.config, role, reference)
                    || pinned && protected::is_contributed(role))
        };
        // A pattern is held against each run; a ref in full can be told from here.
        self.unless(reference.contains('*') || Role::ALL.into_iter().any(counts), "refs", || {
            let asked = Role::ALL.into_iter().find(|role| role.within(stages)).unwrap_or(Role::Validate);
            let places = protected::places(self.config, asked);
            format!("`{reference}` is no protected ref for what `{name}` signs: evidence for the {asked} stage comes from {places}")
        })
    }

    fn branch_or_tag(&self, reference: &str, key: &str) -> Result<(), Fault> {
        let name = reference.strip_prefix("refs/heads/").or_else(|| reference.strip_prefix("refs/tags/"));
        let shown = reference.escape_debug();
        let Some(name) = name.filter(|name| is_ref_name(&name.replace('*', "x"))) else {
            return self.fail(key, format!("`{shown}` is not a ref in full, such as `refs/heads/main`"));
        };
        let any = name.split('/').all(|part| part.chars().all(|c| c == '*'));
        self.unless(!any, key, || {
            format!("`{shown}` would let in every branch or tag; name those that are protected")
        })
    }

    fn pinned(&self) -> bool {
        self.identity.signer_ref().is_some_and(|signer| protected::is_pinned(self.config, signer))
    }

    /// Pull requests run what the contribution brings along: they need a signer out of its reach, and say
    /// for which stages.
    fn pulls(&self) -> Result<(), Fault> {
        let TrustedIdentity { name, refs, events, stages, .. } = self.identity;
        let key = match (refs.iter().any(|r| protected::is_pull(r)), events.iter().any(|e| e == "pull_request")) {
            (true, _) => "refs",
            (false, true) => "events",
            (false, false) => return Ok(()),
        };
        self.unless(self.pinned(), key, || {
            let main = &self.config.branches.main;
            format!("`{name}` takes pull requests, so that its signer has to be a reusable workflow at `refs/heads/{main}` or at a commit's whole id")
        })?;
        let other = Role::ALL.into_iter().find(|role| role.within(stages) && !protected::is_contributed(*role));
        match other {
            Some(role) => self.fail(
                key,
                format!("`{name}` takes pull requests, and evidence for the {role} stage never comes from one; name its `stages`, or give pull requests an identity of their own"),
            ),
            None => Ok(()),
        }
    }
}

/// A forge's account: a number, or a word where there is no forge.
pub(super) fn account(account: Option<&str>, place: &[&str], faults: &Faults<'_>) -> Result<(), Fault> {
    let Some(account) = account else { return Ok(()) };
    faults.unless(is_word(account), place, {
        format!("`{}` is not an account: the number the forge has for a person", account.escape_debug())
    })
}

/// Checks `[[trust.revoked]]`.
pub(super) fn revoked(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    for (index, revocation) in config.trust.revoked.iter().enumerate() {
        let at = index.to_string();
        let given = [&revocation.key, &revocation.identity, &revocation.release];
        faults.unless(
            given.into_iter().flatten().count() == 1,
            &["trust", "revoked", &at],
            "a revocation names exactly one of `key`, `identity` and `release`",
        )?;
        faults.unless(
            !revocation.reason.trim().is_empty(),
            &["trust", "revoked", &at, "reason"],
            "a revocation needs a reason",
        )?;
        if let Some(key) = &revocation.key {
            let named = config.trust.keys.iter().any(|known| known.name == *key);
            let names: Vec<&str> = config.trust.keys.iter().map(|known| known.name.as_str()).collect();
            faults.unless(named || Sha256::parse(key).is_some(), &["trust", "revoked", &at, "key"], {
                let guess = guess(key, &names);
                format!(
                    "`{}` is no key of this file; one that is gone is named by its fingerprint{guess}",
                    key.escape_debug()
                )
            })?;
        }
        if let Some(identity) = &revocation.identity {
            let names: Vec<&str> = config.trust.identities.iter().map(|known| known.name.as_str()).collect();
            faults.unless(names.contains(&identity.as_str()), &["trust", "revoked", &at, "identity"], {
                let guess = guess(identity, &names);
                format!(
                    "`{}` is no identity of this file; a revoked one stays in it{guess}",
                    identity.escape_debug()
                )
            })?;
        }
        if let Some(release) = &revocation.release {
            faults.unless(
                is_ref_name(release),
                &["trust", "revoked", &at, "release"],
                format!("`{}` is not the name of a release tag", release.escape_debug()),
            )?;
        }
    }
    Ok(())
}
