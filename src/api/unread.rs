//! Why JSON cannot be read, in words for people.

/// What serde says, without the place in the text and without words of its own: of a word that is none of those allowed it
/// names both.
#[must_use]
pub fn why_unread(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let Some((word, allowed)) = text.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", expected "))
    else {
        return text.to_owned();
    };
    let allowed = allowed.strip_prefix("one of ").unwrap_or(allowed).replace('`', "").replace(" or ", ", ");
    format!("{} is unknown; allowed: {allowed}", word.replace('`', "\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Kind, Role};

    #[test]
    fn a_word_that_is_not_allowed_is_named_with_those_that_are() {
        let why = |error: serde_json::Error| why_unread(&error);
        assert_eq!(
            why(serde_json::from_str::<Role>("\"king\"").unwrap_err()),
            "\"king\" is unknown; allowed: member, admin, owner"
        );
        let kind = why(serde_json::from_str::<Kind>("\"letter\"").unwrap_err());
        assert!(kind.starts_with("\"letter\" is unknown; allowed: link, "), "{kind}");
        assert_eq!(why(serde_json::from_str::<u8>("true").unwrap_err()), "invalid type: boolean `true`, expected u8");
    }
}
