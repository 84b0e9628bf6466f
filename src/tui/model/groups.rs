//! The invites pane by campaign: campaigns that fold, one of them open.

use super::{List, Row};
use crate::{api::Campaign, domain::CampaignId};

impl Row for Campaign {
    type Id = CampaignId;
    fn id(&self) -> CampaignId {
        self.id
    }
}

/// The campaigns in the invites pane.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// The campaigns.
    pub list: List<Campaign>,
    /// The one whose invites are shown under it.
    pub open: Option<CampaignId>,
    /// Whether the cursor is among its invites, or else on a campaign.
    pub inside: bool,
    /// Lines that are scrolled off the top.
    pub top: usize,
}

/// A line of the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupLine {
    /// A campaign, by its place among those held.
    Campaign(usize),
    /// An invite of the open one, by its place among those held.
    Invite(usize),
    /// What stands where the open one shows no invites.
    Nothing,
}

impl Groups {
    /// The lines, with so many invites held of the open campaign.
    pub fn lines(&self, invites: usize) -> Vec<GroupLine> {
        let mut lines = Vec::new();
        for (at, campaign) in self.list.rows().enumerate() {
            lines.push(GroupLine::Campaign(at));
            if self.open == Some(campaign.id) {
                lines.extend((0..invites).map(GroupLine::Invite));
                lines.extend((invites == 0).then_some(GroupLine::Nothing));
            }
        }
        lines
    }

    /// The line that the cursor is on; `selected` is the invite under the cursor of the list of invites.
    pub fn cursor(&self, selected: usize) -> GroupLine {
        if self.inside { GroupLine::Invite(selected) } else { GroupLine::Campaign(self.list.selected_index()) }
    }
}
