//! What lies over the panes in plain lines: each is made of the model, one thing a line, and says what can be said next.

use ratatui::text::Line;

use super::{
    super::{footer, overlay, when},
    in_a_line, of_place,
};
use crate::{
    config::Theme as Colours,
    domain::JoinMode,
    tui::{
        keymap::{KEYMAP, Scope},
        listing::Entry,
        model::{
            Bulk, BulkRow, CELLS, Confirm, Details, Finder, Listing, Model, Offer, OutlineLine, Overlay, Places,
            Row as _, RowState, Screen, Shown, WaitingList,
        },
        palette,
        theme::Theme,
    },
};

/// So many columns that no line is broken.
const ENDLESS: usize = 1 << 20;

/// The lines of what lies on top, but for forms and links.
pub(super) fn of_overlay(model: &Model, overlay: &Overlay) -> Vec<String> {
    match overlay {
        Overlay::Help { .. } => help(model),
        Overlay::Palette { query, selected } => commands(model, query.text(), *selected),
        Overlay::Confirm(confirm) => question(confirm),
        Overlay::Details(details) => in_full(model, details),
        Overlay::Offer(offer) => offered(model, offer),
        Overlay::Inbox(list) => waiting(model, list),
        Overlay::Finder(finder) => bands(model, finder),
        Overlay::Listing(listing) => list(model, listing),
        Overlay::Places(places) => of_places(model, places),
        Overlay::Bulk(bulk) => people(model, bulk),
        Overlay::Shown(shown) => row_in_full(model, shown),
        Overlay::Form(_) | Overlay::Link(_) => Vec::new(),
    }
}

fn theme() -> Theme {
    Theme::new(Colours::None, true)
}

/// A line of names and what they say, or of a text.
fn told(line: &Line<'_>) -> Option<String> {
    let parts: Vec<_> = line.spans.iter().map(|span| bare(&span.content)).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [name, what @ ..] => Some(format!("{name}: {}", what.join(", "))),
    }
}

/// A text without the signs and blanks that only place it on a screen.
fn bare(text: &str) -> String {
    let signs = ['●', '✓', '✗', '○', '·', '◆', '▸', '│', '…'];
    let text = text.trim().trim_start_matches(signs).trim_start();
    text.split(" · ").map(str::trim).collect::<Vec<_>>().join(", ")
}

/// The keys as sentences, those of what is in view first.
fn help(model: &Model) -> Vec<String> {
    let mut scopes = vec![model.scope(), Scope::Everywhere];
    scopes.extend(Scope::ALL.iter().copied().filter(|scope| *scope != model.scope() && *scope != Scope::Everywhere));
    let mut lines = vec!["What can be done:".to_owned()];
    for scope in scopes {
        for binding in KEYMAP.iter().filter(|binding| binding.scope == scope) {
            let keys: Vec<_> = model.settings.keymap.keys(binding.action).iter().map(ToString::to_string).collect();
            let keys = if keys.is_empty() { "no key".to_owned() } else { format!("key {}", keys.join(" or ")) };
            lines.push(format!("{}, {}, {keys}: {}.", binding.label, scope.place(), binding.help));
        }
    }
    lines
}

fn commands(model: &Model, query: &str, selected: usize) -> Vec<String> {
    let found = palette::matches(query, model);
    let mut lines = vec![if query.is_empty() { "Commands:".to_owned() } else { format!("Commands with {query}:") }];
    lines.extend(found.iter().enumerate().map(|(at, action)| {
        let binding = action.binding();
        format!("{}: {}. {}.", at + 1, binding.label, binding.help)
    }));
    lines.extend(found.get(selected).map(|action| format!("Chosen is {}: {}", selected + 1, action.binding().label)));
    lines
}

