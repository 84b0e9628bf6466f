//! What cannot be done, and why: said at the key, before anything is asked, and left out of the footer.

use super::super::{
    keymap::{Action, Scope},
    listing::Topic,
    model::Model,
};
use crate::{
    api::{Invite, Member},
    domain::{AccountId, CancelReason, Kind, Role, Standing, Status},
};

/// What is said where the cursor is on a campaign.
pub(super) const CAMPAIGN: &str = "This is a campaign: enter unfolds it, and its invites can be chosen.";

impl Model {
    /// The one admin of the band, where there is no other: without them nobody could lead it. Who holds all members sees it;
    /// of a larger band, or while it is searched, the server says it.
    pub fn last_admin(&self) -> Option<AccountId> {
        let members = &self.members;
        if members.list.len() as u64 != members.total || !members.search.query.is_empty() {
            return members.last_admin;
        }
        let mut admins = members.list.rows().filter(|member| member.role.is_admin());
        let first = admins.next().filter(|_| members.total > 1)?;
        admins.next().is_none().then_some(first.account.id)
    }

    /// Why an action cannot be done now, in a sentence; `None` where it can, as far as this client knows.
    pub fn refusal(&self, action: Action) -> Option<String> {
        self.barred(action).or_else(|| match action.binding().scope {
            Scope::Invites => self.invite_refusal(action),
            Scope::Members => self.member_refusal(action),
            _ => None,
        })
    }

    /// Why an action cannot be done in the band that is shown, whatever the cursor is on.
    pub fn barred(&self, action: Action) -> Option<String> {
        if let Some(topic) = Topic::opened_by(action) {
            return topic.listed().barred(self);
        }
        if let Some(topic) = Topic::of(action.binding().scope) {
            return topic.listed().own_barred(action, self);
        }
        let needs_band = match action.binding().scope {
            Scope::Bands => !matches!(action, Action::NewBand | Action::FindBand),
            Scope::Invites | Scope::Members => true,
            _ => false,
        };
        if !needs_band {
            return None;
        }
        let Some(band) = self.chosen_band() else {
            return Some(self.no_band());
        };
        let role = band.role;
        let owner = role == Some(Role::Owner);
        let is_admin = role.is_some_and(Role::is_admin);
        let said = match action {
            Action::NewInvite | Action::BulkInvite if !self.may_invite() => {
                "You may not invite to this band: ask an admin."
            }
            Action::CopyLink
            | Action::ShowLink
            | Action::ShowQr
            | Action::EditInvite
            | Action::RotateLink
            | Action::Revoke
            | Action::Resend
            | Action::Extend
            | Action::Restore
                if self.invites.groups.is_none() && self.invites.list.loaded && self.invites.list.is_empty() =>
            {
                "There is no invite here."
            }
            Action::CopyLink
            | Action::ShowLink
            | Action::ShowQr
            | Action::EditInvite
            | Action::RotateLink
            | Action::Resend
            | Action::Extend
            | Action::Restore
                if !self.may_invite() =>
            {
                "You may not invite to this band any more: ask an admin."
            }
            Action::EditBand if !is_admin => "Only admins can change a band.",
            Action::DeleteBand if !owner => "Only the owner can delete the band.",
            Action::LeaveBand if owner => {
                let key = self.settings.keymap.keys(Action::TransferBand).first().map(ToString::to_string);
                return Some(format!(
                    "The owner cannot leave: hand the band over to a member first ({} in the members).",
                    key.as_deref().unwrap_or("a command")
                ));
            }
            Action::LeaveBand if role.is_none() => "You are no member of this band.",
            Action::EditMember | Action::RemoveMember if !is_admin => "Only admins can do this.",
            Action::TransferBand if !owner => "Only the owner can hand the band over.",
            _ => return None,
        };
        Some(said.to_owned())
    }

