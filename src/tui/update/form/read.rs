//! What a form says, read with the domain's own rules, so that a refusal stands at its field before anything is sent.

mod campaigns;
mod codes;
mod invite;
mod templates;

use super::super::super::{
    expiry::Expiry,
    model::{Chosen, Confirm, Form, FormKind, Model, Terms},
    request::Request,
    trail::TrailFilter,
};
use super::super::quota::read_quota;
use crate::{
    api::{
        ActionArgs, CreateBand, DeclineInvite, Login, Patch, Register, UpdateBand, UpdateInvite, UpdateMember,
        VerifyEmail,
    },
    client::Origin,
    domain::{
        Address, AddressCode, BandName, CampaignName, Contact, Description, DisplayName, Invalid, Label, MaxUses,
        Message, Pasted, Place, Reason, TemplateName, Timestamp, Username, check_password,
    },
};

/// What a form says.
pub(in super::super) enum Said {
    /// Send this.
    Request(Box<Request>),
    /// Turn to this server.
    Server(Origin),
    /// Look at this invite.
    Look(Pasted),
    /// Show this part of the audit trail.
    Narrow(Box<TrailFilter>),
    /// Ask before it is done.
    Ask(Box<Confirm>),
    /// What the invites of a list have in common.
    Terms(Box<Terms>),
    /// Write the list to this file.
    Save(String),
    /// Nothing was changed.
    Nothing,
    /// Something is not as it should be; the fields say what.
    Refused,
}

fn read_code(form: &mut Form) -> Option<Said> {
    match AddressCode::parse(form.value("code")) {
        Ok(code) => Some(send(Request::Verify(VerifyEmail { code: code.reveal().to_owned() }))),
        Err(invalid) => {
            form.refuse("code", invalid.to_string());
            None
        }
    }
}

impl Model {
    pub(super) fn read_form(&self, form: &mut Form) -> Said {
        let said = match form.kind.clone() {
            FormKind::Connect => self.read_connect(form),
            FormKind::SignIn => Some(read_sign_in(form)),
            FormKind::SignUp => {
                let launched = self.server.as_ref().and_then(|server| server.launched.as_ref());
                let founder = launched.and_then(|launched| launched.founder.clone());
                let seen = self.pasted.as_ref().filter(|_| self.invited_to.is_some());
                read_sign_up(form, founder, seen)
            }
            FormKind::NewBand => read_new_band(form),
            FormKind::EditBand(id) => {
                if !form.is_changed() {
                    return Said::Nothing;
                }
                read_edit_band(form).map(|body| send(Request::UpdateBand(id, body)))
            }
            FormKind::NewInvite(band) => self.read_new_invite(form).map(|body| send(Request::CreateInvite(band, body))),
            FormKind::EditInvite(id) => {
                if !form.is_changed() {
                    return Said::Nothing;
                }
                self.read_edit_invite(form).map(|body| send(Request::UpdateInvite(id, body)))
            }
            FormKind::NewCampaign(band) => self.read_new_campaign(form, band),
            FormKind::EditCampaign(id, _) => {
                if !form.is_changed() {
                    return Said::Nothing;
                }
                self.read_edit_campaign(form, id)
            }
            FormKind::NewCodes(band) => self.read_new_codes(form, band),
            FormKind::SaveCodes(batch, cards) => codes::read_save_codes(form, batch, cards),
            FormKind::NewTemplate(band) => self.read_new_template(form, band),
            FormKind::EditTemplate(id, _) => {
                if !form.is_changed() {
                    return Said::Nothing;
                }
                self.read_edit_template(form, id)
            }
            FormKind::EditMany(chosen) => self.read_edit_many(form, &chosen),
            FormKind::EditMember(band, account) => {
                if !form.is_changed() {
                    return Said::Nothing;
                }
                let body = UpdateMember {
                    role: form.change("role").and_then(|role| role.parse().ok()),
                    can_invite: form.change("can_invite").map(|word| word == "yes"),
                };
                Some(send(Request::UpdateMember(band, account, body)))
            }
            FormKind::Accept => read_pasted(form).map(Said::Look),
            FormKind::Decline(pasted) => read_decline(form).map(|body| send(Request::Decline(pasted, body))),
            FormKind::DeclineWaiting(id) => read_decline(form).map(|body| send(Request::DeclineWaiting(id, body))),
            FormKind::Verify => read_code(form),
            FormKind::NarrowTrail => self.read_trail_filter(form),
            FormKind::ExportTrail => self.read_export(form),
            FormKind::BulkTerms(_) => self.read_terms(form),
            FormKind::BulkSave => read_path(form),
            FormKind::SetQuota => read_quota(form).map(|(name, _)| send(Request::People(name, None))),
        };
        said.filter(|_| form.fields.iter().all(|field| field.error.is_none())).unwrap_or(Said::Refused)
    }

