//! Bands and their members.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{Band, Bands, CreateBand, Problem},
    domain::BandId,
    server::{
        App, Refused, bands,
        http::{
            body::Body,
            caller::Caller,
            etag::Known,
            page::{At, Page},
        },
        idempotency::Claim,
    },
};

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, delete))
}

/// A band's id out of a path; what is no id names no band.
pub(crate) fn band_id(text: &str) -> Result<BandId, Refused> {
    text.parse().map_err(|_| Refused::not_found("band"))
}

/// Reads `limit` and `cursor`, and refuses what the list does not know.
pub(crate) fn page(query: &HashMap<String, String>) -> Result<(Page, i64), Refused> {
    if let Some(unknown) = query.keys().find(|key| !matches!(key.as_str(), "limit" | "cursor")) {
        return Err(Problem::field(unknown.as_str(), "is unknown here: limit and cursor are allowed").into());
    }
    let page = Page::parse(query.get("limit").map(String::as_str), query.get("cursor").map(String::as_str))?;
    match page.at {
        At::First => Ok((page, i64::MAX)),
        At::From(cursor) if !cursor.back => Ok((page, cursor.seq)),
        At::Last | At::From(_) => Err(Problem::field("cursor", "must be a next_cursor of this list").into()),
    }
}

/// My bands, newest first.
#[utoipa::path(
    get, path = "/bands", tag = "bands",
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Bands), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    known: Known,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Refused> {
    let (page, before) = page(&query)?;
    let rows = app.store().read(move |tx| bands::mine(tx, caller.account, before, page.fetch())).await?;
    let (rows, next_cursor, _) = page.cut(rows, |(seq, _)| (0, *seq));
    known.answer(&Bands { bands: rows.into_iter().map(|(_, band)| band).collect(), next_cursor, prev_cursor: None })
}

/// Makes a band; its maker owns it.
#[utoipa::path(
    post, path = "/bands", tag = "bands", request_body = CreateBand,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Band), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Body<CreateBand>,
) -> Result<(StatusCode, Json<Band>), Refused> {
    let (id, now, new) = (app.fresh(BandId::new), app.now(), bands::NewBand::parse(&body.value)?);
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let path = "/bands".to_owned();
    let claim = key.map(|key| Claim { account: caller.account, path, key, request_hash: body.hash, now });
    let policy = app.settings().policy.clone();
    let write = move |tx: &mut crate::server::store::Tx<'_>| {
        if let Some(claim) = &claim {
            if let Some(made) = claim.earlier(tx)?.and_then(|earlier| earlier.resource) {
                return bands::read(tx, BandId::from_bytes(made), caller.account, &policy);
            }
            claim.remember(tx, Some(*id.as_bytes()), 201, None)?;
        }
        bands::create(tx, id, caller.account, &new, now)?;
        bands::read(tx, id, caller.account, &policy)
    };
    Ok((StatusCode::CREATED, Json(app.store().write(write).await?)))
}

/// One band, with the policy in force.
#[utoipa::path(
    get, path = "/bands/{id}", tag = "bands", params(("id" = String, Path)),
    responses((status = 200, body = Band), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
) -> Result<Response, Refused> {
    let (id, policy) = (band_id(&id)?, app.settings().policy.clone());
    known.answer(&app.store().read(move |tx| bands::read(tx, id, caller.account, &policy)).await?)
}

/// Deletes a band and ends its pending invites; for its owner.
#[utoipa::path(
    delete, path = "/bands/{id}", tag = "bands", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
async fn delete(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    let (id, now) = (band_id(&id)?, app.now());
    app.store().write(move |tx| bands::delete(tx, id, caller.account, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
