//! A believable client for tests: Ada runs the Night Owls on a server of theirs.

use crate::{
    api::{
        Account, AuditEvent, AuditTrail, Ban, Band, BandCounts, BandRef, Campaign, CampaignEvent, Inbox, Invite,
        InviteCounts, Inviter, JoinRequest, Member, OwnRequest, PasswordRules, Person, Preview, PreviewBand,
        Redemption, Redemptions, Site, Template, Waiting,
    },
    client::{Origin, PlainHttp},
    domain::{
        AccountId, BandId, CampaignId, CancelReason, Delivery, Hours, InviteId, InvitePermission, JoinMode,
        JoinRequestId, JoinStatus, Kind, MaxUses, Registration, Role, Status, TemplateId, Timestamp, WallTime,
    },
    tui::{
        keymap::Keymap,
        model::{List, Model, PageOf, Pane, Row, Screen, Server, Settings, Want},
    },
};

mod figures;

pub(crate) use figures::{blocks, no_stats, stats, tree};

const DAY: i64 = 86_400;

/// 2026-03-14 14:02:30 in UTC.
pub(crate) fn now() -> Timestamp {
    "2026-03-14T14:02:30Z".parse().unwrap()
}

/// An instant so many seconds from [`now`].
pub(crate) fn later(seconds: i64) -> Timestamp {
    now().plus_seconds(seconds)
}

/// Nobody has said anything yet.
pub(crate) fn fresh(size: (u16, u16)) -> Model {
    let settings = Settings {
        poll_seconds: 5,
        keymap: Keymap::default(),
        zone: jiff::tz::TimeZone::UTC,
        plain: PlainHttp::LoopbackOnly,
        profile: None,
        can_launch: true,
        demo: None,
    };
    Model::new(settings, size, now())
}

/// A server is known, nobody is signed in.
pub(crate) fn at_server(size: (u16, u16)) -> Model {
    let mut model = fresh(size);
    let origin = Origin::parse("invites.example.org", PlainHttp::LoopbackOnly).unwrap();
    let about = Site {
        name: "Harbour Street".to_owned(),
        version: "0.1.0".to_owned(),
        registration: Registration::Open,
        mail: false,
        password: PasswordRules { min: 8, max: 128 },
    };
    model.server = Some(Server { keep_as: origin.clone(), origin, launched: None, site: Some(about) });
    model
}

/// Ada is signed in, nothing is fetched yet.
pub(crate) fn signed_in(size: (u16, u16)) -> Model {
    let mut model = at_server(size);
    model.screen = Screen::Panes;
    model.me = Some(Account {
        id: account_id(1),
        username: "ada".to_owned(),
        display_name: "Ada Lovelace".to_owned(),
        email: "ada@example.org".to_owned(),
        email_verified: true,
        site_admin: false,
        created_at: later(-90 * DAY),
    });
    model
}

/// Ada is signed in and looks at the invites of the Night Owls.
pub(crate) fn panes(size: (u16, u16)) -> Model {
    let mut model = signed_in(size);
    model.line.heard = Some(later(-3));
    model.inbox.pending = 1;
    model.focus = Pane::Invites;
    fill(&mut model.bands.list, bands(), false);
    model.band = Some(band_id(1));
    fill(&mut model.invites.list, invites(), true);
    (model.invites.total, model.invites.pending) = (48, 12);
    fill(&mut model.members.list, members(), false);
    model.members.total = 9;
    model
}

/// Puts rows into a list as its only page.
pub(crate) fn fill<T: Row>(list: &mut List<T>, rows: Vec<T>, more: bool) {
    let next = more.then(|| "more".to_owned());
    list.take(&Want::Anew(None), PageOf { cursor: None, rows, prev: None, next });
}

fn bytes(n: u8) -> [u8; 16] {
    [n; 16]
}

pub(crate) fn account_id(n: u8) -> AccountId {
    AccountId::from_bytes(bytes(n))
}

pub(crate) fn band_id(n: u8) -> BandId {
    BandId::from_bytes(bytes(n))
}

pub(crate) fn invite_id(n: u8) -> InviteId {
    InviteId::from_bytes(bytes(n))
}

/// One of the people around the Night Owls.
pub(crate) fn person(n: u8) -> Person {
    let (username, name) = match n {
        1 => ("ada", "Ada Lovelace"),
        2 => ("joe", "Joe"),
        3 => ("sam", "Sam Reed"),
        4 => ("mai", "舞 Tanaka"),
        5 => ("zoe", "Zoe\u{308} Kravitz"),
        6 => ("bruno", "Bruno de Albuquerque e Vasconcelos"),
        7 => ("ines", "Inês"),
        8 => ("kim", "Kim"),
        _ => ("ola", "Ola Nordmann"),
    };
    Person { id: account_id(n), username: username.to_owned(), display_name: name.to_owned() }
}

