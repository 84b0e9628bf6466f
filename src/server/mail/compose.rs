//! A letter as it goes over the wire: text and HTML beside each other, and the headers that mail programs act upon.

use askama::Template;
use lettre::{
    Message,
    message::{
        Attachment, Mailbox, MultiPart,
        header::{ContentType, ContentTypeErr, Header, HeaderName, HeaderValue},
    },
};

use unicode_width::UnicodeWidthStr as _;

use crate::{
    api::CampaignEvent,
    domain::{Address, MailKind, Role, Timestamp, clean_line, unlinked},
    server::calendar,
};

use super::letter::Letter;

/// A mail, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Composed {
    /// To which address.
    pub(super) to: String,
    /// All of it, line ends as on the wire.
    pub(super) bytes: Vec<u8>,
    /// What a file of it is called.
    pub(super) file_name: String,
}

/// What all mails of a server say alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender<'a> {
    /// Whom mail is from.
    pub(super) from: &'a Address,
    /// The site's name.
    pub(super) site: &'a str,
    /// What links begin with.
    pub(super) origin: &'a str,
}

/// One mail's own.
#[derive(Debug, Clone)]
pub(super) struct Cover {
    /// Its number.
    pub(super) seq: i64,
    /// What it is about.
    pub(super) kind: MailKind,
    /// To which address.
    pub(super) to: String,
    /// When it was queued: its date.
    pub(super) created_at: Timestamp,
    /// When it is sent: ends are counted from here.
    pub(super) now: Timestamp,
    /// The link that stops mail of its kind to this address; none where the person asked for it.
    pub(super) opt_out: Option<String>,
}

#[derive(Template)]
#[template(path = "mail/invite.txt")]
struct InviteText<'a> {
    mail: &'a InviteWords<'a>,
}

#[derive(Template)]
#[template(path = "mail/invite.html")]
struct InviteHtml<'a> {
    mail: &'a InviteWords<'a>,
}

struct InviteWords<'a> {
    reminds: bool,
    inviter: String,
    band: String,
    is_admin: bool,
    why: &'static str,
    is_for_one: bool,
    message: Vec<String>,
    /// What it is, and each of its facts with a name.
    event: Option<(String, Vec<(&'static str, String)>)>,
    link: String,
    end: Option<String>,
    site: &'a str,
    to: &'a str,
    opt_out: &'a str,
}

#[derive(Template)]
#[template(path = "mail/notice.txt")]
struct NoticeText<'a> {
    mail: &'a NoticeWords<'a>,
}

#[derive(Template)]
#[template(path = "mail/notice.html")]
struct NoticeHtml<'a> {
    mail: &'a NoticeWords<'a>,
}

/// A mail of a few sentences, with a code or a link where it has one.
struct NoticeWords<'a> {
    title: String,
    text: Vec<String>,
    code: Option<&'a str>,
    link: Option<String>,
    after: Vec<String>,
    site: &'a str,
    to: &'a str,
    opt_out: Option<&'a str>,
}

