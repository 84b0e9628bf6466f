//! People to invite at once: the list comes in, is looked at and mended, then sent request by request. What was made is
//! never sent again, and a request whose answer was lost is asked for again as the same attempt.

use super::{
    super::{
        forms,
        keymap::{Action, Key, Scope},
        message::Effect,
        model::{Bulk, CELLS, Confirm, Deed, Model, Overlay, Purpose, RequestId, RowState, Run, Tone},
        request::{Answer, Request},
    },
    answer::words,
};
use crate::{
    api::{CreatedInvites, RowStatus},
    client::{
        Error,
        people::{self, People},
    },
    domain::CampaignId,
};

/// What is said of a row, and of several, that cannot be sent.
const WRONG: (&str, &str) = ("has something wrong", "have something wrong");

impl Model {
    pub(super) fn bulk_mut(&mut self) -> Option<&mut Bulk> {
        self.overlays.iter_mut().find_map(|overlay| match overlay {
            Overlay::Bulk(bulk) => Some(&mut **bulk),
            _ => None,
        })
    }

    /// The list of people that is open, whatever lies over it.
    pub fn bulk(&self) -> Option<&Bulk> {
        self.overlays.iter().find_map(|overlay| match overlay {
            Overlay::Bulk(bulk) => Some(&**bulk),
            _ => None,
        })
    }

    /// Opens an empty list for the band.
    pub(super) fn open_bulk(&mut self) -> Vec<Effect> {
        if let Some(band) = self.band {
            let mut bulk = Bulk::new(band);
            let own = |id: &CampaignId| *id != CampaignId::default_of(band);
            // Where one campaign is shown alone, that is what people are invited to.
            bulk.terms.campaign = self.invites.campaign.clone().filter(|(id, _)| own(id));
            self.open(Overlay::Bulk(Box::new(bulk)));
        }
        Vec::new()
    }

    /// Opens a list for the band with what was pasted outside of every field, where that is a list of people.
    pub(super) fn bulk_from_paste(&mut self, text: &str) -> bool {
        let several = text.trim().contains(['\n', '\r']) && text.contains('@');
        let panes = self.screen == super::Screen::Panes && self.overlays.is_empty();
        if !panes || !several || self.refusal(Action::BulkInvite).is_some() || People::parse(lines(text)).is_err() {
            return false;
        }
        self.open_bulk();
        self.bulk_paste(text);
        true
    }

    /// A paste while the list lies on top: a list, or the path of a file; into the cell that is edited.
    pub(super) fn bulk_paste(&mut self, text: &str) {
        let height = self.bulk_height();
        let Some(bulk) = self.bulk_mut() else { return };
        if let Some(editing) = &mut bulk.editing {
            editing.cells[editing.cell].paste(text);
            return;
        }
        if bulk.run.is_some() || bulk.reading {
            return;
        }
        let one_line = !text.trim().contains(['\n', '\r']);
        if !bulk.has_list() && one_line && !text.contains('@') {
            bulk.path.paste(text.trim());
            return;
        }
        if bulk.has_list() {
            self.toast(Tone::Plain, "There is a list already: esc closes it, then another can be pasted.");
            return;
        }
        match bulk.take(lines(text)) {
            Ok(()) => bulk.step(0, height),
            Err(why) => bulk.problem = Some(sentence(&why)),
        }
    }

    /// A file was read, or not.
    pub(super) fn bulk_read(&mut self, result: Result<Vec<u8>, String>) {
        let height = self.bulk_height();
        let Some(bulk) = self.bulk_mut().filter(|bulk| bulk.reading) else { return };
        bulk.reading = false;
        match result.and_then(|bytes| bulk.take(bytes)) {
            Ok(()) => bulk.step(0, height),
            Err(why) => bulk.problem = Some(sentence(&why)),
        }
    }

    /// Rows of the list that fit on the screen.
    pub(in crate::tui) fn bulk_height(&self) -> usize {
        // Three lines below the table say what is wrong with a row, and how far it has come.
        self.areas().listing_height().saturating_sub(3).max(1)
    }

    /// Keeps the row under the cursor on a screen of another size.
    pub(super) fn bulk_scroll(&mut self) {
        let height = self.bulk_height();
        if let Some(bulk) = self.bulk_mut() {
            bulk.step(0, height);
        }
    }

