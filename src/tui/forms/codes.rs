//! A new batch of codes, and the file that one is written to.

use super::{default_expiry, invite::role, policy_default};
use crate::{
    api::Band,
    domain::{CampaignId, Role},
    tui::{
        files::file_name,
        model::{Form, FormField, FormKind},
    },
};

/// A new batch of codes: to a band, or to none, to make accounts with.
pub(in crate::tui) fn new_codes(band: Option<&Band>) -> Form {
    let life = band.map(|band| default_expiry(policy_default(band))).unwrap_or_default();
    let mut fields = vec![
        FormField::line("name", "Name", "1 to 64 characters: for whom or what they are; cards are headed by it.", ""),
        FormField::line("count", "How many", "1 to 1000.", "20"),
    ];
    if band.is_some() {
        fields.push(role(Role::Member));
    }
    let hint = "From when they are made: 48 (hours), 3d, 2w or never; empty is the default of the server.";
    fields.push(FormField::line("ttl_hours", "Life", hint, &life));
    fields.push(FormField::line("max_uses", "Uses", "How many people may use each: a number, or unlimited.", "1"));
    let title = band.map_or_else(|| "New codes for accounts".to_owned(), |band| format!("New codes · {}", band.name));
    Form::new(FormKind::NewCodes(band.map(|band| band.id)), title, "make", fields)
}

/// The file for a batch: a table of all of its codes, or cards to print of those that can be used.
pub(in crate::tui) fn save_codes(batch: CampaignId, name: &str, cards: bool) -> Form {
    let (title, hint, end) = if cards {
        ("Cards to print", "A new file; a browser opens it, and prints ten cards with QR codes on a sheet.", ".html")
    } else {
        (
            "All codes as a table",
            "A new file; a spreadsheet opens it. It holds secrets, and only you can read it.",
            ".csv",
        )
    };
    let field = FormField::line("file", "File", hint, &file_name(name, end));
    Form::new(FormKind::SaveCodes(batch, cards), format!("{title} · {name}"), "write", vec![field])
}
