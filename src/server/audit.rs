//! The audit trail: append-only, written in the transaction of what it tells of.

use std::fmt::Write as _;

use crate::{
    api::{AuditEvent, AuditTrail, Person},
    domain::{AccountId, BandId, InviteId, Timestamp},
};

use super::{
    Refused,
    page::{At, Page},
    store::{Error, ToValue, Tx, dialect::intern},
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
    let _ = tx.execute(
        "INSERT INTO audit (band, at, actor, action, invite, account, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[&event.band, &now, &event.actor, &event.action, &event.invite, &event.account, &event.detail],
    )?;
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
    let mut sql = String::from(
        "SELECT e.seq AS seq, e.at AS at, e.action AS action, e.invite AS invite, e.detail AS detail, e.actor AS actor,
            p.username AS actor_username, p.display_name AS actor_name, e.account AS account,
            a.username AS account_username, a.display_name AS account_name
         FROM audit e LEFT JOIN account p ON p.id = e.actor LEFT JOIN account a ON a.id = e.account
         WHERE e.band = $1",
    );
    let mut params: Vec<&dyn ToValue> = vec![&band];
    let mut add = |sql: &mut String, text: &str, value| {
        params.push(value);
        let _ = write!(sql, " {text} ${}", params.len());
    };
    if let Some(invite) = &filter.invite {
        add(&mut sql, "AND e.invite =", invite);
    }
    if let Some(actor) = &filter.actor {
        add(&mut sql, "AND e.actor =", actor);
    }
    if let Some(action) = &filter.action {
        add(&mut sql, "AND e.action =", action);
    }
    let (than, order) = if page.is_backward() { ("AND e.seq >", "ASC") } else { ("AND e.seq <", "DESC") };
    let from = match page.at {
        At::From(cursor) => Some(cursor.seq),
        At::First | At::Last => None,
    };
    if let Some(from) = &from {
        add(&mut sql, than, from);
    }
    let fetch = page.fetch();
    add(&mut sql, &format!("ORDER BY e.seq {order} LIMIT"), &fetch);
    let rows: Vec<Row> = tx.query(intern(sql), &params)?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    Ok(AuditTrail { events: rows.into_iter().map(Row::into_event).collect(), next_cursor, prev_cursor })
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

fn person(id: Option<AccountId>, username: Option<String>, display_name: Option<String>) -> Option<Person> {
    Some(Person { id: id?, username: username?, display_name: display_name? })
}
