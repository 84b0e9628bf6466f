//! Forms: keys and sending. What a form says is read in `read`, and what an answer does in `answered`, both next door.

mod answered;
mod foretell;
mod known;
mod listed;
mod read;
mod review;

pub(super) use self::read::Said;

use super::super::{
    forms,
    keymap::{Action, Key},
    message::{Effect, Table},
    model::{Confirm, Deed, Form, FormKind, Input, Model, Overlay, Purpose, Screen, TextField, Tone},
    request::Request,
};
use super::answer::words;
use crate::{
    api::Band,
    client::Error,
    domain::{BandId, CampaignId},
};

/// What a key did to a form.
enum Pressed {
    /// Nothing more than editing.
    Edited,
    /// It is to be sent.
    Send,
    /// It is to be closed.
    Close,
}

impl Model {
    pub(super) fn connect_form(&self) -> Form {
        forms::connect(self.server.as_ref().map_or("", |server| server.origin.as_str()))
    }

    /// The first form on a server where nobody is signed in: a new embedded server has no accounts yet.
    pub(super) fn entry_form(&self) -> Form {
        let launched = self.server.as_ref().and_then(|server| server.launched.as_ref());
        if launched.is_some_and(|launched| launched.empty) { self.sign_up_form() } else { forms::sign_in() }
    }

    pub(super) fn sign_up_form(&self) -> Form {
        let site = self.server.as_ref().and_then(|server| server.site.as_ref());
        forms::sign_up(site, self.pasted.as_ref(), self.invited_to.is_some())
    }

    /// The server has said who may register: an untouched form follows.
    pub(super) fn entry_knows_site(&mut self) {
        if let Screen::Entry(form) = &self.screen
            && form.kind == FormKind::SignUp
            && !form.is_changed()
        {
            self.screen = Screen::Entry(self.sign_up_form());
        }
    }

    fn entry_refused_with(&mut self, why: String) {
        let next = self.sign_up_form();
        if let Screen::Entry(form) = &mut self.screen {
            form.verb = next.verb;
            form.refused = Some(why);
        }
    }

    /// The server of the first form cannot be reached.
    pub(super) fn entry_refused(&mut self, error: &Error) {
        if let Screen::Entry(form) = &mut self.screen {
            form.refused = Some(words(error));
        }
    }

    /// Ctrl-O in a field of several lines opens the editor.
    fn wish_for_editor(&self, key: Key) -> Option<Vec<Effect>> {
        let ((Some(Overlay::Form(form)), _) | (None, Screen::Entry(form))) = (self.overlays.last(), &self.screen)
        else {
            return None;
        };
        let field = form.fields.get(form.focus).filter(|_| key.is_ctrl('o') && form.sending.is_none())?;
        matches!(field.input, Input::Lines(_)).then(|| vec![Effect::Edit(field.value().to_owned())])
    }

    /// What was edited takes the place of what was typed; where the editor failed, that stays.
    pub(super) fn edited(&mut self, result: Result<String, String>) -> Vec<Effect> {
        match result {
            Err(why) => self.toast(Tone::Bad, why),
            Ok(text) => {
                let mut edited = TextField::default();
                edited.paste_lines(&text);
                if let Some((field, true)) = self.field_in_focus()
                    && field.text() != edited.text()
                {
                    *field = edited;
                    self.typed();
                }
            }
        }
        self.poll_now()
    }

    /// The keys of a form that fills the screen. Ctrl-T goes from signing in to signing up and back, Esc back to the
    /// choice of a server.
    pub(super) fn entry_key(&mut self, key: Key) -> Vec<Effect> {
        if let Some(effects) = self.forgot(key) {
            return effects;
        }
        if let Some(effects) = self.wish_for_editor(key) {
            return effects;
        }
        let Screen::Entry(form) = &mut self.screen else { return Vec::new() };
        if key.is_ctrl('t') && form.sending.is_none() {
            let next = match form.kind {
                FormKind::SignIn => self.sign_up_form(),
                FormKind::SignUp => forms::sign_in(),
                _ => return Vec::new(),
            };
            self.screen = Screen::Entry(next);
            return Vec::new();
        }
        match press(form, key) {
            Pressed::Edited => Vec::new(),
            Pressed::Send => self.send_form(),
            Pressed::Close if form.sending.is_none() && form.kind == FormKind::SignUp && form.is_changed() => {
                self.ask_to_discard()
            }
            Pressed::Close => self.close_entry(),
        }
    }

    pub(super) fn close_entry(&mut self) -> Vec<Effect> {
        let Screen::Entry(form) = &mut self.screen else { return Vec::new() };
        if let Some(id) = form.sending.take() {
            self.waiting.remove(&id);
            return vec![Effect::Abandon(id)];
        }
        let next = match form.kind {
            FormKind::Connect if self.me.is_some() => Screen::Panes,
            FormKind::Connect => Screen::Welcome { choice: usize::from(!self.settings.can_launch), problem: None },
            _ if self.server.as_ref().is_some_and(|server| server.launched.is_some()) => {
                Screen::Welcome { choice: 0, problem: None }
            }
            _ => Screen::Entry(self.connect_form()),
        };
        self.screen = next;
        self.going = None;
        Vec::new()
    }

