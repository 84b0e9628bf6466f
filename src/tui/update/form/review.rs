//! What sending a form will do, in words, for those that are looked at once more before they are sent.

use super::super::super::{
    expiry::Expiry,
    label,
    model::{Form, FormKind, Model},
    request::Request,
    view::when,
};
use crate::{
    api::{CreateCodes, CreateInvite, OnExisting, Patch, UpdateCampaign, UpdateMember},
    domain::{AccountId, BandId, EmailIdentity, Kind, Role, Timestamp},
};

/// The most of a message that is read once more.
const MOST_OF_A_MESSAGE: usize = 300;

impl Model {
    /// What the request of a form will do; `None` where it is sent without another look.
    pub(in crate::tui) fn review(&self, form: &Form, request: &Request) -> Option<String> {
        match (&form.kind, request) {
            (FormKind::EditCampaign(_, pending @ 1..), Request::UpdateCampaign(_, body)) => {
                self.review_change(form, *pending, body)
            }
            (FormKind::NewCodes(_), Request::CreateCodes(_, body) | Request::CreateSiteCodes(body)) => {
                Some(self.review_codes(form, body))
            }
            (FormKind::EditMember(_, account), Request::UpdateMember(_, _, body)) => {
                Some(self.review_member(*account, body))
            }
            (FormKind::NewInvite(band), Request::CreateInvite(_, body)) => Some(self.review_invite(form, *band, body)),
            _ => None,
        }
    }

