//! What happened in the sample world: people, bands, and a year of invites, campaigns, codes and what else bands do.

use crate::{
    api::Block,
    domain::{JoinMode, Role},
};

/// Who sits at the keyboard.
pub(super) const ME: &str = "ada";

/// User name and name; the first is the person at the keyboard.
pub(super) const PEOPLE: &[(&str, &str)] = &[
    (ME, "Ada Lovelace"),
    ("joe", "Joe Strand"),
    ("sam", "Sam Reed"),
    ("minji", "김민지"),
    ("zoe", "Zoë Baumgärtner"),
    ("jose", "José Álvarez"),
    ("ingrid", "Ingrid Sørensen"),
    ("yuki", "田中 ゆき"),
    ("olena", "Олена Шевченко"),
    ("amara", "Amara Okafor"),
    ("lukasz", "Łukasz Wójcik"),
    ("mai", "Nguyễn Thị Mai"),
    ("nikos", "Νίκος Παππάς"),
    ("kim", "Kim Novák"),
    ("francesca", "Francesca Conti"),
    ("dmytro", "Дмитро Бойко"),
    ("bjorn", "Björn Lindqvist"),
    ("sofia", "Sofía Herrera"),
    ("tomas", "Tomáš Dvořák"),
    ("hana", "はな 鈴木"),
    ("anton", "Anton Weiss"),
    ("greta", "Greta Holm"),
    ("pele", "Pelé Costa"),
    ("rui", "Rui Tavares"),
    ("lena", "Lena Brandt"),
];

/// A band of the sample world.
pub(super) struct Founded {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) contact: &'static str,
    pub(super) by: &'static str,
    /// How one comes in without an invite.
    pub(super) join: JoinMode,
    /// Hours before now.
    pub(super) at: u32,
}

const fn founded(
    name: &'static str,
    by: &'static str,
    at: u32,
    join: JoinMode,
    about: &'static str,
    contact: &'static str,
) -> Founded {
    Founded { name, about, contact, by, join, at }
}

/// The bands, oldest first: lists begin with the band that one came to last.
pub(super) const BANDS: [Founded; 7] = [
    founded("Choir", "olena", 360 * D, JoinMode::Invite, "Everybody can sing.", "olena@example.org"),
    founded(
        "Brass & Bone",
        "joe",
        355 * D,
        JoinMode::Invite,
        "Eleven horns and a drum. We play weddings and wakes.",
        "joe@example.org",
    ),
    founded(
        "Open Stage",
        "joe",
        340 * D,
        JoinMode::Open,
        "First Friday of the month, two songs each. Come as you are.",
        "joe@example.org",
    ),
    founded(
        "Harbour Shanties",
        "olena",
        330 * D,
        JoinMode::Request,
        "We sing where it is loud. Tell us which part you take.",
        "olena@example.org",
    ),
    founded(
        "The Night Owls",
        ME,
        321 * D,
        JoinMode::Invite,
        "Rehearsals on Tuesdays at nine, and one gig a month.",
        "ada@example.org",
    ),
    founded(
        "Late Breakfast Quartet",
        "francesca",
        60 * D,
        JoinMode::Invite,
        "Three and a half players. We need a fourth.",
        "francesca@example.org",
    ),
    founded("Cable & Fuse", "bjorn", 30 * D, JoinMode::Invite, "Sound and light for small rooms.", "bjorn@example.org"),
];
const CHOIR: usize = 0;
const BRASS: usize = 1;
const STAGE: usize = 2;
const SHANTIES: usize = 3;
const OWLS: usize = 4;
const QUARTET: usize = 5;
const CABLE: usize = 6;

/// Whom an invite is for.
#[derive(Clone, Copy)]
pub(super) enum For {
    /// Whoever has the link.
    Anyone,
    /// Who has this address.
    Address(&'static str),
    /// The account of this name.
    User(&'static str),
}

/// What became of an invite.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// Nothing yet.
    Open,
    /// These accepted, one after the other.
    Accepted(&'static [&'static str]),
    /// This person declined, for this reason.
    Declined(&'static str, &'static str),
    /// And wants no more of these.
    Blocked(&'static str, &'static str, Block),
    /// Its maker took it back.
    Revoked,
}

