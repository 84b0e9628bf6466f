//! Deeds: what is asked for twice before it is done, the undo, and links that are copied or shown.

use super::super::{
    keymap::{Action, Key, Scope},
    label,
    listing::Topic,
    message::{Effect, Link},
    model::{Choice, Confirm, Deed, Model, Overlay, Purpose, RequestId, Tone, Undo},
    request::{Answer, Request},
};
use super::{answer::words, many::UNDO_SECONDS};
use crate::{
    api::{Band, Invite, ResendInvite, ResentInvite, TransferBand},
    client::{Error, Removal},
    domain::{InviteId, Kind, Status},
};

/// The keys of what can go with a member who is removed.
const BAN: char = 'b';
const INVITES: char = 'i';
/// The key of a new link for an invite that is sent again.
const NEW_LINK: char = 'l';

impl Model {
    /// What an action on a band, an invite or a member does.
    pub(super) fn act_on(&mut self, action: Action) -> Vec<Effect> {
        if let Some(why) = self.refusal(action) {
            self.toast(Tone::Plain, why);
            return Vec::new();
        }
        match action {
            Action::NewBand
            | Action::NewInvite
            | Action::EditInvite
            | Action::EditBand
            | Action::EditMember
            | Action::Accept
                if !(action == Action::EditInvite && self.several_chosen()) =>
            {
                self.open_form(action)
            }
            Action::EditInvite | Action::Extend => self.open_change(action),
            Action::Restore if !self.several_chosen() => self.restore_chosen(),
            Action::CopyLink => self.ask_for_link(Purpose::Copy),
            Action::ShowLink => self.ask_for_link(Purpose::ShowLink),
            Action::ShowQr => self.ask_for_link(Purpose::ShowQr),
            Action::Open => self.open_details(),
            Action::Undo => self.undo(),
            Action::SwitchAccount => self.open_places(),
            Action::BulkInvite => self.open_bulk(),
            Action::Inbox => self.open_inbox(),
            Action::FindBand => self.open_finder(),
            _ if action.binding().scope == Scope::Everywhere && Topic::opened_by(action).is_some() => {
                self.open_listing(action)
            }
            Action::Verify => self.verify_address(),
            Action::Help => {
                self.open(Overlay::Help { scroll: 0 });
                Vec::new()
            }
            Action::Palette => {
                self.open(Overlay::Palette { query: super::super::model::TextField::default(), selected: 0 });
                Vec::new()
            }
            _ => {
                match self.question(action) {
                    Some(confirm) => self.open(Overlay::Confirm(confirm)),
                    None => self.toast(Tone::Plain, elsewhere(action)),
                }
                Vec::new()
            }
        }
    }

    /// The question that goes before an action, `None` where there is nothing to do it to.
    fn question(&self, action: Action) -> Option<Confirm> {
        if action == Action::SignOut {
            return self.me.as_ref().map(|me| {
                Confirm::new(
                    format!("Sign out {}?", me.username),
                    "The session on this machine ends. Bands and invites stay.",
                    "sign out",
                    vec![Deed::SignOut],
                )
            });
        }
        let band = self.chosen_band()?;
        match action {
            Action::Revoke | Action::Resend | Action::Restore if self.several_chosen() => self.many_question(action),
            Action::Revoke => self.revoke_question(),
            Action::Resend => self.resend_question(),
            Action::RotateLink => {
                let invite = self.chosen_invite()?;
                let way_in = label::way_in(invite.kind);
                Some(Confirm::new(
                    match invite.kind {
                        Kind::Code => format!("Make a new code in place of …{}?", invite.hint),
                        _ => format!("Make a new link for {}?", whom(invite)),
                    },
                    format!("The old {way_in} is dead at once; uses so far stay."),
                    "make",
                    vec![Deed::Rotate(invite.id)],
                ))
            }
            Action::LeaveBand => Some(Confirm::new(
                format!("Leave {}?", band.name),
                "You lose sight of its members and invites, and come back by a new invite only.",
                "leave",
                vec![Deed::Leave(band.id)],
            )),
            Action::DeleteBand => Some(Confirm::new(
                format!("Delete {} for good?", band.name),
                loses(band),
                "delete",
                vec![Deed::DeleteBand(band.id)],
            )),
            Action::RemoveMember => self.member_question(band, false),
            Action::TransferBand => self.member_question(band, true),
            _ => None,
        }
    }

