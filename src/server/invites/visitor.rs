//! Who stands at the door of a band with an invite.

use crate::{
    domain::{
        AccountId, Departure, EmailIdentity, Identity, InviteId, NotFor, Refusal, Role, Timestamp, check_departure,
    },
    server::{
        Refused,
        store::{Error, Tx},
    },
};

use super::Found;

crate::row! {
    /// An account as an invite meets it: everything that an accept asks of it, in one look.
    #[derive(Debug)]
    pub(super) struct Visitor {
        pub(super) username: String,
        pub(super) display_name: String,
        pub(super) email: String,
        pub(super) email_verified: bool,
        /// Whether the address is this account's alone.
        claimed: bool,
        /// The role of who is a member already.
        pub(super) role: Option<Role>,
        /// When the account was removed from the band, if it was.
        pub(super) gone_at: Option<Timestamp>,
        banned: Option<bool>,
        /// Whether the account was made with this invite and has not come in by it yet.
        pub(super) holds: bool,
        /// Whether the account waits for an admin's word in the band.
        pub(super) asks: bool,
        /// The invite by which it asked, where it did by one.
        pub(super) asked_by: Option<InviteId>,
        /// Whether other invites wait for the account: at least all that may end when it comes in (`Arrival::supersede`).
        pub(super) is_awaited: bool,
    }
}

impl Visitor {
    /// The account, with what ties it to the invite and its band.
    pub(super) fn of(tx: &mut Tx<'_>, found: &Found, account: AccountId) -> Result<Self, Refused> {
        tx.query_one(
            "SELECT a.username AS username, a.display_name AS display_name, a.email AS email,
                a.email_verified AS email_verified, a.email_claim IS NOT NULL AS claimed, m.role AS role,
                d.at AS gone_at, d.banned AS banned,
                EXISTS (SELECT 1 FROM redemption r WHERE r.account = $1 AND r.invite = $3 AND r.held) AS holds,
                q.seq IS NOT NULL AS asks, q.invite AS asked_by,
                EXISTS (SELECT 1 FROM invite w
                    WHERE w.account = $1 AND w.status = 'pending' AND w.kind = 'user' AND w.id <> $3)
                OR EXISTS (SELECT 1 FROM invite w
                    WHERE w.email = a.email AND w.status = 'pending' AND w.kind = 'email' AND w.id <> $3) AS is_awaited
             FROM account a LEFT JOIN member m ON m.band = $2 AND m.account = $1
                LEFT JOIN departure d ON d.band = $2 AND d.account = $1
                LEFT JOIN join_request q ON q.account = $1 AND q.band = $2 AND q.status = 'pending'
             WHERE a.id = $1 AND a.deleted_at IS NULL",
            &[&account, &found.band, &found.id],
        )?
        .ok_or_else(Refused::account_gone)
    }

    /// How the account was put out of the band, if it was.
    pub(super) fn departure(&self) -> Option<Departure> {
        self.gone_at.map(|at| Departure { at, banned: self.banned == Some(true) })
    }

    /// Refuses who is banned, and who was removed since the invite was made.
    pub(super) fn check_departure(&self, found: &Found) -> Result<(), Refused> {
        check_departure(self.departure(), Some(found.created_at)).map_err(|no| found.refusal(no.into()))
    }

    fn identity(&self, account: AccountId) -> Identity<'_> {
        Identity { account, email: &self.email, is_verified: self.email_verified }
    }

    /// Whether the invite is for the account, which holds its token.
    pub(super) fn prove(
        &self,
        found: &Found,
        account: AccountId,
        identity: EmailIdentity,
        mail: bool,
    ) -> Result<(), NotFor> {
        found.to().prove(self.identity(account), identity, mail)
    }

    /// As [`Visitor::prove`], refused in words.
    pub(super) fn check_recipient(
        &self,
        found: &Found,
        account: AccountId,
        identity: EmailIdentity,
        mail: bool,
    ) -> Result<(), Refused> {
        self.prove(found, account, identity, mail).map_err(|no| found.refusal(Refusal::NotFor(no).into()))
    }

    /// Whether the invite waits in the account's inbox.
    pub(super) fn finds_in_inbox(&self, found: &Found, account: AccountId) -> bool {
        found.to().waits_for(self.identity(account))
    }

    /// The address, where it is known to be this account's; and whether it was verified.
    pub(super) fn own_address(&self) -> Option<(&str, bool)> {
        (self.email_verified || self.claimed).then_some((self.email.as_str(), self.email_verified))
    }

    /// A removed account that comes back is removed no longer.
    pub(super) fn return_to(&self, tx: &mut Tx<'_>, found: &Found, account: AccountId) -> Result<(), Error> {
        if self.gone_at.is_some() {
            let _ = tx.execute(
                "DELETE FROM departure WHERE band = $1 AND account = $2 AND banned = $3",
                &[&found.band, &account, &false],
            )?;
        }
        Ok(())
    }
}
