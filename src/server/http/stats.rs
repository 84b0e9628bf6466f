//! `/bands/{id}/stats`.

use axum::{
    extract::{Path, State},
    response::Response,
};

use crate::{
    api::Stats,
    server::{App, Refused, stats},
};

use super::{
    bands::band_id,
    caller::Caller,
    etag::Known,
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(read))
}

/// A band's figures, for its admins.
#[utoipa::path(
    get, path = "/bands/{id}/stats", tag = "stats",
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Stats), (status = 304, description = "Nothing has changed"))
)]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
) -> Result<Response, Refused> {
    let band = band_id(&id)?;
    known.answer(&app.store().read(move |tx| stats::stats(tx, band, caller.account)).await?)
}
