//! What those hear who invited: that someone came in by their invite, or by another's.

use std::fmt::Write as _;

use crate::{
    domain::{AccountId, MailKind, Timestamp},
    server::{
        outbox::A_DAY,
        store::{Error, ToValue, Tx, dialect::intern},
    },
};

use super::{cancel::Counted, turn};

/// Rows that one statement takes.
const ROWS: usize = 16;

/// Notices that one address gets in 24 hours: a link that many use fills nobody's inbox.
const MOST_NOTICES_TO_ONE: i64 = 20;

/// Queues the notices of an arrival: to who made the invite `accepted`, if it was by one, and to those others whose invites it ended. Only who
/// still is in the band that they invited to, at a verified address, is told, and nobody of what they did themselves.
pub(super) fn queue(
    tx: &mut Tx<'_>,
    accepted: Option<Counted>,
    ended: &[Counted],
    who: AccountId,
    now: Timestamp,
) -> Result<(), Error> {
    let joined = accepted.map(|accepted| (MailKind::Joined, accepted));
    let hears = accepted.map(|accepted| (accepted.created_by, accepted.band));
    let told = |one: &&Counted| Some((one.created_by, one.band)) != hears;
    let superseded = ended.iter().filter(told).map(|one| (MailKind::Superseded, *one));
    let all: Vec<(MailKind, Counted)> =
        joined.into_iter().chain(superseded).filter(|(_, one)| one.created_by != who).collect();
    turn::of_inviters(tx, &all.iter().map(|(_, one)| one.created_by).collect::<Vec<_>>())?;
    let since = now.plus_seconds(-A_DAY);
    for some in all.chunks(ROWS) {
        let mut rows = String::new();
        for row in 0..some.len() {
            let comma = if row == 0 { "" } else { ", " };
            let first = 5 + row * 4;
            let (band, invite, inviter) = (first + 1, first + 2, first + 3);
            let _ = write!(rows, "{comma}(${first}::text, ${band}::uuid, ${invite}::uuid, ${inviter}::uuid)");
        }
        let sql = intern(format!(
            "WITH wanted (kind, band, invite, inviter) AS (VALUES {rows})
             INSERT INTO mail (kind, email, account, band, invite, actor, created_at, due_at, urgent)
             SELECT wanted.kind, a.email, a.id, wanted.band, wanted.invite, $1::uuid, $2::bigint, $2::bigint, 1 = 0
             FROM wanted JOIN account a ON a.id = wanted.inviter
                JOIN member m ON m.band = wanted.band AND m.account = a.id
             WHERE a.email_verified AND (SELECT COUNT(*) FROM (SELECT 1 FROM mail n WHERE n.email = a.email
                AND n.created_at > $3 AND n.kind IN ('joined', 'superseded') LIMIT $4) AS found) < $4"
        ));
        let mut params: Vec<&dyn ToValue> = vec![&who, &now, &since, &MOST_NOTICES_TO_ONE];
        for (kind, one) in some {
            params.extend([kind as &dyn ToValue, &one.band, &one.id, &one.created_by]);
        }
        if tx.execute(sql, &params)? > 0 {
            tx.ring();
        }
    }
    Ok(())
}
