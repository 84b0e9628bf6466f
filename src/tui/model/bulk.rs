//! People to invite at once: the list as it was pasted or read, what is wrong with each row, and how far it has come.

use serde_json::Value;

use super::{RequestId, TextField};
use crate::{
    api::{CreateInvites, OnExisting, Patch, RowResult, RowStatus, SentRow, Sheet},
    client::people::{self, People},
    domain::{Address, BandId, CampaignId, Label, Role, TemplateId, Timestamp, Username, clean_line},
};

/// The largest list that is read here; a larger one is for the command.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;

/// What is said of a larger one.
const TOO_LARGE: &str = "The list is larger than 8 MiB, the most that is shown here: split it, or let \
                         `guestlist invites bulk BAND FILE` send it whole";

/// The cells of a row that can be edited, in their order.
pub const CELLS: [&str; 3] = ["For", "Name", "Role"];

/// People to invite at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulk {
    /// The band that they are invited to.
    pub band: BandId,
    /// The path of a file, as it is typed while there is no list.
    pub path: TextField,
    /// Whether the file is being read.
    pub reading: bool,
    /// What went wrong last, and what to do.
    pub problem: Option<String>,
    /// The columns of the list that are not read.
    pub unread: Vec<String>,
    /// The rows.
    pub rows: Vec<BulkRow>,
    /// Which row the cursor is on.
    pub selected: usize,
    /// The first row on the screen, among those that are shown.
    pub top: usize,
    /// Whether only rows with something wrong are shown.
    pub wrong_only: bool,
    /// The row under the cursor while it is edited.
    pub editing: Option<Editing>,
    /// What the invites have in common.
    pub terms: Terms,
    /// The rows on their way to the server.
    pub run: Option<Run>,
    /// Whether there is something that closing would lose: rows that came to nothing, or links that were not saved.
    pub unsaved: bool,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRow {
    /// The line of the list that it begins at, from 1.
    pub line: usize,
    /// What is sent.
    pub wish: Value,
    /// How it stands with it.
    pub state: RowState,
}

/// How it stands with a row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowState {
    /// The server was not asked about it as it is now.
    Unknown,
    /// The server would make an invite.
    Ready,
    /// It breaks a rule that is known here: it is not sent before it is mended.
    Broken(String),
    /// The server refused it, or would.
    Refused(Box<RowResult>),
    /// There is an invite: it is not sent again.
    Made(Box<RowResult>),
}

/// A row that is edited in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Editing {
    /// Which cell takes the keys.
    pub cell: usize,
    /// The cells.
    pub cells: [TextField; 3],
    /// Whether the row is new: it goes again where nothing is kept.
    pub is_new: bool,
}

/// What the invites have in common.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    /// The template that gives what is left out, and what it is called.
    pub template: Option<(TemplateId, String)>,
    /// The campaign that they are part of, and what it is called.
    pub campaign: Option<(CampaignId, String)>,
    /// Whether they are part of none, though the template has one.
    pub no_campaign: bool,
    /// The role of rows that name none.
    pub role: Option<Role>,
    /// When they end, as it was typed; empty as the band says.
    pub expires: String,
    /// Their life in hours.
    pub ttl_hours: Patch<i64>,
    /// The instant of their end.
    pub expires_at: Patch<Timestamp>,
    /// What the invited are told.
    pub message: Option<String>,
    /// Whether addresses are mailed, where that is not as usual.
    pub send: Option<bool>,
    /// What to do where an invite for the person is pending.
    pub on_existing: Option<OnExisting>,
}

/// Rows on their way, request by request.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Whether the server only says what would happen.
    pub dry: bool,
    /// Whether the question before the invites are made follows.
    pub then_ask: bool,
    /// The rows that are to come, by their places.
    pub to_come: Vec<usize>,
    /// The rows of the request on its way. It stays until its answer is known.
    pub chunk: Vec<usize>,
    /// Names the attempt at that request: asked for again, it has one effect.
    pub attempt: u64,
    /// The request; `None` where its answer was lost.
    pub sending: Option<RequestId>,
    /// Whether it ends with that request.
    pub stopping: bool,
    /// Rows of this run.
    pub total: usize,
    /// Rows that are answered.
    pub answered: usize,
    /// Invites that were made in it, or would be.
    pub made: usize,
}

/// How many rows stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Not asked about.
    pub unknown: usize,
    /// Would be made.
    pub ready: usize,
    /// With something wrong.
    pub wrong: usize,
    /// Made.
    pub made: usize,
}

impl Bulk {
    /// No list yet.
    pub fn new(band: BandId) -> Self {
        Self {
            band,
            path: TextField::default(),
            reading: false,
            problem: None,
            unread: Vec::new(),
            rows: Vec::new(),
            selected: 0,
            top: 0,
            wrong_only: false,
            editing: None,
            terms: Terms::default(),
            run: None,
            unsaved: false,
        }
    }

