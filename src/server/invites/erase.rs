//! Forgetting the addresses of invites that ended long ago.

use crate::{
    domain::{BandId, InviteId, Timestamp},
    server::{
        Key,
        audit::{self, Event},
        keyed_hash,
        store::{
            Dialect, Error, ToValue, Tx,
            dialect::{filled, intern, numbers},
        },
    },
};

use super::search::index;

crate::row! { struct Ended { id: InviteId, band: BandId, email: String } }

/// Erases the addresses of at most `most` invites that ended before `before`, with what the mail server said of them and
/// what they are found by; how many there were. The trail keeps a hash of each under the server's key: who has the key and
/// an address can tell that it was invited, and nobody else can. Nodes that do this at once share the work.
pub(crate) fn erase(tx: &mut Tx<'_>, key: &Key, before: Timestamp, now: Timestamp, most: i64) -> Result<usize, Error> {
    let held = if tx.dialect() == Dialect::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = intern(format!(
        "SELECT id, band, email FROM invite
         WHERE email IS NOT NULL AND status <> 'pending' AND status_at < $1 ORDER BY status_at LIMIT $2{held}"
    ));
    let ended: Vec<Ended> = tx.query(sql, &[&before, &most])?;
    if ended.is_empty() {
        return Ok(0);
    }
    let ids = numbers(1, ended.len());
    let sql = intern(format!("UPDATE invite SET email = NULL, delivery_note = NULL WHERE id IN ({ids})"));
    let params: Vec<&dyn ToValue> = filled(&ended).map(|one| &one.id as &dyn ToValue).collect();
    let _ = tx.execute(sql, &params)?;
    index(tx, &ended.iter().map(|one| one.id).collect::<Vec<_>>())?;
    let hashes: Vec<String> = ended.iter().map(|one| keyed_hash(key, &one.email)).collect();
    let events: Vec<_> = ended
        .iter()
        .zip(&hashes)
        .map(|(one, hash)| {
            let (band, invite, detail) = (Some(one.band), Some(one.id), Some(hash.as_str()));
            (now, Event { band, actor: None, action: "invite.address_erased", invite, account: None, detail })
        })
        .collect();
    audit::record_all(tx, &events)?;
    Ok(ended.len())
}