    pub(super) fn bulk_key(&mut self, key: Key) -> Vec<Effect> {
        let height = self.bulk_height();
        let Some(bulk) = self.bulk_mut() else { return Vec::new() };
        if bulk.editing.is_some() {
            edit_key(bulk, key, height);
            return Vec::new();
        }
        if !bulk.has_list() {
            return self.source_key(key);
        }
        if bulk.run.as_ref().is_some_and(|run| run.sending.is_some()) {
            return if key.is("esc") { self.bulk_stop() } else { Vec::new() };
        }
        match self.settings.keymap.action(Scope::Bulk, key) {
            Some(action) => self.bulk_act(action),
            None => Vec::new(),
        }
    }

    /// The keys while there is no list: the path of a file is typed.
    fn source_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(bulk) = self.bulk_mut() else { return Vec::new() };
        if key.is("esc") {
            self.overlays.pop();
            return Vec::new();
        }
        if bulk.reading {
            return Vec::new();
        }
        if key.is("enter") {
            let path = bulk.path.text().trim().to_owned();
            if path.is_empty() {
                bulk.problem = Some("Paste the list, or type the path of a file.".to_owned());
                return Vec::new();
            }
            (bulk.reading, bulk.problem) = (true, None);
            return vec![Effect::Read(path)];
        }
        if bulk.path.edit(key) {
            bulk.problem = None;
        }
        Vec::new()
    }

    /// What an action does to the list.
    pub(super) fn bulk_act(&mut self, action: Action) -> Vec<Effect> {
        let height = self.bulk_height();
        let page = isize::try_from(height).unwrap_or(1);
        let Some(bulk) = self.bulk_mut() else { return Vec::new() };
        let most = isize::try_from(bulk.rows.len()).unwrap_or(isize::MAX);
        let in_doubt = bulk.run.is_some();
        match action {
            Action::Down => bulk.step(1, height),
            Action::Up => bulk.step(-1, height),
            Action::PageDown => bulk.step(page, height),
            Action::PageUp => bulk.step(-page, height),
            Action::First => bulk.step(-most, height),
            Action::Last => bulk.step(most, height),
            Action::BulkEdit | Action::BulkAdd | Action::BulkDrop | Action::BulkTerms | Action::BulkCheck
                if in_doubt =>
            {
                self.toast(Tone::Plain, "The answer to some rows was lost: send again first, it makes nothing twice.");
            }
            Action::BulkEdit | Action::BulkDrop
                if matches!(bulk.chosen().map(|r| &r.state), Some(RowState::Made(_))) =>
            {
                self.toast(Tone::Plain, "This row has its invite: close the list to change that.");
            }
            Action::BulkEdit | Action::Open => bulk.edit(0),
            Action::BulkAdd => {
                bulk.add();
                bulk.step(0, height);
            }
            Action::BulkDrop => {
                bulk.drop_row();
                bulk.step(0, height);
            }
            Action::BulkWrong => {
                if !bulk.wrong_only && bulk.tally().wrong == 0 {
                    self.toast(Tone::Plain, "No row has anything wrong.");
                } else {
                    bulk.wrong_only = !bulk.wrong_only;
                    bulk.step(0, height);
                }
            }
            Action::BulkTerms => {
                let terms = bulk.terms.clone();
                if let Some(band) = self.chosen_band() {
                    let form = forms::bulk_terms(band, &terms);
                    return self.show_form(form);
                }
            }
            Action::BulkSave => {
                let day = super::super::view::when::date(self.now, &self.settings.zone);
                self.open(Overlay::Form(forms::bulk_save(&format!("invited-{day}.csv"))));
            }
            Action::BulkCheck => return self.bulk_begin(true, false),
            Action::BulkSend => return self.bulk_send(),
            Action::Back | Action::Quit => return self.bulk_close(),
            Action::Suspend => return vec![Effect::Suspend],
            Action::Help | Action::Palette => return self.act_on(action),
            _ => self.toast(Tone::Plain, "Close the list of people first; what is not sent is asked about."),
        }
        Vec::new()
    }

    fn bulk_close(&mut self) -> Vec<Effect> {
        let Some(bulk) = self.bulk_mut() else { return Vec::new() };
        if bulk.wrong_only {
            bulk.wrong_only = false;
            return Vec::new();
        }
        let tally = bulk.tally();
        let (left, in_doubt) = (bulk.rows.len() - tally.made, bulk.run.as_ref().map_or(0, |run| run.chunk.len()));
        if left == 0 || !bulk.unsaved && in_doubt == 0 {
            self.overlays.retain(|overlay| !matches!(overlay, Overlay::Bulk(_)));
            return Vec::new();
        }
        let mut says = match tally.made {
            0 => "Nobody is invited, and what was mended is lost.".to_owned(),
            made => format!("{made} are invited; the other {left} are lost, unless you save the list first."),
        };
        if in_doubt > 0 {
            says = format!("{says} Of {in_doubt} rows the answer was lost: they may have been made.");
        }
        self.open(Overlay::Confirm(Confirm::new("Close the list?", says, "close", vec![Deed::Discard])));
        Vec::new()
    }

    /// Sends what is ready, after the server was asked about every row and the person about all of them. A request whose
    /// answer was lost goes first, as it was.
    fn bulk_send(&mut self) -> Vec<Effect> {
        let Some(bulk) = self.bulk_mut() else { return Vec::new() };
        if bulk.run.is_some() {
            return self.bulk_chunk();
        }
        let tally = bulk.tally();
        if tally.unknown > 0 {
            return self.bulk_begin(true, true);
        }
        if tally.ready == 0 {
            let says = if tally.wrong > 0 {
                "Nothing can be sent: every row that is left has something wrong. Mend it, or check again."
            } else {
                "Every row has its invite."
            };
            self.toast(Tone::Plain, says);
            return Vec::new();
        }
        self.bulk_ask()
    }

    /// The question before the invites are made.
    fn bulk_ask(&mut self) -> Vec<Effect> {
        let mails = self.server.as_ref().and_then(|server| server.site.as_ref()).is_some_and(|site| site.mail);
        let name = self.chosen_band().map_or_else(|| "the band".to_owned(), |band| band.name.clone());
        let Some(bulk) = self.bulk() else { return Vec::new() };
        let tally = bulk.tally();
        let ready = bulk.rows.iter().filter(|row| row.state == RowState::Ready);
        let addresses = ready.filter(|row| row.cells()[0].contains('@')).count();
        let mut says = match addresses {
            0 => "Nothing is mailed: you hand the links out.".to_owned(),
            _ if !mails || bulk.terms.send == Some(false) => "Nothing is mailed: you hand the links out.".to_owned(),
            1 => "One mail goes out.".to_owned(),
            count => format!("{count} mails go out."),
        };
        if let Some((_, campaign)) = &bulk.terms.campaign {
            says = format!("They are part of {campaign}. {says}");
        }
        match tally.wrong {
            0 => {}
            1 => says.push_str(" One row with something wrong stays here."),
            count => says = format!("{says} {count} rows with something wrong stay here."),
        }
        let question = match tally.ready {
            1 => format!("Make 1 invite to {name}?"),
            count => format!("Make {count} invites to {name}?"),
        };
        self.open(Overlay::Confirm(Confirm::new(question, says, "make", vec![Deed::Bulk])));
        Vec::new()
    }

    /// Begins to send rows: all that may change by it for a dry run, those that are ready for the invites themselves.
    pub(super) fn bulk_begin(&mut self, dry: bool, then_ask: bool) -> Vec<Effect> {
        let Some(bulk) = self.bulk_mut() else { return Vec::new() };
        let goes = |state: &RowState| match state {
            RowState::Ready => true,
            RowState::Unknown | RowState::Refused(_) => dry,
            RowState::Broken(_) | RowState::Made(_) => false,
        };
        let to_come: Vec<usize> = (0..bulk.rows.len()).filter(|&at| goes(&bulk.rows[at].state)).collect();
        bulk.problem = None;
        if to_come.is_empty() {
            let wrong = "Nothing can be sent: mend the rows that are marked first.";
            let done = bulk.tally().wrong == 0;
            self.toast(Tone::Plain, if done { "Every row has its invite." } else { wrong });
            return Vec::new();
        }
        let total = to_come.len();
        bulk.run = Some(Run {
            dry,
            then_ask,
            to_come,
            chunk: Vec::new(),
            attempt: 0,
            sending: None,
            stopping: false,
            total,
            answered: 0,
            made: 0,
        });
        self.bulk_chunk()
    }

    /// Sends the next request, or the one whose answer was lost.
    fn bulk_chunk(&mut self) -> Vec<Effect> {
        let fresh = self.fresh();
        let Some(bulk) = self.bulk_mut() else { return Vec::new() };
        bulk.problem = None;
        let Some(mut run) = bulk.run.take() else { return Vec::new() };
        if run.chunk.is_empty() {
            let rows = &bulk.rows;
            let taken = people::next_rows(&mut run.to_come.iter().copied(), |&at| rows[at].wish.to_string().len());
            run.to_come.drain(..taken.len());
            (run.chunk, run.attempt) = (taken, fresh);
        }
        let body = match bulk.body(&run.chunk, run.dry) {
            Ok(body) => body,
            Err(error) => {
                bulk.problem = Some(format!("The rows cannot be written: {error}"));
                return Vec::new();
            }
        };
        let (band, attempt) = (bulk.band, run.attempt);
        let (id, effect) = self.ask_again(attempt, Purpose::Bulk, Request::CreateInvites(band, body));
        run.sending = Some(id);
        if let Some(bulk) = self.bulk_mut() {
            bulk.run = Some(run);
        }
        vec![effect]
    }

    /// Esc while rows are on their way: the request that is out is waited for, a second Esc waits no longer.
    fn bulk_stop(&mut self) -> Vec<Effect> {
        let Some(run) = self.bulk_mut().and_then(|bulk| bulk.run.as_mut()) else { return Vec::new() };
        if !run.dry && !run.stopping {
            run.stopping = true;
            return Vec::new();
        }
        let Some(id) = run.sending.take() else { return Vec::new() };
        let dry = run.dry;
        self.waiting.remove(&id);
        if let Some(bulk) = self.bulk_mut() {
            if dry {
                bulk.run = None;
            } else {
                bulk.problem =
                    Some("Stopped waiting. The rows may have been made all the same: sending again tells, and makes nothing twice.".to_owned());
            }
        }
        vec![Effect::Abandon(id)]
    }

    /// A request with rows was answered.
    pub(super) fn bulk_answered(&mut self, id: RequestId, result: Result<Answer, Error>) -> Vec<Effect> {
        let Some(bulk) = self.bulk_mut() else { return Vec::new() };
        let Some(run) = bulk.run.as_mut().filter(|run| run.sending == Some(id)) else { return Vec::new() };
        run.sending = None;
        match result {
            Ok(Answer::CreatedInvites(answer)) => {
                bulk_results(bulk, *answer);
                self.bulk_goes_on()
            }
            Ok(_) => Vec::new(),
            Err(error) => {
                // A server that says no has made nothing; one that was not heard may have.
                let refused = matches!(error, Error::Problem(_)) && !error.is_unauthenticated();
                let over = refused || run.dry;
                bulk.problem = Some(words(&error));
                if over {
                    bulk.run = None;
                }
                if error.is_unauthenticated() {
                    return self.signed_out();
                }
                if error.is_offline() { self.unreachable(&error) } else { Vec::new() }
            }
        }
    }

    /// Goes on with the next request, or ends and says what was done.
    fn bulk_goes_on(&mut self) -> Vec<Effect> {
        let (height, mails) = (self.bulk_height(), self.sends_mail());
        let Some(bulk) = self.bulk_mut() else { return Vec::new() };
        let Some(run) = &bulk.run else { return Vec::new() };
        if !run.to_come.is_empty() && !run.stopping {
            return self.bulk_chunk();
        }
        let Some(run) = bulk.run.take() else { return Vec::new() };
        let (tally, refused) = (bulk.tally(), run.answered - run.made);
        let all = bulk.rows.len();
        let mailed = mails && bulk.terms.send != Some(false);
        bulk.step(0, height);
        if run.dry {
            if run.then_ask && tally.ready > 0 {
                return self.bulk_ask();
            }
            let tone = if tally.wrong == 0 { Tone::Good } else { Tone::Plain };
            let others = of_the_others(&[
                (tally.made, "is made already", "are made already"),
                (tally.unknown, "was not asked about", "were not asked about"),
                (tally.wrong, WRONG.0, WRONG.1),
            ]);
            let yet = if tally.made == 0 { "Nothing is made yet." } else { "Asking made none." };
            self.toast(tone, format!("{} of {all} would be made{others}. {yet}", tally.ready));
            return Vec::new();
        }
        bulk.unsaved = true;
        let left = run.to_come.len();
        let mut says = if tally.made == all {
            format!("{all} {} made.", if all == 1 { "invite is" } else { "invites are" })
        } else {
            let others = of_the_others(&[
                (tally.ready + tally.unknown, "was not sent", "were not sent"),
                (tally.wrong, WRONG.0, WRONG.1),
            ]);
            let stopped = if left > 0 { "Stopped: " } else { "" };
            format!("{stopped}{} of {all} {} made{others}.", tally.made, if tally.made == 1 { "is" } else { "are" })
        };
        if run.made > 0 && !mailed {
            let key = self.settings.keymap.keys(Action::BulkSave).first();
            says.extend(key.map(|key| format!(" Nothing was mailed: {key} writes the list with the links to a file.")));
        }
        let tone = if refused + left == 0 { Tone::Good } else { Tone::Bad };
        self.toast(tone, says);
        self.poll_now()
    }

    /// The list was written to a file, or not.
    pub(super) fn bulk_saved(&mut self, result: Result<String, String>) {
        match result {
            Ok(path) => {
                if let Some(bulk) = self.bulk_mut() {
                    bulk.unsaved = false;
                }
                self.overlays.retain(|overlay| !is_save(overlay));
                self.toast(Tone::Good, format!("Written to {path}. Links are in it: only you can read it."));
            }
            Err(why) => match self.overlays.iter_mut().find(|overlay| is_save(overlay)) {
                Some(Overlay::Form(form)) => {
                    form.refuse("path", why);
                }
                _ => self.toast(Tone::Bad, why),
            },
        }
    }
}

