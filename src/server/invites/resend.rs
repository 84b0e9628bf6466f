//! Sending a pending invite again to whom it is for.
//!
//! | kind | reaches |
//! |---|---|
//! | `email`, and a `link` that remembers an address | the address |
//! | `user` | the account |
//! | `code`, and a `link` without an address | nobody |

use std::collections::HashMap;

use crate::{
    api::Code,
    domain::{AccountId, Address, BandId, InviteId, Kind, Timestamp},
    server::{
        App, Refused,
        audit::{self, Event},
        store::{Error, Tx},
    },
};

use super::{Access, InviteRow, change, create::Fresh, hold, recipient, wish::To};

impl InviteRow {
    /// Whom a mail, or the inbox, reaches.
    fn reaches(&self) -> Option<To> {
        match self.kind {
            Kind::Link => self.email.as_deref().and_then(|text| Address::parse(text).ok()).map(To::Address),
            Kind::Email | Kind::User | Kind::Code => self.to(),
        }
    }

    /// Whom it is sent to again, if the caller may do that; what is known of them is not looked at.
    fn check_resend(&self, access: &Access, caller: AccountId, now: Timestamp) -> Result<To, Refused> {
        access.check_change(self, caller)?;
        self.check_pending(now)?;
        self.reaches().ok_or_else(nobody)
    }
}

fn nobody() -> Refused {
    Refused::field("email", "is missing: this invite is for whoever holds it, so there is nobody to send it to")
}

/// Which of a band's invites cannot be sent again, and why. The invites are held.
pub(super) fn unsendable(
    tx: &mut Tx<'_>,
    band: BandId,
    access: &Access,
    caller: AccountId,
    rows: &[InviteRow],
    now: Timestamp,
) -> Result<HashMap<InviteId, Refused>, Refused> {
    let (mut refused, mut wanted) = (HashMap::new(), Vec::with_capacity(rows.len()));
    for row in rows {
        match row.check_resend(access, caller, now) {
            Ok(to) => wanted.push((row, to)),
            Err(no) => drop(refused.insert(row.id, no)),
        }
    }
    // An invite comes from who made it, whoever sends it again.
    let to: Vec<(&To, AccountId)> = wanted.iter().map(|(row, to)| (to, row.created_by)).collect();
    for ((row, _), known) in wanted.iter().zip(recipient::look(tx, band, &to)?) {
        let no = match known {
            None => Some((Code::NotFound, "The account that this invite is for is gone.")),
            Some(known) if row.kind == Kind::Link => known.opted_out(),
            Some(known) => known.refusal(),
        };
        if let Some((code, why)) = no {
            refused.insert(row.id, Refused::new(code, why));
        }
    }
    Ok(refused)
}

/// Sends a band's invites once more, as `actor` asks; the trail says so. Where mails are queued is here: without a
/// transport there is none to queue, an account finds its invite in the inbox, and `delivery` stays what it is.
pub(super) fn deliver<'a>(
    tx: &mut Tx<'_>,
    band: BandId,
    rows: impl Iterator<Item = &'a InviteRow>,
    actor: AccountId,
    now: Timestamp,
) -> Result<(), Error> {
    let event = |row: &InviteRow| Event {
        band: Some(band),
        actor: Some(actor),
        action: "invite.resent",
        invite: Some(row.id),
        account: None,
        detail: None,
    };
    let events: Vec<_> = rows.map(|row| (now, event(row))).collect();
    if events.is_empty() {
        return Ok(());
    }
    tx.touch(band);
    audit::record_all(tx, &events)
}

/// Sends an invite again, for those who may change it. With `rotate` under a new token, which is told; the old one is
/// unknown at once.
pub(crate) fn resend(
    tx: &mut Tx<'_>,
    app: &App,
    id: InviteId,
    caller: AccountId,
    rotate: Option<&Fresh>,
    now: Timestamp,
) -> Result<(InviteRow, Option<String>), Refused> {
    let token = rotate.map(|fresh| change::rotate(tx, app, fresh, caller, now)).transpose()?;
    let (row, access) = hold(tx, id, caller)?;
    if let Some(no) = unsendable(tx, row.band, &access, caller, std::slice::from_ref(&row), now)?.remove(&id) {
        return Err(no);
    }
    deliver(tx, row.band, std::iter::once(&row), caller, now)?;
    change::again(tx, id).map(|row| (row, token))
}
