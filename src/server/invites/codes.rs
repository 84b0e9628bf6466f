//! Batches of codes: for paper, for the telephone, for a door.
//!
//! A batch is a campaign. The codes of the site are to no band: they let people register, and nothing else.

use crate::{
    api::{Code, CodeCard, CreateCodes, Patch},
    domain::{
        AccountId, BandId, CampaignId, CampaignName, CancelReason, InviteId, Kind, MaxUses, Policy, Role, Standing,
        Status, Timestamp, Token,
    },
    server::{
        App, Fields, Refused,
        accounts::require_site_admin,
        audit::{self, Event},
        bands::{self, Access},
        campaigns::{self, CampaignRow, NewCampaign},
        open,
        page::Page,
        quota,
        store::{Params, Tx, dialect::intern},
    },
};

use super::{
    create::{Fresh, check_kind},
    decision::is_decided,
    foretell::foretold,
    insert::{Batch, NewInvite},
    wish::ending,
};

/// The most codes of a batch.
pub(crate) const MOST_CODES: i64 = 1_000;

/// What a batch is to be, every field read.
struct Terms {
    count: u32,
    name: CampaignName,
    role: Role,
    expires_at: Option<Timestamp>,
    max_uses: MaxUses,
}

impl Terms {
    fn read(wish: &CreateCodes, policy: &Policy, band: BandId, now: Timestamp) -> Result<Self, Refused> {
        let mut fields = Fields::default();
        if !(1..=MOST_CODES).contains(&wish.count) {
            fields.refuse("count", format!("must be a number from 1 to {MOST_CODES}"));
        }
        let name = fields.check("name", CampaignName::parse(&wish.name));
        let role = wish.role.unwrap_or(Role::Member);
        fields.check_granted(role);
        if band == BandId::SITE && role == Role::Admin {
            fields.refuse("role", "must be left out: these codes are to no band");
        }
        let expires_at = ending(&mut fields, policy, wish.ttl_hours.clone(), Patch::Omitted, now);
        let max_uses = fields.max_uses(&wish.max_uses, MaxUses::ONE);
        let name = fields.finish_with(name)?;
        Ok(Self { count: u32::try_from(wish.count).unwrap_or_default(), name, role, expires_at, max_uses })
    }
}

/// Who makes a batch, and where: a band, or [`BandId::SITE`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maker {
    /// Where the codes are to.
    pub(crate) band: BandId,
    /// Who makes them.
    pub(crate) account: AccountId,
}

/// Makes a campaign and its codes, as many as `fresh` has secrets for and the wish says; how many there are. For the
/// admins of the band, or of the site.
pub(crate) fn create_codes(
    tx: &mut Tx<'_>,
    app: &App,
    maker: Maker,
    wish: &CreateCodes,
    (id, fresh): (CampaignId, &[Fresh]),
    now: Timestamp,
) -> Result<u32, Refused> {
    let Maker { band, account } = maker;
    let site = &app.settings().policy;
    let (policy, quota) = if band == BandId::SITE {
        require_site_admin(tx, account)?;
        (site.clone(), None)
    } else {
        let quota = quota::hold(tx, account, site)?;
        Access::hold(tx, band, account)?.require_admin()?;
        (bands::in_force(tx, band, site)?, Some(quota))
    };
    let terms = Terms::read(wish, &policy, band, now)?;
    check_kind(Kind::Code, &policy)?;
    if let Some(quota) = quota {
        quota.charge(tx, terms.count, now)?;
    }
    let Terms { count, name, role, expires_at, max_uses } = terms;
    let campaign = NewCampaign { role: Some(role), expires_at, ..NewCampaign::plain(id, band, name) };
    campaigns::insert(tx, &campaign, account, now)?;
    let code = |fresh: &Fresh| {
        let secret = fresh.secret(app.key(), Kind::Code)?;
        Ok::<_, Refused>(NewInvite {
            id: fresh.id,
            kind: Kind::Code,
            role,
            email: None,
            account: None,
            names: Vec::new(),
            label: None,
            message: None,
            token_hash: secret.token_hash,
            sealed: secret.sealed,
            hint: secret.token.hint().to_owned(),
            max_uses,
            expires_at,
            requires_approval: false,
        })
    };
    let codes = fresh.iter().take(count as usize).map(code).collect::<Result<Vec<_>, _>>()?;
    let batch = Batch { band, campaign: id, inviter: account, policy: &policy, now };
    // Of all codes there can be a few are in use: that one is drawn twice is next to impossible, and not passed over.
    if batch.insert(tx, &codes)?.len() != count as usize {
        return Err(Refused::new(Code::Unavailable, "A code was drawn that exists already. Please try again."));
    }
    Ok(count)
}

