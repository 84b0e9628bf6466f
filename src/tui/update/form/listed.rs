//! What comes of the forms of lists over the panes: what is new stands first in its list.

use super::super::super::{
    listing::{Entry, Topic},
    message::Effect,
    model::{Form, FormKind, Model, Tone},
    request::Answer,
};
use crate::client::MadeCampaign;

impl Model {
    /// A form of a list was sent, and accepted with this.
    pub(super) fn listed_form_accepted(&mut self, form: &Form, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::MadeCampaign(made) => match *made {
                MadeCampaign::Made(made) => {
                    let said = format!("{} is made. New invites can be made in it.", made.campaign.name);
                    self.listed_first(Topic::Campaigns, Entry::Campaign(Box::new(made.campaign)));
                    self.listed_form_done(said)
                }
                MadeCampaign::Nobody(_) => Vec::new(),
            },
            Answer::CreatedCodes(made) => {
                let (count, name) = (made.created, &made.campaign.name);
                if let Some(listing) = self.listing_mut() {
                    listing.batches.push((made.campaign.id, name.clone()));
                }
                let (codes, they) = if count == 1 { ("code is", "It") } else { ("codes are", "They") };
                let said = format!("{count} {codes} made: {name}. {they} can be written to a file, or printed.");
                // What is written or printed next is the new batch: the list begins with it.
                if let Some(listing) = self.listing_mut().filter(|listing| listing.topic == Topic::Codes) {
                    listing.renew();
                    self.toast(Tone::Good, said);
                    return self.poll_now();
                }
                self.listed_first(Topic::SiteCodes, Entry::Campaign(Box::new(made.campaign)));
                self.listed_form_done(said)
            }
            Answer::Template(template) => {
                let said = match form.kind {
                    FormKind::NewTemplate(_) => {
                        let said = format!("{} is made: m makes an invite by it.", template.name);
                        self.listed_first(Topic::Templates, Entry::Template(template));
                        said
                    }
                    _ => "Saved.".to_owned(),
                };
                self.listed_form_done(said)
            }
            Answer::Campaign(_) => self.listed_form_done("Saved."),
            _ => Vec::new(),
        }
    }

    /// Something new stands first in its list at once, and the cursor is on it: the newest come first.
    fn listed_first(&mut self, topic: Topic, entry: Entry) {
        if let Some(listing) = self.listing_mut().filter(|listing| listing.topic == topic) {
            listing.list.put_first(entry);
        }
    }

    /// What the form was for is done, and the list is asked for again.
    fn listed_form_done(&mut self, said: impl Into<String>) -> Vec<Effect> {
        self.toast(Tone::Good, said);
        let mut effects = self.listing_again();
        effects.extend(self.poll_now());
        effects
    }
}
