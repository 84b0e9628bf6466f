//! Names and other short texts. Each is NFC, trimmed, visible, and no longer than its kind allows.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Invalid, text::check_visible};

/// Trims, normalises (NFC) and measures a text. `most` counts graphemes, what people see as one character.
fn text(input: &str, most: usize, lines: bool) -> Result<String, Invalid> {
    let too_long = || Invalid::new(format!("must be at most {most} characters long"));
    // A grapheme can be long; 16 bytes each is generous, and bounds the work before any is done.
    if input.len() > most.saturating_mul(16) {
        return Err(too_long());
    }
    let unix_lines;
    let input = if lines {
        unix_lines = input.replace("\r\n", "\n");
        unix_lines.as_str()
    } else {
        input
    };
    let text: String = input.trim().nfc().collect();
    check_visible(&text, lines)?;
    if text.graphemes(true).count() > most {
        return Err(too_long());
    }
    Ok(text)
}

/// The most characters of a name.
const MOST_OF_A_NAME: usize = 64;

macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident($most:expr, $check:expr);)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
        #[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The most characters that it has, as people count them.
            pub const MOST: usize = $most;

            /// The text, normalised, or what is allowed.
            pub fn parse(input: &str) -> Result<Self, Invalid> {
                let check: fn(&str, usize) -> Result<String, Invalid> = $check;
                check(input, Self::MOST).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = Invalid;

            fn from_str(input: &str) -> Result<Self, Self::Err> {
                Self::parse(input)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )+};
}

texts! {
    /// The name a person signs in with: 1 to 64 letters, digits, `.`, `_` or `-`, beginning with a letter or digit.
    /// It cannot look like an address. Two names that differ in letter case alone are one, see [`Username::key`].
    Username(MOST_OF_A_NAME, username);
    /// The name others see: 1 to 64 characters.
    DisplayName(MOST_OF_A_NAME, name);
    /// A band's name: 1 to 64 characters, without links, since it goes out in mail.
    BandName(MOST_OF_A_NAME, band_name);
    /// What a band is about: at most 500 characters, on several lines if need be.
    Description(500, lines);
    /// Whom to ask about a band: at most 200 characters.
    Contact(200, line);
    /// An inviter's own note on an invite: at most 80 characters.
    Label(80, line);
    /// What the invited are told: at most 1,000 characters, on several lines if need be.
    Message(1_000, lines);
    /// A campaign's name: 1 to 64 characters.
    CampaignName(MOST_OF_A_NAME, name);
    /// What an event is: 1 to 100 characters.
    EventTitle(100, name);
    /// Where an event is: at most 200 characters.
    Place(200, line);
    /// A template's name: 1 to 64 characters. Two names that differ in letter case alone are one, see
    /// [`TemplateName::key`].
    TemplateName(MOST_OF_A_NAME, name);
    /// Why an invite was declined: at most 500 characters.
    Reason(500, lines);
}

fn line(input: &str, most: usize) -> Result<String, Invalid> {
    text(input, most, false)
}

fn lines(input: &str, most: usize) -> Result<String, Invalid> {
    text(input, most, true)
}

fn name(input: &str, most: usize) -> Result<String, Invalid> {
    let name = line(input, most)?;
    // A mark, or a word on how to draw what is before it (U+FE0F), is nothing by itself.
    if name.chars().all(|c| c.is_whitespace() || is_combining_mark(c)) {
        return Err(Invalid::new(format!("must be 1 to {most} characters long")));
    }
    Ok(name)
}

fn band_name(input: &str, most: usize) -> Result<String, Invalid> {
    let name = name(input, most)?;
    let lower = name.to_lowercase();
    if lower.contains("://") || lower.contains("www.") {
        return Err(Invalid::new("must not contain a link"));
    }
    Ok(name)
}

fn username(input: &str, most: usize) -> Result<String, Invalid> {
    let name = name(input, most)?;
    // Some letters can be drawn as pictures (U+FE0F), and would look like themselves.
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-') || is_combining_mark(c) && c != '\u{fe0f}';
    if name.starts_with(char::is_alphanumeric) && name.chars().all(fits) {
        return Ok(name);
    }
    Err(Invalid::new("must be letters, digits, '.', '_' or '-', beginning with a letter or digit"))
}

impl Username {
    /// The form under which names are compared: compatibility characters and letter case folded away.
    #[must_use]
    pub fn key(&self) -> String {
        key(&self.0)
    }

    /// The same of a part of a name.
    #[must_use]
    pub fn key_of(part: &str) -> String {
        key(part)
    }
}

impl TemplateName {
    /// The form under which names are compared: compatibility characters and letter case folded away.
    #[must_use]
    pub fn key(&self) -> String {
        key(&self.0)
    }
}

