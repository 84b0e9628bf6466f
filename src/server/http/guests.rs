//! `/invites/{token}` and `/me/invites/{id}`: what the invited do, with a token or out of their inbox.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{
    api::{Accepted, Code, DeclineInvite, Empty, Preview},
    domain::{InviteId, JoinRequestId, SuppressionId, Token},
    server::{
        App, Hash, Refused, accounts, hash,
        idempotency::Done,
        invites::{self, Found},
        store::Tx,
        web::Part,
    },
};

use super::{
    bands::{answered, answered_before, came_to},
    body::{Body, Optional},
    caller::Caller,
    campaigns::go_on_soon,
    invites::{invite_id, secret},
    limits::{Guesser, Limits},
    once::Key,
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(info))
        .routes(routes!(accept))
        .routes(routes!(decline))
        .routes(routes!(accept_waiting))
        .routes(routes!(decline_waiting))
}

/// What a token or code is looked up by; what is neither is as unknown as one that nobody has.
pub(super) fn token_hash(text: &str) -> Result<Hash, Refused> {
    Token::parse(text).map(|token| hash(token.reveal())).ok_or_else(Refused::invalid_token)
}

/// By what an invite is come to.
#[derive(Debug, Clone, Copy)]
enum Door {
    /// Its token.
    Token(Hash),
    /// The account's inbox.
    Inbox(InviteId),
}

impl Door {
    /// The invite, held until the transaction ends.
    fn hold(self, tx: &mut Tx<'_>, caller: Caller) -> Result<Found, Refused> {
        accounts::hold(tx, caller.account)?;
        match self {
            Self::Token(token_hash) => invites::hold_by_token(tx, &token_hash, Some(caller.account)),
            Self::Inbox(id) => invites::hold_waiting(tx, id, caller.account),
        }
    }
}

/// What an invite is for, before anyone signs in. It changes nothing.
#[utoipa::path(get, path = "/invites/{token}/info", tag = "invites", security(()),
    params(("token" = String, Path, description = "the token of a link, or a code")),
    responses((status = 200, body = Preview)))]
async fn info(State(app): State<App>, Part(token): Part) -> Result<Response, Refused> {
    let (token_hash, registration, now) = (token_hash(&token)?, app.settings().policy.registration, app.now());
    let (id, preview) = app.store().glance(move |tx| invites::preview(tx, &token_hash, registration, now)).await?;
    app.views().note(id);
    Ok(secret(StatusCode::OK, preview))
}

/// The door of a token; an unknown one is told before a missing session.
async fn by_token(
    app: &App,
    limits: Option<Limits>,
    token: &str,
    caller: Result<Caller, Refused>,
) -> Result<(Door, InviteId, Caller), Refused> {
    let token = Token::parse(token).ok_or_else(Refused::invalid_token)?;
    let token_hash = hash(token.reveal());
    let look = app.store().glance(move |tx| invites::id_of_token(tx, &token_hash));
    let id = match (limits, &caller) {
        (Some(limits), Ok(caller)) if token.is_code() => limits.guess(Guesser::Account(caller.account), look).await?,
        _ => look.await?,
    };
    Ok((Door::Token(token_hash), id, caller?))
}

/// Comes in by an invite; who is in already stays as they are.
#[utoipa::path(post, path = "/invites/{token}/accept", tag = "invites", request_body = Option<Empty>,
    params(
        ("token" = String, Path, description = "the token of a link, or a code"),
        ("Idempotency-Key" = Option<String>, Header),
    ),
    responses((status = 200, body = Accepted), (status = 202, body = Accepted, description = "An admin has to agree")))]
async fn accept(
    State(app): State<App>,
    Extension(limits): Extension<Option<Limits>>,
    Part(token): Part,
    caller: Result<Caller, Refused>,
    key: Key,
    Optional(body): Optional<Empty>,
) -> Result<Response, Refused> {
    let (door, id, caller) = by_token(&app, limits, &token, caller).await?;
    come_in(&app, door, id, caller, key, body.hash).await
}

