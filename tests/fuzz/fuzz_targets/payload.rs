//! A tag's message of any shape: at most one payload block, and reading it never fails in another way than
//! by saying why.

#![no_main]

use git_lineage::model::Payload;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(message) = std::str::from_utf8(data) else { return };
    let Ok((payload, digest)) = Payload::parse(message) else { return };
    // Twice the same block is two blocks.
    assert!(Payload::parse(&format!("{message}\n{message}")).is_err(), "two payloads were taken for one");
    let (again, same) = Payload::parse(message).expect("it was read before");
    assert_eq!((again, same), (payload, digest));
});
