//! Who wants no more mail, and no more invites: from everyone here, from a band, or from somebody who invites.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    api::{BandRef, Block, Blocked, Blocks},
    domain::{AccountId, Address, BandId, InviteId, SuppressionId, Timestamp},
};

use super::{
    App, Refused,
    accounts::{self, person, require_site_admin},
    audit::{self, Event},
    invites::{Unwilling, end_unwanted, hold_all_for},
    open,
    page::Page,
    seal,
    store::{Error, ToValue, Tx, dialect::intern},
};

/// What a link to opt out stands for. It holds all of this, sealed under the server's key, so that it works as long as
/// the key does and nothing has to be kept for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OptOut {
    /// Whose wish it is.
    pub(crate) email: Address,
    /// The invite that the mail was about: it names the band and the inviter.
    pub(crate) invite: Option<InviteId>,
}

/// What the tokens of such links begin with.
const PREFIX: &str = "out_";

impl OptOut {
    /// The token of the link.
    pub(crate) fn token(&self, app: &App) -> Option<String> {
        let owner = self.invite.map_or([0; 16], |id| *id.as_bytes());
        let sealed = seal(app.key(), app.random(), &owner, self.email.as_str())?;
        Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([owner.as_slice(), &sealed].concat())))
    }

    /// What a token stands for; `None` for every text that this server has not made.
    pub(crate) fn read(app: &App, token: &str) -> Option<Self> {
        // A token is no longer than the longest address makes it.
        let text = token.strip_prefix(PREFIX).filter(|text| text.len() <= 512)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (owner, sealed) = bytes.split_first_chunk::<16>()?;
        let email = Address::parse(&open(app.key(), owner, sealed)?).ok()?;
        Some(Self { email, invite: Some(InviteId::from_bytes(*owner)).filter(|_| *owner != [0; 16]) })
    }
}

crate::row! {
    /// The invite that a mail was about.
    #[derive(Debug, Clone)]
    pub(crate) struct About {
        pub(crate) band: BandId,
        pub(crate) band_name: String,
        pub(crate) inviter: AccountId,
        pub(crate) inviter_name: String,
        /// Whether the address is that of who made the invite: the mail told them what became of it.
        pub(crate) is_own: bool,
    }
}

impl About {
    /// What a wish of this scope names; `None` where there is nothing of that kind to name.
    fn subject(about: Option<&Self>, scope: Block) -> Option<[u8; 16]> {
        match scope {
            Block::Server => Some([0; 16]),
            Block::Band => about.map(|about| *about.band.as_bytes()),
            Block::Inviter => about.filter(|about| !about.is_own).map(|about| *about.inviter.as_bytes()),
        }
    }
}

/// What the mail was about that carried the link.
pub(crate) fn about(tx: &mut Tx<'_>, wish: &OptOut) -> Result<Option<About>, Error> {
    tx.query_one(
        "SELECT i.band AS band, b.name AS band_name, i.created_by AS inviter, c.display_name AS inviter_name,
            c.email_verified AND c.email = $2 AS is_own
         FROM invite i JOIN band b ON b.id = i.band JOIN account c ON c.id = i.created_by
         WHERE i.id = $1 AND i.band <> $3",
        &[&wish.invite, &wish.email, &BandId::SITE],
    )
}

/// A wish that is in force now.
#[derive(Debug, Clone)]
pub(crate) struct Stopped {
    /// What the mail was about.
    pub(crate) about: Option<About>,
}

/// Remembers that an account, or an address, wants no more of `scope` and its `subject`. Twice is once; whether it is new.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    id: SuppressionId,
    (account, email): (Option<AccountId>, Option<&Address>),
    (scope, subject): (Block, [u8; 16]),
    now: Timestamp,
) -> Result<bool, Error> {
    let done = tx.execute(
        "INSERT INTO suppression (id, account, email, scope, subject, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
        &[&id, &account, &email, &scope.as_str(), &subject, &now],
    )?;
    Ok(done > 0)
}

