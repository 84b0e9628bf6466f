//! The client's state: one value that `update` changes and the views draw.

mod bulk;
mod field;
mod form;
mod groups;
mod known;
mod layout;
mod list;
mod listing;
mod many;
mod outline;
mod overlay;
mod places;

use std::collections::{BTreeMap, BTreeSet};

pub use bulk::{Bulk, BulkRow, CELLS, Editing, MOST_BYTES, RowState, Run, Tally, Terms};
pub use field::TextField;
pub use form::{Form, FormField, FormKind, Input, Word};
pub use groups::{GroupLine, Groups};
pub use known::{Known, life, uses};
pub use layout::{Areas, MIN_HEIGHT, MIN_WIDTH, areas};
pub use list::{List, PageOf, Row, Want};
pub use listing::{Listing, Shown};
pub use many::{Chosen, Many};
#[cfg(test)]
pub(crate) use outline::MOST_HELD;
pub use outline::{Outline, OutlineLine};
pub use overlay::{Choice, Confirm, Copying, Deed, Details, Finder, MOST_TOLD, Offer, Overlay, ShownLink, WaitingList};
pub use places::{Place, Places, Where};

use super::{
    keymap::{Keymap, Scope},
    launch::Launched,
    listing::EntryId,
    view::Hints,
};
use crate::{
    api::{Account, Band, Invite, InviteFilter, InviteSort, Member, Site, SyncInbox},
    client::{Origin, PlainHttp},
    domain::{AccountId, BandId, CampaignId, InviteId, Kind, Pasted, Status, Timestamp},
};

/// Names a request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What the person or their configuration decided before the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Seconds between two polls, 1 or more.
    pub poll_seconds: u32,
    /// The keys.
    pub keymap: Keymap,
    /// The time zone in which dates are typed and shown.
    pub zone: jiff::tz::TimeZone,
    /// Whether plain http to other machines is allowed.
    pub plain: PlainHttp,
    /// The profile of the configuration that is in use.
    pub profile: Option<String>,
    /// Whether there is an embedded server to start.
    pub can_launch: bool,
    /// The throw-away server with sample bands, if that is what the client was started on.
    pub demo: Option<Origin>,
}

/// What fills the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Screen {
    /// The first question: here, or on a server elsewhere.
    Welcome {
        /// Which answer the cursor is on, from 0.
        choice: usize,
        /// What went wrong with the last answer.
        problem: Option<String>,
    },
    /// Something is awaited that everything else depends on.
    Starting(String),
    /// A form that has to be filled in first: connect, sign in, sign up.
    Entry(Form),
    /// The three panes.
    Panes,
}

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The bands.
    Bands,
    /// The invites of the chosen band.
    Invites,
    /// The members of the chosen band.
    Members,
}

/// The search in a pane.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Search {
    /// What is searched for; empty is everything.
    pub query: TextField,
    /// Whether it is being typed.
    pub typing: bool,
}

/// The bands pane.
#[derive(Debug, Clone, Default)]
pub struct BandsPane {
    /// The bands.
    pub list: List<Band>,
    /// The search.
    pub search: Search,
}

/// The invites pane.
#[derive(Debug, Clone, Default)]
pub struct InvitesPane {
    /// The invites.
    pub list: List<Invite>,
    /// The search.
    pub search: Search,
    /// The status that is shown; all where it is missing.
    pub status: Option<Status>,
    /// The kind that is shown; all where it is missing.
    pub kind: Option<Kind>,
    /// The one campaign that is shown, and what it is called; all where it is missing.
    pub campaign: Option<(CampaignId, String)>,
    /// The campaigns, where the invites are shown by them.
    pub groups: Option<Groups>,
    /// Whether all that fit are marked, those that nobody has fetched included.
    pub all: bool,
    /// What was last not done to marked ones, and why.
    pub refused: BTreeMap<InviteId, String>,
    /// The order; newest first where it is missing.
    pub sort: Option<InviteSort>,
    /// Invites of the band.
    pub total: u64,
    /// Pending ones.
    pub pending: u64,
    /// Those that fit search and filter, counted to 1,000.
    pub matched: Option<u64>,
}

/// The members pane.
#[derive(Debug, Clone, Default)]
pub struct MembersPane {
    /// The members.
    pub list: List<Member>,
    /// The search.
    pub search: Search,
    /// Members of the band.
    pub total: u64,
    /// Who leads it alone, as the server said with the last page.
    pub last_admin: Option<AccountId>,
    /// Those that fit the search, counted to 1,000.
    pub matched: Option<u64>,
}

/// The server in use.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where it is.
    pub origin: Origin,
    /// What its session is kept under; differs from `origin` where an embedded server had to take another port.
    pub keep_as: Origin,
    /// The embedded server, if that is what it is.
    pub launched: Option<Launched>,
    /// What it says of itself, once it did.
    pub site: Option<Site>,
}

