//! Leaving every band at once.

use crate::{
    api::Code,
    domain::{AccountId, BandId, Role, Timestamp},
    server::{
        Refused,
        audit::{self, Event},
        invites::{Rest, Withdrawal, opt_out},
        store::{Tx, dialect::intern},
    },
};

use super::{members, requests};

crate::row! { struct Place { band: BandId, name: String, role: Role, live: bool } }

/// Takes an account that goes for good out of every band; refused while it owns one. The account is held.
///
/// What the account made ends as with any member who leaves, which is still to do, and comes back. All else, too, is as much as
/// there are bands that the account is in, asks to be in, or is invited to.
pub(crate) fn leave_all(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Vec<Rest>, Refused> {
    let lock = tx.dialect().pick("", " FOR UPDATE OF m");
    let places: Vec<Place> = tx.query(
        intern(format!(
            "SELECT m.band AS band, b.name AS name, m.role AS role, b.deleted_at IS NULL AS live
             FROM member m JOIN band b ON b.id = m.band WHERE m.account = $1 ORDER BY m.band{lock}"
        )),
        &[&account],
    )?;
    let owned: Vec<&str> = places
        .iter()
        .filter(|place| place.live && place.role == Role::Owner)
        .map(|place| place.name.as_str())
        .collect();
    if !owned.is_empty() {
        let text = format!("You own {}: hand each of your bands over first, or delete it.", owned.join(", "));
        return Err(Refused::new(Code::LastOwner, text));
    }
    // What waits for it, before what it decides by leaving: that order is everywhere's.
    opt_out(tx, account, now)?;
    let mut rest = Vec::new();
    for place in places.iter().filter(|place| place.live) {
        let band = place.band;
        members::delete(tx, band, account)?;
        rest.extend(Withdrawal { band, account, actor: account, now }.made(tx, false)?);
        let actor = Some(account);
        let event =
            Event { band: Some(band), actor, action: "member.left", invite: None, account: actor, detail: None };
        audit::record(tx, now, event)?;
    }
    let _ = requests::close(tx, "account = $3", &[&account], Some(account), now)?;
    Ok(rest)
}
