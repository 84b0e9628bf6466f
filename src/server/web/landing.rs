//! `/invite/{token}`: the page behind the link of an invite.
//!
//! Looking changes nothing but the count of views, since mail scanners open links, too. Its form joins with an account, makes
//! one, or declines. The page is a client of the API in the same process and keeps nobody signed in: a session lives as
//! long as the request that began it, so there is no cookie to steal.

mod form;
mod words;

use axum::{
    Router,
    extract::{Form, Path, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};

use crate::{
    api::{Accepted, Code, DeclineInvite, Empty, Login, Outcome, Preview, Register, Registered, SignedIn, VerifyEmail},
    domain::Token,
    server::{App, Refused},
};

use self::{
    form::{Act, Filled},
    words::Page,
};
use super::{
    inside::{Inside, No},
    is_own,
};

/// The routes of this file. The part is no `{token}`: what may be tried how often is counted where the API is asked.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/invite/{link}", get(show).post(act))
}

/// What was found behind a link, whole: the page's words are made from it.
struct Visit<'a> {
    app: &'a App,
    token: &'a Token,
    preview: &'a Preview,
}

async fn show(State(app): State<App>, inside: Inside, Path(link): Path<String>) -> Result<Response, Refused> {
    let Some(token) = Token::parse(&link) else { return answer(&app, StatusCode::NOT_FOUND, &Page::unknown()) };
    match preview(&inside, &token).await {
        Ok(preview) => {
            let visit = Visit { app: &app, token: &token, preview: &preview };
            answer(&app, StatusCode::OK, &Page::offer(&visit, &Filled::default(), None))
        }
        Err(no) => ended(&app, &no),
    }
}

async fn preview(inside: &Inside, token: &Token) -> Result<Preview, Box<No>> {
    inside.get(&format!("/invites/{}/info", token.reveal())).await
}

async fn act(
    State(app): State<App>,
    inside: Inside,
    Path(link): Path<String>,
    headers: HeaderMap,
    filled: Result<Form<Filled>, FormRejection>,
) -> Result<Response, Refused> {
    let Some(token) = Token::parse(&link) else { return answer(&app, StatusCode::NOT_FOUND, &Page::unknown()) };
    if !is_own(&headers, &app.settings().public_url) {
        return answer(&app, StatusCode::FORBIDDEN, &Page::foreign());
    }
    let Ok(Form(filled)) = filled else { return answer(&app, StatusCode::UNPROCESSABLE_ENTITY, &Page::unreadable()) };
    let preview = match preview(&inside, &token).await {
        Ok(preview) => preview,
        // Who is a member is told so, whatever became of the invite.
        Err(no) if filled.act != Some(Act::Join) || no.problem.code == Code::InvalidToken => return ended(&app, &no),
        Err(no) => return rejoin(&app, &inside, &token, &filled, &no).await,
    };
    let visit = Visit { app: &app, token: &token, preview: &preview };
    let done = match filled.act {
        Some(Act::Join) => join(&inside, &token, &filled).await,
        Some(Act::Register) => register(&inside, &visit, &filled).await,
        Some(Act::Decline) => decline(&inside, &token, &filled).await,
        None => return answer(&app, StatusCode::UNPROCESSABLE_ENTITY, &Page::unreadable()),
    };
    match done {
        Ok(done) => answer(&app, StatusCode::OK, &Page::done(&visit, &filled, &done)),
        Err(no) if no.problem.status == 410 => ended(&app, &no),
        Err(no) => refuse(&app, &no, &Page::offer(&visit, &filled, Some(&no.problem))),
    }
}

/// What the form has done.
enum Done {
    /// The account came in, was in before, or waits for an admin.
    Came(Accepted),
    /// An account was made, and with it the invite came to `outcome`.
    Made(Box<Registered>),
    /// The invite is declined.
    Declined,
}

/// Signs in for as long as `deed` takes.
async fn signed_in<T>(
    inside: &Inside,
    filled: &Filled,
    deed: impl AsyncFnOnce(&str) -> Result<T, Box<No>>,
) -> Result<T, Box<No>> {
    let login = Login { login: filled.username.clone(), password: filled.password.clone() };
    let SignedIn { session, .. } = inside.post("/auth/login", None, &login).await?;
    let done = deed(&session.token).await;
    end(inside, &session.token).await;
    done
}

/// Ends a session that was begun for a request. One that cannot be ended now ends by itself; nobody has its token.
async fn end(inside: &Inside, session: &str) {
    let _: Result<(), Box<No>> = inside.post("/auth/logout", Some(session), &Empty {}).await;
}

async fn join(inside: &Inside, token: &Token, filled: &Filled) -> Result<Done, Box<No>> {
    signed_in(inside, filled, async |session: &str| {
        if let Some(code) = filled.code() {
            let code = VerifyEmail { code: code.to_owned() };
            let _: serde::de::IgnoredAny = inside.post("/me/email/verify", Some(session), &code).await?;
        }
        let path = format!("/invites/{}/accept", token.reveal());
        let accepted: Result<Accepted, _> = inside.post(&path, Some(session), &Empty {}).await;
        if accepted.as_ref().is_err_and(|no| no.problem.code == Code::EmailUnverified) {
            // Where one is on its way already, that one is asked for.
            let _: Result<serde::de::IgnoredAny, _> =
                inside.post("/me/email/verification", Some(session), &Empty {}).await;
        }
        accepted.map(Done::Came)
    })
    .await
}

async fn register(inside: &Inside, visit: &Visit<'_>, filled: &Filled) -> Result<Done, Box<No>> {
    let register = Register {
        username: filled.username.clone(),
        display_name: Some(filled.display_name.clone()).filter(|name| !name.trim().is_empty()),
        email: filled.email.clone(),
        password: filled.password.clone(),
        invite: Some(visit.token.reveal().to_owned()),
        accept: visit.preview.band.is_some().then_some(true),
    };
    let made: Registered = inside.post("/auth/register", None, &register).await?;
    end(inside, &made.session.token).await;
    Ok(Done::Made(Box::new(made)))
}

async fn decline(inside: &Inside, token: &Token, filled: &Filled) -> Result<Done, Box<No>> {
    let wish = DeclineInvite {
        reason: Some(filled.reason.clone()).filter(|reason| !reason.trim().is_empty()),
        block: filled.block(),
    };
    signed_in(inside, filled, async |session: &str| {
        let path = format!("/invites/{}/decline", token.reveal());
        let () = inside.post(&path, Some(session), &wish).await?;
        Ok(Done::Declined)
    })
    .await
}

/// Asks to come in by an invite that has ended: only who is in already is.
async fn rejoin(app: &App, inside: &Inside, token: &Token, filled: &Filled, no: &No) -> Result<Response, Refused> {
    match join(inside, token, filled).await {
        Ok(Done::Came(Accepted { outcome: Outcome::AlreadyMember, band, role, .. })) => {
            answer(app, StatusCode::OK, &Page::already(&band.name, role))
        }
        _ => ended(app, no),
    }
}

/// The page of an invite that is of no use any more, or that there never was.
fn ended(app: &App, no: &No) -> Result<Response, Refused> {
    let words = match no.problem.code {
        Code::InvalidToken | Code::NotFound => Page::unknown(),
        _ => Page::ended(&no.problem),
    };
    refuse(app, no, &words)
}

fn refuse(app: &App, no: &No, words: &Page) -> Result<Response, Refused> {
    no.answer(|status| answer(app, status, words))
}

fn answer(app: &App, status: StatusCode, words: &Page) -> Result<Response, Refused> {
    super::answer(status, &words.html(&app.settings().name))
}