/// Why a mail cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// A template could not be filled.
    #[error("the text could not be written: {0}")]
    Template(#[from] askama::Error),
    /// A header could not be written.
    #[error("the mail could not be put together: {0}")]
    Message(#[from] lettre::error::Error),
    /// A media type is none for the mail library.
    #[error("the calendar could not be attached: {0}")]
    Media(#[from] ContentTypeErr),
    /// An address is none for the mail library.
    #[error("the address is not one: {0}")]
    Address(#[from] lettre::address::AddressError),
}

/// The mail of a letter.
pub(super) fn compose(sender: Sender<'_>, cover: &Cover, letter: &Letter) -> Result<Composed, Error> {
    let (subject, text, html) = words(sender, cover, letter)?;
    let words = MultiPart::alternative_plain_html(text, html);
    let body = match letter {
        // Beside the words, not in place of them: some programs show an alternative that they know in place of all others.
        Letter::Invite { event: Some(event), band, .. } => {
            let file = event.calendar(band, Some(sender.from));
            let media = ContentType::parse(calendar::MAIL_MEDIA)?;
            let file = Attachment::new(calendar::FILE_NAME.to_owned()).body(file, media);
            MultiPart::mixed().multipart(words).singlepart(file)
        }
        _ => words,
    };
    let name = format!("{}-{}", cover.seq, cover.kind);
    let id = format!("{}.{}", cover.seq, cover.created_at.micros());
    put_together(sender, (&cover.to, cover.created_at), (&id, &name), cover.opt_out.as_deref(), &subject, body)
}

/// A mail that says nothing but that it has come, for whoever sets a server up.
pub(super) fn test(sender: Sender<'_>, to: &str, now: Timestamp) -> Result<Composed, Error> {
    let Sender { from, site, .. } = sender;
    let notice = NoticeWords {
        title: format!("Mail from {site} arrives"),
        text: vec![format!("This is a test: {site} can send mail as {from}.")],
        code: None,
        link: None,
        after: vec!["There is nothing to do.".to_owned()],
        site,
        to,
        opt_out: None,
    };
    let id = format!("test.{}", now.micros());
    let (subject, text, html) = notice.words()?;
    put_together(sender, (to, now), (&id, "test"), None, &subject, MultiPart::alternative_plain_html(text, html))
}

/// The headers, and what stands below them.
fn put_together(
    sender: Sender<'_>,
    (to, at): (&str, Timestamp),
    (id, name): (&str, &str),
    opt_out: Option<&str>,
    subject: &str,
    body: MultiPart,
) -> Result<Composed, Error> {
    let domain = sender.from.as_str().rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let mut message = Message::builder()
        .from(Mailbox::new(Some(one_line(sender.site)), sender.from.as_str().parse()?))
        .to(Mailbox::new(None, to.parse()?))
        .subject(one_line(subject))
        .date(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(at.unix_ms()))
        .message_id(Some(format!("<guestlist.{id}@{domain}>")))
        .header(AutoSubmitted);
    if let Some(link) = opt_out {
        message = message.header(Unsubscribe(format!("<{link}>"))).header(OneClick);
    }
    let message = message.multipart(body)?;
    let file_name = format!("{}-{name}.eml", at.to_jiff().strftime("%Y%m%dT%H%M%SZ"));
    Ok(Composed { to: to.to_owned(), bytes: message.formatted(), file_name })
}

fn words(sender: Sender<'_>, cover: &Cover, letter: &Letter) -> Result<(String, String, String), Error> {
    let Sender { site, origin, .. } = sender;
    let to = cover.to.as_str();
    let mut notice = NoticeWords {
        title: String::new(),
        text: Vec::new(),
        code: None,
        link: None,
        after: Vec::new(),
        site,
        to,
        opt_out: cover.opt_out.as_deref(),
    };
    match letter {
        Letter::Invite { band, inviter, role, message, event, expires_at, is_to_account, is_for_one, token } => {
            let (band, inviter) = (unlinked(band), unlinked(inviter));
            let reminds = cover.kind == MailKind::Reminder;
            let begin = if reminds { "Reminder: " } else { "" };
            let subject = format!("{begin}{inviter} invites you to {band}");
            let mail = InviteWords {
                reminds,
                inviter,
                band,
                is_admin: *role == Role::Admin,
                why: if *is_to_account {
                    "invited the account there that has this address"
                } else {
                    "gave this address"
                },
                is_for_one: *is_for_one,
                message: message.as_deref().map(lines).unwrap_or_default(),
                event: event.as_ref().map(|dated| facts(&dated.event)),
                link: format!("{origin}/invite/{token}"),
                end: expires_at.map(|end| end.in_words(cover.now)),
                site,
                to,
                opt_out: cover.opt_out.as_deref().unwrap_or_default(),
            };
            return Ok((subject, InviteText { mail: &mail }.render()?, InviteHtml { mail: &mail }.render()?));
        }
        Letter::Verification { username, code, minutes } => {
            notice.title = format!("{code} is your code for {site}");
            notice.text.push(format!("This code shows that the address {to} is yours, {}:", unlinked(username)));
            notice.code = Some(code);
            notice.after.push(format!(
                "Type it where you were asked for it, or at {origin}/verify. It works for {minutes} minutes."
            ));
            notice.after.push("If you did not ask for it, do nothing: the address is not used without it.".to_owned());
        }
        Letter::Reset { username, token, minutes } => {
            notice.title = format!("A new password for {site}");
            notice.text.push(format!("{}, set a new password here:", unlinked(username)));
            notice.link = Some(format!("{origin}/reset/{token}"));
            notice.after.push(format!("The link works once, for {minutes} minutes."));
            notice.after.push("In a terminal, \"guestlist password reset\" takes it, too.".to_owned());
            notice.after.push("If you did not ask for it, do nothing: your password stays as it is.".to_owned());
        }
        Letter::Moved { username, to: new } => {
            notice.title = format!("Your account on {site} has another address");
            notice.text.push(format!(
                "{}, the address of your account on {site} was {to}, and is {} now.",
                unlinked(username),
                unlinked(new)
            ));
            notice.after.push("If you did that, there is nothing to do.".to_owned());
            notice.after.push(
                "If you did not, somebody knows your password: sign in by your user name, set another password and your \
                 own address. If you cannot, write to whoever runs the site."
                    .to_owned(),
            );
        }
        Letter::Joined { band, person } => {
            let (band, person) = (unlinked(band), unlinked(person));
            notice.title = format!("{person} joined {band}");
            notice.text.push(format!("{person} has accepted your invite and is in {band} now."));
        }
        Letter::Superseded { band, person } => {
            let (band, person) = (unlinked(band), unlinked(person));
            notice.title = format!("Your invite for {person} to {band} has ended");
            notice.text.push(format!(
                "{person} has come in by another invite, so yours to {band} is cancelled. There is nothing to do."
            ));
        }
    }
    Ok(notice.words()?)
}

impl InviteWords<'_> {
    /// Who invites to what.
    fn offered(&self) -> Vec<String> {
        let role = if self.is_admin { " as an admin" } else { "" };
        folded(&format!("{} invites you to {}{role}.", self.inviter, self.band))
    }

    /// What the link is good for.
    fn link_words(&self) -> String {
        let works = self.end.as_ref().map(|end| format!("works for {end}"));
        let alone = self.is_for_one.then(|| "is for you alone".to_owned());
        let all: Vec<String> = works.into_iter().chain(alone).collect();
        let said = if all.is_empty() { String::new() } else { format!("The link {}. ", all.join(", and ")) };
        format!("{said}In a terminal, guestlist takes it, too: paste it there.")
    }

    /// The same as lines of text.
    fn lasts(&self) -> Vec<String> {
        folded(&self.link_words())
    }

    /// Why this mail comes, up to the link that stops it.
    fn sent(&self) -> Vec<String> {
        let Self { to, site, inviter, why, .. } = self;
        let mut lines = folded(&format!("Sent to {to} by {site}, because {inviter} {why}."));
        lines.extend(folded("If that means nothing to you, do nothing. To get no more of these, open"));
        lines
    }

    /// The message as it is quoted in text.
    fn quoted(&self) -> Vec<String> {
        self.message.iter().flat_map(|line| folded(line)).collect()
    }
}

impl NoticeWords<'_> {
    /// Its sentences as they stand in text, before the code or the link and after it.
    fn said(&self) -> [Vec<String>; 2] {
        [&self.text, &self.after].map(|lines| lines.iter().flat_map(|line| folded(line)).collect())
    }

    /// Subject, text and HTML.
    fn words(self) -> Result<(String, String, String), askama::Error> {
        let (text, html) = (NoticeText { mail: &self }.render()?, NoticeHtml { mail: &self }.render()?);
        Ok((self.title, text, html))
    }
}

/// Somebody's words, line by line, nothing in them to click on.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| unlinked(&clean_line(line))).collect()
}

