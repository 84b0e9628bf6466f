//! The sample world: three bands, their people, and a year of invites, made by the use cases that serve requests.

use crate::{
    api::{CreateBand, CreateInvite, DeclineInvite, Patch},
    domain::{
        AccountId, Address, BandId, DisplayName, JoinMode, JoinRequestId, Kind, Policy, Preset, Registration, Role,
        SessionId, SuppressionId, Timestamp, Username,
    },
    local::Error,
    server::{
        App, Hash, Refused,
        accounts::{self, NewAccount, NewSession, Site, password},
        bands::{self, NewBand},
        hash,
        invites::{self, Fresh},
        store::Tx,
    },
};

use super::PASSWORD;

/// Who sits at the keyboard.
pub(super) const ME: &str = "ada";

/// User name and name; the first is the person at the keyboard.
const PEOPLE: &[(&str, &str)] = &[
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
];

/// A band of the sample world.
struct Founded {
    name: &'static str,
    about: &'static str,
    contact: &'static str,
    by: &'static str,
    /// How one comes in without an invite.
    join: JoinMode,
    /// Hours before now.
    at: u32,
}

/// The bands, oldest first: lists begin with the band that one came to last.
const BANDS: [Founded; 5] = [
    Founded {
        name: "Choir",
        about: "Everybody can sing.",
        contact: "olena@example.org",
        by: "olena",
        join: JoinMode::Invite,
        at: 360 * D,
    },
    Founded {
        name: "Brass & Bone",
        about: "Eleven horns and a drum. We play weddings and wakes.",
        contact: "joe@example.org",
        by: "joe",
        join: JoinMode::Invite,
        at: 355 * D,
    },
    Founded {
        name: "Open Stage",
        about: "First Friday of the month, two songs each. Come as you are.",
        contact: "joe@example.org",
        by: "joe",
        join: JoinMode::Open,
        at: 340 * D,
    },
    Founded {
        name: "Harbour Shanties",
        about: "We sing where it is loud. Tell us which part you take.",
        contact: "olena@example.org",
        by: "olena",
        join: JoinMode::Request,
        at: 330 * D,
    },
    Founded {
        name: "The Night Owls",
        about: "Rehearsals on Tuesdays at nine, and one gig a month.",
        contact: "ada@example.org",
        by: ME,
        join: JoinMode::Invite,
        at: 321 * D,
    },
];
const CHOIR: usize = 0;
const BRASS: usize = 1;
const OWLS: usize = 4;

/// What became of an invite.
#[derive(Clone, Copy)]
enum End {
    /// Nothing yet.
    Open,
    /// These accepted, one after the other.
    Accepted(&'static [&'static str]),
    /// This person declined, for this reason.
    Declined(&'static str, &'static str),
    /// Its maker took it back.
    Revoked,
}

/// An invite of the sample world. Times are hours before now.
struct Sample {
    band: usize,
    by: &'static str,
    made: u32,
    role: Role,
    /// Its life; `None` for ever.
    ttl: Option<u32>,
    uses: Option<u32>,
    label: &'static str,
    message: &'static str,
    end: End,
}

const fn one(band: usize, by: &'static str, made: u32, ttl: u32, label: &'static str, end: End) -> Sample {
    Sample { band, by, made, role: Role::Member, ttl: Some(ttl), uses: Some(1), label, message: "", end }
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
}

use End::{Accepted, Declined, Open, Revoked};

/// Hours in a day.
const D: u32 = 24;

