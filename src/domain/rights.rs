//! What a member may do in a band: by the role, and by who may invite there.
//!
//! | | member | member with `can_invite`, or any where `invite_permission = members` | admin | owner |
//! |---|---|---|---|---|
//! | see band, members, tree | yes | yes | yes | yes |
//! | see invites | own ones | all | all | all |
//! | create invites, up to | – | `member` | `admin` | `admin` |
//! | edit, restore, resend, rotate, show the link | – | own ones to `member` | all | all |
//! | revoke | own ones | own ones, whatever they grant | all | all |
//! | campaigns, codes, templates, join requests, bans, audit, statistics, settings | – | – | yes | yes |
//! | remove and change members | leave | leave | members only | all |
//! | hand over, delete the band | – | – | – | yes |
//!
//! Nobody grants, shows, rotates or sends again above their own role.

use super::{InvitePermission, Role};

/// What a member may do, by how they stand in the band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// The member's role.
    pub role: Role,
    /// Whether they may invite though they are a plain member.
    pub can_invite: bool,
    /// Who may invite in this band.
    pub permission: InvitePermission,
}

impl Rights {
    /// The highest role that they may grant; `None` if they may not invite.
    #[must_use]
    pub const fn grants(self) -> Option<Role> {
        self.role.grants(self.can_invite, self.permission)
    }

    /// Whether they may invite to this role.
    #[must_use]
    pub fn may_grant(self, role: Role) -> bool {
        self.grants().is_some_and(|up_to| role <= up_to)
    }

    /// Whether they see an invite; `own` is one that they made.
    #[must_use]
    pub const fn sees_invite(self, own: bool) -> bool {
        own || self.grants().is_some()
    }

    /// Whether they may change an invite to this role, and have its secret.
    #[must_use]
    pub fn may_change_invite(self, role: Role, own: bool) -> bool {
        self.may_grant(role) && (own || self.runs())
    }

    /// Whether they may take back an invite to this role: what one has given oneself, always.
    #[must_use]
    pub fn may_revoke_invite(self, role: Role, own: bool) -> bool {
        own || self.may_change_invite(role, own)
    }

    /// Whether they run the band: campaigns, codes, templates, requests, bans, the trail, the figures, the settings.
    #[must_use]
    pub const fn runs(self) -> bool {
        self.role.is_admin()
    }

    /// Whether the band is theirs to hand over and to delete.
    #[must_use]
    pub const fn owns(self) -> bool {
        matches!(self.role, Role::Owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every() -> impl Iterator<Item = Rights> {
        let flags = [false, true].into_iter();
        flags.flat_map(|can_invite| {
            InvitePermission::ALL
                .iter()
                .flat_map(move |&permission| Role::ALL.iter().map(move |&role| Rights { role, can_invite, permission }))
        })
    }

    /// The invites that there are: to either role, one's own or not.
    const INVITES: [(Role, bool); 4] =
        [(Role::Member, false), (Role::Member, true), (Role::Admin, false), (Role::Admin, true)];

    #[test]
    fn nobody_touches_what_is_above_their_own_role() {
        for rights in every() {
            for (role, own) in INVITES {
                assert!(!rights.may_grant(role) || role <= rights.role, "{rights:?} {role}");
                assert!(!rights.may_change_invite(role, own) || rights.may_grant(role), "{rights:?} {role}");
                assert!(!rights.may_change_invite(role, own) || rights.sees_invite(own), "{rights:?} {role}");
            }
        }
    }

    #[test]
    fn a_higher_role_may_no_less() {
        for one in every() {
            for other in every().filter(|other| other.role >= one.role) {
                let other = Rights { can_invite: one.can_invite, permission: one.permission, ..other };
                for (role, own) in INVITES {
                    assert!(one.sees_invite(own) <= other.sees_invite(own));
                    assert!(one.may_grant(role) <= other.may_grant(role));
                    assert!(one.may_change_invite(role, own) <= other.may_change_invite(role, own));
                    assert!(one.may_revoke_invite(role, own) <= other.may_revoke_invite(role, own));
                }
                assert!(one.runs() <= other.runs() && one.owns() <= other.owns());
            }
        }
    }

    #[test]
    fn the_table_is_the_rule() {
        let member = Rights { role: Role::Member, can_invite: false, permission: InvitePermission::Admins };
        let inviting = Rights { can_invite: true, ..member };
        let by_band = Rights { permission: InvitePermission::Members, ..member };
        let (admin, owner) = (Rights { role: Role::Admin, ..member }, Rights { role: Role::Owner, ..member });
        let of = |rights: Rights| {
            let invites = INVITES.map(|(role, own)| {
                [rights.sees_invite(own), rights.may_change_invite(role, own), rights.may_revoke_invite(role, own)]
            });
            (rights.grants(), invites, rights.runs(), rights.owns())
        };
        let (none, all) = ([false; 3], [true; 3]);
        let own = [true, false, true];
        assert_eq!(of(member), (None, [none, own, none, own], false, false));
        let seen = [true, false, false];
        assert_eq!(of(inviting), (Some(Role::Member), [seen, all, seen, own], false, false));
        assert_eq!(of(by_band), of(inviting));
        assert_eq!(of(admin), (Some(Role::Admin), [all; 4], true, false));
        assert_eq!(of(owner), (Some(Role::Admin), [all; 4], true, true));
    }
}