/// An invite of the sample world. Times are hours before now.
pub(super) struct Sample {
    pub(super) band: usize,
    pub(super) by: &'static str,
    pub(super) made: u32,
    pub(super) to: For,
    pub(super) role: Role,
    /// Its life; `None` for ever.
    pub(super) ttl: Option<u32>,
    pub(super) uses: Option<u32>,
    pub(super) label: &'static str,
    pub(super) message: &'static str,
    /// Whether an admin has to agree.
    pub(super) asks: bool,
    /// Whether it takes the place of one that waits.
    pub(super) again: bool,
    pub(super) end: End,
    /// Hours until that; further ones follow at seven hours each.
    pub(super) after: u32,
}

const fn one(band: usize, by: &'static str, made: u32, ttl: u32, label: &'static str, end: End) -> Sample {
    Sample {
        band,
        by,
        made,
        to: For::Anyone,
        role: Role::Member,
        ttl: Some(ttl),
        uses: Some(1),
        label,
        message: "",
        asks: false,
        again: false,
        end,
        after: 5,
    }
}

impl Sample {
    const fn admin(self) -> Self {
        Self { role: Role::Admin, ..self }
    }

    const fn forever(self) -> Self {
        Self { ttl: None, ..self }
    }

    const fn uses(self, uses: Option<u32>) -> Self {
        Self { uses, ..self }
    }

    const fn saying(self, message: &'static str) -> Self {
        Self { message, ..self }
    }

    const fn mail(self, address: &'static str) -> Self {
        Self { to: For::Address(address), ..self }
    }

    const fn user(self, name: &'static str) -> Self {
        Self { to: For::User(name), ..self }
    }

    const fn asks(self) -> Self {
        Self { asks: true, ..self }
    }

    const fn again(self) -> Self {
        Self { again: true, ..self }
    }

    const fn after(self, hours: u32) -> Self {
        Self { after: hours, ..self }
    }
}

use End::{Accepted, Blocked, Declined, Open, Revoked};

/// Hours in a day.
const D: u32 = 24;

