//! What the page behind a link says.

use crate::{
    api::{Accepted, Code, Outcome, Preview, Problem, Registered},
    domain::{Kind, Role},
    server::{
        App,
        web::{
            page::{Other, Page, Refusal, advice},
            qr, verify,
        },
    },
};

use super::{
    Done, Visit,
    form::{self, Act, Filled},
};

/// Nothing is behind the link, as far as anyone is told.
pub(super) fn unknown() -> Page {
    let text = "No invite has this link. It may not be whole, or its invite got a new one: look at where you found \
                it, or ask whoever sent it for a new link.";
    Page {
        link: Some(("/", "Type the code or the link of an invite")),
        ..Page::plain("There is nothing here", &[text])
    }
}

/// What the invite offers, and its forms, where `problem` says why one was refused before.
pub(super) fn offer(visit: &Visit<'_>, filled: &Filled, problem: Option<&Problem>) -> Page {
    let preview = visit.preview;
    let asks_code = problem.is_some_and(|problem| problem.code == Code::EmailUnverified)
        || filled.code().is_some()
        || filled.act == Some(Act::Code);
    let is_unknown = problem.is_some_and(|problem| problem.code == Code::InvalidCredentials);
    let errors = problem.map(|problem| form::refused(problem, filled.act)).unwrap_or_default();
    let forms = if asks_code { vec![form::verify(filled, &errors)] } else { form::forms(preview, filled, &errors) };
    Page {
        title: title(preview),
        refusal: problem.map(|problem| Refusal::new(said(problem, preview, filled), &errors, &forms)),
        message: preview.message.iter().flat_map(|message| message.lines()).map(str::to_owned).collect(),
        facts: facts(visit),
        calendar: preview.event.as_ref().map(|_| format!("/api/v1/invites/{}/calendar.ics", visit.token.reveal())),
        text: preview.held().into_iter().map(str::to_owned).collect(),
        forms,
        link: (is_unknown && visit.app.settings().mail.is_on()).then_some(("/reset", "Forgotten your password?")),
        other: Some(Other {
            qr: qr::svg(&visit.app.link(visit.token)),
            ..Other::new(visit.app, "Another way in", format!("guestlist accept {}", visit.app.link(visit.token)))
        }),
    }
}

/// No account can be made by an invite any more, but whoever made one by it comes in: with the name that was typed, perhaps.
pub(super) fn held(visit: &Visit<'_>, filled: &Filled) -> Page {
    let page = offer(visit, &filled.known(), None);
    let text = "No account was made this time. If yours was made by this invite before, join with it.".to_owned();
    Page { refusal: Some(Refusal::new(text, &[], &page.forms)), ..page }
}

/// An invite that cannot be used any more, or not now.
pub(super) fn ended(app: &App, problem: &Problem) -> Page {
    let title = match problem.code {
        Code::InviteExpired => "This invite has expired",
        Code::InviteRevoked => "This invite was withdrawn",
        Code::InviteUsed => "This invite has been used",
        Code::InviteDeclined => "This invite was declined",
        Code::InviteCancelled => "This invite has ended",
        Code::RateLimited => "Too many tries",
        _ => "That did not work",
    };
    let mut page = Page::plain(title, &[&problem.detail]);
    page.text.extend(advice(problem.code).map(str::to_owned));
    if problem.status == 410 {
        page.facts.extend(problem.band.clone().map(|band| ("To", band)));
        page.facts.extend(problem.inviter.clone().map(|inviter| ("Invited by", inviter)));
        page.facts.extend(problem.contact.clone().map(|contact| ("Ask", contact)));
    }
    // Most who open it again are those who came in by it.
    if problem.code == Code::InviteUsed {
        page.text.push("If it was you who used it, nothing more is to do.".to_owned());
        page.other = Some(Other::onward(app));
    }
    page
}

/// Somebody came in, was in before, or waits for an admin.
pub(super) fn entered(app: &App, accepted: &Accepted) -> Page {
    let Accepted { outcome, band, role, calendar } = accepted;
    let calendar = calendar.as_deref().map(inside);
    Page { calendar, other: Some(Other::onward(app)), ..came(*outcome, &band.name, *role) }
}

fn already(band: &str, role: Role) -> Page {
    Page::plain(&format!("You are in {band} already"), &[&format!("Your role is {role}. Nothing has changed.")])
}

