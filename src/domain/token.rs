//! Tokens: 32 random bytes in base64url behind a prefix that says what they open.
//!
//! A token is a secret. The types have no `Display`, their `Debug` shows nothing, and the one way to the text is
//! [`Token::reveal`].

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// A kind of token, but for how it is read.
macro_rules! secret {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// What every such token begins with.
            pub const PREFIX: &'static str = $prefix;
            /// How long every such token is: 32 bytes are 43 characters of base64url.
            const LENGTH: usize = $prefix.len() + 43;

            /// The token of these random bytes.
            #[must_use]
            pub fn from_random(random: &[u8; 32]) -> Self {
                Self(format!("{}{}", $prefix, URL_SAFE_NO_PAD.encode(random)))
            }

            fn of_bytes(text: &str) -> Option<Self> {
                // The length first: a megabyte is refused without being looked at.
                if text.len() != Self::LENGTH {
                    return None;
                }
                let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix($prefix)?).ok()?;
                (bytes.len() == 32).then(|| Self(text.to_owned()))
            }

            /// The secret itself, for the wire and the clipboard.
            #[must_use]
            pub fn reveal(&self) -> &str {
                &self.0
            }

            /// The last four characters, for telling tokens apart.
            #[must_use]
            pub fn hint(&self) -> &str {
                &self.0[self.0.len() - 4..]
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

/// A kind of token that has no other form.
macro_rules! token {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        secret! { $(#[$meta])* $name, $prefix }

        impl $name {
            /// The token in `text`, or `None` for anything that this server cannot have made.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::of_bytes(text)
            }
        }
    };
}

secret! {
    /// The secret of an invite: a token for a link, or a code for paper and telephone.
    ///
    /// | | form | random bits |
    /// |---|---|---|
    /// | token | `inv_` and 43 characters of base64url | 256 |
    /// | code | twelve symbols in three groups: `7KQX-M2FD-9RWH` | 59 |
    ///
    /// Codes leave out 0 O 1 I L, are read in any letter case, with or without hyphens, and are guarded by a far
    /// stricter rate limit.
    Token, "inv_"
}

/// The symbols of a code.
pub(super) const SYMBOLS: &[u8; 31] = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";

impl Token {
    /// The code of these random bytes. All codes are as good as equally likely: 31¹² of them out of 2¹²⁸ numbers.
    #[must_use]
    pub fn code_from_random(random: &[u8; 32]) -> Self {
        let mut number = random[..16].iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        let mut code = String::with_capacity(14);
        for place in 0..12 {
            if place == 4 || place == 8 {
                code.push('-');
            }
            code.push(char::from(SYMBOLS[(number % 31) as usize]));
            number /= 31;
        }
        Self(code)
    }

    /// The token or code in `text`, or `None` for anything that this server cannot have made.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.len() {
            12 | 14 => Self::parse_code(text),
            _ => Self::of_bytes(text),
        }
    }

    fn parse_code(text: &str) -> Option<Self> {
        if text.len() == 14 && !text.match_indices('-').map(|(at, _)| at).eq([4, 9]) {
            return None;
        }
        let symbols: Vec<u8> =
            text.bytes().filter(|byte| *byte != b'-').map(|byte| byte.to_ascii_uppercase()).collect();
        if symbols.len() != 12 || !symbols.iter().all(|symbol| SYMBOLS.contains(symbol)) {
            return None;
        }
        let groups: Vec<&str> = symbols.chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        Some(Self(groups.join("-")))
    }

    /// Whether it is a code.
    #[must_use]
    pub fn is_code(&self) -> bool {
        !self.0.starts_with(Self::PREFIX)
    }
}

token! {
    /// The secret of a session.
    SessionToken, "gls_"
}

token! {
    /// The secret with which a forgotten password is replaced.
    ResetToken, "rst_"
}

impl ResetToken {
    /// The token in what was pasted: itself, or the link of its mail.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
        Self::parse(text.rsplit_once("/reset/").map_or(text, |(_, token)| token))
    }
}

/// What a person pasted to come in: a link, or a bare token or code.
#[derive(Clone, PartialEq, Eq)]
pub struct Pasted {
    /// The server's origin (`https://host:port`), where a link was pasted.
    pub origin: Option<String>,
    /// The token or code, not yet known to be well formed.
    pub token: String,
}