fn question(confirm: &Confirm) -> Vec<String> {
    let mut lines = vec![confirm.question.clone()];
    lines.extend(Some(confirm.consequence.clone()).filter(|text| !text.is_empty()));
    lines.extend(confirm.refused.iter().map(|refused| format!("Refused: {refused}")));
    if confirm.sending.is_some() {
        let count = confirm.deeds.len();
        let done = confirm.many.as_ref().map_or(confirm.done, |many| many.done as usize);
        let told = if done == 0 && count < 2 { "On its way.".to_owned() } else { format!("On its way, {done} done.") };
        lines.push(told);
        return lines;
    }
    for choice in &confirm.choices {
        let (now, then) = if choice.chosen { ("It will", "not to") } else { ("It will not", "to do so") };
        lines.push(format!("As well, {}: {now} be done. Say {} {then}.", choice.label, choice.key));
    }
    lines.push(format!("Say yes to {}, or no.", confirm.verb));
    lines
}

fn in_full(model: &Model, details: &Details) -> Vec<String> {
    let drawn = overlay::details_lines(details, model, ENDLESS, &theme());
    let mut lines = vec![format!("Invite for {}:", details.invite.recipient())];
    lines.extend(drawn.iter().filter_map(told));
    lines.push(here(model, Scope::Invites));
    lines
}

fn row_in_full(model: &Model, shown: &Shown) -> Vec<String> {
    let listed = shown.topic.listed();
    let mut lines = vec![format!("{}:", listed.name(&shown.entry))];
    lines.extend(listed.facts(&shown.entry, model).into_iter().map(|(name, what)| {
        let what: Vec<_> = what.lines().map(bare).filter(|line| !line.is_empty()).collect();
        format!("{name}: {}", what.join(" / "))
    }));
    lines.push(here(model, listed.about().scope));
    lines
}

/// What can be done here, by its names.
fn here(model: &Model, scope: Scope) -> String {
    let names: Vec<_> = footer::own_keys(model, scope).into_iter().map(|(_, label)| label).collect();
    if names.is_empty() {
        return "Say close, or help.".to_owned();
    }
    format!("Say {}, close or help.", names.join(", "))
}

fn offered(model: &Model, offer: &Offer) -> Vec<String> {
    let (about, last) = overlay::offer_lines(offer, model, ENDLESS, &theme());
    let mut lines = vec!["You are invited:".to_owned()];
    lines.extend(about.iter().chain(&last).filter_map(told));
    let Some(preview) = offer.preview.as_ref().filter(|_| offer.sending.is_none() && offer.accepted.is_none()) else {
        return lines;
    };
    let can = match (preview.band.is_some(), &model.screen) {
        (true, Screen::Panes) if preview.declinable => "Say accept, decline or close.",
        (true, Screen::Panes) => "Say accept or close.",
        (_, Screen::Panes) => "Say close.",
        _ => "Say accept to sign in, n for a new account, or close.",
    };
    lines.push(can.to_owned());
    lines
}

fn waiting(model: &Model, list: &WaitingList) -> Vec<String> {
    let mut lines = vec!["Invites that wait for you:".to_owned()];
    lines.extend(list.problem.iter().map(|problem| format!("Problem: {problem}")));
    let Some(page) = &list.page else {
        lines.extend(list.problem.is_none().then(|| "Looking.".to_owned()));
        return lines;
    };
    if page.invites.is_empty() {
        lines.push("Nothing waits for you.".to_owned());
        return lines;
    }
    for (at, waiting) in page.invites.iter().enumerate() {
        let end = waiting.expires_at.map(|at| when::date_and_time(at, &model.settings.zone));
        let end = end.map_or_else(|| "never ends".to_owned(), |end| format!("ends {end}"));
        let said = waiting.message.as_deref().filter(|message| !message.is_empty());
        let said = said.map_or_else(String::new, |message| format!(", says: {}", in_a_line(message)));
        let event = waiting.event.as_ref().map_or_else(String::new, |event| format!(", {}", event.line()));
        let (band, by) = (&waiting.band.name, &waiting.inviter.display_name);
        lines.push(format!("{}: {band}, as {}, by {by}, {end}{event}{said}", at + 1, waiting.role));
    }
    if page.next_cursor.is_some() {
        lines.push("There are older ones.".to_owned());
    }
    lines.extend(list.chosen().map(|chosen| format!("Chosen is {}: {}", list.selected + 1, chosen.band.name)));
    lines.push("Say accept or decline, with a number; or close.".to_owned());
    lines
}

