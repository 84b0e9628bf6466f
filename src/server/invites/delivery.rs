//! How an invite's mail goes: what its `delivery` says, and when a reminder is due.

use std::collections::HashSet;

use crate::{
    domain::{
        AccountId, BandId, CampaignId, Delivery, InviteId, Kind, MailKind, MailOutcome, Policy, Timestamp,
        last_reminder, next_reminder,
    },
    server::{
        App, Refused,
        audit::{self, Event},
        outbox::{self, A_DAY, Queued, Taken},
        store::{
            Dialect, Error, Tally, ToValue, Tx,
            dialect::{filled, intern, numbers},
        },
    },
};

use super::{
    cancel::{Counted, NAMED_AT_ONCE},
    turn,
};

/// Invites and reminders that one address gets from this server in 24 hours, whoever sends them.
const MOST_INVITES_TO_ONE: i64 = 10;

crate::row! { struct Sent { invite: InviteId } }

/// Queues the mails of those invites that reach an address: the one they are for, the one a link remembers, or the
/// verified one of the account they are for. An address gets no more than it may in a day, also of those that are queued
/// together. Without a transport there are none.
pub(crate) fn send(
    tx: &mut Tx<'_>,
    app: &App,
    invites: &[InviteId],
    actor: AccountId,
    now: Timestamp,
) -> Result<(), Error> {
    if !app.settings().mail.is_on() {
        return Ok(());
    }
    turn::of_recipients(tx, invites)?;
    let since = now.plus_seconds(-A_DAY);
    for some in invites.chunks(NAMED_AT_ONCE) {
        let ids = |given: usize| numbers(given + 1, some.len());
        let sql = intern(format!(
            "INSERT INTO mail (kind, email, account, band, invite, actor, created_at, due_at, urgent)
             SELECT 'invite', wanted.address, wanted.account, wanted.band, wanted.id, $1, $2, $2, 1 = 0
             FROM (SELECT i.id AS id, i.band AS band, t.id AS account, COALESCE(i.email, t.email) AS address,
                    ROW_NUMBER() OVER (PARTITION BY COALESCE(i.email, t.email) ORDER BY i.seq) AS place
                FROM invite i LEFT JOIN account t ON t.id = i.account AND t.email_verified
                WHERE i.id IN ({}) AND COALESCE(i.email, t.email) IS NOT NULL) AS wanted
             WHERE wanted.place - 1 + (SELECT COUNT(*) FROM (SELECT 1 FROM mail m WHERE m.email = wanted.address
                    AND m.created_at > $3 AND m.kind IN ('invite', 'reminder') LIMIT $4) AS found) < $4
             RETURNING invite",
            ids(4)
        ));
        let mut params: Vec<&dyn ToValue> = vec![&actor, &now, &since, &MOST_INVITES_TO_ONE];
        params.extend(filled(some).map(|id| id as &dyn ToValue));
        let queued: HashSet<InviteId> = tx.query::<Sent>(sql, &params)?.into_iter().map(|one| one.invite).collect();
        let (queued, rest): (Vec<InviteId>, Vec<InviteId>) = some.iter().partition(|id| queued.contains(id));
        mark(tx, &queued, Delivery::Queued, None)?;
        // Who has had enough mail for a day is told by the inviter, if they like: the link is theirs to give.
        mark(tx, &rest, Delivery::Suppressed, Some("this address has had as much mail from here today as it may"))?;
        if !queued.is_empty() {
            tx.ring();
        }
    }
    Ok(())
}

/// Times that one invite is mailed in 24 hours, reminders apart.
const MOST_OF_ONE: i64 = 4;

crate::row! { struct Often { invite: InviteId } }

/// Which of the invites have been mailed so often today that they are not sent again.
pub(super) fn often(tx: &mut Tx<'_>, invites: &[InviteId], now: Timestamp) -> Result<HashSet<InviteId>, Error> {
    let (since, mut found) = (now.plus_seconds(-A_DAY), HashSet::new());
    for some in invites.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!(
            "SELECT invite FROM mail WHERE invite IN ({}) AND kind = 'invite' AND created_at > $1
             GROUP BY invite HAVING COUNT(*) >= $2",
            numbers(3, some.len())
        ));
        let mut params: Vec<&dyn ToValue> = vec![&since, &MOST_OF_ONE];
        params.extend(filled(some).map(|id| id as &dyn ToValue));
        found.extend(tx.query::<Often>(sql, &params)?.into_iter().map(|often| often.invite));
    }
    Ok(found)
}

/// Refuses to send an invite once more today.
pub(super) fn too_often() -> Refused {
    Refused::Limited { seconds: A_DAY.unsigned_abs() }
}

