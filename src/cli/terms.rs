//! What invites, campaigns and templates are made with, as flags.

use clap::Args;

use super::{
    Error, ask,
    named::{CampaignArg, TemplateArg},
    texts,
};
use crate::{
    api::{CreateInvite, OnExisting, Patch},
    client::Client,
    domain::{self, BandId, Hours, Kind, MaxUses, Role, Timestamp},
};

/// Until when.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Life {
    /// The life in hours, or `never`.
    #[arg(long, value_name = "HOURS", value_parser = hours, conflicts_with = "expires_at")]
    ttl_hours: Option<Hours>,
    /// The end, such as 2026-01-31T18:00:00Z, or a day: it ends as the day begins.
    #[arg(long, value_name = "TIME", value_parser = texts::end)]
    expires_at: Option<Timestamp>,
}

impl Life {
    /// The life in hours, as the wire says it.
    pub(super) fn hours(&self) -> Patch<i64> {
        self.ttl_hours.map_or(Patch::Omitted, |hours| hours.0.map(i64::from).into())
    }

    /// The end, as the wire says it.
    pub(super) fn end(&self) -> Patch<Timestamp> {
        self.expires_at.map_or(Patch::Omitted, Patch::Value)
    }

    /// Whether nothing is said.
    pub(super) const fn is_empty(&self) -> bool {
        self.ttl_hours.is_none() && self.expires_at.is_none()
    }
}

/// A few words for the invited.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Message {
    /// What the invited are told; nothing where it is empty.
    #[arg(long, value_name = "TEXT", value_parser = texts::text::<domain::Message>, conflicts_with = "message_file")]
    message: Option<String>,
    /// The same out of a file, or of standard input where it is `-`.
    #[arg(long, value_name = "FILE")]
    message_file: Option<String>,
}

impl Message {
    /// The text, if there is to be one.
    pub(super) fn read(&self) -> Result<Option<String>, Error> {
        match &self.message_file {
            Some(file) => {
                let text = ask::text(file)?;
                domain::Message::parse(&text)
                    .map_err(|why| Error::Usage(format!("--message-file {why}; {file} is not so")))?;
                Ok(Some(text))
            }
            None => Ok(self.message.clone()),
        }
    }

    /// As a change: an empty text is none.
    pub(super) fn change(&self) -> Result<Patch<String>, Error> {
        Ok(text(self.read()?))
    }

    /// Whether nothing is said.
    pub(super) const fn is_empty(&self) -> bool {
        self.message.is_none() && self.message_file.is_none()
    }
}

/// What an invite grants, how long and how often.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Terms {
    /// The role it grants: member or admin.
    #[arg(long, value_parser = granted)]
    pub(super) role: Option<Role>,
    #[command(flatten)]
    pub(super) life: Life,
    /// How many people can use it, or `unlimited`.
    #[arg(long, value_name = "USES", allow_negative_numbers = true, value_parser = uses)]
    max_uses: Option<i64>,
    /// A note for the band; the invited do not see it.
    #[arg(long, value_parser = texts::text::<domain::Label>)]
    pub(super) label: Option<String>,
    #[command(flatten)]
    pub(super) message: Message,
}

impl Terms {
    /// How often it can be used, as the wire says it.
    pub(super) fn uses(&self) -> Patch<i64> {
        self.max_uses.map_or(Patch::Omitted, Patch::Value)
    }

    /// Whether nothing is said.
    pub(super) const fn is_empty(&self) -> bool {
        self.role.is_none()
            && self.life.is_empty()
            && self.max_uses.is_none()
            && self.label.is_none()
            && self.message.is_empty()
    }
}

