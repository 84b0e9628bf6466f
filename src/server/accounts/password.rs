//! Passwords: Argon2id (RFC 9106), a few at a time and never on the threads that answer requests.

use std::sync::LazyLock;

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

use crate::{api::Code, server::Refused};

/// Hashes at work at once. Each takes 19 MiB and a core for a moment; more at once would only be slower together.
static AT_WORK: Semaphore = Semaphore::const_new(2);

/// What a log-in to nobody is checked against, so that it takes as long as one to somebody.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| digest("nobody's password", [0; 16]));

fn digest(password: &str, salt: [u8; 16]) -> Option<String> {
    let hash: argon2::PasswordHash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).ok()?;
    Some(hash.to_string())
}

async fn at_work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
    let busy =
        || Refused::new(Code::Unavailable, "The server cannot check passwords right now. Try again in a moment.");
    let _permit = AT_WORK.acquire().await.map_err(|_| busy())?;
    tokio::task::spawn_blocking(work).await.map_err(|_| busy())
}

/// The hash to keep for a password.
pub(crate) async fn hash(password: String, salt: [u8; 16]) -> Result<String, Refused> {
    at_work(move || digest(&password, salt))
        .await?
        .ok_or_else(|| Refused::new(Code::Internal, "The server could not hash the password."))
}

/// Whether `password` is the one that `kept` was made from; the time is the same where there is none.
pub(crate) async fn verify(password: String, kept: Option<String>) -> Result<bool, Refused> {
    at_work(move || {
        let known = kept.is_some();
        let against = kept.or_else(|| NOBODY.clone()).unwrap_or_default();
        let same = Argon2::default().verify_password(password.as_bytes(), against.as_str()).is_ok();
        same && known
    })
    .await
}
