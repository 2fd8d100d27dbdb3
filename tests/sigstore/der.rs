//! The little of DER (ITU-T X.690) that certificates and timestamps need, written and never read.
//!
//! Every function gives the whole encoding of one value; what it holds is given already encoded. Nothing
//! here checks that the pieces fit: a test may want what does not.

/// One value: tag, length, content.
pub(super) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(u8::try_from(length).expect("below 128"));
    } else {
        let bytes = length.to_be_bytes();
        let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        out.push(0x80 | u8::try_from(bytes.len()).expect("at most eight"));
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE.
pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    value(0x30, &parts.concat())
}

/// SET OF: the parts are sorted by their encoding, as DER has it.
pub(super) fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    value(0x31, &sorted(parts))
}

/// The content of a SET OF, for one that stands under another tag.
pub(super) fn sorted(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = parts.to_vec();
    parts.sort();
    parts.concat()
}

/// A constructed value under a context tag: `[n]`.
pub(super) fn tagged(number: u8, content: &[u8]) -> Vec<u8> {
    value(0xa0 | number, content)
}

/// OBJECT IDENTIFIER, from its dotted form.
pub(super) fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().expect("an arc is a number")).collect();
    let mut content = Vec::new();
    for arc in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let groups = (0..10).rev().map(|n| u8::try_from((arc >> (7 * n)) & 0x7f).expect("seven bits"));
        let mut groups: Vec<u8> = groups.skip_while(|group| *group == 0).collect();
        let last = groups.pop().unwrap_or(0);
        content.extend(groups.iter().map(|group| group | 0x80));
        content.push(last);
    }
    value(0x06, &content)
}

/// INTEGER that is not negative, from its big-endian bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if content.first().is_none_or(|byte| *byte >= 0x80) {
        content.insert(0, 0);
    }
    value(0x02, &content)
}

/// A small INTEGER.
pub(super) fn number(number: u64) -> Vec<u8> {
    integer(&number.to_be_bytes())
}

/// BOOLEAN TRUE; DER leaves out what is false by default.
pub(super) fn yes() -> Vec<u8> {
    value(0x01, &[0xff])
}

/// OCTET STRING.
pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    value(0x04, bytes)
}

/// BIT STRING of whole bytes.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    value(0x03, &[&[0], bytes].concat())
}

/// `UTF8String`.
pub(super) fn text(text: &str) -> Vec<u8> {
    value(0x0c, text.as_bytes())
}

/// `Time` of RFC 5280: `UTCTime` until 2049, `GeneralizedTime` from 2050 on. Seconds since 1970.
pub(super) fn time(seconds: i64) -> Vec<u8> {
    let digits = digits(seconds);
    if digits.as_str() < "2050" { value(0x17, &digits.as_bytes()[2..]) } else { value(0x18, digits.as_bytes()) }
}

/// `GeneralizedTime` without a fraction. Seconds since 1970.
pub(super) fn generalized(seconds: i64) -> Vec<u8> {
    value(0x18, digits(seconds).as_bytes())
}

fn digits(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).expect("a time of this age");
    time.strftime("%Y%m%d%H%M%SZ").to_string()
}
