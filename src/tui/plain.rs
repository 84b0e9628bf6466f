//! The client in plain lines (`--plain`): for screen readers, and for terminals that show no screens. The same model and the
//! same requests; what is chosen and what has changed is said line by line, and words or keys are read from lines.

use std::{
    collections::BTreeSet,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    thread,
    time::Duration,
};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    effects::{Arrival, Effects, Order},
    keymap::{Action, KEYMAP, Key, Scope},
    message::{Effect, Msg},
    model::{Form, Input, Model, Overlay, Purpose, Screen},
    run::Options,
    terminal::TerminalError,
    view::said,
};
use crate::domain::{Pasted, Timestamp};

/// Columns and rows of the screen that is not there: so many rows of a list are held.
const SIZE: (u16, u16) = (100, 60);
/// How long an answer is waited for before the next line is read.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// How long nothing has to happen for everything to count as said.
const QUIET: Duration = Duration::from_millis(40);

/// A line to be read.
enum Wanted {
    Line,
    /// Without being shown while it is typed.
    Secret,
}

/// Runs the client on lines until the person quits or there are no more lines.
///
/// # Errors
/// Where standard output cannot be written to.
pub fn run(options: Options) -> Result<(), TerminalError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async { Talk::new(options).run().await });
    runtime.shutdown_background();
    match done {
        // Nobody listens any more.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

struct Talk {
    model: Model,
    effects: Effects,
    arrivals: UnboundedReceiver<Arrival>,
    /// Asks for the next line, so that none is read before it is known whether it may be shown.
    ask: UnboundedSender<Wanted>,
    lines: UnboundedReceiver<Option<String>>,
    /// What was said last of the panes.
    told: BTreeSet<String>,
    /// What was said last of what lies over them; nothing while nothing does.
    told_over: BTreeSet<String>,
    start: Option<Vec<Effect>>,
    ended: bool,
}

impl Talk {
    fn new(options: Options) -> Self {
        let (sender, arrivals) = unbounded_channel();
        let mut model = Model::new(options.settings.clone(), SIZE, Timestamp::now());
        let start = Some(model.start(options.start));
        // The terminal is sent no sequence, so it is asked for no clipboard either.
        let clipboard = options.clipboard.without_terminal();
        let (ask, lines) = reader();
        Self {
            model,
            effects: Effects::new(sender, options.profiles, clipboard, options.launcher, options.given),
            arrivals,
            ask,
            lines,
            told: BTreeSet::new(),
            told_over: BTreeSet::new(),
            start,
            ended: false,
        }
    }

    async fn run(mut self) -> io::Result<()> {
        say("guestlist in plain lines. Say help for what can be said, quit to end.")?;
        let start = self.start.take().unwrap_or_default();
        self.execute(start);
        self.settle().await;
        self.tell(true)?;
        while !self.ended {
            let secret = self.form().is_some_and(|form| {
                form.sending.is_none()
                    && matches!(form.fields.get(form.focus).map(|field| &field.input), Some(Input::Secret(_)))
            });
            print!("> ");
            io::stdout().flush()?;
            let _ = self.ask.send(if secret { Wanted::Secret } else { Wanted::Line });
            let Some(line) = self.next_line().await? else { return Ok(()) };
            let all = self.take(line.trim());
            self.settle().await;
            self.tell(all)?;
        }
        Ok(())
    }

    /// The next line. What happens meanwhile is said when it matters.
    async fn next_line(&mut self) -> io::Result<Option<String>> {
        loop {
            let wake = self.model.wake_at().map_or(Duration::from_hours(1), |at| {
                let micros = at.micros().saturating_sub(Timestamp::now().micros());
                Duration::from_micros(u64::try_from(micros).unwrap_or(0))
            });
            tokio::select! {
                line = self.lines.recv() => return Ok(line.flatten()),
                Some(arrival) = self.arrivals.recv() => {
                    self.arrived(arrival);
                    self.tell(false)?;
                }
                _ = tokio::signal::ctrl_c() => return Ok(None),
                () = sleep(wake) => self.msg(Msg::Tick),
            }
        }
    }

    /// Waits until what was begun has ended, or takes too long.
    async fn settle(&mut self) {
        let end = Instant::now() + LONGEST_WAIT;
        while Instant::now() < end && !self.ended {
            let waits = self.model.waiting.values().any(|purpose| *purpose != Purpose::Poll)
                || matches!(self.model.screen, Screen::Starting(_))
                || self.model.line.heard.is_none() && !self.model.waiting.is_empty();
            let arrival = if waits {
                timeout_at(end, self.arrivals.recv()).await
            } else {
                timeout(QUIET, self.arrivals.recv()).await
            };
            match arrival {
                Ok(Some(arrival)) => self.arrived(arrival),
                Ok(None) => return,
                Err(_) if waits => return,
                Err(_) => break,
            }
        }
    }

    fn arrived(&mut self, arrival: Arrival) {
        let (Arrival::Msg(msg) | Arrival::Bytes(_, msg)) = arrival;
        if let Msg::Done { id, .. } = &msg {
            self.effects.ended(*id);
        }
        self.msg(msg);
    }

    fn msg(&mut self, msg: Msg) {
        let effects = self.model.update(msg, Timestamp::now());
        self.execute(effects);
    }

    fn execute(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match self.effects.run(effect) {
                // The shell's own keys suspend; an editor draws a screen.
                Order::None | Order::Suspend | Order::Edit(_) => {}
                Order::Quit => self.ended = true,
            }
        }
    }

    /// Says what is new since it was last said, or all of it.
    fn tell(&mut self, all: bool) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        if let Some(toast) = self.model.toast.take() {
            say(&toast.text)?;
        }
        let lines = said(&self.model);
        let over = self.model.screen != Screen::Panes || !self.model.overlays.is_empty();
        // Back from what lay over the panes, they are not read again: only what has changed, and where one is.
        let back = !over && !self.told_over.is_empty();
        let told = if over { &mut self.told_over } else { &mut self.told };
        let chosen = lines.last().filter(|_| back);
        for line in lines.iter().filter(|line| all || !told.contains(*line) || Some(*line) == chosen) {
            say(line)?;
        }
        *told = lines.into_iter().collect();
        if !over {
            self.told_over.clear();
        }
        Ok(())
    }

    fn form(&self) -> Option<&Form> {
        match (self.model.overlays.last(), &self.model.screen) {
            (Some(Overlay::Form(form)), _) | (None, Screen::Entry(form)) => Some(form),
            _ => None,
        }
    }

    /// Does what a line says; returns whether everything is to be said afterwards.
    fn take(&mut self, line: &str) -> bool {
        if self.form().is_some() {
            self.fill(line);
            return false;
        }
        if let Some(Overlay::Bulk(bulk)) = self.model.overlays.last() {
            let (editing, source) = (bulk.editing.is_some(), !bulk.has_list());
            if editing || source {
                self.fill_list(line, editing);
                return false;
            }
        }
        let (word, rest) = line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim()));
        if let Ok(number) = line.parse::<usize>()
            && !matches!(self.model.screen, Screen::Welcome { .. })
        {
            self.choose(number);
            return false;
        }
        match (word, self.model.overlays.last()) {
            ("", _) => {}
            ("list" | "again", _) => return true,
            ("quit" | "exit", None) => self.ended = true,
            ("help", _) => self.help(),
            ("yes" | "no", Some(Overlay::Confirm(_))) => self.press(&word[..1]),
            ("cancel" | "close", Some(Overlay::Confirm(_))) => self.press("esc"),
            (_, Some(Overlay::Confirm(_))) if line.chars().count() == 1 => self.press(line),
            (_, Some(Overlay::Confirm(_))) => {
                let _ = say("Answer yes or no.");
            }
            ("search", Some(Overlay::Finder(_))) => self.msg(Msg::Paste(rest.to_owned())),
            ("close" | "back" | "cancel", Some(_)) => self.press("esc"),
            ("accept" | "decline" | "open", Some(Overlay::Offer(_) | Overlay::Inbox(_))) => {
                if let Ok(number) = rest.parse() {
                    self.choose(number);
                }
                self.press(if word == "decline" { "d" } else { "enter" });
            }
            ("go" | "join", Some(_)) => self.press("enter"),
            ("accept", _) if !rest.is_empty() => self.msg(Msg::Paste(rest.to_owned())),
            ("search", None) => {
                self.msg(Msg::Act(Action::Search));
                self.press("ctrl-u");
                self.msg(Msg::Paste(rest.to_owned()));
                self.press("enter");
            }
            _ if Pasted::parse(line).is_ok_and(|pasted| pasted.origin.is_some() || line.starts_with("inv_")) => {
                self.msg(Msg::Paste(line.to_owned()));
            }
            _ => match (named(line, &self.model), line.parse::<Key>()) {
                (Some(action), _) if !self.takes_keys() => self.msg(Msg::Act(action)),
                (Some(action), _) => match self.model.settings.keymap.keys(action).first() {
                    Some(key) => self.press(&key.to_string()),
                    None => self.msg(Msg::Act(action)),
                },
                (None, Ok(_)) => self.press(line),
                (None, Err(_)) => {
                    // Nothing is done by a word that nobody knows.
                    self.model.toast = None;
                    let _ = say(&format!("Nothing is called {line:?}: say help."));
                }
            },
        }
        false
    }

    /// Whether what lies on top has keys of its own that actions go by.
    fn takes_keys(&self) -> bool {
        matches!(self.model.overlays.last(), Some(Overlay::Details(_) | Overlay::Shown(_) | Overlay::Link(_)))
    }

    /// Puts a line into the field in focus, and goes on to the next one or sends the form.
    fn fill(&mut self, line: &str) {
        let Some(form) = self.form() else { return };
        if form.review.is_some() {
            match line {
                "yes" | "y" => self.press("y"),
                "no" | "n" | "cancel" | "back" => self.press("esc"),
                _ => {
                    let _ = say("Answer yes or no.");
                }
            }
            return;
        }
        let last = form.focus + 1 >= form.fields.len();
        let input = form.fields.get(form.focus).map(|field| field.input.clone());
        match (line, &input) {
            ("cancel" | "back", _) => return self.press("esc"),
            ("send", _) => return self.press("ctrl-s"),
            ("previous", _) => return self.press("shift-tab"),
            ("new account" | "sign in instead", _) => return self.press("ctrl-t"),
            ("forgot password", _) => return self.press("ctrl-r"),
            ("", _) | (_, None) => {}
            (word, Some(Input::Choice { options, selected })) => {
                let word = word.to_lowercase();
                let wanted =
                    options.iter().position(|(wire, label)| *wire == *word || label.to_lowercase().starts_with(&word));
                let Some(wanted) = wanted else {
                    let words: Vec<_> = options.iter().map(|(_, label)| label.as_ref()).collect();
                    let _ = say(&format!("It is one of: {}.", words.join(" / ")));
                    return;
                };
                for _ in 0..(wanted + options.len() - selected) % options.len() {
                    self.press("right");
                }
            }
            // What begins with = is meant as it stands, so that every text can be said.
            (text, Some(_)) => {
                let text = text.strip_prefix('=').unwrap_or(text).to_owned();
                for key in ["ctrl-e", "ctrl-u"] {
                    self.press(key);
                }
                self.msg(Msg::Paste(text));
            }
        }
        if self.form().is_some() {
            self.press(if last { "ctrl-s" } else { "tab" });
        }
    }

    /// Takes a line for a list of people: the path of its file, or the text of a cell that is edited.
    fn fill_list(&mut self, line: &str, editing: bool) {
        match line {
            "" => {}
            "cancel" | "close" | "back" => self.press("esc"),
            "keep" if editing => self.press("enter"),
            "next" if editing => self.press("tab"),
            text => {
                for key in ["ctrl-e", "ctrl-u"] {
                    self.press(key);
                }
                self.msg(Msg::Paste(text.strip_prefix('=').unwrap_or(text).to_owned()));
                if !editing {
                    self.press("enter");
                }
            }
        }
    }

    /// Puts the cursor on a row by its number.
    fn choose(&mut self, number: usize) {
        let down = number.saturating_sub(1).min(500);
        if self.model.overlays.is_empty() {
            let rows = match self.model.focus {
                super::model::Pane::Bands => self.model.bands.list.len(),
                super::model::Pane::Invites => self.model.invites.list.len(),
                super::model::Pane::Members => self.model.members.list.len(),
            };
            for _ in 0..rows {
                self.msg(Msg::Act(Action::Up));
            }
            for _ in 0..down {
                self.msg(Msg::Act(Action::Down));
            }
            return;
        }
        for _ in 0..500 {
            self.key(KeyCode::Up);
        }
        for _ in 0..down {
            self.key(KeyCode::Down);
        }
    }

    fn key(&mut self, code: KeyCode) {
        self.msg(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    /// Presses a key, called as in the keymap.
    fn press(&mut self, key: &str) {
        if let Ok(key) = key.parse::<Key>() {
            self.msg(Msg::Key(key.event()));
        }
    }

    /// What can be said here.
    fn help(&self) {
        let scope = self.model.scope();
        let mut words = Vec::new();
        for binding in KEYMAP.iter().filter(|binding| binding.scope == scope || binding.scope == Scope::Everywhere) {
            if !matches!(binding.action, Action::Help | Action::Palette | Action::Suspend | Action::Quit) {
                words.push(format!("{}: {}", binding.label, binding.help));
            }
        }
        words.push("a number: Choose the row with that number".to_owned());
        words.push("list: Read everything that is here again".to_owned());
        words.push("search WORDS: Search on the server; back shows all again".to_owned());
        words.push("a link, or accept CODE: Look at an invite; then accept or decline".to_owned());
        words.push("close: Close what is open. yes, no: Answer a question. quit: End".to_owned());
        for line in words {
            let _ = say(&line);
        }
    }
}

/// The action of this name, where one is: of what is in view first, then those that hold everywhere, then all others.
fn named(text: &str, model: &Model) -> Option<Action> {
    let text = text.to_lowercase();
    let fits =
        |label: &str, action: Action| label.to_lowercase() == text || action.as_str() == text.replace([' ', '-'], "_");
    let mut found: Vec<_> = KEYMAP.iter().filter(|binding| fits(binding.label, binding.action)).collect();
    found.sort_by_key(|binding| match binding.scope {
        scope if scope == model.scope() => 0,
        Scope::Everywhere => 1,
        _ => 2,
    });
    found.first().map(|binding| binding.action)
}

/// Says a line.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// Reads lines when asked for them, on a thread of its own: a terminal may let it wait for ever.
fn reader() -> (UnboundedSender<Wanted>, UnboundedReceiver<Option<String>>) {
    let (ask, mut asked) = unbounded_channel();
    let (send, lines) = unbounded_channel();
    thread::spawn(move || {
        while let Some(wanted) = asked.blocking_recv() {
            let line = match wanted {
                Wanted::Secret if io::stdin().is_terminal() => rpassword::read_password().ok(),
                Wanted::Secret | Wanted::Line => {
                    let mut line = String::new();
                    match io::stdin().lock().read_line(&mut line) {
                        Ok(1..) => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
                        _ => None,
                    }
                }
            };
            if send.send(line).is_err() {
                return;
            }
        }
    });
    (ask, lines)
}
