//! What a poll asks: which of my bands have changed, and whether my inbox has.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    api::{Sync, SyncBand, SyncInbox},
    domain::{AccountId, BandId, Timestamp},
    server::{Refused, hash, invites::WAITING, store::Tx},
};

/// Bytes of the hash that tells one content of the inbox from another.
const REVISION_BYTES: usize = 12;

/// The bands with their revisions; then the newest 1,000 invites of the inbox, each with its end and with whatever else
/// the inbox shows of it as one text. The message comes last: nothing before it can hold a line break.
static SQL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT b.id AS id, b.revision AS number, NULL AS shown FROM member m JOIN band b ON b.id = m.band
         WHERE m.account = $1 AND b.deleted_at IS NULL
         UNION ALL SELECT id, number, shown FROM (
            SELECT i.id AS id, COALESCE(i.expires_at, -1) AS number,
                i.role || '\n' || i.kind || '\n' || CASE WHEN i.requires_approval THEN 'asks' ELSE '' END || '\n'
                || b.name || '\n' || c.username || '\n' || c.display_name || '\n' || COALESCE(k.event, '')
                || '\n' || COALESCE(i.message, '') AS shown
            FROM invite i JOIN band b ON b.id = i.band JOIN account c ON c.id = i.created_by
                LEFT JOIN campaign k ON k.id = i.campaign
            WHERE {WAITING} ORDER BY i.seq DESC LIMIT 1000) AS waiting"
    )
});

crate::row! {
    /// A band with its revision, or an invite with its end and what is shown of it.
    struct Line { id: [u8; 16], number: i64, shown: Option<String> }
}

/// The account's bands with their revisions, in the order of their ids, and how many invites wait in its inbox, with a
/// revision of what the inbox shows; one read. Invites are counted to 1,000, and a change of an older one is not told.
pub(crate) fn sync(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Sync, Refused> {
    let mut lines: Vec<Line> = tx.query(SQL.as_str(), &[&account, &now])?;
    // The same state is the same answer, whatever plan the database chose.
    lines.sort_unstable_by_key(|line| line.id);
    let mut bands = Vec::new();
    let (mut pending, mut content) = (0, Vec::new());
    for Line { id, number, shown } in lines {
        let Some(shown) = shown else {
            bands.push(SyncBand { id: BandId::from_bytes(id), revision: number });
            continue;
        };
        pending += 1;
        content.extend_from_slice(&id);
        content.extend_from_slice(&number.to_be_bytes());
        content.extend_from_slice(&hash(shown));
    }
    let revision = URL_SAFE_NO_PAD.encode(&hash(content)[..REVISION_BYTES]);
    Ok(Sync { inbox: SyncInbox { pending, revision }, bands })
}
