//! The caller's own account and sessions.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use crate::{
    api::{Account, Empty, Inbox, Sessions, Sync, UpdateAccount, VerifyEmail},
    domain::{Address, AddressCode, DisplayName, SessionId, check_password},
    server::{
        App, Fields, Refused,
        accounts::{self, Change, NewCode, password},
        invites,
        page::Listed,
        store::Error,
    },
};

use super::{
    body::{Body, Optional},
    caller::Caller,
    campaigns::go_on,
    etag::Known,
    limits::Limits,
    query::{Keys, only, page},
    routes::{Routes, routes},
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(me, change, delete))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
        .routes(routes!(send_code))
        .routes(routes!(verify))
        .routes(routes!(sync))
        .routes(routes!(inbox))
}

/// Who I am.
#[utoipa::path(
    get, path = "/me", tag = "accounts",
    responses((status = 200, body = Account))
)]
async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Account>, Refused> {
    app.store().read(move |tx| accounts::read(tx, caller.account)).await.map(Json)
}

/// Changes my account. A new address or password asks for the password in force; a new password ends every other
/// session.
#[utoipa::path(
    patch, path = "/me", tag = "accounts", request_body = UpdateAccount,
    responses((status = 200, body = Account))
)]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Extension(limits): Extension<Option<Limits>>,
    Body { value, .. }: Body<UpdateAccount>,
) -> Result<Json<Account>, Refused> {
    let mut fields = Fields::default();
    let guarded = value.email.is_some() || value.password.is_some();
    let display_name = value.display_name.map(|name| DisplayName::parse(&name));
    let email = value.email.map(|email| Address::parse(&email));
    let mut wish = Change {
        display_name: display_name.and_then(|name| fields.check("display_name", name)),
        email: email.and_then(|email| fields.check("email", email)),
        ..Change::default()
    };
    if let Some(new) = &value.password {
        fields.check("password", check_password(new));
    }
    if guarded && value.current_password.is_none() {
        fields.refuse("current_password", "is needed for a new address or password");
    }
    fields.finish()?;
    if guarded {
        if let Some(limits) = limits {
            limits.log_in(&caller.account.to_string())?;
        }
        let kept = app.store().read(move |tx| accounts::password_of(tx, caller.account)).await?;
        let typed = value.current_password.filter(|typed| typed.len() <= 1_024).unwrap_or_default();
        if !password::verify(typed, kept.clone()).await? {
            return Err(accounts::wrong_password());
        }
        wish.compared = kept;
    }
    if let Some(new) = value.password {
        wish.password_hash = Some(password::hash(new, app.random()).await?);
    }
    let (own, code, now, moves) = (app.clone(), NewCode::new(&app), app.now(), wish.email.is_some());
    let changed = app
        .store()
        .write(move |tx| accounts::change(tx, caller.account, caller.session, &wish, &own, &code, now))
        .await;
    let changed = changed.map_err(taken_at_once)?;
    if moves {
        invites::hand_over_to(&app, caller.account).await;
    }
    Ok(Json(changed))
}

/// Two people took one address at the same moment.
fn taken_at_once(refused: Refused) -> Refused {
    match refused {
        Refused::Store(Error::Constraint(rule)) if rule.contains("email_claim") => accounts::email_taken(),
        refused => refused,
    }
}

