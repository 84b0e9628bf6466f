//! The loop: takes in everything that waits, draws once, sleeps until something happens.

use std::{collections::VecDeque, future::poll_fn, io, sync::Arc, task::Poll, time::Duration};

use crossterm::event::{Event, EventStream, KeyEventKind, MouseButton, MouseEventKind};
use futures_util::{FutureExt as _, StreamExt as _};
use rustix::process::{Pid, Signal as Number, getpgrp, getpid, getsid, kill_current_process_group, kill_process};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{
        mpsc::{UnboundedReceiver, unbounded_channel},
        oneshot,
    },
};

use super::{
    editor::{self, Draft},
    effects::{Arrival, Effects, Order},
    hangup,
    launch::Launcher,
    message::{Effect, Msg, Start},
    model::{Model, Settings},
    places::Profiles,
    terminal::{Screen, TerminalError, announce_unread, give_back},
    theme::Theme,
    view::view,
};
use crate::{
    client::Origin,
    clipboard::Clipboard,
    domain::{SessionToken, Timestamp},
};

/// How long a suspended program waits to be stopped, where there is no shell that could do it.
const STOP: Duration = Duration::from_millis(300);
/// Sleeping has an end even where nothing is due; the clock may have been set.
const LONGEST_SLEEP: Duration = Duration::from_hours(1);

/// What the client is started with.
pub struct Options {
    /// What was decided before the start.
    pub settings: Settings,
    /// The colours.
    pub theme: Theme,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// The way to the clipboard.
    pub clipboard: Clipboard,
    /// The kept sessions, by profile.
    pub profiles: Profiles,
    /// A session of the environment, for the one server that was named with it.
    pub given: Option<(Origin, SessionToken)>,
    /// What to begin with.
    pub start: Start,
    /// What starts the embedded server, if this build has one.
    pub launcher: Option<Arc<dyn Launcher>>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("settings", &self.settings).field("start", &self.start).finish_non_exhaustive()
    }
}

/// Runs the client until the person quits. The terminal is given back on every way out.
///
/// # Errors
/// Where there is no terminal that can show it.
pub fn run(options: Options) -> Result<(), TerminalError> {
    let screen = Screen::take(options.mouse)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async { Loop::new(options, screen)?.run().await });
    // What still waits for a clipboard or a lock must not hold the person.
    runtime.shutdown_background();
    match done {
        // An end like any other, and nobody is left to be told.
        Err(TerminalError::Io(error)) if hangup::is_gone(&error) => Ok(()),
        done => done,
    }
}

struct Loop {
    screen: Screen,
    model: Model,
    theme: Theme,
    effects: Effects,
    arrivals: UnboundedReceiver<Arrival>,
    /// What is read from the terminal; `None` while another program has it.
    events: Option<EventStream>,
    start: Option<Start>,
    /// Whether the mouse is taken.
    mouse: bool,
    end: Signal,
    hang_up: Signal,
    interrupt: Signal,
    quit: Signal,
    stop: Signal,
    proceed: Signal,
    /// Whether the next stop is the one that this program sent to its whole job.
    stopping: bool,
    /// Answers when the terminal is gone.
    gone: oneshot::Receiver<()>,
}

impl Loop {
    fn new(options: Options, screen: Screen) -> Result<Self, TerminalError> {
        let (sender, arrivals) = unbounded_channel();
        let size = screen.size()?;
        Ok(Self {
            model: Model::new(options.settings.clone(), size, Timestamp::now()),
            theme: options.theme,
            effects: Effects::new(sender, options.profiles, options.clipboard, options.launcher, options.given),
            arrivals,
            events: Some(EventStream::new()),
            start: Some(options.start),
            mouse: options.mouse,
            end: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            proceed: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
            stopping: false,
            gone: hangup::watch()?,
            screen,
        })
    }

