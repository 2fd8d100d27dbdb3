//! The order go-yaml v2 gives the keys of a mapping (its `sorter.go`): numbers in keys by value, other
//! signs before letters.

use std::cmp::Ordering;

/// Sorts by [`natural`]. A merge sort of our own, because the standard one may panic where a comparison
/// is not a total order, and nobody has proved this one to be.
pub(super) fn sorted<T>(entries: Vec<(&str, T)>) -> Vec<(&str, T)> {
    let mut runs: Vec<Vec<(&str, T)>> = entries.into_iter().map(|entry| vec![entry]).collect();
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut pairs = runs.into_iter();
        while let Some(left) = pairs.next() {
            merged.push(match pairs.next() {
                Some(right) => merge(left, right),
                None => left,
            });
        }
        runs = merged;
    }
    runs.pop().unwrap_or_default()
}

fn merge<'k, T>(left: Vec<(&'k str, T)>, right: Vec<(&'k str, T)>) -> Vec<(&'k str, T)> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        let next = if natural(b, a) == Ordering::Less { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// go-yaml's comparison of two keys that are texts.
pub(in crate::helm) fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else { return a.len().cmp(&b.len()) };
    let (x, y) = (a[at], b[at]);
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A digit but 0 earlier in the same number makes a following 0 count as a place.
    let leading = x == '0' || y == '0';
    let inside = leading && a[..at].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
    let run = |text: &[char]| {
        let digits: Vec<char> = text[at..].iter().copied().take_while(char::is_ascii_digit).collect();
        let value = digits.iter().fold(i64::from(inside), |value, digit| {
            let digit = digit.to_digit(10).map_or(0, i64::from);
            value.wrapping_mul(10).wrapping_add(digit)
        });
        (value, digits.len())
    };
    let ((a_value, a_digits), (b_value, b_digits)) = (run(&a), run(&b));
    a_value.cmp(&b_value).then(a_digits.cmp(&b_digits)).then(x.cmp(&y))
}
