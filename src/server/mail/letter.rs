//! What a mail says, read in the moment in which it is taken: what is no longer so is not sent.
//!
//! | kind | is sent while |
//! |---|---|
//! | `invite`, `reminder` | the invite is pending and not over, still to this address, and the address wants mail; an account's address is verified; a reminder, while nobody has used it |
//! | `verification` | the account still has that address, and it is not verified |
//! | `reset` | the account is there |
//! | `moved` | the account is there, and has another address |
//! | `joined`, `superseded` | who invited is in the band, with that address, and wants mail |

use crate::{
    domain::{
        AccountId, Address, BandId, CampaignId, InviteId, Kind, MailKind, MailOutcome, MaxUses, Role, Status, Timestamp,
    },
    server::{
        App,
        accounts::LIFE_MINUTES,
        calendar::Dated,
        campaigns,
        invites::{self, Foretold},
        open,
        outbox::Taken,
        store::{Error, Tx},
        suppressions,
    },
};

/// The facts of a mail.
#[derive(Debug, Clone)]
pub(super) enum Letter {
    /// An invite, or a reminder of one.
    Invite {
        band: String,
        inviter: String,
        role: Role,
        message: Option<String>,
        event: Option<Box<Dated>>,
        expires_at: Option<Timestamp>,
        /// Whether it is for an account, whose address nobody gave.
        is_to_account: bool,
        /// Whether one person alone can use it.
        is_for_one: bool,
        token: String,
    },
    /// A code that proves an address.
    Verification { username: String, code: String, minutes: i64 },
    /// A token to set a new password with.
    Reset { username: String, token: String, minutes: i64 },
    /// An account has another address now.
    Moved { username: String, to: String },
    /// Someone came in.
    Joined { band: String, person: String },
    /// Someone came in by another invite.
    Superseded { band: String, person: String },
}

crate::row! {
    struct InviteFacts {
        band: BandId, band_name: String, created_by: AccountId, inviter: String, role: Role, status: Status,
        message: Option<String>, kind: Kind, max_uses: MaxUses, is_decided: bool, expires_at: Option<Timestamp>,
        token_sealed: Vec<u8>, uses: u32, email: String, campaign: Option<CampaignId>, event: Option<String>,
        event_sequence: Option<i64>, event_changed_at: Option<Timestamp>,
    }
}

crate::row! { struct AccountFacts { username: String, email: String, email_verified: bool } }

crate::row! { struct NoticeFacts { band_name: String, email: String, person: String } }

/// What is told of an invite whose mail cannot be written, since nobody can read its token any more.
pub(super) const UNOPENED: &str = "the server's key does not open this link: make a new one and send it again";

/// The letter of a mail, or why there is none: `Bounced` is that the invite's token is [`UNOPENED`].
pub(super) fn read(
    tx: &mut Tx<'_>,
    app: &App,
    mail: &Taken,
    now: Timestamp,
) -> Result<Result<Letter, MailOutcome>, Error> {
    match mail.kind {
        MailKind::Invite | MailKind::Reminder => invite(tx, app, mail, now),
        MailKind::Verification | MailKind::Reset => account(tx, app, mail, now),
        MailKind::Moved => moved(tx, mail),
        MailKind::Joined | MailKind::Superseded => notice(tx, mail),
    }
}

/// What an invite is by its row, for its mail.
fn facts(tx: &mut Tx<'_>, invite: InviteId) -> Result<Option<InviteFacts>, Error> {
    tx.query_one(
        concat!(
            "SELECT i.band AS band, b.name AS band_name, i.created_by AS created_by, c.display_name AS inviter,
            i.role AS role, i.status AS status, i.kind AS kind, i.max_uses AS max_uses,
            ",
            invites::is_decided!("i"),
            " AS is_decided,
            i.message AS message, i.expires_at AS expires_at, i.token_sealed AS token_sealed, i.uses AS uses,
            COALESCE(i.email, t.email, '') AS email, i.campaign AS campaign, k.event AS event,
            k.event_sequence AS event_sequence, k.event_changed_at AS event_changed_at
         FROM invite i JOIN band b ON b.id = i.band JOIN account c ON c.id = i.created_by
            LEFT JOIN campaign k ON k.id = i.campaign
            LEFT JOIN account t ON t.id = i.account AND t.email_verified
         WHERE i.id = $1"
        ),
        &[&invite],
    )
}

/// The same by all that was decided about it; `None` where that cannot be told, and so nothing is to be sent.
fn foretold(tx: &mut Tx<'_>, invite: InviteId) -> Result<Option<InviteFacts>, Error> {
    // What was decided can come to be written in between: then the row tells it.
    for _ in 0..3 {
        let Some(facts) = facts(tx, invite)? else { return Ok(None) };
        if !facts.is_decided || facts.status != Status::Pending {
            return Ok(Some(facts));
        }
        let told = invites::foretold(tx, facts.band, &[invite])?.remove(&invite);
        if let Some(Foretold { status, role, message, expires_at, .. }) = told {
            return Ok(Some(InviteFacts { role, status, message, expires_at, ..facts }));
        }
    }
    Ok(None)
}