impl std::fmt::Debug for Pasted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pasted").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Pasted {
    /// Reads what was pasted: surrounding white space and angle brackets are dropped, a link must be
    /// `http(s)://host/…/invite/TOKEN`, and the token or code must be whole.
    ///
    /// # Errors
    /// Says what can be pasted.
    pub fn parse(text: &str) -> Result<Self, super::Invalid> {
        let pasted = Self::read(text)?;
        if Token::parse(&pasted.token).is_some() { Ok(pasted) } else { Err(allowed()) }
    }

    /// As [`Pasted::parse`], but the token may be anything in one word: for a text that is meant to be one, since only
    /// the server knows which there are.
    pub fn read(text: &str) -> Result<Self, super::Invalid> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
        if let Some(code) = spoken_code(text) {
            return Ok(Self { origin: None, token: code });
        }
        if text.is_empty() || text.len() > 2_048 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(allowed());
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self { origin: None, token: text.to_owned() });
        };
        let (host, path) = rest.split_once('/').ok_or_else(allowed)?;
        if !matches!(scheme, "http" | "https") || host.is_empty() || host.contains(['@', '\\', '?', '#']) {
            return Err(allowed());
        }
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let token = path.trim_end_matches('/').rsplit_once("invite/").map(|(_, token)| token).ok_or_else(allowed)?;
        if token.is_empty() || token.contains('/') {
            return Err(allowed());
        }
        Ok(Self { origin: Some(format!("{scheme}://{}", host.to_ascii_lowercase())), token: token.to_owned() })
    }
}

/// A code as people read it off paper and say it: in any letter case, its groups apart by spaces or dashes of any kind,
/// or not at all. Whether its symbols are those of codes is for who looks it up.
fn spoken_code(text: &str) -> Option<String> {
    if text.len() > 64 {
        return None;
    }
    let is_between = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}') || c.is_whitespace();
    let symbols: String = text.chars().filter(|c| !is_between(*c)).map(|c| c.to_ascii_uppercase()).collect();
    // A group is never cut: words that come to as many letters are words.
    let groups = text.split(is_between).filter(|group| !group.is_empty());
    let is_whole = symbols.len() == 12 && symbols.bytes().all(|symbol| symbol.is_ascii_alphanumeric());
    if !is_whole || groups.into_iter().any(|group| group.len() % 4 != 0) {
        return None;
    }
    Some([&symbols[..4], &symbols[4..8], &symbols[8..]].join("-"))
}

