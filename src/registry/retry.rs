//! Trying again, where that can help.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use super::Error;
use super::destination::is_loopback;

/// How patient a conversation is. One more try than pauses is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The pause after the first try, after the second.
    pub(super) pauses: [Duration; 2],
    /// The longest pause that a registry may ask for with `Retry-After`.
    pub(super) longest: Duration,
    /// How long nothing may come before a connection is given up.
    pub(super) silence: Duration,
    /// How long a whole exchange may take, besides the time its bytes may need.
    pub(super) whole: Duration,
    /// No transfer that takes its time may be slower than this, in bytes per second.
    pub(super) slowest: u64,
    /// A blob up to this many bytes goes in one piece, a longer one in pieces of this length.
    pub(super) piece: usize,
    /// After how long a written index that is still there counts as kept.
    pub(super) settled: Duration,
}

impl Pace {
    /// The pace towards a host. A registry on this machine is there or is not: waiting brings little.
    pub(super) fn towards(host: &str) -> Self {
        let local = is_loopback(host);
        let (first, second) = if local { (100, 400) } else { (5_000, 10_000) };
        Self {
            pauses: [Duration::from_millis(first), Duration::from_millis(second)],
            longest: Duration::from_secs(60),
            silence: Duration::from_secs(if local { 10 } else { 60 }),
            whole: Duration::from_secs(if local { 20 } else { 120 }),
            slowest: if local { 1024 * 1024 } else { 32 * 1024 },
            piece: 8 * 1024 * 1024,
            settled: Duration::from_millis(if local { 150 } else { 1_500 }),
        }
    }

    /// Waits before the next try, which comes after `tries` pauses.
    pub(super) async fn wait(&self, tries: usize, again: Again) {
        let [first, second] = self.pauses;
        let pause = jittered(if tries == 0 { first } else { second });
        tokio::time::sleep(match again {
            Again::After(asked) => asked.min(self.longest).max(pause),
            Again::Never | Again::Soon => pause,
        })
        .await;
    }
}

/// Between half of a pause and one and a half of it, so that many who were refused together do not come back
/// together. Nothing is decided by this chance.
pub(super) fn jittered(pause: Duration) -> Duration {
    let chance = RandomState::new().build_hasher().finish() % 1024;
    pause / 2 + pause.mul_f64(f64::from(u32::try_from(chance).unwrap_or(0)) / 1024.0)
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
    for tries in 0..pace.pauses.len() {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(Failed { error, again: Again::Never }) => return Err(error),
            Err(Failed { again, .. }) => pace.wait(tries, again).await,
        }
    }
    attempt().await.map_err(|failed| failed.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ_and_keep_their_measure() {
        let pause = Duration::from_secs(8);
        let taken: Vec<Duration> = (0..100).map(|_| jittered(pause)).collect();
        assert!(taken.iter().all(|it| (pause / 2..=pause * 3 / 2).contains(it)), "{taken:?}");
        assert!(taken.iter().any(|it| *it != taken[0]));
    }
}
