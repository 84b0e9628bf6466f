//! What a form offers beside what is typed: templates, campaigns, and people by a part of their names.

use super::super::super::{
    keymap::Key,
    message::Effect,
    model::{Form, FormKind, Model, Overlay, Purpose},
    request::{Answer, Request},
};
use crate::{
    api::MAX_LIMIT,
    client::{Error, Page},
    domain::{BandId, Role},
};

/// The fewest letters by which people can be looked for.
const FEWEST_LETTERS: usize = 2;

/// What of a form decides over something else in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Deciding {
    template: String,
    campaign: String,
    recipient: String,
}

impl Deciding {
    pub(super) fn of(form: &Form) -> Self {
        let value = |name| form.value(name).to_owned();
        Self { template: value("template_id"), campaign: value("campaign_id"), recipient: value("recipient") }
    }
}

/// The band of whose campaigns and templates can be chosen in a form.
const fn chooses_of(kind: &FormKind) -> Option<BandId> {
    match kind {
        FormKind::NewInvite(band)
        | FormKind::BulkTerms(band)
        | FormKind::NewTemplate(band)
        | FormKind::EditTemplate(_, band) => Some(*band),
        _ => None,
    }
}

impl Model {
    /// Asks for what can be chosen in a form; without it the form goes without.
    pub(super) fn ask_for_known(&mut self, form: &Form) -> Vec<Effect> {
        let Some(band) = chooses_of(&form.kind) else { return Vec::new() };
        // For everybody else the server has none.
        if !self.chosen_band().and_then(|band| band.role).is_some_and(Role::is_admin) {
            return Vec::new();
        }
        let page = || Page { limit: Some(MAX_LIMIT), cursor: None };
        let mut effects = vec![self.ask(Purpose::Known(band), Request::Campaigns(band, page())).1];
        if matches!(form.kind, FormKind::NewInvite(_) | FormKind::BulkTerms(_)) {
            effects.push(self.ask(Purpose::Known(band), Request::Templates(band, page())).1);
        }
        effects
    }

    /// What can be chosen in a form has come.
    pub(in crate::tui::update) fn known(&mut self, band: BandId, result: Result<Answer, Error>) -> Vec<Effect> {
        let zone = self.settings.zone.clone();
        let form = self.overlays.iter_mut().rev().find_map(|overlay| match overlay {
            Overlay::Form(form) => Some(form),
            _ => None,
        });
        let Some(form) = form else { return Vec::new() };
        if chooses_of(&form.kind) != Some(band) {
            return Vec::new();
        }
        match result {
            Ok(Answer::Campaigns(found)) => form.knows_campaigns(found.campaigns),
            Ok(Answer::Templates(found)) => form.knows_templates(found.templates),
            _ => return Vec::new(),
        }
        // What is read once more, or on its way, is what is sent.
        if matches!(form.kind, FormKind::NewInvite(_)) && form.review.is_none() && form.sending.is_none() {
            form.follow(&zone);
        }
        Vec::new()
    }

    /// Something was typed or chosen: what it decides over follows.
    pub(super) fn form_edited(&mut self, before: &Deciding) -> Vec<Effect> {
        let zone = self.settings.zone.clone();
        let Some(Overlay::Form(form)) = self.overlays.last_mut() else { return Vec::new() };
        if !matches!(form.kind, FormKind::NewInvite(_) | FormKind::BulkTerms(_)) {
            return Vec::new();
        }
        let now = Deciding::of(form);
        if (&now.template, &now.campaign) != (&before.template, &before.campaign) {
            form.follow(&zone);
        }
        if now.recipient == before.recipient { Vec::new() } else { self.look_for_people() }
    }

    /// Looks for people whose names hold what is typed; an address is nobody's to be found by.
    pub(in crate::tui::update) fn look_for_people(&mut self) -> Vec<Effect> {
        let Some(Overlay::Form(form)) = self.overlays.last_mut() else { return Vec::new() };
        let FormKind::NewInvite(band) = form.kind else { return Vec::new() };
        let typed = form.value("recipient").trim();
        let name = typed.strip_prefix('@').unwrap_or(typed).to_owned();
        form.known.picked = None;
        let mut effects = self.abandon(|purpose| *purpose == Purpose::People);
        if name.contains('@') || name.chars().count() < FEWEST_LETTERS {
            if let Some(Overlay::Form(form)) = self.overlays.last_mut() {
                form.known.people = None;
            }
            return effects;
        }
        effects.push(self.ask(Purpose::People, Request::People(name, Some(band))).1);
        effects
    }

    /// People were found, or cannot be looked for: then a name is typed in full.
    pub(in crate::tui::update) fn people_known(&mut self, result: Result<Answer, Error>) -> Vec<Effect> {
        let form = self.overlays.iter_mut().rev().find_map(|overlay| match overlay {
            Overlay::Form(form) if matches!(form.kind, FormKind::NewInvite(_)) => Some(form),
            _ => None,
        });
        let Some(form) = form else { return Vec::new() };
        form.known.picked = None;
        form.known.people = match result {
            Ok(Answer::People(found)) => Some(*found),
            _ => None,
        };
        Vec::new()
    }

    /// The keys that go through the people who were found; `None` where the key is the form's.
    pub(super) fn people_key(&mut self, key: Key) -> Option<Vec<Effect>> {
        let Some(Overlay::Form(form)) = self.overlays.last_mut() else { return None };
        let at_name = form.fields.get(form.focus).is_some_and(|field| field.name == "recipient");
        let known = &mut form.known;
        let count = known.people.as_ref().map_or(0, |found| found.accounts.len());
        if !at_name || count == 0 || form.sending.is_some() || form.review.is_some() {
            return None;
        }
        let down = key.is("down") || key.is_ctrl('n');
        let up = key.is("up") || key.is_ctrl('p');
        match known.picked {
            None if down => known.picked = Some(0),
            Some(at) if down && at + 1 < count => known.picked = Some(at + 1),
            Some(_) if down => {}
            Some(at) if up => known.picked = at.checked_sub(1),
            Some(_) if key.is("esc") => known.picked = None,
            Some(at) if key.is("enter") || key.is("tab") => {
                let name = known.people.take().and_then(|found| Some(found.accounts.get(at)?.username.clone()));
                known.picked = None;
                if let Some(name) = name {
                    form.fill("recipient", &format!("@{name}"));
                    form.changed();
                }
                if key.is("tab") {
                    return None;
                }
            }
            _ => return None,
        }
        Some(Vec::new())
    }
}
