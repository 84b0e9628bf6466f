//! Pages for a browser: written here whole, without a script, and nothing is loaded for them.

mod form;
mod front;
mod inside;
mod landing;
mod opt_out;
mod page;
pub(crate) mod qr;
mod reset;
mod verify;

use askama::Template;
use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{App, Refused, hash};
use crate::api::{Code, Problem};

/// The style of all pages; it stands in each of them.
const STYLE: &str = include_str!("../../assets/page.css");

pub(crate) use self::{inside::Api, page::Part};

/// The pages, at the root of the server. Those behind an invite's link ask the API, which has to be given to them as an
/// extension.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .merge(front::routes())
        .merge(opt_out::routes())
        .merge(landing::routes())
        .merge(reset::routes())
        .merge(verify::routes())
        .route("/favicon.ico", get(no_icon))
}

/// Browsers ask every site for a picture of it, and there is none: once a week is enough.
async fn no_icon() -> (StatusCode, [(header::HeaderName, &'static str); 1]) {
    (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "public, max-age=604800")])
}

/// Whether whoever asks for this address reads pages: a browser, anywhere but in the API.
pub(crate) fn reads(path: &str, headers: &HeaderMap) -> bool {
    !path.starts_with("/api/") && page::is_read(headers)
}

/// A problem as a page, for who reads pages.
pub(crate) fn problem(app: &App, problem: &Problem) -> Result<Response, Refused> {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    page::of_problem(problem).answer(app, status)
}

/// Where a page's forms may lead.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Forms {
    /// It has none.
    None,
    /// To this server.
    Own,
}

/// A page as an answer, with the style that stands in it. Nothing runs in it, nobody frames or keeps it, and whoever is
/// gone to from it does not hear its address, which can hold a token.
pub(crate) fn page(status: StatusCode, style: &str, forms: Forms, words: &impl Template) -> Result<Response, Refused> {
    let html = words.render().map_err(|_| Refused::new(Code::Internal, "The page could not be written."))?;
    let to = match forms {
        Forms::None => "none",
        Forms::Own => "self",
    };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; frame-ancestors 'none'; base-uri 'none'; form-action '{to}'",
        STANDARD.encode(hash(style))
    );
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok((status, headers, Html(html)).into_response())
}

/// As [`page`], in the style of all pages of the web.
fn answer(status: StatusCode, words: &impl Template) -> Result<Response, Refused> {
    page(status, STYLE, Forms::Own, words)
}

/// Whether a form was sent by a page of this server, or by no page at all: a mail program's one-click request. `origin` is
/// what links of this server begin with.
///
/// A page that tells nobody its address sends its forms with the origin `null`, as a page of another site does that is
/// shut into a frame: there a browser has to say which site the request comes from, and every one of today does.
fn is_own(headers: &HeaderMap, origin: &str) -> bool {
    let text = |name| headers.get(name).map(HeaderValue::as_bytes);
    let is_near = text("sec-fetch-site").map(|site| site == b"same-origin" || site == b"none");
    match text("origin") {
        None => is_near.unwrap_or(true),
        Some(b"null") => is_near.unwrap_or(false),
        Some(from) => from == origin.as_bytes() && is_near.unwrap_or(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_another_site_is_told_from_ones_own() {
        let own = "https://invites.example.org";
        for (origin, site, expected) in [
            (None, None, true),
            (Some(own), Some("same-origin"), true),
            (Some("null"), Some("same-origin"), true),
            (Some("null"), Some("cross-site"), false),
            (Some("null"), None, false),
            (Some("https://evil.example"), None, false),
            (Some("https://invites.example.org.evil.example"), None, false),
            (None, Some("cross-site"), false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("origin", origin), ("sec-fetch-site", site)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(is_own(&headers, own), expected, "{origin:?} {site:?}");
        }
    }
}