    fn read_connect(&self, form: &mut Form) -> Option<Said> {
        let text = form.value("server").trim().to_owned();
        if let Ok(pasted) = Pasted::parse(&text)
            && pasted.origin.is_some()
        {
            return Some(Said::Look(pasted));
        }
        match Origin::parse(&text, self.settings.plain) {
            Ok(origin) => Some(Said::Server(origin)),
            Err(error) => {
                form.refuse("server", format!("{error}. {}", error.hint()));
                None
            }
        }
    }

    fn read_terms(&self, form: &mut Form) -> Option<Said> {
        let expiry = self.read_expiry(form);
        let message = read_optional::<Message>(form, "message");
        let chosen = |name: &str| form.optional(name).map(|id| (id, form.word(name).to_owned()));
        let template = chosen("template_id").and_then(|(id, name)| Some((id.parse().ok()?, name)));
        let campaign = chosen("campaign_id").and_then(|(id, name)| Some((id.parse().ok()?, name)));
        let no_campaign = campaign.is_none() && form.template().is_some_and(|template| template.campaign_id.is_some());
        // A life that was not typed is cut by the end of the campaign; one that is asked for would be refused.
        let end = form.campaign().and_then(|campaign| campaign.expires_at);
        let end = end.map(|end| super::super::super::expiry::typed(Some(end), &self.settings.zone));
        let cut = campaign.is_some() && end.is_some_and(|end| end == form.value("expires_at").trim());
        let expires = if cut { "" } else { form.value("expires_at").trim() };
        let (ttl_hours, expires_at) = if cut { Expiry::Default } else { expiry? }.fields();
        Some(Said::Terms(Box::new(Terms {
            template,
            campaign,
            no_campaign,
            role: form.value("role").parse().ok(),
            expires: expires.to_owned(),
            ttl_hours,
            expires_at,
            message: message?,
            send: (form.value("send") == "no").then_some(false),
            on_existing: form.value("on_existing").parse().ok(),
        })))
    }

    fn read_edit_invite(&self, form: &mut Form) -> Option<UpdateInvite> {
        let mut body =
            UpdateInvite { role: form.change("role").and_then(|role| role.parse().ok()), ..Default::default() };
        if form.change("expires_at").is_some() {
            match self.read_expiry(form)? {
                Expiry::Later(hours) => body.expires_at = Patch::Value(self.later_end(form, hours)?),
                Expiry::Default => {
                    form.refuse("expires_at", format!("must be {}", super::super::super::expiry::ALLOWED));
                    return None;
                }
                Expiry::Never => body.expires_at = Patch::Null,
                Expiry::Hours(hours) => body.ttl_hours = Patch::Value(hours),
                Expiry::At(at) => body.expires_at = Patch::Value(at),
            }
        }
        if form.change("max_uses").is_some() {
            body.max_uses = read_uses(form)?.0.map_or(Patch::Null, |uses| Patch::Value(i64::from(uses.get())));
        }
        if form.change("label").is_some() {
            body.label = read_optional::<Label>(form, "label")?.into();
        }
        if form.change("message").is_some() {
            body.message = read_optional::<Message>(form, "message")?.into();
        }
        Some(body)
    }

    /// The end of the invite that is edited, so many hours later.
    fn later_end(&self, form: &mut Form, hours: i64) -> Option<Timestamp> {
        let FormKind::EditInvite(id) = form.kind else { return None };
        let invite = self.invites.list.rows().find(|invite| invite.id == id);
        let end = invite.and_then(|invite| invite.expires_at);
        if end.is_none() {
            form.refuse("expires_at", "has no end that could be later: it never expires");
        }
        Some(end?.max(self.now).plus_seconds(hours.saturating_mul(3_600)))
    }

    fn read_edit_many(&self, form: &mut Form, chosen: &Chosen) -> Option<Said> {
        let typed = form.optional("expires_at");
        let end = match typed.as_deref().map(|_| self.read_expiry(form)) {
            None => None,
            Some(read) => match read? {
                Expiry::Later(_) => {
                    form.refuse("expires_at", "must count from now, since each has an end of its own: 24h, 3d, 2w");
                    return None;
                }
                expiry => {
                    let (ttl_hours, expires_at) = expiry.fields();
                    Some(ActionArgs { ttl_hours, expires_at, role: None })
                }
            },
        };
        let role = form.optional("role");
        if role.is_none() && end.is_none() {
            return Some(Said::Nothing);
        }
        let end = typed.as_deref().zip(end);
        Some(Said::Ask(Box::new(self.change_question(chosen, role.as_deref(), end))))
    }

    fn read_expiry(&self, form: &mut Form) -> Option<Expiry> {
        let read = Expiry::parse(form.value("expires_at"), &self.settings.zone);
        let read = match read {
            Ok(Expiry::At(at)) if at <= self.now => Err("must lie in the future".to_owned()),
            other => other,
        };
        read.map_err(|why| form.refuse("expires_at", why)).ok()
    }
}

fn read_path(form: &mut Form) -> Option<Said> {
    let path = form.optional("path");
    if path.is_none() {
        form.refuse("path", "must be the path of a file");
    }
    path.map(Said::Save)
}

