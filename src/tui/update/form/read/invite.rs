//! What the form of a new invite says.

use super::{Rule as _, read_optional, read_uses};
use crate::{
    api::{CreateInvite, Patch},
    domain::{Address, Kind, Label, MaxUses, Message, Username},
    tui::{
        expiry::Expiry,
        model::{Form, Model},
    },
};

/// Whom an invite is for.
enum Recipient {
    /// Whoever holds the link, or knows the code.
    Anyone,
    /// Whoever has this address.
    Address(String),
    /// Who has this user name.
    Account(String),
}

impl Model {
    pub(super) fn read_new_invite(&self, form: &mut Form) -> Option<CreateInvite> {
        let recipient = read_recipient(form);
        let kind = form.optional("kind").and_then(|word| word.parse::<Kind>().ok());
        let expiry = self.read_expiry(form);
        let uses = read_uses(form);
        let label = read_optional::<Label>(form, "label");
        let message = read_optional::<Message>(form, "message");
        let recipient = recipient?;
        fits(form, kind, &recipient)?;
        let template = form.template();
        let by_template = form.optional("template_id").is_some();
        let in_campaign = form.optional("campaign_id");
        let by_another = by_template || in_campaign.is_some();
        // What is left empty is none, whatever template and campaign say.
        let text = |text: Option<String>| match text {
            None if by_another => Patch::Null,
            text => Patch::given(text),
        };
        let typed_end = form.change("expires_at").is_some();
        // A life that was not typed is cut by the end of the campaign; one that is asked for would be refused.
        let (ttl_hours, expires_at) =
            if in_campaign.is_some() && !typed_end { Expiry::Default.fields() } else { expiry?.fields() };
        let chooses = form.fields.iter().any(|field| field.name == "campaign_id");
        let campaign_id = match in_campaign.and_then(|id| id.parse().ok()) {
            Some(id) => Patch::Value(id),
            None if chooses && template.is_some_and(|template| template.campaign_id.is_some()) => Patch::Null,
            None => Patch::Omitted,
        };
        let (email, username) = match recipient {
            Recipient::Anyone => (None, None),
            Recipient::Address(address) => (Some(address), None),
            Recipient::Account(username) => (None, Some(username)),
        };
        let approval = form.value("requires_approval") == "yes";
        Some(CreateInvite {
            kind: if by_template { kind.into() } else { Patch::given(kind) },
            role: form.value("role").parse().ok(),
            ttl_hours,
            expires_at,
            max_uses: number(uses?),
            label: text(label?),
            message: text(message?),
            email,
            username,
            campaign_id,
            template_id: form.optional("template_id").and_then(|id| id.parse().ok()),
            requires_approval: (approval || by_template).then_some(approval),
            send: (form.value("send") == "no").then_some(false),
            on_existing: form.optional("on_existing").and_then(|word| word.parse().ok()),
            ..CreateInvite::default()
        })
    }
}

/// A limit as the wire has it.
pub(super) fn number(uses: MaxUses) -> Patch<i64> {
    uses.stored().into()
}

/// Refuses whom the chosen kind of invite cannot be for.
fn fits(form: &mut Form, kind: Option<Kind>, recipient: &Recipient) -> Option<()> {
    let why = match (kind, recipient) {
        (Some(Kind::Link), Recipient::Account(_)) => "must be empty, or an address: a link is for whoever holds it",
        (Some(Kind::Email), Recipient::Anyone | Recipient::Account(_)) => "must be an e-mail address",
        (Some(Kind::User), Recipient::Anyone | Recipient::Address(_)) => "must be a user name",
        (Some(Kind::Code), Recipient::Address(_) | Recipient::Account(_)) => {
            "must be empty: a code is for whoever knows it"
        }
        _ => return Some(()),
    };
    form.refuse("recipient", why);
    None
}

/// A user name, with the sign before it that it is often shown with, or an address.
fn read_recipient(form: &mut Form) -> Option<Recipient> {
    let Some(text) = form.optional("recipient") else { return Some(Recipient::Anyone) };
    let name = text.strip_prefix('@').unwrap_or(&text);
    let read = if name.contains('@') {
        Address::normal(name).map(Recipient::Address)
    } else {
        Username::normal(name).map(Recipient::Account)
    };
    read.map_err(|why| form.refuse("recipient", format!("{why}; or an e-mail address, or nothing"))).ok()
}
