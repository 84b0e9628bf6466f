//! The form of the page behind a link: what was typed, and how it is shown again.

use serde::Deserialize;

use crate::api::{Block, Code, FieldError, Preview, Problem};
use crate::domain::{Kind, Registration};

/// What a form's button wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Act {
    /// Come in with an account.
    Join,
    /// Make an account and come in.
    Register,
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
}

/// An input with its label, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) media: &'static str,
    pub(super) complete: &'static str,
    pub(super) most: usize,
    pub(super) is_needed: bool,
    pub(super) value: String,
    pub(super) error: String,
}

/// A choice of whose further invites are unwelcome.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) word: &'static str,
    pub(super) label: &'static str,
    pub(super) is_chosen: bool,
}

/// The form as it is shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) heading: &'static str,
    pub(super) sign_in: Vec<Input>,
    pub(super) joins: bool,
    pub(super) join: &'static str,
    pub(super) newcomer: Vec<Input>,
    pub(super) new_here: &'static str,
    pub(super) register: &'static str,
    pub(super) decline: Vec<Input>,
    pub(super) is_declining: bool,
    pub(super) blocks: Vec<Choice>,
}

impl Shown {
    /// The form for an invite, with what was typed and what was refused of it. With `asks_code` only who has an account goes
    /// on, with the code of a mail.
    pub(super) fn new(preview: &Preview, filled: &Filled, errors: &[FieldError], asks_code: bool) -> Self {
        let input = |name, label, media, complete, most, value: &str| Input {
            name,
            label,
            media,
            complete,
            most,
            is_needed: matches!(name, "username" | "password" | "code"),
            value: value.to_owned(),
            error: errors
                .iter()
                .find(|error| error.field == name)
                .map_or_else(String::new, |error| error.message.clone()),
        };
        let mut sign_in = vec![input("username", "User name", "text", "username", 254, &filled.username)];
        if asks_code {
            sign_in.push(input("code", "Code", "text", "one-time-code", 40, ""));
        }
        // What was typed into it is not sent back.
        sign_in.push(input("password", "Password", "password", "current-password", 128, ""));
        let joins = preview.band.is_some();
        let registers = !asks_code && preview.registration != Registration::Closed && preview.kind != Kind::User;
        let newcomer = if registers {
            vec![
                input("email", "E-mail address", "email", "email", 254, &filled.email),
                input(
                    "display_name",
                    "Name to be called by, if it is another",
                    "text",
                    "name",
                    200,
                    &filled.display_name,
                ),
            ]
        } else {
            Vec::new()
        };
        let declines = joins && !asks_code && (preview.declinable || filled.act == Some(Act::Decline));
        let decline = if declines {
            vec![input("reason", "Reason, if you like", "text", "off", 1_000, &filled.reason)]
        } else {
            Vec::new()
        };
        let chosen = filled.block();
        let blocks = [
            ("", "are welcome"),
            (Block::Inviter.as_str(), "from this person are not welcome"),
            (Block::Band.as_str(), "to this band are not welcome"),
            (Block::Server.as_str(), "from this server are not welcome"),
        ];
        Self {
            heading: match (asks_code, joins) {
                (true, _) => "Verify your address and join",
                (false, true) => "Join",
                (false, false) => "Make an account",
            },
            sign_in,
            joins,
            join: if asks_code { "Verify and join" } else { "Join with my account" },
            newcomer,
            new_here: if joins { "Choose a name and a password above, and add:" } else { "Add to name and password:" },
            register: if joins { "Make an account and join" } else { "Make an account" },
            decline,
            is_declining: filled.act == Some(Act::Decline),
            blocks: blocks
                .into_iter()
                .map(|(word, label)| Choice { word, label, is_chosen: word == chosen.map_or("", Block::as_str) })
                .collect(),
        }
    }

    /// Every input, in the order of the page.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.sign_in.iter().chain(&self.newcomer).chain(&self.decline)
    }
}

/// The refused fields of a problem, as the form calls them.
pub(super) fn refused(problem: &Problem) -> Vec<FieldError> {
    let taken =
        |field: &str| vec![FieldError { field: field.to_owned(), message: "is taken; choose another".to_owned() }];
    match problem.code {
        Code::UsernameTaken => taken("username"),
        Code::EmailTaken => taken("email"),
        _ => problem.errors.clone(),
    }
}
