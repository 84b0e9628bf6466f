//! `/bands/{id}/campaigns` and `/campaigns/{id}`.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};

use crate::{
    api::{
        Campaign, Campaigns, CancelledInvites, CreateCampaign, CreatedCampaign, CreatedInvites, Empty, MAX_ROWS,
        Problem, UpdateCampaign,
    },
    domain::{CampaignId, Token},
    server::{
        App, Refused, campaigns,
        idempotency::Done,
        invites::{self, Begun, Fresh, Outcome, Rest},
        page::Listed,
        store::{self, Tx},
    },
};

use super::{
    bands::band_id,
    body::{Body, Optional},
    bulk::{answer, once_told, read_again, with_link},
    caller::Caller,
    etag::Known,
    invites::secret,
    once::Key,
    query::{Keys, only, page},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(read, edit, delete)).routes(routes!(expire))
}

/// The id in an address; what is none names no campaign that there is.
pub(super) fn campaign_id(text: &str) -> Result<CampaignId, Refused> {
    text.parse().map_err(|_| Refused::not_found("campaign"))
}

/// The campaigns of a band with the figures of their invites, newest first; for its admins.
#[utoipa::path(
    get, path = "/bands/{id}/campaigns", tag = "campaigns",
    params(
        ("id" = String, Path), ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses((status = 200, body = Campaigns), (status = 304, description = "Nothing has changed"))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
    Keys(keys): Keys,
) -> Result<Response, Refused> {
    only(&keys, &["limit", "cursor"])?;
    let (band, page, now) = (band_id(&id)?, page(&keys, Listed::Campaigns)?, app.now());
    known.answer(&app.store().read(move |tx| campaigns::list(tx, band, caller.account, page, now)).await?)
}

/// Makes a campaign; for the band's admins. Its end is fixed now and shared by the invites that are made in it.
///
/// With `rows` it makes their invites, too, in the same transaction and by the rules of `POST /bands/{id}/invites/bulk`:
/// a row that is wrong stops no other, and each has its result. An invite that is sent again stays in the campaign that it
/// is in. Where no row comes to an invite, new or sent again, nothing is made, not even the campaign.
#[utoipa::path(
    post, path = "/bands/{id}/campaigns", tag = "campaigns", request_body = CreateCampaign,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, body = CreatedCampaign, description = "every row has an invite, or there are none"),
        (status = 207, body = CreatedCampaign, description = "some have"),
        (status = 422, description = "none has, or the campaign could not be as it was wished", content(
            (CreatedInvites = "application/json"), (Problem = "application/problem+json"))),
    )
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    body: Body<CreateCampaign>,
) -> Result<Response, Refused> {
    let (band, now, fresh) = (band_id(&id)?, app.now(), app.fresh(CampaignId::new));
    let wish = body.value;
    if wish.rows.as_ref().is_some_and(|rows| rows.is_empty() || rows.len() > MAX_ROWS) {
        return Err(Refused::field("rows", "must be 1 to 1,000 rows, or left out"));
    }
    let rows = wish.rows.clone().unwrap_or_default();
    let secrets: Vec<Fresh> = rows.iter().map(|_| Fresh::new(&app)).collect();
    let (row, outcomes, tokens, is_new) = key
        .of(&app, caller, format!("/bands/{band}/campaigns"), body.hash)
        .write(
            move |app, tx, earlier| {
                let read = |id| campaigns::read(tx, CampaignId::from_bytes(id), caller.account);
                let row = earlier.resource.map(read).transpose()?;
                let mut outcomes: Vec<Outcome> = read_again(earlier.outcome.as_deref())?;
                invites::tell_ends(tx, band, &mut outcomes, now)?;
                let tokens = invites::tokens(tx, app, band, caller.account, &with_link(&outcomes))?;
                Ok((row, outcomes, tokens, false))
            },
            move |app, tx| {
                let (row, outcomes) = campaigns::create(tx, app, (fresh, band), caller.account, &wish, &secrets, now)?;
                let tokens = invites::tokens(tx, app, band, caller.account, &with_link(&outcomes))?;
                let (resource, outcome) =
                    (row.as_ref().map(|_| *fresh.as_bytes()), serde_json::to_string(&outcomes).ok());
                Ok(Done { value: (row, outcomes, tokens, true), status: 201, resource, outcome })
            },
        )
        .await?;
    let link = |id| tokens.get(&id).and_then(|token| Token::parse(token)).map(|token| app.link(&token));
    let (status, all) = answer(outcomes, rows, link);
    let Some(row) = row else { return Ok(once_told(secret(status, all), !is_new)) };
    let mut campaign = row.show(now);
    let CreatedInvites { results, created, failed } = all;
    if is_new && created > 0 {
        // The figures are written with the end of the transaction.
        let counts = &mut campaign.counts;
        (counts.made, counts.pending, campaign.active) = (u64::from(created), u64::from(created), true);
        app.alarm().note(Some(now)); // the sweeper looks for the nearest end itself
        app.metrics().invites("created", u64::from(created));
    }
    Ok(once_told(secret(status, CreatedCampaign { campaign, results, created, failed }), !is_new))
}

