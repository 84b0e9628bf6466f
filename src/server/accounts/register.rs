//! Making an account.

use crate::{
    api::Code,
    domain::{AccountId, Address, DisplayName, InviteId, Registration, Timestamp, Username},
    server::{
        Refused,
        audit::{self, Event},
        store::Tx,
    },
};

use super::search::index;

/// An account to be made; every part has been checked.
#[derive(Debug, Clone)]
pub(crate) struct NewAccount {
    /// Its id.
    pub(crate) id: AccountId,
    /// The name to sign in with.
    pub(crate) username: Username,
    /// The name to be called by.
    pub(crate) display_name: DisplayName,
    /// The address, not verified.
    pub(crate) email: Address,
    /// The password's hash.
    pub(crate) password_hash: String,
    /// Whether the request came from the process that started the server (see [`register`]).
    pub(crate) founder: bool,
}

/// The site as registration meets it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    /// Whether the first account is the founder's alone (an embedded server).
    pub(crate) embedded: bool,
    /// Who may make an account.
    pub(crate) registration: Registration,
    /// Whether mail is sent; without it an address is unique at once.
    pub(crate) mail: bool,
}

/// Makes an account. On an embedded server the first one is the site admin's, and only the process that started the
/// server can make it: other users of the machine can reach loopback, too.
///
/// `brought_by` is the invite that the person signs up with, and who made it.
pub(crate) fn register(
    tx: &mut Tx<'_>,
    site: Site,
    new: &NewAccount,
    brought_by: Option<(InviteId, AccountId)>,
    now: Timestamp,
) -> Result<(), Refused> {
    let first = site.embedded && !tx.exists("SELECT 1 AS n FROM account LIMIT 1", &[])?;
    if first && !new.founder {
        return Err(Refused::new(
            Code::Forbidden,
            "The first account of this server is made in the program that started it. Sign up there first.",
        ));
    }
    match site.registration {
        Registration::Open => {}
        _ if first => {} // else an embedded server could never begin
        Registration::InviteOnly if brought_by.is_some() => {}
        Registration::InviteOnly => return Err(invite_required()),
        Registration::Closed => return Err(closed()),
    }
    let claim = (!site.mail).then(|| new.email.as_str());
    if let Some(email) = claim
        && tx.exists("SELECT 1 AS n FROM account WHERE email_claim = $1", &[&email])?
    {
        return Err(email_taken());
    }
    let made = tx.execute(
        "INSERT INTO account (id, username, username_key, display_name, email, email_verified, email_claim,
                              password_hash, site_admin, created_at, invited_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        &[
            &new.id,
            &new.username,
            &new.username.key(),
            &new.display_name,
            &new.email,
            &false,
            &claim,
            &new.password_hash,
            &first,
            &now,
            &brought_by.map(|(_, inviter)| inviter),
        ],
    )?;
    if made == 0 {
        let name = tx.exists("SELECT 1 AS n FROM account WHERE username_key = $1", &[&new.username.key()])?;
        return Err(if name { username_taken() } else { email_taken() });
    }
    index(tx, new.id, &[new.username.as_str(), new.display_name.as_str()])?;
    audit::record(
        tx,
        now,
        Event {
            band: None,
            actor: Some(new.id),
            action: "account.registered",
            invite: brought_by.map(|(invite, _)| invite),
            account: Some(new.id),
            detail: None,
        },
    )?;
    Ok(())
}

/// Refuses who comes without an invite where one is needed.
pub(crate) fn invite_required() -> Refused {
    Refused::new(Code::InviteRequired, "This server takes new people by invite: register with your token.")
}

/// Refuses everybody.
pub(crate) fn closed() -> Refused {
    Refused::new(Code::RegistrationClosed, "This server takes no new people. Ask whoever runs it.")
}

fn username_taken() -> Refused {
    Refused::new(Code::UsernameTaken, "This user name is taken: choose another, or sign in if it is yours.")
}

/// Refuses an address that is another account's.
pub(crate) fn email_taken() -> Refused {
    Refused::new(Code::EmailTaken, "This address belongs to an account: sign in, or use another address.")
}
