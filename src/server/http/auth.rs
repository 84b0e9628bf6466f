//! Signing up, in and out.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};

use crate::{
    api::{Code, FOUNDER_HEADER, ForgotPassword, Login, Register, Registered, ResetPassword, SessionSecret, SignedIn},
    domain::{
        AccountId, Address, DisplayName, JoinRequestId, Registration, ResetToken, SessionId, Token, Username,
        check_password,
    },
    server::{
        App, Fields, Refused,
        accounts::{self, NewAccount, NewCode, NewReset, NewSession, Site, password},
        hash,
        http::{
            body::Body,
            caller::Caller,
            campaigns::go_on_soon,
            limits::{Guesser, Limits, Network},
        },
        invites::{self, Newcomer},
    },
};

use super::routes::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(forgot))
        .routes(routes!(reset))
}

/// What a form for a new account says beside its password, each field as its rule wants it.
struct SignUp {
    username: Username,
    display_name: DisplayName,
    email: Address,
    invite: Option<Token>,
    accepts: bool,
}

impl SignUp {
    fn read(form: &Register) -> Result<Self, Refused> {
        let mut fields = Fields::default();
        let username = fields.check("username", Username::parse(&form.username));
        let display_name = fields.optional("display_name", form.display_name.as_deref(), DisplayName::parse);
        let email = fields.check("email", Address::parse(&form.email));
        fields.check("password", check_password(&form.password));
        let accepts = form.accept == Some(true);
        if accepts && form.invite.is_none() {
            fields.refuse("accept", "must stand beside invite: there is nothing else to accept");
        }
        let (username, email) = fields.finish_with(username.zip(email))?;
        let invite = form.invite.as_deref().map(|text| Token::parse(text).ok_or_else(Refused::invalid_token));
        Ok(Self {
            display_name: display_name.unwrap_or_else(|| DisplayName::from_username(&username)),
            username,
            email,
            invite: invite.transpose()?,
            accepts,
        })
    }
}

/// Makes an account and signs it in.
#[utoipa::path(
    post, path = "/auth/register", tag = "accounts", security(()), request_body = Register,
    responses((status = 201, body = Registered))
)]
async fn register(
    State(app): State<App>,
    Extension(limits): Extension<Option<Limits>>,
    network: Option<Extension<Network>>,
    headers: HeaderMap,
    Body { value, .. }: Body<Register>,
) -> Result<(StatusCode, Json<Registered>), Refused> {
    let settings = app.settings();
    let registration = settings.policy.registration;
    let founder = is_founder(&app, &headers);
    match registration {
        // Before a password is hashed for nothing. The founder's first account is looked at in the transaction.
        Registration::InviteOnly if value.invite.is_none() && !founder => return Err(accounts::invite_required()),
        Registration::Closed if !founder => return Err(accounts::closed()),
        _ => {}
    }
    let SignUp { username, display_name, email, invite, accepts } = SignUp::read(&value)?;
    if let (Some(code), Some(limits), Some(Extension(Network(from)))) =
        (invite.as_ref().filter(|token| token.is_code()), limits, network)
    {
        // A guess costs here what it does where a code is looked at, and is refused before a password is hashed.
        let token_hash = hash(code.reveal());
        let look = app.store().glance(move |tx| invites::id_of_token(tx, &token_hash));
        let _ = limits.guess(Guesser::Network(from), look).await?;
    }
    let invite = invite.map(|token| hash(token.reveal()));
    let new = NewAccount {
        id: app.fresh(AccountId::new),
        display_name,
        username,
        email,
        password_hash: password::hash(value.password, app.random()).await?,
        founder,
    };
    let site = Site { embedded: settings.founder.is_some(), registration, mail: settings.mail.is_on() };
    let (secret, session) = new_session(&app);
    let (now, fresh) = (app.now(), app.fresh(JoinRequestId::new));
    let (own, code) = (app.clone(), NewCode::new(&app));
    let (account, expires_at, (outcome, rest), calendar) = app
        .store()
        .write(move |tx| {
            let invite = invite.map(|token_hash| invites::hold_by_token(tx, &token_hash, None)).transpose()?;
            if let Some(found) = &invite {
                invites::check_newcomer(tx, found, &new.email, registration, now)?;
            }
            let brought_by = invite.as_ref().map(invites::Found::brought_by);
            accounts::register(tx, site, &new, brought_by, now)?;
            accounts::begin_verification(tx, &own, new.id, new.email.as_str(), &code, now)?;
            let expires_at = accounts::begin_session(tx, new.id, session, now)?;
            let newcomer = Newcomer { account: new.id, accepts, fresh };
            let outcome = match &invite {
                Some(found) => invites::enroll(tx, found, newcomer, registration, site.mail, now)?,
                None => (None, None),
            };
            let calendar = outcome.0.and(invite).and_then(|found| found.calendar(&own));
            Ok::<_, Refused>((accounts::read(tx, new.id)?, expires_at, outcome, calendar))
        })
        .await?;
    go_on_soon(&app, rest).await;
    if !site.mail {
        invites::hand_over_to(&app, account.id).await;
    }
    let session = SessionSecret { token: secret, expires_at };
    Ok((StatusCode::CREATED, Json(Registered { account, session, outcome, calendar })))
}

