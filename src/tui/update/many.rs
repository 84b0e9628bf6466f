//! One thing done to many invites: those that are marked, or all that fit. The question says how many and what, the
//! answer comes in steps, and what could not be done stays marked with the reason.

use super::super::{
    forms,
    keymap::Action,
    message::Effect,
    model::{Chosen, Confirm, Deed, FormKind, Many, Model, Overlay, Tone, Undo},
};
use crate::{
    api::{ActOnInvites, ActionArgs, Code, InviteAction, InviteFilter, MAX_ACTED_ON},
    domain::{CampaignId, CancelReason, InviteId, Status},
};

/// Seconds within which the server undoes a revoke, with a little left for the way.
pub(super) const UNDO_SECONDS: i64 = 590;

impl Model {
    /// What the list is narrowed to, as an action is told it.
    pub(super) fn invite_filter(&self) -> InviteFilter {
        let text = self.invites.search.query.text().trim();
        InviteFilter {
            status: self.invites.status,
            kind: self.invites.kind,
            q: (!text.is_empty()).then(|| text.to_owned()),
            campaign: self.invites_of(),
            ..InviteFilter::default()
        }
    }

    /// Whether what is asked for is done to more than the invite under the cursor.
    pub(super) fn several_chosen(&self) -> bool {
        self.invites.all || !self.invites.list.marked.is_empty()
    }

    /// The invites that an action is done to.
    pub(super) fn chosen_invites(&self) -> Option<Chosen> {
        if self.invites.all {
            return Some(Chosen::Fitting(self.invite_filter()));
        }
        if self.invites.list.marked.is_empty() {
            return self.chosen_invite().map(|invite| Chosen::One(invite.id));
        }
        Some(Chosen::Marked(self.invites.list.marked.iter().copied().collect()))
    }

    /// Marks all that fit, or none again.
    pub(super) fn mark_all(&mut self) -> Vec<Effect> {
        if self.invites.list.loaded && self.invites.list.is_empty() {
            self.toast(Tone::Plain, "There is no invite here.");
            return Vec::new();
        }
        // With every campaign folded nothing says that the whole band would be meant.
        if self.invites.groups.as_ref().is_some_and(|groups| groups.open.is_none()) {
            self.toast(Tone::Plain, super::rights::CAMPAIGN);
            return Vec::new();
        }
        let all = !self.invites.all;
        self.clear_marks();
        self.invites.all = all;
        Vec::new()
    }

    /// Nothing is marked any more.
    pub(super) fn clear_marks(&mut self) {
        self.invites.all = false;
        self.invites.list.marked.clear();
        self.invites.refused.clear();
    }

    /// The question before an action on several invites, `None` where only one is meant.
    pub(super) fn many_question(&self, action: Action) -> Option<Confirm> {
        let chosen = self.chosen_invites().filter(|_| self.several_chosen())?;
        let (act, verb, then, said) = match action {
            Action::Revoke => (
                InviteAction::Revoke,
                "revoke",
                "Their links stop working at once. u undoes it within ten minutes.",
                "revoked",
            ),
            Action::Resend => (
                InviteAction::Resend,
                "send",
                "Who is pending and has an address gets the mail once more; the others are left out, and you see why.",
                "sent again",
            ),
            Action::Restore => (
                InviteAction::Restore,
                "restore",
                "Their links work again. It can be done for ten minutes after a revoke.",
                "restored",
            ),
            _ => return None,
        };
        let begin = match act {
            InviteAction::Resend => format!("Send {} again?", self.counted(&chosen, act)),
            InviteAction::Restore => format!("Restore {}?", self.counted(&chosen, act)),
            _ => format!("Revoke {}?", self.counted(&chosen, act)),
        };
        let deeds = self.many_deeds(&chosen, act, None);
        Some(Confirm::new(begin, then, verb, deeds).saying(said))
    }

