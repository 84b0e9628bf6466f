//! Making many invites in one transaction and few statements: each row by the rules of a single invite, and none stops
//! another.
//!
//! | what is found of a row, in this order | its status |
//! |---|---|
//! | it cannot be read, or its invite could not be made alone | `invalid` |
//! | the person is a member | `already_member` |
//! | the person wants none | `suppressed` |
//! | one is pending, or an earlier row is for the same person | `already_pending` |
//! | the inviter has none left, or the mails of a day are sent | `quota` |
//! | nothing of that | `created` |

use std::collections::{HashMap, HashSet};

use crate::{
    api::{Code, CreateInvite, OnExisting, Patch, RowStatus, SentRow},
    domain::{AccountId, BandId, CancelReason, InviteId, Kind, Role, Standing, Status, Timestamp},
    server::{
        App, Refused, open,
        refused::unreadable,
        store::{
            ToValue, Tx,
            dialect::{filled, intern, numbers},
        },
    },
};

use super::{
    Access, InviteRow,
    cancel::{Cancel, NAMED_AT_ONCE},
    create::{Fresh, Making, sealed},
    delivery, expire,
    foretell::foretold,
    hold_all, of_band,
    recipient::Recipient,
    turn,
    wish::{Terms, To},
};

/// What one row came to.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Outcome {
    pub(crate) status: RowStatus,
    /// The new invite, or the pending one.
    pub(crate) invite: Option<InviteId>,
    /// Why there is no new one, or what has become of it since.
    pub(crate) detail: Option<String>,
    /// Whether it has ended since it was made or sent again: its link leads nowhere.
    #[serde(skip)]
    pub(crate) has_ended: bool,
}

impl Outcome {
    fn new(status: RowStatus, detail: impl Into<String>) -> Self {
        Self { status, invite: None, detail: Some(detail.into()), has_ended: false }
    }

    fn invalid(detail: impl Into<String>) -> Self {
        Self::new(RowStatus::Invalid, detail)
    }

    fn pending(invite: Option<InviteId>, detail: &str) -> Self {
        Self { invite, ..Self::new(RowStatus::AlreadyPending, detail) }
    }

    /// Whether the pending invite was sent again, as was asked for.
    pub(crate) fn is_resent(&self) -> bool {
        self.status == RowStatus::AlreadyPending && self.detail.is_none()
    }

    /// Whether an invite was made or sent again, as was asked for.
    pub(crate) fn is_done(&self) -> bool {
        self.status == RowStatus::Created || self.is_resent()
    }
}

/// Invites to be made together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ManyInvites<'a> {
    /// What all have in common.
    pub(crate) shared: &'a CreateInvite,
    /// A row for each.
    pub(crate) rows: &'a [SentRow],
    /// Whether only to say what would happen.
    pub(crate) dry_run: bool,
}

/// A row on its way to an invite.
struct Candidate {
    place: usize,
    terms: Terms,
    known: Recipient,
    /// The pending invite that it takes the place of.
    replaces: Option<InviteId>,
}

const MADE_JUST_NOW: &str = "An invite for this person was made just now.";

/// Makes the invites of all rows that can have one; what each row came to, in their order. What all have in common and
/// is wrong is refused for the whole. `fresh` has as many as there are rows.
pub(crate) fn create_all(
    tx: &mut Tx<'_>,
    app: &App,
    band: BandId,
    caller: AccountId,
    wish: ManyInvites<'_>,
    fresh: &[Fresh],
    now: Timestamp,
) -> Result<Vec<Outcome>, Refused> {
    let to = of_rows(wish.rows);
    let (making, shared) = Making::begin(tx, app, band, caller, (wish.shared, &to), now)?;
    making.check_shared(&shared)?;
    turn::of_bulks(tx, band)?;
    let is_uses_given = !wish.shared.max_uses.is_omitted();
    let mut outcomes: Vec<Option<Outcome>> = vec![None; wish.rows.len()];
    let mut terms = Vec::with_capacity(wish.rows.len());
    for (place, row) in wish.rows.iter().enumerate() {
        match read_row(&shared, row, is_uses_given).and_then(|wish| making.terms(&wish)) {
            Ok(one) => terms.push((place, one)),
            Err(Refused::Problem(problem)) => outcomes[place] = Some(Outcome::invalid(problem.detail)),
            Err(trouble) => return Err(trouble),
        }
    }
    let found = making.recipients(tx, &terms.iter().map(|(_, terms)| terms).collect::<Vec<_>>())?;
    let mut candidates = Vec::with_capacity(terms.len());
    for ((place, terms), known) in terms.into_iter().zip(found) {
        match refusal(known) {
            Err(outcome) => outcomes[place] = Some(outcome),
            Ok(known) => candidates.push(Candidate { place, terms, known, replaces: None }),
        }
    }
    let candidates = settle(tx, app, &making, shared.on_existing, candidates, &mut outcomes, wish.dry_run)?;
    let left = making.left(tx)?.map_or(usize::MAX, |n| n as usize);
    let mut chosen = candidates;
    for none_left in chosen.split_off(left.min(chosen.len())) {
        let outcome = Outcome::new(
            RowStatus::Quota,
            "No more invites can be made: your quota, or the campaign, has no room left.",
        );
        outcomes[none_left.place] = Some(outcome);
    }
    let chosen = within_allowance(tx, app, &making, chosen, &mut outcomes)?;
    if wish.dry_run {
        for one in &chosen {
            outcomes[one.place] =
                Some(Outcome { status: RowStatus::Created, invite: None, detail: None, has_ended: false });
        }
    } else {
        make(tx, app, &making, chosen, fresh, &mut outcomes)?;
    }
    let all: Option<Vec<Outcome>> = outcomes.into_iter().collect();
    all.ok_or_else(|| Refused::new(Code::Internal, "A row was left without an answer, so nothing was done."))
}

