//! The judge: a lineage and a policy in, a verdict out. Pure; whatever it needs was gathered before.
//!
//! The steps carry the numbers of design §6. Every step is looked at and every failure listed; a step
//! that rests on one that failed says so rather than repeating its reason.

use super::config::SignMode;
use super::lineage::{Counted, Findings, Lineage, OnMain, StepState, Verdict, VerdictStep};
use super::{Policy, Stage};

mod before;
mod evidence;
mod links;
mod package;
mod people;
mod required;
mod tag;

#[cfg(test)]
mod tests;

pub use before::{BeforeLineage, Since, contradicted};
use evidence::Bench;

/// Judges a lineage up to a stage.
pub fn judge(lineage: &Lineage, policy: &Policy, upto: Stage) -> Verdict {
    let mut docket = Docket::default();
    let bench = Bench::new(lineage, policy);
    if upto >= Stage::Tag {
        tag::identity(&mut docket, lineage, policy); // steps 1 to 5
        tag::statement(&mut docket, &bench); // step 6
        tag::in_force(&mut docket, lineage);
    } else {
        tag::chart_identity(&mut docket, lineage, policy); // step 4, without a tag
    }
    let contents = links::follow(&mut docket, &bench, upto); // steps 7 and 8
    required::everything(&mut docket, &bench, &contents, upto); // step 9
    if upto >= Stage::Tag {
        tag::contribution(&mut docket, lineage); // step 5, once the commits are known
        package::rebuilt(&mut docket, &bench, upto); // step 10
        tag::previous(&mut docket, lineage); // step 11
    }
    transparency(&mut docket, lineage, policy);
    docket.findings.split = contents.split;
    docket.findings.contributed = contents.contributed;
    Verdict { steps: docket.steps, upto, findings: docket.findings }
}

/// Where a policy has its evidence signed keyless: how much of it somebody else than its signer has seen. What was
/// signed with the key meanwhile counts all the same, unless the policy asks for more (then it did not get here).
fn transparency(docket: &mut Docket, lineage: &Lineage, policy: &Policy) {
    let counted = &docket.findings.counted;
    if policy.config.sign.mode != SignMode::Keyless || counted.is_empty() {
        return;
    }
    let unseen = counted.iter().filter(|counted| {
        let made = lineage.attestations.iter().find(|attestation| attestation.bundle == counted.bundle);
        made.is_none_or(|attestation| attestation.proof.times().is_empty())
    });
    let (all, unseen) = (counted.len(), unseen.count());
    let what = match unseen {
        0 => format!("a log or a timestamp authority has seen all {all} attestations"),
        _ => format!(
            "the key alone vouches for {unseen} of {all} attestations, as the policy allows; `git lineage sync \
             --settle` has a log see them"
        ),
    };
    docket.enter(9, &what, "transparency", StepState::Holds);
    docket.steps.sort_by_key(|step| step.number);
}

/// What the judge writes down.
#[derive(Default)]
struct Docket {
    steps: Vec<VerdictStep>,
    findings: Findings,
}

impl Docket {
    fn enter(&mut self, number: u8, what: &str, link: &str, state: StepState) {
        self.steps.push(VerdictStep { number, what: what.to_owned(), link: link.to_owned(), state });
    }

    /// A step that holds when there is nothing to say against it.
    fn check(&mut self, number: u8, what: &str, link: &str, gap: Option<String>) {
        self.enter(number, what, link, gap.map_or(StepState::Holds, StepState::Gap));
    }

    /// What a step comes to that rests on others, where one of them does not hold: the gap is told there, and
    /// what merely could not be looked at stays undetermined here, too.
    fn blocked(&self, links: &[&str]) -> Option<StepState> {
        let others = || self.steps.iter().filter(|step| links.contains(&step.link.as_str()));
        let broken = others().find(|step| matches!(step.state, StepState::Gap(_) | StepState::Conflict(_)));
        let unknown = others().find(|step| matches!(step.state, StepState::Undetermined(_)));
        match (broken, unknown) {
            (Some(step), _) => Some(StepState::Gap(format!("not reached: {} does not hold", step.link))),
            (None, Some(step)) => {
                Some(StepState::Undetermined(format!("not reached: {} is not established", step.link)))
            }
            (None, None) => None,
        }
    }

    /// A step that rests on one attestation.
    fn attested(&mut self, number: u8, what: &str, link: &str, found: Result<Counted, StepState>) {
        let state = match found {
            Ok(counted) => {
                self.findings.counted.push(counted);
                StepState::Holds
            }
            Err(state) => state,
        };
        self.enter(number, what, link, state);
    }
}

/// The landing, where there is one.
fn landed(lineage: &Lineage) -> Option<&super::Landing> {
    match &lineage.landing {
        OnMain::Landed(landing) => Some(landing),
        OnMain::Elsewhere | OnMain::Unknown(_) => None,
    }
}