/// What was done.
pub(super) fn done(visit: &Visit<'_>, filled: &Filled, done: &Done) -> Page {
    match done {
        Done::Declined => {
            let inviter = &visit.preview.inviter.display_name;
            Page::plain("You have declined", &[&format!("{inviter} sees that you did. Nothing more is to do.")])
        }
        Done::Mailed => {
            let mut page = offer(visit, filled, None);
            page.text.push("A new code is on its way to you; older ones work no more. Type it in below.".to_owned());
            page
        }
        Done::Came(accepted) => entered(visit.app, accepted),
        Done::Made(made) => self::made(visit, filled, made),
    }
}

fn made(visit: &Visit<'_>, filled: &Filled, made: &Registered) -> Page {
    let preview = visit.preview;
    let mut page = match (&preview.band, made.outcome) {
        (Some(band), Some(Outcome::EmailUnverified)) => {
            let text = format!(
                "This invite to {} is for one address alone. A code was mailed to {}: it shows that the address is \
                 yours. Type it in, and you are in. If none comes, have a new one mailed.",
                band.name, made.account.email
            );
            let forms = vec![form::verify(filled, &[])];
            return Page { forms, ..Page::plain("Your account is made", &[&text]) };
        }
        (Some(band), Some(outcome)) => {
            Page { calendar: made.calendar.as_deref().map(inside), ..came(outcome, &band.name, preview.role) }
        }
        _ => Page::plain("Your account is made", &[]),
    };
    page.text.push(format!("Your user name is {}.", made.account.username));
    if visit.app.settings().mail.is_on() && !made.account.email_verified {
        page.text.push(format!(
            "A code was mailed to {}. It shows that the address is yours: only then can you be mailed a way to a new \
             password, and be found by invites to the address. If none comes, have a new one mailed.",
            made.account.email
        ));
        page.forms.push(verify::form(&made.account.username, "", &[]));
    }
    Page { other: Some(Other::onward(visit.app)), ..page }
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
        Outcome::AlreadyMember => already(band, role),
        Outcome::PendingApproval => Page::plain(
            "An admin has to agree",
            &[&format!("You have asked to join {band}. You are in as soon as an admin agrees; nothing more is to do.")],
        ),
        Outcome::EmailUnverified => Page::plain(
            "Your address is not verified yet",
            &[&format!("This invite to {band} is for the address alone that it was sent to.")],
        ),
    }
}

fn title(preview: &Preview) -> String {
    let inviter = &preview.inviter.display_name;
    match &preview.band {
        Some(band) => format!("{inviter} invites you to {}", band.name),
        None => format!("{inviter} invites you to make an account"),
    }
}

/// What was refused, as this page's reader can do something about it.
fn said(problem: &Problem, preview: &Preview, filled: &Filled) -> String {
    let registers = form::registers(preview);
    match problem.code {
        Code::InvalidCredentials if filled.act == Some(Act::Join) && registers && filled.code().is_none() => {
            format!("{} If you have no account yet, make one below.", problem.detail)
        }
        Code::WrongRecipient => wrong_recipient(problem, preview, filled),
        Code::Validation => "Some of it is not as it should be. Nothing was done.".to_owned(),
        Code::EmailUnverified => {
            "This invite is for one address alone, and yours is not verified yet. Type in the code that was mailed to it; if \
             none came, have a new one mailed."
                .to_owned()
        }
        _ => problem.detail.clone(),
    }
}

/// Whom the invite is for instead, and what can be done about it.
fn wrong_recipient(problem: &Problem, preview: &Preview, filled: &Filled) -> String {
    let inviter = &preview.inviter.display_name;
    let Some(recipient) = &preview.recipient else { return problem.detail.clone() };
    match (filled.act, preview.kind) {
        (Some(Act::Register), _) => format!(
            "This invite is for {recipient} alone. Make the account with that address, or ask {inviter} for an invite \
             to the one that you typed. Nothing was done."
        ),
        (_, Kind::Email) => {
            let or_make = if form::registers(preview) { ", make one with it" } else { "" };
            format!(
                "This invite is for {recipient} alone, and the account you signed in with has another address. Use the \
                 account that has it{or_make}, or ask {inviter} for an invite of your own."
            )
        }
        (_, Kind::User) => format!(
            "This invite is for {recipient} alone. Join as that account, or ask {inviter} for an invite of your own."
        ),
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
        Some(0 | 1) => {}
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