crate::row! {
    /// A code as it is kept.
    #[derive(Debug, Clone)]
    pub(crate) struct CodeRow {
        /// Its number.
        pub(crate) seq: i64,
        id: InviteId,
        band: BandId,
        token_sealed: Vec<u8>,
        status: Status,
        cancel_reason: Option<CancelReason>,
        uses: u32,
        max_uses: MaxUses,
        expires_at: Option<Timestamp>,
    }
}

impl CodeRow {
    /// The code with its secret, as it stands at `now`.
    pub(crate) fn show(self, app: &App, now: Timestamp) -> Result<CodeCard, Refused> {
        let token = open(app.key(), self.id.as_bytes(), &self.token_sealed)
            .and_then(|text| Token::parse(&text))
            .ok_or_else(super::create::sealed)?;
        let standing = Standing::at(now, self.status, self.cancel_reason, self.expires_at);
        Ok(CodeCard {
            invite_id: self.id,
            link: app.link(&token),
            code: token.reveal().to_owned(),
            status: standing.status,
            uses: self.uses,
            max_uses: self.max_uses,
            expires_at: self.expires_at,
        })
    }
}

/// What a [`CodeRow`] is read from.
const CODES: &str =
    "SELECT i.seq AS seq, i.id AS id, i.band AS band, i.token_sealed AS token_sealed, i.status AS status,
        i.cancel_reason AS cancel_reason, i.uses AS uses, i.max_uses AS max_uses, i.expires_at AS expires_at
     FROM invite i WHERE i.campaign = $1 AND i.kind = 'code'";

/// A page of a campaign's codes, in the order in which they were made. The right to see them was looked at.
pub(crate) fn codes(tx: &mut Tx<'_>, campaign: CampaignId, page: Page) -> Result<Vec<CodeRow>, Refused> {
    let (than, order, from) = page.reading(false);
    let sql = intern(format!("{CODES} AND i.seq {than} $2 ORDER BY i.seq {order} LIMIT $3"));
    as_decided(tx, sql, &[&campaign, &from.seq, &page.fetch()])
}

/// At most `most` codes of a campaign that come after the row `last`: a step of a walk along all of them.
pub(crate) fn walk_codes(tx: &mut Tx<'_>, campaign: CampaignId, last: i64, most: i64) -> Result<Vec<CodeRow>, Refused> {
    let sql = intern(format!("{CODES} AND i.seq > $2 ORDER BY i.seq LIMIT $3"));
    as_decided(tx, sql, &[&campaign, &last, &most])
}

/// The codes of a campaign that can be used at `now`, at most `most` of them.
pub(crate) fn usable_codes(
    tx: &mut Tx<'_>,
    campaign: CampaignId,
    now: Timestamp,
    most: i64,
) -> Result<Vec<CodeRow>, Refused> {
    let sql = intern(format!(
        "{CODES} AND i.status = 'pending' AND (i.max_uses IS NULL OR i.uses < i.max_uses)
            AND (i.expires_at IS NULL OR i.expires_at > $2 OR {}) ORDER BY i.seq LIMIT $3",
        is_decided!("i")
    ));
    let mut codes = as_decided(tx, sql, &[&campaign, &now, &most])?;
    codes.retain(|code| Standing::at(now, code.status, code.cancel_reason, code.expires_at).is_pending());
    Ok(codes)
}

/// The codes of a campaign that a statement finds, each as it is by what was decided about it.
fn as_decided(tx: &mut Tx<'_>, sql: &'static str, params: Params<'_>) -> Result<Vec<CodeRow>, Refused> {
    let mut codes: Vec<CodeRow> = tx.query(sql, params)?;
    let Some(band) = codes.first().map(|code| code.band) else { return Ok(codes) };
    let told = foretold(tx, band, &codes.iter().map(|code| code.id).collect::<Vec<_>>())?;
    for code in &mut codes {
        if let Some(one) = told.get(&code.id) {
            (code.status, code.cancel_reason, code.expires_at) = (one.status, one.cancel_reason, one.expires_at);
        }
    }
    Ok(codes)
}

/// The campaign for those who may see its codes, and the trail says that they were shown.
pub(crate) fn show_codes(
    tx: &mut Tx<'_>,
    id: CampaignId,
    caller: AccountId,
    now: Timestamp,
) -> Result<CampaignRow, Refused> {
    let campaign = campaigns::read(tx, id, caller)?;
    let event = Event {
        band: Some(campaign.band),
        actor: Some(caller),
        action: "campaign.codes_shown",
        invite: None,
        account: None,
        detail: Some(campaign.name.as_str()),
    };
    audit::record(tx, now, event)?;
    Ok(campaign)
}
