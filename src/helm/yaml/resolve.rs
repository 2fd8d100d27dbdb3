//! What a plain scalar means to go-yaml v2 (its `resolve.go`): YAML 1.1 with some of 1.2.

/// The meaning of a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// Read as text, but quoted on the way out.
    Timestamp,
    /// The merge key `<<`.
    Merge,
    Str,
}

/// What `plain` means unquoted.
pub(super) fn resolve(plain: &str) -> Resolved {
    match plain {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Resolved::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Resolved::Bool(false);
        }
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        "<<" => return Resolved::Merge,
        _ => {}
    }
    match plain.as_bytes().first() {
        Some(b'.') => float(plain).map_or(Resolved::Str, Resolved::Float),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            if is_timestamp(plain) {
                return Resolved::Timestamp;
            }
            let digits = plain.replace('_', "");
            if let Some(value) = int(&digits) {
                return Resolved::Int(value);
            }
            float(&digits).map_or(Resolved::Str, Resolved::Float)
        }
        _ => Resolved::Str,
    }
}

/// `strconv.ParseInt(text, 0, 64)`, then `ParseUint`: prefixes 0x, 0o, 0b, and a leading 0 is octal.
fn int(text: &str) -> Option<i128> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let prefix = rest.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (radix, digits) = match prefix.as_str() {
        "0x" => (16, rest.get(2..)?),
        "0o" => (8, rest.get(2..)?),
        "0b" => (2, rest.get(2..)?),
        _ if rest.len() > 1 && rest.starts_with('0') => (8, rest.get(1..)?),
        _ => (10, rest),
    };
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let signed = rest.len() < text.len();
    let value = if negative { -value } else { value };
    (!signed || i64::try_from(value).is_ok()).then_some(value)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$` and within the range of a double.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_mantissa = all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let is_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    if !is_mantissa || !is_exponent {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The four layouts go-yaml tries: `2006-1-2`, with `T`, `t` and a zone, or with a space and none.
fn is_timestamp(text: &str) -> bool {
    let Some((year, rest)) = text.split_once('-') else { return false };
    if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let date_end = rest.find(['T', 't', ' ']).unwrap_or(rest.len());
    let (date, time) = rest.split_at(date_end);
    let Some((month, day)) = date.split_once('-') else { return false };
    let (Ok(year), Some(month), Some(day)) = (year.parse(), number(month, 12), number(day, 31)) else {
        return false;
    };
    if month == 0 || day == 0 || day > days_in(month, year) {
        return false;
    }
    match time.as_bytes().first() {
        None => true,
        Some(b' ') => time.get(1..).and_then(after_clock).is_some_and(str::is_empty),
        Some(_) => time.get(1..).and_then(after_clock).is_some_and(is_zone),
    }
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// One or two digits, at most `most`.
fn number(text: &str, most: u32) -> Option<u32> {
    let fits = matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|value| fits && *value <= most)
}

/// What follows `15:4:5.999` in `text`.
fn after_clock(text: &str) -> Option<&str> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, rest) = rest.split_once(':')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (second, rest) = rest.split_at(end);
    number(hour, 23)?;
    number(minute, 59)?;
    number(second, 59)?;
    let Some(fraction) = rest.strip_prefix(['.', ',']) else { return Some(rest) };
    let unread = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    (unread.len() < fraction.len()).then_some(unread)
}

/// `Z`, or `±hh:mm`.
fn is_zone(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else { return text == "Z" };
    let Some((hours, minutes)) = offset.split_once(':') else { return false };
    hours.len() == 2 && minutes.len() == 2 && number(hours, 24).is_some() && number(minutes, 60).is_some()
}

/// Whether `text` is a base 60 number of YAML 1.1, which go-yaml quotes for other readers' sake.
pub(super) fn is_base60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = unsigned.split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    let Some(last) = rest.pop() else { return false };
    let digit_or_underscore = |b: u8| b.is_ascii_digit() || b == b'_';
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().all(digit_or_underscore)
        && rest.iter().chain([&last]).all(|part| number(part, 59).is_some())
        && fraction.bytes().all(digit_or_underscore)
}

/// A float as `sigs.k8s.io/yaml` turns it into text: Go's shortest `%g` of it as a 32-bit float, so that
/// an unquoted `1.10` becomes `1.1` and `1e6` becomes `1e+06`.
#[expect(clippy::cast_possible_truncation, reason = "the library formats every float with 32 bits")]
pub(in crate::helm) fn float_text(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    general(&format!("{value:e}"), &value.to_string())
}

/// A float as go-yaml writes it: shortest `%g` with 64 bits.
pub(super) fn float_yaml(value: f64) -> String {
    general(&format!("{value:e}"), &value.to_string())
}

/// Go's rule for `%g`: an exponent below -4 or from 6 on is written out (strconv/ftoa.go, shortest
/// digits).
fn general(scientific: &str, positional: &str) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return positional.to_owned() };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return positional.to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}
