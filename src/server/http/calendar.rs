//! `/invites/{token}/calendar.ics` and `/campaigns/{id}/calendar.ics`: what invites are to, as a file for calendars.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse as _, Response},
};

use crate::server::{App, Refused, calendar, campaigns, invites, web::Part};

use super::{
    caller::Caller,
    campaigns::campaign_id,
    guests::token_hash,
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(of_invite)).routes(routes!(of_campaign))
}

fn answer(file: String) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", calendar::FILE_NAME);
    let headers = [
        (header::CONTENT_TYPE, calendar::MEDIA),
        (header::CONTENT_DISPOSITION, disposition.as_str()),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, file).into_response()
}

/// The event of an invite's campaign as an iCalendar file, before anyone signs in. It changes nothing. Without an event it
/// is `not_found`.
#[utoipa::path(get, path = "/invites/{token}/calendar.ics", tag = "invites", security(()),
    params(("token" = String, Path, description = "the token of a link, or a code")),
    responses((status = 200, body = String, content_type = "text/calendar; charset=utf-8")))]
async fn of_invite(State(app): State<App>, Part(token): Part) -> Result<Response, Refused> {
    let (token_hash, now) = (token_hash(&token)?, app.now());
    let (found, _) = app.store().glance(move |tx| invites::look(tx, &token_hash, now)).await?;
    found.calendar(&app).map(answer).ok_or_else(campaigns::no_event)
}

/// The event of a campaign as an iCalendar file, for every member of its band. Without an event it is `not_found`.
#[utoipa::path(get, path = "/campaigns/{id}/calendar.ics", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/calendar; charset=utf-8")))]
async fn of_campaign(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Refused> {
    let id = campaign_id(&id)?;
    let (event, band) = app.store().read(move |tx| campaigns::event_for_member(tx, id, caller.account)).await?;
    Ok(answer(calendar::file(&app, (&event, &band))))
}
