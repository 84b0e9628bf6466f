//! `/` and `/invite`: where somebody comes whose invite is a code on paper.
//!
//! What is typed, a code or a whole link, leads to the page of its invite. It is sent in a form's body, since addresses are
//! kept in more places.

use askama::Template;
use axum::{
    Router,
    extract::{Form, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use serde::Deserialize;

use crate::{
    domain::{Pasted, Token},
    server::{App, Refused},
};

use super::{STYLE, answer, is_own, page::is_too_long};

/// Nothing is looked up here, so nothing can be guessed.
pub(super) fn routes() -> Router<App> {
    let page = get(show).post(go);
    Router::new().route("/", get(show)).route("/invite", page.clone()).route("/invite/", page)
}

#[derive(Template)]
#[template(path = "front.html")]
struct Words<'a> {
    style: &'a str,
    title: &'a str,
    site: &'a str,
    typed: &'a str,
    /// What is wrong with what was typed; nothing where nothing is.
    wrong: &'a str,
}

#[derive(Deserialize)]
struct Filled {
    code: String,
}

async fn show(State(app): State<App>) -> Result<Response, Refused> {
    ask(&app, StatusCode::OK, "", "")
}

async fn go(
    State(app): State<App>,
    headers: HeaderMap,
    filled: Result<Form<Filled>, FormRejection>,
) -> Result<Response, Refused> {
    let own = &app.settings().public_url;
    if !is_own(&headers, own) {
        return ask(&app, StatusCode::FORBIDDEN, "", "was sent by another site. Type it here.");
    }
    let code = match filled {
        Ok(Form(Filled { code })) => code,
        Err(refused) if is_too_long(&refused) => {
            return ask(
                &app,
                StatusCode::PAYLOAD_TOO_LARGE,
                "",
                "is longer than any that there is. Type it once more.",
            );
        }
        Err(_) => {
            return ask(&app, StatusCode::UNPROCESSABLE_ENTITY, "", "did not arrive whole. Type it once more.");
        }
    };
    match read(&code, own) {
        Ok(token) => Ok(Redirect::to(&format!("/invite/{}", token.reveal())).into_response()),
        Err(wrong) => ask(&app, StatusCode::UNPROCESSABLE_ENTITY, &code, wrong),
    }
}

/// The token or code in what was typed, however it is spaced; a link has to be one of this server, which begin with `own`.
fn read(typed: &str, own: &str) -> Result<Token, &'static str> {
    let typed: String = typed.split_whitespace().collect();
    let form = "must be a code of twelve letters and digits, like WXYZ-2345-ABCD, or a whole link.";
    let Pasted { origin, token } = Pasted::read(&typed).map_err(|_| form)?;
    if origin.is_some_and(|origin| origin != own) {
        return Err("is the link of another site. Open it there.");
    }
    Token::parse(&token).ok_or(form)
}

fn ask(app: &App, status: StatusCode, typed: &str, wrong: &str) -> Result<Response, Refused> {
    answer(status, &Words { style: STYLE, title: "You are invited?", site: &app.settings().name, typed, wrong })
}