pub(crate) fn band(n: u8, name: &str, pending: u64, role: Role) -> Band {
    Band {
        id: band_id(n),
        name: name.to_owned(),
        description: Some("Late jazz on Thursdays, in the cellar of the old pump house.".to_owned()),
        contact: Some("ada@example.org".to_owned()),
        join: JoinMode::Invite,
        invite_permission: InvitePermission::Admins,
        role: Some(role),
        can_invite: false,
        counts: BandCounts { members: 9, invites: 48, pending },
        revision: 7,
        created_at: later(-70 * DAY),
        policy: None,
    }
}

fn bands() -> Vec<Band> {
    vec![
        band(1, "The Night Owls", 12, Role::Owner),
        band(2, "Brass & Bone", 3, Role::Admin),
        band(3, "Choir", 0, Role::Member),
        band(4, "深夜ジャズ研究会と友の会", 120, Role::Member),
    ]
}

/// A pending invite for anyone with the link, used by nobody, that ends in two days.
pub(crate) fn invite(n: u8) -> Invite {
    Invite {
        id: invite_id(n),
        band_id: Some(band_id(1)),
        campaign_id: None,
        kind: Kind::Link,
        role: Role::Member,
        status: Status::Pending,
        cancel_reason: None,
        email: None,
        account: None,
        label: None,
        message: None,
        hint: "x9Qw".to_owned(),
        max_uses: MaxUses::ONE,
        uses: 0,
        created_at: later(-DAY - i64::from(n) * 3_600),
        created_by: person(1),
        expires_at: Some(later(2 * DAY + 3 * 3_600 + 60)),
        status_at: later(-DAY),
        acted_by: None,
        used: false,
        used_at: None,
        used_by: None,
        delivery: Delivery::None,
        delivery_note: None,
        delivery_next_at: None,
        sent_at: None,
        reminders_sent: 0,
        next_reminder_at: None,
        requires_approval: false,
    }
}

fn invites() -> Vec<Invite> {
    let ended = |n, status, reason, uses| Invite {
        status,
        cancel_reason: reason,
        uses,
        acted_by: Some(person(2)),
        status_at: later(-3_600),
        created_by: person(2),
        ..invite(n)
    };
    let first = vec![
        Invite { label: Some("Kim, the drummer".to_owned()), message: Some(MESSAGE.to_owned()), ..invite(1) },
        Invite { max_uses: MaxUses::from_number(10).unwrap(), uses: 3, expires_at: None, ..invite(2) },
        Invite { account: Some(person(3)), role: Role::Admin, kind: Kind::User, ..ended(3, Status::Accepted, None, 1) },
        Invite { email: Some("lea@example.org".to_owned()), ..ended(4, Status::Rejected, None, 0) },
        Invite { label: Some("Poster".to_owned()), ..ended(5, Status::Cancelled, Some(CancelReason::Revoked), 0) },
        // Not written down as expired yet: what is true now is shown.
        Invite { label: Some("Last week's open stage".to_owned()), expires_at: Some(later(-60)), ..invite(6) },
        Invite { label: Some("舞さんへ".to_owned()), expires_at: Some(later(5 * 3_600 + 601)), ..invite(7) },
        Invite { max_uses: MaxUses::UNLIMITED, uses: 128, expires_at: Some(later(725)), ..invite(8) },
        Invite { label: Some("For the whole of the horn section and their friends".to_owned()), ..invite(9) },
    ];
    let rest = (10..30).map(|n| Invite { label: Some(format!("Guest {n}")), ..invite(n) });
    first.into_iter().chain(rest).collect()
}

const MESSAGE: &str = "We play on Thursdays at nine. Bring your sticks, the kit is ours.\n\nSee you there!";

fn members() -> Vec<Member> {
    let member = |n: u8, role, by: Option<u8>, days: i64| Member {
        account: person(n),
        role,
        can_invite: n == 5,
        joined_at: later(-days * DAY),
        invited_by: by.map(person),
    };
    vec![
        member(1, Role::Owner, None, 70),
        member(3, Role::Admin, Some(2), 10),
        member(2, Role::Admin, Some(1), 60),
        member(4, Role::Member, Some(2), 9),
        member(5, Role::Member, None, 8),
        member(6, Role::Member, Some(6), 7),
        member(7, Role::Member, Some(1), 6),
        member(8, Role::Member, Some(1), 5),
        member(9, Role::Member, Some(2), 4),
    ]
}

