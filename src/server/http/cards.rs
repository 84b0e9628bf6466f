//! A batch of codes as a page to print and cut: two columns of five cards on a sheet of A4 or letter paper.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use crate::{
    api::{Code, CodeCard},
    domain::Timestamp,
    server::{
        Refused,
        web::{self, Forms, qr},
    },
};

/// The most cards of a page to print: a hundred sheets of paper.
pub(super) const MOST_CARDS: usize = 1_000;
/// Cards on one sheet of paper.
const A_SHEET: usize = 10;

/// Letters of a name that two lines of a card have room for.
const LONG: usize = 30;

const STYLE: &str = include_str!("../../../assets/cards.css");

#[derive(Template)]
#[template(path = "cards.html")]
struct Cards<'a> {
    style: &'a str,
    title: &'a str,
    place: &'a str,
    /// Whether it takes smaller letters to fit.
    is_long: bool,
    offer: &'a str,
    at: &'a str,
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
    /// What links of this server begin with.
    pub(super) origin: &'a str,
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
    let Headings { title, place, is_band, origin } = headings;
    // As people type it; who asks for plain http has to be told.
    let at = origin.strip_prefix("https://").unwrap_or(origin);
    let offer = if is_band { "You are invited:" } else { "Make an account:" };
    let page = Cards {
        style: STYLE,
        title,
        place,
        is_long: place.chars().count() > LONG,
        offer,
        at,
        pages,
        more,
        most: MOST_CARDS,
    };
    web::page(StatusCode::OK, STYLE, Forms::None, &page)
}

impl Card {
    fn of(code: CodeCard) -> Result<Self, Refused> {
        let qr =
            qr::svg(&code.link).ok_or_else(|| Refused::new(Code::Internal, "The link is too long for a QR code."))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_said_in_words() {
        let end: Timestamp = "2027-03-04T08:05:06Z".parse().unwrap();
        assert_eq!(until(end), "Until 4 March 2027, 08:05 UTC");
    }
}
