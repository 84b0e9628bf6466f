//! The one way by which invites come to be: many at once, in few statements.

use std::collections::HashMap;

use crate::{
    api::Code,
    domain::{
        AccountId, Address, BandId, CampaignId, InviteId, Kind, Label, MaxUses, Message, Policy, Role, Timestamp,
    },
    server::{
        Hash, Refused,
        audit::{self, Event},
        store::{
            Dialect, Error, Tally, ToValue, Tx,
            dialect::{intern, places},
        },
    },
};

use super::{cancel::Counted, search::Texts};

/// An invite to be made, every part of it decided.
#[derive(Debug, Clone)]
pub(super) struct NewInvite {
    pub(super) id: InviteId,
    pub(super) kind: Kind,
    pub(super) role: Role,
    pub(super) email: Option<Address>,
    pub(super) account: Option<AccountId>,
    /// What the account is called.
    pub(super) names: Vec<String>,
    pub(super) label: Option<Label>,
    pub(super) message: Option<Message>,
    pub(super) token_hash: Hash,
    pub(super) sealed: Vec<u8>,
    pub(super) hint: String,
    pub(super) max_uses: MaxUses,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) requires_approval: bool,
}

impl NewInvite {
    fn texts(&self, band: BandId) -> Texts {
        let own = [self.label.as_ref().map(Label::as_str), self.email.as_ref().map(Address::as_str)];
        Texts::of(band, own.into_iter().flatten().chain(self.names.iter().map(String::as_str)))
    }
}

/// What invites that are made together have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch<'a> {
    /// The band they are to.
    pub(super) band: BandId,
    /// The campaign they are of.
    pub(super) campaign: CampaignId,
    /// Who makes them.
    pub(super) inviter: AccountId,
    /// The rules they are made under.
    pub(super) policy: &'a Policy,
    /// When.
    pub(super) now: Timestamp,
}

/// Rows that one statement takes.
const ROWS: usize = 50;
/// Values of each row, after the five that all of them share.
const COLUMNS: usize = 14;

crate::row! { struct Made { seq: i64, id: InviteId } }

impl Batch<'_> {
    /// Makes the invites; which of them there are now, by id. One is missing where another invite to the same person
    /// is pending: of two that are made at once for one person, one is made.
    pub(super) fn insert(self, tx: &mut Tx<'_>, invites: &[NewInvite]) -> Result<Vec<InviteId>, Refused> {
        let mut all = Vec::with_capacity(invites.len());
        let policy = serde_json::to_string(self.policy)
            .map_err(|_| Refused::new(Code::Internal, "The invite's rules could not be written."))?;
        for some in invites.chunks(ROWS) {
            let texts: Vec<Texts> = some.iter().map(|invite| invite.texts(self.band)).collect();
            let made = self.insert_some(tx, some, &texts, &policy)?;
            if tx.dialect() == Dialect::Sqlite {
                index(tx, &made, some, &texts)?;
            }
            all.extend(made.into_iter().map(|made| made.id));
        }
        let mut events = Vec::with_capacity(all.len());
        let kinds: HashMap<InviteId, Kind> = invites.iter().map(|invite| (invite.id, invite.kind)).collect();
        for &id in &all {
            let Some(&kind) = kinds.get(&id) else { continue };
            let (band, campaign, created_by) = (self.band, Some(self.campaign), self.inviter);
            Counted { id, band, kind, campaign, created_by }.tally(tx, Tally::MADE);
            let (band, actor) = (Some(self.band), Some(self.inviter));
            let event = Event { band, actor, action: "invite.created", invite: Some(id), account: None, detail: None };
            events.push((self.now, event));
        }
        audit::record_all(tx, &events)?;
        Ok(all)
    }

    fn insert_some(
        self,
        tx: &mut Tx<'_>,
        invites: &[NewInvite],
        texts: &[Texts],
        policy: &str,
    ) -> Result<Vec<Made>, Error> {
        // The words that lead to a row are a column on PostgreSQL, and in SQLite a table of their own.
        let (column, word) =
            tx.dialect().pick(("", ""), (", search", ", array_to_tsvector(array_remove(string_to_array($, ' '), ''))"));
        let per_row = COLUMNS + usize::from(!word.is_empty());
        let rows: Vec<String> = (0..invites.len())
            .map(|row| {
                let first = 6 + row * per_row;
                let numbers: Vec<String> = (0..COLUMNS).map(|n| format!("${}", first + n)).collect();
                let word = word.replace('$', &format!("${}::text", first + COLUMNS));
                format!("($1, $2, $3, $4, $5, $4, 'pending', {}{word})", numbers.join(", "))
            })
            .collect();
        let sql = intern(format!(
            "INSERT INTO invite (band, campaign, created_by, created_at, policy, status_at, status, id, kind, role,
                email, account, label, message, token_hash, token_sealed, hint, max_uses, expires_at,
                requires_approval, search_text{column})
             VALUES {} ON CONFLICT DO NOTHING RETURNING seq, id",
            rows.join(", ")
        ));
        let mut params: Vec<&dyn ToValue> = vec![&self.band, &self.campaign, &self.inviter, &self.now, &policy];
        for (invite, texts) in invites.iter().zip(texts) {
            params.extend([&invite.id as &dyn ToValue, &invite.kind, &invite.role, &invite.email, &invite.account]);
            params.extend([&invite.label as &dyn ToValue, &invite.message, &invite.token_hash, &invite.sealed]);
            params.extend([&invite.hint as &dyn ToValue, &invite.max_uses, &invite.expires_at]);
            params.extend([&invite.requires_approval as &dyn ToValue, &texts.text]);
            if !word.is_empty() {
                params.push(&texts.tokens);
            }
        }
        tx.query(sql, &params)
    }
}

fn index(tx: &mut Tx<'_>, made: &[Made], invites: &[NewInvite], texts: &[Texts]) -> Result<(), Error> {
    let of: HashMap<InviteId, &Texts> = invites.iter().map(|invite| invite.id).zip(texts).collect();
    let rows: Vec<(i64, &str)> = made
        .iter()
        .filter_map(|made| Some((made.seq, of.get(&made.id)?.tokens.as_str())))
        .filter(|(_, tokens)| !tokens.is_empty())
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = intern(format!("INSERT INTO invite_search (rowid, tokens) VALUES {}", places(rows.len(), 2, 0)));
    let params: Vec<&dyn ToValue> = rows.iter().flat_map(|(seq, tokens)| [seq as &dyn ToValue, tokens]).collect();
    let _ = tx.execute(sql, &params)?;
    Ok(())
}
