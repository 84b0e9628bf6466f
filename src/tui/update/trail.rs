//! The audit trail: what of it is shown, and a file of it.

use super::{
    super::{
        keymap::Action,
        listing::Entry,
        message::Effect,
        model::{Form, Model, Overlay, Tone},
        request::Request,
        trail::{self, TrailFilter},
    },
    form::Said,
};
use crate::{
    api::{AuditEvent, FoundPeople, Person},
    domain::clean_line,
};

impl Model {
    /// A key of the trail. The same key narrows it to what the cursor is on, and shows all again.
    pub(super) fn trail_act(&mut self, action: Action, entries: &[Entry]) -> Vec<Effect> {
        if action == Action::ExportTrail {
            let name = self.chosen_band().map_or("", |band| band.name.as_str());
            let form = trail::export_form(name);
            self.open(Overlay::Form(form));
            return Vec::new();
        }
        let Some(Entry::Event(event)) = entries.first() else {
            self.toast(Tone::Plain, "There is nothing here to go by.");
            return Vec::new();
        };
        let Some(listing) = self.listing() else { return Vec::new() };
        match narrowed(listing.trail.clone(), action, event) {
            Ok(filter) => {
                if matches!(self.overlays.last(), Some(Overlay::Shown(_))) {
                    self.overlays.pop();
                }
                self.narrow_trail(filter)
            }
            Err(why) => {
                self.toast(Tone::Plain, why);
                Vec::new()
            }
        }
    }

    /// Shows this part of the trail.
    pub(super) fn narrow_trail(&mut self, filter: TrailFilter) -> Vec<Effect> {
        if let Some(listing) = self.listing_mut() {
            listing.trail = filter;
            listing.list.select_index(0);
        }
        self.listing_anew()
    }

    pub(super) fn read_trail_filter(&self, form: &mut Form) -> Option<Said> {
        let listing = self.listing()?;
        let typed = listing.trail.read(form, self.now, &self.settings.zone)?;
        Some(match typed.actor {
            Some(name) => Said::Request(Box::new(Request::People(name, listing.band))),
            None => Said::Narrow(Box::new(typed.filter)),
        })
    }

    /// Whom the form names is known now, or nobody is called so: then it is there again, as it was.
    pub(super) fn actor_found(&mut self, form: &Form, found: &FoundPeople) -> Vec<Effect> {
        let mut form = form.clone();
        let typed = self.listing().and_then(|l| l.trail.read(&mut form, self.now, &self.settings.zone));
        let Some(typed) = typed else { return Vec::new() };
        let named = |name: &String| found.accounts.iter().find(|person| person.username.to_lowercase() == *name);
        if let Some(person) = typed.actor.as_ref().and_then(named) {
            let (id, username) = (person.id, person.username.clone());
            let actor = Person { id, username, display_name: person.display_name.clone() };
            return self.narrow_trail(TrailFilter { actor: Some(actor), ..typed.filter });
        }
        form.refuse("actor", "must be the user name of somebody on this server");
        self.open(Overlay::Form(form));
        Vec::new()
    }

    pub(super) fn read_export(&self, form: &mut Form) -> Option<Said> {
        let listing = self.listing()?;
        let name = form.optional("file")?;
        if clean_line(&name) != name {
            form.refuse("file", "must be a name that can be read");
            return None;
        }
        let file = match name.strip_prefix("~/").zip(std::env::home_dir()) {
            Some((rest, home)) => home.join(rest),
            None => name.into(),
        };
        if !file.extension().is_some_and(|end| end == "csv" || end == "ndjson") {
            form.refuse("file", "must end in .csv or .ndjson");
            return None;
        }
        Some(Said::Request(Box::new(Request::SaveTrail(listing.band?, listing.trail.query(), file))))
    }
}

/// The filter that a key makes of what the cursor is on: with it, or without it where it holds already.
fn narrowed(filter: TrailFilter, action: Action, event: &AuditEvent) -> Result<TrailFilter, &'static str> {
    Ok(match action {
        Action::ByPerson => {
            let actor = event.actor.clone().ok_or("The server did this by itself.")?;
            let again = filter.is_by(actor.id);
            TrailFilter { actor: (!again).then_some(actor), ..filter }
        }
        Action::OfInvite => {
            let invite = event.invite.ok_or("This was done to no invite.")?;
            TrailFilter { invite: (filter.invite != Some(invite)).then_some(invite), ..filter }
        }
        _ => {
            let again = filter.action.as_ref() == Some(&event.action);
            TrailFilter { action: (!again).then(|| event.action.clone()), ..filter }
        }
    })
}