/// Who used an invite.
pub(crate) fn redemptions() -> Redemptions {
    let used = |n, seconds| Redemption { account: person(n), at: later(seconds) };
    Redemptions {
        redemptions: vec![used(8, -1_800), used(4, -90_000), used(6, -100_000)],
        next_cursor: None,
        prev_cursor: None,
    }
}

/// What happened to an invite.
pub(crate) fn audit() -> AuditTrail {
    let event = |id, action: &str, actor: Option<u8>, detail: Option<&str>| AuditEvent {
        id,
        at: later(-i64::from(id as i32) * 5_000),
        actor: actor.map(person),
        action: action.to_owned(),
        invite: Some(invite_id(2)),
        recipient: Some("anyone with link".to_owned()),
        account: None,
        detail: detail.map(str::to_owned),
    };
    AuditTrail {
        events: vec![
            event(1, "invite.link_shown", Some(2), None),
            event(2, "invite.edited", Some(1), Some("uses 5 → 10")),
            event(3, "invite.created", Some(1), None),
        ],
        next_cursor: None,
        prev_cursor: None,
    }
}

/// What happened to the Night Owls.
pub(crate) fn trail() -> Vec<AuditEvent> {
    let event = |id: i64, action: &str, actor: Option<u8>, to: Option<u8>, detail: Option<&str>| AuditEvent {
        id,
        at: later(id * 7_000 - 90_000),
        actor: actor.map(person),
        action: action.to_owned(),
        invite: action.starts_with("invite").then(|| invite_id(2)),
        recipient: match action {
            "invite.created" => Some("kim@example.org".to_owned()),
            _ => action.starts_with("invite").then(|| "anyone with link".to_owned()),
        },
        account: to.map(person),
        detail: detail.map(str::to_owned),
    };
    vec![
        event(9, "invite.accepted", Some(8), None, Some("use 1 of 10")),
        event(8, "member.can_invite_changed", Some(1), Some(5), Some("may invite")),
        event(7, "invite.expired", None, None, None),
        event(6, "member.role_changed", Some(6), Some(4), Some("member → admin, since somebody has to open the door")),
        event(5, "invite.link_shown", Some(2), None, None),
        event(4, "band.edited", Some(1), None, Some("description, contact")),
        event(3, "invite.created", Some(1), None, None),
        event(2, "member.banned", Some(2), Some(7), None),
    ]
}

/// A campaign of the Night Owls; the first is the one of invites without.
pub(crate) fn campaign(n: u8) -> Campaign {
    let counts = InviteCounts { made: 31, pending: 12, accepted: 14, rejected: 1, cancelled: 4, expired: 2, uses: 15 };
    Campaign {
        id: CampaignId::from_bytes(bytes(n)),
        band_id: Some(band_id(1)),
        name: format!("Campaign {n}"),
        role: None,
        message: None,
        expires_at: None,
        reminders: None,
        max_invites: None,
        max_accepts: None,
        event: None,
        is_default: false,
        counts,
        sent: 3,
        active: true,
        created_at: later(-i64::from(n) * DAY),
        created_by: Some(person(2)),
        ended_at: None,
    }
}

/// The campaigns of the Night Owls.
pub(crate) fn campaigns() -> Vec<Campaign> {
    let nothing = InviteCounts { pending: 0, rejected: 0, ..campaign(3).counts };
    vec![
        Campaign {
            name: "Summer party".to_owned(),
            role: Some(Role::Member),
            message: Some(MESSAGE.to_owned()),
            event: preview().event,
            expires_at: Some(later(8 * DAY)),
            reminders: Some(vec![24, 72]),
            max_invites: Some(100),
            max_accepts: Some(40),
            ..campaign(2)
        },
        Campaign {
            name: "夏のジャズ合宿と打ち上げ".to_owned(),
            counts: nothing,
            ended_at: Some(later(-DAY)),
            ..campaign(3)
        },
        Campaign {
            name: "Horn section, the whole of it and their friends from the other side of town".to_owned(),
            ..campaign(4)
        },
        Campaign { is_default: true, name: "General".to_owned(), ..campaign(1) },
    ]
}

/// A template of the Night Owls.
pub(crate) fn template(n: u8) -> Template {
    Template {
        id: TemplateId::from_bytes(bytes(n)),
        band_id: band_id(1),
        name: format!("Template {n}"),
        kind: None,
        role: Role::Member,
        ttl_hours: Hours(Some(72)),
        max_uses: MaxUses::ONE,
        label: None,
        message: None,
        campaign_id: None,
        requires_approval: false,
        created_at: later(-i64::from(n) * DAY),
        created_by: person(2),
    }
}

