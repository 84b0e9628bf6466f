//! Many invites in one request.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode},
    response::Response,
};

use crate::{
    api::{Code, CreateInvites, CreatedInvites, MAX_ROWS, Problem, REPLAYED_HEADER, RowResult, RowStatus, SentRow},
    domain::{InviteId, Token},
    server::{
        App, Refused,
        idempotency::Done,
        invites::{self, Fresh, ManyInvites, Outcome},
    },
};

use super::{
    bands::band_id,
    body::Body,
    caller::Caller,
    invites::secret,
    once::Key,
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(create))
}

/// Makes up to 1,000 invites in one transaction. A row that is wrong stops no other: each has its result, `row` counts
/// from 0. What all have in common and is wrong is refused for the whole. With `dry_run` the answer is the same, without
/// ids and links, and nothing changes. Sent again under its `Idempotency-Key` it is answered as the first time, with the header
/// `Idempotent-Replayed: true`; of an invite that has ended since there is no link, and `detail` says
/// how a new one ended.
#[utoipa::path(post, path = "/bands/{id}/invites/bulk", tag = "bulk",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = CreateInvites,
    responses(
        (status = 201, body = CreatedInvites, description = "every row has an invite"),
        (status = 207, body = CreatedInvites, description = "some have"),
        (status = 422, description = "none has, or what all have in common is wrong", content(
            (CreatedInvites = "application/json"), (Problem = "application/problem+json"))),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    body: Body<CreateInvites>,
) -> Result<Response, Refused> {
    let (band, now) = (band_id(&id)?, app.now());
    let wish = body.value;
    if wish.rows.is_empty() || wish.rows.len() > MAX_ROWS {
        return Err(Refused::field("rows", "must be 1 to 1,000 rows"));
    }
    let fresh: Vec<Fresh> = wish.rows.iter().map(|_| Fresh::new(&app)).collect();
    let asked = wish.clone();
    let dry_run = wish.dry_run.unwrap_or(false);
    let (outcomes, tokens, is_again) = key
        .of(&app, caller, format!("/bands/{band}/invites/bulk"), body.hash)
        .write(
            move |app, tx, earlier| {
                let mut outcomes: Vec<Outcome> = read_again(earlier.outcome.as_deref())?;
                invites::tell_ends(tx, band, &mut outcomes, now)?;
                let tokens = invites::tokens(tx, app, band, caller.account, &with_link(&outcomes))?;
                Ok((outcomes, tokens, true))
            },
            move |app, tx| {
                let shared = asked.shared();
                let rows = ManyInvites { shared: &shared, rows: &asked.rows, dry_run };
                let outcomes = invites::create_all(tx, app, band, caller.account, rows, &fresh, now)?;
                let tokens = invites::tokens(tx, app, band, caller.account, &with_link(&outcomes))?;
                let outcome = serde_json::to_string(&outcomes).ok();
                let value = (outcomes, tokens, false);
                Ok(Done { value, status: 201, resource: Some(*band.as_bytes()), outcome })
            },
        )
        .await?;
    let link = |id| tokens.get(&id).and_then(|token| Token::parse(token)).map(|token| app.link(&token));
    let answer = answer(outcomes, wish.rows, link);
    if !is_again && !dry_run {
        app.alarm().note(Some(now)); // the sweeper looks for the nearest end itself
        app.metrics().invites("created", u64::from(answer.1.created));
    }
    Ok(once_told(secret(answer.0, answer.1), is_again))
}

/// Marks an answer that tells what an earlier request with the same key came to.
pub(super) fn once_told(mut answer: Response, is_again: bool) -> Response {
    if is_again {
        let _ = answer.headers_mut().insert(REPLAYED_HEADER, HeaderValue::from_static("true"));
    }
    answer
}

/// What an earlier request with the same key came to.
pub(super) fn read_again<T: serde::de::DeserializeOwned>(kept: Option<&str>) -> Result<T, Refused> {
    kept.and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| Refused::new(Code::Internal, "What the first request came to cannot be read any more."))
}

/// Whether the row's link is shown: of new invites, and of those that were sent again.
pub(super) fn has_link(one: &Outcome) -> bool {
    one.is_done() && !one.has_ended
}

/// The invites whose links are shown.
pub(super) fn with_link(outcomes: &[Outcome]) -> Vec<InviteId> {
    outcomes.iter().filter(|one| has_link(one)).filter_map(|one| one.invite).collect()
}

/// The answer with its status: 201 where every row has an invite, 422 where none has.
pub(super) fn answer(
    outcomes: Vec<Outcome>,
    rows: Vec<SentRow>,
    link: impl Fn(InviteId) -> Option<String>,
) -> (StatusCode, CreatedInvites) {
    let (mut created, mut failed, mut results) = (0, 0, Vec::with_capacity(rows.len()));
    for (row, (one, input)) in (0..).zip(outcomes.into_iter().zip(rows)) {
        match one.status {
            RowStatus::Created => created += 1,
            _ if one.is_resent() => {}
            _ => failed += 1,
        }
        let link = one.invite.filter(|_| has_link(&one)).and_then(&link);
        results.push(RowResult {
            row,
            input: input.told(),
            status: one.status,
            invite_id: one.invite,
            link,
            detail: one.detail,
        });
    }
    let all = results.len();
    let status = match (created as usize, failed as usize) {
        (n, _) if n == all => StatusCode::CREATED,
        (_, n) if n == all => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::MULTI_STATUS,
    };
    (status, CreatedInvites { results, created, failed })
}