    /// The question before several invites get another role, another end, or both, as the form says.
    pub(super) fn change_question(
        &self,
        chosen: &Chosen,
        role: Option<&str>,
        end: Option<(&str, ActionArgs)>,
    ) -> Confirm {
        let mut deeds = Vec::new();
        let mut parts = Vec::new();
        if let Some(role) = role.and_then(|role| role.parse().ok()) {
            let args = ActionArgs { role: Some(role), ..ActionArgs::default() };
            deeds.extend(self.many_deeds(chosen, InviteAction::SetRole, Some(&args)));
            parts.push(format!("Who accepts from now on becomes {role}."));
        }
        if let Some((typed, args)) = end {
            deeds.extend(self.many_deeds(chosen, InviteAction::Extend, Some(&args)));
            parts.push(format!("The new end: {typed}."));
        }
        let question = format!("Change {}?", self.counted(chosen, InviteAction::Extend));
        Confirm::new(question, parts.join(" "), "change", deeds).saying("changed")
    }

    /// "3 marked invites", "all 12 pending invites that fit \"kim\"".
    pub(super) fn counted(&self, chosen: &Chosen, action: InviteAction) -> String {
        let filter = match chosen {
            Chosen::One(_) => return "the invite".to_owned(),
            Chosen::Marked(ids) if ids.len() == 1 => return "the marked invite".to_owned(),
            Chosen::Marked(ids) => return format!("{} marked invites", ids.len()),
            Chosen::Fitting(filter) => filter,
        };
        let status = filter.status.unwrap_or(able(action));
        let number = match (filter.status, &filter.q, filter.kind, filter.campaign) {
            (None, None, None, None) if status == Status::Pending => Some(self.invites.pending),
            (Some(_), ..) => self.invites.matched.filter(|&matched| matched < 1_000),
            _ => None,
        };
        let number = number.map_or_else(String::new, |number| format!("{number} "));
        let kind = filter.kind.map_or_else(String::new, |kind| format!(" ({})", super::label::kinds(kind)));
        let fit = filter.q.as_ref().map_or_else(String::new, |q| format!(" that fit “{q}”"));
        let of = filter.campaign.and_then(|id| self.campaign_name(id));
        let of = of.map_or_else(String::new, |name| format!(" of {name}"));
        format!("all {number}{status} invites{of}{kind}{fit}")
    }

    /// What a campaign that is held is called.
    fn campaign_name(&self, id: CampaignId) -> Option<&str> {
        if let Some((_, name)) = self.invites.campaign.as_ref().filter(|(shown, _)| *shown == id) {
            return Some(name);
        }
        let campaign = self.invites.groups.as_ref()?.list.rows().find(|campaign| campaign.id == id)?;
        Some(&campaign.name)
    }

    /// The requests that do it, a thousand invites each; more than those are gone on with by the cursor of the answer.
    fn many_deeds(&self, chosen: &Chosen, action: InviteAction, args: Option<&ActionArgs>) -> Vec<Deed> {
        let Some(band) = self.band else { return Vec::new() };
        let deed = |ids, filter| {
            let wish = ActOnInvites { action, ids, filter, cursor: None, args: args.cloned() };
            Deed::Many(band, Box::new(wish))
        };
        match chosen {
            Chosen::One(id) => vec![deed(Some(vec![*id]), None)],
            Chosen::Marked(ids) => ids.chunks(MAX_ACTED_ON).map(|ids| deed(Some(ids.to_vec()), None)).collect(),
            Chosen::Fitting(filter) => {
                let status = filter.status.or(Some(able(action)));
                vec![deed(None, Some(InviteFilter { status, ..filter.clone() }))]
            }
        }
    }

    /// The form with which invites get another end, or several another role or end.
    pub(super) fn open_change(&mut self, action: Action) -> Vec<Effect> {
        let Some(band) = self.chosen_band() else { return Vec::new() };
        let form = match self.chosen_invites() {
            Some(Chosen::One(_)) | None => match self.chosen_invite() {
                Some(invite) => forms::extend(invite),
                None => return Vec::new(),
            },
            Some(chosen) => {
                let counted = self.counted(&chosen, InviteAction::Extend);
                forms::edit_many(chosen, &counted, band, action == Action::Extend)
            }
        };
        self.open(Overlay::Form(form));
        Vec::new()
    }