/// Signs in with user name or address.
#[utoipa::path(
    post, path = "/auth/login", tag = "accounts", security(()), request_body = Login,
    responses((status = 200, body = SignedIn))
)]
async fn login(
    State(app): State<App>,
    Extension(limits): Extension<Option<Limits>>,
    Body { value, .. }: Body<Login>,
) -> Result<Json<SignedIn>, Refused> {
    let refused = || Refused::new(Code::InvalidCredentials, "Name or password is wrong. Check both and try again.");
    if value.login.len() > 1_024 || value.password.len() > 1_024 {
        return Err(refused());
    }
    if let Some(limits) = limits {
        limits.log_in(&accounts::login_key(&value.login))?;
    }
    let known = app.store().read(move |tx| accounts::by_login(tx, &value.login)).await?;
    let (id, kept) = known.map(|known| (known.id, known.password_hash)).unzip();
    if !password::verify(value.password, kept.clone()).await? {
        return Err(refused());
    }
    let id = id.ok_or_else(refused)?;
    let (secret, session) = new_session(&app);
    let now = app.now();
    let (account, expires_at) = app
        .store()
        .write(move |tx| {
            // A password that was changed meanwhile opens nothing any more.
            accounts::hold(tx, id)?;
            if accounts::password_of(tx, id)? != kept {
                return Err(refused());
            }
            let account = accounts::read(tx, id)?;
            Ok::<_, Refused>((account, accounts::begin_session(tx, id, session, now)?))
        })
        .await?;
    Ok(Json(SignedIn { account, session: SessionSecret { token: secret, expires_at } }))
}

/// Ends the session that asks.
#[utoipa::path(
    post, path = "/auth/logout", tag = "accounts",
    responses((status = 204))
)]
async fn logout(State(app): State<App>, caller: Caller) -> Result<StatusCode, Refused> {
    app.store().write(move |tx| accounts::end_session(tx, caller.account, caller.session)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mails a link to set a new password with to the verified address of an account, should there be one. The answer is the
/// same for everyone, and on a server without mail.
#[utoipa::path(
    post, path = "/auth/password/forgot", tag = "accounts", security(()), request_body = ForgotPassword,
    responses((status = 202, description = "If there is such an account with a verified address, a mail is on its way"))
)]
async fn forgot(
    State(app): State<App>,
    Extension(limits): Extension<Option<Limits>>,
    Body { value, .. }: Body<ForgotPassword>,
) -> Result<StatusCode, Refused> {
    if value.login.len() > 1_024 || !app.settings().mail.is_on() {
        return Ok(StatusCode::ACCEPTED);
    }
    if let Some(limits) = limits {
        limits.log_in(&format!("forgot {}", accounts::login_key(&value.login)))?;
    }
    let (own, new, now) = (app.clone(), NewReset::new(&app), app.now());
    app.store().write(move |tx| accounts::forgot(tx, &own, &value.login, &new, now)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets a new password by the token of a mail, which works once and for 30 minutes. Every session of the account ends.
#[utoipa::path(
    post, path = "/auth/password/reset", tag = "accounts", security(()), request_body = ResetPassword,
    responses((status = 204))
)]
async fn reset(State(app): State<App>, Body { value, .. }: Body<ResetPassword>) -> Result<StatusCode, Refused> {
    let mut fields = Fields::default();
    fields.check("password", check_password(&value.password));
    fields.finish()?;
    let token = hash(ResetToken::parse(&value.token).ok_or_else(accounts::dead_token)?.reveal());
    let now = app.now();
    // No password is hashed for a token that sets none.
    app.store().glance(move |tx| accounts::account_of_reset(tx, &token, now)).await?;
    let hashed = password::hash(value.password, app.random()).await?;
    app.store().write(move |tx| accounts::reset(tx, &token, &hashed, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A session's secret for the caller, and what is kept of it.
fn new_session(app: &App) -> (String, NewSession) {
    let token = app.fresh_session_token();
    let session = NewSession { id: app.fresh(SessionId::new), token_hash: hash(token.reveal()) };
    (token.reveal().to_owned(), session)
}

/// Whether the request shows the founder's secret. Hashes are compared, so the time tells nothing of the secret.
fn is_founder(app: &App, headers: &HeaderMap) -> bool {
    let shown = headers.get(FOUNDER_HEADER).and_then(|value| value.to_str().ok());
    matches!((shown, &app.settings().founder), (Some(shown), Some(secret)) if hash(shown) == hash(secret))
}