    fn revoke_question(&self) -> Option<Confirm> {
        let invite = self.chosen_invite()?;
        let (question, effect) = match invite.kind {
            Kind::Code => (format!("Revoke the code …{}?", invite.hint), "It stops working at once."),
            Kind::User => (question_for(invite), "It leaves their inbox, and its link stops working at once."),
            Kind::Link | Kind::Email => (question_for(invite), "Its link stops working at once."),
        };
        let then = format!("{effect} u undoes it within ten minutes.");
        Some(Confirm::new(question, then, "revoke", vec![Deed::Revoke(invite.id)]))
    }

    fn resend_question(&self) -> Option<Confirm> {
        let invite = self.chosen_invite()?;
        let then = "The same mail with the same link goes out once more.";
        let question = Confirm::new(
            format!("Send the invite for {} again?", whom(invite)),
            then,
            "send",
            vec![Deed::Resend(invite.id)],
        );
        Some(question.with_choices([Choice::new(NEW_LINK, "with a new link; the old one is dead")]))
    }

    /// Takes back the revoke of the invite under the cursor.
    fn restore_chosen(&mut self) -> Vec<Effect> {
        let Some(id) = self.chosen_invite().map(|invite| invite.id) else { return Vec::new() };
        vec![self.ask(Purpose::Restore(id), Request::RestoreInvite(id)).1]
    }

    fn member_question(&self, band: &Band, transfer: bool) -> Option<Confirm> {
        let member = self.members.list.selected()?;
        let (id, name) = (member.account.id, &member.account.display_name);
        Some(if transfer {
            Confirm::new(
                format!("Hand {} over to {name}?", band.name),
                "They become the owner, you become an admin. Only they can hand it back.",
                "hand over",
                vec![Deed::Transfer(band.id, id)],
            )
        } else {
            Confirm::new(
                format!("Remove {name} from {}?", band.name),
                removal_takes(Removal::default()),
                "remove",
                vec![Deed::RemoveMember(band.id, id)],
            )
            .with_choices([
                Choice::new(BAN, "keep them out for good"),
                Choice::new(INVITES, "end all invites they made"),
            ])
        })
    }

