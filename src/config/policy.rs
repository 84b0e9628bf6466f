//! `[policy]`: a preset, and single keys over it.

use super::{
    key::Written::Default as By,
    reader::Reader,
    value::{Found, Value},
};
use crate::domain::{
    EmailIdentity, Hours, Kind, Membership, OnAcceptCancel, OnInviterRemoved, Policy, Preset, Registration,
};

/// A number of hours, or the word for none.
fn hours(found: &Found, word: &str) -> Option<Hours> {
    found
        .or_word(word, |found| found.whole::<i64>(1, i64::from(u32::MAX)).and_then(|n| Hours::from_number(n).ok()?.0))
        .map(Hours)
}

/// Kinds, or `"all"`; at least one, none twice.
fn kinds(found: &Found) -> Option<Vec<Kind>> {
    if found.text() == Some("all") {
        return Some(Kind::ALL.to_vec());
    }
    let mut kinds: Vec<Kind> = found.list(Found::word)?;
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() { None } else { Some(kinds) }
}

/// Growing hours; `"none"` is the empty list.
fn reminders(found: &Found) -> Option<Vec<u32>> {
    if found.text() == Some("none") {
        return Some(Vec::new());
    }
    let hours: Vec<u32> = found.list(|entry| entry.whole(1, 8_760))?;
    if hours.len() <= 10 && hours.is_sorted_by(|a, b| a < b) { Some(hours) } else { None }
}

