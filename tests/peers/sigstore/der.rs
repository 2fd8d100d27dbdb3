//! As much DER (X.690) as certificates and keys need here.

pub(super) const SEQUENCE: u8 = 0x30;

/// One DER element: its tag, its content, and itself whole.
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// The elements that stand one after another.
pub(crate) fn elements(mut bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while let [tag, first, rest @ ..] = bytes {
        // A length from 128 on is written in as many bytes as the first one says.
        let more = if *first < 0x80 { 0 } else { usize::from(first & 0x7f) };
        let long = rest.get(..more)?;
        let length = match more {
            0 => usize::from(*first),
            _ => long.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
        };
        let content = rest.get(more..more + length)?;
        let (whole, after) = bytes.split_at(2 + more + length);
        found.push(Element { tag: *tag, content, whole });
        bytes = after;
    }
    Some(found)
}

/// An element with this tag and content.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let long: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut whole = vec![tag];
    match &*long {
        [] => whole.push(0),
        [short] if *short < 0x80 => whole.push(*short),
        long => {
            whole.push(0x80 | u8::try_from(long.len()).expect("a length has eight bytes"));
            whole.extend(long);
        }
    }
    whole.extend(content);
    whole
}
