//! Asking services: what an answer means, when to ask again, and the one place that waits for a socket.

use std::time::Duration;

use sigstore_sign::reqwest;

use super::Error;
use super::reason::one_line;
use super::token::Token;

/// How long to wait before asking again, each time, in milliseconds; one half more or less.
const WAITS: [u64; 3] = [300, 900, 2_700];

/// Runs what waits for sockets. It gets a thread and a runtime of its own, which exist only as long as that:
/// the callers are synchronous, and some of them are called by something that waits already.
pub(super) fn wait<R: Send, F>(work: impl FnOnce() -> F + Send) -> Result<R, Error>
where
    F: Future<Output = Result<R, Error>>,
{
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Sign(format!("could not start what waits for the network: {error}")))?;
        runtime.block_on(work())
    };
    std::thread::scope(|scope| scope.spawn(run).join())
        .unwrap_or_else(|_| Err(Error::Sign("what waits for the network stopped".to_owned())))
}

/// What every request is made with.
pub(super) fn client() -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
        .user_agent(concat!("git-lineage/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Error::Sign(format!("no HTTP client: {}", one_line(&error.to_string()))))
}

/// Asks, and asks again a few times where another moment may do: not reached, too busy, broken inside. What
/// was refused stays refused.
pub(super) async fn patiently<T>(ask: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    for pause in WAITS {
        match ask().await {
            Err(Error::Service { .. }) => tokio::time::sleep(about(pause)).await,
            answered => return answered,
        }
    }
    ask().await
}

/// About so many milliseconds, so that jobs that failed together do not come back together.
fn about(milliseconds: u64) -> Duration {
    let mut byte = [128];
    // Without dice the pause is the usual one.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    Duration::from_millis(milliseconds / 2 + milliseconds * u64::from(byte[0]) / 255)
}

/// What a failed request says: `status` as the service answered, `spoken` where HTTP itself failed without one.
pub(super) fn judged(service: &'static str, status: Option<u16>, spoken: bool, why: &str) -> Error {
    let why = one_line(why);
    match status {
        Some(408 | 429 | 500..) => Error::Service { service, why },
        None if spoken => Error::Service { service, why },
        Some(_) => Error::Refused { service, why },
        None => Error::Nonsense { service, why },
    }
}

/// The certificate authority is the one that is shown the token.
pub(super) fn authority(error: &sigstore_sign::fulcio::Error, token: &Token) -> Error {
    use sigstore_sign::fulcio::Error as E;
    let (status, spoken) = match error {
        E::Status { status, .. } => (Some(*status), true),
        E::Http(_) => (None, true),
        _ => (None, false),
    };
    judged("the certificate authority", status, spoken, &token.unquoted(&error.to_string()))
}

pub(super) fn log(error: &sigstore_sign::rekor::Error) -> Error {
    use sigstore_sign::rekor::Error as E;
    let (status, spoken) = match error {
        E::Status { status, .. } => (Some(*status), true),
        E::Http(_) => (None, true),
        _ => (None, false),
    };
    judged("the log", status, spoken, &error.to_string())
}

pub(super) fn stamper(error: &sigstore_sign::tsa::Error) -> Error {
    use sigstore_sign::tsa::Error as E;
    let (status, spoken) = match error {
        // Its client tells the status in words alone.
        E::Http(why) => {
            (why.split_once("returned status ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok()), true)
        }
        _ => (None, false),
    };
    judged("the timestamp authority", status, spoken, &error.to_string())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn kind(error: &Error) -> &'static str {
        match error {
            Error::Service { .. } => "another time",
            Error::Refused { .. } => "refused",
            Error::Nonsense { .. } => "nonsense",
            _ => "else",
        }
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        let token = Token::parse("e30.eyJpc3MiOiJpIiwic3ViIjoicyIsImV4cCI6NDAwMDAwMDAwMH0.c2ln").unwrap();
        for (status, wanted) in [(400, "refused"), (401, "refused"), (403, "refused"), (409, "refused")]
            .into_iter()
            .chain([(408, "another time"), (429, "another time"), (500, "another time"), (503, "another time")])
        {
            let fulcio = sigstore_sign::fulcio::Error::Status { status, message: "m".to_owned() };
            let rekor = sigstore_sign::rekor::Error::Status { status, message: "m".to_owned() };
            let tsa = sigstore_sign::tsa::Error::Http(format!("TSA returned status {status} Something"));
            assert_eq!([kind(&authority(&fulcio, &token)), kind(&log(&rekor)), kind(&stamper(&tsa))], [wanted; 3]);
        }
        assert_eq!(kind(&log(&sigstore_sign::rekor::Error::Http("no route".to_owned()))), "another time");
        assert_eq!(kind(&log(&sigstore_sign::rekor::Error::InvalidResponse("x".to_owned()))), "nonsense");
        assert_eq!(kind(&stamper(&sigstore_sign::tsa::Error::NoToken)), "nonsense");

        let asked = Cell::new(0);
        let ask = |error: fn() -> Error| {
            asked.set(0);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let done: Result<(), Error> = runtime.unwrap().block_on(patiently(async || {
                asked.set(asked.get() + 1);
                Err(error())
            }));
            assert!(done.is_err());
            asked.get()
        };
        assert_eq!(ask(|| judged("s", Some(403), true, "no")), 1);
        assert_eq!(ask(|| judged("s", None, true, "down")), 4);
    }
}
