//! The audit trail: append-only, written in the transaction of what it tells of.

use std::fmt::Write as _;

use crate::{
    api::{AuditEvent, AuditTrail},
    domain::{AccountId, BandId, InviteId, Timestamp},
};

use super::{
    Refused,
    accounts::person,
    page::{At, MOST_COUNTED, Page},
    store::{
        Error, ToValue, Tx,
        dialect::{intern, places},
    },
};

/// What happened. Never a token, never a password.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event<'a> {
    /// The band it happened in; `None` for what concerns the site.
    pub(crate) band: Option<BandId>,
    /// Who did it; `None` for the server itself.
    pub(crate) actor: Option<AccountId>,
    /// What was done: `invite.created`, `member.removed`, …
    pub(crate) action: &'static str,
    /// The invite it was done to.
    pub(crate) invite: Option<InviteId>,
    /// The account it was done to.
    pub(crate) account: Option<AccountId>,
    /// What changed, in words.
    pub(crate) detail: Option<&'a str>,
}

/// Writes an event down.
pub(crate) fn record(tx: &mut Tx<'_>, now: Timestamp, event: Event<'_>) -> Result<(), Error> {
    record_all(tx, &[(now, event)])
}

/// Rows that one statement takes.
const ROWS: usize = 16;

/// Writes events down, in their order.
pub(crate) fn record_all(tx: &mut Tx<'_>, events: &[(Timestamp, Event<'_>)]) -> Result<(), Error> {
    for rows in events.chunks(ROWS) {
        let sql = intern(format!(
            "INSERT INTO audit (band, at, actor, action, invite, account, detail) VALUES {}",
            places(rows.len(), 7, 0)
        ));
        // What belongs to the site itself is an event of no band.
        let bands: Vec<Option<BandId>> =
            rows.iter().map(|(_, event)| event.band.filter(|id| *id != BandId::SITE)).collect();
        let mut params: Vec<&dyn ToValue> = Vec::with_capacity(rows.len() * 7);
        for ((at, event), band) in rows.iter().zip(&bands) {
            params.extend([band as &dyn ToValue, at, &event.actor, &event.action, &event.invite]);
            params.extend([&event.account as &dyn ToValue, &event.detail]);
        }
        let _ = tx.execute(sql, &params)?;
    }
    Ok(())
}

/// Which events are asked for; all that is given has to fit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Those about an invite.
    pub(crate) invite: Option<InviteId>,
    /// Those that an account caused.
    pub(crate) actor: Option<AccountId>,
    /// Those of an action.
    pub(crate) action: Option<String>,
    /// Those at this instant or later.
    pub(crate) from: Option<Timestamp>,
    /// Those before this instant.
    pub(crate) to: Option<Timestamp>,
}

crate::row! {
    struct Row {
        seq: i64, at: Timestamp, action: String, invite: Option<InviteId>, detail: Option<String>,
        actor: Option<AccountId>, actor_username: Option<String>, actor_name: Option<String>,
        account: Option<AccountId>, account_username: Option<String>, account_name: Option<String>,
    }
}

/// A page of what happened in a band, newest first.
pub(crate) fn list(tx: &mut Tx<'_>, band: BandId, filter: &Filter, page: Page) -> Result<AuditTrail, Refused> {
    let from = match page.at {
        At::From(cursor) => Some((Timestamp::from_micros(cursor.key), cursor.seq)),
        At::First | At::Last => None,
    };
    let rows = read(tx, band, filter, from, page.is_backward(), page.fetch())?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (row.at.micros(), row.seq));
    Ok(AuditTrail { events: rows.into_iter().map(Row::into_event).collect(), next_cursor, prev_cursor })
}

/// At most `most` of a band's events, newest first, that come after the event `last` in this order: one step of a walk
/// along the whole trail.
pub(crate) fn walk(
    tx: &mut Tx<'_>,
    band: BandId,
    filter: &Filter,
    last: Option<(Timestamp, i64)>,
    most: i64,
) -> Result<Vec<AuditEvent>, Error> {
    Ok(read(tx, band, filter, last, false, most)?.into_iter().map(Row::into_event).collect())
}

