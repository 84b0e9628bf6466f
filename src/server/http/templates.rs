//! `/bands/{id}/templates` and `/templates/{id}`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use crate::{
    api::{CreateTemplate, Template, Templates, UpdateTemplate},
    domain::TemplateId,
    server::{App, Refused, idempotency::Done, page::Listed, store::Tx, templates},
};

use super::{
    bands::band_id,
    body::Body,
    caller::Caller,
    etag::Known,
    once::Key,
    query::{Keys, only, page},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(edit, delete))
}

fn template_id(text: &str) -> Result<TemplateId, Refused> {
    text.parse().map_err(|_| Refused::not_found("template"))
}

/// Saved defaults for new invites, newest first; for the band's admins.
#[utoipa::path(
    get, path = "/bands/{id}/templates", tag = "templates",
    params(
        ("id" = String, Path), ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses((status = 200, body = Templates), (status = 304, description = "Nothing has changed"))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
    Keys(keys): Keys,
) -> Result<Response, Refused> {
    only(&keys, &["limit", "cursor"])?;
    let page = page(&keys, Listed::Templates)?;
    let band = band_id(&id)?;
    known.answer(&app.store().read(move |tx| templates::list(tx, band, caller.account, page)).await?)
}

/// Saves defaults for new invites, at most 100 in a band; for its admins.
#[utoipa::path(
    post, path = "/bands/{id}/templates", tag = "templates", request_body = CreateTemplate,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Template))
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    body: Body<CreateTemplate>,
) -> Result<(StatusCode, Json<Template>), Refused> {
    let (band, now, fresh) = (band_id(&id)?, app.now(), app.fresh(TemplateId::new));
    let made = key
        .of(&app, caller, format!("/bands/{band}/templates"), body.hash)
        .write(
            move |_, tx, earlier| {
                templates::read(tx, earlier.resource.map_or(fresh, TemplateId::from_bytes), caller.account)
            },
            move |app, tx| {
                let policy = &app.settings().policy;
                let value = templates::create(tx, fresh, band, caller.account, body.value.clone(), policy, now)?;
                Ok(Done::new(201, fresh.as_bytes(), value))
            },
        )
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Changes a template: what is left out stays, null is none. For the band's admins.
#[utoipa::path(
    patch, path = "/templates/{id}", tag = "templates", params(("id" = String, Path)), request_body = UpdateTemplate,
    responses((status = 200, body = Template))
)]
async fn edit(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body<UpdateTemplate>,
) -> Result<Json<Template>, Refused> {
    let (id, now, policy) = (template_id(&id)?, app.now(), app.settings().policy.clone());
    let write = move |tx: &mut Tx<'_>| templates::edit(tx, id, caller.account, &body.value, &policy, now);
    app.store().write(write).await.map(Json)
}

/// Deletes a template; for the band's admins. What was made by it stays.
#[utoipa::path(
    delete, path = "/templates/{id}", tag = "templates", params(("id" = String, Path)),
    responses((status = 204))
)]
async fn delete(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    let (id, now) = (template_id(&id)?, app.now());
    app.store().write(move |tx| templates::delete(tx, id, caller.account, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