/// How it stands with the server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// When it last answered.
    pub heard: Option<Timestamp>,
    /// Since when it does not.
    pub offline_since: Option<Timestamp>,
    /// Why not.
    pub why: String,
    /// Failed polls in a row.
    pub failures: u32,
    /// When to poll next; never before something has been signed in to.
    pub next_poll: Option<Timestamp>,
    /// The tag of the last poll's answer.
    pub etag: Option<String>,
    /// The serial of the embedded server's start where it is being started again.
    pub relaunching: Option<u64>,
}

/// How weighty a toast is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It is done.
    Good,
    /// Worth knowing.
    Plain,
    /// It did not work.
    Bad,
}

/// A short notice that goes by itself and takes no key.
#[derive(Debug, Clone, PartialEq)]
pub struct Toast {
    /// The notice, one line.
    pub text: String,
    /// How weighty.
    pub tone: Tone,
    /// When it goes.
    pub until: Timestamp,
}

/// What is awaited because of a key, as the header says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    /// Since when.
    pub since: Timestamp,
    /// What for.
    pub what: Wait,
}

/// What is awaited that nothing else on the screen tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// An answer: a link, an undo.
    Answer,
    /// What is on the screen, once more.
    Refresh,
    /// What fits the search in this pane.
    Search(Pane),
    /// Other rows of a list: by another filter, in another order, from its other end.
    Rows,
}

/// What `u` takes back.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    /// The revoked invites.
    pub invites: Vec<InviteId>,
    /// The band and the filter by which they were revoked, where nobody knows each of them.
    pub fitting: Option<(BandId, InviteFilter)>,
    /// Until when the server can restore them.
    pub until: Timestamp,
}

/// Why a request was sent: decides what its answer does.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    /// To know the server.
    Site,
    /// To know who is signed in.
    Me,
    /// The poll.
    Poll,
    /// A page of a pane's list.
    Page {
        /// Whose list.
        pane: Pane,
        /// The question of the list that it belongs to: the answer to another one is dropped.
        question: u64,
        /// Which page.
        want: Want,
    },
    /// A page of the campaigns that the invites are shown by.
    Groups {
        /// The question of the list that it belongs to.
        question: u64,
        /// Which page.
        want: Want,
    },
    /// A page of a list that lies over the panes.
    Listing {
        /// Which opening of which list.
        serial: u64,
        /// The row that it is below; none for the list itself.
        of: Option<EntryId>,
        /// The question of the list that it belongs to.
        question: u64,
        /// Which page.
        want: Want,
    },
    /// A band's policy, for the form of a new invite.
    Policy(BandId),
    /// What can be chosen in a form about this band.
    Known(BandId),
    /// People whose names hold what is typed.
    People,
    /// The form that says it is sending this request.
    Form,
    /// The confirmation that says it is doing this request.
    Confirm,
    /// A link to copy.
    Copy(InviteId),
    /// A code to copy.
    CopyCode(InviteId),
    /// What the batches of the codes in the list are called.
    Batches(u64),
    /// A link to show.
    ShowLink(InviteId),
    /// A link to show as a QR code.
    ShowQr(InviteId),
    /// Parts of the details that are open.
    Details(InviteId),
    /// A further page of the uses, or of the history, of the invite whose details are open.
    DetailsMore {
        /// Which invite.
        invite: InviteId,
        /// Whether it is of the history, or else of the uses.
        history: bool,
        /// Where the page begins.
        cursor: String,
    },
    /// An undo of a revoke.
    Restore(InviteId),
    /// What a pasted invite offers, and what is done with it: the overlay says it waits for this request.
    Offer,
    /// What the server would say to the invite that is read once more.
    Foretell,
    /// Rows of a list of people.
    Bulk,
    /// The invites that wait for the person.
    Inbox,
    /// Bands to join.
    Find,
    /// What the person has asked of them before.
    Asked,
    /// To join one.
    Join,
    /// To have a code mailed.
    Code,
    /// To have the way to a new password mailed.
    Forgot,
}