    fn review_change(&self, form: &Form, pending: u64, body: &UpdateCampaign) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(role) = body.role {
            parts.push(format!("make {role} of those who accept"));
        }
        if !(body.expires_at.is_omitted() && body.ttl_hours.is_omitted()) {
            parts.push(format!("end: {}", form.value("expires_at").trim()));
        }
        if !body.message.is_omitted() {
            parts.push("carry the new message".to_owned());
        }
        if parts.is_empty() {
            return None;
        }
        let invites = if pending == 1 { "1 pending invite".to_owned() } else { format!("{pending} pending invites") };
        let mails = self.sends_mail() && !body.event.is_omitted();
        let event = if mails { " Who was mailed before is not mailed again." } else { "" };
        Some(format!(
            "This goes to {invites} of the campaign too. They will {}.{event} Those who have accepted keep what they have.",
            parts.join("; ")
        ))
    }

    /// What a member can do from now on, and what ends with it.
    fn review_member(&self, account: AccountId, body: &UpdateMember) -> String {
        let held = self.members.list.rows().find(|member| member.account.id == account);
        let name = held.map_or("They", |member| member.account.display_name.as_str());
        let mut lines: Vec<String> = Vec::new();
        lines.extend(body.role.map(|role| match role {
            Role::Admin => format!("{name} becomes an admin: they run invites, campaigns and members at once."),
            _ => format!("{name} becomes a plain member at once. Pending invites of theirs that make admins end."),
        }));
        lines.extend(body.can_invite.map(|may| {
            if may {
                format!("{name} may invite members from now on.")
            } else {
                format!("{name} may not invite any more as a plain member. What they made goes on.")
            }
        }));
        let is_owner = self.chosen_band().and_then(|band| band.role) == Some(Role::Owner);
        let back = match body.role {
            Some(Role::Member) => "You can change it back; invites that end by it stay ended.",
            Some(Role::Admin) if !is_owner => "Only the owner can take this back.",
            _ => "You can change it back at any time.",
        };
        lines.push(back.to_owned());
        lines.join("\n")
    }

    /// Who can come in by a new invite, as what, until when, and who hears of it.
    fn review_invite(&self, form: &Form, band: BandId, body: &CreateInvite) -> String {
        let kind = kind_of(body);
        let mut lines = vec![self.who_comes_in(kind, band, body), self.until(form, body)];
        if body.requires_approval == Some(true) {
            lines.push("An admin has to agree before they are in.".to_owned());
        }
        lines.push(self.who_hears(kind, body));
        lines.extend(body.on_existing.map(|existing| {
            match existing {
                OnExisting::Replace => "If an invite waits for them already, that one ends.",
                OnExisting::Resend => {
                    "If an invite waits for them already, that one is sent again and no new one is made."
                }
            }
            .to_owned()
        }));
        if let Some(campaign) = form.campaign() {
            lines.push(format!("It is part of {}.", campaign.name));
        }
        lines.extend(body.label.value().map(|label| format!("Noted for the band: {label}")));
        if let Some(message) = body.message.value() {
            let short: String = message.chars().take(MOST_OF_A_MESSAGE).collect();
            let more = if short.len() < message.len() { "…" } else { "" };
            lines.push(format!("They read: “{short}{more}”"));
        }
        lines.join("\n")
    }

    /// What a batch of codes lets people do.
    fn review_codes(&self, form: &Form, body: &CreateCodes) -> String {
        let each = match body.max_uses.value() {
            None => "any number of people".to_owned(),
            Some(1) => "one person".to_owned(),
            Some(count) => format!("{count} people"),
        };
        let into = match (&form.kind, body.role) {
            (FormKind::NewCodes(Some(_)), Some(Role::Admin)) => "come into the band as an admin",
            (FormKind::NewCodes(Some(_)), _) => "come into the band as a member",
            _ => "make an account; it is to no band",
        };
        let end = match &body.ttl_hours {
            Patch::Value(hours) => {
                let end = when::date_and_time(self.in_hours(*hours), &self.settings.zone);
                format!("They work until {end}.")
            }
            Patch::Null => "They never end by themselves.".to_owned(),
            Patch::Omitted => "They end as the server's rules say.".to_owned(),
        };
        let (codes, by) = if body.count == 1 { ("code", "it") } else { ("codes", "each of them") };
        format!(
            "{} {codes}: by {by} {each} can {into}.\n{end}\nThey are kept as secrets: a file, a card or the screen shows them \
             when you ask, and that leaves a trace.",
            body.count
        )
    }

    fn who_comes_in(&self, kind: Kind, band: BandId, body: &CreateInvite) -> String {
        let held = self.bands.list.rows().find(|held| held.id == band);
        let name = held.map_or("the band", |band| band.name.as_str());
        let role = match body.role {
            Some(Role::Admin) => "an admin, who runs invites and members",
            _ => "a member",
        };
        let count = match body.max_uses.value() {
            None => "Any number of people".to_owned(),
            Some(1) => "One person".to_owned(),
            Some(count) => format!("{count} people"),
        };
        let email = body.email.as_deref().unwrap_or_default();
        let into = format!("can come into {name}, as {role}");
        match kind {
            Kind::Link => format!("{count} {into}, by the link: whoever holds it."),
            Kind::Code => format!("{count} {into}, by the code: whoever knows it."),
            Kind::User => format!("Only @{} {into}.", body.username.as_deref().unwrap_or_default()),
            Kind::Email => match held.and_then(|band| band.policy.as_ref()).map(|policy| policy.email_identity) {
                Some(EmailIdentity::Bearer) => format!("Whoever holds the link for {email} {into}."),
                Some(EmailIdentity::Verified) if self.sends_mail() => {
                    format!("Only who has verified the address {email} {into}.")
                }
                _ => format!("Only who has the address {email} {into}."),
            },
        }
    }

    fn until(&self, form: &Form, body: &CreateInvite) -> String {
        let at = |end: Timestamp| {
            let when = when::date_and_time(end, &self.settings.zone);
            format!("until {when}, for {}", label::expiry(Some(end), self.now).0)
        };
        let typed = Expiry::parse(form.value("expires_at"), &self.settings.zone);
        let end = match (&body.ttl_hours, &body.expires_at) {
            (Patch::Value(hours), _) => Some(self.in_hours(*hours)),
            (_, Patch::Value(end)) => Some(*end),
            (Patch::Null, _) | (_, Patch::Null) => return "It never ends by itself.".to_owned(),
            // What was left to template and campaign stands in the form all the same.
            _ => match typed {
                Ok(Expiry::Hours(hours) | Expiry::Later(hours)) => Some(self.in_hours(hours)),
                Ok(Expiry::At(end)) => Some(end),
                _ => None,
            },
        };
        let campaign = form.campaign().and_then(|campaign| campaign.expires_at);
        match (end, campaign) {
            (Some(end), Some(campaign)) => format!("It works {}.", at(end.min(campaign))),
            (Some(end), None) | (None, Some(end)) => format!("It works {}.", at(end)),
            (None, None) => "It ends as the band's rules say.".to_owned(),
        }
    }

    fn in_hours(&self, hours: i64) -> Timestamp {
        self.now.plus_seconds(hours.saturating_mul(3_600))
    }

    fn who_hears(&self, kind: Kind, body: &CreateInvite) -> String {
        let mails = self.sends_mail() && body.send != Some(false);
        let hand_out = if kind == Kind::Code { "you get the code to hand out" } else { "you get the link to hand out" };
        match (kind, &body.email) {
            (Kind::User, _) if mails => {
                "It waits in their inbox, and a mail goes to their address if that is verified.".to_owned()
            }
            (Kind::User, _) => "It waits in their inbox; nothing is mailed.".to_owned(),
            (_, Some(email)) if mails => format!("A mail with the link goes to {email}."),
            (_, Some(_)) if !self.sends_mail() => format!("This server sends no mail: {hand_out}."),
            _ => format!("Nothing is mailed: {hand_out}."),
        }
    }
}

/// What an invite will be, as the server takes it from whom it is for.
fn kind_of(body: &CreateInvite) -> Kind {
    let by_recipient = match (&body.email, &body.username) {
        (Some(_), _) => Kind::Email,
        (None, Some(_)) => Kind::User,
        (None, None) => Kind::Link,
    };
    body.kind.value().copied().unwrap_or(by_recipient)
}
