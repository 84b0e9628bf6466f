//! `/me/quota` and `/site/accounts/{id}/quota`.

use axum::{
    Json,
    extract::{Path, State},
};

use crate::{
    api::{Quota, SetQuota},
    domain::AccountId,
    server::{App, Refused, quota},
};

use super::{
    body::Body,
    caller::Caller,
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(read)).routes(routes!(set))
}

/// How many invites I have made in the last 30 days, and how many more I may make.
#[utoipa::path(
    get, path = "/me/quota", tag = "quota",
    responses((status = 200, body = Quota))
)]
async fn read(State(app): State<App>, caller: Caller) -> Result<Json<Quota>, Refused> {
    let (now, policy) = (app.now(), app.settings().policy.clone());
    Ok(Json(app.store().read(move |tx| quota::read(tx, caller.account, &policy, now)).await?))
}

/// Sets how many invites an account may make in 30 days: a number, null for any number, left out for what the site
/// allows everyone. For site admins.
#[utoipa::path(
    put, path = "/site/accounts/{id}/quota", tag = "quota", params(("id" = String, Path)), request_body = SetQuota,
    responses((status = 200, body = Quota))
)]
async fn set(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body<SetQuota>,
) -> Result<Json<Quota>, Refused> {
    let (now, policy) = (app.now(), app.settings().policy.clone());
    // Who is no site admin hears that, whoever was meant.
    let id: AccountId = id.parse().unwrap_or(AccountId::from_bytes([0; 16]));
    app.store().write(move |tx| quota::set(tx, caller.account, id, &body.value, &policy, now)).await.map(Json)
}
