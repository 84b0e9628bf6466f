//! Passwords: Argon2id (RFC 9106), a few at a time and never on the threads that answer requests.

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHash, Version,
    password_hash::phc::{Output, ParamsString, Salt},
};
use tokio::sync::Semaphore;

use crate::{api::Code, server::Refused};

/// Hashes at work at once. Each takes 19 MiB and a core for a moment; more at once would only be slower together.
static AT_WORK: Semaphore = Semaphore::const_new(2);

/// What a log-in to nobody is checked against, so that it takes as long as one to somebody.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| digest("nobody's password", [0; 16]));

/// Blocks of 1 KiB that are asked for, far more than are used. Above 32 MiB the C library gives memory back as soon as it
/// is free; below, every thread that ever hashed would keep its own. What is not touched costs nothing.
const ROOM: usize = 33 * 1024;

fn output(argon: &Argon2<'_>, password: &str, salt: &Salt) -> Option<Output> {
    let blocks = argon.params().block_count();
    let mut memory = Vec::with_capacity(ROOM.max(blocks));
    memory.resize(blocks, Block::new());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    argon.hash_password_into_with_memory(password.as_bytes(), salt.as_ref(), &mut output, &mut memory).ok()?;
    Output::new(&output).ok()
}

fn digest(password: &str, salt: [u8; 16]) -> Option<String> {
    let (argon, salt) = (Argon2::default(), Salt::new(&salt).ok()?);
    let hash = PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(argon.params()).ok()?,
        hash: Some(output(&argon, password, &salt)?),
        salt: Some(salt),
    };
    Some(hash.to_string())
}

/// Whether `kept` was made from this password, by whatever figures it says. `None` where it is no such hash.
fn matches(password: &str, kept: &str) -> Option<bool> {
    let kept = PasswordHash::new(kept).ok()?;
    let (algorithm, version) = (Algorithm::try_from(kept.algorithm.as_str()).ok()?, kept.version?);
    let argon = Argon2::new(algorithm, Version::try_from(version).ok()?, Params::try_from(&kept).ok()?);
    // Outputs are compared in constant time.
    Some(output(&argon, password, &kept.salt?)? == kept.hash?)
}

async fn at_work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
    let busy =
        || Refused::new(Code::Unavailable, "The server cannot check passwords right now. Try again in a moment.");
    let permit = AT_WORK.acquire().await.map_err(|_| busy())?;
    let work = move || {
        // Kept until the work ends, also where nobody waits for it any more.
        let _permit = permit;
        work()
    };
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
        let same = matches(&password, &against);
        same == Some(true) && known
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an earlier version kept.
    const EARLIER: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$tUViCdeLa4SWPtZmu6kw8IhBaYD5iBtZELvMP/SkuN0";

    #[test]
    fn a_password_opens_what_was_kept_of_it_and_no_other_does() {
        let kept = digest("a long enough pass-phrase", [7; 16]).unwrap();
        assert_eq!(kept, EARLIER);
        assert_eq!(matches("a long enough pass-phrase", EARLIER), Some(true));
        assert_eq!(matches("a long enough pass-phrase ", EARLIER), Some(false));
        assert_eq!(matches("a long enough pass-phrase", "no hash"), None);
    }
}
