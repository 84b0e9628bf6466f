//! Who wants no more mail, and no more invites: from everyone here, from a band, or from somebody who invites.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::domain::{AccountId, Address, BandId, InviteId};

use super::{
    App, seal,
    store::{Error, Tx},
};

/// What a link to opt out stands for. It holds all of this, sealed under the server's key, so that it works as long as
/// the key does and nothing has to be kept for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OptOut {
    /// Whose wish it is.
    pub(crate) email: Address,
    /// The invite that the mail was about: it names the band and the inviter.
    pub(crate) invite: Option<InviteId>,
}

/// What the tokens of such links begin with.
const PREFIX: &str = "out_";

impl OptOut {
    /// The token of the link.
    pub(crate) fn token(&self, app: &App) -> Option<String> {
        let owner = self.invite.map_or([0; 16], |id| *id.as_bytes());
        let sealed = seal(app.key(), app.random(), &owner, self.email.as_str())?;
        Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([owner.as_slice(), &sealed].concat())))
    }
}

/// Whether an address, or the account that it is to, wants no mail about this band from this inviter.
pub(crate) fn silences(
    tx: &mut Tx<'_>,
    email: &str,
    account: Option<AccountId>,
    band: Option<BandId>,
    inviter: Option<AccountId>,
) -> Result<bool, Error> {
    // Who has the address for their own has opted out with it, too.
    tx.exists(
        "SELECT 1 AS n FROM suppression s
         WHERE (s.email = $1 OR s.account = $2 OR s.account = (SELECT id FROM account WHERE email_claim = $1))
            AND (s.scope = 'server' OR (s.scope = 'band' AND s.subject = $3)
                OR (s.scope = 'inviter' AND s.subject = $4))
         LIMIT 1",
        &[&email, &account, &band, &inviter],
    )
}