fn send(request: Request) -> Said {
    Said::Request(Box::new(request))
}

fn read_sign_in(form: &mut Form) -> Said {
    let login = form.value("login").trim().to_owned();
    let password = form.value("password").to_owned();
    for (name, text) in [("login", &login), ("password", &password)] {
        if text.is_empty() {
            form.refuse(name, "must be filled in");
        }
    }
    send(Request::SignIn(Login { login, password }))
}

/// `seen` is the invite whose offer was seen before: the account accepts it.
fn read_sign_up(form: &mut Form, founder: Option<String>, seen: Option<&Pasted>) -> Option<Said> {
    let username = read::<Username>(form, "username");
    let display_name = read_optional::<DisplayName>(form, "display_name");
    let email = read::<Address>(form, "email");
    let password = form.value("password").to_owned();
    if let Err(why) = check_password(&password) {
        form.refuse("password", why.to_string());
    } else if form.value("again") != password {
        form.refuse("again", "must be the same as the password");
    }
    let invite = match form.optional("invite") {
        Some(_) => Some(read_pasted(form)?.token),
        None => seen.map(|pasted| pasted.token.clone()),
    };
    let body = Register {
        username: username?,
        display_name: display_name?,
        email: email?,
        password,
        accept: invite.as_ref().map(|_| true),
        invite,
    };
    Some(send(Request::SignUp(body, founder)))
}

fn read_new_band(form: &mut Form) -> Option<Said> {
    let name = read::<BandName>(form, "name");
    let description = read_optional::<Description>(form, "description");
    let contact = read_optional::<Contact>(form, "contact");
    let body = CreateBand {
        name: name?,
        description: description?,
        contact: contact?,
        join: form.value("join").parse().ok(),
        invite_permission: form.value("invite_permission").parse().ok(),
        policy: None,
    };
    Some(send(Request::CreateBand(body)))
}

fn read_edit_band(form: &mut Form) -> Option<UpdateBand> {
    let mut body = UpdateBand {
        join: form.change("join").and_then(|word| word.parse().ok()),
        invite_permission: form.change("invite_permission").and_then(|word| word.parse().ok()),
        ..UpdateBand::default()
    };
    if form.change("name").is_some() {
        body.name = Some(read::<BandName>(form, "name")?);
    }
    if form.change("description").is_some() {
        body.description = read_optional::<Description>(form, "description")?.into();
    }
    if form.change("contact").is_some() {
        body.contact = read_optional::<Contact>(form, "contact")?.into();
    }
    Some(body)
}

fn read_pasted(form: &mut Form) -> Option<Pasted> {
    Pasted::parse(form.value("invite")).map_err(|why| form.refuse("invite", why.to_string())).ok()
}

fn read_decline(form: &mut Form) -> Option<DeclineInvite> {
    let reason = read_optional::<Reason>(form, "reason")?;
    let block = form.optional("block").and_then(|word| word.parse().ok());
    Some(DeclineInvite { reason, block })
}

fn read_uses(form: &mut Form) -> Option<MaxUses> {
    let text = form.value("max_uses").trim().to_lowercase();
    let read = match text.as_str() {
        "" => MaxUses::from_number(1),
        "unlimited" | "none" | "no limit" | "∞" => Ok(MaxUses::UNLIMITED),
        number => number
            .parse::<i64>()
            .ok()
            .filter(|&uses| uses > 0)
            .and_then(|uses| MaxUses::from_number(uses).ok())
            .ok_or_else(|| Invalid("must be a number from 1 to 1000000, or unlimited".into())),
    };
    read.map_err(|why| form.refuse("max_uses", why.to_string())).ok()
}

/// Checks a field by the domain's rule and gives its text in normal form.
fn read<T: Rule>(form: &mut Form, name: &str) -> Option<String> {
    T::normal(form.value(name)).map_err(|why| form.refuse(name, why.to_string())).ok()
}

/// As [`read`], where the field may be left empty: refused, left empty, or its text.
#[allow(clippy::option_option)]
fn read_optional<T: Rule>(form: &mut Form, name: &str) -> Option<Option<String>> {
    match form.optional(name) {
        None => Some(None),
        Some(text) => T::normal(&text).map(Some).map_err(|why| form.refuse(name, why.to_string())).ok(),
    }
}

/// A text of the domain that is parsed once and has one normal form.
trait Rule {
    fn normal(text: &str) -> Result<String, Invalid>;
}

macro_rules! rules {
    ($($name:ident),+) => {$(
        impl Rule for $name {
            fn normal(text: &str) -> Result<String, Invalid> {
                Self::parse(text).map(|parsed| parsed.as_str().to_owned())
            }
        }
    )+};
}
rules!(
    Address,
    BandName,
    CampaignName,
    Contact,
    Description,
    DisplayName,
    Label,
    Message,
    Place,
    Reason,
    TemplateName,
    Username
);
