//! How many mails an account, and a band, may have sent in a day: a server that anybody can sign up to sends nobody's
//! advertisements.
//!
//! Counted is what was queued, in the database, so that all nodes agree. An account's row is held while it is counted; of
//! a band several accounts can overshoot by what they send in the same instant. What one address bears is counted where
//! mail is queued.

use crate::{
    domain::{AccountId, BandId, Timestamp},
    server::{
        App, Refused, accounts,
        outbox::A_DAY,
        store::{Error, ToValue, Tx},
    },
};

crate::row! { struct Queued { n: i64, oldest: Option<Timestamp> } }

/// What may still be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// How many mails; `None` is any number.
    mails: Option<i64>,
    /// After how many seconds there is room again, where there is none.
    wait: i64,
}

/// Whether the mails of accounts are counted.
pub(super) fn counts(app: &App) -> bool {
    app.settings().mail.is_on()
}

/// Holds the account while its mails are counted. Before memberships and invites, as everywhere: two transactions never
/// wait for each other in a circle.
pub(super) fn hold(tx: &mut Tx<'_>, app: &App, account: AccountId) -> Result<(), Error> {
    if counts(app) { accounts::hold(tx, account) } else { Ok(()) }
}

impl Allowance {
    /// What the account may still have sent for the band.
    pub(super) fn of(
        tx: &mut Tx<'_>,
        app: &App,
        band: BandId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut own = Self { mails: None, wait: 0 };
        if !counts(app) {
            return Ok(own);
        }
        let limits = &app.settings().limits;
        let of_account = "SELECT COUNT(*) AS n, MIN(created_at) AS oldest FROM (
                SELECT created_at FROM mail WHERE actor = $1 AND created_at > $2 AND kind = 'invite'
                ORDER BY created_at DESC LIMIT $3) AS found";
        let of_band = "SELECT COUNT(*) AS n, MIN(created_at) AS oldest FROM (
                SELECT created_at FROM mail WHERE band = $1 AND created_at > $2 AND kind = 'invite'
                ORDER BY created_at DESC LIMIT $3) AS found";
        own.lower(tx, of_account, &account, limits.mails_per_account_per_day, now)?;
        own.lower(tx, of_band, &band, limits.mails_per_band_per_day, now)?;
        Ok(own)
    }

    fn lower(
        &mut self,
        tx: &mut Tx<'_>,
        sql: &'static str,
        of: &dyn ToValue,
        most: u32,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (most, since) = (i64::from(most), now.plus_seconds(-A_DAY));
        let queued: Option<Queued> = tx.query_one(sql, &[of, &since, &most])?;
        let n = queued.as_ref().map_or(0, |queued| queued.n);
        // There is room again once the oldest of the latest that fill it is a day old.
        if let Some(oldest) = queued.and_then(|queued| queued.oldest).filter(|_| n >= most) {
            self.wait = self.wait.max(A_DAY - now.seconds_since(oldest));
        }
        self.mails = Some(self.mails.map_or(most - n, |mails| mails.min(most - n)));
        Ok(())
    }

    /// Takes one mail out of it; refused is what is too much.
    pub(super) fn take(&mut self) -> Result<(), Refused> {
        match &mut self.mails {
            None => Ok(()),
            Some(mails) if *mails > 0 => {
                *mails -= 1;
                Ok(())
            }
            Some(_) => Err(Refused::NoMail { seconds: self.wait.max(1).unsigned_abs() }),
        }
    }
}