/// As [`send`], for invites that have been sent before: a mail that still waits gives way.
pub(super) fn send_again(
    tx: &mut Tx<'_>,
    app: &App,
    invites: &[InviteId],
    actor: AccountId,
    now: Timestamp,
) -> Result<(), Error> {
    if !app.settings().mail.is_on() {
        return Ok(());
    }
    for some in invites.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!(
            "UPDATE mail SET settled_at = $1, outcome = 'dropped' WHERE settled_at IS NULL
                AND kind IN ('invite', 'reminder') AND invite IN ({})",
            numbers(2, some.len())
        ));
        let mut params: Vec<&dyn ToValue> = vec![&now];
        params.extend(filled(some).map(|id| id as &dyn ToValue));
        let _ = tx.execute(sql, &params)?;
    }
    send(tx, app, invites, actor, now)
}

/// Says of those of the invites that have an address how their mail goes.
fn mark(tx: &mut Tx<'_>, invites: &[InviteId], delivery: Delivery, note: Option<&str>) -> Result<(), Error> {
    if invites.is_empty() {
        return Ok(());
    }
    let sql = intern(format!(
        "UPDATE invite SET delivery = $1, delivery_note = $2, delivery_next_at = NULL
         WHERE id IN ({}) AND (email IS NOT NULL
            OR EXISTS (SELECT 1 FROM account t WHERE t.id = invite.account AND t.email_verified))",
        numbers(3, invites.len())
    ));
    let mut params: Vec<&dyn ToValue> = vec![&delivery, &note];
    params.extend(filled(invites).map(|id| id as &dyn ToValue));
    tx.execute(sql, &params).map(drop)
}

crate::row! {
    /// An invite as its mail meets it, held.
    #[derive(Debug)]
    pub(crate) struct Mailed {
        id: InviteId, band: BandId, kind: Kind, campaign: Option<CampaignId>, created_by: AccountId, policy: String,
        sent_at: Option<Timestamp>, expires_at: Option<Timestamp>,
    }
}

/// The invite whose mail this is, or whose reminder. A notice to who invited says nothing about the invite's own mail.
pub(crate) fn hold(tx: &mut Tx<'_>, mail: &Taken) -> Result<Option<Mailed>, Error> {
    let is_own = matches!(mail.kind, MailKind::Invite | MailKind::Reminder);
    let Some(id) = mail.invite.filter(|_| is_own) else { return Ok(None) };
    let sql = tx.dialect().pick(
        "SELECT id, band, kind, campaign, created_by, policy, sent_at, expires_at FROM invite WHERE id = $1",
        "SELECT id, band, kind, campaign, created_by, policy, sent_at, expires_at FROM invite
         WHERE id = $1 FOR NO KEY UPDATE",
    );
    tx.query_one(sql, &[&id])
}

/// An invite's mail was tried and waits for the next try at `due`; `note` is why, in the mail server's words.
pub(crate) fn deferred(tx: &mut Tx<'_>, invite: &Mailed, note: &str, due: Timestamp) -> Result<(), Error> {
    let done = tx.execute(
        "UPDATE invite SET delivery = 'deferred', delivery_note = $2, delivery_next_at = $3
         WHERE id = $1 AND status = 'pending'",
        &[&invite.id, &note, &due],
    )?;
    if done > 0 {
        tx.touch(invite.band);
    }
    Ok(())
}

/// An invite's mail, or where it `reminds` its reminder, came to an end.
pub(crate) fn settled(
    tx: &mut Tx<'_>,
    found: &Mailed,
    reminds: bool,
    outcome: MailOutcome,
    note: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let id = found.id;
    match outcome {
        MailOutcome::Sent => {
            let first = found.sent_at.is_none();
            // Sent again, its reminders count from then.
            let sent_at = found.sent_at.filter(|_| reminds).unwrap_or(now);
            let policy = serde_json::from_str::<Policy>(&found.policy)
                .inspect_err(|error| tracing::error!(invite = %id, %error, "the rules of this invite cannot be read"));
            let (next, last) = policy.map_or((None, None), |policy| {
                let last = last_reminder(found.expires_at, policy.last_reminder_hours, now);
                (next_reminder(sent_at, &policy.reminder_hours, now), last)
            });
            let _ = tx.execute(
                "UPDATE invite SET delivery = 'sent', delivery_note = NULL, delivery_next_at = NULL, sent_at = $2,
                    reminders_sent = reminders_sent + $3::bigint, next_reminder_at = $4, last_reminder_at = $5
                 WHERE id = $1",
                &[&id, &sent_at, &i64::from(reminds), &next, &last],
            )?;
            if first {
                let Mailed { id, band, kind, campaign, created_by, .. } = *found;
                Counted { id, band, kind, campaign, created_by }.tally(tx, Tally::SENT);
            }
        }
        MailOutcome::Bounced | MailOutcome::Suppressed => {
            let delivery = outcome.as_str();
            let _ = tx.execute(
                "UPDATE invite SET delivery = $2, delivery_note = $3, delivery_next_at = NULL, next_reminder_at = NULL,
                    last_reminder_at = NULL WHERE id = $1",
                &[&id, &delivery, &note],
            )?;
        }
        // The invite has ended, or is for another address by now: what was sent before was sent.
        MailOutcome::Dropped => {
            let _ = tx.execute(
                "UPDATE invite SET delivery = CASE WHEN sent_at IS NULL THEN 'none' ELSE 'sent' END,
                    delivery_note = NULL, delivery_next_at = NULL, next_reminder_at = NULL, last_reminder_at = NULL
                 WHERE id = $1 AND delivery IN ('queued', 'deferred')",
                &[&id],
            )?;
            tx.touch(found.band);
            return Ok(());
        }
    }
    let action = match (outcome, reminds) {
        (MailOutcome::Sent, false) => "invite.mailed",
        (MailOutcome::Sent, true) => "invite.reminded",
        (MailOutcome::Bounced, _) => "invite.bounced",
        _ => "invite.suppressed",
    };
    let (band, invite) = (Some(found.band), Some(id));
    // What the mail server says can name the address, and stays with the invite: the trail outlives it.
    audit::record(tx, now, Event { band, actor: None, action, invite, account: None, detail: None })
}

