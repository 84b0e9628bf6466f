//! `/invite/{token}`: the page behind the link of an invite.
//!
//! Looking changes nothing but the count of views, since mail scanners open links, too. Its forms join with an account, make
//! one, or decline. The page is a client of the API in the same process and keeps nobody signed in: a session lives as
//! long as the request that began it, so there is no cookie to steal.

mod form;
mod words;

use axum::{
    Router,
    extract::{Form, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};

use crate::{
    api::{Accepted, Code, DeclineInvite, Empty, Preview, Register, Registered},
    domain::Token,
    server::{App, Refused},
};

use self::form::{Act, Filled};
use super::{
    inside::{Inside, No},
    is_own,
    page::{Page, Part, unread},
    verify::{self, end, signed_in},
};

/// The part of the address is no `{token}`: what may be tried how often is counted where the API is asked.
pub(super) fn routes() -> Router<App> {
    let page = get(show).post(act);
    // Some programs put a slash at the end of what they take for a folder.
    Router::new().route("/invite/{link}", page.clone()).route("/invite/{link}/", page)
}

/// What was found behind a link, whole: the page's words are made from it.
struct Visit<'a> {
    app: &'a App,
    token: &'a Token,
    preview: &'a Preview,
}

async fn show(State(app): State<App>, inside: Inside, Part(link): Part) -> Result<Response, Refused> {
    let Some(token) = Token::parse(&link) else { return words::unknown().answer(&app, StatusCode::NOT_FOUND) };
    match preview(&inside, &token).await {
        Ok(preview) => {
            let visit = Visit { app: &app, token: &token, preview: &preview };
            words::offer(&visit, &Filled::default(), None).answer(&app, StatusCode::OK)
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
    Part(link): Part,
    headers: HeaderMap,
    filled: Result<Form<Filled>, FormRejection>,
) -> Result<Response, Refused> {
    let Some(token) = Token::parse(&link) else { return words::unknown().answer(&app, StatusCode::NOT_FOUND) };
    if !is_own(&headers, &app.settings().public_url) {
        return Page::foreign().answer(&app, StatusCode::FORBIDDEN);
    }
    let filled = match filled {
        Ok(Form(filled)) => filled,
        Err(refused) => return unread(&app, &refused),
    };
    let preview = match preview(&inside, &token).await {
        Ok(preview) => preview,
        // Who is a member is told so, whatever became of the invite.
        Err(no) if filled.act == Some(Act::Join) && no.problem.code != Code::InvalidToken => {
            return again(&app, &inside, &token, &filled, &no).await;
        }
        Err(no) => return ended(&app, &no),
    };
    let visit = Visit { app: &app, token: &token, preview: &preview };
    let done = match filled.act {
        Some(Act::Join) => join(&inside, &token, &filled).await,
        Some(Act::Register) => register(&inside, &visit, &filled).await,
        Some(Act::Code) => mail(&inside, &filled).await,
        Some(Act::Decline) => decline(&inside, &token, &filled).await,
        None => return Page::unreadable().answer(&app, StatusCode::UNPROCESSABLE_ENTITY),
    };
    match done {
        Ok(done) => words::done(&visit, &filled, &done).answer(&app, StatusCode::OK),
        Err(no) if no.problem.status == 410 => gone(&visit, &inside, &filled, &no).await,
        Err(no) => refuse(&app, &no, &words::offer(&visit, &filled, Some(&no.problem))),
    }
}

/// What the form has done.
enum Done {
    /// The account came in, was in before, or waits for an admin.
    Came(Accepted),
    /// An account was made, and with it the invite came to `outcome`.
    Made(Box<Registered>),
    /// Another code is on its way.
    Mailed,
    /// The invite is declined.
    Declined,
}

async fn join(inside: &Inside, token: &Token, filled: &Filled) -> Result<Done, Box<No>> {
    signed_in(inside, &filled.username, &filled.password, async |session: &str| {
        if let Some(code) = filled.code() {
            let _: serde::de::IgnoredAny = verify::take(inside, session, code).await?;
        }
        let path = format!("/invites/{}/accept", token.reveal());
        let accepted: Result<Accepted, _> = inside.post(&path, Some(session), &Empty {}).await;
        if accepted.as_ref().is_err_and(|no| no.problem.code == Code::EmailUnverified) {
            // Where one is on its way already, that one is asked for.
            let _ = verify::mail(inside, session).await;
        }
        accepted.map(Done::Came)
    })
    .await
}

async fn mail(inside: &Inside, filled: &Filled) -> Result<Done, Box<No>> {
    let deed = async |session: &str| verify::mail(inside, session).await;
    signed_in(inside, &filled.username, &filled.password, deed).await.map(|()| Done::Mailed)
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
    signed_in(inside, &filled.username, &filled.password, async |session: &str| {
        let path = format!("/invites/{}/decline", token.reveal());
        let () = inside.post(&path, Some(session), &wish).await?;
        Ok(Done::Declined)
    })
    .await
}

/// Asks to come in by an invite that has ended: who is in already is told so.
async fn again(app: &App, inside: &Inside, token: &Token, filled: &Filled, no: &No) -> Result<Response, Refused> {
    match join(inside, token, filled).await {
        Ok(Done::Came(accepted)) => words::entered(app, &accepted).answer(app, StatusCode::OK),
        _ => ended(app, no),
    }
}

/// What a form comes to for which no use is left. A form for an account, sent twice, has made one whose way in is held: it goes
/// on as the page does that is opened now, and not as if all were done.
async fn gone(visit: &Visit<'_>, inside: &Inside, filled: &Filled, no: &No) -> Result<Response, Refused> {
    if filled.act == Some(Act::Register) {
        // Sent at once, both forms have found a use left.
        let now = preview(inside, visit.token).await.ok().filter(|now| now.held().is_some());
        if let Some(now) = now {
            let visit = Visit { preview: &now, ..*visit };
            return words::held(&visit, filled).answer(visit.app, StatusCode::CONFLICT);
        }
    }
    ended(visit.app, no)
}

/// The page of an invite that is of no use any more, or that there never was.
fn ended(app: &App, no: &No) -> Result<Response, Refused> {
    let words = match no.problem.code {
        Code::InvalidToken | Code::NotFound => words::unknown(),
        _ => words::ended(app, &no.problem),
    };
    refuse(app, no, &words)
}

fn refuse(app: &App, no: &No, words: &Page) -> Result<Response, Refused> {
    no.answer(|status| words.answer(app, status))
}