    /// Takes a list in; says what is wrong with one that cannot be read, and stays as it is.
    pub(in crate::tui) fn take(&mut self, bytes: Vec<u8>) -> Result<(), String> {
        if bytes.len() > MOST_BYTES {
            return Err(TOO_LARGE.to_owned());
        }
        let people = People::parse(bytes)?;
        self.unread = people.unread().iter().map(|heading| clean_line(heading)).collect();
        self.rows = people.rows().map(|row| BulkRow::new(row.line, &row.wish)).collect();
        (self.selected, self.top, self.problem, self.unsaved) = (0, 0, None, true);
        self.mark_doubles();
        // What has to be mended first is what is looked at first.
        self.selected = self.rows.iter().position(BulkRow::is_wrong).unwrap_or(0);
        Ok(())
    }

    /// Whether a list is there.
    pub const fn has_list(&self) -> bool {
        !self.rows.is_empty()
    }

    /// How many rows stand how.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for row in &self.rows {
            match row.state {
                RowState::Unknown => tally.unknown += 1,
                RowState::Ready => tally.ready += 1,
                RowState::Broken(_) | RowState::Refused(_) => tally.wrong += 1,
                RowState::Made(_) => tally.made += 1,
            }
        }
        tally
    }

    /// The places of the rows that are shown.
    pub fn shown(&self) -> Vec<usize> {
        let shown = |row: &BulkRow| !self.wrong_only || row.is_wrong();
        (0..self.rows.len()).filter(|&at| shown(&self.rows[at])).collect()
    }

    /// The row under the cursor.
    pub fn chosen(&self) -> Option<&BulkRow> {
        self.rows.get(self.selected)
    }

    /// Moves the cursor by so many of the rows that are shown, and keeps it among `height` rows on the screen.
    pub(in crate::tui) fn step(&mut self, by: isize, height: usize) {
        // Where nothing is wrong any more all are shown, so that the cursor is on no row that is not.
        self.wrong_only &= self.rows.iter().any(BulkRow::is_wrong);
        let shown = self.shown();
        let at = shown.iter().position(|&at| at >= self.selected).unwrap_or(shown.len().saturating_sub(1));
        let at = at.saturating_add_signed(by).min(shown.len().saturating_sub(1));
        self.selected = shown.get(at).copied().unwrap_or(0);
        let height = height.max(1);
        self.top = self.top.min(at).max((at + 1).saturating_sub(height)).min(shown.len().saturating_sub(height));
    }

    /// The row that is shown before or behind the one under the cursor; at an end that one.
    pub(in crate::tui) fn beside(&self, down: bool) -> usize {
        let mut shown = self.shown().into_iter();
        let found = if down { shown.find(|&at| at > self.selected) } else { shown.rfind(|&at| at < self.selected) };
        found.unwrap_or(self.selected)
    }

    /// Begins to edit the row under the cursor.
    pub(in crate::tui) fn edit(&mut self, cell: usize) {
        if let Some(row) = self.chosen() {
            let cells = row.cells().map(TextField::new);
            self.editing = Some(Editing { cell, cells, is_new: false });
        }
    }

    /// Keeps what was edited.
    pub(in crate::tui) fn keep(&mut self) {
        let Some(editing) = self.editing.take() else { return };
        let [whom, name, role] = &editing.cells;
        let wish = people::wish_of(whom.text(), name.text(), role.text());
        if editing.is_new && wish.as_object().is_none_or(serde_json::Map::is_empty) {
            self.drop_row();
        } else if let Some(row) = self.rows.get_mut(self.selected).filter(|row| row.wish != wish) {
            *row = BulkRow::new(row.line, &wish);
            self.unsaved = true;
        }
        self.mark_doubles();
    }

    /// Leaves the row as it was; one that is new goes.
    pub(in crate::tui) fn give_up(&mut self) {
        if self.editing.take().is_some_and(|editing| editing.is_new) {
            self.drop_row();
        }
    }

    /// Takes the row under the cursor out of the list.
    pub(in crate::tui) fn drop_row(&mut self) {
        if self.selected < self.rows.len() {
            self.rows.remove(self.selected);
            self.selected = self.selected.min(self.rows.len().saturating_sub(1));
            self.mark_doubles();
        }
    }

    /// Adds an empty row behind the last and edits it.
    pub(in crate::tui) fn add(&mut self) {
        let line = self.rows.last().map_or(1, |row| row.line + 1);
        self.rows.push(BulkRow { line, wish: people::wish_of("", "", ""), state: RowState::Unknown });
        self.selected = self.rows.len() - 1;
        self.wrong_only = false;
        self.edit(0);
        if let Some(editing) = &mut self.editing {
            editing.is_new = true;
        }
    }

    /// What the server said under other terms holds no longer.
    pub(in crate::tui) fn forget_answers(&mut self) {
        for row in &mut self.rows {
            if matches!(row.state, RowState::Ready | RowState::Refused(_)) {
                row.state = RowState::Unknown;
            }
        }
    }

    /// Of rows for the same person the first counts; the others are told apart from it.
    fn mark_doubles(&mut self) {
        let mut seen = std::collections::BTreeMap::new();
        for row in &mut self.rows {
            let was_double = matches!(&row.state, RowState::Broken(why) if why.starts_with(DOUBLE));
            let whom = row.key();
            let first = if whom.is_empty() { row.line } else { *seen.entry(whom).or_insert(row.line) };
            match row.state {
                RowState::Made(_) => {}
                _ if first != row.line => row.state = RowState::Broken(format!("{DOUBLE} in line {first}")),
                _ if was_double => *row = BulkRow::new(row.line, &row.wish),
                _ => {}
            }
        }
    }

    /// The request for these rows.
    pub(in crate::tui) fn body(&self, rows: &[usize], dry: bool) -> Result<CreateInvites, serde_json::Error> {
        let terms = &self.terms;
        let campaign_id = match &terms.campaign {
            Some((id, _)) => Patch::Value(*id),
            None if terms.no_campaign => Patch::Null,
            None => Patch::Omitted,
        };
        // What is left empty is none, whatever template and campaign say.
        let unsaid = if terms.template.is_some() || terms.campaign.is_some() { Patch::Null } else { Patch::Omitted };
        let rows = rows.iter().filter_map(|&at| self.rows.get(at)).map(|row| SentRow::new(&row.wish));
        Ok(CreateInvites {
            role: terms.role,
            ttl_hours: terms.ttl_hours.clone(),
            expires_at: terms.expires_at.clone(),
            message: terms.message.clone().map_or(unsaid, Patch::Value),
            campaign_id,
            template_id: terms.template.as_ref().map(|(id, _)| *id),
            send: terms.send,
            on_existing: terms.on_existing,
            dry_run: dry.then_some(true),
            rows: rows.collect::<Result<_, _>>()?,
            ..CreateInvites::default()
        })
    }

    /// The whole list with what each row came to, as a table that is read again with what was wrong left out.
    pub fn table(&self) -> Vec<u8> {
        let mut sheet = Sheet::new(&people::RESULT_COLUMNS);
        for row in &self.rows {
            sheet.row(&people::result_row(row.line, &row.wish, &row.result()));
        }
        sheet.into_bytes()
    }
}