/// Forgets the opt-outs of an account that goes. What its verified address wants no more of stays the address's wish: nobody
/// is mailed again for having left.
pub(crate) fn outlive(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Error> {
    let _ = tx.execute(
        "UPDATE suppression SET account = NULL, email = (SELECT a.email FROM account a WHERE a.id = $1)
         WHERE account = $1 AND EXISTS (SELECT 1 FROM account a WHERE a.id = $1 AND a.email_verified
            AND NOT EXISTS (SELECT 1 FROM suppression o WHERE o.email = a.email AND o.scope = suppression.scope
                AND o.subject = suppression.subject))",
        &[&account],
    )?;
    let _ = tx.execute("DELETE FROM suppression WHERE account = $1", &[&account])?;
    Ok(())
}

crate::row! { struct Owner { id: AccountId } }

/// Writes down that an address wants no more, and that the account does whose own it is: the wish stays when the one or
/// the other goes. What is pending and fits ends. Twice is once. `None` where the scope names something that the link does
/// not know.
pub(crate) fn opt_out(
    tx: &mut Tx<'_>,
    wish: &OptOut,
    scope: Block,
    fresh: [SuppressionId; 2],
    now: Timestamp,
) -> Result<Option<Stopped>, Error> {
    let about = about(tx, wish)?;
    let Some(subject) = About::subject(about.as_ref(), scope) else { return Ok(None) };
    let owner: Option<Owner> =
        tx.query_one("SELECT id FROM account WHERE email_claim = $1 AND email_verified", &[&wish.email])?;
    let account = owner.map(|owner| owner.id);
    if let Some(account) = account {
        accounts::hold(tx, account)?;
        hold_all_for(tx, account, None)?;
    }
    let [of_address, of_account] = fresh;
    let mut is_new = keep(tx, of_address, (None, Some(&wish.email)), (scope, subject), now)?;
    if account.is_some() {
        is_new |= keep(tx, of_account, (account, None), (scope, subject), now)?;
    }
    if is_new {
        let detail = Some(scope.as_str());
        let event =
            Event { band: None, actor: None, action: "opt_out.made", invite: wish.invite, account: None, detail };
        audit::record(tx, now, event)?;
    }
    end_unwanted(tx, Unwilling { email: Some(wish.email.as_str()), account }, scope, subject, now)?;
    Ok(Some(Stopped { about }))
}

crate::row! {
    struct Row {
        seq: i64, id: SuppressionId, scope: String, email: Option<String>, created_at: Timestamp,
        band: Option<BandId>, band_name: Option<String>,
        inviter: Option<AccountId>, inviter_username: Option<String>, inviter_name: Option<String>,
        account: Option<AccountId>, account_username: Option<String>, account_name: Option<String>,
    }
}

const SELECT: &str = "SELECT s.seq AS seq, s.id AS id, s.scope AS scope, s.email AS email, s.created_at AS created_at,
        b.id AS band, b.name AS band_name, i.id AS inviter, i.username AS inviter_username,
        i.display_name AS inviter_name, o.id AS account, o.username AS account_username, o.display_name AS account_name
     FROM suppression s LEFT JOIN band b ON s.scope = 'band' AND b.id = s.subject
        LEFT JOIN account i ON s.scope = 'inviter' AND i.id = s.subject LEFT JOIN account o ON o.id = s.account";

impl Row {
    fn show(self) -> Blocked {
        Blocked {
            id: self.id,
            scope: self.scope.parse().unwrap_or(Block::Server),
            band: self.band.zip(self.band_name).map(|(id, name)| BandRef { id, name }),
            inviter: person(self.inviter, self.inviter_username, self.inviter_name),
            account: person(self.account, self.account_username, self.account_name),
            email: self.email,
            created_at: self.created_at,
        }
    }
}

/// A page of what the account wants no more of, newest first: by itself, and by the address that is verified as its own.
pub(crate) fn own(tx: &mut Tx<'_>, account: AccountId, page: Page) -> Result<Blocks, Error> {
    let (than, order, from) = page.reading(true);
    let sql = intern(format!(
        "{SELECT} WHERE s.seq IN (
            SELECT seq FROM suppression WHERE account = $1
            UNION ALL
            SELECT m.seq FROM suppression m
            WHERE m.email = (SELECT email FROM account WHERE id = $1 AND email_verified) AND NOT EXISTS (
                SELECT 1 FROM suppression t WHERE t.account = $1 AND t.scope = m.scope AND t.subject = m.subject))
         AND s.seq {than} $2 ORDER BY s.seq {order} LIMIT $3"
    ));
    let rows: Vec<Row> = tx.query(sql, &[&account, &from.seq, &page.fetch()])?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    let blocks = rows.into_iter().map(|row| Blocked { account: None, ..row.show() }).collect();
    Ok(Blocks { blocks, next_cursor, prev_cursor })
}

