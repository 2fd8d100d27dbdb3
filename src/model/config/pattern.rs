//! The one kind of pattern a policy has: anchored at both ends, `*` for any characters but `/`.

/// Whether `text` is what `pattern` describes, compared as it stands: case counts, and nothing may come
/// before or after.
pub(in crate::model) fn matches(pattern: &str, text: &str) -> bool {
    // A star never crosses a slash, so that the parts between slashes meet one to one.
    let mut patterns = pattern.split('/');
    let mut parts = text.split('/');
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if part_matches(pattern, part) => {}
            _ => return false,
        }
    }
}

/// One part: what stands before the first star and after the last is fixed, and what stands between two
/// stars is looked for in order. The first place it is found at is as good as any later one.
fn part_matches(pattern: &str, part: &str) -> bool {
    let Some((front, rest)) = pattern.split_once('*') else { return pattern == part };
    let Some(mut left) = part.strip_prefix(front) else { return false };
    let mut fixed: Vec<&str> = rest.split('*').collect();
    let back = fixed.pop().unwrap_or_default();
    let Some(middle) = left.strip_suffix(back) else { return false };
    left = middle;
    for piece in fixed {
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_is_anchored_and_a_star_stops_at_a_slash() {
        for (pattern, text) in [
            ("refs/heads/main", "refs/heads/main"),
            ("refs/heads/chart/*", "refs/heads/chart/x"),
            ("refs/tags/*-v*", "refs/tags/my-chart-v1.2.3"),
            ("refs/tags/*-v*", "refs/tags/-v"),
            ("refs/pull/*/merge", "refs/pull/7/merge"),
            ("a*b*c", "abc"),
            ("a*b*c", "axbybzc"),
            ("*", ""),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("refs/heads/main", "refs/heads/main-evil"),
            ("refs/heads/main", "refs/heads/Main"),
            ("refs/heads/main", "refs/heads/main\n"),
            ("refs/heads/main", "refs/tags/main"),
            ("refs/heads/main", "x/refs/heads/main"),
            ("refs/heads/*", "refs/heads/feature/x"),
            ("refs/heads/*", "refs/heads"),
            ("a*a", "a"),
            ("ab*ba", "aba"),
            ("*-v*", "1.2.3"),
            ("refs.heads.main", "refs/heads/main"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    /// The definition, without a thought for speed.
    fn plainly(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) if plainly(rest, text) => true,
            (Some(('*', _)), Some((first, rest))) => *first != '/' && plainly(pattern, rest),
            (Some((wanted, patterns)), Some((first, rest))) => wanted == first && plainly(patterns, rest),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_definition_says(pattern in "[ab*/]{0,8}", text in "[ab/]{0,10}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(matches(&pattern, &text), plainly(&p, &t));
        }

        #[test]
        fn many_stars_are_no_trouble(text in "a{0,2000}") {
            prop_assert!(!matches(&"*a".repeat(500).replace('a', "ab"), &text));
        }
    }
}