    /// Everything was done that could be. What could not stays marked, with the reason.
    pub(super) fn all_acted(&mut self, confirm: &Confirm) -> Vec<Effect> {
        if matches!(self.overlays.last(), Some(Overlay::Form(form)) if matches!(form.kind, FormKind::EditMany(_))) {
            self.overlays.pop();
        }
        let mut many = confirm.many.clone().unwrap_or_default();
        let done: Vec<&ActOnInvites> = confirm.deeds.iter().filter_map(wish).collect();
        let action = done.first().map_or(InviteAction::Extend, |wish| wish.action);
        if action == InviteAction::Restore && done.iter().any(|wish| wish.filter.is_some()) {
            // What ended otherwise, or longer ago, was not meant.
            many.failed.retain(|failed| failed.code != Code::NotRestorable);
        }
        let revoked = done.iter().any(|wish| wish.action == InviteAction::Revoke);
        if revoked && many.done > 0 {
            self.revoked_many(&done, &many);
        }
        self.clear_marks();
        self.invites.refused = many.refused(action);
        self.invites.list.marked = self.invites.refused.keys().copied().collect();
        // Role and end are two requests for the same invites.
        let twice = done.iter().any(|wish| wish.action != action);
        let what = match many.done {
            1.. if twice => format!("Invites {}", confirm.said),
            0 => format!("No invite was {}", confirm.said),
            1 => format!("1 invite {}", confirm.said),
            count => format!("{count} invites {}", confirm.said),
        };
        let undo = if revoked && many.done > 0 { " u undoes it." } else { "" };
        if many.failed.is_empty() {
            self.toast(Tone::Good, format!("{what}.{undo}"));
        } else {
            let others = match many.failed.len() {
                1 => "1 was not and stays marked".to_owned(),
                count => format!("{count} were not and stay marked"),
            };
            self.toast(Tone::Bad, format!("{what}; {others}: {}.{undo}", many.reasons(action)));
        }
        self.poll_now()
    }

    /// Many were revoked: rows that are held say so at once, and `u` takes back what was done.
    fn revoked_many(&mut self, done: &[&ActOnInvites], many: &Many) {
        let refused = many.refused(InviteAction::Revoke);
        let named = done.iter().filter_map(|wish| wish.ids.as_ref()).flatten();
        let ids: Vec<InviteId> = named.copied().filter(|id| !refused.contains_key(id)).collect();
        for id in &ids {
            self.invites.list.change(*id, |row| {
                row.status = Status::Cancelled;
                row.cancel_reason = Some(CancelReason::Revoked);
            });
        }
        let fitting = done.iter().find_map(|wish| wish.filter.clone());
        let until = self.now.plus_seconds(UNDO_SECONDS);
        self.undo = Some(Undo { invites: ids, fitting: self.band.zip(fitting), until });
    }

    /// Takes back the revoke of several: at once where they are known, after a question where a filter names them.
    pub(super) fn undo_many(&mut self, undo: Undo) -> Vec<Effect> {
        let Undo { invites, fitting, .. } = undo;
        if let Some((band, filter)) = fitting {
            let filter = InviteFilter { status: Some(Status::Cancelled), ..filter };
            let wish = ActOnInvites {
                action: InviteAction::Restore,
                ids: None,
                filter: Some(filter),
                cursor: None,
                args: None,
            };
            let then =
                "Every invite that fits and was revoked within the last ten minutes, whoever revoked it, works again.";
            let deeds = vec![Deed::Many(band, Box::new(wish))];
            self.open(Overlay::Confirm(Confirm::new("Undo the revoke?", then, "restore", deeds).saying("restored")));
            return Vec::new();
        }
        let deeds = self.many_deeds(&Chosen::Marked(invites), InviteAction::Restore, None);
        self.open(Overlay::Confirm(Confirm::new("Undo the revoke?", "", "restore", deeds).saying("restored")));
        self.next_deed()
    }
}

impl Confirm {
    /// Adds what a request for many invites came to; says whether it was the last for this deed.
    pub(super) fn take(&mut self, acted: &crate::api::ActedOnInvites) -> bool {
        self.many.get_or_insert_default().add(acted);
        let Some(Deed::Many(_, wish)) = self.deeds.get_mut(self.done) else { return true };
        wish.cursor.clone_from(&acted.next_cursor);
        self.attempt = 0;
        acted.next_cursor.is_none()
    }
}

fn wish(deed: &Deed) -> Option<&ActOnInvites> {
    match deed {
        Deed::Many(_, wish) => Some(wish),
        _ => None,
    }
}

/// The status of the invites that an action can be done to.
const fn able(action: InviteAction) -> Status {
    match action {
        InviteAction::Restore => Status::Cancelled,
        _ => Status::Pending,
    }
}