/// ", 1 is made already, 2 have something wrong": what is to be said of the other rows, so that the numbers add up.
fn of_the_others(parts: &[(usize, &str, &str)]) -> String {
    let mut says = String::new();
    for &(count, one, several) in parts.iter().filter(|(count, ..)| *count > 0) {
        says = format!("{says}, {count} {}", if count == 1 { one } else { several });
    }
    says
}

fn is_save(overlay: &Overlay) -> bool {
    matches!(overlay, Overlay::Form(form) if form.kind == super::super::model::FormKind::BulkSave)
}

/// The keys of a row that is edited in its place.
fn edit_key(bulk: &mut Bulk, key: Key, height: usize) {
    let Some(editing) = &mut bulk.editing else { return };
    if key.is("esc") {
        bulk.give_up();
    } else if key.is("tab") || key.is("shift-tab") {
        let step = if key.is("tab") { 1 } else { CELLS.len() - 1 };
        editing.cell = (editing.cell + step) % CELLS.len();
    } else if key.is("enter") {
        bulk.keep();
    } else if key.is("down") || key.is("up") {
        // A row that is mended may be shown no longer: where to go from it is known before.
        let (cell, to) = (editing.cell, bulk.beside(key.is("down")));
        bulk.keep();
        bulk.selected = to;
        bulk.step(0, height);
        if !matches!(bulk.chosen().map(|row| &row.state), Some(RowState::Made(_))) {
            bulk.edit(cell);
        }
    } else {
        editing.cells[editing.cell].edit(key);
    }
    if bulk.editing.is_none() {
        bulk.step(0, height);
    }
}

