//! `/verify`: where the code of a mail is typed that shows whose an address is, by whoever made an account in a browser.
//!
//! As on the other pages nobody stays signed in: a session lives as long as the request that began it.

use axum::{
    Router,
    extract::{Form as Body, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::{
    api::{Account, Empty, FieldError, Login, Problem, SignedIn, VerifyEmail},
    server::{App, Refused},
};

use super::{
    form::{Button, Form, Input},
    inside::{Inside, No},
    is_own,
    page::{Other, Page, Refusal, unread},
};

/// Where the form leads.
const PATH: &str = "/verify";

pub(super) fn routes() -> Router<App> {
    Router::new().route(PATH, get(show).post(act))
}

/// What a button wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Act {
    /// Take the code.
    Verify,
    /// Have another one mailed.
    Code,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Filled {
    act: Option<Act>,
    username: String,
    password: String,
    code: String,
}

/// The form for a code, with what was typed before and what was refused of it.
pub(super) fn form(username: &str, code: &str, errors: &[FieldError]) -> Form {
    let buttons = vec![Button::new("verify", "Verify my address"), Button::beside("code", "Mail me a new code")];
    Form { name: "verify", heading: "The code of the mail", action: PATH, buttons, ..Form::default() }
        .asking([Input::username(username), Input::code(code), Input::password()])
        .refusing(errors)
}

/// Signs in for as long as `deed` takes.
pub(super) async fn signed_in<T>(
    inside: &Inside,
    login: &str,
    password: &str,
    deed: impl AsyncFnOnce(&str) -> Result<T, Box<No>>,
) -> Result<T, Box<No>> {
    let login = Login { login: login.to_owned(), password: password.to_owned() };
    let SignedIn { session, .. } = inside.post("/auth/login", None, &login).await?;
    let done = deed(&session.token).await;
    end(inside, &session.token).await;
    done
}

/// Ends a session that was begun for a request. One that cannot be ended now ends by itself; nobody has its token.
pub(super) async fn end(inside: &Inside, session: &str) {
    let _: Result<(), Box<No>> = inside.post("/auth/logout", Some(session), &Empty {}).await;
}

/// Takes the code of a mail.
pub(super) async fn take<T: DeserializeOwned>(inside: &Inside, session: &str, code: &str) -> Result<T, Box<No>> {
    inside.post("/me/email/verify", Some(session), &VerifyEmail { code: code.trim().to_owned() }).await
}

/// Has a new code mailed.
pub(super) async fn mail(inside: &Inside, session: &str) -> Result<(), Box<No>> {
    let _: IgnoredAny = inside.post("/me/email/verification", Some(session), &Empty {}).await?;
    Ok(())
}

async fn show(State(app): State<App>) -> Result<Response, Refused> {
    let mut page = Page::plain(
        "Verify your address",
        &["Type the code that was mailed to you. It shows that the address of your account is yours."],
    );
    if app.settings().mail.is_on() {
        page.forms.push(form("", "", &[]));
    } else {
        page.text = vec!["This server sends no mail, so no address has to be verified.".to_owned()];
    }
    page.answer(&app, StatusCode::OK)
}

async fn act(
    State(app): State<App>,
    inside: Inside,
    headers: HeaderMap,
    filled: Result<Body<Filled>, FormRejection>,
) -> Result<Response, Refused> {
    if !is_own(&headers, &app.settings().public_url) {
        return Page::foreign().answer(&app, StatusCode::FORBIDDEN);
    }
    let filled = match filled {
        Ok(Body(filled)) => filled,
        Err(refused) => return unread(&app, &refused),
    };
    let Filled { act, username, password, code } = &filled;
    let done = match act {
        Some(Act::Verify) => {
            let verified = signed_in(&inside, username, password, async |session: &str| {
                take::<Account>(&inside, session, code).await
            });
            verified.await.map(|account| {
                let text = format!("{} is yours, and nobody else's.", account.email);
                Page { other: Some(Other::onward(&app)), ..Page::plain("Your address is verified", &[&text]) }
            })
        }
        Some(Act::Code) => {
            let mailed = signed_in(&inside, username, password, async |session: &str| mail(&inside, session).await);
            mailed.await.map(|()| {
                let text = "A new code is on its way to the address of your account; older ones work no more.";
                Page { forms: vec![form(username, "", &[])], ..Page::plain("Verify your address", &[text]) }
            })
        }
        None => return Page::unreadable().answer(&app, StatusCode::UNPROCESSABLE_ENTITY),
    };
    match done {
        Ok(page) => page.answer(&app, StatusCode::OK),
        Err(no) => no.answer(|status| refused(&filled, &no.problem).answer(&app, status)),
    }
}

fn refused(filled: &Filled, problem: &Problem) -> Page {
    let forms = vec![form(&filled.username, &filled.code, &problem.errors)];
    let text = if problem.errors.is_empty() { problem.detail.clone() } else { "Nothing was done.".to_owned() };
    let refusal = Some(Refusal::new(text, &problem.errors, &forms));
    Page { refusal, forms, ..Page::plain("Verify your address", &[]) }
}
