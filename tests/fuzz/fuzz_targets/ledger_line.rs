//! A line of the ledger of any shape: read, written, and read again.

#![no_main]

use git_lineage::model::Record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(line) = std::str::from_utf8(data) else { return };
    let Ok(record) = Record::parse(line) else { return };
    let written = record.line();
    assert!(!written.trim_end_matches('\n').contains('\n'), "a record is one line: {written:?}");
    let again = Record::parse(&written).expect("what is written can be read");
    assert_eq!(again.bundle.get(), record.bundle.get(), "the bundle's bytes are kept");
    assert_eq!((again.name, again.id, again.url), (record.name, record.id, record.url));
});