fn key(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

impl DisplayName {
    /// The display name of someone who gave none.
    #[must_use]
    pub fn from_username(username: &Username) -> Self {
        Self(username.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parsing_is_idempotent(text in any::<String>()) {
            if let Ok(name) = DisplayName::parse(&text) {
                prop_assert_eq!(DisplayName::parse(name.as_str()).unwrap(), name);
            }
            if let Ok(name) = Username::parse(&text) {
                prop_assert!(!name.as_str().contains('@'));
                prop_assert_eq!(Username::parse(&name.key()).map_or(name.key(), |folded| folded.key()), name.key());
            }
            if let Ok(message) = Message::parse(&text) {
                prop_assert_eq!(Message::parse(message.as_str()).unwrap(), message);
            }
        }

        #[test]
        fn whatever_is_kept_shows_all_that_it_is(
            text in prop_oneof![any::<String>(), "[a-z\u{301}\u{200d}\u{202e}\u{1b}\r\n :/.wé👩]{0,80}"],
        ) {
            let [line, lines] = [Place::parse(&text).map(String::from), Description::parse(&text).map(String::from)];
            for (kept, breaks) in [(line, false), (lines, true)] {
                let Ok(kept) = kept else { continue };
                prop_assert_eq!(kept.trim(), kept.as_str());
                prop_assert!(check_visible(&kept, breaks).is_ok() && (breaks || !kept.contains('\n')));
                prop_assert!(!kept.contains('\r'));
            }
            if let Ok(name) = BandName::parse(&text) {
                prop_assert!(!name.as_str().is_empty() && !name.as_str().contains("://"));
                prop_assert_eq!(BandName::parse(name.as_str()), Ok(name));
            }
        }

        #[test]
        fn names_that_are_one_have_one_key(name in "[\\p{L}\\p{N}][\\p{L}\\p{N}\\p{M}._-]{0,12}") {
            let Ok(name) = Username::parse(&name) else { return Ok(()) };
            prop_assert_eq!(Username::key_of(&name.key()), name.key());
            let decomposed: String = name.as_str().nfd().collect();
            prop_assert_eq!(Username::parse(&decomposed).unwrap().key(), name.key());
            let shown = DisplayName::from_username(&name);
            prop_assert_eq!(shown.as_str(), name.as_str());
        }

        #[test]
        fn a_text_is_as_long_as_its_kind_allows_and_no_longer(length in 1_usize..140) {
            let text = "é".repeat(length);
            prop_assert_eq!(DisplayName::parse(&text).is_ok(), length <= DisplayName::MOST);
            prop_assert_eq!(Label::parse(&text).is_ok(), length <= Label::MOST);
            prop_assert_eq!(EventTitle::parse(&text).is_ok(), length <= EventTitle::MOST);
        }
    }

    #[test]
    fn a_user_name_cannot_look_like_an_address() {
        for bad in ["ada@example.org", "a b", "", " ", "-ada", "a/b", "ada\u{200b}", "ada\u{202e}", &"a".repeat(65)] {
            assert!(Username::parse(bad).is_err(), "{bad}");
        }
        assert!(DisplayName::parse("ℹ\u{fe0f}").is_ok() && Username::parse("ℹ\u{fe0f}").is_err(), "it looks like ℹ");
        // No one letter is an x with this mark, or a syllable with its vowel.
        for good in [" Ada.L-1_x ", "x\u{302}a", "க\u{bcd}ஷ"] {
            assert_eq!(Username::parse(good).unwrap().as_str(), good.trim());
        }
    }

    #[test]
    fn every_text_is_kept_in_one_form() {
        // The first is an `e` and a mark that combines with it, the second one letter.
        let (apart, one) = ("Zoe\u{308}", "Zo\u{eb}");
        assert_ne!(apart, one);
        assert_eq!(Username::parse(apart).unwrap().as_str(), one);
        assert_eq!(DisplayName::parse(apart).unwrap().as_str(), one);
        assert_eq!(BandName::parse(apart).unwrap().as_str(), one);
        assert_eq!(Description::parse(apart).unwrap().as_str(), one);
        assert_eq!(Contact::parse(apart).unwrap().as_str(), one);
        assert_eq!(Label::parse(apart).unwrap().as_str(), one);
        assert_eq!(Message::parse(apart).unwrap().as_str(), one);
        assert_eq!(CampaignName::parse(apart).unwrap().as_str(), one);
        assert_eq!(EventTitle::parse(apart).unwrap().as_str(), one);
        assert_eq!(Place::parse(apart).unwrap().as_str(), one);
        assert_eq!(TemplateName::parse(apart).unwrap().as_str(), one);
        assert_eq!(Reason::parse(apart).unwrap().as_str(), one);
    }

    #[test]
    fn letter_case_and_compatibility_forms_make_no_second_name() {
        let key = |name: &str| Username::parse(name).unwrap().key();
        assert_eq!(key("ADA"), key("ada"));
        assert_eq!(key("ａda"), key("ada"));
        assert_eq!(key("Zoe\u{308}"), key("zoë"));
    }

    #[test]
    fn length_is_counted_as_people_see_it() {
        assert!(DisplayName::parse(&"é".repeat(64)).is_ok());
        assert!(DisplayName::parse(&"e\u{301}".repeat(64)).is_ok());
        assert!(DisplayName::parse(&"é".repeat(65)).is_err());
    }

    #[test]
    fn a_name_shows_something() {
        for blank in ["", " ", "\u{a0}\u{3000}", "\u{2800}", "\u{3164}", "\u{fe0f}", "\u{301} \u{fe0f}", "\u{fffe}"] {
            assert!(BandName::parse(blank).is_err() && DisplayName::parse(blank).is_err(), "{blank:?}");
            assert!(CampaignName::parse(blank).is_err() && EventTitle::parse(blank).is_err(), "{blank:?}");
        }
        for name in ["a", "e\u{301}", "❤\u{fe0f}", "உ", "!"] {
            assert!(BandName::parse(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn band_names_carry_no_links() {
        assert!(BandName::parse("Win now: HTTPS://evil.example").is_err());
        assert!(BandName::parse("www.evil.example").is_err());
        assert!(BandName::parse("The Night Owls").is_ok());
    }
}
