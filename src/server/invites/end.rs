//! The end of all pending invites of a campaign, or of a band. They can be many: the first thousand end in the
//! transaction that decides it, the others a thousand at a time, so that other people's requests come in between. What is
//! still to do stands in `ending`. Whoever began goes on with it, and where they could not, the sweeper does.
//!
//! Rows follow; the decision is true at once: an invite whose band or campaign is gone is accepted by nobody.

use crate::{
    domain::{AccountId, BandId, CampaignId, CancelReason, Timestamp},
    server::store::{Error, ToValue, Tx, dialect::intern},
};

use super::cancel::Cancel;

/// How many end in one transaction.
const BATCH: i64 = 1_000;

crate::row! {
    /// What ends, by whose decision, and when it was taken: what is made later does not.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct End {
        pub(crate) band: BandId,
        /// The campaign whose invites end; `None` for all of the band's.
        pub(crate) campaign: Option<CampaignId>,
        pub(crate) reason: CancelReason,
        pub(crate) actor: AccountId,
        pub(crate) at: Timestamp,
    }
}

/// How far an end has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    /// How many invites end in all.
    pub(crate) cancelled: u64,
    /// What is still to do, for [`go_on`].
    pub(crate) rest: Option<Rest>,
}

crate::row! {
    /// An end that is not through.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Rest { seq: i64 }
}
crate::row! { struct Count { n: i64 } }
crate::row! { struct Past { past: i64 } }

impl End {
    /// Ends the first of them. Those of a band end in transactions of their own alone: who accepts holds an invite and
    /// then counts in the band's row, which is held here.
    pub(crate) fn begin(self, tx: &mut Tx<'_>) -> Result<Begun, Error> {
        let Step { ended, past } = match self.campaign {
            Some(_) => self.step(tx, 0)?,
            None => Step { ended: 0, past: Some(0) },
        };
        let Some(past) = past else { return Ok(Begun { cancelled: ended.unsigned_abs(), rest: None }) };
        // Figures are written at the commit: these are from before the first step.
        let before: Option<Count> = match &self.campaign {
            Some(campaign) => tx.query_one(
                "SELECT pending AS n FROM tally WHERE band = $1 AND dimension = 'campaign' AND subject = $2",
                &[&self.band, campaign],
            )?,
            None => None,
        };
        let rest = tx.query_one(
            "INSERT INTO ending (band, campaign, reason, actor, at, past) VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq",
            &[&self.band, &self.campaign, &self.reason, &self.actor, &self.at, &past],
        )?;
        let cancelled = before.map_or(ended, |count| count.n.max(ended)).unsigned_abs();
        Ok(Begun { cancelled, rest })
    }

    /// Ends at most [`BATCH`] of those behind the row `past`.
    fn step(&self, tx: &mut Tx<'_>, past: i64) -> Result<Step, Error> {
        let (whose, id): (_, &dyn ToValue) = match &self.campaign {
            Some(campaign) => ("campaign", campaign),
            None => ("band", &self.band),
        };
        let some = intern(format!(
            "SELECT seq FROM invite WHERE {whose} = $1 AND status = 'pending' AND created_at <= $2 AND seq > $3
             ORDER BY seq LIMIT $4"
        ));
        let found: Vec<Rest> = tx.query(some, &[id, &self.at, &past, &BATCH])?;
        let Some(last) = found.last().map(|last| last.seq) else { return Ok(Step { ended: 0, past: None }) };
        let which = format!("{whose} = $4 AND created_at <= $5 AND seq > $6 AND seq <= $7");
        let cancel = Cancel { reason: self.reason, actor: Some(self.actor), account: None, now: self.at };
        let ended = cancel.pending(tx, &which, &[id, &self.at, &past, &last])?;
        Ok(Step { ended, past: (found.len() as i64 == BATCH).then_some(last) })
    }
}

/// How many ended in a step, and where the next one begins, if there is more.
struct Step {
    ended: i64,
    past: Option<i64>,
}

/// The end that waits longest to be gone on with.
pub(crate) fn waiting_end(tx: &mut Tx<'_>) -> Result<Option<Rest>, Error> {
    tx.query_one("SELECT seq FROM ending ORDER BY seq LIMIT 1", &[])
}

/// Goes on with an end, a step; it comes back while there is more to do. Those who do this at once take turns.
pub(crate) fn go_on(tx: &mut Tx<'_>, rest: Rest) -> Result<Option<Rest>, Error> {
    let lock = tx.dialect().pick("", " FOR UPDATE");
    let sql = intern(format!("SELECT past FROM ending WHERE seq = $1{lock}"));
    let Some(Past { past }) = tx.query_one(sql, &[&rest.seq])? else { return Ok(None) };
    let end = "SELECT band, campaign, reason, actor, at FROM ending WHERE seq = $1";
    let Some(end) = tx.query_one::<End>(end, &[&rest.seq])? else { return Ok(None) };
    if let Some(past) = end.step(tx, past)?.past {
        let _ = tx.execute("UPDATE ending SET past = $2 WHERE seq = $1", &[&rest.seq, &past])?;
        return Ok(Some(rest));
    }
    let _ = tx.execute("DELETE FROM ending WHERE seq = $1", &[&rest.seq])?;
    Ok(None)
}
