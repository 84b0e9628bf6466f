//! What a band decides over the site's policy: it may tighten, never loosen.
//!
//! | key | tighter is | a band may say | where the site says less later |
//! |---|---|---|---|
//! | `default_ttl_hours` | within the longest life | any life within it | the longest life |
//! | `max_ttl_hours` | fewer hours | at most the site's | the shorter of both |
//! | `allow_kinds` | fewer kinds | some of the site's, one at least | what both allow, be it nothing |
//! | `email_identity` | `verified` › `match` › `bearer` | the site's or tighter | the tighter of both |
//! | `membership` | `one` › `many` | the site's or tighter | the tighter of both |
//! | `on_accept_cancel` | `everywhere` › `same_band` › `none` | the site's or tighter; `everywhere` reaches other bands, so only where the site says it | the tighter of both; `everywhere` is the site's alone |
//! | `reminder_hours` | fewer times | some of the site's, or none | the times that both have |
//! | `last_reminder_hours` | none | the site's, or none | the site's, where the band says the same |
//! | `on_inviter_removed` | `revoke` › `keep` | the site's or tighter | the tighter of both |
//!
//! `registration` and `quota_per_30_days` are the site's alone. `membership` of a band binds those who come into it: with
//! `one` they are in no other band at that moment.

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    super::{Invalid, Kind},
    EmailIdentity, Hours, Membership, OnAcceptCancel, OnInviterRemoved, Policy,
};

/// A band's own rules: what is left out is the site's. Hours are a number or, for an end that never comes, null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BandPolicy {
    /// The life of an invite that asks for none; null is never.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "said")]
    pub default_ttl_hours: Option<Hours>,
    /// The longest life that can be asked for; null is any.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "said")]
    pub max_ttl_hours: Option<Hours>,
    /// The kinds of invites that can be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_kinds: Option<Vec<Kind>>,
    /// What proves an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_identity: Option<EmailIdentity>,
    /// How many bands those who come in may be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,
    /// Which other invites end on accept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_accept_cancel: Option<OnAcceptCancel>,
    /// Hours after sending at which a reminder goes out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder_hours: Option<Vec<u32>>,
    /// Hours before the end at which a last reminder goes out; null is none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "said")]
    pub last_reminder_hours: Option<Hours>,
    /// What happens to a removed member's own invites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_inviter_removed: Option<OnInviterRemoved>,
}

/// Null is a value here: hours without a number.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Hours>, D::Error> {
    Hours::deserialize(deserializer).map(Some)
}