/// Whom the rows are for by their words, whatever else is wrong with them.
pub(crate) fn of_rows(rows: &[SentRow]) -> Vec<To> {
    let read = rows.iter().filter_map(|row| row.read().ok());
    read.filter_map(|row| To::of_words(row.email.as_deref(), row.username.as_deref())).collect()
}

/// One row as a request for a single invite.
fn read_row(shared: &CreateInvite, row: &SentRow, is_uses_given: bool) -> Result<CreateInvite, Refused> {
    if !row.is_object() {
        return Err(Refused::field("row", "must be an object with email, username, role or name"));
    }
    let row =
        row.read().map_err(|refused| Refused::field("row", format!("cannot be read: {}", unreadable(&refused))))?;
    let blank = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let (email, username) = (blank(row.email), blank(row.username));
    let is_named = email.is_some() || username.is_some();
    let mut wish = CreateInvite { email, username, ..shared.clone() };
    wish.role = row.role.or(wish.role);
    if let Some(name) = blank(row.name) {
        wish.label = Patch::Value(name);
    }
    // An invite to one person is for one use, whatever else a template is for.
    if is_named && !is_uses_given && wish.kind.value() != Some(&Kind::Link) {
        wish.max_uses = Patch::Omitted;
    }
    Ok(wish)
}

/// Why nobody can be invited by a row, if so.
fn refusal(known: Option<Recipient>) -> Result<Recipient, Outcome> {
    let Some(known) = known else { return Err(Outcome::invalid("There is no account with this user name.")) };
    match known.refusal() {
        None => Ok(known),
        Some((Code::AlreadyMember, why)) => Err(Outcome::new(RowStatus::AlreadyMember, why)),
        Some((Code::RecipientOptedOut, why)) => Err(Outcome::new(RowStatus::Suppressed, why)),
        Some((_, why)) => Err(Outcome::invalid(why)),
    }
}

/// Decides on those for whom an invite is pending, or who are in an earlier row; who is left gets one.
fn settle(
    tx: &mut Tx<'_>,
    app: &App,
    making: &Making,
    on_existing: Option<OnExisting>,
    candidates: Vec<Candidate>,
    outcomes: &mut [Option<Outcome>],
    dry_run: bool,
) -> Result<Vec<Candidate>, Refused> {
    let is_over = |end: Option<Timestamp>| end.is_some_and(|end| end <= making.now);
    let (mut over, mut waiting) = (Vec::new(), Vec::new());
    for (id, end) in candidates.iter().filter_map(|one| one.known.pending) {
        if is_over(end) { over.push(id) } else { waiting.push(id) }
    }
    if !dry_run {
        expire::lapse(tx, &over, making.now)?;
    }
    let mut held = if on_existing.is_some() { hold_all(tx, making.band, &waiting)? } else { HashMap::new() };
    held.retain(|_, row| row.standing(making.now).is_pending());
    let (mut again, mut ended) = (Vec::new(), Vec::new());
    let mut seen: HashSet<(Kind, String)> = HashSet::new();
    let mut left = Vec::with_capacity(candidates.len());
    for mut one in candidates {
        if same_person(&one).is_some_and(|key| !seen.insert(key)) {
            outcomes[one.place] = Some(Outcome::pending(None, "An earlier row is for the same person."));
            continue;
        }
        let Some((id, _)) = one.known.pending.filter(|(_, end)| !is_over(*end)) else {
            left.push(one);
            continue;
        };
        let row = held.get(&id);
        let may = row.is_some_and(|row| making.may_change(row.role, row.created_by));
        match on_existing {
            None => {
                outcomes[one.place] = Some(Outcome::pending(Some(id), "An invite for this person is pending."));
            }
            Some(_) if row.is_none() => ended.push(one),
            Some(_) if !may => {
                let text = "An invite for this person is pending, and not yours to change.";
                outcomes[one.place] = Some(Outcome::pending(Some(id), text));
            }
            Some(OnExisting::Resend) => again.extend(held.remove(&id).map(|row| (one.place, row))),
            Some(OnExisting::Replace) => {
                one.replaces = Some(id);
                left.push(one);
            }
        }
    }
    resend(tx, app, making, again, outcomes, dry_run)?;
    left.extend(look_again(tx, making, ended, outcomes)?);
    left.sort_unstable_by_key(|one| one.place);
    Ok(left)
}

