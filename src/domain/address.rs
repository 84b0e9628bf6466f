//! E-mail addresses in one normal form.

use super::Invalid;

/// An e-mail address in its normal form: all lower case, the domain in ASCII (IDNA, UTS 46). At most 254 bytes, an
/// ASCII dot-atom before the `@` (RFC 5321 without quoted parts) that no mail program takes for anything but a name,
/// a domain of at least two labels after it, no address literals. Parsing the normal form gives it back unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// The most bytes that it has.
    pub const MOST: usize = 254;

    /// The normal form of `input`, surrounding white space dropped, or what is allowed.
    pub fn parse(input: &str) -> Result<Self, Invalid> {
        let allowed = || Invalid::new("must be an e-mail address such as kim@example.org");
        let input = input.trim();
        if input.len() > Self::MOST {
            return Err(Invalid::new("must be at most 254 bytes long"));
        }
        let (local, domain) = input.rsplit_once('@').ok_or_else(allowed)?;
        if !is_dot_atom(local) {
            return Err(allowed());
        }
        if means_more_than_a_name(local) {
            return Err(Invalid::new("must not begin with -, / or |, nor have % or ! before the @"));
        }
        // Strict is: labels of 1 to 63 letters, digits and hyphens, no hyphen at either end, no empty last one.
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| allowed())?;
        let (_, top) = domain.rsplit_once('.').ok_or_else(allowed)?;
        if top.bytes().all(|b| b.is_ascii_digit()) {
            return Err(allowed());
        }
        let address = format!("{}@{domain}", local.to_ascii_lowercase());
        if address.len() > Self::MOST { Err(Invalid::new("must be at most 254 bytes long")) } else { Ok(Self(address)) }
    }

    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with all but the first letter before the `@` hidden: `k***@example.org`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        format!("{}***@{domain}", local.chars().next().unwrap_or('*'))
    }
}

/// RFC 5322 `dot-atom`, at most the 64 bytes of RFC 5321.
fn is_dot_atom(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    local.len() <= 64 && local.split('.').all(is_atom)
}

/// Whether mail programs have read more than a name into it: an option (`-f`), a file (`/`), a program (`|`), or a way over
/// another server (`a%b`, `b!a`). Mail servers refuse these as they come from the factory: Exim all but the first, which
/// Postfix does.
fn means_more_than_a_name(local: &str) -> bool {
    local.starts_with(['-', '/', '|']) || local.contains(['%', '!'])
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for Address {
    type Err = Invalid;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        Self::parse(input)
    }
}

