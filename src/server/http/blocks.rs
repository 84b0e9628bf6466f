//! `/me/blocks` and `/site/blocks`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};

use crate::{
    api::Blocks,
    domain::SuppressionId,
    server::{App, Refused, page::Listed, suppressions},
};

use super::{
    caller::Caller,
    query::{Keys, only, page},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(own)).routes(routes!(lift_own)).routes(routes!(all)).routes(routes!(lift))
}

/// What I want no more of, newest first: what I have blocked, and what my verified address has opted out of.
#[utoipa::path(
    get, path = "/me/blocks", tag = "blocks",
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Blocks))
)]
async fn own(State(app): State<App>, caller: Caller, Keys(keys): Keys) -> Result<Json<Blocks>, Refused> {
    only(&keys, &["limit", "cursor"])?;
    let page = page(&keys, Listed::Blocks)?;
    Ok(Json(app.store().read(move |tx| suppressions::own(tx, caller.account, page)).await?))
}

/// Lets invites and mail come again.
#[utoipa::path(
    delete, path = "/me/blocks/{id}", tag = "blocks", params(("id" = String, Path)),
    responses((status = 204))
)]
async fn lift_own(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    lift_one(&app, caller, &id, false).await
}

/// What anybody wants no more of, newest first; for site admins.
#[utoipa::path(
    get, path = "/site/blocks", tag = "site_blocks",
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Blocks))
)]
async fn all(State(app): State<App>, caller: Caller, Keys(keys): Keys) -> Result<Json<Blocks>, Refused> {
    only(&keys, &["limit", "cursor"])?;
    let page = page(&keys, Listed::SiteBlocks)?;
    app.store().read(move |tx| suppressions::all(tx, caller.account, page)).await.map(Json)
}

/// Lifts anybody's wish; for site admins, on that person's word.
#[utoipa::path(
    delete, path = "/site/blocks/{id}", tag = "site_blocks", params(("id" = String, Path)),
    responses((status = 204))
)]
async fn lift(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    lift_one(&app, caller, &id, true).await
}

async fn lift_one(app: &App, caller: Caller, id: &str, runs_site: bool) -> Result<StatusCode, Refused> {
    // What is no id is nobody's; who does not run the site hears that first.
    let id = id.parse().unwrap_or(SuppressionId::from_bytes([0; 16]));
    let now = app.now();
    app.store().write(move |tx| suppressions::lift(tx, caller.account, id, runs_site, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
