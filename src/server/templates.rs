//! Saved defaults for new invites, for the admins of a band.

use crate::{
    api::{CreateInvite, CreateTemplate, Patch, Person, Template, Templates, UpdateTemplate},
    domain::{
        AccountId, BandId, CampaignId, Hours, Kind, Label, MaxUses, Message, Policy, Role, TemplateId, TemplateName,
        Timestamp,
    },
};

use super::{
    Fields, Refused,
    audit::{self, Event},
    bands::{self, Access},
    campaigns,
    page::Page,
    store::{Tx, dialect::intern},
};

/// The most templates that a band has.
const MOST: i64 = 100;

crate::row! {
    struct Row {
        seq: i64, id: TemplateId, band: BandId, name: TemplateName, kind: Option<Kind>, role: Role,
        ttl_hours: Option<u32>, max_uses: MaxUses, label: Option<Label>, message: Option<Message>,
        campaign: Option<CampaignId>, requires_approval: bool, created_at: Timestamp, created_by: AccountId,
        creator_username: String, creator_name: String,
    }
}

const SELECT: &str = "SELECT t.seq AS seq, t.id AS id, t.band AS band, t.name AS name, t.kind AS kind, t.role AS role,
        t.ttl_hours AS ttl_hours, t.max_uses AS max_uses, t.label AS label, t.message AS message,
        t.campaign AS campaign, t.requires_approval AS requires_approval, t.created_at AS created_at,
        t.created_by AS created_by, c.username AS creator_username, c.display_name AS creator_name
     FROM template t JOIN account c ON c.id = t.created_by";

impl Row {
    fn into_template(self) -> Template {
        Template {
            id: self.id,
            band_id: self.band,
            name: self.name.into(),
            kind: self.kind,
            role: self.role,
            ttl_hours: Hours(self.ttl_hours),
            max_uses: self.max_uses,
            label: self.label.map(String::from),
            message: self.message.map(String::from),
            campaign_id: self.campaign,
            requires_approval: self.requires_approval,
            created_at: self.created_at,
            created_by: Person {
                id: self.created_by,
                username: self.creator_username,
                display_name: self.creator_name,
            },
        }
    }
}

fn by_id(tx: &mut Tx<'_>, id: TemplateId) -> Result<Row, Refused> {
    let sql = intern(format!("{SELECT} WHERE t.id = $1"));
    tx.query_one(sql, &[&id])?.ok_or_else(|| Refused::not_found("template"))
}

/// The template for an admin of its band. For those who have no business with the band there is no such template.
pub(crate) fn read(tx: &mut Tx<'_>, id: TemplateId, caller: AccountId) -> Result<Template, Refused> {
    let row = by_id(tx, id)?;
    let access = Access::of(tx, row.band, caller);
    check_admin(access)?;
    Ok(row.into_template())
}

/// Refuses who is no admin of the template's band. A stranger hears of no such template, and of no band.
fn check_admin(access: Result<Access, Refused>) -> Result<(), Refused> {
    let access = access.map_err(|refused| match refused {
        Refused::Problem(_) => Refused::not_found("template"),
        trouble => trouble,
    })?;
    access.require_admin()
}

/// A wish for a new invite with what its template gives to it, where it names one: a template of another band is none.
/// What is wished for itself stands before the template, and so does null: there is to be none. What the template grants is not looked at here: the same rules
/// hold for it as for what is wished.
pub(crate) fn applied(tx: &mut Tx<'_>, band: BandId, wish: &CreateInvite) -> Result<CreateInvite, Refused> {
    let mut wish = wish.clone();
    let Some(id) = wish.template_id else { return Ok(wish) };
    let template = by_id(tx, id)?;
    if template.band != band {
        return Err(Refused::not_found("template"));
    }
    fill(&mut wish, template);
    Ok(wish)
}

fn fill(wish: &mut CreateInvite, template: Row) {
    let kind = std::mem::take(&mut wish.kind).or(template.kind);
    let is_named = wish.email.is_some() || wish.username.is_some() || wish.account_id.is_some();
    let for_one = kind.value().map_or(is_named, |kind| matches!(kind, Kind::Email | Kind::User));
    wish.kind = kind;
    wish.role = wish.role.or(Some(template.role));
    if wish.ttl_hours.is_omitted() && wish.expires_at.is_omitted() {
        wish.ttl_hours = template.ttl_hours.map(i64::from).into();
    }
    // An invite to one person is for one use, whatever else the template is for.
    if wish.max_uses.is_omitted() && !for_one {
        wish.max_uses = template.max_uses.stored().into();
    }
    wish.label = std::mem::take(&mut wish.label).or(template.label.map(String::from));
    wish.message = std::mem::take(&mut wish.message).or(template.message.map(String::from));
    wish.campaign_id = std::mem::take(&mut wish.campaign_id).or(template.campaign);
    wish.requires_approval = wish.requires_approval.or(Some(template.requires_approval));
}