/// Everything.
#[derive(Debug)]
pub struct Model {
    /// What was decided before the start.
    pub settings: Settings,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The instant of the last message; views show ages against it.
    pub now: Timestamp,
    /// What fills the screen.
    pub screen: Screen,
    /// What lies over it, the last on top.
    pub overlays: Vec<Overlay>,
    /// The server in use.
    pub server: Option<Server>,
    /// Who is signed in.
    pub me: Option<Account>,
    /// How it stands with the server.
    pub line: Line,
    /// How many invites wait for the person, and which state of them the last poll told.
    pub inbox: SyncInbox,
    /// Which pane has the focus.
    pub focus: Pane,
    /// The bands.
    pub bands: BandsPane,
    /// The band whose invites and members are shown.
    pub band: Option<BandId>,
    /// Revisions of the bands as last shown.
    pub revisions: BTreeMap<BandId, i64>,
    /// The invites.
    pub invites: InvitesPane,
    /// The members.
    pub members: MembersPane,
    /// The notice.
    pub toast: Option<Toast>,
    /// What `u` takes back.
    pub undo: Option<Undo>,
    /// What is being copied just now.
    pub copying: Option<Copying>,
    /// An invite to look at as soon as someone is signed in.
    pub pasted: Option<Pasted>,
    /// The band that it is to, where its offer was seen: who makes an account for it comes in with that.
    pub invited_to: Option<String>,
    /// The serial of the server that is gone to: tells it from those that were gone to before, whose answers are dropped.
    pub going: Option<u64>,
    /// Requests on their way.
    pub waiting: BTreeMap<RequestId, Purpose>,
    /// What is awaited because of a key, and since when.
    pub awaited: Option<Awaited>,
    /// The requests of a refresh that was asked for by a key.
    pub refreshing: BTreeSet<RequestId>,
    /// When a label on the screen next reads differently.
    pub label_due: Option<Timestamp>,
    /// The hints of the last frame, where clicks are taken: what was pointed at may have changed since.
    pub(super) hints: Option<Hints>,
    /// Whether the screen is out of date.
    pub dirty: bool,
    /// The next request's name, and the next attempt's.
    pub(super) next_id: u64,
}

impl Row for Band {
    type Id = BandId;
    fn id(&self) -> BandId {
        self.id
    }
}

impl Row for Invite {
    type Id = InviteId;
    fn id(&self) -> InviteId {
        self.id
    }
}

impl Row for Member {
    type Id = AccountId;
    fn id(&self) -> AccountId {
        self.account.id
    }
}

impl Pane {
    /// All of them, in the order of their keys.
    pub const ALL: [Self; 3] = [Self::Bands, Self::Invites, Self::Members];

    /// The pane that a scope belongs to, `None` for the scope of all and those of lists over the panes.
    pub const fn of(scope: Scope) -> Option<Self> {
        match scope {
            Scope::Bands => Some(Self::Bands),
            Scope::Invites => Some(Self::Invites),
            Scope::Members => Some(Self::Members),
            _ => None,
        }
    }

    /// The keys that hold in it.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Bands => Scope::Bands,
            Self::Invites => Scope::Invites,
            Self::Members => Scope::Members,
        }
    }
}

impl Model {
    /// A model that knows nothing yet and asks the first question.
    pub fn new(settings: Settings, size: (u16, u16), now: Timestamp) -> Self {
        Self {
            settings,
            size,
            now,
            screen: Screen::Welcome { choice: 0, problem: None },
            overlays: Vec::new(),
            server: None,
            me: None,
            line: Line::default(),
            inbox: SyncInbox::default(),
            focus: Pane::Bands,
            bands: BandsPane::default(),
            band: None,
            revisions: BTreeMap::new(),
            invites: InvitesPane::default(),
            members: MembersPane::default(),
            toast: None,
            undo: None,
            copying: None,
            pasted: None,
            invited_to: None,
            going: None,
            waiting: BTreeMap::new(),
            awaited: None,
            refreshing: BTreeSet::new(),
            label_due: None,
            hints: None,
            dirty: true,
            next_id: 1,
        }
    }

    /// Whether the person is signed in and runs the site.
    pub fn runs_site(&self) -> bool {
        self.me.as_ref().is_some_and(|me| me.site_admin)
    }

    /// The band whose invites and members are shown, if it is among the bands held.
    pub fn chosen_band(&self) -> Option<&Band> {
        self.bands.list.rows().find(|band| Some(band.id) == self.band)
    }

    /// The campaign that the invites are narrowed to: the one that is shown alone, or the one that is unfolded.
    pub fn invites_of(&self) -> Option<CampaignId> {
        let open = self.invites.groups.as_ref().and_then(|groups| groups.open);
        open.or(self.invites.campaign.as_ref().map(|(id, _)| *id))
    }

    /// The keys that hold now: those of the list over the panes, else of the pane in focus.
    pub fn scope(&self) -> Scope {
        if self.bulk().is_some() {
            return Scope::Bulk;
        }
        self.listing().map_or_else(|| self.focus.scope(), |listing| listing.topic.listed().about().scope)
    }

    /// The topmost list over the panes, whatever lies over it.
    pub fn listing(&self) -> Option<&Listing> {
        self.overlays.iter().rev().find_map(|overlay| match overlay {
            Overlay::Listing(listing) => Some(&**listing),
            _ => None,
        })
    }

    pub(super) fn listing_mut(&mut self) -> Option<&mut Listing> {
        self.overlays.iter_mut().rev().find_map(|overlay| match overlay {
            Overlay::Listing(listing) => Some(&mut **listing),
            _ => None,
        })
    }

    /// Whether the person may invite to the band that is shown.
    pub fn may_invite(&self) -> bool {
        self.chosen_band().is_some_and(|band| {
            band.role.is_some_and(|role| role.grants(band.can_invite, band.invite_permission).is_some())
        })
    }
}
