//! `/accounts`: looking for people.

use axum::{Json, extract::State};

use crate::{
    api::FoundPeople,
    server::{App, Refused, accounts},
};

use super::{
    bands::band_id,
    caller::Caller,
    query::{Keys, only, read_key},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(search))
}

/// People with `q` in user name or display name, 20 at the most; with `band` how each stands to it, for those who may
/// invite there.
#[utoipa::path(
    get, path = "/accounts", tag = "people",
    params(
        ("q" = String, Query, description = "a part of a name, 2 letters or more; the beginning where it is 2"),
        ("band" = Option<String>, Query, description = "the band that they could be invited to"),
    ),
    responses((status = 200, body = FoundPeople))
)]
async fn search(State(app): State<App>, caller: Caller, Keys(keys): Keys) -> Result<Json<FoundPeople>, Refused> {
    only(&keys, &["q", "band"])?;
    let q: String = read_key(&keys, "q")?.unwrap_or_default();
    let band: Option<String> = read_key(&keys, "band")?;
    let (band, now) = (band.as_deref().map(band_id).transpose()?, app.now());
    app.store().read(move |tx| accounts::search(tx, caller.account, &q, band, now)).await.map(Json)
}