/// An event in words: its title, when it is, and where.
fn facts(event: &CampaignEvent) -> (String, Vec<(&'static str, String)>) {
    let words = |text: &str| unlinked(&clean_line(text));
    let when = std::iter::once(("When", event.when()));
    let place = event.place.as_deref().map(|place| ("Where", words(place)));
    (words(&event.title), when.chain(place).collect())
}

/// The columns of a line of text: an 80 column terminal has room for it and for the marks of a quotation.
const COLUMNS: usize = 72;

/// A line as lines of [`COLUMNS`], broken at blanks alone: a longer word, or a link, stays whole.
fn folded(line: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut last = String::new();
    for (place, word) in line.split(' ').enumerate() {
        if place > 0 && last.width() + 1 + word.width() > COLUMNS {
            lines.push(std::mem::take(&mut last));
        } else if place > 0 {
            last.push(' ');
        }
        last.push_str(word);
    }
    lines.push(last);
    lines
}

/// What stands in a header is one line: the mail library ends the program where it is not. Nothing in it is an encoded
/// word (RFC 2047) but what the library makes: a mail program would decode one of somebody else's, and show what no name
/// may hold.
fn one_line(text: &str) -> String {
    clean_line(text).replace("=?", "= ?")
}

/// `Auto-Submitted` (RFC 3834): no out-of-office note comes back.
#[derive(Clone)]
struct AutoSubmitted;

/// `List-Unsubscribe` (RFC 2369).
#[derive(Clone)]
struct Unsubscribe(String);

/// `List-Unsubscribe-Post` (RFC 8058): the link takes a POST that asks nothing more.
#[derive(Clone)]
struct OneClick;

macro_rules! header {
    ($own:ty, $name:literal, |$this:ident| $value:expr) => {
        impl Header for $own {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Err("this header is only written".into())
            }

            fn display(&self) -> HeaderValue {
                let $this = self;
                HeaderValue::new(Self::name(), $value)
            }
        }
    };
}
header!(AutoSubmitted, "Auto-Submitted", |_this| "auto-generated".to_owned());
header!(Unsubscribe, "List-Unsubscribe", |this| this.0.clone());
header!(OneClick, "List-Unsubscribe-Post", |_this| "List-Unsubscribe=One-Click".to_owned());

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::TestCaseError};

    use super::*;
    use crate::{domain::CampaignId, server::calendar::Dated};

    /// Texts with what ends a header, begins another, or makes mark-up.
    fn hostile() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "(a|é|夜| |\r\n|\n|\r|\0|\u{1b}|\u{202e}|\u{2028}|Bcc: x@evil\\.example|<b>|\"|\\\\|=\\?utf-8\\?B\\?AAAA\\?=|\\{\\{x\\}\\}|<!--|http://evil\\.example/x|www\\.evil\\.example|evil\\.example/x|a@evil\\.example){1,12}",
        ]
    }

    /// What in a text a mail program makes links of: a word with a dot between letters, or with `:/`.
    fn linked(text: &str) -> Vec<&str> {
        let is_edge = |c: char| c.is_whitespace() || "<>\"'();,".contains(c);
        let is_host = |four: &[char]| {
            four[0].is_alphanumeric() && four[1] == '.' && four[2].is_alphabetic() && four[3].is_alphanumeric()
        };
        let is_linked = |word: &&str| word.contains(":/") || word.chars().collect::<Vec<_>>().windows(4).any(is_host);
        text.split(is_edge).filter(is_linked).map(|word| word.trim_end_matches('.')).collect()
    }

    /// An event with these words.
    fn event(title: String, place: Option<String>) -> Box<Dated> {
        let starts_at = "2027-04-10T19:30:00+02:00".parse().unwrap();
        let event = CampaignEvent { title, place, starts_at, ends_at: None, time_zone: "Europe/Berlin".to_owned() };
        Box::new(Dated {
            campaign: CampaignId::from_bytes([7; 16]),
            event,
            sequence: 1,
            changed_at: Timestamp::from_micros(0),
        })
    }

    /// What a mail shows and carries has no link but the server's own, and no address but these two.
    fn has_its_own_links_alone(mail: &mail_parser::Message<'_>, subject: &str) -> Result<(), TestCaseError> {
        use mail_parser::MimeHeaders as _;
        // What a calendar calls a line ends with a colon that is no part of the words behind it.
        let named = ["SUMMARY:", "LOCATION:", "DESCRIPTION:"];
        let files = mail.attachments().map(|part| {
            let text = part.text_contents().unwrap().replace("\r\n ", "").replace("\\n", "\n");
            named.iter().fold(text, |text, name| text.replace(&format!("\n{name}"), "\n"))
        });
        let parts = [mail.body_text(0).unwrap().into_owned(), mail.body_html(0).unwrap().into_owned()];
        for text in parts.into_iter().chain(files) {
            let is_own = |word: &&str| {
                word.starts_with("https://one.example/")
                    || ["kim@two.example", "invites@one.example", ":mailto:invites@one.example"].contains(word)
            };
            let others: Vec<&str> = linked(&text).into_iter().filter(|word| !is_own(word)).collect();
            prop_assert!(others.is_empty(), "{:?} in {}", others, text);
        }
        prop_assert!(linked(subject).is_empty(), "{}", subject);
        let calendars =
            mail.attachments().filter(|part| part.content_type().is_some_and(|kind| kind.ctype() == "text"));
        for calendar in calendars {
            let lines = calendar.text_contents().unwrap();
            let begins = lines.lines().filter(|line| line.starts_with("BEGIN:")).count();
            prop_assert_eq!(begins, 2, "{}", lines);
        }
        Ok(())
    }

    /// The names of a mail's headers, and their lines.
    fn headers(mail: &Composed) -> Vec<(String, String)> {
        let text = String::from_utf8(mail.bytes.clone()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let line = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
        head.split("\r\n").map(line).collect()
    }

    proptest! {
        #[test]
        fn nobodys_words_add_a_header_a_recipient_a_link_or_mark_up(
            band in hostile(), inviter in hostile(), message in proptest::option::of(hostile()), site in hostile(),
            title in hostile(), place in proptest::option::of(hostile()), is_dated: bool,
            is_reminder: bool, is_to_account: bool,
        ) {
            let from = Address::parse("invites@one.example").unwrap();
            // What the site is called is its operator's to say, a link too.
            let site = site.replace(['.', ':'], "").replace("http", "");
            let sender = Sender { from: &from, site: &site, origin: "https://one.example" };
            let (kind, at) = (if is_reminder { MailKind::Reminder } else { MailKind::Invite }, Timestamp::from_micros(0));
            let opt_out = Some("https://one.example/opt-out/x".to_owned());
            let cover = Cover { seq: 7, kind, to: "kim@two.example".to_owned(), created_at: at, now: at, opt_out };
            let letter = Letter::Invite {
                band: band.clone(), inviter: inviter.clone(), role: Role::Member, message,
                event: is_dated.then(|| event(title, place)), expires_at: None,
                is_to_account, is_for_one: true, token: "inv_x".to_owned(),
            };
            let notices = [
                Letter::Joined { band: band.clone(), person: inviter.clone() },
                Letter::Superseded { band, person: inviter.clone() },
                Letter::Moved { username: inviter.clone(), to: "a@new.example".to_owned() },
                Letter::Reset { username: inviter.clone(), token: "rst_x".to_owned(), minutes: 30 },
                Letter::Verification { username: inviter, code: "AAAA-AAAA".to_owned(), minutes: 30 },
            ];
            for letter in std::iter::once(letter).chain(notices) {
                let mail = compose(sender, &cover, &letter).unwrap();
                // 7 bits and lines by the rules: no server in between has to change or to cut anything.
                let lines = mail.bytes.split(|byte| *byte == b'\n');
                prop_assert!(mail.bytes.is_ascii() && lines.clone().all(|line| line.len() <= 999));
                let mut names: Vec<_> = headers(&mail).into_iter().map(|(name, _)| name).collect();
                names.sort_unstable();
                prop_assert_eq!(names, [
                    "Auto-Submitted", "Content-Type", "Date", "From", "List-Unsubscribe", "List-Unsubscribe-Post",
                    "MIME-Version", "Message-ID", "Subject", "To",
                ]);
                let read = mail_parser::MessageParser::default().parse(&mail.bytes).unwrap();
                let to: Vec<_> = read.to().unwrap().iter().filter_map(|to| to.address()).collect();
                prop_assert_eq!(to, ["kim@two.example"]);
                prop_assert_eq!(read.from().unwrap().first().and_then(|from| from.address()), Some("invites@one.example"));
                prop_assert!(!read.subject().unwrap_or_default().contains(char::is_control));
                prop_assert_eq!((read.text_body_count(), read.html_body_count()), (1, 1));
                let html = read.body_html(0).unwrap();
                prop_assert!(!html.contains("<b>") && !html.contains("<!--"), "{}", html);
                has_its_own_links_alone(&read, read.subject().unwrap_or_default())?;
            }
        }
    }

    #[test]
    fn no_name_is_read_as_an_encoded_word() {
        assert_eq!(
            one_line("=?utf-8?B?aHR0cHM6Ly9ldmlsLmV4YW1wbGU=?= ==??"),
            "= ?utf-8?B?aHR0cHM6Ly9ldmlsLmV4YW1wbGU=?= == ??".replace("=?=", "= ?=")
        );
    }

    #[test]
    fn long_lines_are_folded_between_words_and_no_word_is_broken() {
        let line = format!("{} https://invites.example.org/{} end", "word ".repeat(20).trim_end(), "x".repeat(90));
        let lines = folded(&line);
        assert_eq!(lines.join(" "), line);
        assert!(lines.iter().all(|line| line.width() <= COLUMNS || !line.contains(' ')), "{lines:?}");
        assert_eq!(folded("  two  blanks "), ["  two  blanks "]);
        assert_eq!(folded(""), [""]);
        assert_eq!(folded(&"夜 ".repeat(40)).len(), 2);
    }
}
