//! `/bands/{id}/invites` and `/invites`.

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    api::{
        CreateInvite, CreatedInvite, Empty, Invite, InviteLink, InviteSort, Invites, Redemptions, ResendInvite,
        ResentInvite, UpdateInvite,
    },
    domain::{InviteId, Kind, Status, Token},
    server::{
        App, Refused,
        idempotency::{Done, Earlier},
        invites::{self, Created, Filter, Fresh},
        page::Listed,
        store::Tx,
    },
};

use super::{
    bands::band_id,
    body::{Body, Optional},
    caller::Caller,
    etag::Known,
    once::Key,
    query::{Keys, only, page, read_key},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(read, edit, revoke))
        .routes(routes!(redemptions))
        .routes(routes!(link))
        .routes(routes!(restore))
        .routes(routes!(resend))
        .routes(routes!(rotate))
}

/// The id in an address; what is none names no invite that there is.
pub(super) fn invite_id(text: &str) -> Result<InviteId, Refused> {
    text.parse().map_err(|_| Refused::not_found("invite"))
}

/// An answer that holds a secret: nobody on the way keeps it.
pub(super) fn secret<T: serde::Serialize>(status: StatusCode, value: T) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(value)).into_response()
}

/// A band's invites, newest first unless `sort` says otherwise. Who may not invite sees their own.
#[utoipa::path(get, path = "/bands/{id}/invites", tag = "invites",
    params(
        ("id" = String, Path),
        ("status" = Option<Status>, Query),
        ("kind" = Option<Kind>, Query),
        ("q" = Option<String>, Query,
            description = "a part of label, address, or name of the account it is for; under 3 letters the beginning"),
        ("campaign" = Option<String>, Query, description = "the id of a campaign"),
        ("created_by" = Option<String>, Query, description = "the id of an account"),
        ("sort" = Option<InviteSort>, Query, description = "the newest first where it is missing"),
        ("limit" = Option<u32>, Query, description = "1 to 200, 50 by default"),
        ("cursor" = Option<String>, Query, description = "out of an earlier answer, or `last`"),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses((status = 304), (status = 200, body = Invites)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
    Keys(keys): Keys,
) -> Result<Response, Refused> {
    only(&keys, &["status", "kind", "q", "campaign", "created_by", "sort", "limit", "cursor"])?;
    let filter = Filter {
        status: read_key(&keys, "status")?,
        kind: read_key(&keys, "kind")?,
        campaign: read_key(&keys, "campaign")?,
        created_by: read_key(&keys, "created_by")?,
        q: read_key(&keys, "q")?,
        revoked_since: None,
        sort: read_key(&keys, "sort")?.unwrap_or(InviteSort::Newest),
    };
    let page = page(&keys, filter.sort)?;
    let (band, now) = (band_id(&id)?, app.now());
    let list = move |tx: &mut Tx<'_>, access| invites::list(tx, band, caller.account, access, &filter, page, now);
    known.list(&app, band, caller, list).await
}

/// Makes an invite, and shows its link this once; later `POST /invites/{id}/link` does.
#[utoipa::path(post, path = "/bands/{id}/invites", tag = "invites",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = CreateInvite,
    responses(
        (status = 201, body = CreatedInvite),
        (status = 200, body = CreatedInvite, description = "the one that was pending, sent again")))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    body: Body<CreateInvite>,
) -> Result<Response, Refused> {
    let (band, now, fresh) = (band_id(&id)?, app.now(), Fresh::new(&app));
    let (Created { row, token, is_new }, is_first) = key
        .of(&app, caller, format!("/bands/{band}/invites"), body.hash)
        .write(
            move |app, tx, earlier| {
                let (row, token) = invites::recreated(tx, app, made(&earlier)?, caller.account)?;
                Ok((Created { row, token, is_new: earlier.status == 201 }, false))
            },
            move |app, tx| {
                let created = invites::create(tx, app, band, caller.account, &body.value, &fresh, now)?;
                let id = created.row.id;
                Ok(Done::new(if created.is_new { 201 } else { 200 }, id.as_bytes(), (created, true)))
            },
        )
        .await?;
    app.alarm().note(row.expires_at);
    app.metrics().invites("created", u64::from(is_new && is_first));
    let (link, status) = (link_of(&app, &token)?, if is_new { StatusCode::CREATED } else { StatusCode::OK });
    Ok(secret(status, CreatedInvite { invite: row.show(now), link, token }))
}

fn link_of(app: &App, token: &str) -> Result<String, Refused> {
    Token::parse(token).map(|token| app.link(&token)).ok_or_else(Refused::invalid_token)
}

/// One invite.
#[utoipa::path(get, path = "/invites/{id}", tag = "invites",
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 304), (status = 200, body = Invite)))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
) -> Result<Response, Refused> {
    let (id, now) = (invite_id(&id)?, app.now());
    let (row, _) = app.store().read(move |tx| invites::read(tx, id, caller.account)).await?;
    known.answer(&row.show(now))
}

/// Changes a pending invite: what is left out stays, null is none.
#[utoipa::path(patch, path = "/invites/{id}", tag = "invites", params(("id" = String, Path)), request_body = UpdateInvite,
    responses((status = 200, body = Invite)))]
async fn edit(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body<UpdateInvite>,
) -> Result<Json<Invite>, Refused> {
    let (id, now) = (invite_id(&id)?, app.now());
    let row = app.store().write(move |tx| invites::edit(tx, id, caller.account, &body.value, now)).await?;
    app.alarm().note(row.expires_at);
    Ok(Json(row.show(now)))
}