/// Decides once more on those whose pending invite ended while it was waited for: they can have come in by it.
fn look_again(
    tx: &mut Tx<'_>,
    making: &Making,
    rows: Vec<Candidate>,
    outcomes: &mut [Option<Outcome>],
) -> Result<Vec<Candidate>, Refused> {
    let found = making.recipients(tx, &rows.iter().map(|one| &one.terms).collect::<Vec<_>>())?;
    let mut left = Vec::with_capacity(rows.len());
    for (one, known) in rows.into_iter().zip(found) {
        match refusal(known) {
            Err(outcome) => outcomes[one.place] = Some(outcome),
            Ok(Recipient { pending: Some((id, _)), .. }) => {
                outcomes[one.place] = Some(Outcome::pending(Some(id), MADE_JUST_NOW));
            }
            Ok(known) => left.push(Candidate { known, ..one }),
        }
    }
    Ok(left)
}

/// Those of the rows whose mail may be sent today; the others get no invite, rather than one that nobody hears of.
fn within_allowance(
    tx: &mut Tx<'_>,
    app: &App,
    making: &Making,
    rows: Vec<Candidate>,
    outcomes: &mut [Option<Outcome>],
) -> Result<Vec<Candidate>, Refused> {
    let mut allowance = making.allowance(tx, app)?;
    let mut kept = Vec::with_capacity(rows.len());
    for one in rows {
        match if making.mails(&one.terms, &one.known) { allowance.take() } else { Ok(()) } {
            Ok(()) => kept.push(one),
            Err(none) => outcomes[one.place] = Some(Outcome::new(RowStatus::Quota, none.to_string())),
        }
    }
    Ok(kept)
}

/// Sends the pending invites of these rows again.
fn resend(
    tx: &mut Tx<'_>,
    app: &App,
    making: &Making,
    rows: Vec<(usize, InviteRow)>,
    outcomes: &mut [Option<Outcome>],
    dry_run: bool,
) -> Result<(), Refused> {
    let (places, rows): (Vec<usize>, Vec<InviteRow>) = rows.into_iter().unzip();
    let mut refused = making.acting().unsendable(tx, app, &rows)?;
    let mut sent = Vec::with_capacity(rows.len());
    for (place, row) in places.into_iter().zip(&rows) {
        outcomes[place] = Some(match refused.remove(&row.id) {
            None => {
                sent.push(row);
                // Nothing is sent in a dry run, so that its link is not shown either.
                let invite = (!dry_run).then_some(row.id);
                Outcome { status: RowStatus::AlreadyPending, invite, detail: None, has_ended: false }
            }
            Some(Refused::Problem(no)) if no.code == Code::RecipientOptedOut => {
                Outcome::new(RowStatus::Suppressed, no.detail)
            }
            Some(Refused::Problem(no)) => Outcome::pending(Some(row.id), &no.detail),
            Some(often @ (Refused::Limited { .. } | Refused::NoMail { .. })) => {
                Outcome::pending(Some(row.id), &often.to_string())
            }
            Some(trouble) => return Err(trouble),
        });
    }
    if !dry_run {
        making.acting().deliver(tx, app, &sent)?;
        making.acting().tell(tx, &sent, "invite.link_shown")?;
    }
    Ok(())
}

/// By what two rows for one person are known to be.
fn same_person(one: &Candidate) -> Option<(Kind, String)> {
    match (&one.terms.to, one.known.account) {
        (To::Holder, _) => None,
        (To::Address(address), _) => Some((Kind::Email, address.as_str().to_owned())),
        (_, account) => account.map(|account| (Kind::User, account.to_string())),
    }
}