fn invite(tx: &mut Tx<'_>, app: &App, mail: &Taken, now: Timestamp) -> Result<Result<Letter, MailOutcome>, Error> {
    let Some(id) = mail.invite else { return Ok(Err(MailOutcome::Dropped)) };
    let Some(facts) = foretold(tx, id)? else { return Ok(Err(MailOutcome::Dropped)) };
    let over = facts.status != Status::Pending || facts.expires_at.is_some_and(|end| end <= now);
    // Of a link that several can use somebody has come in: it may be whom it was mailed to, so they are left alone.
    let is_answered = mail.kind == MailKind::Reminder && facts.uses > 0;
    if over || is_answered || facts.email != mail.email {
        return Ok(Err(MailOutcome::Dropped));
    }
    if suppressions::silences(tx, &mail.email, mail.account, Some(facts.band), Some(facts.created_by))? {
        return Ok(Err(MailOutcome::Suppressed));
    }
    let Some(token) = open(app.key(), id.as_bytes(), &facts.token_sealed) else {
        tracing::error!(invite = %id, "the server's key does not open this invite's token, so its mail is not sent");
        // What was sent before was sent, and its link works: of a reminder nothing is told.
        let is_reminder = mail.kind == MailKind::Reminder;
        return Ok(Err(if is_reminder { MailOutcome::Dropped } else { MailOutcome::Bounced }));
    };
    let InviteFacts { campaign, event_sequence, event_changed_at, .. } = facts;
    let event = campaigns::dated(campaign, facts.event.as_deref(), event_sequence, event_changed_at);
    Ok(Ok(Letter::Invite {
        band: facts.band_name,
        inviter: facts.inviter,
        role: facts.role,
        message: facts.message,
        event: event.map(Box::new),
        expires_at: facts.expires_at,
        is_to_account: facts.kind == Kind::User,
        is_for_one: facts.max_uses == MaxUses::ONE,
        token,
    }))
}

fn account(tx: &mut Tx<'_>, app: &App, mail: &Taken, now: Timestamp) -> Result<Result<Letter, MailOutcome>, Error> {
    let facts: Option<AccountFacts> = tx.query_one(
        "SELECT username, email, email_verified FROM account WHERE id = $1 AND deleted_at IS NULL",
        &[&mail.account],
    )?;
    let (Some(facts), Some(account)) = (facts, mail.account) else { return Ok(Err(MailOutcome::Dropped)) };
    let proves = mail.kind == MailKind::Verification;
    // The secret's life counts from when it was asked for.
    let minutes = LIFE_MINUTES - now.seconds_since(mail.created_at) / 60;
    if facts.email != mail.email || proves == facts.email_verified || minutes <= 0 {
        return Ok(Err(MailOutcome::Dropped));
    }
    let secret = mail.secret.as_deref().and_then(|sealed| open(app.key(), account.as_bytes(), sealed));
    let Some(secret) = secret else {
        tracing::error!("the server's key does not open the code of a mail, so it is not sent");
        return Ok(Err(MailOutcome::Dropped));
    };
    let username = facts.username;
    Ok(Ok(if proves {
        Letter::Verification { username, code: secret, minutes }
    } else {
        Letter::Reset { username, token: secret, minutes }
    }))
}

fn moved(tx: &mut Tx<'_>, mail: &Taken) -> Result<Result<Letter, MailOutcome>, Error> {
    let facts: Option<AccountFacts> = tx.query_one(
        "SELECT username, email, email_verified FROM account WHERE id = $1 AND deleted_at IS NULL",
        &[&mail.account],
    )?;
    let Some(facts) = facts.filter(|facts| facts.email != mail.email) else { return Ok(Err(MailOutcome::Dropped)) };
    let to = Address::parse(&facts.email).map_or_else(|_| "another one".to_owned(), |address| address.masked());
    Ok(Ok(Letter::Moved { username: facts.username, to }))
}

fn notice(tx: &mut Tx<'_>, mail: &Taken) -> Result<Result<Letter, MailOutcome>, Error> {
    let facts: Option<NoticeFacts> = tx.query_one(
        "SELECT b.name AS band_name, a.email AS email, p.display_name AS person
         FROM member m JOIN account a ON a.id = m.account JOIN band b ON b.id = m.band JOIN account p ON p.id = $3
         WHERE m.band = $1 AND m.account = $2 AND a.email_verified AND b.deleted_at IS NULL",
        &[&mail.band, &mail.account, &mail.actor],
    )?;
    let Some(facts) = facts.filter(|facts| facts.email == mail.email) else { return Ok(Err(MailOutcome::Dropped)) };
    if suppressions::silences(tx, &mail.email, mail.account, mail.band, None)? {
        return Ok(Err(MailOutcome::Suppressed));
    }
    let (band, person) = (facts.band_name, facts.person);
    Ok(Ok(match mail.kind {
        MailKind::Joined => Letter::Joined { band, person },
        _ => Letter::Superseded { band, person },
    }))
}
