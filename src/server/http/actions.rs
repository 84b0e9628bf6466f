//! One thing done to many invites in one request.

use axum::{
    Json,
    extract::{Path, State},
};

use crate::{
    api::{ActOnInvites, ActedOnInvites, Code, InviteAction, Problem},
    server::{
        App, Refused,
        bands::Access,
        idempotency::Done,
        invites::{self, ManyActs},
    },
};

use super::{
    bands::band_id,
    body::Body,
    bulk::read_again,
    caller::Caller,
    once::Key,
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(act))
}

/// Revokes, restores, sends again, extends, or gives another role to up to 1,000 invites in one transaction: those in
/// `ids`, or the newest that fit `filter`. Each by the rules of the request for it alone: one that is refused stops no
/// other, and is told in `failed` with the code of that refusal. What no invite could pass is refused for the whole: a
/// role above the caller's own, a caller who may change none (who may not invite can take back their own alone).
///
/// Where more fit the filter than one call takes, `remaining` says how many, and the next call carries `next_cursor` as
/// `cursor`: so every invite is looked at once, whatever became of it, and the calls end, with invites that are made
/// meanwhile left out. Repeated without the cursor a revoke of `status: "pending"` goes on by itself, too, as far as
/// invites are not refused.
#[utoipa::path(post, path = "/bands/{id}/invites/actions", tag = "bulk",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = ActOnInvites,
    responses(
        (status = 200, body = ActedOnInvites),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
async fn act(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    body: Body<ActOnInvites>,
) -> Result<Json<ActedOnInvites>, Refused> {
    let (band, now) = (band_id(&id)?, app.now());
    let wish = ManyActs::read(&body.value, now)?;
    let brings_ends = wish.brings_ends();
    let once = key.of(&app, caller, format!("/bands/{band}/invites/actions"), body.hash);
    let mut tries = 0;
    let (acted, is_new) = loop {
        let wish = wish.clone();
        let acted = once
            .clone()
            .write(
                move |_, tx, earlier| {
                    let _ = Access::of(tx, band, caller.account)?;
                    read_again(earlier.outcome.as_deref()).map(|acted| (acted, false))
                },
                move |app, tx| {
                    let acted = invites::act(tx, app, band, caller.account, &wish, now)?;
                    let outcome = serde_json::to_string(&acted).ok();
                    Ok(Done { value: (acted, true), status: 200, resource: Some(*band.as_bytes()), outcome })
                },
            )
            .await
            .map_err(invites::or_pending);
        match acted {
            // Somebody made an invite for one of the people in the same instant: now it is seen.
            Err(Refused::Problem(no)) if no.code == Code::AlreadyPending && tries < TRIES => tries += 1,
            acted => break acted?,
        }
    };
    if is_new {
        if brings_ends {
            app.alarm().note(Some(now)); // the sweeper looks for the nearest end itself
        }
        if body.value.action == InviteAction::Revoke {
            app.metrics().invites("revoked", u64::from(acted.done));
        }
    }
    Ok(Json(acted))
}

/// How often what collided with new invites is done again.
const TRIES: u32 = 3;
