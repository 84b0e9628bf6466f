//! A new template, and one that is changed.

use super::{
    default_expiry,
    invite::{KINDS, approval, role},
    policy_default,
};
use crate::{
    api::{Band, Template},
    domain::Role,
    tui::model::{Form, FormField, FormKind, life, uses},
};

/// A new template of a band.
pub(in crate::tui) fn new_template(band: &Band) -> Form {
    let fields = fields(None, &default_expiry(policy_default(band)));
    Form::new(FormKind::NewTemplate(band.id), format!("New template · {}", band.name), "create", fields)
}

/// A template of a band.
pub(in crate::tui) fn edit_template(template: &Template) -> Form {
    let fields = fields(Some(template), &life(template.ttl_hours));
    let kind = FormKind::EditTemplate(template.id, template.band_id);
    Form::new(kind, format!("Edit {}", template.name), "save", fields)
}

fn fields(template: Option<&Template>, life: &str) -> Vec<FormField> {
    let text = |text: fn(&Template) -> Option<&String>| template.and_then(text).cloned().unwrap_or_default();
    let kind = template.and_then(|template| template.kind).map_or("", |kind| kind.as_str());
    let mut campaign =
        FormField::choice("campaign_id", "Campaign", "What its invites are part of.", &[("", "none")], "");
    if let Some(id) = template.and_then(|template| template.campaign_id) {
        campaign.choose_unknown(id.to_string(), "one that has ended");
    }
    vec![
        FormField::line("name", "Name", "1 to 64 characters; for those who invite.", &text(|t| Some(&t.name))),
        FormField::choice("kind", "Kind", "What its invites are.", KINDS, kind),
        role(template.map_or(Role::Member, |template| template.role)),
        FormField::line(
            "ttl_hours",
            "Life",
            "Of each invite, from when it is made: 48 (hours), 3d, 2w or never.",
            life,
        ),
        FormField::line(
            "max_uses",
            "Uses",
            "How many people may use it: a number, or unlimited.",
            &template.map_or_else(|| "1".to_owned(), |template| uses(template.max_uses)),
        ),
        FormField::line(
            "label",
            "Label",
            "A note for the band; the invited do not see it.",
            &text(|t| t.label.as_ref()),
        ),
        FormField::lines(
            "message",
            "Message",
            "A few words that the invited read; may be left empty.",
            &text(|t| t.message.as_ref()),
        ),
        campaign,
        approval(template.is_some_and(|template| template.requires_approval)),
    ]
}
