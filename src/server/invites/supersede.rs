//! What an accept ends besides itself: the person's other invites (`on_accept_cancel`).

use std::fmt::Write as _;

use crate::{
    domain::{AccountId, CancelReason, OnAcceptCancel, Timestamp},
    server::store::{Error, ToValue, Tx},
};

use super::{
    Found,
    cancel::{Cancel, Counted},
    visitor::Visitor,
};

/// Cancels as `superseded` what else is pending for this account, by the rule that the accepted invite was made
/// under; what has ended. Only what is for this person: `user` invites, and `email` invites to an
/// address that is verified as the account's. Without mail nothing is verified, and the same address counts in the
/// same band alone.
pub(super) fn supersede(
    tx: &mut Tx<'_>,
    rule: OnAcceptCancel,
    accepted: &Found,
    account: AccountId,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Vec<Counted>, Error> {
    if rule == OnAcceptCancel::None {
        return Ok(Vec::new());
    }
    let everywhere = rule == OnAcceptCancel::Everywhere;
    let address = visitor.own_address();
    let (mut values, mut band) = (vec![&account as &dyn ToValue, &accepted.id], String::new());
    if !everywhere || address.is_some_and(|(_, verified)| !verified) {
        values.push(&accepted.band);
        band = format!(" AND band = ${}", values.len() + 3);
    }
    let mut whom = format!("(kind = 'user' AND account = $4{})", if everywhere { "" } else { &band });
    if let Some((email, verified)) = &address {
        values.push(email);
        let scope = if everywhere && *verified { "" } else { &band };
        let _ = write!(whom, " OR (kind = 'email' AND email = ${}{scope})", values.len() + 3);
    }
    let person = Some(account);
    let cancel = Cancel { reason: CancelReason::Superseded, actor: person, account: person, now };
    cancel.each(tx, &format!("id <> $5 AND ({whom})"), &values)
}