/// How it is said that a row is for somebody who stands in the list before.
const DOUBLE: &str = "the same person stands";

impl BulkRow {
    /// A row of a list, cleaned of what must not be shown and looked at by the rules that are known here.
    fn new(line: usize, wish: &Value) -> Self {
        let [email, username, name, role] =
            ["email", "username", "name", "role"].map(|field| clean_line(people::field(wish, field)));
        let whom = if email.is_empty() { username.clone() } else { email.clone() };
        let wish = people::wish_of(&whom, &name, &role);
        let broken = [
            (!email.is_empty()).then(|| Address::parse(&email).err()).flatten().map(|why| format!("the address {why}")),
            (email.is_empty() && !username.is_empty())
                .then(|| Username::parse(&username).err())
                .flatten()
                .map(|why| format!("the user name {why}")),
            (!name.is_empty()).then(|| Label::parse(&name).err()).flatten().map(|why| format!("the name {why}")),
            (!matches!(role.as_str(), "" | "member" | "admin")).then(|| "the role must be member or admin".to_owned()),
        ];
        let state = broken.into_iter().flatten().next().map_or(RowState::Unknown, RowState::Broken);
        Self { line, wish, state }
    }

    /// Whether something is wrong with it.
    pub const fn is_wrong(&self) -> bool {
        matches!(self.state, RowState::Broken(_) | RowState::Refused(_))
    }

    /// Its cells as a person edits them: an address or a user name, a name, a role.
    pub fn cells(&self) -> [String; 3] {
        let field = |name| people::field(&self.wish, name).to_owned();
        let email = field("email");
        [if email.is_empty() { field("username") } else { email }, field("name"), field("role")]
    }

    /// Whom it is for, as people say it; "anyone with link" for a link.
    pub fn whom(&self) -> String {
        match self.cells() {
            [whom, ..] if whom.is_empty() => "anyone with link".to_owned(),
            [whom, ..] if whom.contains('@') => whom,
            [whom, ..] => format!("@{whom}"),
        }
    }

    /// Why it came to nothing, in the server's words where there are some.
    pub fn why(&self) -> Option<String> {
        match &self.state {
            RowState::Broken(why) => Some(why.clone()),
            RowState::Refused(result) => {
                Some(result.detail.clone().unwrap_or_else(|| result.status.as_str().replace('_', " ")))
            }
            _ => None,
        }
    }

    /// What tells its person from others; empty for a link.
    fn key(&self) -> String {
        self.cells()[0].to_lowercase()
    }

    /// What it came to, as the server would say it.
    fn result(&self) -> RowResult {
        match &self.state {
            RowState::Refused(result) | RowState::Made(result) => (**result).clone(),
            RowState::Broken(_) | RowState::Unknown | RowState::Ready => RowResult {
                row: 0,
                input: Value::Null,
                status: RowStatus::Invalid,
                invite_id: None,
                link: None,
                detail: Some(self.why().unwrap_or_else(|| "not sent".to_owned())),
            },
        }
    }
}
