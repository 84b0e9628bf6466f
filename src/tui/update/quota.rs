//! How many invites somebody may make, set by who runs the site.

use super::super::{
    keymap::Action,
    message::Effect,
    model::{Form, FormField, FormKind, Model, Overlay, Purpose, Tone},
    request::Request,
};
use crate::{
    api::{FoundPeople, Patch, Quota, SetQuota},
    domain::Username,
};

/// The most that can be set.
const MOST: i64 = 1_000_000;

impl Model {
    pub(in crate::tui) fn open_quota_form(&mut self, action: Action) -> Vec<Effect> {
        if let Some(why) = self.barred(action) {
            self.toast(Tone::Plain, why);
            return Vec::new();
        }
        let limit = "A number, unlimited, or default: what the site allows everyone.";
        let fields = vec![
            FormField::line("username", "Who", "The user name.", ""),
            FormField::line("limit", "Invites", limit, ""),
        ];
        self.open(Overlay::Form(Form::new(
            FormKind::SetQuota,
            "Invites that somebody may make in 30 days",
            "set",
            fields,
        )));
        Vec::new()
    }

    /// Whom the form names is known now: the limit is set, and the form waits for that.
    pub(super) fn quota_for(&mut self, form: &Form, found: &FoundPeople) -> Vec<Effect> {
        let mut form = form.clone();
        let Some((name, limit)) = read_quota(&mut form) else { return Vec::new() };
        let person = found.accounts.iter().find(|person| person.username.eq_ignore_ascii_case(&name));
        let Some(id) = person.map(|person| person.id) else {
            form.refuse("username", "must be the user name of somebody on this server");
            self.open(Overlay::Form(form));
            return Vec::new();
        };
        let (sending, effect) = self.ask(Purpose::Form, Request::SetQuota(id, SetQuota { limit }));
        form.sending = Some(sending);
        self.open(Overlay::Form(form));
        vec![effect]
    }

    pub(super) fn quota_set(&mut self, form: &Form, quota: Quota) -> Vec<Effect> {
        let name = form.value("username").trim().trim_start_matches('@');
        let said = match quota.limit {
            Some(limit) => format!("@{name} may make {limit} in 30 days, and has made {}.", quota.used),
            None => format!("@{name} may make any number."),
        };
        self.toast(Tone::Good, said);
        self.listing_again()
    }
}

/// Whom the form names, and what it says that they may.
pub(super) fn read_quota(form: &mut Form) -> Option<(String, Patch<i64>)> {
    let name = form.value("username").trim().trim_start_matches('@').to_owned();
    let name = Username::parse(&name).map_err(|why| form.refuse("username", why.to_string())).ok();
    let text = form.value("limit").trim().to_lowercase();
    let limit = match (text.as_str(), text.parse::<i64>()) {
        ("unlimited", _) => Some(Patch::Null),
        ("default", _) => Some(Patch::Omitted),
        (_, Ok(limit @ 0..=MOST)) => Some(Patch::Value(limit)),
        _ => {
            form.refuse("limit", format!("must be a number from 0 to {MOST}, unlimited, or default"));
            None
        }
    };
    Some((name?.as_str().to_owned(), limit?))
}
