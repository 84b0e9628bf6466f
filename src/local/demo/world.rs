//! Makes the sample world, in the order of time and by the use cases that serve requests.

use std::collections::HashMap;

use crate::{
    api::{
        Block, CreateBand, CreateCampaign, CreateCodes, CreateInvite, CreateTemplate, DeclineInvite, InviteeRow,
        OnExisting, Patch, SentRow, SetEvent, SetQuota, UpdateMember,
    },
    domain::{
        AccountId, Address, BandId, CampaignId, DisplayName, InviteId, JoinRequestId, Policy, Preset, Registration,
        SessionId, SuppressionId, TemplateId, Timestamp, Username,
    },
    local::Error,
    server::{
        App, Hash, Refused,
        accounts::{self, NewAccount, NewSession, Site, password},
        bands::{self, NewBand, Removal},
        campaigns,
        invites::{self, Fresh, Maker},
        quota,
        store::Tx,
        suppressions, sweep, templates, views,
    },
};

use super::{
    PASSWORD,
    tale::{BANDS, Cards, DEEDS, Deed, End, For, Founded, ME, PEOPLE, SAMPLES, Sample, Saved, Tour},
};

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
            email: address(&format!("{username}@example.org"))?,
            password_hash: password_hash.clone(),
            founder: true,
        })
    };
    let people = PEOPLE.iter().map(new).collect::<Result<Vec<_>, Refused>>()?;
    let bands: Vec<BandId> = BANDS.iter().map(|_| app.fresh(BandId::new)).collect();
    let session = NewSession { id: app.fresh(SessionId::new), token_hash: session };
    let mut world = World {
        app: app.clone(),
        now,
        people,
        bands,
        campaigns: HashMap::new(),
        made: Vec::new(),
        asked: HashMap::new(),
    };
    let begins = world.clone();
    app.store().write(move |tx| begins.begin(tx, session)).await?;
    for chapter in chapters() {
        let before = world;
        let write = move |tx: &mut Tx<'_>| {
            let mut world = before.clone();
            world.go_through(tx, &chapter)?;
            Ok::<_, Refused>(world)
        };
        world = app.store().write(write).await?;
        sweep::go_on(app).await?;
    }
    let _ = app.store().write(move |tx| invites::expire(tx, now, MOST_ENDS)).await?;
    let made: Vec<InviteId> = world.made.into_iter().map(|made| made.id).collect();
    for (n, id) in made.into_iter().enumerate() {
        // Some are looked at more often than others.
        (0..(n * 7) % 5).for_each(|_| app.views().note(id));
    }
    Ok(views::write_down(app).await?)
}

fn wrong(invalid: &crate::domain::Invalid) -> Refused {
    Refused::new(crate::api::Code::Validation, invalid.to_string())
}

fn address(text: &str) -> Result<Address, Refused> {
    Address::parse(text).map_err(|invalid| wrong(&invalid))
}

/// More invites than end between two steps.
const MOST_ENDS: i64 = 100;

/// A text, where there is one.
fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A life in hours, `None` for ever.
fn hours(ttl: Option<u32>) -> Patch<i64> {
    ttl.map(i64::from).into()
}

/// One thing that happens.
#[derive(Clone, Copy)]
enum Step {
    Founded(usize),
    Invited(usize),
    /// What became of an invite; by the one of its people with this number, where there are some.
    Ended(usize, usize),
    Done(&'static Deed),
}

/// Everything, oldest first, with its hours before now.
fn steps() -> Vec<(u32, Step)> {
    let mut steps: Vec<(u32, Step)> = BANDS.iter().enumerate().map(|(n, band)| (band.at, Step::Founded(n))).collect();
    for (n, sample) in SAMPLES.iter().enumerate() {
        steps.push((sample.made, Step::Invited(n)));
        let ends = match sample.end {
            End::Open => 0,
            End::Accepted(guests) => guests.len(),
            End::Declined(..) | End::Blocked(..) | End::Revoked => 1,
        };
        steps.extend((0..ends).map(|guest| {
            let after = sample.after + 7 * u32::try_from(guest).unwrap_or_default();
            (sample.made.saturating_sub(after), Step::Ended(n, guest))
        }));
    }
    steps.extend(DEEDS.iter().map(|(at, deed)| (*at, Step::Done(deed))));
    steps.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    steps
}

/// The same in pieces: what decides about many invites looks at figures that are written with the end of a transaction.
fn chapters() -> Vec<Vec<(u32, Step)>> {
    let mut chapters = vec![Vec::new()];
    for step in steps() {
        let decides = matches!(step.1, Step::Done(Deed::Ends(..) | Deed::Deletes(..) | Deed::Removes(..)));
        if decides {
            chapters.push(Vec::new());
        }
        if let Some(last) = chapters.last_mut() {
            last.push(step);
        }
    }
    chapters
}

/// An invite that was made, and what it is found by.
#[derive(Clone, Copy)]
struct Made {
    id: InviteId,
    /// The number of its sample.
    sample: Option<usize>,
    /// Its campaign or batch, and whom it is for there.
    of: Option<(&'static str, &'static str)>,
}

#[derive(Clone)]
struct World {
    app: App,
    now: Timestamp,
    people: Vec<NewAccount>,
    bands: Vec<BandId>,
    campaigns: HashMap<&'static str, CampaignId>,
    made: Vec<Made>,
    /// Who asked to come in, where.
    asked: HashMap<(usize, &'static str), JoinRequestId>,
}

impl World {
    fn ago(&self, hours: u32) -> Timestamp {
        self.now.plus_seconds(-i64::from(hours) * 3_600)
    }

