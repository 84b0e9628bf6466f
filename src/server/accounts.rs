//! Accounts and their sessions.

mod challenge;
mod change;
mod delete;
pub(crate) mod password;
mod register;
mod reset;
mod search;
mod session;
mod sync;
mod verification;

pub(crate) use challenge::{LIFE_MINUTES, forget_challenges};
pub(crate) use change::{Change, change, password_of, wrong_password};
pub(crate) use delete::delete;
pub(crate) use register::{NewAccount, Site, closed, email_taken, invite_required, register};
pub(crate) use reset::{NewReset, account_of_reset, dead_token, forgot, reset};
pub(crate) use search::search;
pub(crate) use session::{NewSession, begin_session, by_login, end_session, forget_sessions, login_key, sessions};
pub(crate) use sync::sync;
pub(crate) use verification::{NewCode, ask_verification, begin_verification, verify};

use crate::{
    api::{Account, Code, Person},
    domain::{AccountId, Timestamp},
};

use super::{
    App, Refused,
    store::{Dialect, Error, Tx},
};

crate::row! {
    struct AccountRow {
        id: AccountId, username: String, display_name: String, email: String, email_verified: bool, site_admin: bool,
        created_at: Timestamp,
    }
}

/// An account, as its holder sees it.
pub(crate) fn read(tx: &mut Tx<'_>, id: AccountId) -> Result<Account, Refused> {
    let row: Option<AccountRow> = tx.query_one(
        "SELECT id, username, display_name, email, email_verified, site_admin, created_at FROM account WHERE id = $1",
        &[&id],
    )?;
    let row = row.ok_or_else(Refused::account_gone)?;
    Ok(Account {
        id: row.id,
        username: row.username,
        display_name: row.display_name,
        email: row.email,
        email_verified: row.email_verified,
        site_admin: row.site_admin,
        created_at: row.created_at,
    })
}

/// A person out of the columns of a row in which there may be none.
pub(crate) fn person(id: Option<AccountId>, username: Option<String>, display_name: Option<String>) -> Option<Person> {
    Some(Person { id: id?, username: username?, display_name: display_name? })
}

/// Holds the account until the transaction ends: what one person does at once in two places is done one after the
/// other. Before memberships, invites and bands, as everywhere: two transactions never wait for each other in a circle.
pub(crate) fn hold(tx: &mut Tx<'_>, id: AccountId) -> Result<(), Error> {
    if tx.dialect() == Dialect::Postgres {
        tx.also("SELECT 1 AS n FROM account WHERE id = $1 FOR NO KEY UPDATE", &[&id])?;
    }
    Ok(())
}

crate::row! { struct Holder { email: String, email_verified: bool } }

/// The address that is known to be the account's alone, verified or, where nothing is verified, claimed; and whether it
/// is verified.
pub(crate) fn own_address(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<(String, bool)>, Error> {
    let holder: Option<Holder> = tx.query_one(
        "SELECT email, email_verified FROM account WHERE id = $1 AND (email_verified OR email_claim IS NOT NULL)",
        &[&account],
    )?;
    Ok(holder.map(|holder| (holder.email, holder.email_verified)))
}

/// Refuses who does not run the site.
pub(crate) fn require_site_admin(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Refused> {
    if tx.exists("SELECT 1 AS n FROM account WHERE id = $1 AND site_admin", &[&account])? {
        return Ok(());
    }
    Err(Refused::new(Code::Forbidden, "Only those who run this server may do this."))
}

/// Whether anybody has an account.
pub(crate) async fn has_accounts(app: &App) -> Result<bool, Error> {
    app.store().read(|tx| tx.exists("SELECT 1 AS n FROM account LIMIT 1", &[])).await
}
