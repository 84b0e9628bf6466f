//! What the forms of templates say.

use super::{Said, invite::number, read, read_optional, read_uses, send};
use crate::{
    api::{CreateTemplate, Patch, UpdateTemplate},
    domain::{BandId, CampaignId, Kind, Label, Message, TemplateId, TemplateName},
    tui::{
        expiry::Expiry,
        model::{Form, Model},
        request::Request,
    },
};

impl Model {
    pub(super) fn read_new_template(&self, form: &mut Form, band: BandId) -> Option<Said> {
        let name = read::<TemplateName>(form, "name");
        let life = self.read_life(form);
        let uses = read_uses(form);
        let label = read_optional::<Label>(form, "label");
        let message = read_optional::<Message>(form, "message");
        let body = CreateTemplate {
            name: name?,
            kind: kind(form),
            role: form.value("role").parse().ok(),
            ttl_hours: life?,
            max_uses: number(uses?),
            label: label?,
            message: message?,
            campaign_id: campaign(form),
            requires_approval: Some(form.value("requires_approval") == "yes"),
        };
        Some(send(Request::CreateTemplate(band, Box::new(body))))
    }

    pub(super) fn read_edit_template(&self, form: &mut Form, id: TemplateId) -> Option<Said> {
        let mut body = UpdateTemplate {
            role: form.change("role").and_then(|role| role.parse().ok()),
            requires_approval: form.change("requires_approval").map(|word| word == "yes"),
            ..UpdateTemplate::default()
        };
        if form.change("name").is_some() {
            body.name = Some(read::<TemplateName>(form, "name")?);
        }
        if form.change("kind").is_some() {
            body.kind = kind(form).into();
        }
        if form.change("ttl_hours").is_some() {
            body.ttl_hours = self.read_life(form)?;
        }
        if form.change("max_uses").is_some() {
            body.max_uses = number(read_uses(form)?);
        }
        if form.change("label").is_some() {
            body.label = read_optional::<Label>(form, "label")?.into();
        }
        if form.change("message").is_some() {
            body.message = read_optional::<Message>(form, "message")?.into();
        }
        if form.change("campaign_id").is_some() {
            body.campaign_id = campaign(form).into();
        }
        Some(send(Request::UpdateTemplate(id, Box::new(body))))
    }

    /// A life in hours: what is made by it ends at an instant of its own.
    pub(super) fn read_life(&self, form: &mut Form) -> Option<Patch<i64>> {
        let read = Expiry::parse(form.value("ttl_hours"), &self.settings.zone);
        match read {
            Ok(Expiry::Default) => Some(Patch::Omitted),
            Ok(Expiry::Never) => Some(Patch::Null),
            Ok(Expiry::Hours(hours)) => Some(Patch::Value(hours)),
            Ok(Expiry::Later(_) | Expiry::At(_)) | Err(_) => {
                form.refuse("ttl_hours", "must be hours (48), days (3d), weeks (2w) or never");
                None
            }
        }
    }
}

fn kind(form: &Form) -> Option<Kind> {
    form.optional("kind").and_then(|word| word.parse().ok())
}

fn campaign(form: &Form) -> Option<CampaignId> {
    form.optional("campaign_id").and_then(|id| id.parse().ok())
}