    async fn run(mut self) -> Result<(), TerminalError> {
        if let Some(start) = self.start.take() {
            let effects = self.model.start(start);
            // First of all, since what the machine trusts is read for a server that speaks TLS, which takes longer.
            self.draw()?;
            if self.execute(effects).await? {
                return Ok(());
            }
        }
        loop {
            self.draw()?;
            let sleep = until(self.model.wake_at());
            let ended = tokio::select! {
                event = next(&mut self.events) => match event {
                    Some(Ok(event)) => self.event(event).await?,
                    // The terminal is gone.
                    Some(Err(_)) | None => true,
                },
                Some(arrival) = self.arrivals.recv() => self.arrival(arrival).await?,
                () = tokio::time::sleep(sleep) => self.msg(Msg::Tick).await?,
                _ = self.end.recv() => true,
                _ = self.hang_up.recv() => true,
                _ = self.interrupt.recv() => true,
                _ = self.quit.recv() => true,
                _ = &mut self.gone => true,
                _ = self.stop.recv() => {
                    // Somebody else stops it, as the shell's own keys would.
                    let effects = if std::mem::take(&mut self.stopping) { Vec::new() } else { self.halt().await? };
                    self.execute(effects).await?
                }
                _ = self.proceed.recv() => {
                    let effects = self.resume()?;
                    self.execute(effects).await?
                }
            };
            if ended || self.drain().await? {
                return Ok(());
            }
        }
    }

