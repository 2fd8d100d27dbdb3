//! Trying again, where that can help.

use std::time::Duration;

use super::Error;
use super::destination::is_loopback;

/// How long to wait between tries. One more try than pauses is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The pause after the first try, after the second.
    pub(super) pauses: [Duration; 2],
    /// The longest pause that a registry may ask for with `Retry-After`.
    pub(super) longest: Duration,
}

impl Pace {
    /// The pace towards a host. A registry on this machine is there or is not: waiting brings little.
    pub(super) fn towards(host: &str) -> Self {
        let (first, second) = if is_loopback(host) { (100, 400) } else { (5_000, 10_000) };
        Self {
            pauses: [Duration::from_millis(first), Duration::from_millis(second)],
            longest: Duration::from_secs(60),
        }
    }
}

/// Whether another try can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It would end the same way.
    Never,
    /// After the pause.
    Soon,
    /// After what the registry asked for, at least the pause.
    After(Duration),
}

/// A try that failed.
#[derive(Debug)]
pub(super) struct Failed {
    /// What to say if it was the last.
    pub(super) error: Error,
    /// Whether it has to be the last.
    pub(super) again: Again,
}

/// Tries until it works, cannot work, or was tried often enough.
pub(super) async fn retry<T>(
    pace: &Pace,
    mut attempt: impl AsyncFnMut() -> Result<T, Failed>,
) -> Result<T, Error> {
    for pause in pace.pauses {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(Failed { error, again: Again::Never }) => return Err(error),
            Err(Failed { again: Again::Soon, .. }) => tokio::time::sleep(pause).await,
            Err(Failed { again: Again::After(asked), .. }) => {
                tokio::time::sleep(asked.min(pace.longest).max(pause)).await;
            }
        }
    }
    attempt().await.map_err(|failed| failed.error)
}
