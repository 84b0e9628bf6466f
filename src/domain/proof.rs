//! What is mailed so that its reader can show that the mail came to them.

use super::{Invalid, token::SYMBOLS};

/// A code that proves an address: eight symbols in two groups, `7KQX-M2FD`, read in any letter case, with or without the
/// hyphen. It is short, so it is guarded: it works for minutes, and for a few tries.
#[derive(Clone, PartialEq, Eq)]
pub struct AddressCode(String);

impl AddressCode {
    /// The code of these random bytes. All codes are as good as equally likely: 31⁸ of them out of 2⁶⁴ numbers.
    #[must_use]
    pub fn from_random(random: [u8; 8]) -> Self {
        let mut number = u64::from_be_bytes(random);
        let mut code = String::with_capacity(9);
        for place in 0..8 {
            if place == 4 {
                code.push('-');
            }
            code.push(char::from(SYMBOLS[(number % 31) as usize]));
            number /= 31;
        }
        Self(code)
    }

    /// The code as somebody typed it.
    ///
    /// # Errors
    /// Says what a code looks like.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = || Invalid::new("must be the eight letters and digits of the mail, such as 7KQX-M2FD");
        let text = text.trim();
        if text.len() > 9 {
            return Err(allowed());
        }
        let symbols = text.replacen(['-', ' '], "", 1).to_ascii_uppercase();
        if symbols.len() != 8 || !symbols.bytes().all(|symbol| SYMBOLS.contains(&symbol)) {
            return Err(allowed());
        }
        let (first, second) = symbols.split_at(4);
        Ok(Self(format!("{first}-{second}")))
    }

    /// The secret itself, for the mail.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AddressCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_code_is_read_back_as_people_type_it(random: [u8; 8]) {
            let code = AddressCode::from_random(random);
            let text = code.reveal();
            for typed in [text.to_owned(), text.to_lowercase(), text.replace('-', ""), text.replace('-', " "), format!(" {text}\n")] {
                prop_assert_eq!(AddressCode::parse(&typed), Ok(code.clone()));
            }
            let shown = format!("{code:?}");
            prop_assert!(!shown.contains(&text[5..]));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,12}") {
            let _ = AddressCode::parse(&text);
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for bad in
            ["", "7KQX", "7KQX-M2F", "7KQX-M2FDD", "7KQX-M2F0", "7KQX--M2FD", "7KQX_M2FD", "7KQX-M2Fé", "é7KQXM2F"]
        {
            assert!(AddressCode::parse(bad).is_err(), "{bad}");
        }
    }
}
