//! `/bands/{id}/bans`.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use crate::{
    api::Bans,
    domain::AccountId,
    server::{App, Refused, bands, page::Listed},
};

use super::{
    bands::band_id,
    caller::Caller,
    etag::Known,
    query::{Keys, only, page},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(bans)).routes(routes!(unban))
}

/// Who may not come back to the band, newest first; for its admins.
#[utoipa::path(
    get, path = "/bands/{id}/bans", tag = "members",
    params(
        ("id" = String, Path), ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses((status = 200, body = Bans), (status = 304, description = "Nothing has changed"))
)]
async fn bans(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
    Keys(keys): Keys,
) -> Result<Response, Refused> {
    only(&keys, &["limit", "cursor"])?;
    let page = page(&keys, Listed::Bans)?;
    let band = band_id(&id)?;
    known.answer(&app.store().read(move |tx| bands::bans(tx, band, caller.account, page)).await?)
}

/// Lifts a ban; for the band's admins. The person can come back by an invite made after the removal.
#[utoipa::path(
    delete, path = "/bands/{id}/bans/{account_id}", tag = "members",
    params(("id" = String, Path), ("account_id" = String, Path)),
    responses((status = 204))
)]
async fn unban(
    State(app): State<App>,
    caller: Caller,
    Path((id, account)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    let band = band_id(&id)?;
    let account: AccountId = account.parse().map_err(|_| Refused::not_found("ban"))?;
    let now = app.now();
    app.store().write(move |tx| bands::unban(tx, band, caller.account, account, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
