//! What waits for a person.

use crate::{
    api::{BandRef, Block, Inbox, Person, Waiting},
    domain::{AccountId, BandId, CancelReason, InviteId, Kind, Role, Timestamp},
    server::{
        Refused, campaigns,
        page::Page,
        store::{Error, ToValue, Tx, dialect::intern},
    },
};

use super::{
    cancel::Cancel,
    decision::{self, is_decided},
    foretell::{Foretold, foretold},
    search::index_for,
};

crate::row! {
    struct Row {
        seq: i64, id: InviteId, band: BandId, band_name: String, kind: Kind, role: Role, inviter: AccountId,
        inviter_username: String, inviter_name: String, message: Option<String>, event: Option<String>,
        created_at: Timestamp, expires_at: Option<Timestamp>, requires_approval: bool, is_decided: bool,
    }
}

/// Which invites wait for the account `$1` at the time `$2`: those made for it, and those mailed to its address where that
/// is verified and no other account, made by it, holds its use. None to a band that the account is in. For statements over `invite i` and its `band b`. Of those that something was decided about that their rows
/// do not say ([`is_decided`](super::is_decided)) it is to be asked whether they still do ([`waits`]).
pub(crate) const WAITING: &str = concat!(
    "i.seq IN (
        SELECT seq FROM invite WHERE account = $1 AND kind = 'user' AND status = 'pending'
        UNION ALL
        SELECT seq FROM invite
        WHERE email = (SELECT email FROM account WHERE id = $1 AND email_verified) AND kind = 'email'
            AND status = 'pending')
    AND (i.max_uses IS NULL OR i.uses < i.max_uses
        OR EXISTS (SELECT 1 FROM redemption r WHERE r.account = $1 AND r.invite = i.id AND r.held))
    AND NOT EXISTS (SELECT 1 FROM member m WHERE m.band = i.band AND m.account = $1)
    AND (i.expires_at IS NULL OR i.expires_at > $2 OR ",
    is_decided!("i"),
    ") AND b.deleted_at IS NULL"
);

/// What an invite that is [`WAITING`] by its row will be, where something was decided about it and it still waits.
pub(crate) fn waits(tx: &mut Tx<'_>, band: BandId, id: InviteId, now: Timestamp) -> Result<Option<Foretold>, Error> {
    Ok(foretold(tx, band, &[id])?.remove(&id).filter(|one| one.is_pending(now)))
}

/// A page of the invites that wait for the account, newest first: those made for it, and those mailed to its address
/// where that is verified. An address that was only typed shows nothing.
pub(crate) fn inbox(tx: &mut Tx<'_>, account: AccountId, page: Page, now: Timestamp) -> Result<Inbox, Refused> {
    let (than, order, from) = page.reading(true);
    let sql = intern(format!(
        "SELECT i.seq AS seq, i.id AS id, i.band AS band, b.name AS band_name, i.kind AS kind, i.role AS role,
            c.id AS inviter, c.username AS inviter_username, c.display_name AS inviter_name, i.message AS message,
            k.event AS event, i.created_at AS created_at, i.expires_at AS expires_at,
            i.requires_approval AS requires_approval, {} AS is_decided
         FROM invite i JOIN band b ON b.id = i.band JOIN account c ON c.id = i.created_by
            LEFT JOIN campaign k ON k.id = i.campaign
         WHERE {WAITING} AND i.seq {than} $3
         ORDER BY i.seq {order} LIMIT $4",
        is_decided!("i")
    ));
    let rows: Vec<Row> = tx.query(sql, &[&account, &now, &from.seq, &page.fetch()])?;
    let (mut rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    foretell(tx, &mut rows, now)?;
    Ok(Inbox { invites: rows.into_iter().map(Row::into_waiting).collect(), next_cursor, prev_cursor })
}

/// Makes of those that something was decided about what they will be, and leaves out what waits no more.
fn foretell(tx: &mut Tx<'_>, rows: &mut Vec<Row>, now: Timestamp) -> Result<(), Error> {
    for mut row in std::mem::take(rows) {
        if row.is_decided {
            let Some(one) = waits(tx, row.band, row.id, now)? else { continue };
            (row.role, row.message, row.expires_at) = (one.role, one.message, one.expires_at);
        }
        rows.push(row);
    }
    Ok(())
}

impl Row {
    fn into_waiting(self) -> Waiting {
        Waiting {
            id: self.id,
            band: BandRef { id: self.band, name: self.band_name },
            kind: self.kind,
            role: self.role,
            inviter: Person { id: self.inviter, username: self.inviter_username, display_name: self.inviter_name },
            message: self.message,
            event: campaigns::read_event(self.event.as_deref()),
            created_at: self.created_at,
            expires_at: self.expires_at,
            requires_approval: self.requires_approval,
        }
    }
}

/// Ends every pending invite made for an account that goes for good; those that ended are not found by its names any more.
/// The account is held, and marked as deleted.
pub(crate) fn opt_out(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<(), Error> {
    let person = Some(account);
    let cancel = Cancel { reason: CancelReason::OptedOut, actor: person, account: person, now };
    index_for(tx, account)?;
    decision::settle_for(tx, person, None)?;
    cancel.pending(tx, "account = $4 AND kind = 'user'", &[&account]).map(drop)
}

/// Who wants no more invites.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unwilling<'a> {
    /// Their address, where it is theirs for sure.
    pub(crate) email: Option<&'a str>,
    /// Their account, where they have one.
    pub(crate) account: Option<AccountId>,
}

/// Ends the pending invites that somebody wants no more: those to their address and those for their account, of an
/// inviter, of a band, or all. Nobody is named as who did it: that an account has the address is not told to those who
/// invited the address.
pub(crate) fn end_unwanted(
    tx: &mut Tx<'_>,
    who: Unwilling<'_>,
    scope: Block,
    subject: [u8; 16],
    now: Timestamp,
) -> Result<(), Error> {
    decision::settle_for(tx, who.account, who.email)?;
    let cancel = Cancel { reason: CancelReason::OptedOut, actor: None, account: None, now };
    let mut whom: Vec<(&str, &str, &dyn ToValue)> = Vec::new();
    whom.extend(who.email.as_ref().map(|email| ("email", "email", email as &dyn ToValue)));
    whom.extend(who.account.as_ref().map(|account| ("account", "user", account as &dyn ToValue)));
    for (column, kind, value) in whom {
        let (of, values) = match scope {
            Block::Inviter => (" AND created_by = $5", vec![value, &subject]),
            Block::Band => (" AND band = $5", vec![value, &subject]),
            Block::Server => ("", vec![value]),
        };
        let _ = cancel.pending(tx, &format!("{column} = $4 AND kind = '{kind}'{of}"), &values)?;
    }
    Ok(())
}
