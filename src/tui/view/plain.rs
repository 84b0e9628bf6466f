//! The model in plain lines, for a screen reader: no boxes, no columns, no sequences. Each line says one thing, and reads
//! the same until that thing changes.

mod over;

use super::when;
use crate::{
    domain::{Kind, Standing, Status},
    tui::model::{Form, FormField, Input, List, Model, Overlay, Pane, Place, Row, Screen, ShownLink},
};

/// Where the person is and what stands there, a line each.
pub(in crate::tui) fn said(model: &Model) -> Vec<String> {
    let mut lines = around(model);
    lines.extend(match (model.overlays.last(), &model.screen) {
        (Some(Overlay::Form(form)), _) | (None, Screen::Entry(form)) => of_form(form),
        (Some(Overlay::Link(link)), _) => of_link(link),
        (Some(overlay), _) => over::of_overlay(model, overlay),
        (None, Screen::Welcome { problem, .. }) => problem
            .iter()
            .cloned()
            .chain(["Where are your bands? 1: on this machine. 2: on a server. Say 1 or 2.".to_owned()])
            .collect(),
        (None, Screen::Starting(what)) => vec![what.clone()],
        (None, Screen::Panes) => of_panes(model),
    });
    // A dot between two words is drawn, not said.
    lines.into_iter().map(|line| line.replace(" · ", ", ")).collect()
}

/// What holds everywhere: the line to the server, and what waits for the person.
fn around(model: &Model) -> Vec<String> {
    let mut lines = Vec::new();
    if model.line.offline_since.is_some() && model.screen == Screen::Panes {
        lines.push(format!("The server is not reached ({}). What is listed is from before.", model.line.why));
    }
    match model.inbox.pending {
        0 => {}
        1 => lines.push("One invite waits for you: say inbox.".to_owned()),
        count => lines.push(format!("{count} invites wait for you: say inbox.")),
    }
    lines
}

/// A text of several lines as one that can be heard.
fn in_a_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" / ")
}

/// A field with what stands in it; of a password only whether something does.
fn of_field(field: &FormField) -> String {
    let value = match &field.input {
        Input::Secret(text) if text.is_empty() => String::new(),
        Input::Secret(_) => "typed".to_owned(),
        Input::Choice { options, selected } => {
            let words: Vec<_> = options.iter().map(|(_, word)| word.as_ref()).collect();
            format!("{}, of {}", words.get(*selected).copied().unwrap_or_default(), words.join(" / "))
        }
        _ => in_a_line(field.value()),
    };
    let value = if value.is_empty() { "nothing yet".to_owned() } else { value };
    let wrong = field.error.as_ref().map_or_else(String::new, |why| format!(". Wrong: {why}"));
    format!("{}: {value}{wrong}", field.label)
}

