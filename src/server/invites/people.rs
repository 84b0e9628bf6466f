//! Holding the people that invites are about: of an invite that is made and an accept by the same person one comes first
//! and is seen by the other, and so it is with a maker who goes.
//!
//! Accounts in the order of their ids, then memberships in that order, then campaigns, invites and bands, as everywhere:
//! two transactions never wait for each other in a circle. SQLite has one writer.

use crate::{
    api::CreateInvite,
    domain::{AccountId, Address, BandId, InviteId, Kind, Username},
    server::{
        App, Refused, quota,
        store::{
            Dialect, Error, ToValue, Tx,
            dialect::{filled, intern, numbers},
        },
    },
};

use super::{allowance, cancel::NAMED_AT_ONCE, of_band, wish::To};

crate::row! { struct Known { id: AccountId } }

impl To {
    /// Whom a wish is for by its words, whatever else is wrong with it.
    pub(super) fn of_wish(wish: &CreateInvite) -> Option<Self> {
        Self::of_words(wish.email.as_deref(), wish.username.as_deref()).or(wish.account_id.map(Self::Account))
    }

    /// As [`To::of_wish`], of an address or a user name.
    pub(crate) fn of_words(email: Option<&str>, username: Option<&str>) -> Option<Self> {
        let address = email.and_then(|text| Address::parse(text).ok()).map(Self::Address);
        address.or_else(|| Some(Self::Username(Username::parse(username?).ok()?.key())))
    }
}

/// Holds the accounts of those for whom invites are to be made, and that of who makes them where what it makes is counted.
/// Whoever has no account yet is not held.
pub(crate) fn hold(tx: &mut Tx<'_>, app: &App, caller: AccountId, to: &[To]) -> Result<(), Error> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let mut accounts = accounts_of(tx, to)?;
    if allowance::counts(app) || quota::is_limited(tx, caller, &app.settings().policy)? {
        accounts.push(caller);
    }
    hold_accounts(tx, accounts)
}

crate::row! {
    struct Concerned { kind: Kind, email: Option<Address>, account: Option<AccountId>, created_by: AccountId }
}

/// Holds the accounts of those whom the band's invites are for, then the memberships of their makers and of the caller:
/// for who makes them pending again.
pub(super) fn hold_concerned(
    tx: &mut Tx<'_>,
    band: BandId,
    ids: &[InviteId],
    caller: AccountId,
) -> Result<(), Refused> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let (mut to, mut members) = (Vec::new(), vec![caller]);
    for some in ids.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!(
            "SELECT kind, email, account, created_by FROM invite i WHERE i.id IN ({}) AND {}",
            numbers(2, some.len()),
            of_band(tx.dialect())
        ));
        let mut params: Vec<&dyn ToValue> = vec![&band];
        params.extend(filled(some).map(|id| id as &dyn ToValue));
        for one in tx.query::<Concerned>(sql, &params)? {
            members.push(one.created_by);
            to.extend(match one.kind {
                Kind::Email => one.email.map(To::Address),
                Kind::User => one.account.map(To::Account),
                Kind::Link | Kind::Code => None,
            });
        }
    }
    let accounts = accounts_of(tx, &to)?;
    hold_accounts(tx, accounts)?;
    members.sort_unstable();
    members.dedup();
    for some in members.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!(
            "SELECT 1 AS n FROM member WHERE band = $1 AND account IN ({}) ORDER BY account FOR SHARE",
            numbers(2, some.len())
        ));
        let mut params: Vec<&dyn ToValue> = vec![&band];
        params.extend(filled(some).map(|id| id as &dyn ToValue));
        let _ = tx.exists(sql, &params)?;
    }
    Ok(())
}

/// The accounts of these people, as far as they have one: an address counts where it is the account's alone.
fn accounts_of(tx: &mut Tx<'_>, to: &[To]) -> Result<Vec<AccountId>, Error> {
    let mut all: Vec<AccountId> = Vec::with_capacity(to.len());
    let (mut names, mut addresses): (Vec<&dyn ToValue>, Vec<&dyn ToValue>) = (Vec::new(), Vec::new());
    for one in to {
        match one {
            To::Holder => {}
            To::Account(id) => all.push(*id),
            To::Username(key) => names.push(key),
            To::Address(address) => addresses.push(address),
        }
    }
    for (column, keys) in [("username_key", names), ("email_claim", addresses)] {
        for some in keys.chunks(NAMED_AT_ONCE) {
            let sql = intern(format!("SELECT id FROM account WHERE {column} IN ({})", numbers(1, some.len())));
            all.extend(
                tx.query::<Known>(sql, &filled(some).copied().collect::<Vec<_>>())?.into_iter().map(|known| known.id),
            );
        }
    }
    Ok(all)
}

fn hold_accounts(tx: &mut Tx<'_>, mut ids: Vec<AccountId>) -> Result<(), Error> {
    ids.sort_unstable();
    ids.dedup();
    for some in ids.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!(
            "SELECT 1 AS n FROM account WHERE id IN ({}) ORDER BY id FOR NO KEY UPDATE",
            numbers(1, some.len())
        ));
        let params: Vec<&dyn ToValue> = filled(some).map(|id| id as &dyn ToValue).collect();
        let _ = tx.exists(sql, &params)?;
    }
    Ok(())
}