/// The templates of the Night Owls.
pub(crate) fn templates() -> Vec<Template> {
    vec![
        Template {
            name: "Guests of the house".to_owned(),
            kind: Some(Kind::Link),
            ttl_hours: Hours(Some(168)),
            max_uses: MaxUses::from_number(10).unwrap(),
            label: Some("for guests".to_owned()),
            message: Some(MESSAGE.to_owned()),
            ..template(1)
        },
        Template { name: "夏合宿の仲間".to_owned(), role: Role::Admin, requires_approval: true, ..template(2) },
        Template { max_uses: MaxUses::UNLIMITED, ttl_hours: Hours(None), kind: Some(Kind::Code), ..template(3) },
    ]
}

/// People who ask to come in.
pub(crate) fn join_requests(status: JoinStatus) -> Vec<JoinRequest> {
    let asks = |n: u8, by_invite: bool, role| JoinRequest {
        id: JoinRequestId::from_bytes(bytes(n)),
        account: person(n),
        invite_id: by_invite.then(|| invite_id(n)),
        role,
        status,
        created_at: later(-i64::from(n) * 40_000),
    };
    vec![asks(6, false, Role::Member), asks(4, true, Role::Admin), asks(5, true, Role::Member)]
}

/// What one has asked of bands that are not one's own, and what was said.
pub(crate) fn own_requests() -> Vec<OwnRequest> {
    let asked = |n: u8, name: &str, by_invite: bool, status, days: i64| OwnRequest {
        id: JoinRequestId::from_bytes(bytes(n)),
        band: BandRef { id: band_id(n), name: name.to_owned() },
        invite_id: by_invite.then(|| invite_id(n)),
        role: Role::Member,
        status,
        created_at: later(-days * DAY - 7_200),
        status_at: later(if status == JoinStatus::Pending { -days * DAY - 7_200 } else { -days * DAY }),
    };
    vec![
        asked(5, "Open Stage", false, JoinStatus::Pending, 0),
        asked(6, "合唱団 ひびき and all who sing along with them", false, JoinStatus::Denied, 3),
        asked(7, "Shanties", true, JoinStatus::Closed, 400),
        asked(8, "Choir", true, JoinStatus::Approved, 401),
    ]
}

/// People who may not come back.
pub(crate) fn bans() -> Vec<Ban> {
    [7_u8, 4, 8]
        .into_iter()
        .map(|n| Ban { account: person(n), at: later(-i64::from(n) * DAY), by: person(2) })
        .collect()
}

/// What invites can be to.
pub(crate) fn event() -> CampaignEvent {
    CampaignEvent {
        title: "Thirty years of the Night Owls".to_owned(),
        starts_at: WallTime::new(later(9 * DAY).to_jiff(), jiff::tz::Offset::constant(1)),
        ends_at: None,
        place: Some("The old pump house".to_owned()),
        time_zone: "Europe/Berlin".to_owned(),
    }
}

/// What the invite to the Night Owls offers.
pub(crate) fn preview() -> Preview {
    Preview {
        band: Some(PreviewBand {
            name: "The Night Owls".to_owned(),
            description: Some("Late jazz on Thursdays, in the cellar of the old pump house.".to_owned()),
            contact: Some("ada@example.org".to_owned()),
            members: 9,
        }),
        role: Role::Member,
        inviter: Inviter { display_name: "Ada Lovelace".to_owned() },
        kind: Kind::Link,
        status: Status::Pending,
        expires_at: Some(later(2 * DAY + 3 * 3_600 + 60)),
        uses_left: Some(7),
        declinable: false,
        message: Some(MESSAGE.to_owned()),
        event: Some(event()),
        recipient: None,
        registration: Registration::Open,
        requires_approval: false,
    }
}

/// Invites that wait for Ada.
pub(crate) fn inbox() -> Inbox {
    let waiting = |n: u8, band: &str, role, days: Option<i64>, message: Option<&str>| Waiting {
        id: invite_id(n),
        band: BandRef { id: band_id(n), name: band.to_owned() },
        kind: Kind::User,
        role,
        inviter: person(n),
        message: message.map(str::to_owned),
        event: Some(event()).filter(|_| n == 3),
        created_at: later(-i64::from(n) * 3_600),
        expires_at: days.map(|days| later(days * DAY)),
        requires_approval: false,
    };
    Inbox {
        invites: vec![
            waiting(2, "Sunday Kitchen", Role::Member, Some(3), None),
            waiting(3, "合唱団 ひびき", Role::Admin, None, Some(MESSAGE)),
            waiting(4, "A band whose name takes all the room that there is", Role::Member, Some(30), None),
        ],
        next_cursor: None,
        prev_cursor: None,
    }
}
