//! A batch of codes as a page to print and cut: two columns of five cards on a sheet of A4 or letter paper.

use std::fmt::Write as _;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use qrcode::{Color, EcLevel, QrCode};

use crate::{
    api::{Code, CodeCard},
    domain::Timestamp,
    server::{
        Refused,
        web::{self, Forms},
    },
};

/// The most cards of a page to print: a hundred sheets of paper.
pub(super) const MOST_CARDS: usize = 1_000;
/// Cards on one sheet of paper.
const A_SHEET: usize = 10;

const STYLE: &str = include_str!("../../../assets/cards.css");

#[derive(Template)]
#[template(path = "cards.html")]
struct Cards<'a> {
    style: &'a str,
    title: &'a str,
    place: &'a str,
    offer: &'a str,
    pages: Vec<Vec<Card>>,
    more: bool,
    most: usize,
}

struct Card {
    code: String,
    qr: String,
    until: String,
    uses: String,
}

/// What all cards of a page say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Headings<'a> {
    /// The campaign.
    pub(super) title: &'a str,
    /// Where the codes lead: a band or the site.
    pub(super) place: &'a str,
    /// Whether they are to a band.
    pub(super) is_band: bool,
}

/// The page of these codes, of which there may be more than [`MOST_CARDS`]. It runs nothing, loads nothing, and nobody on
/// the way keeps it.
pub(super) fn page(headings: Headings<'_>, mut codes: Vec<CodeCard>) -> Result<Response, Refused> {
    let more = codes.len() > MOST_CARDS;
    codes.truncate(MOST_CARDS);
    let cards = codes.into_iter().map(Card::of).collect::<Result<Vec<_>, _>>()?;
    let mut pages: Vec<Vec<Card>> = Vec::new();
    for card in cards {
        match pages.last_mut() {
            Some(page) if page.len() < A_SHEET => page.push(card),
            _ => pages.push(vec![card]),
        }
    }
    let Headings { title, place, is_band } = headings;
    let offer = if is_band { "You are invited. Your code:" } else { "Make an account here. Your code:" };
    let page = Cards { style: STYLE, title, place, offer, pages, more, most: MOST_CARDS };
    let html = page.render().map_err(|_| Refused::new(Code::Internal, "The page could not be written."))?;
    Ok(web::page(StatusCode::OK, STYLE, Forms::None, html))
}

impl Card {
    fn of(code: CodeCard) -> Result<Self, Refused> {
        let qr = qr(&code.link).ok_or_else(|| Refused::new(Code::Internal, "The link is too long for a QR code."))?;
        let uses = match code.max_uses.left(code.uses) {
            None => "For as many people as you like".to_owned(),
            Some(1) => "For one person".to_owned(),
            Some(n) => format!("For {n} people"),
        };
        Ok(Self { code: code.code, qr, until: code.expires_at.map_or("It does not expire".to_owned(), until), uses })
    }
}

/// An end as a person reads it.
fn until(end: Timestamp) -> String {
    end.to_jiff().strftime("Until %-d %B %Y, %H:%M UTC").to_string()
}

/// The text as a QR code: a picture made of rows of squares, with the white edge that readers look for.
fn qr(text: &str) -> Option<String> {
    const EDGE: usize = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let _ = write!(path, "M{} {}h{n}v1h-{n}z", x + EDGE, y + EDGE, n = run.len());
            }
            x += run.len();
        }
    }
    let side = width + 2 * EDGE;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" \
         role=\"img\" aria-label=\"QR code of the link\"><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_is_a_square_of_squares_with_an_edge() {
        let svg = qr("https://invites.example.org/invite/7KQX-M2FD-9RWH").unwrap();
        // 49 characters at this strength need version 4, 33 squares a side.
        assert!(svg.contains("viewBox=\"0 0 41 41\""), "{svg}");
        // The corner of the pattern that readers look for first.
        assert!(svg.contains("d=\"M4 4h7v1h-7z"), "{svg}");
        assert!(qr(&"x".repeat(5_000)).is_none());
    }

    #[test]
    fn an_end_is_said_in_words() {
        let end: Timestamp = "2027-03-04T08:05:06Z".parse().unwrap();
        assert_eq!(until(end), "Until 4 March 2027, 08:05 UTC");
    }
}
