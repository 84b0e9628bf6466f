//! What ends when somebody comes into a band: the person's other invites (`on_accept_cancel`, [`Tie`]).

use crate::{
    domain::{AccountId, BandId, CancelReason, InviteId, OnAcceptCancel, Tie, Timestamp},
    server::{
        accounts, bands,
        store::{Dialect, Error, ToValue, Tx, dialect::intern},
    },
};

use super::{
    cancel::{Cancel, Counted},
    decision, notices,
};

/// Who came into which band.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    /// The band.
    pub(crate) band: BandId,
    /// The person.
    pub(crate) account: AccountId,
    /// The invite by which they came, if they came by one.
    pub(super) by: Option<InviteId>,
    /// The address that is the account's alone, and whether it is verified.
    pub(super) address: Option<(&'a str, bool)>,
}

impl Arrival<'_> {
    /// Cancels as `superseded` what else is pending for the person, as far as the rule reaches; what has ended.
    pub(super) fn supersede(
        &self,
        tx: &mut Tx<'_>,
        rule: OnAcceptCancel,
        now: Timestamp,
    ) -> Result<Vec<Counted>, Error> {
        // Whatever is added here is looked for in `Visitor::is_awaited`, too.
        let mut ties = vec![(Tie::Account, "kind = 'user' AND account", &self.account as &dyn ToValue)];
        if let Some((email, is_verified)) = &self.address {
            let tie = if *is_verified { Tie::Verified } else { Tie::Claimed };
            ties.push((tie, "kind = 'email' AND email", email));
        }
        let (mut values, mut whom) = (Vec::<&dyn ToValue>::new(), Vec::new());
        for (tie, column, value) in ties {
            values.push(value);
            let key = format!("{column} = ${}", values.len() + 3);
            match rule.reach(tie) {
                OnAcceptCancel::None => return Ok(Vec::new()),
                OnAcceptCancel::Everywhere => whom.push(format!("({key})")),
                OnAcceptCancel::SameBand => {
                    values.push(&self.band);
                    whom.push(format!("({key} AND band = ${})", values.len() + 3));
                }
            }
        }
        let mut which = format!("({})", whom.join(" OR "));
        if let Some(by) = &self.by {
            values.push(by);
            which = format!("id <> ${} AND {which}", values.len() + 3);
        }
        let person = Some(self.account);
        decision::settle_for(tx, person, self.address.map(|(email, _)| email))?;
        let cancel = Cancel { reason: CancelReason::Superseded, actor: person, account: person, now };
        let ended = cancel.each(tx, &which, &values)?;
        for invite in ended.iter().filter(|invite| invite.band != self.band) {
            bands::mention(tx, invite.band, self.account)?;
        }
        Ok(ended)
    }
}

/// Ends what else waits for an account that came into the band without an invite, as an accept does; `rule` is that in
/// force in the band. Those who made it hear of it where there is mail. The account is held.
pub(crate) fn came_without_invite(
    tx: &mut Tx<'_>,
    band: BandId,
    account: AccountId,
    rule: OnAcceptCancel,
    mail: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let own = accounts::own_address(tx, account)?;
    let address = own.as_ref().map(|(email, is_verified)| (email.as_str(), *is_verified));
    let ended = Arrival { band, account, by: None, address }.supersede(tx, rule, now)?;
    if mail { notices::queue(tx, None, &ended, account, now) } else { Ok(()) }
}

/// Holds all that waits for an account, before some of it ends, and with it the invite that has a value in a unique column,
/// by which it comes. In the order of their ids, and before the band's row, as everywhere: two transactions never wait for
/// each other in a circle. The account is held.
pub(crate) fn hold_all_for(
    tx: &mut Tx<'_>,
    account: AccountId,
    with: Option<(&str, &dyn ToValue)>,
) -> Result<(), Error> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let (mut one, mut values) = (String::new(), vec![&account as &dyn ToValue]);
    if let Some((column, value)) = with {
        one = format!("{column} = $2 OR ");
        values.push(value);
    }
    let sql = intern(format!(
        "SELECT 1 AS n FROM invite WHERE {one}status = 'pending' AND (kind = 'user' AND account = $1
            OR kind = 'email' AND email =
                (SELECT email FROM account WHERE id = $1 AND (email_verified OR email_claim IS NOT NULL)))
         ORDER BY id FOR UPDATE"
    ));
    tx.also(sql, &values)
}
