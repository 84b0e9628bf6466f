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
        /// The resource that was made or changed.
        pub(crate) resource: Option<[u8; 16]>,
        /// What else the answer is rebuilt from.
        pub(crate) outcome: Option<String>,
    }
}

impl Claim {
    /// The first request's result, `None` if this is the first. Another request under the same key is refused.
    pub(crate) fn earlier(&self, tx: &mut Tx<'_>) -> Result<Option<Earlier>, Refused> {
        let earlier: Option<Earlier> = tx.query_one(
            "SELECT request_hash, created_at, resource, outcome FROM idempotency
             WHERE account = $1 AND path = $2 AND idempotency_key = $3",
            &[&self.account, &self.path, &self.key],
        )?;
        match earlier {
            Some(old) if self.now.seconds_since(old.created_at) >= REMEMBERED_SECONDS => {
                let _ = tx.execute(
                    "DELETE FROM idempotency WHERE account = $1 AND path = $2 AND idempotency_key = $3",
                    &[&self.account, &self.path, &self.key],
                )?;
                Ok(None)
            }
            Some(old) if old.request_hash != self.request_hash => Err(Refused::new(
                Code::IdempotencyMismatch,
                "This Idempotency-Key belongs to another request: send a new key with a new request.",
            )),
            earlier => Ok(earlier),
        }
    }

    /// Remembers what the request came to. Of two requests at once with one key the second fails here, and its work
    /// with it, so that a retry finds the first.
    pub(crate) fn remember(
        &self,
        tx: &mut Tx<'_>,
        resource: Option<[u8; 16]>,
        status: u16,
        outcome: Option<&str>,
    ) -> Result<(), Refused> {
        let written = tx.execute(
            "INSERT INTO idempotency (account, path, idempotency_key, request_hash, resource, status, outcome, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            &[&self.account, &self.path, &self.key, &self.request_hash, &resource, &i64::from(status), &outcome, &self.now],
        )?;
        if written == 1 {
            return Ok(());
        }
        Err(Refused::new(Code::Unavailable, "The same request is being worked on: try again in a moment."))
    }
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