/// One campaign with the figures of its invites.
#[utoipa::path(
    get, path = "/campaigns/{id}", tag = "campaigns",
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Campaign), (status = 304, description = "Nothing has changed"))
)]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    known: Known,
) -> Result<Response, Refused> {
    let (id, now) = (campaign_id(&id)?, app.now());
    known.answer(&app.store().read(move |tx| campaigns::read(tx, id, caller.account)).await?.show(now))
}

/// Changes a campaign: what is left out stays, null is none. Role, message and end go to its pending invites.
#[utoipa::path(
    patch, path = "/campaigns/{id}", tag = "campaigns", params(("id" = String, Path)), request_body = UpdateCampaign,
    responses((status = 200, body = Campaign))
)]
async fn edit(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body<UpdateCampaign>,
) -> Result<Json<Campaign>, Refused> {
    let (id, now, policy) = (campaign_id(&id)?, app.now(), app.settings().policy.clone());
    let batch = app.settings().steps.invites;
    let write = move |tx: &mut Tx<'_>| campaigns::edit(tx, id, caller.account, &body.value, (&policy, batch), now);
    let (campaign, rest) = app.store().write(write).await?;
    go_on(&app, rest).await;
    let campaign = campaign.show(now);
    app.alarm().note(campaign.expires_at);
    Ok(Json(campaign))
}

/// Deletes a campaign, and ends its pending invites. A band's default one stays.
#[utoipa::path(
    delete, path = "/campaigns/{id}", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = CancelledInvites))
)]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CancelledInvites>, Refused> {
    let (id, now, batch) = (campaign_id(&id)?, app.now(), app.settings().steps.invites);
    let delete = move |tx: &mut Tx<'_>| campaigns::delete(tx, id, caller.account, batch, now);
    let Begun { cancelled, rest } = app.store().write(delete).await?;
    go_on(&app, rest).await;
    app.metrics().invites("campaign_deleted", cancelled);
    Ok(Json(CancelledInvites { cancelled }))
}

/// Ends a campaign and its pending invites. A band's default one goes on. Again is no error.
#[utoipa::path(
    post, path = "/campaigns/{id}/expire", tag = "campaigns", request_body = Option<Empty>,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = CancelledInvites))
)]
async fn expire(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    Optional(body): Optional<Empty>,
) -> Result<Json<CancelledInvites>, Refused> {
    let (id, now, batch) = (campaign_id(&id)?, app.now(), app.settings().steps.invites);
    let (Begun { cancelled, rest }, is_new) = key
        .of(&app, caller, format!("/campaigns/{id}/expire"), body.hash)
        .write(
            move |_, tx, earlier| {
                let _ = campaigns::read(tx, id, caller.account)?;
                let cancelled = earlier.outcome.and_then(|text| text.parse().ok()).unwrap_or_default();
                Ok((Begun { cancelled, rest: None }, false))
            },
            move |_, tx| {
                let begun = campaigns::expire(tx, id, caller.account, batch, now)?;
                let (resource, outcome) = (Some(*id.as_bytes()), Some(begun.cancelled.to_string()));
                Ok(Done { value: (begun, true), status: 200, resource, outcome })
            },
        )
        .await?;
    go_on(&app, rest).await;
    app.metrics().invites("campaign_expired", if is_new { cancelled } else { 0 });
    Ok(Json(CancelledInvites { cancelled }))
}

/// The longest that somebody waits who has only come in.
const SOON: Duration = Duration::from_secs(1);

/// Goes on with what was decided about many invites, step by step; what could not be done here and now the sweeper does. It
/// is decided, so it is no error.
pub(super) async fn go_on(app: &App, decided: impl IntoIterator<Item = Rest>) {
    go_on_for(app, decided, app.settings().steps.patience).await;
}

/// As [`go_on`], for somebody whose wish is fulfilled without it.
pub(super) async fn go_on_soon(app: &App, decided: Option<Rest>) {
    go_on_for(app, decided, SOON.min(app.settings().steps.patience)).await;
}

async fn go_on_for(app: &App, decided: impl IntoIterator<Item = Rest>, longest: Duration) {
    let mut decided = decided.into_iter().peekable();
    if decided.peek().is_none() {
        return;
    }
    // At once: whoever asked may hang up.
    app.alarm().note(Some(app.now()));
    if longest.is_zero() {
        return;
    }
    let batch = app.settings().steps.invites;
    let steps = async {
        for decision in decided {
            let mut rest = Some(decision);
            while let Some(more) = rest {
                rest = app.store().write(move |tx| invites::go_on(tx, more, batch)).await?;
            }
        }
        Ok::<_, store::Error>(())
    };
    if !matches!(tokio::time::timeout(longest, steps).await, Ok(Ok(()))) {
        app.alarm().note(Some(app.now()));
    }
}
