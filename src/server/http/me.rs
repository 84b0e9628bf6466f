//! The caller's own account and sessions.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{Account, Problem, Sessions, Sync},
    domain::SessionId,
    server::{
        App, Refused, accounts,
        http::{caller::Caller, etag::Known},
    },
};

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
        .routes(routes!(sync))
}

/// Who I am.
#[utoipa::path(
    get, path = "/me", tag = "accounts",
    responses((status = 200, body = Account), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Account>, Refused> {
    app.store().read(move |tx| accounts::read(tx, caller.account)).await.map(Json)
}

/// Where I am signed in, newest first, 200 at the most.
#[utoipa::path(
    get, path = "/me/sessions", tag = "accounts",
    responses((status = 200, body = Sessions), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
async fn sessions(State(app): State<App>, caller: Caller) -> Result<Json<Sessions>, Refused> {
    let now = app.now();
    let sessions = app.store().read(move |tx| accounts::list(tx, caller.account, caller.session, now)).await?;
    Ok(Json(Sessions { sessions }))
}

/// Signs one of my devices out.
#[utoipa::path(
    delete, path = "/me/sessions/{id}", tag = "accounts", params(("id" = String, Path, description = "The session's id")),
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
async fn end_session(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    let missing = || Refused::not_found("session");
    let id: SessionId = id.parse().map_err(|_| missing())?;
    if app.store().write(move |tx| accounts::end(tx, caller.account, id)).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(missing())
}

/// The poll: my bands with their revisions, and how many invites wait for me. With `If-None-Match` it answers 304
/// while nothing has changed.
#[utoipa::path(
    get, path = "/me/sync", tag = "accounts", params(("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, body = Sync), (status = 304, description = "Nothing has changed"),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn sync(State(app): State<App>, caller: Caller, known: Known) -> Result<Response, Refused> {
    let now = app.now();
    known.answer(&app.store().read(move |tx| accounts::sync(tx, caller.account, now)).await?)
}