/// Of several filters the first that fewer events fit than are counted: the way to those that fit all of them.
fn fewest(tx: &mut Tx<'_>, band: BandId, equal: &[(&'static str, &dyn ToValue)]) -> Result<Option<usize>, Error> {
    if equal.len() < 2 {
        return Ok(None);
    }
    for (place, (column, value)) in equal.iter().enumerate() {
        let sql = intern(format!(
            "SELECT COUNT(*) AS n FROM
                (SELECT f.seq FROM audit f WHERE f.band = $1 AND f.{column} = $2 LIMIT {MOST_COUNTED}) AS found"
        ));
        if tx.count(sql, &[&band, *value])? < MOST_COUNTED {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Events on one side of an event, in the order of time: older ones, or with `later` newer ones, the nearest first.
///
/// Each filter has an index that ends in this order, so as many rows are read as fit. Of several filters one that few
/// events fit leads to them, and these few are put in order; where many fit each, those that fit all are met on a walk
/// along one of them.
fn read(
    tx: &mut Tx<'_>,
    band: BandId,
    filter: &Filter,
    than: Option<(Timestamp, i64)>,
    later: bool,
    most: i64,
) -> Result<Vec<Row>, Error> {
    let equal: [(&'static str, Option<&dyn ToValue>); 3] = [
        ("invite", filter.invite.as_ref().map(|value| value as _)),
        ("actor", filter.actor.as_ref().map(|value| value as _)),
        ("action", filter.action.as_ref().map(|value| value as _)),
    ];
    let mut equal: Vec<_> = equal.into_iter().filter_map(|(column, value)| Some((column, value?))).collect();
    let mut params: Vec<&dyn ToValue> = vec![&band];
    let (e, events) = match fewest(tx, band, &equal)? {
        None => ("e", "audit e".to_owned()),
        Some(place) => {
            let (column, value) = equal.remove(place);
            params.push(value);
            // The limit keeps the database to this way; it is out of reach, though some may have come since the count.
            let most = 2 * MOST_COUNTED;
            let few = format!("SELECT f.* FROM audit f WHERE f.band = $1 AND f.{column} = $2 LIMIT {most}");
            ("found", format!("({few}) AS found"))
        }
    };
    let mut sql = format!(
        "SELECT {e}.seq AS seq, {e}.at AS at, {e}.action AS action, {e}.invite AS invite, {e}.detail AS detail,
            {e}.actor AS actor, p.username AS actor_username, p.display_name AS actor_name, {e}.account AS account,
            a.username AS account_username, a.display_name AS account_name
         FROM {events} LEFT JOIN account p ON p.id = {e}.actor LEFT JOIN account a ON a.id = {e}.account
         WHERE {e}.band = $1"
    );
    for (column, value) in equal {
        params.push(value);
        let _ = write!(sql, " AND {e}.{column} = ${}", params.len());
    }
    for (side, instant) in [(">=", &filter.from), ("<", &filter.to)] {
        if let Some(instant) = instant {
            params.push(instant);
            let _ = write!(sql, " AND {e}.at {side} ${}", params.len());
        }
    }
    let (side, order) = if later { (">", "ASC") } else { ("<", "DESC") };
    if let Some((at, seq)) = &than {
        params.extend([at as &dyn ToValue, seq]);
        let _ = write!(sql, " AND ({e}.at, {e}.seq) {side} (${}, ${})", params.len() - 1, params.len());
    }
    params.push(&most);
    let _ = write!(sql, " ORDER BY {e}.at {order}, {e}.seq {order} LIMIT ${}", params.len());
    tx.query(intern(sql), &params)
}

impl Row {
    fn into_event(self) -> AuditEvent {
        AuditEvent {
            id: self.seq,
            at: self.at,
            actor: person(self.actor, self.actor_username, self.actor_name),
            action: self.action,
            invite: self.invite,
            account: person(self.account, self.account_username, self.account_name),
            detail: self.detail,
        }
    }
}
