//! Name and version of a `Chart.yaml` at a glance, for telling charts apart by the hundred.

/// The name and version, where both stand as plain scalars on lines of their own, as they nearly always
/// do; none where only a YAML parser could tell ([`super::Metadata::parse`] then does). For showing, never
/// for judging: nothing else of the file is looked at.
pub fn glance(chart_yaml: &[u8]) -> Option<(String, String)> {
    let (mut name, mut version) = (None, None);
    for line in chart_yaml.split(|byte| *byte == b'\n') {
        // Most lines are told apart by their first byte.
        let (key, value) = match line.first() {
            Some(b'n') => (&mut name, line.strip_prefix(b"name:")),
            Some(b'v') => (&mut version, line.strip_prefix(b"version:")),
            Some(b'-') if line.starts_with(b"---") && (name.is_some() || version.is_some()) => return None,
            _ => continue,
        };
        if let Some(value) = value
            && key.replace(plain(value)?).is_some()
        {
            return None;
        }
    }
    let (name, version) = (name?, version?);
    // `1.10` would be a number to YAML; with two dots it is text to everybody.
    (version.matches('.').count() >= 2).then_some((name, version))
}

/// A plain scalar, or a quoted one that says the same without its quotes.
fn plain(value: &[u8]) -> Option<String> {
    let value = std::str::from_utf8(value).ok()?.split(" #").next()?.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    let value = quoted.unwrap_or(value);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let begins = value.starts_with(|c: char| c.is_ascii_alphanumeric());
    (begins && value.chars().all(plain)).then(|| value.to_owned())
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
