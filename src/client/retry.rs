//! When to ask again, and how long to wait before.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::Error;
use crate::api::Code;

/// The longest wait that a server can ask for.
const MOST_WAIT: Duration = Duration::from_mins(1);
/// The first wait where the server names none; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// How long to bear with a server that cannot answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often to ask again.
    pub retries: u32,
    /// The longest single wait.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { retries: 3, longest_wait: MOST_WAIT }
    }
}

impl Patience {
    /// Every failure is told at once: for who asks again by themselves.
    pub const NONE: Self = Self { retries: 0, longest_wait: Duration::ZERO };
}

/// The retries of one request.
pub(super) struct Tries {
    patience: Patience,
    done: u32,
}

impl Tries {
    pub(super) const fn new(patience: Patience) -> Self {
        Self { patience, done: 0 }
    }

    /// How long to wait before the next try, `None` where another makes no sense.
    pub(super) fn next(&mut self, error: &Error) -> Option<Duration> {
        let passing = matches!(error, Error::Connection { .. } | Error::Gateway { .. })
            || matches!(error.code(), Some(Code::RateLimited | Code::Unavailable));
        if !passing || self.done >= self.patience.retries {
            return None;
        }
        let wished = error.retry_after().map(|seconds| Duration::from_secs(seconds.into()));
        let wait = wished.unwrap_or(FIRST_WAIT * 2u32.saturating_pow(self.done));
        // Waiting less than was asked for would only be refused again.
        if wait > self.patience.longest_wait {
            return None;
        }
        self.done += 1;
        Some(wait + wait.mul_f64(jitter() / 2.0))
    }
}

/// A number from 0 to 1, so that many clients do not come back at once.
fn jitter() -> f64 {
    let bytes = *uuid::Uuid::now_v7().as_bytes();
    f64::from(u16::from_be_bytes([bytes[14], bytes[15]])) / f64::from(u16::MAX)
}

/// The wait that the server asks for, in seconds: they, or an HTTP date. What makes no sense is none; what is too long to be
/// counted is long all the same.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<u32> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().unwrap_or(u32::MAX));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    let wait = u64::try_from(at.timestamp().duration_since(jiff::Timestamp::now()).as_secs()).ok()?;
    Some(u32::try_from(wait).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Problem;

    fn busy(retry_after: Option<u32>) -> Error {
        Error::Problem(Box::new(Problem { retry_after, ..Problem::new(Code::Unavailable, "busy") }))
    }

    fn header(text: &str) -> Option<u32> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, text.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn odd_retry_after_is_no_wish() {
        assert_eq!(header("7"), Some(7));
        for odd in ["", "-1", "+1", "soon", "1e9", "Thu, 01 Jan 1970 00:00:00 GMT"] {
            assert_eq!(header(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_wait_too_long_to_be_counted_is_none_to_try_again_after() {
        for long in ["4294967296", "99999999999999999999", "Thu, 31 Dec 9998 00:00:00 GMT"] {
            let wished = header(long);
            assert_eq!(wished, Some(u32::MAX), "{long}");
            let patience = Patience { retries: 3, longest_wait: Duration::from_secs(30) };
            assert_eq!(Tries::new(patience).next(&busy(wished)), None, "{long}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_wish_of_a_server_makes_anybody_wait_longer_than_they_would(
            text in proptest::prop_oneof![
                "[ -~]{0,40}", "[0-9]{1,12}", "(Mon|Tue|xyz), [0-9]{1,2} (Jan|Dec|Foo) [0-9]{1,6} [0-9]{2}:[0-9]{2}:[0-9]{2} (GMT|[+-][0-9]{4})",
            ],
            done in 0_u32..100,
        ) {
            let wish = header(&text);
            let patience = Patience { retries: 100, longest_wait: MOST_WAIT };
            if let Some(wait) = (Tries { patience, done }).next(&busy(wish)) {
                proptest::prop_assert!(wait >= Duration::from_secs(wish.unwrap_or_default().into()) && wait <= MOST_WAIT + MOST_WAIT / 2);
            }
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let mut tries = Tries::new(Patience::default());
        let waits: Vec<_> = std::iter::from_fn(|| tries.next(&busy(None))).collect();
        assert_eq!(waits.len(), 3);
        assert!(waits[2] > waits[0]);
    }

    #[test]
    fn a_wait_beyond_a_minute_is_left_to_the_person() {
        let mut tries = Tries::new(Patience::default());
        assert_eq!(tries.next(&busy(Some(61))), None);
        assert!(tries.next(&busy(Some(1))).is_some());
    }

    #[test]
    fn a_refusal_is_final() {
        let refused = Error::Problem(Box::new(Problem::new(Code::Forbidden, "no")));
        assert_eq!(Tries::new(Patience::default()).next(&refused), None);
    }
}