impl<'de> serde::Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_normal_form_is_its_own_normal_form(text in "[\\PC]{0,12}@[\\PC]{0,12}\\.[a-zA-Zé]{1,5}") {
            if let Ok(address) = Address::parse(&text) {
                prop_assert!(address.as_str().is_ascii());
                prop_assert_eq!(Address::parse(address.as_str()).unwrap(), address);
            }
        }

        #[test]
        fn a_domain_of_any_letters_has_one_form_in_ascii(
            local in "[a-zA-Z0-9]{1,10}([.+_-][a-zA-Z0-9]{1,10})?",
            // Letters of one direction, without those that combine, or whose capital is another's too.
            domain in "[a-zA-Zà-öø-ÿα-ρσ-ωа-я一-丿ぁ-ゖ]{1,8}(\\.[a-zà-öø-ÿα-ρσ-ω]{1,8}){0,2}\\.[a-zA-Zé]{2,5}",
        ) {
            let address = Address::parse(&format!("{local}@{domain}")).unwrap();
            let (kept_local, kept) = address.as_str().split_once('@').unwrap();
            prop_assert_eq!(kept_local, local.to_ascii_lowercase());
            prop_assert!(kept.is_ascii() && kept.split('.').count() == domain.split('.').count(), "{}", kept);
            prop_assert_eq!(domain.is_ascii(), !kept.contains("xn--"));
            // However it is written: as it is kept, as people read it, and in capitals.
            let (readable, fault) = idna::domain_to_unicode(kept);
            prop_assert!(fault.is_ok());
            for spelling in [kept.to_owned(), readable, domain.to_uppercase()] {
                let again = Address::parse(&format!("{local}@{spelling}")).unwrap();
                prop_assert_eq!(&again, &address, "{}", spelling);
            }
        }

        #[test]
        fn whatever_is_taken_is_fit_for_a_header_and_a_list(
            text in prop_oneof![any::<String>(), "[a-zA-Z0-9.!%/|#+=_\r\n \"<>,;@-]{0,20}@[a-zA-Z0-9.é\u{200b}\u{202e}-]{0,20}\\.[a-z]{1,4}"],
        ) {
            let Ok(address) = Address::parse(&text) else { return Ok(()) };
            let kept = address.as_str();
            prop_assert!(kept.len() <= Address::MOST && kept.bytes().all(|b| b.is_ascii_graphic()));
            prop_assert!(!kept.contains(['"', '<', '>', '(', ')', ',', ';', ':', '[', ']', '\\']), "{}", kept);
            prop_assert_eq!(kept.matches('@').count(), 1);
            prop_assert!(!kept.starts_with(['-', '/', '|', '.']) && !kept.contains(['%', '!']), "{}", kept);
            prop_assert!(!kept.bytes().any(|b| b.is_ascii_uppercase()));
        }

        #[test]
        fn letter_case_and_white_space_make_no_second_address(
            local in "[a-z0-9]{1,10}(\\.[a-z0-9+_-]{1,10})?", domain in "[a-z0-9]{1,10}(\\.[a-z][a-z0-9]{1,8}){1,3}",
            upper in any::<u64>(),
        ) {
            let plain = format!("{local}@{domain}");
            let shout = |(n, c): (usize, char)| if upper >> (n % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c };
            let mixed: String = plain.chars().enumerate().map(shout).collect();
            let address = Address::parse(&format!(" {mixed}\t")).unwrap();
            prop_assert_eq!(address.as_str(), plain.as_str());
            // What is shown of it tells the domain and one letter.
            prop_assert_eq!(address.masked(), format!("{}***@{domain}", &local[..1]));
            let wire = serde_json::to_string(&address).unwrap();
            prop_assert_eq!(serde_json::from_str::<Address>(&wire).unwrap(), address);
        }
    }

    #[test]
    fn one_person_has_one_form() {
        assert_eq!(Address::parse(" Kim@Example.ORG ").unwrap().as_str(), "kim@example.org");
        assert_eq!(Address::parse("KIM@example.org").unwrap().to_string(), "kim@example.org");
        assert_eq!(Address::parse("kim@bücher.example").unwrap().as_str(), "kim@xn--bcher-kva.example");
        assert_eq!(Address::parse("kim@example.org").unwrap().masked(), "k***@example.org");
    }

    #[test]
    fn what_no_mail_server_should_see_is_refused() {
        for bad in [
            "",
            "kim",
            "@example.org",
            "kim@",
            "kim@localhost",
            "\"kim\"@example.org",
            "kim@[127.0.0.1]",
            "kim@127.0.0.1",
            "kım@example.org",
            "a b@example.org",
            "kim@exa mple.org",
            "kim\r\nBcc: x@example.org",
            "kim..x@example.org",
            "kim@-a.org",
            "kim@example.org\0",
            "kim@@example.org",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_begins_as_an_option_a_file_or_a_program_and_ways_over_other_servers_are_no_names() {
        for bad in [
            "-f@a.org",
            "-oQ/tmp@a.org",
            "|cat@a.org",
            "/dev/null@a.org",
            "kim%b.org@a.org",
            "kim%@a.org",
            "b!kim@a.org",
        ] {
            let refused = Address::parse(bad).unwrap_err().to_string();
            assert!(refused.contains("before the @"), "{bad}: {refused}");
        }
        for good in [
            "kim-f@a.org",
            "kim|x@a.org",
            "kim/sales@a.org",
            "kim+tag@a.org",
            "o'kim@a.org",
            "_kim=x@a.org",
            "#1@a.org",
        ] {
            assert_eq!(Address::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn an_address_has_254_bytes_at_the_most_and_64_of_them_before_the_at() {
        // Before the sign and after it, the first label as long as it has to be.
        let address = |local: usize, whole: usize| {
            let rest = format!("@{}.{}.", "b".repeat(63), "c".repeat(63));
            let first = "d".repeat(whole - local - rest.len() - ".org".len());
            format!("{}{rest}{first}.org", "a".repeat(local))
        };
        assert!(Address::parse(&address(64, 254)).is_ok());
        assert!(Address::parse(&address(64, 255)).is_err() && Address::parse(&address(65, 254)).is_err());
        // Punycode can be longer than what was typed.
        let long = format!("{}@{}.{}.example", "a".repeat(60), "bü".repeat(18), "cü".repeat(18));
        assert!(long.len() <= 254 && Address::parse(&long).is_ok());
        let longer = format!("{}@{}é.{}é.{}é.org", "a".repeat(64), "b".repeat(54), "c".repeat(54), "d".repeat(54));
        assert!(longer.len() <= 254 && Address::parse(&longer).is_err());
        for bad in [
            "kim@a..org",
            "kim@.org",
            "kim@a.org.",
            &format!("kim@{}.org", "b".repeat(64)),
            "kim@a-.org",
            "kim@a_b.org",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
