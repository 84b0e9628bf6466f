//! The forms of the page behind a link: one for who has an account, one for who has none, one to decline.

use serde::Deserialize;

use crate::{
    api::{Block, Code, FieldError, Preview, Problem},
    domain::{Kind, Registration},
    server::web::form::{Button, Choice, Form, Input},
};

/// What a form's button wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Act {
    /// Come in with an account.
    Join,
    /// Make an account and come in.
    Register,
    /// Have another code mailed.
    Code,
    /// Say no for good.
    Decline,
}

/// What was typed. Nothing of it is checked here: the API does that.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Filled {
    pub(super) act: Option<Act>,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) email: String,
    pub(super) display_name: String,
    code: String,
    pub(super) reason: String,
    block: String,
}

impl Filled {
    /// The code of a mail, where one was typed.
    pub(super) fn code(&self) -> Option<&str> {
        Some(self.code.trim()).filter(|code| !code.is_empty())
    }

    /// Whose further invites are unwelcome.
    pub(super) fn block(&self) -> Option<Block> {
        self.block.parse().ok()
    }

    /// What of a form for an account goes into the one for whoever has an account.
    pub(super) fn known(&self) -> Self {
        Self { act: Some(Act::Join), username: self.username.clone(), ..Self::default() }
    }

    /// What was typed into the form of this act, of which there is nothing where another was sent.
    fn of(&self, act: Act) -> Option<&Self> {
        (self.act == Some(act)).then_some(self)
    }
}

/// Whether somebody without an account can make one here.
pub(super) fn registers(preview: &Preview) -> bool {
    preview.registers() && preview.kind != Kind::User
}

/// What an invite lets its reader do, with what was typed before and what was refused of it.
pub(super) fn forms(preview: &Preview, filled: &Filled, errors: &[FieldError]) -> Vec<Form> {
    let joins = preview.band.is_some();
    let mut forms = Vec::new();
    if joins {
        forms.push(join(filled.of(Act::Join), preview.registration == Registration::Closed));
    }
    if registers(preview) {
        forms.push(register(filled.of(Act::Register), joins));
    }
    if joins && (preview.declinable || filled.act == Some(Act::Decline)) {
        forms.push(decline(filled.of(Act::Decline)));
    }
    let sent = match filled.act {
        Some(Act::Register) => "register",
        Some(Act::Decline) => "decline",
        _ => "join",
    };
    let refusing = |form: Form| if form.name == sent { form.refusing(errors) } else { form };
    forms.into_iter().map(refusing).collect()
}

fn join(filled: Option<&Filled>, is_closed: bool) -> Form {
    let typed = filled.map_or("", |filled| &filled.username);
    let about = if is_closed { "No new accounts are made here: it takes one that you have already." } else { "" };
    let buttons = vec![Button::new("join", "Join with my account")];
    Form { name: "join", heading: "Join with your account", about: about.to_owned(), buttons, ..Form::default() }
        .asking([Input::username(typed), Input::password()])
}

fn register(filled: Option<&Filled>, joins: bool) -> Form {
    let nothing = Filled::default();
    let Filled { username, email, display_name, .. } = filled.unwrap_or(&nothing);
    let (heading, button) = if joins {
        ("New here? Make an account", "Make an account and join")
    } else {
        ("Make an account", "Make an account")
    };
    Form { name: "register", heading, buttons: vec![Button::new("register", button)], ..Form::default() }.asking([
        Input::username(username),
        Input::new_password(),
        Input::email(email),
        Input::optional("display_name", "Name to be called by, if it is another", "name", 200, display_name),
    ])
}

fn decline(filled: Option<&Filled>) -> Form {
    let nothing = Filled::default();
    let typed = filled.unwrap_or(&nothing);
    let chosen = typed.block().map_or("", Block::as_str);
    let blocks = [
        ("", "are welcome"),
        (Block::Inviter.as_str(), "from this person are not welcome"),
        (Block::Band.as_str(), "to this band are not welcome"),
        (Block::Server.as_str(), "from this server are not welcome"),
    ];
    let choices = blocks.into_iter().map(|(word, label)| Choice { word, label, is_chosen: word == chosen });
    Form {
        name: "decline",
        heading: "Rather not?",
        about: "An invite that nobody answers ends by itself. To decline it for good, say so with your account."
            .to_owned(),
        choices: choices.collect(),
        buttons: vec![Button { is_other: true, ..Button::new("decline", "Decline") }],
        folded: true,
        is_open: filled.is_some(),
        ..Form::default()
    }
    .asking([
        Input::username(&typed.username),
        Input::password(),
        Input::optional("reason", "Reason, if you like", "off", 1_000, &typed.reason),
    ])
}

/// The form of an invite that waits for the code of a mail: it shows that the address is whom the invite is for.
pub(super) fn verify(filled: &Filled, errors: &[FieldError]) -> Form {
    let buttons = vec![Button::new("join", "Verify and join"), Button::beside("code", "Mail me a new code")];
    Form { name: "verify", heading: "Verify your address and join", buttons, ..Form::default() }
        .asking([Input::username(&filled.username), Input::code(filled.code().unwrap_or_default()), Input::password()])
        .refusing(errors)
}

/// The refused fields of a problem, as the forms call them.
pub(super) fn refused(problem: &Problem, act: Option<Act>) -> Vec<FieldError> {
    let field = |field: &str, message: &str| vec![FieldError { field: field.to_owned(), message: message.to_owned() }];
    match problem.code {
        Code::UsernameTaken => field("username", "is taken; choose another"),
        Code::EmailTaken => field("email", "belongs to an account: join with that one, or use another address"),
        Code::WrongRecipient if act == Some(Act::Register) => field("email", "is not the one that this invite is for"),
        _ => problem.errors.clone(),
    }
}
