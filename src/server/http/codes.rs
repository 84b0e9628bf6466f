//! `/bands/{id}/codes`, `/site/codes` and `/campaigns/{id}/codes`: codes by the batch.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

use crate::{
    api::{CSV, Campaigns, Code, CodeCard, CodeCards, CreateCodes, CreatedCodes, Sheet},
    domain::{BandId, CampaignId},
    server::{
        App, Refused, campaigns,
        idempotency::{Done, Earlier},
        invites::{self, Fresh, MOST_CODES, Maker},
        page::Listed,
        store::Tx,
    },
};

use super::{
    bands::band_id,
    body::Body,
    caller::Caller,
    campaigns::campaign_id,
    cards::{self, Headings},
    etag::Known,
    export::{self, STEP, Walk},
    once::Key,
    query::{Keys, only, page},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(create))
        .routes(routes!(batches_of_site, create_for_site))
        .routes(routes!(list))
        .routes(routes!(sheet))
}

/// Makes up to 1,000 codes to a band, as a campaign; for its admins.
#[utoipa::path(
    post, path = "/bands/{id}/codes", tag = "codes", request_body = CreateCodes,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = CreatedCodes))
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    body: Body<CreateCodes>,
) -> Result<(StatusCode, Json<CreatedCodes>), Refused> {
    let band = band_id(&id)?;
    make(&app, band, caller, key, format!("/bands/{band}/codes"), body).await
}

/// Makes up to 1,000 codes that let people register and are to no band; for site admins.
#[utoipa::path(
    post, path = "/site/codes", tag = "codes", request_body = CreateCodes,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = CreatedCodes))
)]
async fn create_for_site(
    State(app): State<App>,
    caller: Caller,
    key: Key,
    body: Body<CreateCodes>,
) -> Result<(StatusCode, Json<CreatedCodes>), Refused> {
    make(&app, BandId::SITE, caller, key, "/site/codes".to_owned(), body).await
}

/// The batches of codes that are to no band, newest first, with their figures; for site admins. Each is a campaign, and
/// can be changed, ended and deleted as one; single codes are found in it, and can be revoked as invites.
#[utoipa::path(
    get, path = "/site/codes", tag = "codes",
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Campaigns), (status = 304, description = "Nothing has changed"))
)]
async fn batches_of_site(
    State(app): State<App>,
    caller: Caller,
    known: Known,
    Keys(keys): Keys,
) -> Result<Response, Refused> {
    only(&keys, &["limit", "cursor"])?;
    let (page, now) = (page(&keys, Listed::SiteCodes)?, app.now());
    let read = move |tx: &mut Tx<'_>| campaigns::list(tx, BandId::SITE, caller.account, page, now);
    known.answer(&app.store().read(read).await?)
}

async fn make(
    app: &App,
    band: BandId,
    caller: Caller,
    key: Key,
    path: String,
    body: Body<CreateCodes>,
) -> Result<(StatusCode, Json<CreatedCodes>), Refused> {
    let (now, id, account) = (app.now(), app.fresh(CampaignId::new), caller.account);
    let fresh: Vec<Fresh> = (0..body.value.count.clamp(0, MOST_CODES)).map(|_| Fresh::new(app)).collect();
    let again = move |_: &App, tx: &mut Tx<'_>, earlier: Earlier| {
        let campaign = campaigns::read(tx, earlier.resource.map_or(id, CampaignId::from_bytes), account)?.show(now);
        let created = earlier.outcome.and_then(|text| text.parse().ok()).unwrap_or_default();
        Ok((CreatedCodes { campaign, created }, false))
    };
    let work = move |app: &App, tx: &mut Tx<'_>| {
        let maker = Maker { band, account };
        let created = invites::create_codes(tx, app, maker, &body.value, (id, &fresh), now)?;
        let mut campaign = campaigns::read(tx, id, account)?.show(now);
        // The figures are written with the end of the transaction.
        let counts = &mut campaign.counts;
        (counts.made, counts.pending, campaign.active) = (u64::from(created), u64::from(created), true);
        let outcome = Some(created.to_string());
        Ok(Done { outcome, ..Done::new(201, id.as_bytes(), (CreatedCodes { campaign, created }, true)) })
    };
    let (codes, is_new) = key.of(app, caller, path, body.hash).write(again, work).await?;
    app.alarm().note(codes.campaign.expires_at);
    app.metrics().invites("created", if is_new { u64::from(codes.created) } else { 0 });
    Ok((StatusCode::CREATED, Json(codes)))
}

