//! `/reset`, where who has forgotten the password asks for a mail, and `/reset/{token}`, the page behind the link of that mail.
//!
//! Looking changes nothing, since mail scanners open links, too. The form sets the password as the API does, and signs
//! nobody in.

use askama::Template;
use axum::{
    Router,
    extract::{Form as Body, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    api::{ForgotPassword, ResetPassword},
    domain::{MAX_PASSWORD_CHARS, ResetToken},
    server::{App, Refused, accounts, hash},
};

use super::{
    STYLE, answer,
    form::{Button, Form, Input},
    inside::{Inside, No},
    is_own,
    page::{Page, Part, Refusal, is_too_long, unread},
};

/// Where a mail is asked for.
const PATH: &str = "/reset";

/// The part of the address is no `{token}`: what may be tried how often is counted where the API is asked.
pub(super) fn routes() -> Router<App> {
    let page = get(show).post(set);
    Router::new().route(PATH, get(ask).post(mail)).route("/reset/{link}", page.clone()).route("/reset/{link}/", page)
}

#[derive(Template)]
#[template(path = "reset.html")]
struct Words<'a> {
    style: &'a str,
    title: &'a str,
    site: &'a str,
    text: Vec<String>,
    /// Why the password that was typed was not set: the input's name, and what is wrong. `None` is no form.
    form: Option<(&'static str, String)>,
    /// Whose password it is, which programs that keep passwords want to know.
    username: String,
    /// How to go on in a terminal.
    command: Option<String>,
    /// Whether it is the page of a link that works no more.
    is_dead: bool,
    most: usize,
}

/// Who wants a mail.
#[derive(Deserialize)]
struct Asked {
    username: String,
}

/// The page that asks whose password was forgotten.
fn question(app: &App, typed: &str) -> Page {
    let title = "Forgotten your password?";
    if !app.settings().mail.is_on() {
        let text = "This server sends no mail, so it cannot mail you a way to a new one. Ask whoever runs it.";
        return Page::plain(title, &[text]);
    }
    let minutes = accounts::LIFE_MINUTES;
    let text = format!(
        "A mail goes to the verified address of your account. Its link leads to a new password, once and within {minutes} \
         minutes."
    );
    let buttons = vec![Button::new("mail", "Mail me a link")];
    let form = Form { name: "forgot", heading: "Your account", action: PATH, buttons, ..Form::default() };
    Page { forms: vec![form.asking([Input::login(typed)])], ..Page::plain(title, &[&text]) }
}

async fn ask(State(app): State<App>) -> Result<Response, Refused> {
    question(&app, "").answer(&app, StatusCode::OK)
}

/// Says the same whether there is such an account or not, as the API does.
async fn mail(
    State(app): State<App>,
    inside: Inside,
    headers: HeaderMap,
    asked: Result<Body<Asked>, FormRejection>,
) -> Result<Response, Refused> {
    if !is_own(&headers, &app.settings().public_url) {
        return Page::foreign().answer(&app, StatusCode::FORBIDDEN);
    }
    let username = match asked {
        Ok(Body(Asked { username })) => username,
        Err(refused) => return unread(&app, &refused),
    };
    if !app.settings().mail.is_on() {
        return question(&app, "").answer(&app, StatusCode::OK);
    }
    match inside.post::<IgnoredAny>("/auth/password/forgot", None, &ForgotPassword { login: username.clone() }).await {
        Ok(_) => {
            let text =
                "If there is such an account, and its address is verified, a mail with a link is on its way to it.";
            Page::plain("Look into your mail", &[text]).answer(&app, StatusCode::OK)
        }
        Err(no) => no.answer(|status| {
            let mut page = question(&app, &username);
            page.refusal = Some(Refusal::new(no.problem.detail.clone(), &[], &page.forms));
            page.answer(&app, status)
        }),
    }
}

/// What was typed.
#[derive(Deserialize)]
struct Filled {
    password: String,
    again: String,
}

fn words<'a>(app: &'a App, title: &'a str, text: &str) -> Words<'a> {
    let text = vec![text.to_owned()];
    let site = &app.settings().name;
    Words {
        style: STYLE,
        title,
        site,
        text,
        form: None,
        username: String::new(),
        command: None,
        is_dead: false,
        most: MAX_PASSWORD_CHARS,
    }
}

/// The form, with what is wrong about what was typed before.
async fn form(
    app: &App,
    status: StatusCode,
    token: &ResetToken,
    wrong: (&'static str, String),
) -> Result<Response, Refused> {
    let (token, now) = (hash(token.reveal()), app.now());
    let whose = app.store().glance(move |tx| {
        let account = accounts::account_of_reset(tx, &token, now)?;
        accounts::read(tx, account)
    });
    let username = match whose.await {
        Ok(account) => account.username,
        Err(Refused::Problem(_)) => return dead(app),
        Err(trouble) => return Err(trouble),
    };
    let text = "Every session of your account ends with it: whoever else knows the old password is out.";
    answer(status, &Words { form: Some(wrong), username, ..words(app, "Set a new password", text) })
}

/// One page for every link that sets no password.
fn dead(app: &App) -> Result<Response, Refused> {
    let minutes = accounts::LIFE_MINUTES;
    let text = format!(
        "A link like this works once, and for {minutes} minutes. Once a password was set by one of several, the others end."
    );
    answer(StatusCode::NOT_FOUND, &Words { is_dead: true, ..words(app, "This link works no more", &text) })
}

async fn show(State(app): State<App>, Part(link): Part) -> Result<Response, Refused> {
    let Some(token) = ResetToken::parse(&link) else { return dead(&app) };
    form(&app, StatusCode::OK, &token, ("", String::new())).await
}

async fn set(
    State(app): State<App>,
    inside: Inside,
    Part(link): Part,
    headers: HeaderMap,
    filled: Result<Body<Filled>, FormRejection>,
) -> Result<Response, Refused> {
    let Some(token) = ResetToken::parse(&link) else { return dead(&app) };
    if !is_own(&headers, &app.settings().public_url) {
        let text = "This was sent by another site, so nothing has changed. Open the link in your mail yourself.";
        return answer(StatusCode::FORBIDDEN, &words(&app, "Nothing has changed", text));
    }
    let Filled { password, again } = match filled {
        Ok(Body(filled)) => filled,
        Err(refused) => {
            let (status, why) = if is_too_long(&refused) {
                (StatusCode::PAYLOAD_TOO_LARGE, "More was sent than this page takes.")
            } else {
                (StatusCode::UNPROCESSABLE_ENTITY, "The form did not arrive whole.")
            };
            let text = format!("{why} Open the link in your mail once more.");
            return answer(status, &words(&app, "Nothing has changed", &text));
        }
    };
    if password != again {
        let wrong = ("again", "is not what stands above: nothing has changed".to_owned());
        return form(&app, StatusCode::UNPROCESSABLE_ENTITY, &token, wrong).await;
    }
    let body = ResetPassword { token: token.reveal().to_owned(), password };
    match inside.post::<IgnoredAny>("/auth/password/reset", None, &body).await {
        Ok(_) => {
            let text = "Every session of your account has ended. Sign in with the new password; in a terminal:";
            let command = Some(format!("guestlist --server {}", app.settings().public_url));
            answer(StatusCode::OK, &Words { command, ..words(&app, "Your new password is set", text) })
        }
        Err(no) => refused(&app, &token, &no).await,
    }
}

async fn refused(app: &App, token: &ResetToken, no: &No) -> Result<Response, Refused> {
    let field = |name| no.problem.errors.iter().find(|error| error.field == name);
    if field("token").is_some() {
        return dead(app);
    }
    if let Some(error) = field("password") {
        return form(app, StatusCode::UNPROCESSABLE_ENTITY, token, ("password", error.message.clone())).await;
    }
    no.answer(|status| answer(status, &words(app, "Nothing has changed", &no.problem.detail)))
}