/// Puts what the server said of each row where it belongs.
fn bulk_results(bulk: &mut Bulk, answer: CreatedInvites) {
    let Some(run) = &mut bulk.run else { return };
    let chunk = std::mem::take(&mut run.chunk);
    run.answered += chunk.len();
    for result in answer.results {
        let at = usize::try_from(result.row).ok().and_then(|row| chunk.get(row)).copied();
        let Some(row) = at.and_then(|at| bulk.rows.get_mut(at)) else { continue };
        // Asked for the first time, who is sent the old invite again has no link yet.
        let sent_again = run.dry && result.status == RowStatus::AlreadyPending && result.detail.is_none();
        let refused = people::is_refused(&result) && !sent_again;
        if !refused {
            run.made += 1;
        }
        row.state = match (refused, run.dry) {
            (true, _) => RowState::Refused(Box::new(result)),
            (false, true) => RowState::Ready,
            (false, false) => RowState::Made(Box::new(result)),
        };
    }
}

/// A paste as a list: terminals send the end of a line as a carriage return.
fn lines(text: &str) -> Vec<u8> {
    text.replace("\r\n", "\n").replace('\r', "\n").into_bytes()
}

/// What is wrong with a list, as a sentence.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    let begin: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if why.ends_with('.') { "" } else { "." };
    format!("{begin}{}{end}", letters.as_str())
}
