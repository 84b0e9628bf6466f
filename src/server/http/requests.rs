//! `/bands/{id}/join-requests` and `/me/join-requests`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use crate::{
    api::{Code, Empty, JoinRequests, Member, OwnRequests},
    domain::{BandId, JoinRequestId, JoinStatus},
    server::{App, Refused, bands::requests, idempotency::Done, invites, page::Listed},
};

use super::{
    bands::band_id,
    body::Optional,
    caller::Caller,
    campaigns::go_on_soon,
    etag::Known,
    once::Key,
    query::{Keys, only, page, read_key},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(own)).routes(routes!(approve)).routes(routes!(deny))
}

fn ids(band: &str, request: &str) -> Result<(BandId, JoinRequestId), Refused> {
    Ok((band_id(band)?, request.parse().map_err(|_| Refused::not_found("join request"))?))
}

/// Who asks to come in, oldest first; for the band's admins.
#[utoipa::path(
    get, path = "/bands/{id}/join-requests", tag = "join requests",
    params(
        ("id" = String, Path),
        ("status" = Option<String>, Query, description = "pending (the default), approved, denied or closed"),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses((status = 200, body = JoinRequests), (status = 304, description = "Nothing has changed"))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
    Keys(keys): Keys,
) -> Result<Response, Refused> {
    only(&keys, &["status", "limit", "cursor"])?;
    let status = read_key(&keys, "status")?.unwrap_or(JoinStatus::Pending);
    let page = page(&keys, Listed::JoinRequests)?;
    let band = band_id(&id)?;
    known.answer(&app.store().read(move |tx| requests::list(tx, band, caller.account, status, page)).await?)
}

/// What I have asked of bands, newest first, and what was said: so that who waits learns of a no, too.
#[utoipa::path(
    get, path = "/me/join-requests", tag = "join requests",
    params(
        ("band" = Option<String>, Query, description = "the id of a band: what I have asked of it alone"),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses((status = 200, body = OwnRequests), (status = 304, description = "Nothing has changed"))
)]
async fn own(State(app): State<App>, caller: Caller, known: Known, Keys(keys): Keys) -> Result<Response, Refused> {
    only(&keys, &["band", "limit", "cursor"])?;
    let band: Option<BandId> = read_key(&keys, "band")?;
    let page = page(&keys, Listed::OwnRequests)?;
    known.answer(&app.store().read(move |tx| requests::own(tx, caller.account, band, page)).await?)
}

/// Takes in who asked; for the band's admins. By an invite whose uses are all taken nobody comes in, and the request is
/// closed.
#[utoipa::path(
    post, path = "/bands/{id}/join-requests/{rid}/approve", tag = "join requests", request_body = Option<Empty>,
    params(("id" = String, Path), ("rid" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Member))
)]
async fn approve(
    State(app): State<App>,
    caller: Caller,
    Path((id, rid)): Path<(String, String)>,
    key: Key,
    Optional(body): Optional<Empty>,
) -> Result<Json<Member>, Refused> {
    let (band, id) = ids(&id, &rid)?;
    let now = app.now();
    let (member, rest) = key
        .of(&app, caller, format!("/bands/{band}/join-requests/{id}/approve"), body.hash)
        .write(
            move |_, tx, _| Ok((requests::approved(tx, band, id, caller.account)?, None)),
            move |app, tx| {
                let value = requests::approve(tx, band, id, caller.account, app, now)?;
                Ok(Done::new(200, id.as_bytes(), value))
            },
        )
        .await?;
    go_on_soon(&app, rest).await;
    let used = || {
        let text =
            "Every use of the invite by which this person asked is taken: the request is closed. Invite them anew.";
        Refused::new(Code::InviteUsed, text)
    };
    let member = member.ok_or_else(used)?;
    invites::let_go_after(&app, member.account.id).await;
    Ok(Json(member))
}

/// Says no to who asked; for the band's admins. They can ask again.
#[utoipa::path(
    post, path = "/bands/{id}/join-requests/{rid}/deny", tag = "join requests", request_body = Option<Empty>,
    params(("id" = String, Path), ("rid" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204))
)]
async fn deny(
    State(app): State<App>,
    caller: Caller,
    Path((id, rid)): Path<(String, String)>,
    key: Key,
    Optional(body): Optional<Empty>,
) -> Result<StatusCode, Refused> {
    let (band, id) = ids(&id, &rid)?;
    let now = app.now();
    key.of(&app, caller, format!("/bands/{band}/join-requests/{id}/deny"), body.hash)
        .write(
            |_, _, _| Ok(()),
            move |_, tx| {
                requests::deny(tx, band, id, caller.account, now)?;
                Ok(Done::new(204, id.as_bytes(), ()))
            },
        )
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