    /// Draws what changed.
    fn draw(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.model.dirty) {
            self.screen.draw(|frame| view(&self.model, &self.theme, frame))?;
            if self.mouse {
                self.model.drawn();
            }
        }
        Ok(())
    }

    /// Takes in everything else that waits, so that a thousand keys cost one frame.
    async fn drain(&mut self) -> Result<bool, TerminalError> {
        loop {
            if let Ok(arrival) = self.arrivals.try_recv() {
                if self.arrival(arrival).await? {
                    return Ok(true);
                }
                continue;
            }
            // Asked by this task itself: the stream wakes whoever asked it first, and nobody later.
            let Some(events) = &mut self.events else { return Ok(false) };
            match poll_fn(|cx| Poll::Ready(events.poll_next_unpin(cx))).await {
                Poll::Ready(Some(Ok(event))) => {
                    if self.event(event).await? {
                        return Ok(true);
                    }
                }
                Poll::Ready(_) => return Ok(true),
                Poll::Pending => {
                    // A terminal that cannot be asked has gone, and the stream says so by itself.
                    let _ = announce_unread();
                    return Ok(false);
                }
            }
        }
    }

    async fn arrival(&mut self, arrival: Arrival) -> Result<bool, TerminalError> {
        let msg = match arrival {
            Arrival::Msg(msg) => msg,
            Arrival::Bytes(bytes, msg) => {
                self.screen.write(&bytes)?;
                msg
            }
        };
        if let Msg::Done { id, .. } = &msg {
            self.effects.ended(*id);
        }
        self.msg(msg).await
    }

    async fn event(&mut self, event: Event) -> Result<bool, TerminalError> {
        // A terminal may have dropped what stood outside of a smaller size in between, back at the same size or not.
        if let Event::Resize(..) = event {
            self.screen.forget()?;
        }
        match message(event) {
            Some(msg) => self.msg(msg).await,
            None => Ok(false),
        }
    }

    async fn msg(&mut self, msg: Msg) -> Result<bool, TerminalError> {
        let effects = self.model.update(msg, Timestamp::now());
        self.execute(effects).await
    }

    /// Returns whether the program is to end.
    async fn execute(&mut self, effects: Vec<Effect>) -> Result<bool, TerminalError> {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match self.effects.run(effect) {
                Order::None => {}
                Order::Suspend => {
                    effects.extend(self.suspend().await?);
                }
                Order::Edit(text) => {
                    let Some(edited) = self.edit(&text).await? else { return Ok(true) };
                    effects.extend(edited);
                }
                Order::Quit => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Back to the shell, until it continues the program. The whole job is stopped, as the terminal itself would do it.
    async fn suspend(&mut self) -> Result<Vec<Effect>, TerminalError> {
        self.give_back();
        self.stopping = true;
        kill_current_process_group(Number::TSTP).map_err(io::Error::from)?;
        self.halt().await
    }

    /// Gives the terminal to the editor until that ends; `None` where the program is to end meanwhile.
    async fn edit(&mut self, text: &str) -> Result<Option<Vec<Effect>>, TerminalError> {
        let (mut draft, mut editor) = match Draft::new(text).and_then(|draft| {
            self.give_back();
            draft.open().map(|editor| (draft, editor))
        }) {
            Ok(begun) => begun,
            Err(why) => return self.taken_again(Err(why)).map(Some),
        };
        let id = Pid::from_child(&editor);
        let mut end = tokio::task::spawn_blocking(move || editor.wait());
        let ended = loop {
            tokio::select! {
                ended = &mut end => break editor::ended(ended.map_err(io::Error::other).and_then(|ended| ended)),
                // Stopped with the editor, this program has to stop as well: the shell waits for it.
                _ = self.stop.recv() => if getsid(None).is_ok_and(|session| session != getpgrp()) {
                    kill_process(getpid(), Number::STOP).map_err(io::Error::from)?;
                },
                _ = self.end.recv() => {
                    let _ = kill_process(id, Number::TERM);
                    return Ok(None);
                }
                _ = self.hang_up.recv() => return Ok(None),
                _ = &mut self.gone => return Ok(None),
            }
        };
        // Keys that end things were for the editor.
        while self.interrupt.recv().now_or_never().is_some() || self.quit.recv().now_or_never().is_some() {}
        while self.proceed.recv().now_or_never().is_some() {}
        let edited = ended.and_then(|()| draft.read());
        self.taken_again(edited).map(Some)
    }

    /// Takes the terminal again after the editor had it.
    fn taken_again(&mut self, edited: Result<String, String>) -> Result<Vec<Effect>, TerminalError> {
        let mut effects = self.resume()?;
        effects.extend(self.model.update(Msg::Edited(edited), Timestamp::now()));
        Ok(effects)
    }

    /// Gives the terminal to another program: a shell or an editor.
    fn give_back(&mut self) {
        // Whoever still reads the terminal would take keys away from that program.
        self.events = None;
        give_back();
    }

    /// Gives the terminal back and stops until the shell continues the program.
    async fn halt(&mut self) -> Result<Vec<Effect>, TerminalError> {
        self.give_back();
        // A stop that is listened for does nothing by itself. The first process of a session has no shell that could
        // ever continue it.
        if getsid(None).is_ok_and(|session| session != getpgrp()) {
            kill_process(getpid(), Number::STOP).map_err(io::Error::from)?;
        }
        let _ = tokio::time::timeout(STOP, self.proceed.recv()).await;
        self.resume()
    }

    /// Takes the terminal again. It may have another size by now: only a program in the foreground is told of that.
    fn resume(&mut self) -> Result<Vec<Effect>, TerminalError> {
        self.screen.resume()?;
        // One at a time: a second one would wait until the first has read something.
        self.events.get_or_insert_with(EventStream::new);
        let (width, height) = self.screen.size()?;
        let now = Timestamp::now();
        let mut effects = self.model.update(Msg::Resize(width, height), now);
        effects.extend(self.model.update(Msg::Resumed, now));
        self.model.dirty = true;
        Ok(effects)
    }
}

/// What the terminal says next; nothing as long as another program has it.
async fn next(events: &mut Option<EventStream>) -> Option<io::Result<Event>> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

/// How long to sleep until this instant.
fn until(wake: Option<Timestamp>) -> Duration {
    let Some(wake) = wake else { return LONGEST_SLEEP };
    let micros = wake.micros().saturating_sub(Timestamp::now().micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0)).min(LONGEST_SLEEP)
}

/// What a terminal's event means, `None` where it means nothing.
fn message(event: Event) -> Option<Msg> {
    Some(match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Msg::Key(key),
        Event::Paste(text) => Msg::Paste(text),
        Event::Resize(width, height) => Msg::Resize(width, height),
        Event::Mouse(mouse) => {
            let at = (mouse.column, mouse.row);
            match mouse.kind {
                MouseEventKind::ScrollUp => Msg::Wheel { up: true, at },
                MouseEventKind::ScrollDown => Msg::Wheel { up: false, at },
                MouseEventKind::Down(MouseButton::Left) => Msg::Click { at },
                _ => return None,
            }
        }
        _ => return None,
    })
}
