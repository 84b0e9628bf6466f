//! The audit trail: append-only, written in the transaction of what it tells of.

use crate::{
    api::{AuditEvent, AuditTrail, recipient},
    domain::{AccountId, BandId, InviteId, Kind, Timestamp},
};

use super::{
    accounts::person,
    filtered::{Condition, Filtered, Lead},
    page::{At, Cursor, Cut, Listed, Page},
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

/// Writes events down, in their order. Whoever looks at a band is told of each: its trail is a part of what it shows, and
/// that somebody had a link shown changes nothing else.
pub(crate) fn record_all(tx: &mut Tx<'_>, events: &[(Timestamp, Event<'_>)]) -> Result<(), Error> {
    for rows in events.chunks(ROWS) {
        let sql = intern(format!(
            "INSERT INTO audit (band, at, actor, action, invite, account, detail) VALUES {}",
            places(rows.len(), 7, 0)
        ));
        rows.iter().filter_map(|(_, event)| event.band).for_each(|band| tx.touch(band));
        // What belongs to the site itself is an event of no band.
        let bands: Vec<Option<BandId>> =
            rows.iter().map(|(_, event)| event.band.filter(|id| *id != BandId::SITE)).collect();
        let mut params: Vec<&dyn ToValue> = Vec::with_capacity(rows.len() * 7);
        for ((at, event), band) in rows.iter().zip(&bands) {
            params.extend([band as &dyn ToValue, at, &event.actor, &event.action, &event.invite]);
            params.extend([&event.account as &dyn ToValue, &event.detail]);
        }
        tx.also(sql, &params)?;
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
        kind: Option<Kind>, email: Option<String>, label: Option<String>, hint: Option<String>,
        invited: Option<String>,
    }
}

/// A page of what happened in a band, newest first.
pub(crate) fn list(tx: &mut Tx<'_>, band: BandId, filter: &Filter, page: Page) -> Result<AuditTrail, Error> {
    let Cut { rows: events, next, prev } = read(tx, band, filter, page)?;
    let encode = |cursor: Cursor| cursor.encode(page.of);
    Ok(AuditTrail { events, next_cursor: next.map(encode), prev_cursor: prev.map(encode) })
}

/// At most `most` of a band's events, newest first, from a place on; and where to go on. One step of a walk along the
/// whole trail.
pub(crate) fn walk(
    tx: &mut Tx<'_>,
    band: BandId,
    filter: &Filter,
    from: Option<Cursor>,
    most: usize,
) -> Result<(Vec<AuditEvent>, Option<Cursor>), Error> {
    let limit = u32::try_from(most).unwrap_or(u32::MAX);
    let page = Page { of: Listed::Audit, limit, at: from.map_or(At::First, At::From) };
    let cut = read(tx, band, filter, page)?;
    Ok((cut.rows, cut.next))
}

/// The events of a page. Each filter has an index that ends in the order of time.
fn read(tx: &mut Tx<'_>, band: BandId, filter: &Filter, page: Page) -> Result<Cut<AuditEvent>, Error> {
    let conditions: [(&str, Option<&dyn ToValue>, Lead); 5] = [
        ("e.invite = ?", filter.invite.as_ref().map(|value| value as _), Lead::InOrder),
        ("e.actor = ?", filter.actor.as_ref().map(|value| value as _), Lead::InOrder),
        ("e.action = ?", filter.action.as_ref().map(|value| value as _), Lead::InOrder),
        ("e.at >= ?", filter.from.as_ref().map(|value| value as _), Lead::Stretch),
        ("e.at < ?", filter.to.as_ref().map(|value| value as _), Lead::Stretch),
    ];
    let filtered = Filtered {
        table: ("audit", "e"),
        key: Some("e.at"),
        down: true,
        band: &band,
        conditions: Condition::given(conditions),
    };
    let way = filtered.way(tx)?;
    let cut = filtered.page(tx, way, (COLUMNS, PEOPLE), page, |row: &Row| (row.at.micros(), row.seq))?;
    Ok(Cut { rows: cut.rows.into_iter().map(Row::into_event).collect(), next: cut.next, prev: cut.prev })
}

/// What is read of an event, in the order of [`Row`]'s fields.
const COLUMNS: &str = "e.seq AS seq, e.at AS at, e.action AS action, e.invite AS invite, e.detail AS detail,
    e.actor AS actor, p.username AS actor_username, p.display_name AS actor_name, e.account AS account,
    a.username AS account_username, a.display_name AS account_name, i.kind AS kind, i.email AS email, i.label AS label,
    i.hint AS hint, t.username AS invited";

/// The people of an event, and whom its invite is for: that is not written down in the trail, so that it goes with the invite.
const PEOPLE: &str = "LEFT JOIN account p ON p.id = e.actor LEFT JOIN account a ON a.id = e.account
    LEFT JOIN invite i ON i.id = e.invite LEFT JOIN account t ON t.id = i.account";

impl Row {
    fn into_event(self) -> AuditEvent {
        let recipient = self.kind.map(|kind| {
            let hint = self.hint.as_deref().unwrap_or_default();
            recipient(kind, self.invited.as_deref(), self.email.as_deref(), self.label.as_deref(), hint)
        });
        AuditEvent {
            id: self.seq,
            at: self.at,
            actor: person(self.actor, self.actor_username, self.actor_name),
            action: self.action,
            invite: self.invite,
            recipient,
            account: person(self.account, self.account_username, self.account_name),
            detail: self.detail,
        }
    }
}
