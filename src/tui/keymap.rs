//! The keys: one table feeds dispatch, footer, help, palette and the README.

use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// In each pane and list.
    Everywhere,
    /// In the bands pane.
    Bands,
    /// In the invites pane.
    Invites,
    /// In the members pane.
    Members,
    /// In the list of those who ask to come in.
    JoinRequests,
    /// In the list of those who may not come back.
    Bans,
    /// In what happened.
    Audit,
    /// In the list of campaigns.
    Campaigns,
    /// In a list of people to invite at once.
    Bulk,
    /// In the list of templates.
    Templates,
    /// In the list of codes.
    Codes,
    /// In the batches of codes that are to no band.
    SiteCodes,
    /// In the codes of one batch.
    Cards,
    /// In the statistics.
    Stats,
    /// In who invited whom.
    Tree,
    /// In what one may make.
    Quota,
    /// In what one wants no more of.
    Blocks,
    /// In what one has asked of bands.
    OwnRequests,
}

impl Scope {
    /// All of them, in the order of the help.
    pub const ALL: &'static [Self] = &[
        Self::Invites,
        Self::Bands,
        Self::Members,
        Self::Campaigns,
        Self::Codes,
        Self::Templates,
        Self::JoinRequests,
        Self::Bans,
        Self::Audit,
        Self::Bulk,
        Self::SiteCodes,
        Self::Cards,
        Self::Stats,
        Self::Tree,
        Self::Quota,
        Self::Blocks,
        Self::OwnRequests,
        Self::Everywhere,
    ];

    /// Where it is, as a sentence goes on: "in the bands".
    pub const fn place(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Bands => "in the bands",
            Self::Invites => "in the invites",
            Self::Members => "in the members",
            Self::JoinRequests => "in the join requests",
            Self::Bans => "in the bans",
            Self::Audit => "in what happened",
            Self::Campaigns => "in the campaigns",
            Self::Bulk => "in the list of people",
            Self::Templates => "in the templates",
            Self::Codes => "in the codes",
            Self::SiteCodes => "in the site's codes",
            Self::Cards => "in the codes of a batch",
            Self::Stats => "in the statistics",
            Self::Tree => "in who invited whom",
            Self::Quota => "in the quota",
            Self::Blocks => "in the opt-outs",
            Self::OwnRequests => "in your requests",
        }
    }
}

/// A key as it is pressed, `ctrl-p`, `?`, `shift-tab`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// One line of the table.
#[derive(Debug)]
pub struct Binding {
    /// What is done.
    pub action: Action,
    /// Where it can be done.
    pub scope: Scope,
    /// The keys that do it at first, the one that is shown first.
    pub keys: &'static [&'static str],
    /// A word or two for the footer and the palette.
    pub label: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
    /// Whether the footer names it.
    pub footer: bool,
}