    fn who(&self, username: &str) -> Result<AccountId, Refused> {
        let known = PEOPLE.iter().zip(&self.people).find(|((name, _), _)| *name == username);
        known.map(|(_, account)| account.id).ok_or_else(|| Refused::not_found("account"))
    }

    fn campaign(&self, name: &str) -> Result<CampaignId, Refused> {
        self.campaigns.get(name).copied().ok_or_else(|| Refused::not_found("campaign"))
    }

    fn policy(&self) -> &Policy {
        &self.app.settings().policy
    }

    /// Accounts, which are older than everything else.
    fn begin(&self, tx: &mut Tx<'_>, session: NewSession) -> Result<(), Refused> {
        let site = Site { embedded: true, registration: Registration::Open, mail: false };
        for (n, account) in (0..).zip(&self.people) {
            accounts::register(tx, site, account, None, self.ago(365 * 24 - n))?;
        }
        accounts::begin_session(tx, self.who(ME)?, session, self.now)?;
        Ok(())
    }

    fn go_through(&mut self, tx: &mut Tx<'_>, chapter: &[(u32, Step)]) -> Result<(), Refused> {
        for &(at, step) in chapter {
            let at = self.ago(at);
            // Before what comes next, as the sweeper does it.
            let _ = invites::expire(tx, at, MOST_ENDS)?;
            match step {
                Step::Founded(n) => self.found(tx, &BANDS[n], self.bands[n], at)?,
                Step::Invited(n) => self.invite(tx, n, at)?,
                Step::Ended(n, guest) => self.end(tx, n, guest, at)?,
                Step::Done(deed) => self.deed(tx, deed, at)?,
            }
        }
        Ok(())
    }

    fn found(&self, tx: &mut Tx<'_>, band: &Founded, id: BandId, at: Timestamp) -> Result<(), Refused> {
        let wish = CreateBand {
            name: band.name.to_owned(),
            description: Some(band.about.to_owned()),
            contact: Some(band.contact.to_owned()),
            join: Some(band.join),
            ..CreateBand::default()
        };
        let new = NewBand::parse(&wish, &Policy::preset(Preset::Band))?;
        bands::create(tx, id, self.who(band.by)?, &new, at)
    }

    fn invite(&mut self, tx: &mut Tx<'_>, n: usize, at: Timestamp) -> Result<(), Refused> {
        let sample: &Sample = &SAMPLES[n];
        let (email, username) = match sample.to {
            For::Anyone => (None, None),
            For::Address(address) => (text(address), None),
            For::User(name) => (None, text(name)),
        };
        let wish = CreateInvite {
            role: Some(sample.role),
            ttl_hours: hours(sample.ttl),
            max_uses: sample.uses.map_or(Patch::Null, |uses| Patch::Value(i64::from(uses))),
            email,
            username,
            label: Patch::given(text(sample.label)),
            message: Patch::given(text(sample.message)),
            requires_approval: sample.asks.then_some(true),
            on_existing: sample.again.then_some(OnExisting::Replace),
            ..CreateInvite::default()
        };
        let fresh = Fresh::new(&self.app);
        let by = self.who(sample.by)?;
        let row = invites::create(tx, &self.app, self.bands[sample.band], by, &wish, &fresh, at)?.row;
        self.made.push(Made { id: row.id, sample: Some(n), of: None });
        Ok(())
    }

