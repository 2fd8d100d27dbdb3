//! What an answer says about asking again: rate limits, `Retry-After`, and trouble of GitHub's own.
//!
//! <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>

use std::time::Duration;

use super::answer::Answer;

/// Without a word of GitHub's, this is the least it wants waited.
const UNSAID: Duration = Duration::from_secs(60);

/// Whether another moment may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It is an answer.
    Never,
    /// A rate limit: nothing was done, and it will be after this.
    After(Duration),
    /// GitHub had trouble: a read may be repeated, a write may have been done.
    Trouble,
}

/// Looks at an answer. `limited` is how often a limit without a time was met before.
pub(super) fn again(answer: &Answer, limited: u32) -> Again {
    match answer.status {
        500 | 502 | 503 | 504 => match seconds(answer, "retry-after") {
            Some(wait) if answer.status == 503 => Again::After(wait),
            _ => Again::Trouble,
        },
        403 | 429 => limit(answer, limited).map_or(Again::Never, Again::After),
        _ => Again::Never,
    }
}

/// How long a limit lasts; none where it is none: most 403 are about permissions.
fn limit(answer: &Answer, limited: u32) -> Option<Duration> {
    if let Some(wait) = seconds(answer, "retry-after") {
        return Some(wait);
    }
    let spent = answer.header("x-ratelimit-remaining") == Some("0");
    if spent && let Some(wait) = until_reset(answer) {
        return Some(wait);
    }
    let said = answer.message().to_lowercase();
    let said = said.contains("rate limit") || said.contains("abuse detection");
    (spent || said || answer.status == 429).then(|| UNSAID.saturating_mul(2_u32.saturating_pow(limited)))
}

fn seconds(answer: &Answer, name: &str) -> Option<Duration> {
    answer.header(name)?.trim().parse().ok().map(Duration::from_secs)
}

/// Until the limit is lifted, by GitHub's own clock.
fn until_reset(answer: &Answer) -> Option<Duration> {
    let reset: i64 = answer.header("x-ratelimit-reset")?.trim().parse().ok()?;
    let date = jiff::fmt::rfc2822::DateTimeParser::new();
    let now = date.parse_timestamp(answer.header("date")?).ok()?.as_second();
    // A second more: the last one has to be over.
    u64::try_from(reset.saturating_sub(now).saturating_add(1)).ok().map(|wait| Duration::from_secs(wait.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], message: &str) -> Answer {
        Answer::made(status, headers, &format!("{{\"message\":\"{message}\"}}"))
    }

    fn after(seconds: u64) -> Again {
        Again::After(Duration::from_secs(seconds))
    }

    #[test]
    fn a_limit_says_how_long_or_a_minute_and_then_two() {
        assert_eq!(again(&answer(403, &[("retry-after", "7")], ""), 0), after(7));
        assert_eq!(again(&answer(429, &[("retry-after", "7")], ""), 0), after(7));
        let spent = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1763683230"),
            ("date", "Fri, 21 Nov 2025 00:00:00 GMT"),
        ];
        assert_eq!(again(&answer(403, &spent, ""), 0), after(31));
        assert_eq!(again(&answer(403, &[("x-ratelimit-remaining", "0")], ""), 0), after(60));
        let secondary = "You have exceeded a secondary rate limit";
        assert_eq!(again(&answer(403, &[], secondary), 0), after(60));
        assert_eq!(again(&answer(429, &[], ""), 1), after(120));
    }

    #[test]
    fn a_missing_permission_is_no_limit() {
        let refused = answer(403, &[("x-ratelimit-remaining", "4999")], "Resource not accessible by integration");
        assert_eq!(again(&refused, 0), Again::Never);
        for status in [200, 304, 401, 404, 405, 409, 422] {
            assert_eq!(again(&answer(status, &[], ""), 0), Again::Never);
        }
        for status in [500, 502, 503, 504] {
            assert_eq!(again(&answer(status, &[], ""), 0), Again::Trouble);
        }
    }
}
