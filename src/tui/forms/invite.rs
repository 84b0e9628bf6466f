//! A new invite.

use super::{ROLES, YES_NO, default_expiry, grantable, invite_fields, policy_default};
use crate::{
    api::{Band, Campaign, Template},
    domain::Role,
    tui::model::{Form, FormField, FormKind},
};

/// What an invite can be.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("", "by whom it is for"),
    ("link", "link, for whoever holds it"),
    ("email", "for one address"),
    ("user", "for one account"),
    ("code", "code, to read out or to print"),
];
const ON_EXISTING: &[(&str, &str)] =
    &[("", "do not invite"), ("replace", "end the old invite"), ("resend", "send the old one again")];
const SEND: &[(&str, &str)] = &[("yes", "mail it"), ("no", "mail nothing")];

/// A new invite to a band: a link for anyone, or for the one who is named. `mails` is whether the server sends mail.
pub(in crate::tui) fn new_invite(band: &Band, mails: bool) -> Form {
    let life = default_expiry(policy_default(band));
    let mut fields = Vec::new();
    let is_admin = band.role.is_some_and(Role::is_admin);
    if is_admin {
        let hint = "What it has where nothing else is typed.";
        fields.push(FormField::choice("template_id", "Template", hint, &[("", "none")], ""));
    }
    let hint = "A person, found as you type, or an e-mail address; empty is anyone who holds the link.";
    fields.push(FormField::line("recipient", "For", hint, ""));
    fields.push(FormField::choice("kind", "Kind", "Codes are short, for paper and the telephone.", KINDS, ""));
    fields.extend(invite_fields(grantable(band), Role::Member, &life, "1", None, None));
    if is_admin {
        let hint = "A set of invites that end together.";
        fields.push(FormField::choice("campaign_id", "Campaign", hint, &[("", "none")], ""));
    }
    fields.push(approval(false));
    if mails {
        fields.push(FormField::choice("send", "Mail", "Whether their address gets a mail.", SEND, "yes"));
    }
    let hint = "What to do where an invite for the same person is pending.";
    fields.push(FormField::choice("on_existing", "If invited", hint, ON_EXISTING, ""));
    let mut form = Form::new(FormKind::NewInvite(band.id), format!("New invite · {}", band.name), "create", fields);
    form.known.life = life;
    // Templates stand above, since they fill in what is below; whom it is for is what is typed first.
    form.focus = usize::from(is_admin);
    form
}

/// The same, by a template.
pub(in crate::tui) fn invite_by(template: &Template, band: &Band, mails: bool) -> Form {
    let mut form = new_invite(band, mails);
    form.knows_templates(vec![template.clone()]);
    form.begin_with("template_id", &template.id.to_string());
    form
}

/// The same, in a campaign.
pub(in crate::tui) fn invite_in(campaign: &Campaign, band: &Band, mails: bool) -> Form {
    let mut form = new_invite(band, mails);
    form.knows_campaigns(vec![campaign.clone()]);
    form.opens_in(campaign.id);
    form
}

/// Whether an admin has to agree.
pub(super) fn approval(needed: bool) -> FormField {
    let hint = "Whether an admin has to agree to each accept.";
    FormField::choice("requires_approval", "Approval", hint, YES_NO, if needed { "yes" } else { "no" })
}

/// As what one comes in.
pub(super) fn role(role: Role) -> FormField {
    FormField::choice("role", "Role", "What those who accept become.", ROLES, role.as_str())
}
