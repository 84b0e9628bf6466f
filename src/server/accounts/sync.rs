//! What a poll asks: which of my bands have changed, and whether my inbox has.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    api::{Sync, SyncBand, SyncInbox},
    domain::{AccountId, BandId, InviteId, Role, Timestamp},
    server::{
        Refused, hash,
        invites::{WAITING, is_decided, waits},
        store::Tx,
    },
};

/// Bytes of the hash that tells one content of the inbox from another.
const REVISION_BYTES: usize = 12;

/// The bands with their revisions; then the newest 1,000 invites of the inbox, each with its end, and with whatever else
/// the inbox shows of it: what can be decided about many at once apart, the rest as one text.
static SQL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT b.id AS id, b.revision AS number, NULL AS band, NULL AS role, NULL AS message, NULL AS shown,
            1 = 0 AS is_decided
         FROM member m JOIN band b ON b.id = m.band
         WHERE m.account = $1 AND b.deleted_at IS NULL
         UNION ALL SELECT id, number, band, role, message, shown, is_decided FROM (
            SELECT i.id AS id, i.expires_at AS number, i.band AS band, i.role AS role, i.message AS message,
                i.kind || '\n' || CASE WHEN i.requires_approval THEN 'asks' ELSE '' END || '\n'
                || b.name || '\n' || c.username || '\n' || c.display_name || '\n' || COALESCE(k.event, '') AS shown,
                {} AS is_decided
            FROM invite i JOIN band b ON b.id = i.band JOIN account c ON c.id = i.created_by
                LEFT JOIN campaign k ON k.id = i.campaign
            WHERE {WAITING} ORDER BY i.seq DESC LIMIT 1000) AS waiting",
        is_decided!("i")
    )
});

crate::row! {
    /// A band with its revision, or an invite with its end and what is shown of it.
    struct Line {
        id: [u8; 16], number: Option<i64>, band: Option<BandId>, role: Option<Role>, message: Option<String>,
        shown: Option<String>, is_decided: bool,
    }
}

/// The account's bands with their revisions, in the order of their ids, and how many invites wait in its inbox, with a
/// revision of what the inbox shows; one read. Invites are counted to 1,000, and a change of an older one is not told.
pub(crate) fn sync(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Sync, Refused> {
    let mut lines: Vec<Line> = tx.query(SQL.as_str(), &[&account, &now])?;
    // The same state is the same answer, whatever plan the database chose.
    lines.sort_unstable_by_key(|line| line.id);
    let mut bands = Vec::new();
    let (mut pending, mut content) = (0, Vec::new());
    for Line { id, number, band, mut role, mut message, shown, is_decided } in lines {
        let (Some(band), Some(shown)) = (band, shown) else {
            bands.push(SyncBand { id: BandId::from_bytes(id), revision: number.unwrap_or_default() });
            continue;
        };
        let mut end = number;
        if is_decided {
            let Some(one) = waits(tx, band, InviteId::from_bytes(id), now)? else { continue };
            (role, message, end) = (Some(one.role), one.message, one.expires_at.map(Timestamp::micros));
        }
        pending += 1;
        content.extend_from_slice(&id);
        content.extend_from_slice(&end.unwrap_or(-1).to_be_bytes());
        let role = role.map_or("", Role::as_str);
        content.extend_from_slice(&hash(format!("{role}\n{shown}\n{}", message.unwrap_or_default())));
    }
    let revision = URL_SAFE_NO_PAD.encode(&hash(content)[..REVISION_BYTES]);
    Ok(Sync { inbox: SyncInbox { pending, revision }, bands })
}
