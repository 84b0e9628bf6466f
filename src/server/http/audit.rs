//! `GET /bands/{id}/audit`.

use axum::{
    Json,
    extract::{Path, State},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{AuditTrail, Problem},
    server::{
        App, Refused,
        audit::{self, Filter},
        bands::Access,
    },
};

use super::{
    bands::band_id,
    caller::Caller,
    page::Page,
    query::{Keys, only, read_key},
};

/// The routes of this file.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(trail))
}

/// What happened in the band, newest first; for its admins.
#[utoipa::path(
    get, path = "/bands/{id}/audit", tag = "audit",
    params(
        ("id" = String, Path),
        ("invite" = Option<String>, Query, description = "the id of the invite it was done to"),
        ("actor" = Option<String>, Query, description = "the id of the account that did it"),
        ("action" = Option<String>, Query, description = "what was done, such as invite.accepted"),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = AuditTrail), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
async fn trail(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Keys(keys): Keys,
) -> Result<Json<AuditTrail>, Refused> {
    only(&keys, &["invite", "actor", "action", "limit", "cursor"])?;
    let filter = Filter {
        invite: read_key(&keys, "invite")?,
        actor: read_key(&keys, "actor")?,
        action: read_key(&keys, "action")?,
    };
    let page = Page::parse(keys.get("limit").map(String::as_str), keys.get("cursor").map(String::as_str))?;
    let band = band_id(&id)?;
    app.store()
        .read(move |tx| {
            Access::of(tx, band, caller.account)?.require_admin()?;
            audit::list(tx, band, &filter, page)
        })
        .await
        .map(Json)
}