/// Takes a pending invite back; again is no error. It can be undone for ten minutes.
#[utoipa::path(delete, path = "/invites/{id}", tag = "invites", params(("id" = String, Path)),
    responses((status = 204)))]
async fn revoke(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    let (id, now) = (invite_id(&id)?, app.now());
    app.store().write(move |tx| invites::revoke(tx, id, caller.account, now)).await?;
    app.metrics().invites("revoked", 1);
    Ok(StatusCode::NO_CONTENT)
}

/// Who used an invite, newest first.
#[utoipa::path(get, path = "/invites/{id}/redemptions", tag = "invites",
    params(("id" = String, Path), ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Redemptions)))]
async fn redemptions(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Keys(keys): Keys,
) -> Result<Json<Redemptions>, Refused> {
    only(&keys, &["limit", "cursor"])?;
    let page = page(&keys, Listed::Redemptions)?;
    let id = invite_id(&id)?;
    app.store().read(move |tx| invites::redemptions(tx, id, caller.account, page)).await.map(Json)
}

/// The invite that an earlier request made or changed.
fn made(earlier: &Earlier) -> Result<InviteId, Refused> {
    earlier.resource.map(InviteId::from_bytes).ok_or_else(|| Refused::not_found("invite"))
}

/// Shows an invite's link again; the audit trail says so.
#[utoipa::path(post, path = "/invites/{id}/link", tag = "invites", request_body = Option<Empty>,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = InviteLink)))]
async fn link(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    Optional(body): Optional<Empty>,
) -> Result<Response, Refused> {
    let (id, now) = (invite_id(&id)?, app.now());
    let token = key
        .of(&app, caller, format!("/invites/{id}/link"), body.hash)
        .write(
            move |app, tx, _| invites::recreated(tx, app, id, caller.account).map(|(_, token)| token),
            move |app, tx| Ok(Done::new(200, id.as_bytes(), invites::link(tx, app, id, caller.account, now)?)),
        )
        .await?;
    Ok(secret(StatusCode::OK, InviteLink { link: link_of(&app, &token)?, token }))
}

/// Undoes a revoke of the last ten minutes.
#[utoipa::path(post, path = "/invites/{id}/restore", tag = "invites", request_body = Option<Empty>,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Invite)))]
async fn restore(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    Optional(body): Optional<Empty>,
) -> Result<Json<Invite>, Refused> {
    let (id, now) = (invite_id(&id)?, app.now());
    let row = key
        .of(&app, caller, format!("/invites/{id}/restore"), body.hash)
        .write(
            move |_, tx, _| invites::read(tx, id, caller.account).map(|(row, _)| row),
            move |_, tx| Ok(Done::new(200, id.as_bytes(), invites::restore(tx, id, caller.account, now)?)),
        )
        .await
        .map_err(invites::or_pending)?;
    app.alarm().note(row.expires_at);
    Ok(Json(row.show(now)))
}

/// Sends a pending invite again to the address or the account that it is for; with `rotate` under a new token, and then
/// the answer shows its link. On a server without mail an account finds it in the inbox, and `delivery` stays as it is.
/// An invite for whoever holds it is refused, and so is one for a person who wants no more from here
/// (`recipient_opted_out`).
#[utoipa::path(post, path = "/invites/{id}/resend", tag = "invites", request_body = Option<ResendInvite>,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ResentInvite)))]
async fn resend(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    Optional(body): Optional<ResendInvite>,
) -> Result<Response, Refused> {
    let (id, now) = (invite_id(&id)?, app.now());
    let fresh = body.value.rotate.unwrap_or(false).then(|| Fresh::of(&app, id));
    let rotates = fresh.is_some();
    let (row, token) = key
        .of(&app, caller, format!("/invites/{id}/resend"), body.hash)
        .write(
            move |app, tx, _| {
                if rotates {
                    invites::recreated(tx, app, id, caller.account).map(|(row, token)| (row, Some(token)))
                } else {
                    invites::read(tx, id, caller.account).map(|(row, _)| (row, None))
                }
            },
            move |app, tx| {
                let resent = invites::resend(tx, app, id, caller.account, fresh.as_ref(), now)?;
                Ok(Done::new(200, id.as_bytes(), resent))
            },
        )
        .await?;
    let invite = row.show(now);
    let resent = match token {
        Some(token) => ResentInvite::Rotated(Box::new(CreatedInvite { invite, link: link_of(&app, &token)?, token })),
        None => ResentInvite::Same(Box::new(invite)),
    };
    Ok(secret(StatusCode::OK, resent))
}

/// Gives a pending invite a new token; the old one is unknown at once.
#[utoipa::path(post, path = "/invites/{id}/rotate", tag = "invites", request_body = Option<Empty>,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = InviteLink)))]
async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    Optional(body): Optional<Empty>,
) -> Result<Response, Refused> {
    let (id, now) = (invite_id(&id)?, app.now());
    let fresh = Fresh::of(&app, id);
    let token = key
        .of(&app, caller, format!("/invites/{id}/rotate"), body.hash)
        .write(
            move |app, tx, _| invites::recreated(tx, app, id, caller.account).map(|(_, token)| token),
            move |app, tx| Ok(Done::new(200, id.as_bytes(), invites::rotate(tx, app, &fresh, caller.account, now)?)),
        )
        .await?;
    Ok(secret(StatusCode::OK, InviteLink { link: link_of(&app, &token)?, token }))
}
