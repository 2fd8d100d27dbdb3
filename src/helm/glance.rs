//! Name and version of a `Chart.yaml` at a glance, for telling charts apart by the hundred.

/// The name and version, where both stand as plain scalars on lines of their own, as they nearly always
/// do; none where only a YAML parser could tell ([`super::Metadata::parse`] then does). For showing, never
/// for judging: nothing else of the file is looked at.
pub fn glance(chart_yaml: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(chart_yaml).ok()?;
    let name = only(text, "name:")?;
    let version = only(text, "version:")?;
    // `1.10` would be a number to YAML; with two dots it is text to everybody.
    let text_to_yaml = version.matches('.').count() >= 2;
    (text_to_yaml && !text.contains("\n---")).then(|| (name.to_owned(), version.to_owned()))
}

/// The one plain value of a top-level key.
fn only<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut values = text.lines().filter_map(|line| line.strip_prefix(key));
    let value = values.next()?.split(" #").next()?.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    let value = quoted.unwrap_or(value);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let begins = value.starts_with(|c: char| c.is_ascii_alphanumeric());
    (values.next().is_none() && begins && value.chars().all(plain)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::glance;

    #[test]
    fn what_is_plain_is_seen_and_the_rest_left_to_the_parser() {
        let seen = |text: &str| glance(text.as_bytes());
        let is = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(seen("apiVersion: v2\nname: x\nversion: 1.2.3\n"), is("x", "1.2.3"));
        assert_eq!(seen("name: \"x\"\nversion: '1.2.3-rc.1+b5' # next\n"), is("x", "1.2.3-rc.1+b5"));
        assert_eq!(seen("name: x\nversion: 1.10\n"), None);
        assert_eq!(seen("name: x\nversion: 1.2.3\nversion: 1.2.4\n"), None);
        assert_eq!(seen("name: *anchor\nversion: 1.2.3\n"), None);
        assert_eq!(seen("name: x\nversion: 1.2.3\n---\nname: y\n"), None);
        assert_eq!(seen("{name: x, version: 1.2.3}"), None);
        assert_eq!(glance(b"name: \xff\nversion: 1.2.3\n"), None);
    }
}
