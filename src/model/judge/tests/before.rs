//! What contradicts a release from before lineage.

use super::Case;
use crate::model::judge::before::{BeforeLineage, Since, contradicted};
use crate::model::payload::PayloadError;
use crate::model::{Exit, Oid, TagFacts};

fn oid(digit: char) -> Oid {
    Oid::parse(&digit.to_string().repeat(40)).expect("40 digits")
}

fn release() -> BeforeLineage {
    let tag = TagFacts {
        name: "x-v0.1.0".to_owned(),
        object: None,
        bytes: None,
        header_name: None,
        commit: oid('c'),
        payload: Err(PayloadError::Missing),
        corrupt: Vec::new(),
    };
    BeforeLineage {
        tag,
        chart: "x".to_owned(),
        directory: "charts/x".to_owned(),
        version: "0.1.0".to_owned(),
        tree: oid('a'),
        main: Since::Commit { commit: oid('b'), tree: oid('a') },
        moved: None,
    }
}

fn gaps(release: &BeforeLineage) -> (Exit, Vec<String>) {
    let verdict = contradicted(release, &Case::new("").policy);
    (verdict.exit(), verdict.gaps())
}

#[test]
fn what_agrees_with_main_has_no_gap() {
    assert_eq!(gaps(&release()), (Exit::Done, Vec::new()));
}

#[test]
fn each_contradiction_is_told() {
    let told = |change: fn(&mut BeforeLineage), exit: Exit, says: &str| {
        let mut release = release();
        change(&mut release);
        let (found, gaps) = gaps(&release);
        assert!(found == exit && gaps.iter().any(|gap| gap.contains(says)), "{found:?} {gaps:?}");
    };
    told(|r| r.version = "0.2.0".to_owned(), Exit::Negative, "makes this x-v0.2.0");
    told(|r| r.chart = "y".to_owned(), Exit::Negative, "names the chart y");
    told(|r| r.tree = oid('d'), Exit::Negative, "changed without a new version");
    told(|r| r.main = Since::Elsewhere, Exit::Negative, "not on the first-parent history");
    told(|r| r.main = Since::Unknown("shallow".to_owned()), Exit::Undetermined, "shallow");
    told(|r| r.moved = Some((oid('1'), oid('2'))), Exit::Conflict, "has moved");
    let another = |r: &mut BeforeLineage| {
        (r.tag.object, r.tag.header_name) = (Some(oid('e')), Some("x-v0.0.9".to_owned()));
    };
    told(another, Exit::Negative, "calls itself x-v0.0.9");
}
