//! What a poll asks: which of my bands have changed, and how many invites wait for me.

use crate::{
    api::{Sync, SyncBand, SyncInbox},
    domain::{AccountId, BandId, Timestamp},
    server::{Refused, store::Tx},
};

crate::row! {
    /// A band with its revision, or, without an id, the number of invites in the inbox.
    struct Line { id: Option<BandId>, number: i64 }
}

/// The account's bands with their revisions, in the order of their ids, and the size of its inbox; one read.
pub(crate) fn sync(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Sync, Refused> {
    let lines: Vec<Line> = tx.query(
        "SELECT b.id AS id, b.revision AS number FROM member m JOIN band b ON b.id = m.band
         WHERE m.account = $1 AND b.deleted_at IS NULL
         UNION ALL SELECT NULL, COUNT(*) FROM invite
         WHERE account = $1 AND status = 'pending' AND (expires_at IS NULL OR expires_at > $2)
         UNION ALL SELECT NULL, COUNT(*) FROM invite
         WHERE email = (SELECT email FROM account WHERE id = $1 AND email_verified) AND kind = 'email'
            AND status = 'pending' AND (expires_at IS NULL OR expires_at > $2)",
        &[&account, &now],
    )?;
    let mut sync = Sync { inbox: SyncInbox { pending: 0 }, bands: Vec::with_capacity(lines.len()) };
    for Line { id, number } in lines {
        match id {
            Some(id) => sync.bands.push(SyncBand { id, revision: number }),
            None => sync.inbox.pending += u32::try_from(number).unwrap_or(u32::MAX),
        }
    }
    // The same state is the same answer, whatever plan the database chose.
    sync.bands.sort_unstable_by_key(|band| band.id);
    Ok(sync)
}