/// All invites that were made one by one. Whoever is not a founder came by one of these, a campaign or a code, so their
/// order in time matters.
pub(super) const SAMPLES: &[Sample] = &[
    // The Night Owls: who came.
    one(OWLS, ME, 320 * D, 720, "drums", Accepted(&["joe"])).admin().mail("joe@example.org"),
    one(OWLS, "joe", 262 * D, 720, "Sam, bass", Accepted(&["sam"])).admin().after(40),
    one(OWLS, ME, 310 * D, 168, "keys", Accepted(&["anton"])).user("anton"),
    one(OWLS, ME, 201 * D, 168, "keys, since Anton left", Accepted(&["minji"]))
        .saying("The keyboard stays with us!")
        .mail("minji@example.org")
        .after(30),
    one(OWLS, "sam", 150 * D, 72, "second guitar", Accepted(&["zoe"])).user("zoe").after(2),
    one(OWLS, ME, 122 * D, 72, "the summer tour", Accepted(&["jose"])).mail("jose@example.org"),
    one(OWLS, "joe", 90 * D, 168, "tapes and labels", Accepted(&["tomas"])),
    one(OWLS, "zoe", 41 * D, 168, "backing vocals", Accepted(&["sofia"])).user("sofia").after(50),
    // Who did not.
    one(OWLS, ME, 250 * D, 72, "trumpet, from the wedding", Declined("mai", "I moved to Lyon, sorry."))
        .mail("mai@example.org"),
    one(OWLS, "joe", 188 * D, 72, "sound", Declined("lukasz", "No evenings free this year.")).user("lukasz"),
    one(OWLS, "sam", 101 * D, 168, "bouzouki", Declined("nikos", "")).user("nikos"),
    one(OWLS, ME, 44 * D, 72, "video people", Blocked("mai", "Please, no more of these.", Block::Band)),
    one(OWLS, ME, 230 * D, 720, "label, wrong person", Revoked),
    one(OWLS, "joe", 160 * D, 720, "posted in public by mistake", Revoked).uses(None),
    one(OWLS, "sam", 96 * D, 168, "", Revoked).mail("old.address@example.org"),
    one(OWLS, ME, 61 * D, 720, "festival crew, cancelled", Revoked).uses(Some(25)),
    one(OWLS, ME, 12 * D, 720, "tour manager", Revoked).admin().mail("manager@agency.example"),
    one(OWLS, "joe", 16, 72, "strings, mistyped", Revoked).mail("fransesca@example.org"),
    // Whom nobody heard of again.
    one(OWLS, "joe", 281 * D, 72, "friend of Joe", Open),
    one(OWLS, ME, 240 * D, 168, "singer, first try", Open).mail("voice@example.net"),
    one(OWLS, "sam", 212 * D, 72, "singer, second try", Open).mail("voice@example.net"),
    one(OWLS, ME, 175 * D, 72, "photographer", Open),
    one(OWLS, ME, 140 * D, 24, "one-night guest list", Open).uses(Some(40)),
    one(OWLS, "joe", 133 * D, 72, "percussion", Open).mail("shaker@example.net"),
    one(OWLS, "sam", 112 * D, 720, "street team", Open).uses(Some(12)),
    one(OWLS, ME, 83 * D, 72, "merch", Open),
    one(OWLS, ME, 70 * D, 168, "light", Open).mail("light@example.net"),
    one(OWLS, "joe", 52 * D, 72, "stand-in for Sam", Open).user("lukasz"),
    one(OWLS, "sam", 33 * D, 72, "booking, Hamburg", Open).mail("booking@hafen.example"),
    one(OWLS, ME, 20 * D, 168, "booking, 東京", Open).mail("live@shibuya.example"),
    one(OWLS, ME, 8 * D, 72, "cousin of Zoë", Open),
    // What another one took the place of, or made needless.
    one(OWLS, "joe", 76 * D, 720, "clarinet", Open).user("olena"),
    one(OWLS, "joe", 75 * D, 720, "clarinet, now with the dates", Declined("olena", "Too far on Tuesdays."))
        .user("olena")
        .again(),
    one(OWLS, "sam", 64 * D, 720, "trumpet", Open).user("dmytro"),
    one(OWLS, ME, 63 * D, 168, "wind section, in the bar", Accepted(&["dmytro"])),
    // What their maker took along.
    one(OWLS, "tomas", 82 * D, 0, "my mailing list", Open).forever().uses(None),
    // Who may still come.
    one(OWLS, ME, 71, 72, "Kim, percussion", Open).saying("Tuesday at nine, the blue door.").mail("kim@example.org"),
    one(OWLS, ME, 53, 72, "trombone", Open).mail("posaune@example.net"),
    one(OWLS, "joe", 47, 72, "new sound engineer", Open).admin().mail("engineer@example.net"),
    one(OWLS, ME, 28, 0, "rehearsal room, door", Accepted(&["ingrid", "yuki", "amara"]))
        .forever()
        .uses(Some(10))
        .saying("Scan, sign up, come in. Bring ear plugs."),
    one(OWLS, "sam", 30, 168, "choir people", Open).uses(Some(20)),
    one(OWLS, ME, 26, 720, "newsletter", Open).uses(None),
    one(OWLS, ME, 20, 0, "poster at the harbour", Open).forever().uses(None).saying("Come and play."),
    one(OWLS, ME, 100, 720, "open rehearsal, we ask back", Accepted(&["kim", "anton", "nikos", "pele"]))
        .uses(Some(30))
        .asks(),
    one(OWLS, "joe", 9, 72, "strings", Open).mail("francesca@example.org"),
    one(OWLS, ME, 6, 24, "stage hands tonight", Open).uses(Some(4)),
    one(OWLS, "sam", 3, 72, "Дмитро's brother, кларнет", Open),
    one(OWLS, ME, 2, 2_160, "residency in autumn", Open).admin(),
    one(OWLS, ME, 10, 72, "stand-in for Friday", Declined("rui", "Fridays are for the kids.")).user("rui"),
    one(OWLS, "sam", 18, 168, "viola", Accepted(&["lena"])).mail("lena@example.org"),
    one(OWLS, ME, 1, 72, "bouzouki, once more", Open).user("nikos"),
    // Brass & Bone.
    one(BRASS, "joe", 332 * D, 168, "Ada, when she has time", Accepted(&[ME])).admin().user(ME),
    one(BRASS, "joe", 180 * D, 720, "low brass", Accepted(&["lukasz", "nikos"])).uses(Some(2)),
    one(BRASS, ME, 58 * D, 72, "sousaphone", Accepted(&["amara"])).mail("amara@example.org"),
    one(BRASS, "joe", 39 * D, 72, "wake in April", Declined("zoe", "Out of town.")).user("zoe"),
    one(BRASS, "joe", 25 * D, 72, "second drum", Open),
    one(BRASS, "joe", 40, 168, "parade", Open).uses(Some(6)),
    one(BRASS, ME, 22, 72, "piccolo", Open).user("hana"),
    one(BRASS, "joe", 5, 0, "anyone with a horn", Open).forever().uses(None),
    // Choir.
    one(CHOIR, "olena", 336 * D, 168, "Ada, alto", Accepted(&[ME])),
    one(CHOIR, "olena", 110 * D, 720, "altos", Accepted(&["mai", "ingrid", "minji"])).uses(Some(3)),
    one(CHOIR, "olena", 16 * D, 72, "tenor wanted", Open),
    // What waits for Ada, and what she wanted no more of.
    one(QUARTET, "francesca", 26, 168, "cello", Open)
        .user(ME)
        .saying("We heard you at the harbour. Four rehearsals, then the radio. Would you play with us?"),
    one(SHANTIES, "olena", 50, 0, "second row", Open).user(ME).forever().admin(),
    one(CABLE, "bjorn", 24 * D, 720, "everybody I know", Blocked(ME, "I do not rent out light.", Block::Inviter))
        .user(ME),
];

