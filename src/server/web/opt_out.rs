//! `/opt-out/{token}`: the page behind the link that stands in every mail to somebody who did not ask for it.
//!
//! Looking changes nothing, since mail scanners open links, too. A form says how far the wish goes; the one-click request
//! of a mail program (RFC 8058), which knows no form, means everything from this server.

use askama::Template;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::get,
};

use crate::{
    api::Block,
    domain::SuppressionId,
    server::{
        App, Refused,
        suppressions::{self, About, OptOut},
    },
};

use super::{STYLE, answer, is_own, page::Part};

/// The part of the address is no `{token}`: it is sealed, so there is nothing to guess, and a mail provider's
/// many one-click requests come from one network.
pub(super) fn routes() -> Router<App> {
    let page = get(show).post(stop);
    Router::new().route("/opt-out/{sealed}", page.clone()).route("/opt-out/{sealed}/", page)
}

#[derive(Template)]
#[template(path = "opt-out.html")]
struct Words<'a> {
    style: &'a str,
    title: &'a str,
    site: &'a str,
    /// What has been done, or why nothing was.
    text: Vec<String>,
    /// What is offered: a scope and its words.
    offers: Vec<(Block, String)>,
}

fn plain(app: &App, status: StatusCode, title: &str, text: &str) -> Result<Response, Refused> {
    let site = &app.settings().name;
    answer(status, &Words { style: STYLE, title, site, text: vec![text.to_owned()], offers: Vec::new() })
}

fn unknown(app: &App) -> Result<Response, Refused> {
    let text = "This link is not whole, or it is not from this server. Copy all of it out of the mail.";
    plain(app, StatusCode::NOT_FOUND, "There is nothing here", text)
}

async fn show(State(app): State<App>, Part(token): Part) -> Result<Response, Refused> {
    let Some(wish) = OptOut::read(&app, &token) else { return unknown(&app) };
    let (whose, asked) = (wish.email.masked(), wish.clone());
    let about: Option<About> = app.store().read(move |tx| suppressions::about(tx, &asked)).await?;
    let site = &app.settings().name;
    let mut text = Vec::new();
    let mut offers = Vec::new();
    if let Some(about) = about {
        text.push(if about.is_own {
            format!("You have invited people to {}, and are told what becomes of it.", about.band_name)
        } else {
            offers.push((Block::Inviter, format!("Nothing more from {}", about.inviter_name)));
            format!("{} has invited this address to {}.", about.inviter_name, about.band_name)
        });
        offers.push((Block::Band, format!("Nothing more about {}", about.band_name)));
    }
    offers.push((Block::Server, format!("Nothing more from {site} at all")));
    text.push("Choose what is to stop. Invites of that kind which wait for you end at once.".to_owned());
    let title = format!("No more mail for {whose}?");
    answer(StatusCode::OK, &Words { style: STYLE, title: &title, site, text, offers })
}

async fn stop(State(app): State<App>, Part(token): Part, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    let Some(wish) = OptOut::read(&app, &token) else { return unknown(&app) };
    if !is_own(&headers, &app.settings().public_url) {
        let text = "This was sent by another site, so nothing has changed. Open the link in your mail yourself.";
        return plain(&app, StatusCode::FORBIDDEN, "Nothing has changed", text);
    }
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let choose = || {
        let text = "Open the link in your mail once more, and choose one of what it offers.";
        plain(&app, StatusCode::UNPROCESSABLE_ENTITY, "Nothing has changed", text)
    };
    let Some(scope) = chosen(media, &body) else { return choose() };
    let whose = wish.email.masked();
    let (fresh, now) = ([app.fresh(SuppressionId::new), app.fresh(SuppressionId::new)], app.now());
    let done = app.store().write(move |tx| suppressions::opt_out(tx, &wish, scope, fresh, now)).await?;
    let Some(done) = done else { return choose() };
    let site = &app.settings().name;
    let what = match (scope, done.about) {
        (Block::Inviter, Some(about)) => format!("from {}", about.inviter_name),
        (Block::Band, Some(about)) => format!("about {}", about.band_name),
        _ => format!("from {site}"),
    };
    let text = vec![
        format!("{whose} gets nothing more {what}."),
        "To change that, an account that has this address verified can lift it, and so can whoever runs the site."
            .to_owned(),
    ];
    answer(StatusCode::OK, &Words { style: STYLE, title: "Done", site, text, offers: Vec::new() })
}

/// What a form, or a mail program's one-click request, asks for.
fn chosen(media: &str, body: &[u8]) -> Option<Block> {
    const ONE_CLICK: (&str, &str) = ("List-Unsubscribe", "One-Click");
    let text = std::str::from_utf8(body).ok()?;
    if media.starts_with("multipart/form-data") {
        let named = format!("name=\"{}\"", ONE_CLICK.0);
        let is_one_click = text.contains(&named) && text.lines().any(|line| line.trim() == ONE_CLICK.1);
        return is_one_click.then_some(Block::Server);
    }
    let mut pairs = text.trim().split('&').filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(name, value)| match name {
        "scope" => value.parse().ok(),
        _ => ((name, value) == ONE_CLICK).then_some(Block::Server),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_one_click_requests_are_read() {
        let form = "application/x-www-form-urlencoded";
        for (media, body, expected) in [
            (form, "scope=band", Some(Block::Band)),
            (form, "scope=everything", None),
            (form, "", None),
            (form, "List-Unsubscribe=One-Click", Some(Block::Server)),
            (form, "List-Unsubscribe=Two-Clicks", None),
            (
                "multipart/form-data; boundary=x",
                "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n",
                Some(Block::Server),
            ),
            ("multipart/form-data; boundary=x", "--x--", None),
        ] {
            assert_eq!(chosen(media, body.as_bytes()), expected, "{media} {body}");
        }
    }
}
