//! Forms: named fields, one of them in focus. A form lives until it is sent and accepted, or closed by its owner; an
//! error never takes away what was typed.

use std::borrow::Cow;

use crate::domain::{AccountId, BandId, CampaignId, InviteId, Pasted, TemplateId};

use super::{Chosen, Known, RequestId, TextField};

/// What a form is for.
#[derive(Debug, Clone, PartialEq)]
pub enum FormKind {
    /// The address of a server.
    Connect,
    /// User name or address, and password.
    SignIn,
    /// A new account.
    SignUp,
    /// A new band.
    NewBand,
    /// The settings of a band.
    EditBand(BandId),
    /// A new invite to a band.
    NewInvite(BandId),
    /// A pending invite.
    EditInvite(InviteId),
    /// Several pending invites.
    EditMany(Chosen),
    /// A new campaign of a band.
    NewCampaign(BandId),
    /// A campaign, with so many pending invites.
    EditCampaign(CampaignId, u64),
    /// A new batch of codes to a band, or to none.
    NewCodes(Option<BandId>),
    /// The file for a batch of codes: cards to print, or else a table.
    SaveCodes(CampaignId, bool),
    /// A new template of a band.
    NewTemplate(BandId),
    /// A template of a band.
    EditTemplate(TemplateId, BandId),
    /// A member's role and right to invite.
    EditMember(BandId, AccountId),
    /// A link, token or code to accept.
    Accept,
    /// Why a pasted invite is declined.
    Decline(Pasted),
    /// Why one that waits in the inbox is declined.
    DeclineWaiting(InviteId),
    /// The code that was mailed to the own address.
    Verify,
    /// What the audit trail is narrowed to.
    NarrowTrail,
    /// The file that it is written to.
    ExportTrail,
    /// What the invites of a list of people have in common.
    BulkTerms(BandId),
    /// Where a list of people is written.
    BulkSave,
    /// How many invites somebody may make.
    SetQuota,
}

impl FormKind {
    /// The band whose policy says how long what is made lives, where the form shows that.
    pub const fn under_policy_of(&self) -> Option<BandId> {
        match self {
            Self::NewInvite(band) | Self::NewCampaign(band) | Self::NewTemplate(band) | Self::NewCodes(Some(band)) => {
                Some(*band)
            }
            _ => None,
        }
    }
}

/// A word of a choice: as it stands on the wire, and as people read it.
pub type Word = (Cow<'static, str>, Cow<'static, str>);

/// One line to fill in.
#[derive(Debug, Clone, PartialEq)]
pub struct FormField {
    /// The field's name on the wire, which refusals name too.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What may stand there, shown while the field is in focus.
    pub hint: &'static str,
    /// What stands there.
    pub input: Input,
    /// Why it was refused.
    pub error: Option<String>,
    /// What stood there when the form was opened.
    pub initial: String,
}

/// What a field takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// One line.
    Line(TextField),
    /// One line that is shown as dots.
    Secret(TextField),
    /// Several lines.
    Lines(TextField),
    /// One of a few words.
    Choice {
        /// The words.
        options: Vec<Word>,
        /// Which is chosen.
        selected: usize,
    },
}

/// A form.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// What it is for.
    pub kind: FormKind,
    /// Its title.
    pub title: String,
    /// What the key that sends it does, as a verb: "create", "sign in".
    pub verb: &'static str,
    /// The fields, at least one.
    pub fields: Vec<FormField>,
    /// Which field has the focus.
    pub focus: usize,
    /// The request that carries it, while it is on its way.
    pub sending: Option<RequestId>,
    /// Names the attempt: the same until the content changes, so that sending again has no second effect.
    pub attempt: u64,
    /// Why the whole was refused, and what to do.
    pub refused: Option<String>,
    /// What sending it will do, while that is read and said yes to.
    pub review: Option<String>,
    /// What is known beside what is typed.
    pub known: Box<Known>,
}

impl FormField {
    fn new(name: &'static str, label: &'static str, hint: &'static str, input: Input) -> Self {
        let mut field = Self { name, label, hint, input, error: None, initial: String::new() };
        field.initial = field.value().to_owned();
        field
    }

    /// Whether something else stands there than when the form was opened.
    pub fn is_changed(&self) -> bool {
        self.value() != self.initial
    }

    /// A line that holds `text`.
    pub fn line(name: &'static str, label: &'static str, hint: &'static str, text: &str) -> Self {
        Self::new(name, label, hint, Input::Line(TextField::new(text)))
    }

    /// An empty line that is shown as dots.
    pub fn secret(name: &'static str, label: &'static str, hint: &'static str) -> Self {
        Self::new(name, label, hint, Input::Secret(TextField::default()))
    }

    /// Several lines that hold `text`.
    pub fn lines(name: &'static str, label: &'static str, hint: &'static str, text: &str) -> Self {
        Self::new(name, label, hint, Input::Lines(TextField::new(text)))
    }

