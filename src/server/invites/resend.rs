//! Sending a pending invite again to whom it is for.
//!
//! | kind | reaches |
//! |---|---|
//! | `email`, and a `link` that remembers an address | the address |
//! | `user` | the account |
//! | `code`, and a `link` without an address | nobody |

use crate::{
    api::Code,
    domain::{AccountId, Address, InviteId, Kind},
    server::{App, Refused, store::Tx},
};

use super::{
    InviteRow,
    acting::{Acting, Refusals},
    allowance::Allowance,
    delivery, recipient,
    wish::To,
};

impl InviteRow {
    /// Whom a mail, or the inbox, reaches.
    fn reaches(&self) -> Option<To> {
        match self.kind {
            Kind::Link => self.email.as_deref().and_then(|text| Address::parse(text).ok()).map(To::Address),
            Kind::Email | Kind::User | Kind::Code => self.to(),
        }
    }

    /// Whom it is sent to again, if the caller may do that; what is known of them is not looked at.
    fn check_resend(&self, acting: &Acting) -> Result<To, Refused> {
        self.check_edit(acting)?;
        self.reaches().ok_or_else(nobody)
    }
}

fn nobody() -> Refused {
    Refused::field("email", "is missing: this invite is for whoever holds it, so there is nobody to send it to")
}

impl Acting {
    /// Sends pending ones again to whom they are for.
    pub(super) fn resend(&self, tx: &mut Tx<'_>, app: &App, rows: &[InviteRow]) -> Result<Refusals, Refused> {
        let refused = self.unsendable(tx, app, rows)?;
        let sent: Vec<&InviteRow> = rows.iter().filter(|row| !refused.contains_key(&row.id)).collect();
        self.deliver(tx, app, &sent)?;
        Ok(refused)
    }

    /// Which of them cannot be sent again, and why.
    pub(super) fn unsendable(&self, tx: &mut Tx<'_>, app: &App, rows: &[InviteRow]) -> Result<Refusals, Refused> {
        let (mut refused, mut wanted) = (Refusals::new(), Vec::with_capacity(rows.len()));
        for row in rows {
            match row.check_resend(self) {
                Ok(to) => wanted.push((row, to)),
                Err(no) => drop(refused.insert(row.id, no)),
            }
        }
        let often = delivery::often(tx, &wanted.iter().map(|(row, _)| row.id).collect::<Vec<_>>(), self.now)?;
        wanted.retain(|(row, _)| !often.contains(&row.id));
        refused.extend(often.into_iter().map(|id| (id, delivery::too_often())));
        // An invite comes from who made it, whoever sends it again.
        let to: Vec<(&To, AccountId)> = wanted.iter().map(|(row, to)| (to, row.created_by)).collect();
        let mut allowance = Allowance::of(tx, app, self.band, self.caller, self.now)?;
        for ((row, _), known) in wanted.iter().zip(recipient::look(tx, self.band, &to)?) {
            let no = match known {
                None => Some((Code::NotFound, "The account that this invite is for is gone.")),
                Some(ref known) if row.kind == Kind::Link => known.opted_out(),
                Some(ref known) => known.refusal(),
            };
            let is_mailed = row.kind != Kind::User || known.is_some_and(|known| known.reached);
            if let Some((code, why)) = no {
                refused.insert(row.id, Refused::new(code, why));
            } else if is_mailed && let Err(none) = allowance.take() {
                refused.insert(row.id, none);
            }
        }
        Ok(refused)
    }

    /// Sends them once more; the trail says so. A mail that still waits gives way to the new one. Without a transport there
    /// is no mail: an account finds its invite in the inbox, and `delivery` stays what it is.
    pub(super) fn deliver(&self, tx: &mut Tx<'_>, app: &App, rows: &[&InviteRow]) -> Result<(), Refused> {
        if rows.is_empty() {
            return Ok(());
        }
        self.tell(tx, rows, "invite.resent")?;
        let ids: Vec<InviteId> = rows.iter().map(|row| row.id).collect();
        Ok(delivery::send_again(tx, app, &ids, self.caller, self.now)?)
    }
}
