//! The trust roots of a run, for people.

use sigstore_types::TimeRange;

use super::roots::{Age, MAX_AGE_DAYS, Roots, newest};
use crate::model::{RootLine, RootPart, Timestamp};

impl Roots {
    /// Each root with where it comes from, and how long each part of it counts.
    pub fn show(&self) -> Vec<RootLine> {
        let line = |chosen: super::roots::Chosen| {
            let date = newest(&chosen.root).map_or_else(|| "no date".to_owned(), day);
            let source = match chosen.age {
                Age::Given => "given".to_owned(),
                Age::Embedded => format!("came with this program, as of {date}"),
                Age::Kept { refreshed, now } => {
                    let days = now.seconds().saturating_sub(refreshed.seconds()).div_euclid(24 * 60 * 60);
                    let refreshed = refreshed.date();
                    format!("refreshed {refreshed} ({days} days ago, counts for {MAX_AGE_DAYS}), as of {date}")
                }
            };
            let root = &chosen.root;
            let authorities =
                root.certificate_authorities.iter().map(|ca| part("authority", &ca.uri, ca.valid_for));
            let logs = root.tlogs.iter().map(|log| part("log", &log.base_url, log.public_key.valid_for));
            let certificate_logs =
                root.ctlogs.iter().map(|log| part("certificate log", &log.base_url, log.public_key.valid_for));
            let stamps = root.timestamp_authorities.iter().map(|tsa| {
                let name = tsa.uri.as_deref().or(tsa.subject.common_name.as_deref()).unwrap_or_default();
                part("timestamp authority", name, tsa.valid_for)
            });
            RootLine {
                stale: chosen.stale(),
                source,
                parts: authorities.chain(logs).chain(certificate_logs).chain(stamps).collect(),
                name: chosen.name,
            }
        };
        self.chosen().into_iter().map(line).collect()
    }
}

fn part(kind: &str, name: &str, window: Option<TimeRange>) -> RootPart {
    RootPart {
        kind: kind.to_owned(),
        name: name.to_owned(),
        from: window.map(|window| day(window.start.as_second())),
        to: window.and_then(|window| window.end).map(|end| day(end.as_second())),
    }
}

fn day(seconds: i64) -> String {
    Timestamp::from_seconds(seconds).date()
}