/// All invites. Whoever is not a founder came by one of these, so their order in time matters.
const SAMPLES: &[Sample] = &[
    // The Night Owls: who came.
    one(OWLS, ME, 320 * D, 720, "Joe, drums", Accepted(&["joe"])).admin(),
    one(OWLS, "joe", 262 * D, 720, "Sam, bass", Accepted(&["sam"])).admin(),
    one(OWLS, ME, 201 * D, 168, "keys, since Anton left", Accepted(&["minji"])).saying("The keyboard stays with us!"),
    one(OWLS, "sam", 150 * D, 72, "second guitar", Accepted(&["zoe"])),
    one(OWLS, ME, 122 * D, 72, "José for the summer tour", Accepted(&["jose"])),
    // Who did not.
    one(OWLS, ME, 250 * D, 72, "trumpet, from the wedding", Declined("mai", "I moved to Lyon, sorry.")),
    one(OWLS, "joe", 188 * D, 72, "Łukasz, sound", Declined("lukasz", "No evenings free this year.")),
    one(OWLS, "sam", 101 * D, 168, "Nikos, bouzouki", Declined("nikos", "")),
    one(OWLS, ME, 44 * D, 72, "video people", Declined("mai", "Ask me for the next one.")),
    one(OWLS, ME, 230 * D, 720, "label, wrong person", Revoked),
    one(OWLS, "joe", 160 * D, 720, "posted in public by mistake", Revoked).uses(None),
    one(OWLS, "sam", 96 * D, 168, "", Revoked),
    one(OWLS, ME, 61 * D, 720, "festival crew, cancelled", Revoked).uses(Some(25)),
    one(OWLS, ME, 12 * D, 720, "tour manager", Revoked).admin(),
    one(OWLS, "joe", 2 * D, 72, "typo in the message", Revoked),
    // Whom nobody heard of again.
    one(OWLS, ME, 300 * D, 72, "Anton, keys", Open),
    one(OWLS, "joe", 281 * D, 72, "friend of Joe", Open),
    one(OWLS, ME, 240 * D, 168, "singer, first try", Open),
    one(OWLS, "sam", 212 * D, 72, "singer, second try", Open),
    one(OWLS, ME, 175 * D, 72, "photographer", Open),
    one(OWLS, ME, 140 * D, 24, "one-night guest list", Open).uses(Some(40)),
    one(OWLS, "joe", 133 * D, 72, "percussion", Open),
    one(OWLS, "sam", 112 * D, 720, "street team", Open).uses(Some(12)),
    one(OWLS, ME, 83 * D, 72, "merch", Open),
    one(OWLS, ME, 70 * D, 168, "light", Open),
    one(OWLS, "joe", 52 * D, 72, "stand-in for Sam", Open),
    one(OWLS, "sam", 33 * D, 72, "booking, Hamburg", Open),
    one(OWLS, ME, 20 * D, 168, "booking, 東京", Open),
    one(OWLS, ME, 8 * D, 72, "cousin of Zoë", Open),
    // Who may still come.
    one(OWLS, ME, 71, 72, "kim@example.org", Open).saying("Tuesday at nine, the blue door."),
    one(OWLS, ME, 53, 72, "trombone", Open),
    one(OWLS, "joe", 47, 72, "new sound engineer", Open).admin(),
    one(OWLS, ME, 28, 0, "rehearsal room, door", Accepted(&["ingrid", "yuki", "amara"]))
        .forever()
        .uses(Some(10))
        .saying("Scan, sign up, come in. Bring ear plugs."),
    one(OWLS, "sam", 30, 168, "choir people", Open).uses(Some(20)),
    one(OWLS, ME, 26, 720, "newsletter, May", Open).uses(None),
    one(OWLS, ME, 20, 0, "poster at the harbour", Open).forever().uses(None).saying("Come and play."),
    one(OWLS, "joe", 9, 72, "Francesca, strings", Open),
    one(OWLS, ME, 6, 24, "stage hands tonight", Open).uses(Some(4)),
    one(OWLS, "sam", 3, 72, "Дмитро, кларнет", Open),
    one(OWLS, ME, 2, 2_160, "residency in autumn", Open).admin(),
    one(OWLS, ME, 1, 72, "", Open),
    // Brass & Bone.
    one(BRASS, "joe", 332 * D, 168, "Ada, when she has time", Accepted(&[ME])).admin(),
    one(BRASS, "joe", 180 * D, 720, "low brass", Accepted(&["lukasz", "nikos"])).uses(Some(2)),
    one(BRASS, ME, 58 * D, 72, "sousaphone", Accepted(&["amara"])),
    one(BRASS, "joe", 39 * D, 72, "wake in April", Declined("zoe", "Out of town.")),
    one(BRASS, "joe", 25 * D, 72, "second drum", Open),
    one(BRASS, "joe", 40, 168, "parade", Open).uses(Some(6)),
    one(BRASS, ME, 22, 72, "piccolo", Open),
    one(BRASS, "joe", 5, 0, "anyone with a horn", Open).forever().uses(None),
    // Choir.
    one(CHOIR, "olena", 336 * D, 168, "Ada, alto", Accepted(&[ME])),
    one(CHOIR, "olena", 110 * D, 720, "altos", Accepted(&["mai", "ingrid", "minji"])).uses(Some(3)),
    one(CHOIR, "olena", 16 * D, 72, "tenor wanted", Open),
];

/// Makes all of it and signs the first person in with the session of this hash.
pub(super) fn make(app: &App, session: Hash, now: Timestamp) -> Result<(), Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Sample(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    runtime.block_on(write(app, session, now)).map_err(|refused| failed(&refused))
}

async fn write(app: &App, session: Hash, now: Timestamp) -> Result<(), Refused> {
    // One hash for all: hashing is slow on purpose.
    let password_hash = password::hash(PASSWORD.to_owned(), app.random()).await?;
    let new = |&(username, name): &(&str, &str)| {
        Ok(NewAccount {
            id: app.fresh(AccountId::new),
            username: Username::parse(username).map_err(|invalid| wrong(&invalid))?,
            display_name: DisplayName::parse(name).map_err(|invalid| wrong(&invalid))?,
            email: Address::parse(&format!("{username}@example.org")).map_err(|invalid| wrong(&invalid))?,
            password_hash: password_hash.clone(),
            founder: true,
        })
    };
    let people = PEOPLE.iter().map(new).collect::<Result<Vec<_>, Refused>>()?;
    let bands: Vec<BandId> = BANDS.iter().map(|_| app.fresh(BandId::new)).collect();
    let secrets = SAMPLES.iter().map(|_| Fresh::new(app)).collect::<Vec<_>>();
    let session = NewSession { id: app.fresh(SessionId::new), token_hash: session };
    let inner = app.clone();
    let write = move |tx: &mut Tx<'_>| {
        let world = World { app: &inner, now, people: &people, bands: &bands };
        world.begin(tx, session)?;
        world.invite(tx, &secrets)
    };
    app.store().write(write).await
}

