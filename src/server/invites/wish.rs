//! What a request for an invite comes to, once every field is read.
//!
//! | kind | needs | may have | uses |
//! |---|---|---|---|
//! | `link` | nothing | `email`: remembered and mailed, binds nobody | any number |
//! | `email` | `email` | | one |
//! | `user` | `account_id` or `username` | | one |
//! | `code` | nothing | | any number |
//!
//! What is left out comes from the template, else from the campaign, else from the policy in force; when it ends, the
//! rules of [`shared_end`] say.

use crate::{
    api::{CreateInvite, Patch},
    domain::{
        AccountId, Address, BandId, Hours, Kind, Label, MaxUses, Message, Policy, Role, Timestamp, Username,
        check_shared_end, shared_end,
    },
    server::{Fields, Refused, campaigns::Shared},
};

/// Whom an invite is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum To {
    /// Whoever holds it.
    Holder,
    /// An address.
    Address(Address),
    /// An account, by the comparison form of its user name.
    Username(String),
    /// An account.
    Account(AccountId),
}

/// An invite as it is to be made.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) kind: Kind,
    pub(super) to: To,
    pub(super) role: Role,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) max_uses: MaxUses,
    /// An address that a link remembers, or that an `email` invite is for.
    pub(super) email: Option<Address>,
    pub(super) label: Option<Label>,
    pub(super) message: Option<Message>,
    pub(super) requires_approval: bool,
}

/// The end that a request names, never where it is `None`, and the field it is named by; `None` where it names none, or
/// one that is refused.
pub(super) fn named_end(
    fields: &mut Fields,
    ttl_hours: Patch<i64>,
    expires_at: Patch<Timestamp>,
    now: Timestamp,
) -> Option<(&'static str, Option<Timestamp>)> {
    let (field, end) = match (ttl_hours, expires_at) {
        (Patch::Omitted, Patch::Omitted) => return None,
        (Patch::Omitted, end) => ("expires_at", end.into_change().flatten()),
        (ttl, Patch::Omitted) => {
            let hours = match ttl.into_change().flatten() {
                Some(n) => fields.check("ttl_hours", Hours::from_number(n))?,
                None => Hours(None),
            };
            ("ttl_hours", hours.0.map(|hours| now.plus_hours(hours)))
        }
        _ => {
            fields.refuse("ttl_hours", "must not stand beside expires_at: send one of them");
            return None;
        }
    };
    Some((field, end))
}

/// When an invite ends under `policy`: by `ttl_hours` or `expires_at`, else by the default. `None` is never.
pub(crate) fn ending(
    fields: &mut Fields,
    policy: &Policy,
    ttl_hours: Patch<i64>,
    expires_at: Patch<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    if ttl_hours.is_omitted() && expires_at.is_omitted() {
        return policy.default_expiry(now);
    }
    let (field, end) = named_end(fields, ttl_hours, expires_at, now)?;
    fields.check(field, policy.check_expiry(now, end));
    end
}

/// As [`ending`], of what names an end, for an invite whose campaign ends at `campaign`.
pub(super) fn ending_within(
    fields: &mut Fields,
    policy: &Policy,
    campaign: Option<Timestamp>,
    (ttl_hours, expires_at): (Patch<i64>, Patch<Timestamp>),
    now: Timestamp,
) -> Option<Timestamp> {
    let (field, end) = named_end(fields, ttl_hours, expires_at, now)?;
    fields.check(field, policy.check_expiry(now, end).and_then(|()| check_shared_end(end, campaign)));
    end
}

impl Terms {
    /// The address that a link remembers: it binds nobody, but a mail goes there.
    pub(super) fn remembered(&self) -> Option<To> {
        self.email.clone().filter(|_| self.kind == Kind::Link).map(To::Address)
    }

    /// Reads a request under the policy in force in the band; a refusal names every bad field. `names_end` says whether
    /// the end in it is the request's own, and not its template's.
    pub(super) fn read(
        wish: &CreateInvite,
        names_end: bool,
        policy: &Policy,
        campaign: &Shared,
        (band, now): (BandId, Timestamp),
    ) -> Result<Self, Refused> {
        let mut fields = Fields::default();
        let email = fields.optional("email", wish.email.as_deref(), Address::parse);
        let username = wish.username.as_deref();
        let named = username.is_some() || wish.account_id.is_some();
        let kind = wish.kind.value().copied().unwrap_or(match (wish.email.is_some(), named) {
            (true, _) => Kind::Email,
            (false, true) => Kind::User,
            (false, false) => Kind::Link,
        });
        let to = recipient(&mut fields, kind, wish, email.as_ref(), username);
        let role = wish.role.or(campaign.role).unwrap_or(Role::Member);
        fields.check_granted(role);
        let (ttl, end) = (wish.ttl_hours.clone(), wish.expires_at.clone());
        let expires_at = if ttl.is_omitted() && end.is_omitted() && !campaign.is_default(band) {
            policy.shorten(now, campaign.expires_at)
        } else if names_end {
            ending_within(&mut fields, policy, campaign.expires_at, (ttl, end), now)
        } else {
            shared_end(ending(&mut fields, policy, ttl, end, now), campaign.expires_at)
        };
        let max_uses = fields.max_uses(&wish.max_uses, MaxUses::ONE);
        if matches!(kind, Kind::Email | Kind::User) && max_uses != MaxUses::ONE {
            fields.refuse("max_uses", "must be 1 for an invite to one person");
        }
        let label = fields.text("label", &wish.label, None, Label::parse);
        let message = fields.text("message", &wish.message, campaign.message.as_ref(), Message::parse);
        let requires_approval = wish.requires_approval.unwrap_or(false);
        fields.finish()?;
        Ok(Self { kind, to, role, expires_at, max_uses, email, label, message, requires_approval })
    }
}

/// Whom the fields name; those that the kind has no place for are refused.
fn recipient(
    fields: &mut Fields,
    kind: Kind,
    wish: &CreateInvite,
    email: Option<&Address>,
    username: Option<&str>,
) -> To {
    let none = "must be left out for an invite of this kind";
    if kind != Kind::User {
        for (field, given) in [("account_id", wish.account_id.is_some()), ("username", username.is_some())] {
            if given {
                fields.refuse(field, none);
            }
        }
    }
    if matches!(kind, Kind::User | Kind::Code) && wish.email.is_some() {
        fields.refuse("email", none);
    }
    match (kind, email, wish.account_id, username) {
        (Kind::Link | Kind::Code, ..) => To::Holder,
        (Kind::Email, Some(address), ..) => To::Address(address.clone()),
        (Kind::Email, None, ..) => {
            if wish.email.as_deref().is_none_or(|text| text.trim().is_empty()) {
                fields.refuse("email", "must be the address that the invite is for");
            }
            To::Holder
        }
        (Kind::User, _, Some(_), Some(_)) => {
            fields.refuse("username", "must not stand beside account_id: send one of them");
            To::Holder
        }
        (Kind::User, _, Some(account), None) => To::Account(account),
        (Kind::User, _, None, Some(name)) => {
            fields.check("username", Username::parse(name)).map_or(To::Holder, |name| To::Username(name.key()))
        }
        (Kind::User, _, None, None) => {
            fields.refuse("username", "must be the user name that the invite is for");
            To::Holder
        }
    }
}
