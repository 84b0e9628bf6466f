//! What people are in a band, and what each role may grant and manage.

words! {
    /// What a member is in a band. The order is the order of power.
    pub enum Role {
        /// Sees the band and its members.
        Member = "member",
        /// Runs invites and members.
        Admin = "admin",
        /// Exactly one a band: may hand it over and delete it.
        Owner = "owner",
    }
}

words! {
    /// Who may invite to a band.
    pub enum InvitePermission {
        /// Admins, the owner, and members with `can_invite`.
        Admins = "admins",
        /// Every member.
        Members = "members",
    }
}

words! {
    /// How someone without an invite comes into a band.
    pub enum JoinMode {
        /// At once, by asking.
        Open = "open",
        /// Not at all.
        Invite = "invite",
        /// After an admin has agreed.
        Request = "request",
    }
}

impl Role {
    /// Whether the holder runs the band's invites and members.
    #[must_use]
    pub const fn is_admin(self) -> bool {
        matches!(self, Self::Admin | Self::Owner)
    }

    /// The highest role that an invite by this person may grant, or `None` if they may not invite:
    ///
    /// | holder | grants up to |
    /// |---|---|
    /// | owner, admin | `admin` |
    /// | member with `can_invite`, or any where members may invite | `member` |
    /// | member | – |
    #[must_use]
    pub const fn grants(self, can_invite: bool, permission: InvitePermission) -> Option<Self> {
        match self {
            Self::Owner | Self::Admin => Some(Self::Admin),
            Self::Member if can_invite || matches!(permission, InvitePermission::Members) => Some(Self::Member),
            Self::Member => None,
        }
    }

    /// Whether the holder may remove or change a member of role `other`: the owner everyone but the owner, an admin
    /// members only.
    #[must_use]
    pub const fn may_manage(self, other: Self) -> bool {
        match self {
            Self::Owner => !matches!(other, Self::Owner),
            Self::Admin => matches!(other, Self::Member),
            Self::Member => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_grants_above_their_own_role() {
        for &role in Role::ALL {
            for can_invite in [false, true] {
                for &permission in InvitePermission::ALL {
                    if let Some(granted) = role.grants(can_invite, permission) {
                        assert!(granted <= role);
                        assert_ne!(granted, Role::Owner);
                    }
                }
            }
        }
    }

    #[test]
    fn nobody_manages_an_equal_or_a_superior() {
        for &a in Role::ALL {
            for &b in Role::ALL {
                assert_eq!(a.may_manage(b), a > b && a.is_admin(), "{a} over {b}");
            }
        }
    }
}