fn bands(model: &Model, finder: &Finder) -> Vec<String> {
    let query = finder.query.text();
    let mut lines =
        vec![if query.is_empty() { "Bands to join:".to_owned() } else { format!("Bands to join with {query}:") }];
    lines.extend(finder.problem.iter().map(|problem| format!("Problem: {problem}")));
    let Some(found) = &finder.found else {
        lines.extend(finder.problem.is_none().then(|| "Looking.".to_owned()));
        return lines;
    };
    if found.bands.is_empty() {
        lines.push("None can be joined without an invite.".to_owned());
    }
    for (at, band) in found.bands.iter().enumerate() {
        let how = match (band.role, band.join) {
            (Some(_), _) => "you are in it",
            (None, JoinMode::Open) => "open to all",
            (None, _) => "takes requests",
        };
        let asked = finder.asked_of(band).map_or_else(String::new, |asked| {
            let since = when::date_and_time(asked.status_at, &model.settings.zone);
            format!(", your request is {} since {since}", asked.status)
        });
        let about = band.description.as_deref().filter(|about| !about.is_empty());
        let about = about.map_or_else(String::new, |about| format!(", {}", in_a_line(about)));
        lines.push(format!("{}: {}, members {}, {how}{asked}{about}", at + 1, band.name, band.counts.members));
    }
    if found.next_cursor.is_some() {
        lines.push("There are others.".to_owned());
    }
    lines.extend(finder.chosen().map(|band| format!("Chosen is {}: {}", finder.selected + 1, band.name)));
    lines.push("Say search and a part of a name, a number, join, or close.".to_owned());
    lines
}

fn of_places(model: &Model, places: &Places) -> Vec<String> {
    let mut lines = vec!["Servers and accounts:".to_owned()];
    lines.extend(places.problem.iter().map(|problem| format!("Problem: {problem}")));
    let known = places.all.iter().flatten().map(|place| of_place(model, place));
    let further = ["another account on this server", "another server"].map(str::to_owned);
    let all: Vec<_> = known.chain(further).collect();
    lines.extend(all.iter().enumerate().map(|(at, text)| format!("{}: {text}", at + 1)));
    lines.extend(all.get(places.selected).map(|text| format!("Chosen is {}: {text}", places.selected + 1)));
    lines.push("Say a number, then go; or close.".to_owned());
    lines
}

/// A row as a sentence: what names it, then what each column says.
fn sentence(model: &Model, listing: &Listing, entry: &Entry) -> String {
    let listed = listing.topic.listed();
    let cells = listed.cells(entry, model, &theme());
    let mut parts = Vec::new();
    for (at, (column, (text, _))) in listed.columns().iter().zip(cells).enumerate() {
        let text = bare(&text);
        if text.is_empty() || text == "–" {
            continue;
        }
        parts.push(match (at, column.name) {
            (0, _) | (_, "STATUS") => text,
            // "by Ada" stands there already.
            (_, "CAME") => format!("came {text}"),
            (_, name) => format!("{} {text}", name.to_lowercase()),
        });
    }
    let marked = if listing.marked.contains_key(&entry.id()) { "marked, " } else { "" };
    format!("{marked}{}", parts.join(", "))
}

fn list(model: &Model, listing: &Listing) -> Vec<String> {
    let listed = listing.topic.listed();
    let band = model.chosen_band().filter(|band| Some(band.id) == listing.band);
    let band = band.map_or_else(String::new, |band| format!(" of {}", band.name));
    let narrowed = listed.narrowed_to(listing, model);
    let narrowed = if narrowed.is_empty() { String::new() } else { format!(", only {}", narrowed.join(", ")) };
    let mut lines = vec![format!("{}{band}{narrowed}:", listed.about().title)];
    if let Some(problem) = &listing.problem {
        lines.push(format!("Problem: {problem}"));
    } else if !listing.list.loaded {
        lines.push("Loading.".to_owned());
    } else if listing.list.is_empty() {
        lines.push(bare(&listed.empty(model, listing)));
    } else if listed.is_page() {
        lines.extend(listing.list.rows().next().map(|entry| listed.said(entry, model)).unwrap_or_default());
    } else if listed.is_outline() {
        lines.extend(branches(model, listing));
    } else {
        let rows = listing.list.rows().enumerate();
        lines.extend(rows.map(|(at, entry)| format!("{}: {}", at + 1, sentence(model, listing, entry))));
        if listing.list.has_before() || listing.list.has_behind() {
            lines.push("That is a part of the list: first, last, page down and page up show others.".to_owned());
        }
        lines.extend(listing.list.selected().map(|entry| {
            format!("Chosen is {}: {}", listing.list.selected_index() + 1, sentence(model, listing, entry))
        }));
    }
    lines.push(here(model, listed.about().scope));
    lines
}