/// A key that would loosen the site's policy, and what is allowed.
pub type Looser = (&'static str, Invalid);

impl BandPolicy {
    /// Whether it decides nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The policy that comes into force in the band; every key that is looser than the site's is refused.
    pub fn tighten(&self, site: &Policy) -> Result<Policy, Vec<Looser>> {
        let policy = self.effective(site);
        let mut refused = Vec::new();
        // What was said and does not come into force as it was said would loosen.
        let mut hold = |key, is_said: bool, allowed: String| {
            if !is_said {
                refused.push((key, Invalid::new(allowed)));
            }
        };
        let life = |hours: Hours| hours.0.map_or_else(|| "any".to_owned(), |hours| hours.to_string());
        let most = format!("must be at most {}, as this server has it", life(site.max_ttl_hours));
        hold("max_ttl_hours", as_said(self.max_ttl_hours, policy.max_ttl_hours), most);
        let most = format!("must be at most {}, the longest life here", life(policy.max_ttl_hours));
        hold("default_ttl_hours", as_said(self.default_ttl_hours, policy.default_ttl_hours), most);
        let kinds = site.allow_kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        let kinds = format!("must name one at least, of those that this server allows: {kinds}");
        let any = self.allow_kinds.as_ref().is_none_or(|own| !own.is_empty());
        hold("allow_kinds", any && are_of(self.allow_kinds.as_deref(), &site.allow_kinds), kinds);
        hold("email_identity", as_said(self.email_identity, policy.email_identity), looser_than(site.email_identity));
        hold("membership", as_said(self.membership, policy.membership), looser_than(site.membership));
        let allowed = match self.on_accept_cancel {
            Some(OnAcceptCancel::Everywhere) => "must not be everywhere: that would end invites to other bands".into(),
            _ => looser_than(site.on_accept_cancel),
        };
        hold("on_accept_cancel", as_said(self.on_accept_cancel, policy.on_accept_cancel), allowed);
        let times = site.reminder_hours.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let times = if times.is_empty() {
            "must be empty: this server sends no reminders".to_owned()
        } else {
            format!("must be some of this server's: {times}")
        };
        hold("reminder_hours", are_of(self.reminder_hours.as_deref(), &site.reminder_hours), times);
        let last = match site.last_reminder_hours.0 {
            None => "must be left out or null: this server sends no reminder before the end".to_owned(),
            Some(hours) => format!("must be {hours}, as this server has it, or null"),
        };
        hold("last_reminder_hours", as_said(self.last_reminder_hours, policy.last_reminder_hours), last);
        hold(
            "on_inviter_removed",
            as_said(self.on_inviter_removed, policy.on_inviter_removed),
            looser_than(site.on_inviter_removed),
        );
        if refused.is_empty() { Ok(policy) } else { Err(refused) }
    }

    /// The policy in force in the band: its own where that is tighter, the site's everywhere else, whatever the site has
    /// become since the band decided.
    #[must_use]
    pub fn effective(&self, site: &Policy) -> Policy {
        let max_ttl_hours = shorter(self.max_ttl_hours, site.max_ttl_hours);
        let default_ttl_hours = shorter(Some(self.default_ttl_hours.unwrap_or(site.default_ttl_hours)), max_ttl_hours);
        let on_accept_cancel = self
            .on_accept_cancel
            .map_or(site.on_accept_cancel, |own| own.min(OnAcceptCancel::SameBand).max(site.on_accept_cancel));
        Policy {
            default_ttl_hours,
            max_ttl_hours,
            allow_kinds: both(&site.allow_kinds, self.allow_kinds.as_deref()),
            email_identity: self.email_identity.map_or(site.email_identity, |own| own.min(site.email_identity)),
            membership: self.membership.map_or(site.membership, |own| own.max(site.membership)),
            on_accept_cancel,
            registration: site.registration,
            reminder_hours: both(&site.reminder_hours, self.reminder_hours.as_deref()),
            last_reminder_hours: match self.last_reminder_hours {
                Some(own) if own != site.last_reminder_hours => Hours(None),
                _ => site.last_reminder_hours,
            },
            on_inviter_removed: self
                .on_inviter_removed
                .map_or(site.on_inviter_removed, |own| own.max(site.on_inviter_removed)),
            quota_per_30_days: site.quota_per_30_days,
        }
    }
}

/// Whether what the band says, if it says anything, is what comes into force.
fn as_said<T: Copy + PartialEq>(own: Option<T>, is: T) -> bool {
    own.is_none_or(|own| own == is)
}

/// The refusal of a word that is looser than the site's.
fn looser_than(site: impl std::fmt::Display) -> String {
    format!("must not be looser than this server's, which is {site}")
}

/// Whether what the band names, if it names any, is all of the site's.
fn are_of<T: PartialEq>(own: Option<&[T]>, site: &[T]) -> bool {
    own.is_none_or(|own| own.iter().all(|one| site.contains(one)))
}

/// Whether a life is longer than another; without a number it never ends.
fn is_longer(hours: Hours, than: Hours) -> bool {
    than.0.is_some_and(|most| hours.0.is_none_or(|hours| hours > most))
}

/// The shorter of two lives.
fn shorter(own: Option<Hours>, site: Hours) -> Hours {
    own.filter(|&own| !is_longer(own, site)).unwrap_or(site)
}

/// The site's, as far as the band has them, too.
fn both<T: Copy + PartialEq>(site: &[T], own: Option<&[T]>) -> Vec<T> {
    site.iter().copied().filter(|one| own.is_none_or(|own| own.contains(one))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*, sample::select};

    use super::{
        super::{Preset, Registration},
        *,
    };

    fn hours() -> impl Strategy<Value = Hours> {
        option::of(1_u32..400).prop_map(Hours)
    }

    fn kinds() -> impl Strategy<Value = Vec<Kind>> {
        proptest::sample::subsequence(Kind::ALL.to_vec(), 1..=Kind::ALL.len())
    }

    prop_compose! {
        fn site()(
            (default_ttl, max_ttl_hours) in (hours(), hours()),
            allow_kinds in kinds(),
            email_identity in select(EmailIdentity::ALL),
            membership in select(Membership::ALL),
            on_accept_cancel in select(OnAcceptCancel::ALL),
            reminder_hours in vec(1_u32..6, 0..4),
            last_reminder_hours in option::of(1_u32..4).prop_map(Hours),
            on_inviter_removed in select(OnInviterRemoved::ALL),
        ) -> Policy {
            Policy {
                default_ttl_hours: shorter(Some(default_ttl), max_ttl_hours),
                max_ttl_hours, allow_kinds, email_identity, membership, on_accept_cancel,
                registration: Registration::Open,
                reminder_hours, last_reminder_hours, on_inviter_removed,
                quota_per_30_days: Some(7),
            }
        }
    }

    prop_compose! {
        fn band()(
            (default_ttl_hours, max_ttl_hours) in (option::of(hours()), option::of(hours())),
            allow_kinds in option::of(kinds()),
            email_identity in option::of(select(EmailIdentity::ALL)),
            membership in option::of(select(Membership::ALL)),
            on_accept_cancel in option::of(select(OnAcceptCancel::ALL)),
            reminder_hours in option::of(vec(1_u32..6, 0..4)),
            last_reminder_hours in option::of(option::of(1_u32..4).prop_map(Hours)),
            on_inviter_removed in option::of(select(OnInviterRemoved::ALL)),
        ) -> BandPolicy {
            BandPolicy {
                default_ttl_hours, max_ttl_hours, allow_kinds, email_identity, membership, on_accept_cancel,
                reminder_hours, last_reminder_hours, on_inviter_removed,
            }
        }
    }

    /// The keys on which a policy allows what the site does not, by the words of the table.
    fn looser(policy: &Policy, site: &Policy) -> Vec<&'static str> {
        let life = |hours: Hours| hours.0.unwrap_or(u32::MAX);
        let identity = |is: EmailIdentity| match is {
            EmailIdentity::Verified => 2,
            EmailIdentity::Match => 1,
            EmailIdentity::Bearer => 0,
        };
        let cancels = |is: OnAcceptCancel| match is {
            OnAcceptCancel::Everywhere => 2,
            OnAcceptCancel::SameBand => 1,
            OnAcceptCancel::None => 0,
        };
        let keys = [
            ("default_ttl_hours", life(policy.default_ttl_hours) > life(site.max_ttl_hours)),
            ("max_ttl_hours", life(policy.max_ttl_hours) > life(site.max_ttl_hours)),
            ("allow_kinds", policy.allow_kinds.iter().any(|kind| !site.allow_kinds.contains(kind))),
            ("email_identity", identity(policy.email_identity) < identity(site.email_identity)),
            ("membership", policy.membership == Membership::Many && site.membership == Membership::One),
            ("on_accept_cancel", cancels(policy.on_accept_cancel) < cancels(site.on_accept_cancel)),
            ("reminder_hours", policy.reminder_hours.iter().any(|hours| !site.reminder_hours.contains(hours))),
            (
                "last_reminder_hours",
                policy.last_reminder_hours != Hours(None) && policy.last_reminder_hours != site.last_reminder_hours,
            ),
            (
                "on_inviter_removed",
                policy.on_inviter_removed == OnInviterRemoved::Keep
                    && site.on_inviter_removed == OnInviterRemoved::Revoke,
            ),
            ("registration", policy.registration != site.registration),
            ("quota_per_30_days", policy.quota_per_30_days != site.quota_per_30_days),
        ];
        keys.into_iter().filter_map(|(key, is)| is.then_some(key)).collect()
    }

    proptest! {
        #[test]
        fn what_is_in_force_is_never_looser_than_the_site_and_stays_what_it_is((site, band) in (site(), band())) {
            let policy = band.effective(&site);
            prop_assert_eq!(looser(&policy, &site), Vec::<&str>::new());
            prop_assert!(!is_longer(policy.default_ttl_hours, policy.max_ttl_hours));
            prop_assert_eq!(band.effective(&policy), policy);
        }

        #[test]
        fn what_is_not_refused_is_in_force_as_it_was_said((site, band) in (site(), band())) {
            let Ok(policy) = band.tighten(&site) else { return Ok(()) };
            prop_assert_eq!(band.default_ttl_hours.unwrap_or(policy.default_ttl_hours), policy.default_ttl_hours);
            prop_assert_eq!(band.max_ttl_hours.unwrap_or(site.max_ttl_hours), policy.max_ttl_hours);
            prop_assert_eq!(band.allow_kinds.as_ref().unwrap_or(&site.allow_kinds), &policy.allow_kinds);
            prop_assert!(!policy.allow_kinds.is_empty());
            prop_assert_eq!(band.email_identity.unwrap_or(site.email_identity), policy.email_identity);
            prop_assert_eq!(band.membership.unwrap_or(site.membership), policy.membership);
            prop_assert_eq!(band.on_accept_cancel.unwrap_or(site.on_accept_cancel), policy.on_accept_cancel);
            prop_assert_eq!(band.last_reminder_hours.unwrap_or(site.last_reminder_hours), policy.last_reminder_hours);
            prop_assert_eq!(band.on_inviter_removed.unwrap_or(site.on_inviter_removed), policy.on_inviter_removed);
        }

        #[test]
        fn what_a_band_decides_is_kept_as_it_is(band in band()) {
            let text = serde_json::to_string(&band).unwrap();
            prop_assert_eq!(serde_json::from_str::<BandPolicy>(&text).unwrap(), band);
        }
    }

    /// The keys that a site of this preset refuses.
    fn refused(preset: Preset, json: serde_json::Value) -> Vec<&'static str> {
        let band: BandPolicy = serde_json::from_value(json).unwrap();
        let keys = band.tighten(&Policy::preset(preset)).err().unwrap_or_default();
        keys.into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn every_key_that_would_loosen_is_refused_by_name() {
        let all = serde_json::json!({
            "max_ttl_hours": null, "default_ttl_hours": 2_161, "allow_kinds": ["email", "link"],
            "email_identity": "match", "membership": "many", "on_accept_cancel": "same_band", "reminder_hours": [72, 73],
        });
        let keys = [
            "max_ttl_hours",
            "default_ttl_hours",
            "allow_kinds",
            "email_identity",
            "membership",
            "on_accept_cancel",
            "reminder_hours",
        ];
        assert_eq!(refused(Preset::Organisation, all), keys);
        let keep = serde_json::json!({ "on_inviter_removed": "keep", "allow_kinds": [] });
        assert_eq!(refused(Preset::Community, keep), ["allow_kinds", "on_inviter_removed"]);
        let reach =
            serde_json::json!({ "on_accept_cancel": "everywhere", "reminder_hours": [1], "last_reminder_hours": 24 });
        assert_eq!(refused(Preset::Band, reach), ["on_accept_cancel", "reminder_hours", "last_reminder_hours"]);
    }

    #[test]
    fn a_band_tightens_every_key() {
        let all = serde_json::json!({
            "default_ttl_hours": 24, "max_ttl_hours": 48, "allow_kinds": ["link"], "email_identity": "verified",
            "membership": "one", "on_accept_cancel": "everywhere", "reminder_hours": [], "last_reminder_hours": null,
            "on_inviter_removed": "revoke",
        });
        assert_eq!(refused(Preset::Community, all), Vec::<&str>::new());
        assert_eq!(refused(Preset::Room, serde_json::json!({ "on_accept_cancel": "same_band" })), Vec::<&str>::new());
        // A shorter longest life shortens the default with it.
        let short: BandPolicy = serde_json::from_str(r#"{"max_ttl_hours":24}"#).unwrap();
        assert_eq!(short.tighten(&Policy::preset(Preset::Band)).unwrap().default_ttl_hours, Hours(Some(24)));
    }

    #[test]
    fn a_band_and_a_site_that_allow_nothing_in_common_allow_nothing() {
        let links: BandPolicy = serde_json::from_str(r#"{"allow_kinds":["link"]}"#).unwrap();
        assert_eq!(links.effective(&Policy::preset(Preset::Organisation)).allow_kinds, []);
    }
}
