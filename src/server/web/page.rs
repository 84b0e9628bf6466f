//! A page of words, facts and forms: what most pages are made of.

use std::convert::Infallible;

use askama::Template;
use axum::{
    extract::{FromRequestParts, Path, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::Response,
};

use crate::{
    api::{Code, FieldError, Problem},
    server::{App, Refused},
};

use super::{
    STYLE,
    form::{Form, Input},
};

/// A page, but for the site's name.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) refusal: Option<Refusal>,
    pub(super) text: Vec<String>,
    /// What whoever invites has written, line by line.
    pub(super) message: Vec<String>,
    pub(super) facts: Vec<(&'static str, String)>,
    /// Where the event is as a calendar file.
    pub(super) calendar: Option<String>,
    pub(super) forms: Vec<Form>,
    /// Where to go on: an address and its words.
    pub(super) link: Option<(&'static str, &'static str)>,
    pub(super) other: Option<Other>,
}

/// Why nothing was done, and which fields it is about.
#[derive(Debug)]
pub(super) struct Refusal {
    text: String,
    fields: Vec<Field>,
}

/// A field that was refused: the input's id, its label, and what is allowed.
#[derive(Debug)]
struct Field {
    id: String,
    label: &'static str,
    error: String,
}

/// The way by a terminal.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) heading: &'static str,
    pub(super) command: String,
    /// Where people find the program; empty where nobody has said it.
    pub(super) program: String,
    pub(super) qr: Option<String>,
}

impl Other {
    /// What to type, under a heading.
    pub(super) fn new(app: &App, heading: &'static str, command: String) -> Self {
        Self { heading, command, program: app.settings().program_url.clone().unwrap_or_default(), qr: None }
    }

    /// How to go on with the server in a terminal.
    pub(super) fn onward(app: &App) -> Self {
        Self::new(app, "From here on", format!("guestlist --server {}", app.settings().public_url))
    }
}

impl Refusal {
    /// What was refused. `errors` are those of fields: what no form of the page asks for is told in words.
    pub(super) fn new(text: String, errors: &[FieldError], forms: &[Form]) -> Self {
        let inputs: Vec<&Input> =
            forms.iter().flat_map(|form| &form.inputs).filter(|input| !input.error.is_empty()).collect();
        let elsewhere = errors.iter().filter(|error| !inputs.iter().any(|input| input.name == error.field));
        let text = elsewhere.fold(text, |text, error| format!("{text} Your {} {}.", error.field, error.message));
        let fields =
            inputs.iter().map(|input| Field { id: input.id(), label: input.label, error: input.error.clone() });
        Self { text, fields: fields.collect() }
    }
}

#[derive(Template)]
#[template(path = "words.html")]
struct Html<'a> {
    style: &'a str,
    site: &'a str,
    title: &'a str,
    page: &'a Page,
}

impl Page {
    /// A title and some sentences.
    pub(super) fn plain(title: &str, text: &[&str]) -> Self {
        let text = text.iter().map(|&line| line.to_owned()).collect();
        Self { title: title.to_owned(), text, ..Self::default() }
    }

    /// The form was sent from elsewhere.
    pub(super) fn foreign() -> Self {
        let text =
            "This was sent by another site, so nothing was done. Open the page yourself, by the link that you have.";
        Self::plain("Nothing was done", &[text])
    }

    /// The form cannot be read.
    pub(super) fn unreadable() -> Self {
        let text = "The form did not arrive whole, so nothing was done. Open the page once more.";
        Self::plain("Nothing was done", &[text])
    }

    /// More was sent than a page takes.
    fn too_long() -> Self {
        let text = "More was sent than this page takes, so nothing was done. Go back, or open the page by its link once \
                    more, and write less.";
        Self::plain("That was too long", &[text])
    }

    /// The page as an answer.
    pub(super) fn answer(&self, app: &App, status: StatusCode) -> Result<Response, Refused> {
        let html = Html { style: STYLE, site: &app.settings().name, title: &self.title, page: self };
        super::answer(status, &html)
    }
}

/// Whether a form was refused for its length alone.
pub(super) fn is_too_long(refused: &FormRejection) -> bool {
    refused.status() == StatusCode::PAYLOAD_TOO_LARGE
}

/// The answer to a form that was refused before it was looked into.
pub(super) fn unread(app: &App, refused: &FormRejection) -> Result<Response, Refused> {
    if is_too_long(refused) {
        return Page::too_long().answer(app, StatusCode::PAYLOAD_TOO_LARGE);
    }
    Page::unreadable().answer(app, StatusCode::UNPROCESSABLE_ENTITY)
}

/// A problem for who reads it in a browser.
pub(super) fn of_problem(problem: &Problem) -> Page {
    let mut page = match problem.code {
        Code::PayloadTooLarge => Page::too_long(),
        Code::NotFound => Page::plain("There is nothing here", &["No page has this address. It may not be whole."]),
        Code::MethodNotAllowed => {
            let text =
                "This page takes nothing that is sent to it, so nothing was done. Open it by its link once more.";
            Page::plain("Nothing was done", &[text])
        }
        Code::RateLimited => Page::plain("Too many tries", &[&problem.detail]),
        Code::Internal | Code::Unavailable => Page::plain("That did not work", &[&problem.detail]),
        _ => Page::plain(&problem.title, &[&problem.detail]),
    };
    page.text.extend(advice(problem.code).map(str::to_owned));
    page.link = Some(("/", "Type the code or the link of an invite"));
    page
}

/// What to do about trouble that is none of the reader's making.
pub(super) fn advice(code: Code) -> Option<&'static str> {
    (code == Code::Internal).then_some("Try again in a while. If it stays so, tell whoever runs this site.")
}

/// The part of an address that stands for a link or a token. What cannot be read, bytes that are no text, is none that
/// there is, and so is nothing at all.
pub(crate) struct Part(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let part = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(part.map_or_else(|_| String::new(), |Path(part)| part)))
    }
}

/// Whether whoever asks reads pages: a browser, and no program.
pub(super) fn is_read(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|value| value.split(',')).any(|media| media.trim_start().starts_with("text/html"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_browser_is_told_from_a_program() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("application/json, text/html", true),
            ("*/*", false),
            ("application/json", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(is_read(&headers), expected, "{accept}");
        }
    }
}
