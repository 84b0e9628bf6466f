//! Whom an invite is for, and what proves that somebody is that person.
//!
//! | kind | with its token | without it, from the inbox |
//! |---|---|---|
//! | `link`, `code` | whoever holds it; a `link` with an address remembers it and binds nobody | nobody |
//! | `user` | that account | that account |
//! | `email`, under `bearer` | whoever holds it | an account on which the address is verified |
//! | `email`, under `match` | an account with the address | an account on which it is verified |
//! | `email`, under `verified` | an account on which it is verified; without mail none can be, so as `match` | an account on which it is verified |
//!
//! `email_identity` is that of the rules under which the invite was made.

use super::{AccountId, EmailIdentity};

/// Whom an invite is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For<'a> {
    /// Whoever holds it.
    Holder,
    /// An account.
    Account(AccountId),
    /// An address, in its normal form.
    Address(&'a str),
}

/// Who stands before an invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The account.
    pub account: AccountId,
    /// Its address, in its normal form.
    pub email: &'a str,
    /// Whether that is verified.
    pub is_verified: bool,
}

/// Why an invite is not for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFor {
    /// It is for somebody else.
    WrongRecipient,
    /// It is for their address, which they have to verify first.
    Unverified,
}

impl For<'_> {
    /// Whether who holds the token may use it. `mail` says whether this server can verify addresses.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn prove(self, who: Identity<'_>, rule: EmailIdentity, mail: bool) -> Result<(), NotFor> {
        match (self, rule) {
            (Self::Holder, _) | (Self::Address(_), EmailIdentity::Bearer) => Ok(()),
            (Self::Account(account), _) if account == who.account => Ok(()),
            (Self::Address(address), _) if address != who.email => Err(NotFor::WrongRecipient),
            (Self::Address(_), EmailIdentity::Verified) if mail && !who.is_verified => Err(NotFor::Unverified),
            (Self::Address(_), _) => Ok(()),
            (Self::Account(_), _) => Err(NotFor::WrongRecipient),
        }
    }

    /// Whether it waits in the account's inbox: there nothing but who they are says that it is for them.
    #[must_use]
    pub fn waits_for(self, who: Identity<'_>) -> bool {
        match self {
            Self::Holder => false,
            Self::Account(account) => account == who.account,
            Self::Address(address) => who.is_verified && address == who.email,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "kim@example.org";
    const OTHER: &str = "sam@example.org";

    fn account(n: u8) -> AccountId {
        AccountId::from_bytes([n; 16])
    }

    fn every() -> impl Iterator<Item = (For<'static>, Identity<'static>, EmailIdentity, bool)> {
        let whom =
            [For::Holder, For::Account(account(1)), For::Account(account(2)), For::Address(OWN), For::Address(OTHER)];
        whom.into_iter().flat_map(|to| {
            [false, true].into_iter().flat_map(move |is_verified| {
                let who = Identity { account: account(1), email: OWN, is_verified };
                EmailIdentity::ALL
                    .iter()
                    .flat_map(move |&rule| [false, true].into_iter().map(move |mail| (to, who, rule, mail)))
            })
        })
    }

    #[test]
    fn what_is_for_somebody_else_is_used_by_nobody_but_where_holding_it_is_enough() {
        for (to, who, rule, mail) in every() {
            let proved = to.prove(who, rule, mail);
            let other = matches!(to, For::Account(id) if id == account(2)) || to == For::Address(OTHER);
            let bearer = matches!(to, For::Address(_)) && rule == EmailIdentity::Bearer;
            assert_eq!(proved == Err(NotFor::WrongRecipient), other && !bearer, "{to:?} {rule}");
        }
    }

    #[test]
    fn an_address_is_proved_by_mail_where_there_is_mail_and_the_rule_wants_it() {
        for (to, who, rule, mail) in every().filter(|(to, ..)| *to == For::Address(OWN)) {
            let wanted = rule == EmailIdentity::Verified && mail && !who.is_verified;
            assert_eq!(to.prove(who, rule, mail), if wanted { Err(NotFor::Unverified) } else { Ok(()) });
        }
    }

    #[test]
    fn what_waits_in_an_inbox_could_be_used_with_its_token_by_any_rule() {
        for (to, who, rule, mail) in every() {
            assert!(!to.waits_for(who) || to.prove(who, rule, mail).is_ok(), "{to:?} {who:?} {rule}");
            assert!(to != For::Address(OWN) || to.waits_for(who) == who.is_verified, "a typed address shows nothing");
        }
    }
}
