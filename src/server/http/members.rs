//! `/bands/{id}/members`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use crate::{
    api::{Member, Members, UpdateMember},
    domain::AccountId,
    server::{
        App, Refused,
        bands::{self, Removal},
        page::Listed,
        store::Tx,
    },
};

use super::{
    bands::band_id,
    body::Body,
    caller::Caller,
    campaigns::go_on,
    etag::Known,
    query::{Keys, flag, only, page, read_key},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(members)).routes(routes!(change, remove))
}

fn account_id(text: &str) -> Result<AccountId, Refused> {
    text.parse().map_err(|_| Refused::not_found("member"))
}

/// Who is in the band, newest first.
#[utoipa::path(
    get, path = "/bands/{id}/members", tag = "members",
    params(
        ("id" = String, Path),
        ("q" = Option<String>, Query, description = "a part of a name; under 3 letters the beginning"),
        ("limit" = Option<u32>, Query, description = "1 to 200, 50 by default"),
        ("cursor" = Option<String>, Query, description = "out of an earlier answer, or `last`"),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses((status = 200, body = Members), (status = 304, description = "Nothing has changed"))
)]
async fn members(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
    Keys(keys): Keys,
) -> Result<Response, Refused> {
    only(&keys, &["q", "limit", "cursor"])?;
    let q: Option<String> = read_key(&keys, "q")?;
    let page = page(&keys, Listed::Members)?;
    let band = band_id(&id)?;
    let list = move |tx: &mut Tx<'_>, access| bands::members(tx, band, &access, q.as_deref(), page);
    known.list(&app, band, caller, list).await
}

/// Changes a member's role or right to invite. Admins change members, the owner everyone else. A demotion ends the
/// person's pending invites above the new role.
#[utoipa::path(
    patch, path = "/bands/{id}/members/{account_id}", tag = "members",
    params(("id" = String, Path), ("account_id" = String, Path)), request_body = UpdateMember,
    responses((status = 200, body = Member))
)]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Path((id, account)): Path<(String, String)>,
    body: Body<UpdateMember>,
) -> Result<Json<Member>, Refused> {
    let (band, account, now) = (band_id(&id)?, account_id(&account)?, app.now());
    let write = move |tx: &mut Tx<'_>| bands::change_member(tx, band, caller.account, account, &body.value, now);
    let (member, rest) = app.store().write(write).await?;
    go_on(&app, rest).await;
    Ok(Json(member))
}

/// Removes a member; who removes themselves leaves. Admins remove members, the owner everyone else. The pending
/// invites for the person end, those the person made follow the rules they were made under.
#[utoipa::path(
    delete, path = "/bands/{id}/members/{account_id}", tag = "members",
    params(
        ("id" = String, Path), ("account_id" = String, Path),
        ("ban" = Option<bool>, Query, description = "the person never comes back, by no invite"),
        ("revoke_invites" = Option<bool>, Query, description = "all pending invites that the person made end"),
    ),
    responses((status = 204))
)]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path((id, account)): Path<(String, String)>,
    Keys(keys): Keys,
) -> Result<StatusCode, Refused> {
    only(&keys, &["ban", "revoke_invites"])?;
    let removal = Removal { ban: flag(&keys, "ban")?, revoke_invites: flag(&keys, "revoke_invites")? };
    let (band, account, now) = (band_id(&id)?, account_id(&account)?, app.now());
    let write = move |tx: &mut Tx<'_>| bands::remove_member(tx, band, caller.account, account, removal, now);
    let rest = app.store().write(write).await?;
    go_on(&app, rest).await;
    Ok(StatusCode::NO_CONTENT)
}