fn of_form(form: &Form) -> Vec<String> {
    let mut lines = vec![format!("Form: {}", form.title)];
    if let Some(review) = &form.review {
        lines.extend(review.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
        if form.sending.is_none() {
            lines.extend(form.refused.iter().map(|refused| format!("Refused: {refused}")));
            lines.push(format!("Say yes to {}, no to change it.", form.verb));
        }
        return lines;
    }
    lines.extend(form.fields.iter().map(of_field));
    if let Some(refused) = &form.refused {
        lines.push(format!("Refused: {refused}"));
    }
    if form.sending.is_some() {
        lines.push("On its way.".to_owned());
    } else if let Some(field) = form.fields.get(form.focus) {
        lines.push(format!("Now {}. {} Nothing typed keeps it; send, previous, cancel.", field.label, field.hint));
    }
    lines
}

fn of_link(shown: &ShownLink) -> Vec<String> {
    let mut lines = vec![format!("Link, {}:", shown.link.title), shown.link.text.clone()];
    if shown.loopback {
        lines.push("It works on this machine only.".to_owned());
    }
    lines
}

/// A server and who one is there.
fn of_place(model: &Model, place: &Place) -> String {
    let note = match (&place.profile, &place.username) {
        _ if model.is_at(place) => ", you are here".to_owned(),
        (Some(profile), None) => format!(", profile {profile}, to sign in"),
        (Some(profile), Some(_)) => format!(", profile {profile}"),
        (None, None) => ", to sign in".to_owned(),
        (None, Some(_)) => String::new(),
    };
    super::overlay::places::title(place, model) + &note
}

fn of_panes(model: &Model) -> Vec<String> {
    let who = model.me.as_ref().map_or_else(String::new, |me| format!("You are {}. ", me.username));
    let band = model.chosen_band().map(|band| band.name.clone()).unwrap_or_default();
    let mut lines = Vec::new();
    match model.focus {
        Pane::Bands => {
            lines.push(format!("{who}Bands:"));
            rows(&mut lines, &model.bands.list, &model.bands.search.query, |band| {
                let role = band.role.map_or_else(String::new, |role| format!(", you are {role}"));
                format!("{}, {} pending{role}", band.name, band.counts.pending)
            });
        }
        Pane::Invites => {
            let pane = &model.invites;
            let only = [pane.status.map(Status::as_str), pane.kind.map(Kind::as_str)];
            let only: Vec<_> = only.into_iter().flatten().collect();
            let only = if only.is_empty() { String::new() } else { format!(", only {}", only.join(" ")) };
            let (pending, total) = model.invites_counted();
            lines.push(format!("{who}Invites of {band}, {pending} pending of {total}{only}:"));
            rows(&mut lines, &pane.list, &pane.search.query, |invite| {
                let standing = Standing::at(model.now, invite.status, invite.cancel_reason, invite.expires_at);
                let how = match (standing.status, standing.reason) {
                    (Status::Cancelled, Some(reason)) => reason.as_str().replace('_', " "),
                    (status, _) => status.to_string(),
                };
                let most = invite.max_uses.0.map_or_else(|| "any number".to_owned(), |uses| uses.to_string());
                let end = invite.expires_at.filter(|_| standing.is_pending());
                let end = end
                    .map_or_else(String::new, |at| format!(", ends {}", when::date_and_time(at, &model.settings.zone)));
                let marked = if pane.all || pane.list.marked.contains(&invite.id) { "marked, " } else { "" };
                let (whom, role, by) = (invite.recipient(), invite.role, &invite.created_by.display_name);
                format!("{marked}{whom}, {role}, {how}, {} of {most} used{end}, by {by}", invite.uses)
            });
        }
        Pane::Members => {
            lines.push(format!("{who}Members of {band}, {}:", model.members.total));
            rows(&mut lines, &model.members.list, &model.members.search.query, |member| {
                let since = when::date(member.joined_at, &model.settings.zone);
                let (name, username) = (&member.account.display_name, &member.account.username);
                let last = if model.last_admin() == Some(member.account.id) { ", the last admin" } else { "" };
                let how = super::panes::how_they_came(member, model);
                format!("{name}, @{username}, {}{last}, since {since}, {how}", member.role)
            });
        }
    }
    lines
}

/// The rows of a list with their numbers, and which one is chosen.
fn rows<T: Row>(
    lines: &mut Vec<String>,
    list: &List<T>,
    query: &crate::tui::model::TextField,
    say: impl Fn(&T) -> String,
) {
    if !query.is_empty() {
        lines.push(format!("Searched for {}; back shows all.", query.text()));
    }
    if !list.loaded {
        lines.push("Loading.".to_owned());
        return;
    }
    if list.is_empty() {
        lines.push("Nothing is here.".to_owned());
    }
    lines.extend(list.rows().enumerate().map(|(at, row)| format!("{}: {}", at + 1, say(row))));
    if list.has_before() || list.has_behind() {
        lines.push("That is a part of the list: first, last, page down and page up show others.".to_owned());
    }
    if let Some(row) = list.selected() {
        lines.push(format!("Chosen is {}: {}", list.selected_index() + 1, say(row)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::sample;

    #[test]
    fn bands_invites_and_members_are_sentences_with_numbers() {
        let mut model = sample::panes((100, 60));
        model.focus = Pane::Invites;
        let lines = said(&model).join("\n");
        assert!(lines.contains("Invites of The Night Owls, 12 pending of 48"), "{lines}");
        assert!(lines.contains("1: ") && lines.contains("Chosen is 1: "), "{lines}");
        model.focus = Pane::Members;
        assert!(said(&model).join("\n").contains("Members of The Night Owls, 9"));
        model.focus = Pane::Bands;
        assert!(said(&model).join("\n").contains("The Night Owls, 12 pending, you are owner"));
    }

    #[test]
    fn no_scene_says_anything_that_is_only_drawn() {
        // Neither signs nor blanks say anything to who hears them.
        let signs = ['│', '┌', '─', '▸', '▹', '▾', '●', '✓', '✗', '○', '◆', '·', '█', '░', '▁', '\u{1b}'];
        for (name, scene) in super::super::tests::all_scenes() {
            let lines = said(&scene((100, 60)));
            assert!(!lines.is_empty(), "{name}");
            for line in lines {
                assert!(!line.contains(signs) && !line.contains("  "), "{name}: {line}");
                assert!(!line.trim().is_empty() && !line.contains('\n'), "{name}: {line:?}");
            }
        }
    }

    fn scene(wanted: &str) -> String {
        let (_, scene) = super::super::tests::all_scenes().find(|(name, _)| *name == wanted).unwrap();
        said(&scene((100, 60))).join("\n")
    }

    #[test]
    fn what_lies_over_the_panes_is_said_in_words_whatever_it_is() {
        for (name, words) in [
            ("confirm-remove", "As well, keep them out for good: It will be done. Say b not to."),
            ("confirm", "Say yes to revoke, or no."),
            ("details", "Role: member"),
            ("offer", "Invited by: "),
            ("inbox", "Say accept or decline, with a number; or close."),
            ("finder", "takes requests"),
            ("finder-asked", "takes requests, your request is denied since "),
            ("campaigns", "Summer party, stands active, ends "),
            ("tree", "2: level 2, Joe, brought 2"),
            ("stats", "pending: 73, 21 %"),
            ("quota", "37 invites of 100 made in the last 30 days"),
            ("bulk", "1: kim@example.org, Kim Lee, admin, made"),
            ("bulk-editing", "Say the new text; next, keep or cancel."),
            ("places", "1: ada @ invites.example.org"),
            ("help", "revoke, in the invites, key r: Revoke the invite, or all marked ones."),
        ] {
            let said = scene(name);
            assert!(said.contains(words), "{name}:\n{said}");
        }
    }

    #[test]
    fn a_password_is_never_said() {
        let mut model = sample::at_server((100, 60));
        let mut form = crate::tui::forms::sign_in();
        form.fill("password", "correct horse");
        model.screen = Screen::Entry(form);
        let lines = said(&model).join("\n");
        assert!(lines.contains("Password: typed") && !lines.contains("horse"), "{lines}");
    }
}