/// A page of what anybody wants no more of, newest first; for site admins. What an address and its account want alike is
/// two entries, which are lifted together.
pub(crate) fn all(tx: &mut Tx<'_>, caller: AccountId, page: Page) -> Result<Blocks, Refused> {
    require_site_admin(tx, caller)?;
    let (than, order, from) = page.reading(true);
    let sql = intern(format!("{SELECT} WHERE s.seq {than} $1 ORDER BY s.seq {order} LIMIT $2"));
    let rows: Vec<Row> = tx.query(sql, &[&from.seq, &page.fetch()])?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    Ok(Blocks { blocks: rows.into_iter().map(Row::show).collect(), next_cursor, prev_cursor })
}

crate::row! { struct Kept { scope: String, subject: [u8; 16], account: Option<AccountId>, email: Option<String> } }

/// Lifts a wish, for the account and for the address that is its own; what ended by it stays ended. Another's wish is
/// lifted by site admins alone, who say so with `runs_site`.
pub(crate) fn lift(
    tx: &mut Tx<'_>,
    caller: AccountId,
    id: SuppressionId,
    runs_site: bool,
    now: Timestamp,
) -> Result<(), Refused> {
    if runs_site {
        require_site_admin(tx, caller)?;
    }
    let kept: Option<Kept> = tx.query_one(
        "SELECT s.scope AS scope, s.subject AS subject,
            COALESCE(s.account, (SELECT a.id FROM account a WHERE a.email_claim = s.email AND a.email_verified)) AS account,
            COALESCE(s.email, (SELECT a.email FROM account a WHERE a.id = s.account AND a.email_verified)) AS email
         FROM suppression s WHERE s.id = $1",
        &[&id],
    )?;
    let kept = kept.filter(|kept| runs_site || kept.account == Some(caller));
    let kept = kept.ok_or_else(|| Refused::not_found("block"))?;
    let of = [&kept.scope as &dyn ToValue, &kept.subject];
    if let Some(account) = &kept.account {
        let sql = "DELETE FROM suppression WHERE scope = $1 AND subject = $2 AND account = $3";
        let _ = tx.execute(sql, &[of[0], of[1], account])?;
    }
    if let Some(email) = &kept.email {
        let sql = "DELETE FROM suppression WHERE scope = $1 AND subject = $2 AND email = $3";
        let _ = tx.execute(sql, &[of[0], of[1], email])?;
    }
    let event = Event {
        band: None,
        actor: Some(caller),
        action: "opt_out.lifted",
        invite: None,
        account: kept.account,
        detail: Some(&kept.scope),
    };
    Ok(audit::record(tx, now, event)?)
}

/// Whether an address, or the account that it is to, wants no mail about this band from this inviter.
pub(crate) fn silences(
    tx: &mut Tx<'_>,
    email: &str,
    account: Option<AccountId>,
    band: Option<BandId>,
    inviter: Option<AccountId>,
) -> Result<bool, Error> {
    // Who has the address for their own has opted out with it, too.
    tx.exists(
        "SELECT 1 AS n FROM suppression s
         WHERE (s.email = $1 OR s.account = $2 OR s.account = (SELECT id FROM account WHERE email_claim = $1))
            AND (s.scope = 'server' OR (s.scope = 'band' AND s.subject = $3)
                OR (s.scope = 'inviter' AND s.subject = $4))
         LIMIT 1",
        &[&email, &account, &band, &inviter],
    )
}