fn wrong(invalid: &crate::domain::Invalid) -> Refused {
    Refused::new(crate::api::Code::Validation, invalid.to_string())
}

struct World<'a> {
    app: &'a App,
    now: Timestamp,
    people: &'a [NewAccount],
    bands: &'a [BandId],
}

impl World<'_> {
    fn ago(&self, hours: u32) -> Timestamp {
        Timestamp::from_micros(self.now.micros() - i64::from(hours) * 3_600_000_000)
    }

    fn who(&self, username: &str) -> Result<AccountId, Refused> {
        let known = PEOPLE.iter().zip(self.people).find(|((name, _), _)| *name == username);
        known.map(|(_, account)| account.id).ok_or_else(|| Refused::not_found("account"))
    }

    /// Accounts, which are older than everything else.
    fn begin(&self, tx: &mut Tx<'_>, session: NewSession) -> Result<(), Refused> {
        let site = Site { embedded: true, registration: Registration::Open, mail: false };
        for (n, account) in self.people.iter().enumerate() {
            accounts::register(tx, site, account, None, self.ago(365 * D - n as u32))?;
        }
        accounts::begin_session(tx, self.who(ME)?, session, self.now)?;
        Ok(())
    }

    fn found(&self, tx: &mut Tx<'_>, band: &Founded, id: BandId) -> Result<(), Refused> {
        let wish = CreateBand {
            name: band.name.to_owned(),
            description: Some(band.about.to_owned()),
            contact: Some(band.contact.to_owned()),
            join: Some(band.join),
            ..CreateBand::default()
        };
        let new = NewBand::parse(&wish, &Policy::preset(Preset::Band))?;
        bands::create(tx, id, self.who(band.by)?, &new, self.ago(band.at))
    }

    /// Bands and invites in the order of time; what became of each happens well within its life and before the next one, so
    /// that whoever makes invites has come in before.
    fn invite(&self, tx: &mut Tx<'_>, secrets: &[Fresh]) -> Result<(), Refused> {
        let mut order: Vec<(&Sample, &Fresh)> = SAMPLES.iter().zip(secrets).collect();
        order.sort_by_key(|(sample, _)| std::cmp::Reverse(sample.made));
        let mut bands = BANDS.iter().zip(self.bands).peekable();
        for (sample, fresh) in order {
            while let Some((band, &id)) = bands.next_if(|(band, _)| band.at >= sample.made) {
                self.found(tx, band, id)?;
            }
            self.one(tx, sample, fresh)?;
        }
        let _ = invites::expire(tx, self.now, SAMPLES.len() as i64)?;
        Ok(())
    }

    fn one(&self, tx: &mut Tx<'_>, sample: &Sample, fresh: &Fresh) -> Result<(), Refused> {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (made, by) = (self.ago(sample.made), self.who(sample.by)?);
        let wish = CreateInvite {
            role: Some(sample.role),
            ttl_hours: sample.ttl.map(i64::from).into(),
            max_uses: sample.uses.map_or(Patch::Null, |uses| Patch::Value(i64::from(uses))),
            label: Patch::given(text(sample.label)),
            message: Patch::given(text(sample.message)),
            ..CreateInvite::default()
        };
        let row = invites::create(tx, self.app, self.bands[sample.band], by, &wish, fresh, made)?.row;
        let token_hash = hash(fresh.token(Kind::Link).reveal());
        // Some hours later, one after the other.
        let later = |n: usize| self.ago(sample.made.saturating_sub(5 + 7 * n as u32));
        match sample.end {
            End::Open => {}
            End::Accepted(guests) => {
                for (n, guest) in guests.iter().enumerate() {
                    let found = invites::hold_by_token(tx, &token_hash, None)?;
                    let fresh = self.app.fresh(JoinRequestId::new);
                    invites::accept(tx, &found, fresh, self.who(guest)?, false, later(n))?;
                }
            }
            End::Declined(guest, reason) => {
                let found = invites::hold_by_token(tx, &token_hash, None)?;
                let wish = DeclineInvite { reason: text(reason), block: None };
                let id = self.app.fresh(SuppressionId::new);
                invites::decline(tx, &found, self.who(guest)?, &wish, false, id, later(0))?;
            }
            End::Revoked => invites::revoke(tx, row.id, by, later(0))?,
        }
        Ok(())
    }
}