/// Mails a code to my address, which shows that it is mine: once a minute, ten times a day.
#[utoipa::path(
    post, path = "/me/email/verification", tag = "accounts", request_body = Option<Empty>,
    responses((status = 202, description = "The code is on its way"))
)]
async fn send_code(State(app): State<App>, caller: Caller, _: Optional<Empty>) -> Result<StatusCode, Refused> {
    if !app.settings().mail.is_on() {
        return Err(no_mail());
    }
    let (own, code, now) = (app.clone(), NewCode::new(&app), app.now());
    app.store().write(move |tx| accounts::ask_verification(tx, &own, caller.account, &code, now)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Takes the code of the newest mail: the address is mine alone from then on. A code works for 30 minutes, and can be
/// tried five times.
#[utoipa::path(
    post, path = "/me/email/verify", tag = "accounts", request_body = VerifyEmail,
    responses((status = 200, body = Account))
)]
async fn verify(
    State(app): State<App>,
    caller: Caller,
    Body { value, .. }: Body<VerifyEmail>,
) -> Result<Json<Account>, Refused> {
    if !app.settings().mail.is_on() {
        return Err(no_mail());
    }
    let mut fields = Fields::default();
    let code = fields.check("code", AddressCode::parse(&value.code));
    let code = fields.finish_with(code)?;
    let (own, now) = (app.clone(), app.now());
    let verified = app.store().write(move |tx| accounts::verify(tx, &own, caller.account, &code, now)).await;
    let account = verified.map_err(taken_at_once)??;
    invites::hand_over_to(&app, caller.account).await;
    Ok(Json(account))
}

fn no_mail() -> Refused {
    Refused::field("email", "cannot be verified: this server sends no mail, and takes an address as it is typed")
}

/// Deletes my account: I leave my bands, invites for me end, all my sessions end. Refused (`last_owner`) while I own a band,
/// or am the last who runs this site.
#[utoipa::path(
    delete, path = "/me", tag = "accounts",
    responses((status = 204))
)]
async fn delete(State(app): State<App>, caller: Caller) -> Result<StatusCode, Refused> {
    let now = app.now();
    let rest = app.store().write(move |tx| accounts::delete(tx, caller.account, now)).await?;
    go_on(&app, rest).await;
    invites::let_go_after(&app, caller.account).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Where I am signed in, newest first, 200 at the most.
#[utoipa::path(
    get, path = "/me/sessions", tag = "accounts",
    responses((status = 200, body = Sessions))
)]
async fn sessions(State(app): State<App>, caller: Caller) -> Result<Json<Sessions>, Refused> {
    let now = app.now();
    let sessions = app.store().read(move |tx| accounts::sessions(tx, caller.account, caller.session, now)).await?;
    Ok(Json(Sessions { sessions }))
}

/// Signs one of my devices out.
#[utoipa::path(
    delete, path = "/me/sessions/{id}", tag = "accounts", params(("id" = String, Path, description = "The session's id")),
    responses((status = 204))
)]
async fn end_session(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    let missing = || Refused::not_found("session");
    let id: SessionId = id.parse().map_err(|_| missing())?;
    if app.store().write(move |tx| accounts::end_session(tx, caller.account, id)).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(missing())
}

/// The poll: my bands with their revisions, how many invites wait for me, and a revision of what my inbox shows. With
/// `If-None-Match` it answers 304 while nothing has changed.
#[utoipa::path(
    get, path = "/me/sync", tag = "accounts", params(("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Sync), (status = 304, description = "Nothing has changed"))
)]
async fn sync(State(app): State<App>, caller: Caller, known: Known) -> Result<Response, Refused> {
    let now = app.now();
    known.answer(&app.store().glance(move |tx| accounts::sync(tx, caller.account, now)).await?)
}

/// Invites that wait for me, newest first: those made for my account, and those mailed to my verified address.
#[utoipa::path(
    get, path = "/me/invites", tag = "accounts",
    params(
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query), ("If-None-Match" = Option<String>, Header),
    ),
    responses((status = 200, body = Inbox), (status = 304, description = "Nothing has changed"))
)]
async fn inbox(State(app): State<App>, caller: Caller, known: Known, Keys(keys): Keys) -> Result<Response, Refused> {
    only(&keys, &["limit", "cursor"])?;
    let page = page(&keys, Listed::Inbox)?;
    let now = app.now();
    known.answer(&app.store().read(move |tx| invites::inbox(tx, caller.account, page, now)).await?)
}