table! {
    /// The keys as they are written; those that are missing are the preset's.
    pub(super) struct PolicyTable in "policy" {
        /// The set of rules that the keys below start from. The defaults shown are those of band.
        preset: Preset = Preset::Band, By(r#""band""#),
            "band, community, organisation or room", "GUESTLIST_POLICY_PRESET", Found::word;
        /// The life of an invite that asks for none, in hours.
        default_ttl_hours: Option<Hours> = None, By("72"),
            "a number of hours from 1 to 876000, or \"never\"", "GUESTLIST_POLICY_DEFAULT_TTL_HOURS",
            |found| hours(found, "never").map(Some);
        /// The longest life that can be asked for, in hours.
        max_ttl_hours: Option<Hours> = None, By(r#""none""#),
            "a number of hours from 1 to 876000, or \"none\"", "GUESTLIST_POLICY_MAX_TTL_HOURS",
            |found| hours(found, "none").map(Some);
        /// The kinds of invites that can be made.
        allow_kinds: Option<Vec<Kind>> = None, By(r#""all""#),
            "\"all\", or a list of link, email, user and code", "GUESTLIST_POLICY_ALLOW_KINDS",
            |found| kinds(found).map(Some);
        /// What proves that an invite to an address is the visitor's: the address verified, the same address, or the
        /// token alone. Without mail nothing can be verified, and verified is as match.
        email_identity: Option<EmailIdentity> = None, By(r#""verified""#),
            "verified, match or bearer", "GUESTLIST_POLICY_EMAIL_IDENTITY", |found| found.word().map(Some);
        /// How many bands one account may be in.
        membership: Option<Membership> = None, By(r#""many""#),
            "many or one", "GUESTLIST_POLICY_MEMBERSHIP", |found| found.word().map(Some);
        /// Which other invites of a person end when one is accepted.
        on_accept_cancel: Option<OnAcceptCancel> = None, By(r#""same_band""#),
            "none, same_band or everywhere", "GUESTLIST_POLICY_ON_ACCEPT_CANCEL", |found| found.word().map(Some);
        /// Who may make an account.
        registration: Option<Registration> = None, By(r#""open""#),
            "open, invite_only or closed", "GUESTLIST_POLICY_REGISTRATION", |found| found.word().map(Some);
        /// Hours after sending at which the invited are reminded.
        reminder_hours: Option<Vec<u32>> = None, By("[]"),
            "a list of at most 10 growing numbers from 1 to 8760, or \"none\"", "GUESTLIST_POLICY_REMINDER_HOURS",
            |found| reminders(found).map(Some);
        /// Hours before the end at which the invited are reminded once more.
        last_reminder_hours: Option<Hours> = None, By(r#""none""#),
            "a number of hours from 1 to 876000, or \"none\"", "GUESTLIST_POLICY_LAST_REMINDER_HOURS",
            |found| hours(found, "none").map(Some);
        /// What happens to the invites of a member who is removed.
        on_inviter_removed: Option<OnInviterRemoved> = None, By(r#""keep""#),
            "keep or revoke", "GUESTLIST_POLICY_ON_INVITER_REMOVED", |found| found.word().map(Some);
        /// Invites that one account may make in 30 days.
        quota_per_30_days: Option<Option<u32>> = None, By(r#""none""#),
            "a number from 1 to 1000000, or \"none\"", "GUESTLIST_POLICY_QUOTA_PER_30_DAYS",
            |found| found.or_word("none", |found| found.whole(1, 1_000_000)).map(Some);
    }
}

/// The rules in force. A default life beyond the longest one is a fault.
pub(super) fn read(reader: &mut Reader<'_>) -> Policy {
    let said = PolicyTable::read(reader);
    let base = Policy::preset(said.preset);
    let policy = Policy {
        default_ttl_hours: said.default_ttl_hours.unwrap_or(base.default_ttl_hours),
        max_ttl_hours: said.max_ttl_hours.unwrap_or(base.max_ttl_hours),
        allow_kinds: said.allow_kinds.unwrap_or(base.allow_kinds),
        email_identity: said.email_identity.unwrap_or(base.email_identity),
        membership: said.membership.unwrap_or(base.membership),
        on_accept_cancel: said.on_accept_cancel.unwrap_or(base.on_accept_cancel),
        registration: said.registration.unwrap_or(base.registration),
        reminder_hours: said.reminder_hours.unwrap_or(base.reminder_hours),
        last_reminder_hours: said.last_reminder_hours.unwrap_or(base.last_reminder_hours),
        on_inviter_removed: said.on_inviter_removed.unwrap_or(base.on_inviter_removed),
        quota_per_30_days: said.quota_per_30_days.unwrap_or(base.quota_per_30_days),
    };
    if let Some(most) = policy.max_ttl_hours.0
        && policy.default_ttl_hours.0.is_none_or(|hours| hours > most)
    {
        let said = if said.default_ttl_hours.is_some() { "policy.default_ttl_hours" } else { "policy.max_ttl_hours" };
        let says = format!("does not fit: default_ttl_hours must be at most max_ttl_hours, which is {most}");
        reader.fault(said, &says);
    }
    reader.reveal("policy", &shown(said.preset, &policy));
    policy
}

/// The values in force as TOML, by key: where a key is not said, they are the preset's.
fn shown(preset: Preset, policy: &Policy) -> Vec<(&'static str, String)> {
    let text = |word: &str| Value::Text(word.to_owned()).to_string();
    let number = |number: Option<u32>, none: &str| number.map_or_else(|| text(none), |n| n.to_string());
    let list = |values: Vec<Value>| Value::List(values).to_string();
    vec![
        ("preset", text(preset.as_str())),
        ("default_ttl_hours", number(policy.default_ttl_hours.0, "never")),
        ("max_ttl_hours", number(policy.max_ttl_hours.0, "none")),
        ("allow_kinds", list(policy.allow_kinds.iter().map(|kind| Value::Text(kind.to_string())).collect())),
        ("email_identity", text(policy.email_identity.as_str())),
        ("membership", text(policy.membership.as_str())),
        ("on_accept_cancel", text(policy.on_accept_cancel.as_str())),
        ("registration", text(policy.registration.as_str())),
        ("reminder_hours", list(policy.reminder_hours.iter().map(|&n| Value::Number(i64::from(n))).collect())),
        ("last_reminder_hours", number(policy.last_reminder_hours.0, "none")),
        ("on_inviter_removed", text(policy.on_inviter_removed.as_str())),
        ("quota_per_30_days", number(policy.quota_per_30_days, "none")),
    ]
}