/// A page of a band's templates, newest first; for its admins.
pub(crate) fn list(tx: &mut Tx<'_>, band: BandId, caller: AccountId, page: Page) -> Result<Templates, Refused> {
    Access::of(tx, band, caller)?.require_admin()?;
    let (than, order, from) = page.reading(true);
    let sql = intern(format!("{SELECT} WHERE t.band = $1 AND t.seq {than} $2 ORDER BY t.seq {order} LIMIT $3"));
    let rows: Vec<Row> = tx.query(sql, &[&band, &from.seq, &page.fetch()])?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    Ok(Templates { templates: rows.into_iter().map(Row::into_template).collect(), next_cursor, prev_cursor })
}

/// What a template gives to an invite.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Defaults {
    kind: Option<Kind>,
    role: Role,
    ttl_hours: Option<u32>,
    max_uses: MaxUses,
    label: Option<Label>,
    message: Option<Message>,
    campaign: Option<CampaignId>,
    requires_approval: bool,
}

impl Defaults {
    /// What a wish makes of these: what is left out stays. Refused is what no invite could have under `policy`.
    fn with(self, wish: &UpdateTemplate, policy: &Policy, fields: &mut Fields) -> Self {
        let role = wish.role.unwrap_or(self.role);
        fields.check_granted(role);
        let ttl_hours = match wish.ttl_hours {
            Patch::Omitted => self.ttl_hours,
            Patch::Null => None,
            Patch::Value(n) => fields.check("ttl_hours", Hours::from_number(n)).and_then(|hours| hours.0),
        };
        if let (false, Some(most)) = (wish.ttl_hours.is_omitted(), policy.max_ttl_hours.0)
            && ttl_hours.is_none_or(|hours| hours > most)
        {
            fields.refuse("ttl_hours", format!("must not be longer than {most} hours"));
        }
        let max_uses = fields.max_uses(&wish.max_uses, self.max_uses);
        Self {
            kind: wish.kind.clone().into_change().unwrap_or(self.kind),
            role,
            ttl_hours,
            max_uses,
            label: fields.text("label", &wish.label, self.label.as_ref(), Label::parse),
            message: fields.text("message", &wish.message, self.message.as_ref(), Message::parse),
            campaign: wish.campaign_id.clone().into_change().unwrap_or(self.campaign),
            requires_approval: wish.requires_approval.unwrap_or(self.requires_approval),
        }
    }
}

/// Refuses a campaign that is wished and none of the band's. It is not deleted until the transaction ends. Before the
/// band's row, as everywhere: two transactions never wait for each other in a circle.
fn check_campaign(tx: &mut Tx<'_>, band: BandId, wish: Option<CampaignId>, fields: &mut Fields) -> Result<(), Refused> {
    if let Some(campaign) = wish
        && !campaigns::hold_of(tx, campaign, band)?
    {
        fields.refuse("campaign_id", "must be a campaign of this band");
    }
    Ok(())
}

/// Takes a campaign that is being deleted out of the band's templates: new invites by them would all be refused. The
/// campaign is held, and its invites have ended.
pub(crate) fn forget(tx: &mut Tx<'_>, band: BandId, campaign: CampaignId) -> Result<(), Refused> {
    hold_band(tx, band)?;
    let _ = tx.execute("UPDATE template SET campaign = NULL WHERE campaign = $1", &[&campaign])?;
    Ok(())
}

/// Holds the band's row: its templates are made and named one after the other, so that each name is there once and
/// there are not too many. A band that was deleted meanwhile is not there.
fn hold_band(tx: &mut Tx<'_>, band: BandId) -> Result<(), Refused> {
    let sql = tx.dialect().pick(
        "SELECT 1 AS n FROM band WHERE id = $1 AND deleted_at IS NULL",
        "SELECT 1 AS n FROM band WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE",
    );
    if tx.exists(sql, &[&band])? { Ok(()) } else { Err(Refused::not_found("band")) }
}

/// Refuses a name that another template of the band has. The band is held.
fn check_name(tx: &mut Tx<'_>, band: BandId, name: &TemplateName, id: TemplateId) -> Result<(), Refused> {
    let sql = "SELECT 1 AS n FROM template WHERE band = $1 AND name_key = $2 AND id <> $3";
    if tx.exists(sql, &[&band, &name.key(), &id])? {
        return Err(Refused::field("name", "is another template's: choose one that the band does not have yet"));
    }
    Ok(())
}

