//! In which bands an account is named, for when it is called otherwise.
//!
//! What bands show names people by their accounts: who is in, who brought whom, made, used, declined or ended an invite, whom
//! one is for, who asks to come in, who is banned, who did what. All of them are members, were members, were invited by name,
//! asked, or are written down here as somebody who did something to an invite from outside.

use crate::{
    domain::{AccountId, BandId},
    server::store::{Error, Tx},
};

crate::row! { struct Place { band: BandId } }

/// Writes down that the band names an account that is not in it, or not any more. The account is held
/// ([`crate::server::accounts::hold`]): a new name comes before this, or finds it.
pub(crate) fn mention(tx: &mut Tx<'_>, band: BandId, account: AccountId) -> Result<(), Error> {
    let sql = "INSERT INTO mention (account, band) VALUES ($1, $2) ON CONFLICT (account, band) DO NOTHING";
    tx.also(sql, &[&account, &band])
}

/// Tells whoever looks at a band that names the account that it is called otherwise from now on. The account is held.
pub(crate) fn renamed(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Error> {
    let places: Vec<Place> = tx.query(
        "SELECT band FROM member WHERE account = $1
         UNION SELECT band FROM mention WHERE account = $1
         UNION SELECT band FROM invite WHERE account = $1
         UNION SELECT band FROM join_request WHERE account = $1",
        &[&account],
    )?;
    for place in places {
        tx.touch(place.band);
    }
    Ok(())
}