    /// The keys of a form over the panes.
    pub(super) fn form_key(&mut self, key: Key) -> Vec<Effect> {
        if let Some(effects) = self.forgot(key) {
            return effects;
        }
        if let Some(effects) = self.people_key(key) {
            return effects;
        }
        if let Some(effects) = self.wish_for_editor(key) {
            return effects;
        }
        let Some(Overlay::Form(form)) = self.overlays.last_mut() else { return Vec::new() };
        let before = known::Deciding::of(form);
        match press(form, key) {
            Pressed::Edited => self.form_edited(&before),
            Pressed::Send => self.send_form(),
            Pressed::Close => self.close_form(),
        }
    }

    /// Closes the form, with a question where something would be lost.
    fn close_form(&mut self) -> Vec<Effect> {
        let Some(Overlay::Form(form)) = self.overlays.last_mut() else { return Vec::new() };
        if let Some(id) = form.sending.take() {
            form.refused =
                Some("Stopped waiting. It may have been done all the same; sending again does it once.".to_owned());
            self.waiting.remove(&id);
            return vec![Effect::Abandon(id)];
        }
        // A word or two are typed again faster than a question is answered.
        let short = form.fields.len() == 1 || matches!(form.kind, FormKind::EditMany(_) | FormKind::NarrowTrail);
        let keep = form.is_changed() && !short && form.kind != FormKind::SignIn;
        if !keep {
            self.overlays.pop();
            return Vec::new();
        }
        self.ask_to_discard()
    }

    fn ask_to_discard(&mut self) -> Vec<Effect> {
        self.open(Overlay::Confirm(Confirm::new(
            "Close the form?",
            "What was typed is lost.",
            "close",
            vec![Deed::Discard],
        )));
        Vec::new()
    }

    /// Sends the topmost form, or marks what cannot be sent.
    fn send_form(&mut self) -> Vec<Effect> {
        let ((Some(Overlay::Form(form)), _) | (None, Screen::Entry(form))) = (self.overlays.last(), &self.screen)
        else {
            return Vec::new();
        };
        let mut form = form.clone();
        form.clear_errors();
        let effects = match self.read_form(&mut form) {
            read::Said::Request(request) if form.review.is_none() && self.review(&form, &request).is_some() => {
                form.review = self.review(&form, &request);
                form.known.scroll = 0;
                self.foretell(&request, &mut form.review)
            }
            read::Said::Request(request) => {
                if form.attempt == 0 {
                    form.attempt = self.fresh();
                }
                let (id, effect) = self.ask_again(form.attempt, Purpose::Form, *request);
                form.sending = Some(id);
                vec![effect]
            }
            read::Said::Server(origin) => {
                return vec![self.go_and_find(origin)];
            }
            read::Said::Look(pasted) => {
                self.overlays.pop();
                return self.look_at(pasted);
            }
            read::Said::Narrow(filter) => {
                self.overlays.pop();
                return self.narrow_trail(*filter);
            }
            read::Said::Ask(question) => {
                self.put_back(form);
                self.open(Overlay::Confirm(*question));
                return Vec::new();
            }
            read::Said::Terms(terms) => {
                self.overlays.pop();
                if let Some(Overlay::Bulk(bulk)) = self.overlays.last_mut() {
                    bulk.terms = *terms;
                    bulk.forget_answers();
                }
                self.bulk_scroll();
                return Vec::new();
            }
            read::Said::Save(path) => {
                self.put_back(form);
                let table = self.bulk().map(super::super::model::Bulk::table);
                return table.map(|table| Effect::Save { path, table: Table(table) }).into_iter().collect();
            }
            read::Said::Nothing => {
                self.overlays.pop();
                return Vec::new();
            }
            // What is wrong is shown at its field.
            read::Said::Refused => {
                form.review = None;
                Vec::new()
            }
        };
        self.put_back(form);
        effects
    }

    fn put_back(&mut self, form: Form) {
        match self.overlays.last_mut() {
            Some(Overlay::Form(open)) => *open = form,
            _ => self.screen = Screen::Entry(form),
        }
        self.dirty = true;
    }

    /// Opens the form that an action stands for.
    pub(super) fn open_form(&mut self, action: Action) -> Vec<Effect> {
        let form = match action {
            Action::NewBand => Some(forms::new_band()),
            Action::Accept => Some(forms::accept()),
            Action::EditBand => self.chosen_band().map(forms::edit_band),
            Action::NewInvite => self.new_invite_form(),
            Action::EditInvite => self
                .chosen_invite()
                .zip(self.chosen_band())
                .map(|(invite, band)| forms::edit_invite(invite, band, &self.settings.zone)),
            Action::EditMember => self
                .members
                .list
                .selected()
                .zip(self.chosen_band())
                .map(|(member, band)| forms::edit_member(member, band)),
            _ => None,
        };
        form.map_or_else(Vec::new, |form| self.show_form(form))
    }