/// Makes a template; for the band's admins. What is not asked for is as new invites of
/// the band are.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    id: TemplateId,
    band: BandId,
    caller: AccountId,
    wish: CreateTemplate,
    site: &Policy,
    now: Timestamp,
) -> Result<Template, Refused> {
    Access::hold(tx, band, caller)?.require_admin()?;
    let mut fields = Fields::default();
    check_campaign(tx, band, wish.campaign_id, &mut fields)?;
    hold_band(tx, band)?;
    let policy = bands::in_force(tx, band, site)?;
    let plain = Defaults {
        kind: None,
        role: Role::Member,
        ttl_hours: policy.default_ttl_hours.0,
        max_uses: MaxUses::ONE,
        label: None,
        message: None,
        campaign: None,
        requires_approval: false,
    };
    let name = fields.check("name", TemplateName::parse(&wish.name));
    let new = plain.with(&changes(wish), &policy, &mut fields);
    let name = fields.finish_with(name)?;
    check_name(tx, band, &name, id)?;
    if tx.count("SELECT COUNT(*) AS n FROM template WHERE band = $1", &[&band])? >= MOST {
        let text = format!("must wait until another template is deleted: this band has {MOST}, the most it can have");
        return Err(Refused::field("name", text));
    }
    let _ = tx.execute(
        "INSERT INTO template (id, band, name, name_key, kind, role, ttl_hours, max_uses, label, message, campaign,
            requires_approval, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &[
            &id,
            &band,
            &name,
            &name.key(),
            &new.kind,
            &new.role,
            &new.ttl_hours,
            &new.max_uses,
            &new.label,
            &new.message,
            &new.campaign,
            &new.requires_approval,
            &now,
            &caller,
        ],
    )?;
    told(tx, band, caller, "template.created", &name, now)?;
    Ok(by_id(tx, id)?.into_template())
}

/// A new template as a change of one that is as new invites are.
fn changes(wish: CreateTemplate) -> UpdateTemplate {
    fn given<T>(value: Option<T>) -> Patch<T> {
        value.map_or(Patch::Omitted, Patch::Value)
    }
    UpdateTemplate {
        name: None,
        kind: given(wish.kind),
        role: wish.role,
        ttl_hours: wish.ttl_hours,
        max_uses: wish.max_uses,
        label: given(wish.label),
        message: given(wish.message),
        campaign_id: given(wish.campaign_id),
        requires_approval: wish.requires_approval,
    }
}

/// Changes a template: what is left out stays, null is none. For the band's admins; what is as it was is no change.
pub(crate) fn edit(
    tx: &mut Tx<'_>,
    id: TemplateId,
    caller: AccountId,
    wish: &UpdateTemplate,
    site: &Policy,
    now: Timestamp,
) -> Result<Template, Refused> {
    let band = by_id(tx, id)?.band;
    let access = Access::hold(tx, band, caller);
    check_admin(access)?;
    let mut fields = Fields::default();
    check_campaign(tx, band, wish.campaign_id.clone().into_change().flatten(), &mut fields)?;
    hold_band(tx, band)?;
    let policy = bands::in_force(tx, band, site)?;
    let row = by_id(tx, id)?; // as it is now that it is held
    let old = Defaults {
        kind: row.kind,
        role: row.role,
        ttl_hours: row.ttl_hours,
        max_uses: row.max_uses,
        label: row.label.clone(),
        message: row.message.clone(),
        campaign: row.campaign,
        requires_approval: row.requires_approval,
    };
    let name = wish.name.as_deref().and_then(|name| fields.check("name", TemplateName::parse(name)));
    let new = old.clone().with(wish, &policy, &mut fields);
    fields.finish()?;
    let name = name.unwrap_or_else(|| row.name.clone());
    if (&name, &new) == (&row.name, &old) {
        return Ok(row.into_template());
    }
    check_name(tx, band, &name, id)?;
    let _ = tx.execute(
        "UPDATE template SET name = $2, name_key = $3, kind = $4, role = $5, ttl_hours = $6, max_uses = $7,
            label = $8, message = $9, campaign = $10, requires_approval = $11
         WHERE id = $1",
        &[
            &id,
            &name,
            &name.key(),
            &new.kind,
            &new.role,
            &new.ttl_hours,
            &new.max_uses,
            &new.label,
            &new.message,
            &new.campaign,
            &new.requires_approval,
        ],
    )?;
    told(tx, band, caller, "template.edited", &name, now)?;
    Ok(by_id(tx, id)?.into_template())
}

/// Deletes a template; for the band's admins. Invites made by it stay as they are.
pub(crate) fn delete(tx: &mut Tx<'_>, id: TemplateId, caller: AccountId, now: Timestamp) -> Result<(), Refused> {
    let row = by_id(tx, id)?;
    let access = Access::hold(tx, row.band, caller);
    check_admin(access)?;
    if tx.execute("DELETE FROM template WHERE id = $1", &[&id])? == 0 {
        return Err(Refused::not_found("template")); // deleted meanwhile
    }
    told(tx, row.band, caller, "template.deleted", &row.name, now)
}

/// Writes down what was done to the template of this name.
fn told(
    tx: &mut Tx<'_>,
    band: BandId,
    caller: AccountId,
    action: &'static str,
    name: &TemplateName,
    now: Timestamp,
) -> Result<(), Refused> {
    let (band, actor, detail) = (Some(band), Some(caller), Some(name.as_str()));
    Ok(audit::record(tx, now, Event { band, actor, action, invite: None, account: None, detail })?)
}
