//! What sending a form will do, in words, for those that are looked at once more before they are sent.

use super::super::super::{
    model::{Form, FormKind, Model},
    request::Request,
};

impl Model {
    /// What the request of a form will do; `None` where it is sent without another look.
    pub(in crate::tui) fn review(&self, form: &Form, request: &Request) -> Option<String> {
        match (&form.kind, request) {
            (FormKind::EditCampaign(_, pending @ 1..), Request::UpdateCampaign(_, body)) => {
                let mut parts = Vec::new();
                if let Some(role) = body.role {
                    parts.push(format!("make {role} of those who accept"));
                }
                if !(body.expires_at.is_omitted() && body.ttl_hours.is_omitted()) {
                    parts.push(format!("end: {}", form.value("expires_at").trim()));
                }
                if !body.message.is_omitted() {
                    parts.push("carry the new message".to_owned());
                }
                let invites = if *pending == 1 { "1 pending invite" } else { "pending invites" };
                let many = if *pending == 1 { String::new() } else { format!("{pending} ") };
                let mails = self.sends_mail() && !body.event.is_omitted();
                let event = if mails { " Who was mailed before is not mailed again." } else { "" };
                (!parts.is_empty()).then(|| {
                    format!(
                        "This goes to {many}{invites} of the campaign too. They will {}.{event} Those who have accepted \
                         keep what they have.",
                        parts.join("; ")
                    )
                })
            }
            _ => None,
        }
    }
}