/// The people of a campaign, by address or by user name with `@`.
pub(super) struct Tour {
    pub(super) band: usize,
    pub(super) by: &'static str,
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) ttl: Option<u32>,
    pub(super) message: &'static str,
    /// What it is to, in how many days, and where.
    pub(super) event: Option<(&'static str, u32, &'static str)>,
    pub(super) people: &'static [&'static str],
    pub(super) most: Option<i64>,
}

/// A batch of codes; to no band where there is none.
pub(super) struct Cards {
    pub(super) band: Option<usize>,
    pub(super) by: &'static str,
    pub(super) name: &'static str,
    pub(super) count: i64,
    pub(super) ttl: Option<u32>,
    pub(super) uses: Option<i64>,
}

/// Defaults for new invites.
pub(super) struct Saved {
    pub(super) band: usize,
    pub(super) by: &'static str,
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) ttl: Option<i64>,
    pub(super) uses: Option<i64>,
    pub(super) label: Option<&'static str>,
    pub(super) message: Option<&'static str>,
    pub(super) asks: bool,
}

/// What else happens in a band.
pub(super) enum Deed {
    /// A campaign is made.
    Campaign(Tour),
    /// Codes are made.
    Codes(Cards),
    /// A template is saved.
    Template(Saved),
    /// This person takes the invite of the campaign that is for them, or its first code that is left.
    Comes(&'static str, &'static str),
    /// This person says no to it.
    Declines(&'static str, &'static str, &'static str),
    /// A campaign is ended by this person.
    Ends(&'static str, &'static str),
    /// A campaign is deleted by this person.
    Deletes(&'static str, &'static str),
    /// Who comes in without an invite, or asks to.
    Joins(usize, &'static str),
    /// An admin lets in who asked.
    Agrees(usize, &'static str, &'static str),
    /// An admin says no to who asked.
    Refuses(usize, &'static str, &'static str),
    /// A member is given the right to invite.
    MayInvite(usize, &'static str, &'static str),
    /// A member is removed, or banned; invites of theirs end.
    Removes(usize, &'static str, &'static str, bool),
    /// An address wants no more mail: of the band of a pending campaign's invite to it, or of the server.
    OptsOut(&'static str, Block),
    /// A site admin sets what an account may make in 30 days.
    Quota(&'static str, i64),
}

use Deed::{
    Agrees, Campaign, Codes, Comes, Declines, Deletes, Ends, Joins, MayInvite, OptsOut, Quota, Refuses, Removes,
    Template,
};

const fn tour(band: usize, by: &'static str, name: &'static str, ttl: Option<u32>) -> Tour {
    Tour { band, by, name, role: Role::Member, ttl, message: "", event: None, people: &[], most: None }
}

const fn cards(band: Option<usize>, name: &'static str, count: i64, ttl: Option<u32>, uses: Option<i64>) -> Deed {
    Codes(Cards { band, by: ME, name, count, ttl, uses })
}

const FESTIVAL: &str = "Harbour Festival";
const SUMMER: &str = "Summer tour crew";
const RADIO: &str = "Radio session";
const WRONG: &str = "Newsletter, wrong list";
const DOOR: &str = "Stage door, Friday";
const MERCH: &str = "Merch table";

/// All of that, with its hours before now.
pub(super) const DEEDS: &[(u32, Deed)] = &[
    (
        70 * D,
        Template(Saved {
            band: OWLS,
            by: ME,
            name: "New musician",
            role: Role::Member,
            ttl: Some(336),
            uses: Some(1),
            label: None,
            message: Some("We heard you play, and we would like to hear more. Tuesday at nine, the blue door."),
            asks: false,
        }),
    ),
    (
        66 * D,
        Template(Saved {
            band: OWLS,
            by: "joe",
            name: "Crew for one night",
            role: Role::Member,
            ttl: Some(24),
            uses: Some(6),
            label: Some("crew"),
            message: Some("Load-in is at four. Soup is at seven."),
            asks: false,
        }),
    ),
    (
        35 * D,
        Template(Saved {
            band: OWLS,
            by: ME,
            name: "Poster, we ask back",
            role: Role::Member,
            ttl: None,
            uses: None,
            label: Some("poster"),
            message: None,
            asks: true,
        }),
    ),
    // A campaign that is over.
    (
        130 * D,
        Campaign(Tour {
            message: "Six nights, one van. Are you in?",
            people: &["@amara", "van@example.net", "sound@example.net", "roadie@example.net", "@lukasz"],
            ..tour(OWLS, "joe", SUMMER, Some(21 * D))
        }),
    ),
    (128 * D, Declines(SUMMER, "lukasz", "I get sick in vans.")),
    // One that was ended early, and one that was a mistake.
    (
        48 * D,
        Campaign(Tour {
            message: "One hour, live, no second take.",
            people: &["@greta", "oboe@example.net", "harp@example.net", "producer@radio.example"],
            ..tour(OWLS, ME, RADIO, Some(60 * D))
        }),
    ),
    (47 * D, Comes(RADIO, "greta")),
    (40 * D, Ends(RADIO, ME)),
    (
        29 * D,
        Campaign(Tour {
            people: &["press1@paper.example", "press2@paper.example", "press3@paper.example"],
            ..tour(OWLS, "sam", WRONG, Some(720))
        }),
    ),
    (29 * D - 2, Deletes(WRONG, "sam")),
    // One that goes on, with a date.
    (
        5 * D,
        Campaign(Tour {
            message: "We play at dusk, and there is a table for everybody who comes early.",
            event: Some((FESTIVAL, 19, "Harbour stage, pier 4")),
            people: &[
                "hafen@example.net",
                "@olena",
                "mira@example.net",
                "@bjorn",
                "press@stadtblatt.example",
                "jonas@example.net",
                "@francesca",
                "marta@example.net",
                "oskar@example.net",
                "@lukasz",
                "boots@example.net",
                "quiet@example.net",
            ],
            most: Some(60),
            ..tour(OWLS, ME, FESTIVAL, Some(18 * D))
        }),
    ),
    (4 * D + 3, Comes(FESTIVAL, "olena")),
    (4 * D - 2, Declines(FESTIVAL, "francesca", "I play the other stage that evening.")),
    (3 * D, OptsOut("quiet@example.net", Block::Band)),
    (8 * D, Campaign(Tour { message: "Mass in B minor, in March.", ..tour(BRASS, ME, "Carnival", Some(40 * D)) })),
    // Codes for paper.
    (27 * D, cards(Some(OWLS), MERCH, 6, None, Some(5))),
    (22 * D, Comes(MERCH, "hana")),
    (15 * D, cards(Some(OWLS), "Old flyers", 4, Some(7 * D), Some(1))),
    (3 * D + 6, cards(Some(OWLS), DOOR, 8, Some(6 * D), Some(1))),
    (30, Comes(DOOR, "bjorn")),
    (12, Comes(DOOR, "lukasz")),
    (21 * D, cards(None, "Friends of the house", 5, None, Some(1))),
    // Doors of other kinds.
    (300 * D, Joins(STAGE, "sam")),
    (240 * D, Joins(STAGE, "yuki")),
    (120 * D, Joins(STAGE, "hana")),
    (14 * D, Joins(STAGE, "greta")),
    (7 * D, Joins(STAGE, "tomas")),
    (100 * D, Joins(SHANTIES, "nikos")),
    (99 * D, Agrees(SHANTIES, "olena", "nikos")),
    (80, Refuses(OWLS, "joe", "nikos")),
    (211 * D, Removes(OWLS, "anton", "anton", false)),
    (148 * D, MayInvite(OWLS, ME, "zoe")),
    (89 * D, MayInvite(OWLS, "joe", "tomas")),
    (79 * D, Removes(OWLS, ME, "tomas", true)),
    (32 * D, Joins(STAGE, "mai")),
    (31 * D, Removes(BRASS, "joe", "nikos", true)),
    (10 * D, OptsOut("old.address@example.org", Block::Server)),
    (9 * D, Quota("bjorn", 40)),
    (9 * D, Quota("tomas", 5)),
];
