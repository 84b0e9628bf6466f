//! Several invites at once: which are meant, and how far it has come.

use std::collections::BTreeMap;

use crate::{
    api::{ActedOnInvites, Code, FailedInvite, InviteAction, InviteFilter},
    domain::InviteId,
};

/// Which invites something is done to.
#[derive(Debug, Clone, PartialEq)]
pub enum Chosen {
    /// The one under the cursor.
    One(InviteId),
    /// Those that are marked.
    Marked(Vec<InviteId>),
    /// All that fit, those that nobody has fetched included.
    Fitting(InviteFilter),
}

/// How far one thing done to many invites has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Many {
    /// Invites that are as was asked for.
    pub done: u32,
    /// The others.
    pub failed: Vec<FailedInvite>,
    /// How many are to come at least.
    pub remaining: u32,
}

impl Many {
    /// Adds what one request came to.
    pub(in crate::tui) fn add(&mut self, acted: &ActedOnInvites) {
        self.done += acted.done;
        self.failed.extend(&acted.failed);
        self.remaining = acted.remaining;
    }

    /// "not pending (3), opted out": why the others were not done, the most frequent first.
    pub fn reasons(&self, action: InviteAction) -> String {
        let mut counts = BTreeMap::<String, u32>::new();
        for failed in &self.failed {
            *counts.entry(why(action, failed.code)).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let said = counts.into_iter();
        let said = said.map(|(words, count)| if count > 1 { format!("{words} ({count})") } else { words });
        said.collect::<Vec<_>>().join(", ")
    }

    /// Each invite that it was not done to, and why.
    pub(in crate::tui) fn refused(&self, action: InviteAction) -> BTreeMap<InviteId, String> {
        self.failed.iter().map(|failed| (failed.id, why(action, failed.code))).collect()
    }
}

/// Why an action was not done to an invite, in a few words.
fn why(action: InviteAction, code: Code) -> String {
    match (action, code) {
        (InviteAction::Resend, Code::Validation) => "no address".to_owned(),
        (_, Code::Validation) => "not within its rules".to_owned(),
        (_, code) => code.as_str().replace('_', " "),
    }
}