macro_rules! keymap {
    ($($action:ident = $word:literal, $scope:ident, [$($key:literal),*], $label:literal, $help:literal $(, $footer:ident)?;)+) => {
        words! {
            /// What a key can do. The words name actions in the configuration and in the palette.
            pub enum Action { $(#[doc = $help] $action = $word),+ }
        }

        /// Every action with its first keys, in the order of the help.
        pub const KEYMAP: &[Binding] = &[$(Binding {
            action: Action::$action,
            scope: Scope::$scope,
            keys: &[$($key),*],
            label: $label,
            help: $help,
            footer: keymap!(@footer $($footer)?),
        }),+];
    };
    (@footer footer) => { true };
    (@footer) => { false };
}

keymap! {
    NewInvite = "new_invite", Invites, ["n"], "new", "Make an invite to the band", footer;
    BulkInvite = "bulk_invite", Invites, ["b"], "bulk", "Invite a list of people: a paste, or a CSV file", footer;
    CopyLink = "copy_link", Invites, ["y"], "copy link", "Copy the invite's link to the clipboard", footer;
    Revoke = "revoke", Invites, ["r"], "revoke", "Revoke the invite, or all marked ones", footer;
    EditInvite = "edit_invite", Invites, ["e"], "edit", "Change role, expiry, uses, label or message of the invite; of all marked ones role and expiry", footer;
    Resend = "resend", Invites, ["s"], "resend", "Mail the invite, or all marked ones, again", footer;
    Extend = "extend", Invites, ["+"], "extend", "Give the invite, or all marked ones, a later end";
    Restore = "restore", Invites, ["U"], "restore", "Undo the revoke of the invite, or of all marked ones";
    RotateLink = "rotate_link", Invites, ["R"], "new link", "Make a new link for the invite; the old one is dead";
    ShowLink = "show_link", Invites, ["L"], "show link", "Show the invite's link on the screen";
    ShowQr = "show_qr", Invites, ["Q"], "QR", "Show the invite's link as a QR code", footer;
    FilterKind = "filter_kind", Invites, ["F"], "kind", "Show only links, e-mails, invites for accounts or codes";
    MarkAll = "mark_all", Invites, ["*"], "mark all", "Mark all that fit search and filter, those off the screen too";
    GroupInvites = "group_invites", Invites, ["c"], "by campaign", "Show the invites by campaign; enter unfolds one and folds it";
    SortInvites = "sort_invites", Invites, ["o"], "order", "Change the order of the invites";

    NewBand = "new_band", Bands, ["n"], "new band", "Make a band", footer;
    FindBand = "find_band", Bands, ["J"], "find band", "Find a band to join, or to ask to join", footer;
    EditBand = "edit_band", Bands, ["e"], "edit", "Change name, description, contact and who may join or invite", footer;
    LeaveBand = "leave_band", Bands, ["x"], "leave", "Leave the band";
    DeleteBand = "delete_band", Bands, ["D"], "delete", "Delete the band; its pending invites end";

    EditMember = "edit_member", Members, ["e"], "role", "Change the member's role, and whether they may invite", footer;
    RemoveMember = "remove_member", Members, ["x"], "remove", "Remove the member from the band", footer;
    TransferBand = "transfer_band", Members, ["T"], "hand over", "Make the member the owner of the band";

    Approve = "approve", JoinRequests, ["t"], "take in", "Take in the person, or all marked ones", footer;
    Deny = "deny", JoinRequests, ["x"], "say no", "Say no to the person, or to all marked ones; they can ask again", footer;

    LiftBan = "lift_ban", Bans, ["x"], "lift ban", "Let the person, or all marked ones, be invited again", footer;

    ByPerson = "by_person", Audit, ["p"], "person", "Show only what the same person did, or all again", footer;
    OfInvite = "of_invite", Audit, ["v"], "invite", "Show only what happened to the same invite, or all again", footer;
    OfAction = "of_action", Audit, ["s"], "such", "Show only what was done in the same way, or all again", footer;
    ExportTrail = "export_trail", Audit, ["w"], "file", "Write what is shown to a file, as CSV or as JSON", footer;
    NewCampaign = "new_campaign", Campaigns, ["n"], "new", "Make a campaign: invites that share role, message and end, and end together", footer;
    EditCampaign = "edit_campaign", Campaigns, ["e"], "edit", "Change name, role, end, message or event of the campaign; role, end and message go to its pending invites", footer;
    CampaignInvites = "campaign_invites", Campaigns, ["v"], "its invites", "Show the campaign's invites in the pane", footer;
    InviteToCampaign = "invite_to_campaign", Campaigns, ["m"], "invite", "Make an invite in the campaign";
    SaveCampaignCodes = "save_campaign_codes", Campaigns, ["w"], "codes", "Write the codes of the campaign to a file, as a table";
    PrintCampaignCodes = "print_campaign_codes", Campaigns, ["p"], "cards", "Write the usable codes of the campaign to a file, as cards to print";
    EndCampaign = "end_campaign", Campaigns, ["x"], "end", "End the campaign, or all marked ones, with all pending invites", footer;
    DeleteCampaign = "delete_campaign", Campaigns, ["D"], "delete", "Delete the campaign, or all marked ones; all pending invites end", footer;
    BulkSend = "bulk_send", Bulk, ["s"], "send", "Make the invites, after the list was checked and you said yes", footer;
    BulkCheck = "bulk_check", Bulk, ["c"], "check", "Ask the server what each row would come to; nothing is made", footer;
    BulkEdit = "bulk_edit", Bulk, ["e"], "mend", "Edit the row in its place; tab goes from cell to cell", footer;
    BulkTerms = "bulk_terms", Bulk, ["t"], "terms", "What the invites have in common: template, campaign, role, end, message, mail", footer;
    BulkWrong = "bulk_wrong", Bulk, ["p"], "wrong", "Show only rows with something wrong, or all again", footer;
    BulkAdd = "bulk_add", Bulk, ["n"], "add", "Add a row", footer;
    BulkDrop = "bulk_drop", Bulk, ["x"], "drop", "Take the row out of the list", footer;
    BulkSave = "bulk_save", Bulk, ["w"], "save", "Write the list with what each row came to into a CSV file", footer;

    NewCodes = "new_codes", Codes, ["n"], "new batch", "Make a batch of codes", footer;
    CopyCode = "copy_code", Codes, ["y"], "copy", "Copy the code to the clipboard", footer;
    ShowCode = "show_code", Codes, ["L"], "show", "Show the link with the code on the screen", footer;
    CodeQr = "code_qr", Codes, ["Q"], "QR", "Show the code as a QR code", footer;
    ShowBatch = "show_batch", Codes, ["v"], "batch", "Show all codes of the code's batch, to read them out; the trail says so", footer;
    RevokeCode = "revoke_code", Codes, ["r"], "revoke", "Revoke the code, or all marked ones", footer;
    SaveCodes = "save_codes", Codes, ["w"], "table", "Write all codes of the code's batch to a file, as a table", footer;
    PrintCodes = "print_codes", Codes, ["p"], "cards", "Write the usable codes of the code's batch to a file, as cards to print", footer;

    NewSiteCodes = "new_site_codes", SiteCodes, ["n"], "new batch", "Make a batch of codes by which accounts can be made", footer;
    ShowSiteCodes = "show_site_codes", SiteCodes, ["v"], "codes", "Show the codes of the batch, to read them out; the trail says so", footer;
    SaveSiteCodes = "save_site_codes", SiteCodes, ["w"], "table", "Write all codes of the batch to a file, as a table", footer;
    PrintSiteCodes = "print_site_codes", SiteCodes, ["p"], "cards", "Write the usable codes of the batch to a file, as cards to print", footer;
    EndSiteCodes = "end_site_codes", SiteCodes, ["x"], "end", "End the batch, or all marked ones, with all pending codes", footer;
    DeleteSiteCodes = "delete_site_codes", SiteCodes, ["D"], "delete", "Delete the batch, or all marked ones; all pending codes end", footer;

    CopyCard = "copy_card", Cards, ["y"], "copy", "Copy the code to the clipboard", footer;
    CardLink = "card_link", Cards, ["L"], "link", "Show the link that says the same as the code", footer;
    CardQr = "card_qr", Cards, ["Q"], "QR", "Show the code as a QR code", footer;

    NewTemplate = "new_template", Templates, ["n"], "new", "Make a template: what new invites have in common", footer;
    UseTemplate = "use_template", Templates, ["m"], "invite", "Make an invite by the template", footer;
    EditTemplate = "edit_template", Templates, ["e"], "edit", "Change the template", footer;
    DeleteTemplate = "delete_template", Templates, ["D"], "delete", "Delete the template, or all marked ones; what was made by it stays", footer;
    ShowPerson = "show_person", Tree, ["d"], "details", "Show the person in full", footer;
    FoldAll = "fold_all", Tree, ["z"], "fold all", "Fold everything", footer;

    SetQuota = "set_quota", Quota, ["e"], "set somebody's", "Set how many invites somebody may make in 30 days; for who runs the site", footer;

    LiftBlock = "lift_block", Blocks, ["x"], "lift", "Let such invites, or those of all marked ones, come again", footer;

    Open = "open", Everywhere, ["enter"], "details", "Open what the cursor is on";
    Search = "search", Everywhere, ["/"], "search", "Search the pane on the server while typing", footer;
    Mark = "mark", Everywhere, ["space"], "mark", "Mark the row; what follows is done to all marked";
    Filter = "filter", Everywhere, ["f"], "filter", "Show only those of one status, then of the next";
    Back = "back", Everywhere, ["esc"], "back", "Close what is open, or clear marks, search and filter";
    Accept = "accept", Everywhere, ["a"], "accept", "Accept an invite by pasting its link, token or code", footer;
    Inbox = "inbox", Everywhere, ["i"], "inbox", "Show the invites that wait for you";
    Campaigns = "campaigns", Everywhere, ["C"], "campaigns", "Show the band's campaigns";
    Codes = "codes", Everywhere, ["K"], "codes", "Show the band's codes: short, for paper, the telephone and the door";
    SiteCodes = "site_codes", Everywhere, ["Z"], "site codes", "Show the codes that are to no band, for who runs the site";
    Templates = "templates", Everywhere, ["P"], "templates", "Show the band's templates for new invites";
    JoinRequests = "join_requests", Everywhere, ["W"], "join requests", "Show who asks to come into the band";
    Bans = "bans", Everywhere, ["B"], "bans", "Show who may not come back to the band";
    Audit = "audit", Everywhere, ["A"], "audit trail", "Show what happened in the band, by whom and when";
    SwitchAccount = "switch_account", Everywhere, ["@"], "switch account", "Go to another account, profile or server";
    Stats = "stats", Everywhere, ["S"], "statistics", "Show what the band's invites have come to, as bars and in words";
    Tree = "tree", Everywhere, ["V"], "who invited whom", "Show who brought whom into the band; enter unfolds a person and folds them";
    Quota = "quota", Everywhere, ["%"], "quota", "Show how many invites you may make";
    Blocks = "blocks", Everywhere, ["O"], "opt-outs", "Show what you want no more invites and mail of";
    OwnRequests = "own_requests", Everywhere, ["M"], "my requests", "Show what you have asked of bands, and what was said";
    Undo = "undo", Everywhere, ["u"], "undo", "Undo the last revoke, within ten minutes";
    Palette = "palette", Everywhere, [":", "ctrl-p"], "commands", "Find any action by its name";
    Help = "help", Everywhere, ["?"], "help", "Show the keys of the pane", footer;
    Refresh = "refresh", Everywhere, ["ctrl-r", "f5"], "refresh", "Ask the server now";

    Down = "down", Everywhere, ["j", "down"], "down", "Next row";
    Up = "up", Everywhere, ["k", "up"], "up", "Row before";
    PageDown = "page_down", Everywhere, ["pagedown", "ctrl-f"], "page down", "A screen down";
    PageUp = "page_up", Everywhere, ["pageup", "ctrl-b"], "page up", "A screen up";
    First = "first", Everywhere, ["g", "home"], "first", "First row";
    Last = "last", Everywhere, ["G", "end"], "last", "Last row";
    NextPane = "next_pane", Everywhere, ["tab"], "next pane", "Next pane";
    PreviousPane = "previous_pane", Everywhere, ["shift-tab"], "previous pane", "Pane before";
    Left = "left", Everywhere, ["h", "left"], "left", "To the bands";
    Right = "right", Everywhere, ["l", "right"], "right", "To the invites";
    BandsPane = "bands_pane", Everywhere, ["1"], "bands", "To the bands";
    InvitesPane = "invites_pane", Everywhere, ["2"], "invites", "To the invites";
    MembersPane = "members_pane", Everywhere, ["3"], "members", "To the members";

    Verify = "verify", Everywhere, [], "verify address", "Verify your address, by a code that is mailed to you";
    SignOut = "sign_out", Everywhere, [], "sign out", "Sign out of this server";
    Suspend = "suspend", Everywhere, ["ctrl-z"], "suspend", "Back to the shell until `fg`";
    Quit = "quit", Everywhere, ["q", "ctrl-c"], "quit", "Quit";
}

impl Key {
    /// A key event without what keyboards report differently: a capital letter carries its shift itself.
    pub fn of(event: KeyEvent) -> Self {
        Self::normal(event.code, event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT))
    }

    /// Whether it is the key of this name, as [`FromStr`] reads it.
    pub fn is(self, name: &str) -> bool {
        name.parse() == Ok(self)
    }

    /// The character that is typed, `None` for a command.
    pub const fn as_char(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    /// The event of this key being pressed.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// Whether it is this letter with Ctrl held.
    pub fn is_ctrl(self, letter: char) -> bool {
        self.code == KeyCode::Char(letter) && self.modifiers == KeyModifiers::CONTROL
    }

    fn normal(code: KeyCode, modifiers: KeyModifiers) -> Self {
        match code {
            KeyCode::BackTab => Self { code: KeyCode::Tab, modifiers: modifiers | KeyModifiers::SHIFT },
            KeyCode::Char(c) => Self { code: KeyCode::Char(c), modifiers: modifiers - KeyModifiers::SHIFT },
            code => Self { code, modifiers },
        }
    }
}

impl FromStr for Key {
    type Err = crate::domain::Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || {
            crate::domain::Invalid::new(
                "must be a character or one of enter, esc, tab, space, backspace, delete, up, down, left, right, home, \
                 end, pageup, pagedown, f1 to f12, with ctrl-, alt- or shift- before it",
            )
        };
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        loop {
            let (modifier, prefix) = match rest {
                _ if rest.starts_with("ctrl-") => (KeyModifiers::CONTROL, "ctrl-"),
                _ if rest.starts_with("alt-") => (KeyModifiers::ALT, "alt-"),
                _ if rest.starts_with("shift-") => (KeyModifiers::SHIFT, "shift-"),
                _ => break,
            };
            if rest.len() == prefix.len() {
                break;
            }
            modifiers |= modifier;
            rest = &rest[prefix.len()..];
        }
        let code = match rest {
            "enter" => KeyCode::Enter,
            "esc" => KeyCode::Esc,
            "tab" => KeyCode::Tab,
            "space" => KeyCode::Char(' '),
            "backspace" => KeyCode::Backspace,
            "delete" => KeyCode::Delete,
            "up" => KeyCode::Up,
            "down" => KeyCode::Down,
            "left" => KeyCode::Left,
            "right" => KeyCode::Right,
            "home" => KeyCode::Home,
            "end" => KeyCode::End,
            "pageup" => KeyCode::PageUp,
            "pagedown" => KeyCode::PageDown,
            _ => {
                let mut chars = rest.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) if !c.is_control() && c != ' ' => KeyCode::Char(c),
                    (Some('f'), Some(_)) => match rest[1..].parse() {
                        Ok(number @ 1..=12) => KeyCode::F(number),
                        _ => return Err(unknown()),
                    },
                    _ => return Err(unknown()),
                }
            }
        };
        Ok(Self::normal(code, modifiers))
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (modifier, name) in
            [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-"), (KeyModifiers::SHIFT, "shift-")]
        {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::Enter => f.write_str("enter"),
            KeyCode::Esc => f.write_str("esc"),
            KeyCode::Tab => f.write_str("tab"),
            KeyCode::Backspace => f.write_str("backspace"),
            KeyCode::Delete => f.write_str("delete"),
            KeyCode::Up => f.write_str("up"),
            KeyCode::Down => f.write_str("down"),
            KeyCode::Left => f.write_str("left"),
            KeyCode::Right => f.write_str("right"),
            KeyCode::Home => f.write_str("home"),
            KeyCode::End => f.write_str("end"),
            KeyCode::PageUp => f.write_str("pageup"),
            KeyCode::PageDown => f.write_str("pagedown"),
            KeyCode::F(number) => write!(f, "f{number}"),
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// The keys in force.
#[derive(Debug, Clone)]
pub struct Keymap {
    bound: Vec<(Action, Vec<Key>)>,
}

impl Default for Keymap {
    fn default() -> Self {
        let keys = |binding: &Binding| binding.keys.iter().filter_map(|key| key.parse().ok()).collect();
        Self { bound: KEYMAP.iter().map(|binding| (binding.action, keys(binding))).collect() }
    }
}

impl Keymap {
    /// The keys with changes over them: each change gives an action its only keys.
    ///
    /// # Errors
    /// The action whose key is taken, the key, and the action that has it.
    pub fn with(changes: &[(Action, Vec<Key>)]) -> Result<Self, (Action, Key, Action)> {
        let mut map = Self::default();
        for (action, keys) in changes {
            if let Some(bound) = map.bound.iter_mut().find(|(bound, _)| bound == action) {
                bound.1.clone_from(keys);
            }
        }
        for (action, keys) in changes {
            for key in keys {
                let other = KEYMAP.iter().find(|binding| {
                    binding.action != *action
                        && overlap(binding.scope, scope_of(*action))
                        && map.keys(binding.action).contains(key)
                });
                if let Some(other) = other {
                    return Err((*action, *key, other.action));
                }
            }
        }
        Ok(map)
    }

    /// The keys of an action, the one that is shown first.
    pub fn keys(&self, action: Action) -> &[Key] {
        self.bound.iter().find(|(bound, _)| *bound == action).map_or(&[], |(_, keys)| keys)
    }

    /// What the key does in this scope: the pane's own meaning goes before the one that holds everywhere.
    pub fn action(&self, scope: Scope, key: Key) -> Option<Action> {
        let holds = |wanted: Scope| {
            KEYMAP.iter().find(|b| b.scope == wanted && self.keys(b.action).contains(&key)).map(|b| b.action)
        };
        holds(scope).or_else(|| holds(Scope::Everywhere))
    }
}

/// The table in Markdown, for the README.
pub fn reference() -> String {
    let row = |binding: &Binding| {
        let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
        let place = binding.scope.place();
        let place = place.strip_prefix("in the ").unwrap_or(place);
        format!("| {} | {place} | {} | `{}` |\n", keys.join(" "), binding.help, binding.action)
    };
    let head = "| keys | where | what | action |\n|---|---|---|---|\n".to_owned();
    std::iter::once(head).chain(KEYMAP.iter().map(row)).collect()
}

impl Action {
    /// The action's line in the table.
    pub fn binding(self) -> &'static Binding {
        // The table is made of the enumeration, so each action stands at its own place.
        &KEYMAP[self as usize]
    }
}

fn scope_of(action: Action) -> Scope {
    action.binding().scope
}

fn overlap(one: Scope, other: Scope) -> bool {
    one == other || one == Scope::Everywhere || other == Scope::Everywhere
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_its_own_line_and_every_key_can_be_read() {
        for (binding, action) in KEYMAP.iter().zip(Action::ALL) {
            assert_eq!(binding.action, *action);
            for key in binding.keys {
                assert_eq!(key.parse::<Key>().unwrap().to_string(), *key);
            }
        }
    }

    #[test]
    fn the_readme_lists_every_key_as_it_is() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        let readme = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = readme.split_once("cargo test --lib keymap -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- end of the keymap -->").unwrap();
        let now = format!("{before}cargo test --lib keymap -->\n\n{}\n<!-- end of the keymap -->{after}", reference());
        if std::env::var_os("GUESTLIST_WRITE").is_some() {
            std::fs::write(&path, &now).unwrap();
        } else {
            assert!(readme == now, "write it again with GUESTLIST_WRITE=1 cargo test --lib keymap");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_key_is_written_as_it_is_read(
            text in proptest::prop_oneof![
                proptest::prelude::any::<String>(),
                "(ctrl-|alt-|shift-){0,3}(enter|esc|tab|space|up|pagedown|f[0-9]{1,3}|[ -~é]|\\PC)",
            ],
        ) {
            if let Ok(key) = text.parse::<Key>() {
                let shown = key.to_string();
                proptest::prop_assert_eq!(shown.parse::<Key>(), Ok(key));
                proptest::prop_assert!(key.is(&text) && Key::of(key.event()) == key);
                proptest::prop_assert_eq!(crate::domain::clean_line(&shown), shown);
            }
        }
    }

    #[test]
    fn no_key_has_two_meanings_in_one_place() {
        for (at, one) in KEYMAP.iter().enumerate() {
            for other in &KEYMAP[at + 1..] {
                let shared = one.keys.iter().find(|key| other.keys.contains(key));
                assert!(shared.is_none() || !overlap(one.scope, other.scope), "{shared:?}: {one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_changed_key_replaces_the_old_and_a_taken_one_is_refused() {
        let key = |text: &str| text.parse::<Key>().unwrap();
        let map = Keymap::with(&[(Action::Revoke, vec![key("ctrl-x")])]).unwrap();
        assert_eq!(map.action(Scope::Invites, key("ctrl-x")), Some(Action::Revoke));
        assert_eq!(map.action(Scope::Invites, key("r")), None);
        let refused = Keymap::with(&[(Action::Revoke, vec![key("q")])]).unwrap_err();
        assert_eq!(refused, (Action::Revoke, key("q"), Action::Quit));
        assert!(Keymap::with(&[(Action::NewBand, vec![key("r")])]).is_ok());
    }
}