/// What unfolds: how deep a row is stands before it.
fn branches(model: &Model, listing: &Listing) -> Vec<String> {
    let listed = listing.topic.listed();
    let mut at = 0;
    let mut lines = Vec::new();
    for line in listing.lines() {
        match line {
            OutlineLine::Row { depth, entry, open } => {
                at += 1;
                let folded = match (open, listed.unfolds(entry)) {
                    (true, _) => ", unfolded",
                    (false, true) => ", folded",
                    (false, false) => "",
                };
                lines.push(format!("{at}: level {}, {}{folded}", depth + 1, sentence(model, listing, entry)));
            }
            OutlineLine::More { depth, .. } => lines.push(format!("More of level {} is not read yet.", depth + 1)),
        }
    }
    lines.extend(listing.chosen().map(|entry| format!("Chosen is {}", sentence(model, listing, entry))));
    lines.push("Say details for a person, open to fold or unfold.".to_owned());
    lines
}

/// A row of a list of people.
fn person(at: usize, row: &BulkRow) -> String {
    let [_, name, role] = row.cells();
    let state = match &row.state {
        RowState::Unknown => "not checked".to_owned(),
        RowState::Ready => "ready".to_owned(),
        RowState::Made(_) => "made".to_owned(),
        RowState::Broken(_) | RowState::Refused(_) => format!("wrong: {}", row.why().unwrap_or_default()),
    };
    let parts = [row.whom(), name, role, state];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{at}: {}", parts.join(", "))
}

fn people(model: &Model, bulk: &Bulk) -> Vec<String> {
    let band = model.chosen_band().filter(|band| band.id == bulk.band);
    let to = band.map_or_else(String::new, |band| format!(" to {}", band.name));
    let mut lines = vec![format!("Invite many{to}:")];
    lines.extend(bulk.problem.iter().map(|problem| format!("Problem: {problem}")));
    if !bulk.has_list() {
        lines.push(if bulk.reading { "Reading.".to_owned() } else { "Say the path of a file, or close.".to_owned() });
        return lines;
    }
    if let Some(run) = bulk.run.as_ref().filter(|run| run.sending.is_some()) {
        lines.push(format!("On its way, {} of {} answered. Say close to stop.", run.answered, run.total));
        return lines;
    }
    let tally = bulk.tally();
    let counts = [(tally.wrong, "wrong"), (tally.ready, "ready"), (tally.made, "made"), (tally.unknown, "not checked")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    lines.push(format!("{} rows, {}", bulk.rows.len(), counts.collect::<Vec<_>>().join(", ")));
    let shown = bulk.shown();
    let rows = shown.iter().enumerate().filter_map(|(at, &place)| Some((at, bulk.rows.get(place)?)));
    lines.extend(rows.map(|(at, row)| person(at + 1, row)));
    let at = shown.iter().position(|&place| place == bulk.selected).map_or(1, |at| at + 1);
    match (&bulk.editing, bulk.chosen()) {
        (Some(editing), _) => {
            let (name, now) = (CELLS[editing.cell], editing.cells[editing.cell].text());
            let now = if now.is_empty() { "nothing yet" } else { now };
            lines.push(format!("{name} of row {at}: {now}. Say the new text; next, keep or cancel."));
        }
        (None, Some(row)) => {
            lines.push(format!("Chosen is {}", person(at, row)));
            lines.push(here(model, Scope::Bulk));
        }
        (None, None) => {}
    }
    lines
}