/// Comes in by an invite that waits in the inbox.
#[utoipa::path(post, path = "/me/invites/{id}/accept", tag = "accounts", request_body = Option<Empty>,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Accepted), (status = 202, body = Accepted, description = "An admin has to agree")))]
async fn accept_waiting(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    key: Key,
    Optional(body): Optional<Empty>,
) -> Result<Response, Refused> {
    let id = invite_id(&id)?;
    come_in(&app, Door::Inbox(id), id, caller, key, body.hash).await
}

async fn come_in(
    app: &App,
    door: Door,
    id: InviteId,
    caller: Caller,
    key: Key,
    body: Hash,
) -> Result<Response, Refused> {
    let (mail, now) = (app.settings().mail.is_on(), app.now());
    let fresh = app.fresh(JoinRequestId::new);
    let accepted = key
        .of(app, caller, format!("/invites/{id}/accept"), body)
        .write(
            |_, _, earlier| {
                let accepted = answered_before(earlier).ok_or_else(|| Refused::not_found("invite"))?;
                Ok((accepted, None))
            },
            move |app, tx| {
                let found = door.hold(tx, caller)?;
                let (mut accepted, rest) = invites::accept(tx, &found, fresh, caller.account, mail, now)?;
                accepted.calendar = found.calendar(app);
                let Done { value, status, resource, outcome } = answered(found.id.as_bytes(), accepted);
                Ok(Done { value: (value, rest), status, resource, outcome })
            },
        )
        .await;
    app.metrics().invites(
        match &accepted {
            Ok((accepted, _)) => accepted.outcome.as_str(),
            Err(Refused::Problem(problem)) => problem.code.as_str(),
            Err(_) => "failed",
        },
        1,
    );
    let (accepted, rest) = accepted.inspect_err(|refused| note_over(app, refused))?;
    go_on_soon(app, rest).await;
    invites::let_go_after(app, caller.account).await;
    Ok((came_to(&accepted), Json(accepted)).into_response())
}

/// Says no to an invite for one person, for good.
#[utoipa::path(post, path = "/invites/{token}/decline", tag = "invites", request_body = Option<DeclineInvite>,
    params(
        ("token" = String, Path, description = "the token of a link, or a code"),
        ("Idempotency-Key" = Option<String>, Header),
    ),
    responses((status = 204)))]
async fn decline(
    State(app): State<App>,
    Extension(limits): Extension<Option<Limits>>,
    Part(token): Part,
    caller: Result<Caller, Refused>,
    key: Key,
    Optional(body): Optional<DeclineInvite>,
) -> Result<StatusCode, Refused> {
    let (door, id, caller) = by_token(&app, limits, &token, caller).await?;
    say_no(&app, door, id, caller, key, body).await
}

/// Says no to an invite that waits in the inbox, for good.
#[utoipa::path(post, path = "/me/invites/{id}/decline", tag = "accounts", request_body = Option<DeclineInvite>,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204)))]
async fn decline_waiting(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    key: Key,
    Optional(body): Optional<DeclineInvite>,
) -> Result<StatusCode, Refused> {
    let id = invite_id(&id)?;
    say_no(&app, Door::Inbox(id), id, caller, key, body).await
}

async fn say_no(
    app: &App,
    door: Door,
    id: InviteId,
    caller: Caller,
    key: Key,
    body: Body<DeclineInvite>,
) -> Result<StatusCode, Refused> {
    let (mail, now) = (app.settings().mail.is_on(), app.now());
    let suppression = app.fresh(SuppressionId::new);
    key.of(app, caller, format!("/invites/{id}/decline"), body.hash)
        .write(
            |_, _, _| Ok(()),
            move |_, tx| {
                let found = door.hold(tx, caller)?;
                invites::decline(tx, &found, caller.account, &body.value, mail, suppression, now)?;
                Ok(Done::new(204, found.id.as_bytes(), ()))
            },
        )
        .await
        .inspect_err(|refused| note_over(app, refused))?;
    app.metrics().invites("declined", 1);
    Ok(StatusCode::NO_CONTENT)
}

/// Has it written down that an invite's time is over, where somebody is told so.
fn note_over(app: &App, refused: &Refused) {
    if matches!(refused, Refused::Problem(problem) if problem.code == Code::InviteExpired) {
        app.alarm().note_over();
    }
}
