//! What the server would say to a new invite: asked while the person reads it once more, so that a promise which would be
//! refused is not made.

use super::super::super::{
    message::Effect,
    model::{FormKind, Model, Overlay, Purpose},
    request::{Answer, Request},
};
use crate::{
    api::{Code, CreateInvite, CreateInvites, InviteeRow, RowResult, RowStatus, SentRow},
    client::Error,
    domain::Kind,
};

/// What ends a review as long as the server has not answered.
const ASKING: &str = "\n\n⋯ asking the server whether it would take it";

impl Model {
    /// Asks the server what it would make of the invite that is read once more, and says so there; nothing is made by that.
    /// Codes it cannot be asked about.
    pub(super) fn foretell(&mut self, request: &Request, review: &mut Option<String>) -> Vec<Effect> {
        let mut effects = self.abandon(|purpose| *purpose == Purpose::Foretell);
        if let (Request::CreateInvite(band, wish), Some(review)) = (request, review)
            && let Some(body) = dry_run(wish)
        {
            review.push_str(ASKING);
            effects.push(self.ask(Purpose::Foretell, Request::CreateInvites(*band, body)).1);
        }
        effects
    }

    /// The server has said what it would make of the invite, or nothing: then what is read stays as it is.
    pub(in crate::tui::update) fn foretold(&mut self, result: Result<Answer, Error>) -> Vec<Effect> {
        let is_out = matches!(&result, Err(error) if error.is_unauthenticated());
        let said = match result {
            Ok(Answer::CreatedInvites(mut answer)) => answer.results.pop().and_then(|row| refusal(&row)),
            Ok(_) => None,
            Err(Error::Problem(problem)) if !is_out && is_refusal(problem.code) => {
                Some(format!("✗ The server would refuse it: {}", problem.detail))
            }
            Err(_) => Some("It could not be asked beforehand whether the server takes it.".to_owned()),
        };
        let form = self.overlays.iter_mut().rev().find_map(|overlay| match overlay {
            Overlay::Form(form) if matches!(form.kind, FormKind::NewInvite(_)) => Some(form),
            _ => None,
        });
        if let Some(form) = form
            && let Some(review) = &mut form.review
        {
            if let Some(asked) = review.strip_suffix(ASKING) {
                *review = asked.to_owned();
            }
            if let (Some(said), None) = (said, form.sending) {
                *review = format!("{said}\n\n{review}");
                form.known.scroll = 0;
            }
        }
        if is_out { self.signed_out() } else { Vec::new() }
    }
}

/// Whether a problem says something of the invite, and not of the server.
const fn is_refusal(code: Code) -> bool {
    !matches!(code, Code::RateLimited | Code::Unavailable | Code::Internal | Code::Unknown)
}

/// The question whether this one could be made.
fn dry_run(wish: &CreateInvite) -> Option<CreateInvites> {
    if wish.kind.value() == Some(&Kind::Code) {
        return None;
    }
    let row = InviteeRow { email: wish.email.clone(), username: wish.username.clone(), ..InviteeRow::default() };
    Some(CreateInvites {
        kind: wish.kind.clone(),
        role: wish.role,
        ttl_hours: wish.ttl_hours.clone(),
        expires_at: wish.expires_at.clone(),
        max_uses: wish.max_uses.clone(),
        campaign_id: wish.campaign_id.clone(),
        template_id: wish.template_id,
        requires_approval: wish.requires_approval,
        send: wish.send,
        on_existing: wish.on_existing,
        label: wish.label.clone(),
        message: wish.message.clone(),
        dry_run: Some(true),
        rows: vec![SentRow::new(&row).ok()?],
    })
}

/// Why it would come to nothing, or to something else than a new invite.
fn refusal(row: &RowResult) -> Option<String> {
    let detail = row.detail.as_deref();
    match row.status {
        RowStatus::Created => None,
        // Without a word about it the one that waits is sent again, as was asked for.
        RowStatus::AlreadyPending if detail.is_none() => {
            Some("● An invite waits for them already: that one is sent again, and no new one is made.".to_owned())
        }
        status => {
            let why = detail.map_or_else(|| status.as_str().replace('_', " "), str::to_owned);
            Some(format!("✗ The server would refuse it: {why}"))
        }
    }
}
