//! Step 9, what people answer for: waivers of checks, and reviews of contributions.
//!
//! Nobody answers for his own work. Who that is git knows by addresses only, so an address counts as
//! somebody else's where the policy says whose it is, and as anybody's where it does not.

use std::collections::BTreeSet;

use super::Docket;
use super::evidence::{Bench, Found, Wanted, content_subject};
use crate::model::config::{Config, Flow};
use crate::model::lineage::{Counted, Findings, StepState, Waived};
use crate::model::statement::{Review, SourceCommit, Waiver, address, addresses};
use crate::model::{Content, Predicate, Role, Sha256, Stage, Subject, Timestamp};

/// A waiver that counts.
#[derive(Clone)]
pub(super) struct Excused {
    pub(super) counted: Counted,
    pub(super) waived: Waived,
    /// The contribution's commits, as its signer tells of them.
    pub(super) commits: Vec<SourceCommit>,
}

/// A check, as a waiver names it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) key: &'a str,
    pub(super) stage: Stage,
    pub(super) content: &'a Content,
    /// The stage that is judged up to: how much is known of who merged.
    pub(super) upto: Stage,
}

/// The waivers of a check that count, newest first; nothing where nobody waived it, or where the tag rests
/// on the check itself: what a release is said to rest on is judged, not excused.
pub(super) fn waivers(
    findings: &Findings,
    bench: &Bench<'_>,
    asked: Asked<'_>,
    surroundings: impl Fn(&Waiver) -> Result<(), String>,
) -> Option<Result<Vec<Excused>, StepState>> {
    let Asked { key, stage, content, upto } = asked;
    let record = Waiver::record(stage, key);
    let spoken = match bench.names() {
        Some(names) => {
            let names: Vec<&str> = names.collect();
            names.contains(&record.as_str()) && !names.contains(&format!("w{}-{key}", stage.number()).as_str())
        }
        None => spoken_of(bench, key, stage),
    };
    if !spoken {
        return None;
    }
    let subject = content_subject(&bench.lineage.directory, content.digest());
    let wanted = Wanted::new(Predicate::Waiver, &record, vec![subject]).at(stage);
    let found = bench.find_all::<Waiver>(&wanted, |claim, others| {
        if !others.is_empty() {
            return Err("it has a subject too many".to_owned());
        }
        if claim.reason.trim().is_empty() {
            return Err("it gives no reason".to_owned());
        }
        lasts(claim, bench.released)?;
        surroundings(claim)
    });
    Some(found.and_then(|all| {
        let mut against = BTreeSet::new();
        let mut good = Vec::new();
        for found in all {
            match second_person(findings, bench, upto, &found) {
                Ok(()) => good.push(excused(found)),
                Err(why) => {
                    against.insert(why);
                }
            }
        }
        let refused = || StepState::Gap(against.into_iter().collect::<Vec<_>>().join("; "));
        if good.is_empty() { Err(refused()) } else { Ok(good) }
    }))
}

/// Whether anybody wrote a waiver of this check, whatever it is worth.
fn spoken_of(bench: &Bench<'_>, key: &str, stage: Stage) -> bool {
    let uri = Predicate::Waiver.uri(&bench.policy.config.predicate_prefix);
    let statements =
        bench.lineage.attestations.iter().filter_map(|attestation| attestation.statement.as_ref().ok());
    statements.filter(|statement| statement.predicate_type == uri).any(|statement| {
        let waiver = serde_json::from_value::<Waiver>(statement.predicate.clone());
        waiver.is_ok_and(|waiver| waiver.check == key && waiver.stage == stage)
    })
}

/// A waiver is for a while, and the release has to be made in it.
fn lasts(claim: &Waiver, released: Timestamp) -> Result<(), String> {
    if claim.expires <= released {
        return Err(format!("it expired at {}, the release is of {released}", claim.expires));
    }
    let most = claim.about.time.seconds().saturating_add(Waiver::LONGEST);
    if claim.expires.seconds() > most {
        return Err(format!("it is to last until {}, longer than the {} days a waiver may", claim.expires, 90));
    }
    Ok(())
}

fn second_person(
    findings: &Findings,
    bench: &Bench<'_>,
    upto: Stage,
    found: &Found<Waiver>,
) -> Result<(), String> {
    let signer = &found.counted.signer;
    let Some(account) = &found.account else {
        return Err(format!("the policy names no account for its signer `{signer}`"));
    };
    if *account != found.claim.account {
        return Err(format!("it says account {}, its signer `{signer}` is {account}", found.claim.account));
    }
    let mut parties = authors(findings.commits.iter().chain(&found.claim.commits))?;
    parties.extend(mergers(findings, bench, upto)?);
    apart(&bench.policy.config, account, &parties)
}