crate::row! {
    struct Reminded { id: InviteId, band: BandId, created_by: AccountId, account: Option<AccountId>, email: String }
}

/// Queues the reminders that are due, at most `most` of each sort; how many. Each invite gets one, however many instants
/// for one have passed: the next is set when it has been sent. One that still waits to be sent is enough.
pub(crate) fn remind(tx: &mut Tx<'_>, now: Timestamp, most: i64) -> Result<usize, Error> {
    let mut due: Vec<Reminded> = Vec::new();
    for instant in ["next_reminder_at", "last_reminder_at"] {
        let some = tx.dialect().unheld(&format!(
            "SELECT seq FROM invite WHERE status = 'pending' AND {instant} <= $1 ORDER BY {instant} LIMIT $2"
        ));
        let sql = intern(format!(
            "UPDATE invite SET next_reminder_at = CASE WHEN next_reminder_at > $1 THEN next_reminder_at END,
                last_reminder_at = CASE WHEN last_reminder_at > $1 THEN last_reminder_at END
             WHERE {some}
             RETURNING id, band, created_by, account,
                CASE WHEN (SELECT COUNT(*) FROM (SELECT 1 FROM mail m WHERE m.invite = invite.id AND m.kind = 'reminder'
                    AND m.settled_at IS NULL LIMIT 1) AS waits) > 0 THEN ''
                ELSE COALESCE(email, (SELECT a.email FROM account a WHERE a.id = account AND a.email_verified), '') END
                AS email"
        ));
        due.extend(tx.query(sql, &[&now, &most])?);
    }
    // An account whose address is not verified any more is not reminded: it may be anybody's.
    let mails: Vec<Queued<'_>> = due
        .iter()
        .filter(|one| !one.email.is_empty())
        .map(|one| Queued {
            kind: MailKind::Reminder,
            email: &one.email,
            account: one.account,
            band: Some(one.band),
            invite: Some(one.id),
            actor: Some(one.created_by),
            secret: None,
        })
        .collect();
    outbox::queue(tx, &mails, now)?;
    for one in &due {
        tx.touch(one.band);
    }
    Ok(due.len())
}

/// When the last reminder is due, as SQL, of an invite that is given the end `end` at `now`: none where its mail has not
/// gone out, or where that instant has passed.
pub(super) fn reminding(dialect: Dialect, end: &str, now: &str) -> String {
    let hours = dialect.pick(
        "json_extract(policy, '$.last_reminder_hours')",
        "CAST(CAST(policy AS json) ->> 'last_reminder_hours' AS bigint)",
    );
    format!(
        "CASE WHEN delivery = 'sent' AND {end} - {hours} * 3600000000 > {now} THEN {end} - {hours} * 3600000000 END"
    )
}

crate::row! { struct NextReminder { at: Timestamp } }

/// When the next reminder is due.
pub(crate) fn next_to_remind(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, Error> {
    let next: Option<NextReminder> = tx.query_one(
        "SELECT next_reminder_at AS at FROM invite WHERE status = 'pending' AND next_reminder_at IS NOT NULL
         ORDER BY next_reminder_at LIMIT 1",
        &[],
    )?;
    let last: Option<NextReminder> = tx.query_one(
        "SELECT last_reminder_at AS at FROM invite WHERE status = 'pending' AND last_reminder_at IS NOT NULL
         ORDER BY last_reminder_at LIMIT 1",
        &[],
    )?;
    Ok(next.into_iter().chain(last).map(|next| next.at).min())
}
