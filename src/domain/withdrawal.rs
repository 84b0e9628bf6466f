//! What becomes of the pending invites that somebody made, once they may not make them any more (`on_inviter_removed`).
//!
//! | what their maker lost | to `admin` | to `member`, under `keep` | to `member`, under `revoke` |
//! |---|---|---|---|
//! | the role `admin` | end | stay | stay |
//! | the membership | end | stay | end |
//! | the membership, and all was to end with it | end | end | end |
//!
//! The rule is the one that each invite was made under. What was taken back before comes back only where it would have
//! stayed.

use super::{OnInviterRemoved, Role};

/// What somebody lost who made invites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// They are no admin any more.
    Role,
    /// They are no member any more.
    Membership,
    /// The same, and whoever removed them asked that all their invites end.
    Everything,
}

impl Loss {
    /// Every loss, the smallest first.
    pub const ALL: &'static [Self] = &[Self::Role, Self::Membership, Self::Everything];

    /// Whether it ends a pending invite to this role that was made under this rule.
    #[must_use]
    pub const fn ends(self, role: Role, under: OnInviterRemoved) -> bool {
        match (self, under) {
            _ if role.is_admin() => true,
            (Self::Role, _) | (Self::Membership, OnInviterRemoved::Keep) => false,
            (Self::Membership, OnInviterRemoved::Revoke) | (Self::Everything, _) => true,
        }
    }
}

/// Whether an invite to `role` that was taken back may be pending again, by what its maker is in the band now; `None` is
/// no member.
#[must_use]
pub const fn outlives_maker(maker: Option<Role>, role: Role, under: OnInviterRemoved) -> bool {
    match maker {
        Some(now) if now.is_admin() => true,
        Some(_) => !Loss::Role.ends(role, under),
        None => !Loss::Membership.ends(role, under),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_loses_more_leaves_less() {
        for &role in &[Role::Member, Role::Admin] {
            for &under in OnInviterRemoved::ALL {
                let ends: Vec<bool> = Loss::ALL.iter().map(|loss| loss.ends(role, under)).collect();
                assert!(ends.is_sorted() && ends[2], "{role} {under}: {ends:?}");
                assert!(role == Role::Member || ends[0], "nothing above the maker's role stays");
            }
        }
    }

    #[test]
    fn nothing_comes_back_that_its_makers_loss_would_have_ended() {
        for &under in OnInviterRemoved::ALL {
            for &role in &[Role::Member, Role::Admin] {
                assert!(
                    outlives_maker(Some(Role::Owner), role, under) && outlives_maker(Some(Role::Admin), role, under)
                );
                assert_eq!(outlives_maker(Some(Role::Member), role, under), role == Role::Member);
                assert_eq!(outlives_maker(None, role, under), (role, under) == (Role::Member, OnInviterRemoved::Keep));
            }
        }
    }
}
