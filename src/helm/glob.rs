//! Patterns as Go's `filepath.Match` reads them (path/filepath/match.go), which is what `.helmignore`
//! consists of: `*` and `?` stop at `/`, `[^a]` negates and `[!a]` does not, `\` escapes, no braces.

/// The pattern is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadPattern;

/// Whether all of `name` matches `pattern`.
///
/// # Errors
/// A class that is not closed or is empty, or an escape at the end.
pub(super) fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let (mut pattern, mut name) = (pattern.as_bytes(), name.as_bytes());
    'chunks: while !pattern.is_empty() {
        let (star, chunk, rest) = next_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains(&b'/'));
        }
        let fits = |left: &[u8]| left.is_empty() || !rest.is_empty();
        if let Some(left) = match_chunk(chunk, name)?.filter(|left| fits(left)) {
            name = left;
            continue;
        }
        if star {
            // A star takes any number of bytes but no separator.
            let reach = name.iter().position(|b| *b == b'/').unwrap_or(name.len());
            for skipped in 1..=reach {
                let behind = name.get(skipped..).unwrap_or_default();
                if let Some(left) = match_chunk(chunk, behind)?.filter(|left| fits(left)) {
                    name = left;
                    continue 'chunks;
                }
            }
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// A run without stars, whether a star stands before it, and what follows.
fn next_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|b| **b == b'*').count();
    let pattern = pattern.get(stars..).unwrap_or_default();
    let mut in_class = false;
    let mut at = 0;
    while let Some(byte) = pattern.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        at += 1;
    }
    let (chunk, rest) = pattern.split_at(at.min(pattern.len()));
    (stars > 0, chunk, rest)
}

/// What is left of `name` after `chunk`. A mismatch does not stop the reading of the chunk, because a
/// malformed pattern is an error wherever it is malformed.
fn match_chunk<'n>(mut chunk: &[u8], mut name: &'n [u8]) -> Result<Option<&'n [u8]>, BadPattern> {
    let mut failed = false;
    while let Some((first, after)) = chunk.split_first() {
        failed = failed || name.is_empty();
        chunk = after;
        match first {
            b'[' => {
                let mut sign = 0;
                if !failed {
                    (sign, name) = decode(name);
                }
                let (matched, after) = match_class(chunk, sign)?;
                chunk = after;
                failed = failed || !matched;
            }
            b'?' => {
                if !failed {
                    failed = name.first() == Some(&b'/');
                    name = decode(name).1;
                }
            }
            _ => {
                let mut literal = *first;
                if literal == b'\\' {
                    let (escaped, after) = chunk.split_first().ok_or(BadPattern)?;
                    literal = *escaped;
                    chunk = after;
                }
                if let (false, Some((byte, after))) = (failed, name.split_first()) {
                    failed = literal != *byte;
                    name = after;
                }
            }
        }
    }
    Ok((!failed).then_some(name))
}

/// Whether the class that starts in `chunk` (behind its bracket) has `sign`, and what follows it.
fn match_class(mut chunk: &[u8], sign: u32) -> Result<(bool, &[u8]), BadPattern> {
    let negated = chunk.first() == Some(&b'^');
    if negated {
        chunk = chunk.get(1..).unwrap_or_default();
    }
    let (mut matched, mut ranges) = (false, 0_usize);
    loop {
        if let (Some((b']', after)), 1..) = (chunk.split_first(), ranges) {
            return Ok((matched != negated, after));
        }
        let (low, after) = class_sign(chunk)?;
        chunk = after;
        let mut high = low;
        if let Some((b'-', after)) = chunk.split_first() {
            (high, chunk) = class_sign(after)?;
        }
        matched = matched || (low..=high).contains(&sign);
        ranges += 1;
    }
}

/// One sign of a class, perhaps escaped; the class must go on behind it.
fn class_sign(chunk: &[u8]) -> Result<(u32, &[u8]), BadPattern> {
    let chunk = match chunk.split_first() {
        None | Some((b'-' | b']', _)) => return Err(BadPattern),
        Some((b'\\', after)) => after,
        Some(_) => chunk,
    };
    let (sign, rest) = decode(chunk);
    if rest.is_empty() { Err(BadPattern) } else { Ok((sign, rest)) }
}

/// The first character as a number, and the rest. A byte in the middle of a character counts as U+FFFD
/// of its own, as in Go.
fn decode(bytes: &[u8]) -> (u32, &[u8]) {
    for width in 1..=4 {
        let Some((first, rest)) = bytes.split_at_checked(width) else { break };
        if let Some(c) = std::str::from_utf8(first).ok().and_then(|text| text.chars().next()) {
            return (u32::from(c), rest);
        }
    }
    (u32::from(char::REPLACEMENT_CHARACTER), bytes.get(1..).unwrap_or_default())
}