    /// Opens a form; the policy that it shows a default of is asked for where it is not known.
    pub(super) fn show_form(&mut self, form: Form) -> Vec<Effect> {
        let unknown = form.kind.under_policy_of().filter(|_| self.chosen_band().is_some_and(|b| b.policy.is_none()));
        let mut effects = self.ask_for_known(&form);
        self.open(Overlay::Form(form));
        effects.extend(unknown.map(|band| self.ask(Purpose::Policy(band), Request::Band(band)).1));
        effects
    }

    /// The form of a new invite; in the campaign that is shown alone, where one is.
    fn new_invite_form(&self) -> Option<Form> {
        let mut form = forms::new_invite(self.chosen_band()?, self.sends_mail());
        let own = |id: &CampaignId| self.band.is_none_or(|band| *id != CampaignId::default_of(band));
        if let Some((id, name)) = self.invites.campaign.as_ref().filter(|(id, _)| own(id)) {
            form.offer("campaign_id", [(id.to_string().into(), name.clone().into())]);
            form.opens_in(*id);
        }
        Some(form)
    }

    /// A band's policy has come: a form for something new shows its default, where nothing else was typed.
    pub(super) fn policy_known(&mut self, id: BandId, band: Band) {
        self.bands.list.change(id, |held| held.policy = band.policy);
        let band = self.bands.list.rows().find(|band| band.id == id);
        let text = forms::default_expiry(band.and_then(forms::policy_default));
        for overlay in &mut self.overlays {
            if let Overlay::Form(form) = overlay
                && form.kind.under_policy_of() == Some(id)
                && form.sending.is_none()
                && form.review.is_none()
            {
                form.known.life.clone_from(&text);
                let line =
                    if form.fields.iter().any(|field| field.name == "ttl_hours") { "ttl_hours" } else { "expires_at" };
                // A template or a campaign that is chosen says it already.
                if form.template().is_none() && form.campaign().is_none() {
                    form.begin_with(line, &text);
                }
            }
        }
    }

    /// A decline was chosen: why, and whether further ones are welcome.
    pub(super) fn open_decline(&mut self, which: FormKind, band: &str) {
        self.open(Overlay::Form(forms::decline(which, band)));
    }
}

/// What a key does to a form. Enter goes on to a field, and sends where there is none to go to.
fn press(form: &mut Form, key: Key) -> Pressed {
    if form.review.is_some() && form.sending.is_none() {
        match key.as_char() {
            Some('y') => return Pressed::Send,
            _ if key.is("esc") || key.as_char() == Some('n') => form.review = None,
            _ => {}
        }
        return Pressed::Edited;
    }
    if key.is("esc") {
        return Pressed::Close;
    }
    if form.sending.is_some() {
        return Pressed::Edited;
    }
    let count = form.fields.len();
    let several = matches!(form.fields.get(form.focus).map(|field| &field.input), Some(Input::Lines(_)));
    if key.is_ctrl('s') || key.is("enter") && !several {
        if let Some(next) = form.enter_leads_to().filter(|_| key.is("enter")) {
            form.focus = next;
            return Pressed::Edited;
        }
        return Pressed::Send;
    }
    if key.is("tab") || key.is("shift-tab") {
        form.focus = (form.focus + if key.is("tab") { 1 } else { count - 1 }) % count;
        return Pressed::Edited;
    }
    if key.is("down") || key.is("up") {
        let down = key.is("down");
        let inside = several
            && form.focused().and_then(super::super::model::FormField::text_mut).is_some_and(|t| t.vertical(down));
        if !inside {
            form.focus = (form.focus + if down { 1 } else { count - 1 }) % count;
        }
        return Pressed::Edited;
    }
    let Some(field) = form.focused() else { return Pressed::Edited };
    let edited = match &mut field.input {
        Input::Choice { options, selected } => {
            let step = if key.is("left") { options.len() - 1 } else { usize::from(key.is("right") || key.is("space")) };
            // A letter leads to the next word that begins with it.
            let letter = key.as_char().filter(|c| c.is_alphanumeric());
            let begins = |at: &usize| {
                let first = options[at % options.len()].1.chars().next();
                letter.is_some_and(|letter| first.is_some_and(|first| letter.to_lowercase().eq(first.to_lowercase())))
            };
            let to = (*selected + 1..*selected + options.len()).find(begins).unwrap_or(*selected + step);
            let changes = to % options.len() != *selected;
            *selected = to % options.len();
            changes
        }
        Input::Lines(text) if key.is("enter") => text.insert("\n"),
        Input::Line(text) | Input::Secret(text) | Input::Lines(text) => text.edit(key),
    };
    if edited {
        form.changed();
    }
    Pressed::Edited
}