    fn end(&mut self, tx: &mut Tx<'_>, n: usize, guest: usize, at: Timestamp) -> Result<(), Refused> {
        let (sample, of) = (&SAMPLES[n], |made: &&Made| made.sample == Some(n));
        let id = self.made.iter().find(of).map(|made| made.id).ok_or_else(|| Refused::not_found("invite"))?;
        match sample.end {
            End::Open => Ok(()),
            End::Accepted(guests) => self.accept(tx, id, (sample.band, guests[guest]), at),
            End::Declined(who, reason) => self.decline(tx, id, who, reason, None, at),
            End::Blocked(who, reason, block) => self.decline(tx, id, who, reason, Some(block), at),
            End::Revoked => invites::revoke(tx, id, self.who(sample.by)?, at),
        }
    }

    fn accept(
        &mut self,
        tx: &mut Tx<'_>,
        id: InviteId,
        (band, who): (usize, &'static str),
        at: Timestamp,
    ) -> Result<(), Refused> {
        let (guest, request) = (self.who(who)?, self.app.fresh(JoinRequestId::new));
        let found = invites::hold_by_id(tx, id, guest)?;
        invites::accept(tx, &found, request, guest, false, at)?;
        let _ = self.asked.insert((band, who), request);
        Ok(())
    }

    fn decline(
        &self,
        tx: &mut Tx<'_>,
        id: InviteId,
        who: &str,
        reason: &str,
        block: Option<Block>,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let guest = self.who(who)?;
        let found = invites::hold_by_id(tx, id, guest)?;
        let wish = DeclineInvite { reason: text(reason), block };
        invites::decline(tx, &found, guest, &wish, false, self.app.fresh(SuppressionId::new), at)
    }

    fn deed(&mut self, tx: &mut Tx<'_>, deed: &'static Deed, at: Timestamp) -> Result<(), Refused> {
        let batch = self.app.settings().steps.invites;
        match *deed {
            Deed::Campaign(ref tour) => self.tour(tx, tour, at)?,
            Deed::Codes(ref cards) => self.codes(tx, cards, at)?,
            Deed::Template(ref saved) => self.template(tx, saved, at)?,
            Deed::Comes(name, who) => {
                let (id, band) = self.invite_in(name, who)?;
                self.accept(tx, id, (band, who), at)?;
            }
            Deed::Declines(name, who, reason) => {
                let (id, _) = self.invite_in(name, who)?;
                self.decline(tx, id, who, reason, None, at)?;
            }
            Deed::Ends(name, by) => {
                let _ = campaigns::expire(tx, self.campaign(name)?, self.who(by)?, batch, at)?;
            }
            Deed::Deletes(name, by) => {
                let _ = campaigns::delete(tx, self.campaign(name)?, self.who(by)?, batch, at)?;
            }
            Deed::Joins(band, who) => {
                let request = self.app.fresh(JoinRequestId::new);
                let _ = bands::join(tx, request, self.bands[band], self.who(who)?, &self.app, at)?;
                let _ = self.asked.insert((band, who), request);
            }
            Deed::Agrees(band, by, who) => {
                let request = self.request(band, who)?;
                let _ = bands::requests::approve(tx, self.bands[band], request, self.who(by)?, &self.app, at)?;
            }
            Deed::Refuses(band, by, who) => {
                bands::requests::deny(tx, self.bands[band], self.request(band, who)?, self.who(by)?, at)?;
            }
            Deed::MayInvite(band, by, who) => {
                let change = UpdateMember { role: None, can_invite: Some(true) };
                let _ = bands::change_member(tx, self.bands[band], self.who(by)?, self.who(who)?, &change, at)?;
            }
            Deed::Removes(band, by, who, ban) => {
                let removal = Removal { ban, revoke_invites: ban };
                let _ = bands::remove_member(tx, self.bands[band], self.who(by)?, self.who(who)?, removal, at)?;
            }
            Deed::OptsOut(email, scope) => {
                let invite = self.made.iter().find(|made| made.of.is_some_and(|(_, to)| to == email));
                let wish = suppressions::OptOut { email: address(email)?, invite: invite.map(|made| made.id) };
                let fresh = [self.app.fresh(SuppressionId::new), self.app.fresh(SuppressionId::new)];
                let _ = suppressions::opt_out(tx, &wish, scope, fresh, at)?;
            }
            Deed::Quota(who, limit) => {
                let wish = SetQuota { limit: Patch::Value(limit) };
                let _ = quota::set(tx, self.who(ME)?, self.who(who)?, &wish, self.policy(), at)?;
            }
        }
        Ok(())
    }

    fn request(&self, band: usize, who: &'static str) -> Result<JoinRequestId, Refused> {
        self.asked.get(&(band, who)).copied().ok_or_else(|| Refused::not_found("join request"))
    }

    /// This person's invite of a campaign, or the next code of a batch, which then is theirs; and its band.
    fn invite_in(&mut self, name: &str, who: &'static str) -> Result<(InviteId, usize), Refused> {
        let own = format!("@{who}");
        let fits = |made: &&mut Made| made.of.is_some_and(|(of, to)| of == name && (to == own || to.is_empty()));
        let made = self.made.iter_mut().find(fits).ok_or_else(|| Refused::not_found("invite"))?;
        made.of = made.of.map(|(of, to)| (of, if to.is_empty() { who } else { to }));
        let id = made.id;
        let of_deed = |(_, deed): &(u32, Deed)| match deed {
            Deed::Campaign(tour) if tour.name == name => Some(tour.band),
            Deed::Codes(cards) if cards.name == name => cards.band,
            _ => None,
        };
        Ok((id, DEEDS.iter().find_map(of_deed).unwrap_or_default()))
    }

    fn tour(&mut self, tx: &mut Tx<'_>, tour: &'static Tour, at: Timestamp) -> Result<(), Refused> {
        let id = self.app.fresh(CampaignId::new);
        let row = |to: &&str| {
            let (email, username) = match to.strip_prefix('@') {
                Some(name) => (None, text(name)),
                None => (text(to), None),
            };
            SentRow::new(&InviteeRow { email, username, ..InviteeRow::default() })
                .map_err(|error| Refused::new(crate::api::Code::Validation, error.to_string()))
        };
        let rows = tour.people.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let fresh: Vec<Fresh> = rows.iter().map(|_| Fresh::new(&self.app)).collect();
        let event = tour.event.map(|(title, days, place)| {
            let day: String = self.now.plus_hours(24 * days).to_string().chars().take(10).collect();
            SetEvent {
                title: title.to_owned(),
                starts_at: format!("{day}T20:00"),
                ends_at: Some(format!("{day}T23:00")),
                place: text(place),
                time_zone: "Europe/Berlin".to_owned(),
            }
        });
        let wish = CreateCampaign {
            name: tour.name.to_owned(),
            role: Some(tour.role),
            ttl_hours: hours(tour.ttl),
            expires_at: Patch::Omitted,
            message: text(tour.message),
            event,
            reminders: None,
            max_invites: tour.most,
            max_accepts: None,
            on_existing: None,
            rows: (!rows.is_empty()).then_some(rows),
        };
        let (band, by) = (self.bands[tour.band], self.who(tour.by)?);
        let (_, outcomes) = campaigns::create(tx, &self.app, (id, band), by, &wish, &fresh, at)?;
        let made = outcomes.iter().zip(tour.people).filter_map(|(one, to)| Some((one.invite?, *to)));
        self.made.extend(made.map(|(id, to)| Made { id, sample: None, of: Some((tour.name, to)) }));
        let _ = self.campaigns.insert(tour.name, id);
        Ok(())
    }

    fn codes(&mut self, tx: &mut Tx<'_>, cards: &'static Cards, at: Timestamp) -> Result<(), Refused> {
        let id = self.app.fresh(CampaignId::new);
        let fresh: Vec<Fresh> = (0..cards.count).map(|_| Fresh::new(&self.app)).collect();
        let wish = CreateCodes {
            count: cards.count,
            name: cards.name.to_owned(),
            role: None,
            ttl_hours: hours(cards.ttl),
            max_uses: cards.uses.into(),
        };
        let band = cards.band.map_or(BandId::SITE, |band| self.bands[band]);
        let maker = Maker { band, account: self.who(cards.by)? };
        let _ = invites::create_codes(tx, &self.app, maker, &wish, (id, &fresh), at)?;
        self.made.extend(fresh.iter().map(|one| Made { id: one.id, sample: None, of: Some((cards.name, "")) }));
        let _ = self.campaigns.insert(cards.name, id);
        Ok(())
    }

    fn template(&self, tx: &mut Tx<'_>, saved: &Saved, at: Timestamp) -> Result<(), Refused> {
        let wish = CreateTemplate {
            name: saved.name.to_owned(),
            kind: None,
            role: Some(saved.role),
            ttl_hours: saved.ttl.into(),
            max_uses: saved.uses.into(),
            label: saved.label.map(str::to_owned),
            message: saved.message.map(str::to_owned),
            campaign_id: None,
            requires_approval: Some(saved.asks),
        };
        let (id, band, by) = (self.app.fresh(TemplateId::new), self.bands[saved.band], self.who(saved.by)?);
        let _ = templates::create(tx, id, band, by, wish, self.policy(), at)?;
        Ok(())
    }
}
