//! The templates of the band: saved defaults for new invites.

use super::{About, Cell, Column, Entry, Listed, Start, one};
use crate::{
    api::Template,
    client::Page,
    tui::{
        forms,
        keymap::{Action, Scope},
        label,
        model::{Confirm, Deed, Listing, Model, PageOf, life, uses},
        request::{Answer, Request},
        theme::Theme,
        view::when,
    },
};

pub(super) struct Templates;

fn template(entry: &Entry) -> Option<&Template> {
    if let Entry::Template(template) = entry { Some(template) } else { None }
}

impl Listed for Templates {
    fn about(&self) -> About {
        About { opened_by: Action::Templates, scope: Scope::Templates, title: "Templates" }
    }

    fn request(&self, listing: &Listing, page: Page) -> Option<Request> {
        Some(Request::Templates(listing.band?, page))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::Templates(found) = answer else { return None };
        Some(PageOf::between(found.prev_cursor, found.next_cursor, found.templates, |template| {
            Entry::Template(Box::new(template))
        }))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "TEMPLATE", least: 18, most: 40, goes: 0 },
            Column { name: "KIND", least: 7, most: 7, goes: 2 },
            Column { name: "ROLE", least: 6, most: 6, goes: 0 },
            Column { name: "LIFE", least: 6, most: 8, goes: 0 },
            Column { name: "USES", least: 9, most: 9, goes: 1 },
            Column { name: "LABEL", least: 12, most: 30, goes: 3 },
            Column { name: "BY", least: 14, most: 28, goes: 4 },
        ]
    }

    fn cells(&self, entry: &Entry, _: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(template) = template(entry) else { return Vec::new() };
        vec![
            (template.name.clone(), theme.plain),
            (template.kind.map_or("any", label::kind_word).to_owned(), theme.plain),
            (template.role.as_str().to_owned(), theme.plain),
            (life(template.ttl_hours), theme.plain),
            (uses(template.max_uses), theme.plain),
            (template.label.clone().unwrap_or_default(), theme.dim),
            (template.created_by.display_name.clone(), theme.dim),
        ]
    }

    fn name(&self, entry: &Entry) -> String {
        template(entry).map_or_else(String::new, |template| template.name.clone())
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        let Some(template) = template(entry) else { return Vec::new() };
        let kind = template.kind.map_or("as whom an invite is for says", label::kind);
        let mut facts = vec![
            ("Name", template.name.clone()),
            ("Kind", kind.to_owned()),
            ("Role", template.role.as_str().to_owned()),
            ("Life", life(template.ttl_hours)),
            ("Uses", uses(template.max_uses)),
        ];
        if template.requires_approval {
            facts.push(("Approval", "an admin has to agree to each accept".to_owned()));
        }
        facts.extend(template.label.clone().map(|text| ("Label", text)));
        facts.extend(template.message.clone().map(|text| ("Message", text)));
        facts.extend(template.campaign_id.map(|_| ("Campaign", "its invites are part of one".to_owned())));
        let at = when::date_and_time(template.created_at, &model.settings.zone);
        facts.push(("Made", format!("{at} by {}", template.created_by.display_name)));
        facts
    }

    fn empty(&self, _: &Model, _: &Listing) -> String {
        "No templates. One keeps what new invites have in common: role, life, uses, message.".to_owned()
    }

    fn refusal(&self, _: Action, _: &Entry) -> Option<String> {
        None
    }

    fn start(&self, action: Action, entries: &[Entry], listing: &Listing, model: &Model) -> Option<Start> {
        let band = model.chosen_band()?;
        if action == Action::NewTemplate {
            return Some(Start::Form(forms::new_template(band)));
        }
        let template = template(one(entries, listing)?)?;
        match action {
            Action::EditTemplate => Some(Start::Form(forms::edit_template(template))),
            Action::UseTemplate => Some(Start::Invite(forms::invite_by(template, band, model.sends_mail()))),
            _ => None,
        }
    }

    fn question(&self, action: Action, entries: &[Entry], _: &Listing) -> Option<Confirm> {
        let templates: Vec<_> = entries.iter().filter_map(template).collect();
        if action != Action::DeleteTemplate || templates.is_empty() {
            return None;
        }
        let (question, said) = match templates.as_slice() {
            [one] => (format!("Delete the template {}?", one.name), "The template is deleted."),
            several => (format!("Delete {} templates?", several.len()), "The templates are deleted."),
        };
        let deeds = templates.iter().map(|t| Deed::Send(Box::new(Request::DeleteTemplate(t.id)))).collect();
        let then = "Invites that were made by it stay as they are. There is no way back.";
        Some(Confirm::new(question, then, "delete", deeds).saying(said))
    }
}
