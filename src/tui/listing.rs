//! Lists of the server that lie over the panes. Each is one file here that says what is particular to it; moving, fetching, drawing
//! and asking before anything is done are the same for all.

mod audit;
mod bans;
mod blocks;
mod campaigns;
mod cards;
mod codes;
mod own_requests;
mod quota;
mod requests;
mod site_codes;
mod stats;
mod templates;
mod tree;

use ratatui::{style::Style, text::Line};

use super::{
    keymap::{Action, Scope},
    message::Link,
    model::{Confirm, Form, Listing, Model, PageOf, Purpose, Row},
    request::{Answer, Request},
    theme::Theme,
};
use crate::{
    api::{
        AuditEvent, Ban, Blocked, Campaign, CodeCard, Invite, JoinRequest, OwnRequest, Quota, Stats, Template, TreeNode,
    },
    client::Page,
    domain::{CampaignId, Role},
};

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Who asks to come into the band.
    JoinRequests,
    /// Who may not come back to it.
    Bans,
    /// What happened in it.
    Audit,
    /// The band's campaigns.
    Campaigns,
    /// Its templates.
    Templates,
    /// Its codes.
    Codes,
    /// Batches of codes that are to no band.
    SiteCodes,
    /// The codes of one batch, as they are read out.
    Cards,
    /// What its invites have come to.
    Stats,
    /// Who invited whom.
    Tree,
    /// How many invites the person may make.
    Quota,
    /// What the person wants no more of.
    Blocks,
    /// What the person has asked of bands.
    OwnRequests,
}

/// A row of any of these lists.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Of the join requests.
    JoinRequest(JoinRequest),
    /// Of the bans.
    Ban(Ban),
    /// Of the audit trail.
    Event(AuditEvent),
    /// Of the campaigns.
    Campaign(Box<Campaign>),
    /// Of the templates.
    Template(Box<Template>),
    /// Of the codes.
    Code(Box<Invite>),
    /// Of the codes of a batch.
    Card(Box<CodeCard>),
    /// The figures of a band, alone on their page.
    Stats(Box<Stats>),
    /// Of the tree.
    Node(Box<TreeNode>),
    /// How many invites may be made, alone on its page.
    Quota(Quota),
    /// Of the opt-outs.
    Blocked(Blocked),
    /// Of what the person has asked.
    OwnRequest(OwnRequest),
}

/// A row's identity within its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryId(pub u128);

impl Row for Entry {
    type Id = EntryId;
    fn id(&self) -> EntryId {
        let of = |bytes: &[u8; 16]| EntryId(u128::from_be_bytes(*bytes));
        match self {
            Self::JoinRequest(request) => of(request.id.as_bytes()),
            Self::Ban(ban) => of(ban.account.id.as_bytes()),
            Self::Event(event) => EntryId(u128::from(event.id.unsigned_abs())),
            Self::Campaign(campaign) => of(campaign.id.as_bytes()),
            Self::Template(template) => of(template.id.as_bytes()),
            Self::Code(code) => of(code.id.as_bytes()),
            Self::Card(card) => of(card.invite_id.as_bytes()),
            Self::Stats(_) | Self::Quota(_) => EntryId(0),
            Self::Node(node) => of(node.account.id.as_bytes()),
            Self::Blocked(blocked) => of(blocked.id.as_bytes()),
            Self::OwnRequest(request) => of(request.id.as_bytes()),
        }
    }
}

/// A column of a list's table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Its heading, in capitals.
    pub(super) name: &'static str,
    /// Columns on the screen that it needs.
    pub(super) least: usize,
    /// Columns that it takes where there is room; the first columns take it first.
    pub(super) most: usize,
    /// Which goes first where there is no room for all, the highest; 0 stays.
    pub(super) goes: u8,
}

/// A cell: its text and how it looks.
pub(super) type Cell = (String, Style);

/// What an action of a list does that asks nothing first.
pub(super) enum Start {
    /// Opens a form.
    Form(Form),
    /// Asks the server, for this purpose.
    Ask(Purpose, Box<Request>),
    /// Leaves the list for the form of a new invite.
    Invite(Form),
    /// Opens the codes of this batch, which is called so, over the list.
    Cards(CampaignId, String),
    /// Copies this.
    Copy(Link),
    /// Shows this, as a QR code or as it is.
    Show(Link, bool),
    /// Leads to the invites pane, narrowed to this campaign, which is called so.
    ToInvites(CampaignId, String),
}

/// What a list is called and how one comes to it.
pub(super) struct About {
    /// The action that opens it.
    pub(super) opened_by: Action,
    /// Where its own keys hold.
    pub(super) scope: Scope,
    /// Its name, for the title.
    pub(super) title: &'static str,
}

/// What is particular to one list.
pub(super) trait Listed: Sync {
    /// The key that opens it, where its own keys hold, and its name.
    fn about(&self) -> About;

    /// Whether it is of the band that is shown, or else of the person or the site.
    fn is_of_band(&self) -> bool {
        true
    }

    /// Whether it is a page to be read and scrolled, which is its only row, and no table.
    fn is_page(&self) -> bool {
        false
    }