fn allowed() -> super::Invalid {
    super::Invalid::new("must be an invite link, a token that begins with inv_, or a code")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_token_is_read_back_and_never_shown_by_debug(random: [u8; 32]) {
            let token = Token::from_random(&random);
            prop_assert_eq!(Token::parse(token.reveal()), Some(token.clone()));
            let shown = format!("{token:?}");
            prop_assert!(!shown.contains(token.hint()));
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in "\\PC{0,80}") {
            let _ = Token::parse(&text);
            let _ = Pasted::parse(&text);
        }

        #[test]
        fn one_secret_has_one_spelling(random: [u8; 32], at in 0_usize..47, other in "[A-Za-z0-9_=+/-]") {
            let token = Token::from_random(&random);
            let mut text = token.reveal().to_owned();
            text.replace_range(at..=at, &other);
            // Another text is another token, or none.
            if let Some(read) = Token::parse(&text) {
                prop_assert_eq!(read == token, text == token.reveal());
                let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(&text[4..]).unwrap().try_into().unwrap();
                prop_assert_eq!(Token::from_random(&bytes), read);
            }
            prop_assert_eq!(SessionToken::parse(token.reveal()), None);
            let session = SessionToken::from_random(&random);
            prop_assert_eq!(SessionToken::parse(session.reveal()), Some(session.clone()));
            prop_assert_eq!(session.hint(), &session.reveal()[43..]);
            let shown = format!("{session:?}");
            prop_assert!(!shown.contains(session.hint()));
        }

        #[test]
        fn what_is_read_out_of_a_paste_is_an_origin_and_a_word(
            text in prop_oneof![
                any::<String>(),
                "[ <]{0,2}(https?|ftp|HTTP)://[a-zA-Z0-9.:@?#\\\\\\[\\]é]{0,12}/([a-z]{0,4}/)?(invite/)?[A-Za-z0-9_/?#-]{0,50}[> ]{0,2}",
            ],
        ) {
            let Ok(pasted) = Pasted::read(&text) else {
                prop_assert!(Pasted::parse(&text).is_err());
                return Ok(());
            };
            prop_assert!(!pasted.token.is_empty() && !pasted.token.contains(|c: char| c.is_whitespace() || c.is_control()));
            if let Some(origin) = &pasted.origin {
                let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).unwrap();
                prop_assert!(!host.is_empty() && !host.contains(['/', '@', '\\', '?', '#']), "{}", origin);
                prop_assert!(!pasted.token.contains('/'));
                let again = Pasted::read(&format!("{origin}/invite/{}", pasted.token)).unwrap();
                prop_assert!(again == pasted, "{:?} {:?}", again, pasted);
            }
            prop_assert_eq!(Pasted::parse(&text).is_ok(), Token::parse(&pasted.token).is_some());
            let shown = format!("{pasted:?}");
            prop_assert!(pasted.origin.is_some() || !shown.contains(&*pasted.token) || pasted.token.len() < 20);
        }
    }

    proptest! {
        #[test]
        fn every_code_is_read_back_as_people_type_it(random: [u8; 32]) {
            let code = Token::code_from_random(&random);
            let text = code.reveal();
            prop_assert!(code.is_code() && text.bytes().all(|byte| byte == b'-' || SYMBOLS.contains(&byte)));
            for typed in [text.to_owned(), text.to_lowercase(), text.replace('-', "")] {
                prop_assert_eq!(Token::parse(&typed), Some(code.clone()));
            }
        }
    }

    #[test]
    fn a_code_is_its_random_number_in_symbols_the_lowest_first() {
        let code = |last: [u8; 2]| {
            let mut random = [0; 32];
            random[14..16].copy_from_slice(&last);
            Token::code_from_random(&random).reveal().to_owned()
        };
        assert_eq!(
            [[0, 0], [0, 1], [0, 31], [1, 0]].map(code),
            ["AAAA-AAAA-AAAA", "BAAA-AAAA-AAAA", "ABAA-AAAA-AAAA", "JJAA-AAAA-AAAA"]
        );
    }

    #[test]
    fn what_looks_like_a_code_is_none() {
        for bad in
            ["7KQX-M2FD-9RW", "7KQXM-2FD-9RWH", "7KQX_M2FD_9RWH", "0KQX-M2FD-9RWH", "IKQX-M2FD-9RWH", "7KQX-M2FD-9Ré"]
        {
            assert_eq!(Token::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn truncated_longer_and_foreign_tokens_are_unknown() {
        let token = Token::from_random(&[7; 32]);
        let text = token.reveal();
        for bad in [
            "",
            "inv_",
            &text[..text.len() - 1],
            &format!("{text}A"),
            &text.replace("inv_", "gls_"),
            &text.to_uppercase(),
        ] {
            assert_eq!(Token::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn links_are_split_into_origin_and_token() {
        let token = Token::from_random(&[9; 32]).reveal().to_owned();
        let link = format!(" <https://Invites.example.org:8443/invite/{token}?utm=1> \n");
        let pasted = Pasted::parse(&link).unwrap();
        assert_eq!(pasted.origin.as_deref(), Some("https://invites.example.org:8443"));
        assert_eq!(pasted.token, token);
        assert_eq!(Pasted::parse(&token).unwrap().origin, None);
        for bad in ["", "hello", "https://example.org/", "ftp://x/invite/inv_a", "javascript://x/invite/inv_a"] {
            assert!(Pasted::parse(bad).is_err(), "{bad}");
        }
        assert!(Pasted::parse(&format!("https://a@b.example/invite/{token}")).is_err());
    }

    #[test]
    fn a_reset_is_read_out_of_its_link() {
        let token = ResetToken::from_random(&[5; 32]);
        let text = token.reveal();
        for pasted in
            [text.to_owned(), format!(" <https://one.example/reset/{text}>\n"), format!("http://a/reset/{text}/")]
        {
            assert_eq!(ResetToken::read(&pasted), Some(token.clone()));
        }
        for bad in ["", "rst_", &text[1..], &format!("https://one.example/invite/x{text}")] {
            assert_eq!(ResetToken::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_meant_to_be_a_token_is_read_though_it_is_not_whole() {
        for text in ["inv_short", "ABCD-EFGH", "https://one.example/invite/inv_short"] {
            assert!(Pasted::parse(text).is_err() && Pasted::read(text).is_ok(), "{text}");
        }
        for text in
            ["", "  ", "two words", "https://one.example/", "https://one.example/invite/", "http://a/invite/b/c"]
        {
            assert!(Pasted::read(text).is_err(), "{text}");
        }
    }
}