/// The codes of a campaign with their links, as they were made; for who may show links. The audit trail says so, once.
/// As `csv` all of them, as many as there are.
#[utoipa::path(
    get, path = "/campaigns/{id}/codes", tag = "codes",
    params(
        ("id" = String, Path),
        ("format" = Option<String>, Query, description = "json (the default, a page) or csv (all of them)"),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, content((CodeCards = "application/json"), (String = "text/csv"))))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Keys(keys): Keys,
) -> Result<Response, Refused> {
    only(&keys, &["format", "limit", "cursor"])?;
    let id = campaign_id(&id)?;
    match keys.get("format").map(String::as_str) {
        None | Some("" | "json") => {}
        Some("csv") => {
            if let Some(key) = ["limit", "cursor"].into_iter().find(|key| keys.contains_key(*key)) {
                return Err(Refused::field(key, "must be left out: csv gives all codes"));
            }
            return all(app, id, caller).await;
        }
        Some(_) => return Err(Refused::field("format", "must be one of: json csv")),
    }
    let (page, now) = (page(&keys, Listed::Codes)?, app.now());
    let rows = app
        .store()
        .write(move |tx| {
            let campaign = invites::show_codes(tx, id, caller.account, now)?;
            invites::codes(tx, campaign.id, page)
        })
        .await?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    let codes = rows.into_iter().map(|row| row.show(&app, now)).collect::<Result<_, _>>()?;
    Ok(Json(CodeCards { codes, next_cursor, prev_cursor }).into_response())
}

/// The codes of a campaign that can still be used, as cards to print and cut out: ten on a sheet of paper, the first
/// 1,000. For who may show links; the audit trail says so.
#[utoipa::path(
    get, path = "/campaigns/{id}/codes/sheet", tag = "codes", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/html; charset=utf-8"))
)]
async fn sheet(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Refused> {
    let (id, now) = (campaign_id(&id)?, app.now());
    let (campaign, rows) = app
        .store()
        .write(move |tx| {
            let campaign = invites::show_codes(tx, id, caller.account, now)?;
            let rows = invites::usable_codes(tx, id, now, cards::MOST_CARDS as i64 + 1)?;
            Ok::<_, Refused>((campaign, rows))
        })
        .await?;
    let print = move || {
        let codes = rows.into_iter().map(|row| row.show(&app, now)).collect::<Result<_, _>>()?;
        let is_band = campaign.band != BandId::SITE;
        let place = if is_band { campaign.band_name.as_str() } else { app.settings().name.as_str() };
        let origin = &app.settings().public_url;
        cards::page(Headings { title: campaign.name.as_str(), place, is_band, origin }, codes)
    };
    // A thousand pictures are much to compute: one sheet at a time, and not on the threads that answer everyone.
    let busy = || Refused::new(Code::Unavailable, "The server cannot print cards right now. Try again in a moment.");
    let permit = AT_PRINT.acquire().await.map_err(|_| busy())?;
    let page = tokio::task::spawn_blocking(move || {
        // Kept until the work ends, also where nobody waits for it any more.
        let _permit = permit;
        print()
    });
    page.await.map_err(|_| busy())?
}

/// The sheet that is being printed.
static AT_PRINT: Semaphore = Semaphore::const_new(1);

const COLUMNS: [&str; 6] = ["code", "status", "uses", "max_uses", "expires_at", "link"];

/// All codes of a campaign as a file.
async fn all(app: App, id: CampaignId, caller: Caller) -> Result<Response, Refused> {
    let now = app.now();
    app.store().write(move |tx| invites::show_codes(tx, id, caller.account, now)).await?;
    let walk = Codes { app, id, caller, last: i64::MIN, ended: false };
    export::file(CSV, &format!("codes-{id}.csv"), Sheet::new(&COLUMNS).into_bytes(), walk).await
}

/// A walk along a campaign's codes.
struct Codes {
    app: App,
    id: CampaignId,
    caller: Caller,
    last: i64,
    ended: bool,
}

impl Walk for Codes {
    async fn step(&mut self) -> Result<Option<Vec<u8>>, Refused> {
        if self.ended {
            return Ok(None);
        }
        let (id, account, last, now) = (self.id, self.caller.account, self.last, self.app.now());
        let rows = self
            .app
            .store()
            .read(move |tx| {
                let campaign = campaigns::read(tx, id, account)?;
                invites::walk_codes(tx, campaign.id, last, STEP as i64)
            })
            .await?;
        self.ended = rows.len() < STEP;
        self.last = rows.last().map_or(i64::MAX, |row| row.seq);
        let mut sheet = Sheet::go_on();
        for row in rows {
            let CodeCard { code, status, uses, max_uses, expires_at, link, .. } = row.show(&self.app, now)?;
            sheet.row(&[
                code,
                status.to_string(),
                uses.to_string(),
                max_uses.stored().map(|n| n.to_string()).unwrap_or_default(),
                expires_at.map(|end| end.to_string()).unwrap_or_default(),
                link,
            ]);
        }
        Ok(Some(sheet.into_bytes()))
    }
}
