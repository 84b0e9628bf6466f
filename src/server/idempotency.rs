//! A retry gives the first answer and no second effect (`Idempotency-Key`): per account and path, for 24 hours.
//!
//! Kept is what the answer is rebuilt from, in the transaction of the effect; no secret is.

use crate::{
    api::Code,
    domain::{AccountId, Timestamp},
};

use super::{
    Refused,
    store::{Error, Tx},
};

/// Seconds for which a key is remembered.
pub(crate) const REMEMBERED_SECONDS: i64 = 24 * 3_600;

/// One request that carries a key.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// Who asks.
    pub(crate) account: AccountId,
    /// What for.
    pub(crate) path: String,
    /// The key, as the caller chose it.
    pub(crate) key: String,
    /// SHA-256 of the request's body.
    pub(crate) request_hash: [u8; 32],
    /// When it was asked.
    pub(crate) now: Timestamp,
}

crate::row! {
    /// What the first request with this key came to.
    #[derive(Debug, Clone)]
    pub(crate) struct Earlier {
        request_hash: Vec<u8>,
        created_at: Timestamp,
        /// The HTTP status of the first answer.
        pub(crate) status: i64,
        /// The resource that was made or changed.
        pub(crate) resource: Option<[u8; 16]>,
        /// What else the answer is rebuilt from.
        pub(crate) outcome: Option<String>,
    }
}

impl Claim {
    /// The first request's result, `None` if this is the first. Another request under the same key is refused; one
    /// that comes while the first is at work waits for it.
    pub(crate) fn earlier(&self, tx: &mut Tx<'_>) -> Result<Option<Earlier>, Refused> {
        // The key is taken before the work, so that the work is not done twice. A refusal gives it back.
        for _ in 0..3 {
            let taken = tx.execute(
                "INSERT INTO idempotency (account, path, idempotency_key, request_hash, status, created_at)
                 VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT DO NOTHING",
                &[&self.account, &self.path, &self.key, &self.request_hash, &self.now],
            )?;
            if taken == 1 {
                return Ok(None);
            }
            let earlier: Option<Earlier> = tx.query_one(
                "SELECT request_hash, created_at, status, resource, outcome FROM idempotency
                 WHERE account = $1 AND path = $2 AND idempotency_key = $3",
                &[&self.account, &self.path, &self.key],
            )?;
            match earlier {
                Some(old) if self.now.seconds_since(old.created_at) >= REMEMBERED_SECONDS => {
                    let _ = tx.execute(
                        "DELETE FROM idempotency WHERE account = $1 AND path = $2 AND idempotency_key = $3",
                        &[&self.account, &self.path, &self.key],
                    )?;
                }
                Some(old) if old.request_hash != self.request_hash => {
                    return Err(Refused::new(
                        Code::IdempotencyMismatch,
                        "This Idempotency-Key belongs to another request: send a new key with a new request.",
                    ));
                }
                Some(earlier) => return Ok(Some(earlier)),
                None => {} // cleared away meanwhile
            }
        }
        Err(Refused::new(Code::Unavailable, "The same request is being worked on: try again in a moment."))
    }

    /// Remembers what the request came to, after [`Claim::earlier`] has taken its key.
    pub(crate) fn remember(
        &self,
        tx: &mut Tx<'_>,
        resource: Option<[u8; 16]>,
        status: u16,
        outcome: Option<&str>,
    ) -> Result<(), Refused> {
        let _ = tx.execute(
            "UPDATE idempotency SET resource = $4, status = $5, outcome = $6
             WHERE account = $1 AND path = $2 AND idempotency_key = $3",
            &[&self.account, &self.path, &self.key, &resource, &i64::from(status), &outcome],
        )?;
        Ok(())
    }
}

/// What a request came to, and what of it is remembered.
#[derive(Debug)]
pub(crate) struct Done<T> {
    /// The result.
    pub(crate) value: T,
    /// The HTTP status that goes with it.
    pub(crate) status: u16,
    /// The resource that was made or changed.
    pub(crate) resource: Option<[u8; 16]>,
    /// What else the answer is rebuilt from; no secret.
    pub(crate) outcome: Option<String>,
}

impl<T> Done<T> {
    /// A result that can be rebuilt from its resource alone.
    pub(crate) fn new(status: u16, resource: &[u8; 16], value: T) -> Self {
        Self { value, status, resource: Some(*resource), outcome: None }
    }
}

/// Does `work` unless an earlier request with the same key has done it: then `again` rebuilds that one's result, after
/// looking whether the caller may still have it. Without a claim the work is done.
pub(crate) fn once<T>(
    tx: &mut Tx<'_>,
    claim: Option<&Claim>,
    again: impl FnOnce(&mut Tx<'_>, Earlier) -> Result<T, Refused>,
    work: impl FnOnce(&mut Tx<'_>) -> Result<Done<T>, Refused>,
) -> Result<T, Refused> {
    let Some(claim) = claim else { return Ok(work(tx)?.value) };
    if let Some(earlier) = claim.earlier(tx)? {
        return again(tx, earlier);
    }
    let done = work(tx)?;
    claim.remember(tx, done.resource, done.status, done.outcome.as_deref())?;
    Ok(done.value)
}

/// Clears away at most `most` requests that need not be remembered any more at `now`; how many there were.
pub(crate) fn forget(tx: &mut Tx<'_>, now: Timestamp, most: i64) -> Result<usize, Error> {
    let gone = tx.execute(
        tx.dialect().pick(
            "DELETE FROM idempotency WHERE rowid IN
                (SELECT rowid FROM idempotency WHERE created_at <= $1 ORDER BY created_at LIMIT $2)",
            "DELETE FROM idempotency WHERE ctid = ANY
                (ARRAY(SELECT ctid FROM idempotency WHERE created_at <= $1 ORDER BY created_at LIMIT $2))",
        ),
        &[&now.plus_seconds(-REMEMBERED_SECONDS), &most],
    )?;
    Ok(gone as usize)
}