    /// A choice of words (wire, people), `chosen` by its wire word.
    pub fn choice(
        name: &'static str,
        label: &'static str,
        hint: &'static str,
        options: &[(&'static str, &'static str)],
        chosen: &str,
    ) -> Self {
        let selected = options.iter().position(|(word, _)| *word == chosen).unwrap_or(0);
        let options = options.iter().map(|&(word, read)| (word.into(), read.into())).collect();
        Self::new(name, label, hint, Input::Choice { options, selected })
    }

    /// Chooses what is not among the words, and adds it to them.
    pub fn choose_unknown(&mut self, word: String, read: &'static str) {
        if let Input::Choice { options, selected } = &mut self.input {
            *selected = options.len();
            self.initial.clone_from(&word);
            options.push((word.into(), read.into()));
        }
    }

    /// The text, or the chosen word as it stands on the wire.
    pub fn value(&self) -> &str {
        match &self.input {
            Input::Line(field) | Input::Secret(field) | Input::Lines(field) => field.text(),
            Input::Choice { options, selected } => options.get(*selected).map_or("", |(word, _)| word),
        }
    }

    /// The text being edited, `None` for a choice.
    pub fn text_mut(&mut self) -> Option<&mut TextField> {
        match &mut self.input {
            Input::Line(field) | Input::Secret(field) | Input::Lines(field) => Some(field),
            Input::Choice { .. } => None,
        }
    }
}

impl Form {
    /// A form with the first field in focus.
    pub fn new(kind: FormKind, title: impl Into<String>, verb: &'static str, fields: Vec<FormField>) -> Self {
        Self {
            kind,
            title: title.into(),
            verb,
            fields,
            focus: 0,
            sending: None,
            attempt: 0,
            refused: None,
            review: None,
            known: Box::default(),
        }
    }

    /// What stands in the field of this name; empty where there is none.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|field| field.name == name).map_or("", FormField::value)
    }

    /// What is chosen in a field, as people read it; empty for a field that is typed.
    pub fn word(&self, name: &str) -> &str {
        match self.fields.iter().find(|field| field.name == name).map(|field| &field.input) {
            Some(Input::Choice { options, selected }) => options.get(*selected).map_or("", |(_, word)| word),
            _ => "",
        }
    }

    /// The trimmed text of a field that may be left empty.
    pub fn optional(&self, name: &str) -> Option<String> {
        let text = self.value(name).trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The text of a field if it was changed since the form was opened: what an edit sends.
    pub fn change(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name && field.is_changed()).map(FormField::value)
    }

    /// Whether something was changed since the form was opened.
    pub fn is_changed(&self) -> bool {
        self.fields.iter().any(FormField::is_changed)
    }

    /// The field in focus.
    pub fn focused(&mut self) -> Option<&mut FormField> {
        self.fields.get_mut(self.focus)
    }

    /// The field that Enter goes on to from the one in focus: the next that has to be filled in, and in a form for a new
    /// account the one right behind as well, if it is empty. Where there is none, Enter sends the form.
    pub fn enter_leads_to(&self) -> Option<usize> {
        let next = self.focus + 1;
        let empty = |at: usize| self.fields.get(at).is_some_and(|field| field.value().trim().is_empty());
        if self.kind == FormKind::SignUp && empty(next) {
            return Some(next);
        }
        (next..self.fields.len()).find(|&at| empty(at) && self.is_required(self.fields[at].name))
    }

    fn is_required(&self, name: &str) -> bool {
        match self.kind {
            FormKind::SignUp => name != "display_name",
            FormKind::SignIn
            | FormKind::Connect
            | FormKind::Accept
            | FormKind::Verify
            | FormKind::ExportTrail
            | FormKind::SetQuota => true,
            _ => name == "name",
        }
    }

    /// Marks a field as refused and moves the focus to the first that is; returns false where no field has that name.
    pub fn refuse(&mut self, name: &str, why: impl Into<String>) -> bool {
        // A refusal of the wire may name a place inside a field: `rows[3].email`.
        let Some(field) = self.fields.iter_mut().find(|field| field.name == name) else { return false };
        field.error = Some(why.into());
        if let Some(first) = self.fields.iter().position(|field| field.error.is_some()) {
            self.focus = first;
        }
        true
    }

    /// Puts a text into a field.
    pub fn fill(&mut self, name: &str, text: &str) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name).and_then(FormField::text_mut) {
            *field = TextField::new(text);
        }
    }

    /// What a field begins with is known only now; something typed meanwhile stays.
    pub fn begin_with(&mut self, name: &str, text: &str) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name && !field.is_changed()) {
            match &mut field.input {
                Input::Line(held) | Input::Secret(held) | Input::Lines(held) => *held = TextField::new(text),
                Input::Choice { options, selected } => match options.iter().position(|(word, _)| word == text) {
                    Some(at) => *selected = at,
                    None => return,
                },
            }
            text.clone_into(&mut field.initial);
        }
    }

    /// Something was typed: the old refusal of the field no longer holds, and sending is another attempt.
    pub fn changed(&mut self) {
        self.attempt = 0;
        self.refused = None;
        if let Some(field) = self.focused() {
            field.error = None;
        }
    }

    /// Forgets earlier refusals, before it is looked at again.
    pub fn clear_errors(&mut self) {
        self.refused = None;
        for field in &mut self.fields {
            field.error = None;
        }
    }
}