    /// The lines of such a page, each of at most `wide` columns.
    fn lines(&self, _: &Entry, _: &Model, _wide: usize, _: &Theme) -> Vec<Line<'static>> {
        Vec::new()
    }

    /// What such a page says in sentences and words, a line each, for who hears it.
    fn said(&self, _: &Entry, _: &Model) -> Vec<String> {
        Vec::new()
    }

    /// Whether its rows unfold into lists of their own.
    fn is_outline(&self) -> bool {
        false
    }

    /// Whether there is something below a row of such a list.
    fn unfolds(&self, _: &Entry) -> bool {
        false
    }

    /// The request for a page of what is below a row.
    fn branch_request(&self, _: &Listing, _of: EntryId, _: Page) -> Option<Request> {
        None
    }

    /// Why it cannot be seen now; it is for the band's admins where nothing else is said.
    fn barred(&self, model: &Model) -> Option<String> {
        let admin = model.chosen_band().and_then(|band| band.role).is_some_and(Role::is_admin);
        (!admin).then(|| "Only the band's admins can see this.".to_owned())
    }

    /// Why one of its own actions cannot be done by this person, whatever the cursor is on.
    fn own_barred(&self, _: Action, model: &Model) -> Option<String> {
        self.barred(model)
    }

    /// What it can be narrowed to, in the order of the key; the first is what it begins with, where there is any.
    fn filters(&self) -> &'static [&'static str] {
        &[]
    }

    /// The form that narrows it, for a list that has more to be narrowed by than words.
    fn filter_form(&self, _: &Listing, _: &Model) -> Option<Form> {
        None
    }

    /// Whether this person can narrow it at all.
    fn is_narrowing(&self, _: &Model) -> bool {
        !self.filters().is_empty()
    }

    /// Whether its rows can be marked, for something that is done to several at once.
    fn is_marking(&self) -> bool {
        !self.is_page()
    }

    /// What it is narrowed to, in words; nothing where all of it is shown.
    fn narrowed_to(&self, listing: &Listing, _: &Model) -> Vec<String> {
        listing.filter().filter(|_| listing.narrowed > 0).map(str::to_owned).into_iter().collect()
    }

    /// The request for a page of it.
    fn request(&self, listing: &Listing, page: Page) -> Option<Request>;

    /// The page in an answer, `None` where it is the answer to something else. The cursor is the caller's to fill in.
    fn page(&self, answer: Answer) -> Option<PageOf<Entry>>;

    /// The columns, the first of which names the row.
    fn columns(&self) -> &'static [Column] {
        &[]
    }

    /// The columns on a screen that has no room for all of these, where they differ: its first ones as they are there.
    fn narrow_columns(&self) -> &'static [Column] {
        self.columns()
    }

    /// What stands in a column of so few columns of the screen instead of a text that it would cut.
    fn shorter(&self, _: &Entry, _column: usize, _wide: usize, _: &Model) -> Option<String> {
        None
    }

    /// A row's cells, one for each column.
    fn cells(&self, _: &Entry, _: &Model, _: &Theme) -> Vec<Cell> {
        Vec::new()
    }

    /// Whom or what a row is about.
    fn name(&self, _: &Entry) -> String {
        self.about().title.to_owned()
    }

    /// A row in full: names and what they say.
    fn facts(&self, _: &Entry, _: &Model) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What stands in the list where there is nothing in it.
    fn empty(&self, _: &Model, _: &Listing) -> String {
        String::new()
    }

    /// Why one of its actions cannot be done to a row.
    fn refusal(&self, _: Action, _: &Entry) -> Option<String> {
        None
    }

    /// What one of its actions opens, where it asks nothing first; for rows, of which there can be none.
    fn start(&self, _: Action, _: &[Entry], _: &Listing, _: &Model) -> Option<Start> {
        None
    }

    /// The question before one of its actions is done to these rows, one at least.
    fn question(&self, _: Action, _: &[Entry], _: &Listing) -> Option<Confirm> {
        None
    }
}

impl Topic {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::JoinRequests,
        Self::Bans,
        Self::Audit,
        Self::Campaigns,
        Self::Templates,
        Self::Codes,
        Self::SiteCodes,
        Self::Cards,
        Self::Stats,
        Self::Tree,
        Self::Quota,
        Self::Blocks,
        Self::OwnRequests,
    ];

    /// What is particular to it.
    pub(super) const fn listed(self) -> &'static dyn Listed {
        match self {
            Self::JoinRequests => &requests::JoinRequests,
            Self::Bans => &bans::Bans,
            Self::Audit => &audit::Audit,
            Self::Campaigns => &campaigns::Campaigns,
            Self::Templates => &templates::Templates,
            Self::Codes => &codes::Codes,
            Self::SiteCodes => &site_codes::SiteCodes,
            Self::Cards => &cards::Cards,
            Self::Stats => &stats::Figures,
            Self::Tree => &tree::Tree,
            Self::Quota => &quota::OwnQuota,
            Self::Blocks => &blocks::Blocks,
            Self::OwnRequests => &own_requests::OwnRequests,
        }
    }

    /// The list that an action opens.
    pub(super) fn opened_by(action: Action) -> Option<Self> {
        Self::ALL.iter().copied().find(|topic| topic.listed().about().opened_by == action)
    }

    /// The list that a scope belongs to.
    pub(super) fn of(scope: Scope) -> Option<Self> {
        Self::ALL.iter().copied().find(|topic| topic.listed().about().scope == scope)
    }
}

/// The row that an action for one is done to: the only one of these, else the one under the cursor.
fn one<'a>(entries: &'a [Entry], listing: &'a Listing) -> Option<&'a Entry> {
    if let [entry] = entries { Some(entry) } else { listing.list.selected() }
}

/// "Sam Reed" for one, "3 people" for several.
fn people(names: &[String]) -> String {
    match names {
        [one] => one.clone(),
        several => format!("{} people", several.len()),
    }
}