fn make(
    tx: &mut Tx<'_>,
    app: &App,
    making: &Making,
    chosen: Vec<Candidate>,
    fresh: &[Fresh],
    outcomes: &mut [Option<Outcome>],
) -> Result<(), Refused> {
    let replaced: Vec<InviteId> = chosen.iter().filter_map(|one| one.replaces).collect();
    let cancel = Cancel { reason: CancelReason::Replaced, actor: Some(making.caller), account: None, now: making.now };
    let _ = cancel.all(tx, &replaced)?;
    let (mut new, mut places) = (Vec::with_capacity(chosen.len()), Vec::with_capacity(chosen.len()));
    for (one, fresh) in chosen.into_iter().zip(fresh) {
        let secret = fresh.secret(app.key(), one.terms.kind)?;
        places.push((one.place, fresh.id));
        new.push(one.terms.into_invite(fresh.id, secret, &one.known));
    }
    let made = making.batch().insert(tx, &new)?;
    if making.sends {
        delivery::send(tx, app, &made, making.caller, making.now)?;
    }
    let made: HashSet<InviteId> = made.into_iter().collect();
    for (place, id) in places {
        outcomes[place] = Some(if made.contains(&id) {
            Outcome { status: RowStatus::Created, invite: Some(id), detail: None, has_ended: false }
        } else {
            Outcome::pending(None, MADE_JUST_NOW)
        });
    }
    Ok(())
}

crate::row! {
    struct Now { id: InviteId, status: Status, cancel_reason: Option<CancelReason>, expires_at: Option<Timestamp> }
}

/// Finds which of the invites that an earlier request made or sent again have ended since: their links lead nowhere. Of one that
/// was made it says how; words about one that was sent again would say that it was not ([`Outcome::is_resent`]).
pub(crate) fn tell_ends(
    tx: &mut Tx<'_>,
    band: BandId,
    outcomes: &mut [Outcome],
    now: Timestamp,
) -> Result<(), Refused> {
    let done: Vec<InviteId> = outcomes.iter().filter(|one| one.is_done()).filter_map(|one| one.invite).collect();
    let mut ends = HashMap::new();
    for some in done.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!(
            "SELECT i.id AS id, i.status AS status, i.cancel_reason AS cancel_reason, i.expires_at AS expires_at
             FROM invite i WHERE i.id IN ({})",
            numbers(1, some.len())
        ));
        let params: Vec<&dyn ToValue> = filled(some).map(|id| id as &dyn ToValue).collect();
        let told = foretold(tx, band, some)?;
        for one in tx.query::<Now>(sql, &params)? {
            let standing = match told.get(&one.id) {
                Some(told) => Standing::at(now, told.status, told.cancel_reason, told.expires_at),
                None => Standing::at(now, one.status, one.cancel_reason, one.expires_at),
            };
            if !standing.is_pending() {
                let how = standing.reason.map_or(standing.status.as_str(), CancelReason::as_str).replace('_', " ");
                let _ = ends.insert(one.id, format!("An earlier request made this invite, and it is {how} by now."));
            }
        }
    }
    for one in outcomes.iter_mut().filter(|one| one.is_done()) {
        if let Some(how) = one.invite.and_then(|id| ends.remove(&id)) {
            one.has_ended = true;
            one.detail = Some(how).filter(|_| one.status == RowStatus::Created);
        }
    }
    Ok(())
}

crate::row! { struct Locked { id: InviteId, role: Role, created_by: AccountId, token_sealed: Vec<u8> } }

/// The tokens of those of the band's invites whose secret the caller may have, in few statements.
pub(crate) fn tokens(
    tx: &mut Tx<'_>,
    app: &App,
    band: BandId,
    caller: AccountId,
    ids: &[InviteId],
) -> Result<HashMap<InviteId, String>, Refused> {
    let access = Access::of(tx, band, caller)?;
    let mut all = HashMap::with_capacity(ids.len());
    for some in ids.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!(
            "SELECT i.id AS id, i.role AS role, i.created_by AS created_by, i.token_sealed AS token_sealed
             FROM invite i WHERE {} AND i.id IN ({})",
            of_band(tx.dialect()),
            numbers(2, some.len())
        ));
        let mut params: Vec<&dyn ToValue> = vec![&band];
        params.extend(filled(some).map(|id| id as &dyn ToValue));
        for one in tx.query::<Locked>(sql, &params)? {
            if access.may_change(one.role, one.created_by, caller) {
                let token = open(app.key(), one.id.as_bytes(), &one.token_sealed).ok_or_else(sealed)?;
                let _ = all.insert(one.id, token);
            }
        }
    }
    Ok(all)
}
