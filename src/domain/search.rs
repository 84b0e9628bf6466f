//! Finding a part of a text through an index that both databases have: a full-text index over short tokens.
//!
//! Each text gives the tokens of its three-letter windows, and of its first one and two letters. A search of three
//! letters or more asks for all its windows; a shorter one for the beginning. Windows that stand apart can match by
//! accident, so a hit is looked at again: [`search_pattern`] on the row's [`search_text`].

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

/// The most letters of a text that are indexed, and of a search that are used: as many as an address can have.
const MOST: usize = 254;

/// Tokens under which a row with these texts is found, joined by spaces; `scope` (a band's id, say) is part of each,
/// so that one scope's rows are never looked through for another's.
#[must_use]
pub fn search_tokens(scope: &str, texts: &[&str]) -> String {
    let mut tokens = BTreeSet::new();
    for text in texts {
        let letters = folded(text);
        for n in 1..=letters.len().min(2) {
            tokens.insert(token(scope, 'p', &letters[..n]));
        }
        tokens.extend(letters.windows(3).map(|window| token(scope, 'w', window)));
    }
    tokens.into_iter().collect::<Vec<_>>().join(" ")
}

/// The tokens that a row must have, all of them, to be found by `q`; none where `q` is blank.
#[must_use]
pub fn search_terms(scope: &str, q: &str) -> Vec<String> {
    let letters = folded(q);
    let tokens: BTreeSet<String> = match letters.len() {
        0 => BTreeSet::new(),
        1 | 2 => [token(scope, 'p', &letters)].into(),
        _ => letters.windows(3).map(|window| token(scope, 'w', window)).collect(),
    };
    tokens.into_iter().collect()
}

/// What is kept in the row for [`search_pattern`]: each text in the form in which texts are compared, behind a line end.
#[must_use]
pub fn search_text(texts: &[&str]) -> String {
    let mut kept = String::new();
    for text in texts {
        kept.push('\n');
        kept.extend(folded(text));
    }
    kept
}

/// The pattern for `LIKE … ESCAPE '\'` on a [`search_text`] that `q` finds: a part of one of its texts, under three
/// letters the beginning of one. `None` where `q` is blank.
#[must_use]
pub fn search_pattern(q: &str) -> Option<String> {
    let letters = folded(q);
    let beginning = match letters.len() {
        0 => return None,
        1 | 2 => "\n",
        _ => "",
    };
    let mut pattern = format!("%{beginning}");
    for letter in letters {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    Some(pattern)
}

/// The form in which texts are compared: NFC, lower case, at most 254 letters; control characters are none.
fn folded(text: &str) -> Vec<char> {
    text.trim().nfc().flat_map(char::to_lowercase).filter(|c| !c.is_control()).take(MOST).collect()
}

/// Letters as hexadecimal digits, so that no tokenizer finds anything to split or fold.
fn token(scope: &str, kind: char, letters: &[char]) -> String {
    use std::fmt::Write as _;
    let mut token = format!("{scope}{kind}");
    for &letter in letters {
        let _ = write!(token, "{:x}z", u32::from(letter));
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_part_of_three_letters_or_more_finds_its_text(text in "\\PC{3,40}", start in 0_usize..20, len in 3_usize..20) {
            let part: String = text.chars().skip(start).take(len).collect();
            // Composition can join letters across a cut; a part that is cut there is another text.
            let letters = folded(&part);
            if part.trim() != part || letters.len() < 3 || !folded(&text).windows(letters.len()).any(|w| w == letters) {
                return Ok(());
            }
            let tokens = search_tokens("s", &[&text]);
            let tokens: BTreeSet<&str> = tokens.split(' ').collect();
            prop_assert!(search_terms("s", &part).iter().all(|term| tokens.contains(term.as_str())));
        }
    }

    /// What `LIKE … ESCAPE '\\'` finds.
    fn is_like(text: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|from| is_like(&text[from..], rest)),
            ['_', rest @ ..] => !text.is_empty() && is_like(&text[1..], rest),
            ['\\', letter, rest @ ..] | [letter, rest @ ..] => {
                text.first() == Some(letter) && is_like(&text[1..], rest)
            }
        }
    }

    proptest! {
        #[test]
        fn a_search_finds_what_has_its_letters_and_the_index_loses_none_of_it(
            texts in prop::collection::vec("[aAb%_\\\\é\n' ]{0,8}", 1..3), q in prop_oneof!["[aAb%_\\\\é\n' ]{0,5}", any::<String>()],
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let letters = folded(&q);
            let is_part = |text: &&str| match letters.len() {
                1 | 2 => folded(text).starts_with(&letters),
                n => folded(text).windows(n).any(|part| part == letters),
            };
            let Some(pattern) = search_pattern(&q) else {
                prop_assert!(letters.is_empty() && search_terms("s", &q).is_empty());
                return Ok(());
            };
            let [kept, pattern] = [search_text(&texts), pattern].map(|text| text.chars().collect::<Vec<_>>());
            let is_found = is_like(&kept, &pattern);
            prop_assert_eq!(is_found, texts.iter().any(is_part), "{:?} in {:?}", q, texts);
            let tokens = search_tokens("s", &texts);
            let terms = search_terms("s", &q);
            prop_assert!(!terms.is_empty());
            prop_assert!(!is_found || terms.iter().all(|term| tokens.split(' ').any(|token| token == term)));
        }
    }

    #[test]
    fn patterns_mean_their_letters_and_short_ones_the_beginning() {
        assert_eq!(search_pattern("  "), None);
        assert_eq!(search_pattern("Ki").as_deref(), Some("%\nki%"));
        assert_eq!(search_pattern("50%_\\").as_deref(), Some("%50\\%\\_\\\\%"));
        assert_eq!(search_text(&["Kim Reed", "X@y.org"]), "\nkim reed\nx@y.org");
    }

    #[test]
    fn short_searches_look_at_the_beginning_and_scopes_are_apart() {
        let tokens = search_tokens("a", &["Kim Reed", "x@y.org"]);
        let has = |scope: &str, q: &str| search_terms(scope, q).iter().all(|t| tokens.split(' ').any(|x| x == t));
        assert!(has("a", "k") && has("a", "KI") && has("a", "x@"));
        assert!(!has("a", "im") && !has("a", "re"));
        assert!(has("a", "m re") && !has("b", "kim"));
        assert!(tokens.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' '));
    }
}
