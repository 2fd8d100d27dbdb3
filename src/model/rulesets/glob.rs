//! Ref patterns as GitHub reads them: Ruby's `File.fnmatch` with `FNM_PATHNAME`, where `*` and `?` stop at a
//! slash and `**/` takes any number of directories.

/// Whether a pattern fits a ref. A backslash takes the next sign as it is; `[a-z]` and `[^a]` are sets.
pub(super) fn fits(pattern: &str, reference: &str) -> bool {
    let parts: Vec<Vec<char>> = pattern.split('/').map(|part| part.chars().collect()).collect();
    let names: Vec<Vec<char>> = reference.split('/').map(|part| part.chars().collect()).collect();
    // Row by row over the pattern's parts: which numbers of names are used up so far.
    let mut reached = vec![false; names.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for (at, part) in parts.iter().enumerate() {
        let any = part.as_slice() == ['*', '*'] && at + 1 < parts.len();
        let mut next = vec![false; reached.len()];
        let mut before = false;
        for (used, here) in reached.iter().enumerate() {
            if any {
                before = before || *here;
                if let Some(slot) = next.get_mut(used) {
                    *slot = before;
                }
            } else if *here
                && names.get(used).is_some_and(|name| one(part, name))
                && let Some(slot) = next.get_mut(used + 1)
            {
                *slot = true;
            }
        }
        reached = next;
    }
    reached.last().is_some_and(|whole| *whole)
}

/// Whether a part of a pattern fits a part of a ref.
fn one(pattern: &[char], name: &[char]) -> bool {
    let mut reached = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    let mut rest = pattern;
    while let Some((sign, more)) = rest.split_first() {
        if *sign == '*' {
            let mut before = false;
            for slot in &mut reached {
                before = before || *slot;
                *slot = before;
            }
            rest = more;
            continue;
        }
        let (token, more) = token(*sign, more);
        let mut next = vec![false; reached.len()];
        for (used, here) in reached.iter().enumerate() {
            if *here
                && name.get(used).is_some_and(|c| token.takes(*c))
                && let Some(slot) = next.get_mut(used + 1)
            {
                *slot = true;
            }
        }
        reached = next;
        rest = more;
    }
    reached.last().is_some_and(|whole| *whole)
}

/// What takes one character.
enum Token {
    Any,
    Exactly(char),
    Set { not: bool, ranges: Vec<(char, char)> },
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(sign) => *sign == c,
            Self::Set { not, ranges } => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *not,
        }
    }
}

fn token(sign: char, more: &[char]) -> (Token, &[char]) {
    match (sign, more.split_first()) {
        ('?', _) => (Token::Any, more),
        ('\\', Some((next, more))) => (Token::Exactly(*next), more),
        ('[', _) => set(more).unwrap_or((Token::Exactly('['), more)),
        _ => (Token::Exactly(sign), more),
    }
}

/// A set, from behind its bracket; none where it is not closed.
fn set(signs: &[char]) -> Option<(Token, &[char])> {
    let (not, mut rest) = match signs.split_first() {
        Some(('^' | '!', rest)) => (true, rest),
        _ => (false, signs),
    };
    let mut ranges = Vec::new();
    loop {
        let (sign, more) = rest.split_first()?;
        rest = more;
        if *sign == ']' && !ranges.is_empty() {
            return Some((Token::Set { not, ranges }, rest));
        }
        match rest {
            ['-', to, more @ ..] if *to != ']' => {
                ranges.push((*sign, *to));
                rest = more;
            }
            _ => ranges.push((*sign, *sign)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fits;

    /// What Ruby's `File.fnmatch(pattern, name, File::FNM_PATHNAME)` answers.
    #[test]
    fn as_ruby_has_it() {
        let yes = [
            ("*-v*", "foo-v1.2.3"),
            ("*-v*", "foo-v1.2.3+b1"),
            ("refs/tags/**/*-v*", "refs/tags/charts/foo-v1"),
            ("refs/tags/**/*-v*", "refs/tags/foo-v1"),
            ("integration/*", "integration/a"),
            ("integration/**/*", "integration/a"),
            ("integration/**/*", "integration/a/b"),
            ("v[0-9]?", "v1x"),
            ("v[^0-9]", "vx"),
            ("a\\*", "a*"),
            ("[x", "[x"),
        ];
        for (pattern, name) in yes {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        let no = [
            ("*-v*", "v1.2.3"),
            ("*-v*", "charts/foo-v1"),
            ("integration/*", "integration/a/b"),
            ("integration/*", "integration"),
            ("refs/heads/main", "refs/heads/main2"),
            ("v[0-9]", "vx"),
            ("**", "a/b"),
            ("a\\*", "ab"),
        ];
        for (pattern, name) in no {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn any_pattern_is_answered(pattern in "[a*?\\[\\]^\\\\/-]{0,12}", name in "[ab/-]{0,12}") {
            let _ = fits(&pattern, &name);
            prop_assert!(fits("**/*", &name));
        }

        #[test]
        fn a_plain_pattern_fits_itself_alone(name in "[a-c/]{1,8}", other in "[a-c/]{1,8}") {
            prop_assert_eq!(fits(&name, &other), name == other);
        }
    }
}
