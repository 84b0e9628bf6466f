//! What the page behind a link says.

use askama::Template;

use crate::{
    api::{Accepted, Code, Outcome, Preview, Problem, Registered},
    domain::{Kind, Role},
    server::web::{STYLE, qr},
};

use super::{
    Done, Visit,
    form::{Filled, Shown, refused},
};

/// A page, but for the site's name.
#[derive(Debug, Default)]
pub(super) struct Page {
    title: String,
    refusal: Option<Refusal>,
    text: Vec<String>,
    message: Vec<String>,
    facts: Vec<(&'static str, String)>,
    /// Where the event is as a calendar file.
    calendar: Option<String>,
    form: Option<Shown>,
    other: Option<Other>,
}

/// Why nothing was done, and which fields it is about: the input's name, its label, and what is allowed.
#[derive(Debug)]
struct Refusal {
    text: String,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    name: &'static str,
    label: &'static str,
    error: String,
}

/// The other way in.
#[derive(Debug)]
struct Other {
    heading: &'static str,
    command: String,
    qr: Option<String>,
}

#[derive(Template)]
#[template(path = "invite.html")]
pub(super) struct Html<'a> {
    style: &'a str,
    site: &'a str,
    title: &'a str,
    refusal: Option<&'a Refusal>,
    text: &'a [String],
    message: &'a [String],
    facts: &'a [(&'static str, String)],
    calendar: Option<&'a str>,
    form: Option<&'a Shown>,
    other: Option<&'a Other>,
}

impl Page {
    /// The page of a site by this name, to be written.
    pub(super) fn html<'a>(&'a self, site: &'a str) -> Html<'a> {
        Html {
            style: STYLE,
            site,
            title: &self.title,
            refusal: self.refusal.as_ref(),
            text: &self.text,
            message: &self.message,
            facts: &self.facts,
            calendar: self.calendar.as_deref(),
            form: self.form.as_ref(),
            other: self.other.as_ref(),
        }
    }

    fn plain(title: &str, text: &[&str]) -> Self {
        let text = text.iter().map(|&line| line.to_owned()).collect();
        Self { title: title.to_owned(), text, ..Self::default() }
    }

    /// Nothing is behind the link, as far as anyone is told.
    pub(super) fn unknown() -> Self {
        let text = "No invite has this link. It may not be whole, or its invite got a new one: look at where you found \
                    it, or ask whoever sent it for a new link.";
        Self::plain("There is nothing here", &[text])
    }

    /// The form was sent from elsewhere.
    pub(super) fn foreign() -> Self {
        let text = "This was sent by another site, so nothing was done. Open the link of your invite yourself.";
        Self::plain("Nothing was done", &[text])
    }

    /// The form cannot be read.
    pub(super) fn unreadable() -> Self {
        let text = "The form did not arrive whole, so nothing was done. Open the link of your invite once more.";
        Self::plain("Nothing was done", &[text])
    }

    /// What the invite offers, and the form, where `problem` says why it was refused before.
    pub(super) fn offer(visit: &Visit<'_>, filled: &Filled, problem: Option<&Problem>) -> Self {
        let preview = visit.preview;
        let asks_code = problem.is_some_and(|problem| problem.code == Code::EmailUnverified) || filled.code().is_some();
        let errors = problem.map(refused).unwrap_or_default();
        let form = Shown::new(preview, filled, &errors, asks_code);
        let refusal = problem.map(|problem| Refusal {
            text: said(problem, filled),
            fields: form
                .inputs()
                .filter(|input| !input.error.is_empty())
                .map(|input| Field { name: input.name, label: input.label, error: input.error.clone() })
                .collect(),
        });
        Self {
            title: title(preview),
            refusal,
            message: preview.message.iter().flat_map(|message| message.lines()).map(str::to_owned).collect(),
            facts: facts(visit),
            calendar: preview.event.as_ref().map(|_| format!("/api/v1/invites/{}/calendar.ics", visit.token.reveal())),
            form: Some(form),
            other: Some(Other {
                heading: "Another way in",
                command: format!("guestlist accept {}", visit.app.link(visit.token)),
                qr: qr::svg(&visit.app.link(visit.token)),
            }),
            ..Self::default()
        }
    }

    /// An invite that cannot be used any more, or not now.
    pub(super) fn ended(problem: &Problem) -> Self {
        let title = match problem.code {
            Code::InviteExpired => "This invite has expired",
            Code::InviteRevoked => "This invite was withdrawn",
            Code::InviteUsed => "This invite has been used",
            Code::InviteDeclined => "This invite was declined",
            Code::InviteCancelled => "This invite has ended",
            Code::RateLimited => "Too many tries",
            _ => "That did not work",
        };
        let mut page = Self::plain(title, &[&problem.detail]);
        if problem.status == 410 {
            page.facts.extend(problem.band.clone().map(|band| ("To", band)));
            page.facts.extend(problem.inviter.clone().map(|inviter| ("Invited by", inviter)));
            page.facts.extend(problem.contact.clone().map(|contact| ("Ask", contact)));
        }
        page
    }

