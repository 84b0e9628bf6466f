//! Every action, wherever it is offered: it does something or says why not, and nothing brings the client down.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::{
    keymap::{Action, Scope},
    message::{Effect, Msg},
    model::{Model, Overlay, Screen},
    sample::now,
    theme::Theme,
    view::{tests::all_scenes, view},
};

const SIZE: (u16, u16) = (80, 24);

/// What there can be nothing more of: the end of a list, the pane in focus, nothing to close.
const CAN_REST: &[Action] = &[
    Action::Down,
    Action::Up,
    Action::PageDown,
    Action::PageUp,
    Action::First,
    Action::Last,
    Action::Left,
    Action::Right,
    Action::BandsPane,
    Action::InvitesPane,
    Action::MembersPane,
    Action::Back,
    // A page to be read has nothing to open, and a folded outline nothing to fold.
    Action::Open,
    Action::FoldAll,
    // On a page it scrolls.
    Action::Mark,
    // The poll that it asks for can be on its way.
    Action::Refresh,
];

/// What can be seen of a model, and what it waits for.
fn state(model: &Model) -> String {
    let Model { overlays, screen, toast, invites, bands, members, waiting, focus, undo, .. } = model;
    format!("{overlays:?} {screen:?} {toast:?} {invites:?} {bands:?} {members:?} {waiting:?} {focus:?} {undo:?}")
}

fn draws(model: &Model) {
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(SIZE.0, SIZE.1)).unwrap();
    terminal.draw(|frame| view(model, &Theme::new(crate::config::Theme::None, true), frame)).unwrap();
}

/// Whether the panes or a list that acts by the table of keys lie on top.
fn goes_by_the_table(model: &Model) -> bool {
    let idle = match model.overlays.last() {
        None | Some(Overlay::Listing(_)) => true,
        Some(Overlay::Bulk(bulk)) => {
            bulk.has_list() && bulk.editing.is_none() && bulk.run.as_ref().is_none_or(|run| run.sending.is_none())
        }
        Some(_) => false,
    };
    let typing = [&model.bands.search, &model.invites.search, &model.members.search].iter().any(|search| search.typing);
    model.screen == Screen::Panes && idle && !typing
}

#[test]
fn each_action_does_something_or_says_why_not_wherever_it_is_offered() {
    let (mut contexts, mut tried) = (0, Vec::new());
    for (name, scene) in all_scenes() {
        let model = scene(SIZE);
        if !goes_by_the_table(&model) {
            continue;
        }
        contexts += 1;
        for &action in Action::ALL {
            let offered = [model.scope(), Scope::Everywhere].contains(&action.binding().scope);
            for key in model.settings.keymap.keys(action) {
                // Another action's key stands before those that hold everywhere.
                if !offered || model.settings.keymap.action(model.scope(), *key) != Some(action) {
                    continue;
                }
                let mut model = scene(SIZE);
                let before = state(&model);
                let effects = model.update(Msg::Key(key.event()), now());
                draws(&model);
                let rests = effects.is_empty() && state(&model) == before;
                assert!(
                    !rests || CAN_REST.contains(&action),
                    "{name}: {action} by {key} does nothing and says nothing"
                );
                tried.push(action);
            }
            // By its name it can be asked for from anywhere, by a command or in plain lines.
            let mut model = scene(SIZE);
            let before = state(&model);
            let effects = model.update(Msg::Act(action), now());
            draws(&model);
            let rests = effects.is_empty() && state(&model) == before;
            assert!(!rests || CAN_REST.contains(&action), "{name}: {action} by name does nothing and says nothing");
        }
    }
    assert!(contexts > 20, "{contexts}");
    let untried: Vec<_> =
        Action::ALL.iter().filter(|action| !tried.contains(action) && !action.binding().keys.is_empty()).collect();
    assert!(untried.is_empty(), "no scene offers {untried:?}");
}

#[test]
fn no_key_brings_any_screen_down_and_ctrl_z_and_ctrl_c_hold_on_all_of_them() {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let letters = (' '..='~').map(|c| plain(KeyCode::Char(c)));
    let named = [
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::F(5),
    ];
    let ctrl = ('a'..='z').map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL));
    let keys: Vec<_> = letters.chain(named.map(plain)).chain(ctrl).collect();
    for (name, scene) in all_scenes() {
        // One after the other: what a key opens takes the next one.
        let mut model = scene(SIZE);
        for (at, &key) in keys.iter().enumerate() {
            let effects = model.update(Msg::Key(key), now());
            if effects.iter().any(|effect| matches!(effect, Effect::Quit)) {
                model = scene(SIZE);
            }
            if at % 8 == 0 {
                draws(&model);
            }
        }
        let mut model = scene(SIZE);
        let held = |model: &mut Model, c| {
            model.update(Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)), now())
        };
        assert!(held(&mut model, 'z').iter().any(|effect| matches!(effect, Effect::Suspend)), "{name}");
        assert!(held(&mut model, 'c').iter().any(|effect| matches!(effect, Effect::Quit)), "{name}");
    }
}
