//! Bands and their members.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use crate::{
    api::{Accepted, Band, BandScope, Bands, CreateBand, Empty, Outcome, TransferBand, UpdateBand},
    domain::{BandId, JoinRequestId},
    server::{
        App, Refused,
        bands::{self, Removal},
        http::{
            body::{Body, Optional},
            caller::Caller,
            campaigns::go_on,
            etag::Known,
            once::Key,
            query::{Keys, only, page, read_key},
        },
        idempotency::{Done, Earlier},
        invites,
        store::Tx,
    },
};

use super::routes::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(read, edit, delete))
        .routes(routes!(join))
        .routes(routes!(leave))
        .routes(routes!(transfer))
}

/// A band's id out of a path; what is no id names no band, and neither does the site's, on which codes hang.
pub(crate) fn band_id(text: &str) -> Result<BandId, Refused> {
    let id: Option<BandId> = text.parse().ok();
    id.filter(|band| *band != BandId::SITE).ok_or_else(|| Refused::not_found("band"))
}

/// Bands, newest first: my own, or those that anyone may join or ask to join.
#[utoipa::path(
    get, path = "/bands", tag = "bands",
    params(
        ("scope" = Option<BandScope>, Query, description = "mine (the default) or open"),
        ("q" = Option<String>, Query, description = "a part of the name; under 3 letters its beginning"),
        ("limit" = Option<u32>, Query, description = "1 to 200, 50 by default"),
        ("cursor" = Option<String>, Query, description = "out of an earlier answer, or `last`"),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses((status = 304), (status = 200, body = Bands))
)]
async fn list(State(app): State<App>, caller: Caller, known: Known, Keys(keys): Keys) -> Result<Response, Refused> {
    only(&keys, &["scope", "q", "limit", "cursor"])?;
    let scope = read_key(&keys, "scope")?.unwrap_or(BandScope::Mine);
    let q: Option<String> = read_key(&keys, "q")?;
    let page = page(&keys, scope)?;
    known.answer(&app.store().read(move |tx| bands::list(tx, caller.account, scope, q.as_deref(), page)).await?)
}

/// Makes a band; its maker owns it.
#[utoipa::path(
    post, path = "/bands", tag = "bands", request_body = CreateBand,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Band))
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: Key,
    body: Body<CreateBand>,
) -> Result<(StatusCode, Json<Band>), Refused> {
    let (id, now, new) =
        (app.fresh(BandId::new), app.now(), bands::NewBand::parse(&body.value, &app.settings().policy)?);
    let made = move |app: &App, tx: &mut Tx<'_>, id| bands::read(tx, id, caller.account, &app.settings().policy);
    let band = key
        .of(&app, caller, "/bands".to_owned(), body.hash)
        .write(
            move |app, tx, earlier| made(app, tx, earlier.resource.map_or(id, BandId::from_bytes)),
            move |app, tx| {
                bands::check_room(tx, caller.account, &app.settings().policy)?;
                bands::create(tx, id, caller.account, &new, now)?;
                Ok(Done::new(201, id.as_bytes(), made(app, tx, id)?))
            },
        )
        .await?;
    Ok((StatusCode::CREATED, Json(band)))
}

/// One band, with the policy in force.
#[utoipa::path(
    get, path = "/bands/{id}", tag = "bands",
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 304), (status = 200, body = Band))
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
    responses((status = 204))
)]
async fn delete(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    let (id, now) = (band_id(&id)?, app.now());
    let rest = app.store().write(move |tx| bands::delete(tx, id, caller.account, now)).await?;
    go_on(&app, rest).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes a band: what is left out stays, null is none. For its admins.
#[utoipa::path(
    patch, path = "/bands/{id}", tag = "bands", params(("id" = String, Path)), request_body = UpdateBand,
    responses((status = 200, body = Band))
)]
async fn edit(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body<UpdateBand>,
) -> Result<Json<Band>, Refused> {
    let (id, now, policy) = (band_id(&id)?, app.now(), app.settings().policy.clone());
    let write = move |tx: &mut Tx<'_>| {
        bands::edit(tx, id, caller.account, &body.value, &policy, now)?;
        bands::read(tx, id, caller.account, &policy)
    };
    app.store().write(write).await.map(Json)
}

/// Comes into a band that is open to all. In a band that takes requests it asks, and an admin decides; asking again is
/// the same request.
#[utoipa::path(
    post, path = "/bands/{id}/join", tag = "bands", request_body = Option<Empty>,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Accepted), (status = 202, body = Accepted, description = "An admin has to agree"))
)]
async fn join(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    Optional(body): Optional<Empty>,
) -> Result<(StatusCode, Json<Accepted>), Refused> {
    let (id, now, fresh) = (band_id(&id)?, app.now(), app.fresh(JoinRequestId::new));
    let accepted = key
        .of(&app, caller, format!("/bands/{id}/join"), body.hash)
        .write(
            |_, _, earlier| answered_before(earlier).ok_or_else(|| Refused::not_found("band")),
            move |app, tx| {
                let accepted = bands::join(tx, fresh, id, caller.account, app, now)?;
                Ok(answered(id.as_bytes(), accepted))
            },
        )
        .await?;
    invites::let_go_after(&app, caller.account).await;
    Ok((came_to(&accepted), Json(accepted)))
}

/// What is remembered of an answer to who wants to come in: all of it.
pub(crate) fn answered(resource: &[u8; 16], accepted: Accepted) -> Done<Accepted> {
    let outcome = serde_json::to_string(&accepted).ok();
    Done { outcome, ..Done::new(came_to(&accepted).as_u16(), resource, accepted) }
}

/// The answer that [`answered`] has remembered.
pub(crate) fn answered_before(earlier: Earlier) -> Option<Accepted> {
    earlier.outcome.and_then(|text| serde_json::from_str(&text).ok())
}

/// The status of an answer to who wants to come in: 202 where an admin has to agree first.
pub(crate) fn came_to(accepted: &Accepted) -> StatusCode {
    if accepted.outcome == Outcome::PendingApproval { StatusCode::ACCEPTED } else { StatusCode::OK }
}

/// Leaves a band. Its owner hands it over first.
#[utoipa::path(
    post, path = "/bands/{id}/leave", tag = "bands", request_body = Option<Empty>,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204))
)]
async fn leave(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    Optional(body): Optional<Empty>,
) -> Result<StatusCode, Refused> {
    let (id, now) = (band_id(&id)?, app.now());
    let rest = key
        .of(&app, caller, format!("/bands/{id}/leave"), body.hash)
        .write(
            |_, _, _| Ok(None),
            move |_, tx| {
                let rest = bands::remove_member(tx, id, caller.account, caller.account, Removal::default(), now)?;
                Ok(Done::new(204, id.as_bytes(), rest))
            },
        )
        .await?;
    go_on(&app, rest).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands the band over to another member; its owner becomes an admin.
#[utoipa::path(
    post, path = "/bands/{id}/transfer", tag = "bands", request_body = TransferBand,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Band))
)]
async fn transfer(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    body: Body<TransferBand>,
) -> Result<Json<Band>, Refused> {
    let (id, now) = (band_id(&id)?, app.now());
    let told = move |app: &App, tx: &mut Tx<'_>| bands::read(tx, id, caller.account, &app.settings().policy);
    key.of(&app, caller, format!("/bands/{id}/transfer"), body.hash)
        .write(
            move |app, tx, _| told(app, tx),
            move |app, tx| {
                bands::transfer(tx, id, caller.account, body.value.account_id, now)?;
                Ok(Done::new(200, id.as_bytes(), told(app, tx)?))
            },
        )
        .await
        .map(Json)
}
