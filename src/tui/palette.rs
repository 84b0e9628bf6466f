//! Every action by its name: what is found, and in which order.

use super::{
    keymap::{Action, KEYMAP, Scope},
    listing::Topic,
    model::Model,
};

/// The actions whose name or description holds the letters of `query` in this order, the best first. Actions of the
/// pane in focus go before others that fit as well; moving about is left out, since the palette is no place for it.
pub fn matches(query: &str, model: &Model) -> Vec<Action> {
    let query = query.to_lowercase();
    let mut found: Vec<(usize, usize, Action)> = KEYMAP
        .iter()
        .filter(|binding| !is_motion(binding.action))
        // What a list over the panes can do is found in it.
        .filter(|binding| {
            let own = binding.scope == Scope::Bulk || Topic::of(binding.scope).is_some();
            !own || binding.scope == model.scope()
        })
        .filter_map(|binding| {
            let by_name = score(&query, binding.label);
            // In a sentence scattered letters find everything.
            let by_help = binding.help.to_lowercase().find(&query).map(|_| 100);
            let score = by_name.into_iter().chain(by_help).min()?;
            let away = usize::from(binding.scope != model.scope() && binding.scope != Scope::Everywhere);
            Some((score, away, binding.action))
        })
        .collect();
    found.sort_by_key(|&(score, away, _)| (score, away));
    found.into_iter().map(|(_, _, action)| action).collect()
}

const fn is_motion(action: Action) -> bool {
    matches!(
        action,
        Action::Down
            | Action::Up
            | Action::PageDown
            | Action::PageUp
            | Action::First
            | Action::Last
            | Action::Left
            | Action::Right
            | Action::NextPane
            | Action::PreviousPane
            | Action::Palette
            | Action::Back
    )
}

/// How far apart the letters of `query` stand in `text`: less is better, `None` where they do not.
fn score(query: &str, text: &str) -> Option<usize> {
    let text = text.to_lowercase();
    if let Some(at) = text.find(query) {
        return Some(at.min(10));
    }
    let mut letters = text.chars();
    let mut gaps = 20;
    for wanted in query.chars().filter(|c| !c.is_whitespace()) {
        gaps += letters.by_ref().position(|c| c == wanted)?;
    }
    Some(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_find_what_they_begin_and_nothing_else() {
        assert!(score("rev", "revoke") < score("rvk", "revoke"));
        assert_eq!(score("xyz", "revoke"), None);
        assert_eq!(score("", "revoke"), Some(0));
    }
}