    /// The keys of a question: y does it, everything else that is a decision does not.
    pub(super) fn confirm_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(Overlay::Confirm(confirm)) = self.overlays.last_mut() else { return Vec::new() };
        if confirm.sending.is_some() {
            return if key.is("esc") { self.stop_deeds() } else { Vec::new() };
        }
        match key.as_char() {
            Some('y') => {
                confirm.refused = None;
                self.next_deed()
            }
            Some('n' | 'q') => self.close_confirm(),
            _ if key.is("esc") => self.close_confirm(),
            Some(key) => {
                if let Some(choice) = confirm.choices.iter_mut().find(|choice| choice.key == key) {
                    choice.chosen = !choice.chosen;
                    if let Some(Deed::RemoveMember(..)) = confirm.deeds.first() {
                        removal_takes(removal(confirm)).clone_into(&mut confirm.consequence);
                    }
                }
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn close_confirm(&mut self) -> Vec<Effect> {
        self.overlays.pop();
        Vec::new()
    }

    fn stop_deeds(&mut self) -> Vec<Effect> {
        let Some(Overlay::Confirm(confirm)) = self.overlays.pop() else { return Vec::new() };
        let Some(id) = confirm.sending else { return Vec::new() };
        self.waiting.remove(&id);
        self.toast(Tone::Plain, "Stopped waiting; the last step may have been done all the same.");
        let mut effects = vec![Effect::Abandon(id)];
        effects.extend(self.refresh());
        effects
    }

    /// Does what is next in the topmost question; closes it when everything is done.
    pub(super) fn next_deed(&mut self) -> Vec<Effect> {
        let Some(Overlay::Confirm(confirm)) = self.overlays.last() else { return Vec::new() };
        let Some(deed) = confirm.deeds.get(confirm.done).cloned() else { return self.all_done() };
        let request = match deed {
            Deed::Revoke(invite) => Request::RevokeInvite(invite),
            Deed::Resend(invite) => {
                let rotate = confirm.is_chosen(NEW_LINK).then_some(true);
                Request::Resend(invite, ResendInvite { rotate })
            }
            Deed::Many(band, wish) => Request::ActOnInvites(band, *wish),
            Deed::Rotate(invite) => Request::RotateInvite(invite),
            Deed::RemoveMember(band, account) => Request::RemoveMember(band, account, removal(confirm)),
            Deed::Transfer(band, account_id) => Request::TransferBand(band, TransferBand { account_id }),
            Deed::Leave(band) => Request::LeaveBand(band),
            Deed::DeleteBand(band) => Request::DeleteBand(band),
            Deed::Send(request) => *request,
            Deed::SignOut => Request::SignOut,
            Deed::AcceptWaiting(invite) => Request::AcceptWaiting(invite),
            Deed::Bulk => {
                self.overlays.pop();
                return self.bulk_begin(false, false);
            }
            Deed::Discard => {
                self.overlays.pop();
                if self.overlays.pop().is_none() {
                    return self.close_entry();
                }
                return Vec::new();
            }
            Deed::Switch(pasted) => {
                self.overlays.clear();
                return self.switch_to(pasted);
            }
        };
        let attempt = if confirm.attempt == 0 { self.fresh() } else { confirm.attempt };
        let (id, effect) = self.ask_again(attempt, Purpose::Confirm, request);
        if let Some(Overlay::Confirm(confirm)) = self.overlays.last_mut() {
            confirm.attempt = attempt;
            confirm.sending = Some(id);
        }
        vec![effect]
    }

    /// A deed was done or refused.
    pub(super) fn deed_done(&mut self, id: RequestId, result: Result<Answer, Error>) -> Vec<Effect> {
        let Some(at) = self.overlays.iter().position(|o| matches!(o, Overlay::Confirm(c) if c.sending == Some(id)))
        else {
            return Vec::new();
        };
        let Some(Overlay::Confirm(confirm)) = self.overlays.get_mut(at) else { return Vec::new() };
        confirm.sending = None;
        match result {
            Ok(answer) => {
                if let Answer::Acted(acted) = &answer
                    && !confirm.take(acted)
                {
                    return self.next_deed();
                }
                if let Answer::Cancelled(ended) = &answer {
                    confirm.ended += ended.cancelled;
                }
                let deed = confirm.deeds.get(confirm.done).cloned();
                confirm.done += 1;
                confirm.attempt = 0;
                if let (Some(Deed::Revoke(invite)), Answer::Done) = (&deed, &answer) {
                    self.revoked(*invite);
                }
                match (deed, answer) {
                    (Some(Deed::Rotate(invite)), Answer::Link(link)) => {
                        self.overlays.remove(at);
                        let link = self.link_of(invite, *link);
                        self.new_link(link)
                    }
                    (Some(Deed::Resend(invite)), Answer::Resent(resent)) => {
                        self.overlays.remove(at);
                        self.sent_again(invite, *resent)
                    }
                    (Some(Deed::AcceptWaiting(_)), Answer::Accepted(accepted)) => {
                        self.overlays.remove(at);
                        self.came_in(&accepted)
                    }
                    _ => self.next_deed(),
                }
            }
            Err(error) => {
                confirm.refused = Some(words(&error));
                let mut effects = if error.is_offline() { self.unreachable(&error) } else { Vec::new() };
                if error.is_unauthenticated() {
                    effects.extend(self.signed_out());
                } else {
                    effects.extend(self.poll_now());
                }
                effects
            }
        }
    }

    fn all_done(&mut self) -> Vec<Effect> {
        let Some(Overlay::Confirm(confirm)) = self.overlays.pop() else { return Vec::new() };
        if let Some(listing) = self.listing_mut() {
            listing.marked.clear();
        }
        match confirm.deeds.first() {
            Some(Deed::SignOut) => return self.leave_server(),
            Some(Deed::Send(request)) => {
                let said = match **request {
                    Request::ExpireCampaign(_) | Request::DeleteCampaign(_) => {
                        format!("{}; pending invites that ended with it: {}.", confirm.said, confirm.ended)
                    }
                    _ => confirm.said.clone(),
                };
                return self.listing_done(&said);
            }
            Some(Deed::Revoke(_)) => self.toast(Tone::Good, "Revoked. u undoes it."),
            Some(Deed::Many(..)) => return self.all_acted(&confirm),
            Some(Deed::Leave(_)) => self.toast(Tone::Good, "You have left the band."),
            Some(Deed::DeleteBand(_)) => self.toast(Tone::Good, "The band is deleted."),
            Some(Deed::Transfer(..)) => self.toast(Tone::Good, "The band has a new owner."),
            Some(Deed::RemoveMember(..)) if confirm.is_chosen(BAN) => self.toast(Tone::Good, "Removed and banned."),
            Some(Deed::RemoveMember(..)) => self.toast(Tone::Good, "Removed."),
            _ => {}
        }
        self.poll_now()
    }

    /// A revoke is shown at once; what the server says comes with the next poll.
    fn revoked(&mut self, invite: InviteId) {
        self.invites.list.change(invite, |row| {
            row.status = Status::Cancelled;
            row.cancel_reason = Some(crate::domain::CancelReason::Revoked);
        });
        let until = self.now.plus_seconds(UNDO_SECONDS);
        self.undo = Some(Undo { invites: vec![invite], fitting: None, until });
    }

    fn undo(&mut self) -> Vec<Effect> {
        let Some(undo) = self.undo.take() else {
            self.toast(Tone::Plain, "There is nothing to undo.");
            return Vec::new();
        };
        match (undo.invites.as_slice(), &undo.fitting) {
            ([id], None) => vec![self.ask(Purpose::Restore(*id), Request::RestoreInvite(*id)).1],
            _ => self.undo_many(undo),
        }
    }

    /// An undo that did not come through, or may not have, can be tried again.
    pub(super) fn undo_again(&mut self, invite: InviteId) {
        let until = self.now.plus_seconds(UNDO_SECONDS);
        self.undo.get_or_insert(Undo { invites: vec![invite], fitting: None, until });
    }

    pub(super) fn restored(&mut self, invite: InviteId, result: Result<Answer, Error>) -> Vec<Effect> {
        match result {
            Ok(Answer::Invite(row)) => {
                self.invites.list.change(invite, |held| *held = *row);
                self.toast(Tone::Good, "The revoke is undone.");
                self.poll_now()
            }
            Ok(_) => Vec::new(),
            Err(error) => {
                if error.is_offline() {
                    self.undo_again(invite);
                }
                self.act_failed(&error)
            }
        }
    }

    /// An invite was mailed again; a new link is shown, since it was made.
    fn sent_again(&mut self, invite: InviteId, resent: ResentInvite) -> Vec<Effect> {
        self.toast(Tone::Good, "On its way again: the column of the mail says what becomes of it.");
        match resent {
            ResentInvite::Same(row) => {
                self.invites.list.change(invite, |held| *held = *row);
                self.poll_now()
            }
            ResentInvite::Rotated(made) => {
                let link = Link { title: made.invite.recipient(), text: made.link.clone() };
                self.invites.list.change(invite, |held| *held = made.invite);
                self.new_link(link)
            }
        }
    }
}

/// Whom an invite is for, with the name that the person is called by.
fn whom(invite: &Invite) -> String {
    match &invite.account {
        Some(account) if account.display_name != account.username => {
            format!("{} ({})", account.display_name, invite.recipient())
        }
        _ => invite.recipient(),
    }
}

fn question_for(invite: &Invite) -> String {
    format!("Revoke the invite for {}?", whom(invite))
}

/// What was chosen to go with a member.
fn removal(confirm: &Confirm) -> Removal {
    Removal { ban: confirm.is_chosen(BAN), revoke_invites: confirm.is_chosen(INVITES) }
}

/// What the removal of a member takes with it.
const fn removal_takes(removal: Removal) -> &'static str {
    match (removal.ban, removal.revoke_invites) {
        (false, false) => {
            "They lose the band at once and come back by a new invite only. Invites they made follow the band's policy."
        }
        (false, true) => "They lose the band at once and come back by a new invite only. Invites they made end.",
        (true, false) => {
            "They lose the band at once, and no invite lets them in again. Invites they made follow the band's policy."
        }
        (true, true) => "They lose the band at once, and no invite lets them in again. Invites they made end.",
    }
}

/// What the end of a band takes with it.
fn loses(band: &Band) -> String {
    let members = match band.counts.members {
        1 => "You are its only member".to_owned(),
        count => format!("Its {count} members lose it"),
    };
    let invites = match band.counts.pending {
        0 => String::new(),
        1 => ", and its pending invite ends".to_owned(),
        count => format!(", and its {count} pending invites end"),
    };
    format!("{members}{invites}. This cannot be undone.")
}

/// What is said of an action that there is nothing to do here with.
fn elsewhere(action: Action) -> String {
    match action.binding().scope {
        Scope::Everywhere | Scope::Bands | Scope::Invites | Scope::Members => {
            "There is nothing here to do that to.".to_owned()
        }
        scope => format!("That is done {}: open them first.", scope.place()),
    }
}