    /// Somebody who is in already asked to come in.
    pub(super) fn already(band: &str, role: Role) -> Self {
        Self::plain(&format!("You are in {band} already"), &[&format!("Your role is {role}. Nothing has changed.")])
    }

    /// What was done.
    pub(super) fn done(visit: &Visit<'_>, filled: &Filled, done: &Done) -> Self {
        let page = match done {
            Done::Declined => {
                let inviter = &visit.preview.inviter.display_name;
                return Self::plain(
                    "You have declined",
                    &[&format!("{inviter} sees that you did. Nothing more is to do.")],
                );
            }
            Done::Came(Accepted { outcome, band, role, calendar }) => {
                Self { calendar: calendar.as_deref().map(inside), ..came(*outcome, &band.name, *role) }
            }
            Done::Made(made) => return Self::made(visit, filled, made),
        };
        Self { other: Some(terminal(visit)), ..page }
    }

    fn made(visit: &Visit<'_>, filled: &Filled, made: &Registered) -> Self {
        let preview = visit.preview;
        let (Some(band), Some(outcome)) = (&preview.band, made.outcome) else {
            let text = format!("Your user name is {}.", made.account.username);
            return Self { other: Some(terminal(visit)), ..Self::plain("Your account is made", &[&text]) };
        };
        let page = Self { calendar: made.calendar.as_deref().map(inside), ..came(outcome, &band.name, preview.role) };
        if outcome != Outcome::EmailUnverified {
            return Self { other: Some(terminal(visit)), ..page };
        }
        Self { form: Some(Shown::new(preview, filled, &[], true)), ..page }
    }
}

/// A calendar file as an address that holds all of it: by now the invite's own address may be used up.
fn inside(calendar: &str) -> String {
    let bytes = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, calendar);
    format!("data:text/calendar;charset=utf-8;base64,{bytes}")
}

fn came(outcome: Outcome, band: &str, role: Role) -> Page {
    match outcome {
        Outcome::Joined => {
            let role = if role == Role::Member { "a member".to_owned() } else { format!("an {role}") };
            Page::plain(&format!("You are in {band}"), &[&format!("You are {role} now.")])
        }
        Outcome::AlreadyMember => Page::already(band, role),
        Outcome::PendingApproval => Page::plain(
            "An admin has to agree",
            &[&format!("You have asked to join {band}. You are in as soon as an admin agrees; nothing more is to do.")],
        ),
        Outcome::EmailUnverified => Page::plain(
            "Your account is made",
            &[&format!(
                "This invite to {band} is for the address alone that it was sent to. A code was mailed to you: it shows \
                 that the address is yours."
            )],
        ),
    }
}

/// How to go on in a terminal.
fn terminal(visit: &Visit<'_>) -> Other {
    let command = format!("guestlist --server {}", visit.app.settings().public_url);
    Other { heading: "From here on", command, qr: None }
}

fn title(preview: &Preview) -> String {
    let inviter = &preview.inviter.display_name;
    match &preview.band {
        Some(band) => format!("{inviter} invites you to {}", band.name),
        None => format!("{inviter} invites you to make an account"),
    }
}

/// What was refused, as this page's reader can do something about it.
fn said(problem: &Problem, filled: &Filled) -> String {
    match problem.code {
        // The Enter key in any field is the first button.
        Code::InvalidCredentials if !filled.email.is_empty() => {
            format!("{} If you are new here, choose “Make an account and join”.", problem.detail)
        }
        Code::Validation => "Some of it is not as it should be. Nothing was done.".to_owned(),
        Code::EmailUnverified => {
            "This invite is for one address alone, and yours is not verified yet. A code was mailed to it: type it in \
             below."
                .to_owned()
        }
        _ => problem.detail.clone(),
    }
}

fn facts(visit: &Visit<'_>) -> Vec<(&'static str, String)> {
    let preview = visit.preview;
    let mut facts = Vec::new();
    if let Some(band) = &preview.band {
        facts.extend(band.description.clone().map(|text| ("About", text)));
        facts.push(("Members", band.members.to_string()));
        facts.push(("You come in as", preview.role.to_string()));
    }
    if let Some(event) = &preview.event {
        facts.push(("What", event.title.clone()));
        facts.push(("When", event.when()));
        facts.extend(event.place.clone().map(|place| ("Where", place)));
    }
    facts.push(("Invited by", preview.inviter.display_name.clone()));
    if let Some(recipient) = &preview.recipient {
        let whose = if preview.kind == Kind::Link { "Sent to" } else { "For" };
        facts.push((whose, recipient.clone()));
    }
    let end = preview
        .expires_at
        .map_or_else(|| "as long as it is not withdrawn".to_owned(), |end| end.in_words(visit.app.now()));
    facts.push(("It works for", end));
    match preview.uses_left {
        None => facts.push(("For", "anyone who has this link".to_owned())),
        Some(1) => {}
        Some(n) => facts.push(("Uses left", n.to_string())),
    }
    if preview.requires_approval {
        facts.push(("Approval", "an admin of the band has to agree".to_owned()));
    }
    if let Some(contact) = preview.band.as_ref().and_then(|band| band.contact.clone()) {
        facts.push(("Questions to", contact));
    }
    facts
}
