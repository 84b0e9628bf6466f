//! A form as a page shows it: what it asks for, and what its buttons do.

use crate::api::FieldError;

/// A form of its own, so that the Enter key in one of its inputs presses its own first button.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// What its inputs' ids begin with: a page can have several that ask for the same.
    pub(super) name: &'static str,
    pub(super) heading: &'static str,
    pub(super) about: String,
    /// Where it leads; the page's own address where it is empty.
    pub(super) action: &'static str,
    pub(super) inputs: Vec<Input>,
    pub(super) choices: Vec<Choice>,
    pub(super) buttons: Vec<Button>,
    /// Whether it is folded away under its heading, and whether it is unfolded at first.
    pub(super) folded: bool,
    pub(super) is_open: bool,
}

/// An input with its label, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// The name of the form that it is in.
    form: &'static str,
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) media: &'static str,
    pub(super) complete: &'static str,
    pub(super) most: usize,
    pub(super) is_needed: bool,
    pub(super) value: String,
    pub(super) error: String,
}

/// A choice of one of several.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) word: &'static str,
    pub(super) label: &'static str,
    pub(super) is_chosen: bool,
}

/// What can be done with what was typed.
#[derive(Debug)]
pub(super) struct Button {
    pub(super) act: &'static str,
    pub(super) label: &'static str,
    /// Whether it works without all that the form asks for.
    pub(super) takes_less: bool,
    /// Whether it is not what most come for, and looks so.
    pub(super) is_other: bool,
}

impl Button {
    /// One that needs all that the form asks for.
    pub(super) fn new(act: &'static str, label: &'static str) -> Self {
        Self { act, label, takes_less: false, is_other: false }
    }

    /// Another thing to do beside what the form is for, which works without all that it asks for.
    pub(super) fn beside(act: &'static str, label: &'static str) -> Self {
        Self { takes_less: true, is_other: true, ..Self::new(act, label) }
    }
}

impl Input {
    /// A user name, with what was typed as it.
    pub(super) fn username(typed: &str) -> Self {
        Self { value: typed.to_owned(), ..needed("username", "User name", "username", 254) }
    }

    /// By what an account is known: its user name or its address.
    pub(super) fn login(typed: &str) -> Self {
        Self { label: "User name or e-mail address", ..Self::username(typed) }
    }

    /// The password of an account that there is. What was typed is never sent back.
    pub(super) fn password() -> Self {
        Self { media: "password", ..needed("password", "Password", "current-password", 128) }
    }

    /// The password of an account that is to be made.
    pub(super) fn new_password() -> Self {
        Self { hint: "8 characters or more", complete: "new-password", ..Self::password() }
    }

    /// The code of a mail.
    pub(super) fn code(typed: &str) -> Self {
        let hint = "It is in the mail, and works for a while";
        Self { hint, value: typed.to_owned(), ..needed("code", "Code", "one-time-code", 40) }
    }

    /// An address for mail.
    pub(super) fn email(typed: &str) -> Self {
        Self { media: "email", value: typed.to_owned(), ..needed("email", "E-mail address", "email", 254) }
    }

    /// A name or a sentence that can be left out.
    pub(super) fn optional(
        name: &'static str,
        label: &'static str,
        complete: &'static str,
        most: usize,
        typed: &str,
    ) -> Self {
        Self { is_needed: false, value: typed.to_owned(), ..needed(name, label, complete, most) }
    }

    /// What it is known by on its page.
    pub(super) fn id(&self) -> String {
        format!("{}-{}", self.form, self.name)
    }

    /// The ids of what is said about it.
    pub(super) fn described_by(&self) -> Option<String> {
        let id = self.id();
        match (self.hint.is_empty(), self.error.is_empty()) {
            (true, true) => None,
            (false, true) => Some(format!("{id}-hint")),
            (true, false) => Some(format!("{id}-error")),
            (false, false) => Some(format!("{id}-hint {id}-error")),
        }
    }
}

fn needed(name: &'static str, label: &'static str, complete: &'static str, most: usize) -> Input {
    Input { name, label, media: "text", complete, most, is_needed: true, ..Input::default() }
}

impl Form {
    /// Puts inputs into it.
    pub(super) fn asking(mut self, inputs: impl IntoIterator<Item = Input>) -> Self {
        let form = self.name;
        self.inputs.extend(inputs.into_iter().map(|input| Input { form, ..input }));
        self
    }

    /// Says at its inputs what was refused of them.
    pub(super) fn refusing(mut self, errors: &[FieldError]) -> Self {
        for error in errors {
            if let Some(input) = self.inputs.iter_mut().find(|input| input.name == error.field) {
                input.error.clone_from(&error.message);
            }
        }
        self
    }
}
