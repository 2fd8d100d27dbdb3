//! Reads the paths a source file names: enough of Rust's grammar for that, and no more.

/// The words and signs of a source text, without comments, strings and what only tests see (everything
/// from `#[cfg(test)]` before an inline `mod` on: such modules stand last in their files).
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next().is_some_and(|c| c != '\n') {},
            '/' if chars.peek() == Some(&'*') => {
                let mut last = ' ';
                for c in chars.by_ref() {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            '"' => {
                // A raw string ends at its quote and as many `#` as it began with.
                let raw = matches!(words.last().map(String::as_str), Some("r" | "br"));
                let hashes = words.iter().rev().take_while(|word| *word == "#").count();
                let raw = raw
                    || (hashes > 0 && matches!(words.iter().rev().nth(hashes), Some(w) if w == "r" || w == "br"));
                skip_string(&mut chars, raw, hashes);
            }
            // A character, unless it is a lifetime.
            '\'' => {
                let ahead: Vec<char> = chars.clone().take(2).collect();
                if ahead.first() == Some(&'\\') {
                    chars.next();
                    chars.next();
                    while chars.next().is_some_and(|c| c != '\'') {}
                } else if ahead.get(1) == Some(&'\'') {
                    chars.next();
                    chars.next();
                } else {
                    while chars.next_if(|c| c.is_alphanumeric() || *c == '_').is_some() {}
                }
            }
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                words.push(word);
            }
            ':' if chars.peek() == Some(&':') => {
                chars.next();
                words.push("::".to_owned());
            }
            c if c.is_whitespace() => {}
            c => words.push(c.to_string()),
        }
    }
    let cut = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let end = words.windows(cut.len() + 2).position(|w| w[..cut.len()] == cut && w[cut.len() + 1] == "{");
    words.truncate(end.unwrap_or(words.len()));
    words
}

fn skip_string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, raw: bool, hashes: usize) {
    while let Some(c) = chars.next() {
        match c {
            '\\' if !raw => {
                chars.next();
            }
            '"' if !raw => return,
            '"' => {
                let seen = (0..hashes).take_while(|_| chars.next_if_eq(&'#').is_some()).count();
                if seen == hashes {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// Every path a source text names, `use` trees flattened: `use crate::{git, model::Oid}` gives
/// `crate::git` and `crate::model::Oid`.
pub(super) fn paths(text: &str) -> Vec<String> {
    let words = words(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words[at] == "use" && words.get(at + 1).is_some_and(|word| word != "<") {
            at += 1;
            tree(&words, &mut at, &[], &mut found);
            continue;
        }
        let mut path = Vec::new();
        while words.get(at).is_some_and(|word| is_name(word)) {
            path.push(words[at].clone());
            at += 1;
            if words.get(at).is_some_and(|word| word == "::") {
                at += 1;
            } else {
                break;
            }
        }
        if path.len() > 1 {
            found.push(path.join("::"));
        }
        if path.is_empty() {
            at += 1;
        }
    }
    found
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// One `use` tree from `at` on, below `prefix`.
fn tree(words: &[String], at: &mut usize, prefix: &[String], found: &mut Vec<String>) {
    let mut path = prefix.to_vec();
    while let Some(word) = words.get(*at) {
        match word.as_str() {
            "{" => {
                *at += 1;
                while words.get(*at).is_some_and(|word| word != "}") {
                    tree(words, at, &path, found);
                    if words.get(*at).is_some_and(|word| word == ",") {
                        *at += 1;
                    }
                }
                *at += 1;
                return;
            }
            "::" => {}
            "as" => *at += 1,
            "*" => path.push("*".to_owned()),
            name if is_name(name) => path.push(name.to_owned()),
            _ => break,
        }
        *at += 1;
    }
    found.push(path.join("::"));
}

#[test]
fn use_trees_are_flattened_and_prose_is_not_read() {
    let text = "//! use gix::not_this;\nuse std::{fs, path::{self, Path}};\nuse crate::git as g;\n\
                fn f<'a>() { let s = \"use tokio::x\"; let c = '\"'; clap::Parser::parse(); }\n\
                #[cfg(test)]\nmod tests { use std::process::Command; }\n";
    let expected = ["std::fs", "std::path::self", "std::path::Path", "crate::git", "clap::Parser::parse"];
    assert_eq!(paths(text), expected);
}
