//! What comes of a form that was sent: a refusal stands at its field, and what was made is shown.

use super::super::super::{
    message::{Effect, Link},
    model::{Form, FormKind, Model, Overlay, RequestId, Screen, Tone},
    request::Answer,
};
use super::super::answer::words;
use crate::{
    api::{Band, Code, CreatedInvite, Outcome, Registered},
    client::Error,
    domain::{Delivery, Kind},
};

impl Model {
    /// A form was answered. It may lie under something else by now.
    pub(in crate::tui::update) fn form_done(&mut self, id: RequestId, result: Result<Answer, Error>) -> Vec<Effect> {
        let over = self.overlays.iter().position(|o| matches!(o, Overlay::Form(form) if form.sending == Some(id)));
        let form = match over.map(|at| &mut self.overlays[at]) {
            Some(Overlay::Form(form)) => form,
            _ => match &mut self.screen {
                Screen::Entry(form) if form.sending == Some(id) => form,
                _ => return Vec::new(),
            },
        };
        form.sending = None;
        match result {
            Ok(answer) => {
                let form = form.clone();
                if let Some(at) = over {
                    self.overlays.remove(at);
                }
                self.form_accepted(&form, answer)
            }
            Err(error) => {
                refuse(form, &error);
                let optional = form.kind == FormKind::SignUp && form.fields.iter().all(|field| field.name != "invite");
                if optional && self.invite_ended(&error) {
                    self.entry_refused_with(format!("{} Signing up goes on without it.", words(&error)));
                }
                if error.is_offline() { self.unreachable(&error) } else { self.form_unauthenticated(&error, over) }
            }
        }
    }

    fn form_unauthenticated(&mut self, error: &Error, over: Option<usize>) -> Vec<Effect> {
        if error.is_unauthenticated() && over.is_some() { self.signed_out() } else { Vec::new() }
    }

    fn form_accepted(&mut self, form: &Form, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::SignedIn(signed_in) => self.signed_in(signed_in.account, &signed_in.session),
            Answer::Registered(registered) => self.registered(form, *registered),
            Answer::Band(band) => self.band_saved(form, *band),
            Answer::Created(created) => self.invite_made(*created),
            Answer::MadeCampaign(_) | Answer::CreatedCodes(_) | Answer::Template(_) | Answer::Campaign(_) => {
                self.listed_form_accepted(form, answer)
            }
            Answer::Invite(invite) => {
                self.toast(Tone::Good, "Saved.");
                self.invites.list.change(invite.id, |held| *held = *invite);
                self.poll_now()
            }
            Answer::Member(member) => {
                self.toast(Tone::Good, "Saved.");
                self.members.list.change(member.account.id, |held| *held = *member);
                self.poll_now()
            }
            Answer::Me(account) => self.verified(*account),
            Answer::People(found) if form.kind == FormKind::SetQuota => self.quota_for(form, &found),
            Answer::People(found) => self.actor_found(form, &found),
            Answer::Quota(quota) => self.quota_set(form, *quota),
            Answer::Saved(saved) => {
                self.toast(Tone::Good, format!("Written to {}, {}.", saved.file.display(), size(saved.bytes)));
                Vec::new()
            }
            Answer::Done if matches!(form.kind, FormKind::Decline(_)) => {
                self.overlays.retain(|overlay| !matches!(overlay, Overlay::Offer(_)));
                self.pasted = None;
                self.toast(Tone::Good, "Declined.");
                self.poll_now()
            }
            Answer::Done if matches!(form.kind, FormKind::DeclineWaiting(_)) => {
                self.toast(Tone::Good, "Declined.");
                let mut effects = self.inbox_again();
                effects.extend(self.poll_now());
                effects
            }
            _ => Vec::new(),
        }
    }

    fn registered(&mut self, form: &Form, registered: Registered) -> Vec<Effect> {
        let came_in = registered.outcome.map(|outcome| self.enrolled(outcome, form.value("invite").trim()));
        let waits = registered.outcome == Some(Outcome::EmailUnverified);
        let mut welcome = format!("Welcome, {}.", registered.account.display_name);
        if let Some(text) = came_in {
            welcome.extend([" ", text.as_str()]);
        }
        let mails = self.server.as_ref().and_then(|server| server.site.as_ref()).is_some_and(|site| site.mail);
        if mails && !registered.account.email_verified && !waits {
            let email = &registered.account.email;
            welcome.extend([" A code was mailed to ", email, ": `:` and verify takes it."]);
        }
        self.toast(Tone::Good, welcome);
        let mut effects = self.signed_in(registered.account, &registered.session);
        if waits {
            effects.extend(self.type_code());
        }
        effects
    }

    fn band_saved(&mut self, form: &Form, band: Band) -> Vec<Effect> {
        let made = form.kind == FormKind::NewBand;
        self.toast(
            Tone::Good,
            if made { format!("{} is made. Press n to invite.", band.name) } else { "Saved.".to_owned() },
        );
        if made {
            self.band_made(band)
        } else {
            self.bands.list.change(band.id, |held| *held = band);
            self.poll_now()
        }
    }

    fn invite_made(&mut self, created: CreatedInvite) -> Vec<Effect> {
        self.invites.list.renew();
        match created.invite.kind {
            Kind::User => {
                let whom = created.invite.recipient();
                self.toast(Tone::Good, format!("It waits in the inbox of {whom}; the link is theirs alone."));
            }
            Kind::Email if created.invite.delivery == Delivery::None => {
                self.toast(Tone::Plain, "Nothing was mailed: give them the link.");
            }
            _ => {}
        }
        self.new_link(Link { title: created.invite.recipient(), text: created.link })
    }
}

/// Puts a refusal where it belongs: to the field it names, else over the whole. Where a field is wrong, fields are seen.
fn refuse(form: &mut Form, error: &Error) {
    place(form, error);
    if form.fields.iter().any(|field| field.error.is_some()) {
        form.review = None;
    }
}

fn place(form: &mut Form, error: &Error) {
    if let Error::Problem(problem) = error {
        let invites = matches!(form.kind, FormKind::NewInvite(_));
        let placed = problem.errors.iter().filter(|wrong| {
            let field = match wrong.field.as_str() {
                "email" | "username" if invites => "recipient",
                // One line takes both ways to say an end.
                "ttl_hours" if form.fields.iter().all(|field| field.name != "ttl_hours") => "expires_at",
                field => field,
            };
            form.refuse(field, wrong.message.clone())
        });
        let placed = placed.count();
        if placed > 0 && placed == problem.errors.len() {
            return;
        }
        let already = match problem.code {
            Code::AlreadyPending => "is invited already: copy the link of that invite, or say below what becomes of it",
            Code::AlreadyMember => "is in the band already",
            _ => "",
        };
        if invites && !already.is_empty() && form.refuse("recipient", already) {
            return;
        }
        let field = match problem.code {
            Code::KindNotAllowed => Some("kind"),
            Code::RecipientOptedOut => Some("recipient"),
            Code::UsernameTaken => Some("username"),
            Code::EmailTaken => Some("email"),
            _ => None,
        };
        if field.is_some_and(|field| form.refuse(field, words(error))) {
            return;
        }
    }
    form.refused = Some(words(error));
}

/// How long a file is, as people say it.
fn size(bytes: u64) -> String {
    match bytes {
        ..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