fn excused(found: Found<Waiver>) -> Excused {
    let Found { mut counted, claim, .. } = found;
    let waived = Waived {
        account: claim.account,
        signer: counted.signer.clone(),
        expires: claim.expires,
        reason: claim.reason,
        instead: claim.instead,
    };
    counted.note = Some(waived.in_words());
    Excused { counted, waived, commits: claim.commits }
}

/// Everybody the contribution's commits name, by address.
fn authors<'a>(commits: impl IntoIterator<Item = &'a SourceCommit>) -> Result<BTreeSet<String>, String> {
    let all: BTreeSet<String> = commits.into_iter().flat_map(addresses).collect();
    if all.is_empty() {
        Err("whose contribution it is cannot be told: no commit of it is known".to_owned())
    } else {
        Ok(all)
    }
}

/// Everybody who brought the contribution to integration and to main, as far as it has come.
fn mergers(findings: &Findings, bench: &Bench<'_>, upto: Stage) -> Result<BTreeSet<String>, String> {
    let split = bench.policy.config.flow == Flow::Integration;
    let mut all = BTreeSet::new();
    // Before the split, nothing but the contribution is looked at, and nobody need have merged it.
    if split && upto < Stage::Split {
        return Ok(all);
    }
    if split {
        if findings.merged_by.is_empty() {
            return Err("the split link does not tell who merged the contribution".to_owned());
        }
        all.extend(findings.merged_by.iter().map(|person| address(person)));
    }
    let hands = bench.lineage.hands.as_ref().ok_or("who brought it to main is not known here")?;
    all.extend(hands.iter().cloned());
    Ok(all)
}

/// Whether an account is known to be none of these: every address has to be known as somebody else's.
fn apart(config: &Config, account: &str, parties: &BTreeSet<String>) -> Result<(), String> {
    if let Some(own) = parties.iter().find(|address| config.account_of(address) == Some(account)) {
        return Err(format!("account {account} made or merged the contribution itself ({own})"));
    }
    match parties.iter().find(|address| config.account_of(address).is_none()) {
        Some(unknown) => Err(format!(
            "the policy does not know whose address {unknown} is, so it may be that of account {account} itself \
             (list it under [[people]] in lineage.toml on main)"
        )),
        None => Ok(()),
    }
}

/// A review that counts, and who approved by it.
pub(super) struct Reviewed {
    pub(super) counted: Counted,
    pub(super) approvers: BTreeSet<String>,
}

/// Reviews while they are looked through.
#[derive(Default)]
struct Sorted {
    good: Vec<Reviewed>,
    /// Why others do not count.
    against: BTreeSet<String>,
    /// Whom the newest statement of what a forge said names.
    told: Option<BTreeSet<String>>,
}

/// The reviews the policy requires of the contributed content. Gives back every one that would do.
pub(super) fn reviews(docket: &mut Docket, bench: &Bench<'_>, content: Option<&Content>) -> Vec<Reviewed> {
    let needed = bench.policy.config.required.reviews;
    if needed == 0 {
        return Vec::new();
    }
    let what = format!("{} besides the author approved this content", people(needed));
    let Some(content) = content else {
        docket.enter(9, &what, Review::RECORD, super::required::not_established(docket));
        return Vec::new();
    };
    let names: Vec<String> = match bench.names() {
        Some(names) => names.filter(|name| Review::is_record(name)).map(str::to_owned).collect(),
        None => vec![Review::RECORD.to_owned()],
    };
    let subject = content_subject(&bench.lineage.directory, content.digest());
    // The payload chooses among the reviews; it cannot choose one that a forge had taken back by then.
    let any = Wanted::new(Predicate::Review, Review::RECORD, vec![subject.clone()]);
    let mut known = Sorted::default();
    counting(&docket.findings, bench, bench.witnesses::<Review>(&any, alone), &mut known);
    let mut sorted = Sorted { told: known.told, ..Sorted::default() };
    let mut unknown = None;
    for name in &names {
        let wanted = Wanted::new(Predicate::Review, name, vec![subject.clone()]);
        let found = bench.find_all::<Review>(&wanted, alone);
        match found {
            Ok(found) => counting(&docket.findings, bench, found, &mut sorted),
            Err(StepState::Gap(why)) => {
                sorted.against.insert(why);
            }
            Err(state) => unknown = Some(state),
        }
    }
    let Sorted { good, mut against, .. } = sorted;
    let approvers: BTreeSet<&String> = good.iter().flat_map(|review| &review.approvers).collect();
    let count = u64::try_from(approvers.len()).unwrap_or(u64::MAX);
    let state = if count >= needed {
        for review in &good {
            // A payload has one bundle under a name: the newest, or the one that was sealed.
            if docket.findings.counted.iter().all(|known| known.name != review.counted.name) {
                docket.findings.counted.push(review.counted.clone());
            }
        }
        StepState::Holds
    } else if let Some(state) = unknown {
        state
    } else {
        if names.is_empty() {
            against.insert("the tag's payload names no such attestation".to_owned());
        }
        let why: Vec<String> = against.into_iter().collect();
        let have = if count == 0 { String::new() } else { format!("{} did; ", people(count)) };
        StepState::Gap(format!("{have}{}", why.join("; ")))
    };
    docket.enter(9, &what, Review::RECORD, state);
    good
}

