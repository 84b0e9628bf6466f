//! E-mail addresses in one normal form.

use super::Invalid;

/// An e-mail address in its normal form: all lower case, the domain in ASCII (IDNA, UTS 46). At most 254 bytes, an
/// ASCII dot-atom before the `@` (RFC 5321 without quoted parts), a domain of at least two labels after it, no
/// address literals. Parsing the normal form gives it back unchanged.
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
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| allowed())?;
        let labels: Vec<&str> = domain.split('.').collect();
        let is_label = |l: &&str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-');
        let numeric_top = labels.last().is_none_or(|top| top.bytes().all(|b| b.is_ascii_digit()));
        if labels.len() < 2 || !labels.iter().all(is_label) || numeric_top {
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
    }

    #[test]
    fn one_person_has_one_form() {
        assert_eq!(Address::parse(" Kim@Example.ORG ").unwrap().as_str(), "kim@example.org");
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
        assert!(Address::parse(&format!("{}@{}.org", "a".repeat(64), "b".repeat(200))).is_err());
    }
}
