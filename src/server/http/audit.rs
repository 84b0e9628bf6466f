//! `GET /bands/{id}/audit`.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use crate::{
    api::{AuditEvent, AuditTrail, CSV, NDJSON, Person, Sheet},
    domain::{AccountId, BandId, Timestamp},
    server::{
        App, Refused,
        audit::{self, Filter},
        bands::Access,
        page::{Cursor, Listed},
    },
};

use super::{
    bands::band_id,
    caller::Caller,
    export::{self, STEP, Walk},
    query::{Keys, only, page, read_key},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(trail))
}

/// What happened in the band, newest first; for its admins. As `csv` or `ndjson` the whole of it, as long as it is.
#[utoipa::path(
    get, path = "/bands/{id}/audit", tag = "audit",
    params(
        ("id" = String, Path),
        ("invite" = Option<String>, Query, description = "the id of the invite it was done to"),
        ("actor" = Option<String>, Query, description = "the id of the account that did it"),
        ("action" = Option<String>, Query, description = "what was done, such as invite.accepted"),
        ("from" = Option<Timestamp>, Query, description = "at this instant or later"),
        ("to" = Option<Timestamp>, Query, description = "before this instant"),
        ("format" = Option<String>, Query, description = "json (the default, a page), csv or ndjson (all of it)"),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
    ),
    responses(
        (status = 200, content(
            (AuditTrail = "application/json"), (String = "application/x-ndjson"), (String = "text/csv")
        )),
    )
)]
async fn trail(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Keys(keys): Keys,
) -> Result<Response, Refused> {
    only(&keys, &["invite", "actor", "action", "from", "to", "format", "limit", "cursor"])?;
    let filter = Filter {
        invite: read_key(&keys, "invite")?,
        actor: read_key(&keys, "actor")?,
        action: read_key(&keys, "action")?,
        from: read_key(&keys, "from")?,
        to: read_key(&keys, "to")?,
    };
    let band = band_id(&id)?;
    let format = match keys.get("format").map(String::as_str) {
        None | Some("" | "json") => None,
        Some("csv") => Some(Format::Csv),
        Some("ndjson") => Some(Format::Ndjson),
        Some(_) => return Err(Refused::field("format", "must be one of: json csv ndjson")),
    };
    if let Some(format) = format {
        if let Some(key) = ["limit", "cursor"].into_iter().find(|key| keys.contains_key(*key)) {
            return Err(Refused::field(key, "must be left out: csv and ndjson give the whole trail"));
        }
        let (media, ending, head) = match format {
            Format::Csv => (CSV, "csv", Sheet::new(&COLUMNS).into_bytes()),
            Format::Ndjson => (NDJSON, "ndjson", Vec::new()),
        };
        let walk = Trail { app, account: caller.account, band, filter, format, from: None, ended: false };
        return export::file(media, &format!("audit-{band}.{ending}"), head, walk).await;
    }
    let page = page(&keys, Listed::Audit)?;
    let trail = app
        .store()
        .read(move |tx| {
            Access::of(tx, band, caller.account)?.require_admin()?;
            Ok::<_, Refused>(audit::list(tx, band, &filter, page)?)
        })
        .await?;
    Ok(Json(trail).into_response())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Ndjson,
}

/// A walk along a trail, from the newest event on.
struct Trail {
    app: App,
    account: AccountId,
    band: BandId,
    filter: Filter,
    format: Format,
    from: Option<Cursor>,
    ended: bool,
}

impl Walk for Trail {
    async fn step(&mut self) -> Result<Option<Vec<u8>>, Refused> {
        if self.ended {
            return Ok(None);
        }
        let (band, account, filter, from) = (self.band, self.account, self.filter.clone(), self.from);
        let (events, next) = self
            .app
            .store()
            .read(move |tx| {
                Access::of(tx, band, account)?.require_admin()?;
                Ok::<_, Refused>(audit::walk(tx, band, &filter, from, STEP)?)
            })
            .await?;
        (self.ended, self.from) = (next.is_none(), next);
        Ok(Some(match self.format {
            Format::Csv => rows(&events),
            Format::Ndjson => lines(&events),
        }))
    }
}

/// The columns of the trail as a table.
const COLUMNS: [&str; 12] = [
    "id",
    "at",
    "action",
    "actor_id",
    "actor_username",
    "actor_display_name",
    "invite",
    "account_id",
    "account_username",
    "account_display_name",
    "detail",
    "recipient",
];

fn rows(events: &[AuditEvent]) -> Vec<u8> {
    let mut sheet = Sheet::go_on();
    let person = |person: Option<&Person>| {
        person.map_or_else(Default::default, |person| {
            [person.id.to_string(), person.username.clone(), person.display_name.clone()]
        })
    };
    for event in events {
        let [actor, actor_username, actor_name] = person(event.actor.as_ref());
        let [account, account_username, account_name] = person(event.account.as_ref());
        sheet.row(&[
            event.id.to_string(),
            event.at.to_string(),
            event.action.clone(),
            actor,
            actor_username,
            actor_name,
            event.invite.map(|id| id.to_string()).unwrap_or_default(),
            account,
            account_username,
            account_name,
            event.detail.clone().unwrap_or_default(),
            event.recipient.clone().unwrap_or_default(),
        ]);
    }
    sheet.into_bytes()
}

/// The events as lists show them, one a line.
fn lines(events: &[AuditEvent]) -> Vec<u8> {
    let mut lines = Vec::new();
    for event in events {
        // An event is always JSON; memory takes all that is written to it.
        let _ = serde_json::to_writer(&mut lines, event);
        lines.push(b'\n');
    }
    lines
}