    /// What there is to do where no band is shown.
    fn no_band(&self) -> String {
        if self.band.is_some() || !self.bands.list.loaded {
            return "The band is still on its way: try again in a moment.".to_owned();
        }
        let key = |action| self.settings.keymap.keys(action).first().map_or_else(String::new, ToString::to_string);
        format!(
            "There is no band yet: in the bands {} makes one and {} finds one to join; {} accepts an invite.",
            key(Action::NewBand),
            key(Action::FindBand),
            key(Action::Accept)
        )
    }

    fn invite_refusal(&self, action: Action) -> Option<String> {
        let acts_on_many =
            matches!(action, Action::Revoke | Action::EditInvite | Action::Resend | Action::Extend | Action::Restore);
        let acts_on_one = matches!(action, Action::CopyLink | Action::ShowLink | Action::ShowQr | Action::RotateLink);
        if acts_on_many && self.several_chosen() {
            return self.many_refusal(action);
        }
        if !acts_on_many && !acts_on_one {
            return None;
        }
        let Some(invite) = self.chosen_invite() else {
            let grouped = self.invites.groups.is_some();
            return Some(if grouped { CAMPAIGN } else { "There is no invite here." }.to_owned());
        };
        let standing = self.standing(invite);
        if action == Action::Restore {
            let revoked = standing.reason == Some(CancelReason::Revoked);
            return (!revoked).then(|| "Only a revoke can be undone, within ten minutes.".to_owned());
        }
        if action == Action::Resend && standing.is_pending() && invite.email.is_none() && invite.kind != Kind::User {
            let copy = self.settings.keymap.keys(Action::CopyLink).first().map(ToString::to_string);
            let copy = copy.map_or_else(String::new, |key| format!(": {key} copies it"));
            return Some(format!("There is no address to send the link to{copy}."));
        }
        if !standing.is_pending() {
            return Some(match (action, standing.status, standing.reason) {
                (Action::EditInvite | Action::Extend, ..) => {
                    "Only pending invites can be changed: make a new one.".to_owned()
                }
                (_, _, Some(CancelReason::Expired)) => "This invite has expired: make a new one.".to_owned(),
                (_, _, Some(CancelReason::Revoked)) => "This invite is revoked already.".to_owned(),
                (_, status, _) => format!("This invite is {status} already."),
            });
        }
        None
    }

    /// Why an action cannot be done to any of those that are marked.
    fn many_refusal(&self, action: Action) -> Option<String> {
        let able = if action == Action::Restore { Status::Cancelled } else { Status::Pending };
        let other = self.invites.status.filter(|&status| self.invites.all && status != able)?;
        Some(match able {
            Status::Pending => format!("Only pending invites can be changed or sent, and what is shown is {other}."),
            _ => format!("Only a revoke can be undone, and what is shown is {other}."),
        })
    }

    fn member_refusal(&self, action: Action) -> Option<String> {
        let Some(member) = self.members.list.selected() else {
            return Some("There is no member here.".to_owned());
        };
        let mine = self.chosen_band().and_then(|band| band.role);
        let me = self.is_me(member);
        let said = match action {
            Action::RemoveMember | Action::TransferBand if me => {
                let key = self.settings.keymap.keys(Action::LeaveBand).first().map(ToString::to_string);
                return Some(format!(
                    "That is you: {} in the bands leaves the band.",
                    key.as_deref().unwrap_or("a command")
                ));
            }
            Action::EditMember if member.role == Role::Owner => {
                "The owner stays the owner until the band is handed over to somebody else."
            }
            Action::EditMember | Action::RemoveMember if !mine.is_some_and(|mine| mine.may_manage(member.role)) => {
                "Only the owner can do this to an admin."
            }
            _ => return None,
        };
        Some(said.to_owned())
    }

    fn is_me(&self, member: &Member) -> bool {
        self.me.as_ref().is_some_and(|me| me.id == member.account.id)
    }

    /// Where an invite stands now, whatever was written down of it.
    pub(super) fn standing(&self, invite: &Invite) -> Standing {
        Standing::at(self.now, invite.status, invite.cancel_reason, invite.expires_at)
    }
}