/// A review is about one content.
fn alone(_: &Review, others: &[Subject]) -> Result<(), String> {
    if others.is_empty() { Ok(()) } else { Err("it has a subject too many".to_owned()) }
}

/// `1 person`, `2 people`.
fn people(number: u64) -> String {
    if number == 1 { "1 person".to_owned() } else { format!("{number} people") }
}

/// Sorts out whose approval counts: a person's own statement for its signer alone; of those that tell what
/// a forge said, nobody the newest no longer names, since an approval can be withdrawn.
fn counting(findings: &Findings, bench: &Bench<'_>, found: Vec<Found<Review>>, sorted: &mut Sorted) {
    let config = &bench.policy.config;
    for Found { mut counted, claim, account, .. } in found {
        let own = account.is_some();
        let (approvers, author) = match account {
            Some(account) if claim.approvers.contains(&account) => {
                counted.name = Review::record_of(&account);
                (BTreeSet::from([account]), None)
            }
            Some(account) => {
                sorted.against.insert(format!("account {account} signed a review without approving"));
                continue;
            }
            None if !config.expressly(&counted.signer, Role::Review) => {
                let signer = &counted.signer;
                sorted.against.insert(format!("`{signer}` has neither an account nor the role `review` by name"));
                continue;
            }
            None => {
                Review::RECORD.clone_into(&mut counted.name);
                (claim.approvers.into_iter().collect(), claim.author)
            }
        };
        let mut counting = BTreeSet::new();
        for approver in approvers {
            match approves(findings, config, &approver, author.as_deref()) {
                Ok(()) => {
                    counting.insert(approver);
                }
                Err(why) => {
                    sorted.against.insert(why);
                }
            }
        }
        if !own {
            let newest = sorted.told.get_or_insert_with(|| counting.clone());
            counting = counting.intersection(newest).cloned().collect();
        }
        if counting.is_empty() {
            continue;
        }
        let names: Vec<&str> = counting.iter().map(String::as_str).collect();
        counted.note = Some(format!("approved by {}", names.join(", ")));
        sorted.good.push(Reviewed { counted, approvers: counting });
    }
}

/// Whether an account may approve, and is not the author: by the forge's word for it where there is one, by
/// the commits where there is not.
fn approves(findings: &Findings, config: &Config, approver: &str, author: Option<&str>) -> Result<(), String> {
    if !config.may_review(approver) {
        return Err(format!("account {approver} is no reviewer of this policy"));
    }
    let Some(author) = author else { return apart(config, approver, &authors(&findings.commits)?) };
    let own = authors(&findings.commits).unwrap_or_default();
    let own = own.iter().any(|address| config.account_of(address) == Some(approver));
    if own || author == approver {
        return Err(format!("account {approver} made the contribution itself"));
    }
    Ok(())
}

/// Whether a map names enough of these reviews: by how many people.
pub(super) fn enough(reviews: &[Reviewed], needed: u64, names: impl Fn(&str, Sha256) -> bool) -> bool {
    let named = reviews.iter().filter(|review| names(&review.counted.name, review.counted.bundle));
    let approvers: BTreeSet<&String> = named.flat_map(|review| &review.approvers).collect();
    u64::try_from(approvers.len()).unwrap_or(u64::MAX) >= needed
}