/// What new invites have in common.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Wish {
    #[command(flatten)]
    terms: Terms,
    /// The kind: link, email, user or code; it follows from whom it is for where this is missing.
    #[arg(long)]
    kind: Option<Kind>,
    /// The campaign that it is part of: its id, or its name.
    #[arg(long)]
    campaign: Option<CampaignArg>,
    /// The template that gives what is not said here: its id, or its name.
    #[arg(long)]
    template: Option<TemplateArg>,
    /// An admin has to agree to each accept.
    #[arg(long)]
    requires_approval: bool,
    /// Send no mail.
    #[arg(long)]
    no_send: bool,
    /// Where an invite for the same person is pending: `replace` it, or `resend` it; refused where this is missing.
    #[arg(long, value_name = "WHAT")]
    on_existing: Option<OnExisting>,
}

impl Wish {
    /// As the wire says it, with names looked up in the band.
    pub(super) async fn read(&self, client: &Client, band: BandId) -> Result<CreateInvite, Error> {
        let campaign_id = match &self.campaign {
            Some(campaign) => Some(campaign.find("--campaign", client, band).await?),
            None => None,
        };
        let template_id = match &self.template {
            Some(template) => Some(template.find("--template", client, band).await?),
            None => None,
        };
        Ok(CreateInvite {
            kind: Patch::given(self.kind),
            role: self.terms.role,
            ttl_hours: self.terms.life.hours(),
            expires_at: self.terms.life.end(),
            max_uses: self.terms.uses(),
            campaign_id: Patch::given(campaign_id),
            template_id,
            requires_approval: self.requires_approval.then_some(true),
            send: self.no_send.then_some(false),
            on_existing: self.on_existing,
            label: text(self.terms.label.clone()),
            message: self.terms.message.change()?,
            ..CreateInvite::default()
        })
    }
}

/// A text as a change: left out it stays, empty it is none.
pub(super) fn text(value: Option<String>) -> Patch<String> {
    match value {
        None => Patch::Omitted,
        Some(text) if text.is_empty() => Patch::Null,
        Some(text) => Patch::Value(text),
    }
}

pub(super) fn hours(text: &str) -> Result<Hours, String> {
    match text.parse().ok().and_then(|hours| Hours::from_number(hours).ok()) {
        _ if text == "never" => Ok(Hours(None)),
        Some(hours) => Ok(hours),
        _ => Err("must be a number of hours from 1 to 876000, or never".to_owned()),
    }
}

pub(super) fn granted(text: &str) -> Result<Role, String> {
    match text.parse() {
        Ok(role @ (Role::Member | Role::Admin)) => Ok(role),
        _ => Err("must be member or admin".to_owned()),
    }
}

/// The wire's own number: -1 is without limit.
pub(super) fn uses(text: &str) -> Result<i64, String> {
    match text.parse() {
        _ if text == "unlimited" => Ok(-1),
        Ok(uses) if MaxUses::from_number(uses).is_ok() => Ok(uses),
        _ => Err("must be a number from 1 to 1000000, or unlimited".to_owned()),
    }
}

/// An instant, or the beginning of a day where the person is.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    // What follows a day would be read, and dropped.
    let day = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == "2026-01-31".len());
    day.and_then(|day| day.to_zoned(jiff::tz::TimeZone::system()).ok())
        .and_then(|begins| begins.timestamp().to_string().parse().ok())
        .ok_or_else(|| {
            let last = Timestamp::MAX;
            format!("must be a time such as 2026-01-31T18:00:00Z, or a day such as 2026-01-31, from 1970 to {last}")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_beginning_and_a_time_is_itself() {
        assert_eq!(instant("2026-01-31T18:00:00+01:00").unwrap().to_string(), "2026-01-31T17:00:00Z");
        let day = instant("2026-01-31").unwrap();
        assert_eq!(day.minute(&jiff::tz::TimeZone::system()), "2026-01-31 00:00");
        for text in ["", "tomorrow", "2026-02-30", "2026-01-31 18:00"] {
            assert!(instant(text).unwrap_err().contains("2026-01-31T18:00:00Z"), "{text}");
        }
    }

    #[test]
    fn an_empty_text_takes_away_what_was_there() {
        assert_eq!([text(None), text(Some(String::new()))], [Patch::Omitted, Patch::Null]);
        assert_eq!(text(Some("x".to_owned())), Patch::Value("x".to_owned()));
    }
}
