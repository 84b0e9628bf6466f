//! The terminal: taken over on start, given back on every way out, and written to only when something changed.

use std::{
    cell::RefCell,
    io::{self, IsTerminal as _, Write},
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    cursor, event,
    terminal::{self, EnterAlternateScreen, LeaveAlternateScreen},
};
use ratatui::{
    Terminal,
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

/// Whether the terminal is taken over, and with the mouse.
static TAKEN: AtomicBool = AtomicBool::new(false);
static MOUSE: AtomicBool = AtomicBool::new(false);

/// What a terminal that knows it shows at once, and another ignores.
const BEGIN_FRAME: &[u8] = b"\x1b[?2026h";
const END_FRAME: &[u8] = b"\x1b[?2026l";

/// Why the terminal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TerminalError {
    /// Output goes to a file or a pipe.
    #[error(
        "the client needs a terminal, and the output goes elsewhere; `guestlist --help` shows the commands for scripts"
    )]
    NoTerminal,
    /// A terminal that understands no sequences.
    #[error(
        "this terminal (TERM={0}) cannot show the client; `guestlist --help` shows the commands that need nothing of it"
    )]
    Dumb(String),
    /// The system said no.
    #[error("the terminal cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// The terminal while it is taken over. Dropping it gives it back.
pub struct Screen {
    terminal: Terminal<Frames<io::Stdout>>,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").finish_non_exhaustive()
    }
}

impl Screen {
    /// Takes the terminal over. Asks it nothing, so a slow connection waits for nothing.
    ///
    /// # Errors
    /// Where there is no terminal, or one that cannot do this.
    pub fn take(mouse: bool) -> Result<Self, TerminalError> {
        if !io::stdout().is_terminal() {
            return Err(TerminalError::NoTerminal);
        }
        let term = std::env::var("TERM").unwrap_or_default();
        if term.is_empty() || term == "dumb" {
            return Err(TerminalError::Dumb(if term.is_empty() { "nothing".to_owned() } else { term }));
        }
        MOUSE.store(mouse, Ordering::SeqCst);
        give_back_on_panic();
        enter()?;
        let terminal = Terminal::new(Frames::new(io::stdout())).inspect_err(|_| give_back())?;
        Ok(Self { terminal })
    }

    /// Draws a frame; writes nothing where nothing changed.
    pub fn draw(&mut self, view: impl FnOnce(&mut ratatui::Frame)) -> io::Result<()> {
        self.terminal.draw(view).map(drop)
    }

    /// Columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    /// Writes bytes that are no part of a frame.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(bytes)?;
        out.flush()
    }

    /// The next frame is drawn whole: what stands on the screen is not known any more.
    pub fn forget(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// Takes the terminal over again after the program was suspended; the next frame is drawn whole.
    pub fn resume(&mut self) -> io::Result<()> {
        enter()?;
        self.terminal.backend_mut().forget();
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    crossterm::queue!(out, EnterAlternateScreen, event::EnableBracketedPaste, cursor::Hide)?;
    if MOUSE.load(Ordering::SeqCst) {
        crossterm::queue!(out, event::EnableMouseCapture)?;
    }
    out.flush()
}

/// Gives the terminal back as it was; does nothing where that is done already.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // A frame may have been cut off in the middle.
    let _ = out.write_all(END_FRAME);
    if MOUSE.load(Ordering::SeqCst) {
        let _ = crossterm::queue!(out, event::DisableMouseCapture);
    }
    let _ = crossterm::queue!(out, event::DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = out.flush();
    let _ = terminal::disable_raw_mode();
}

/// Lets the stream of events hear of keys that wait to be read.
///
/// It reads at most a kilobyte each time it hears of new input, and of what is left it would hear only with the next key.
/// Setting the terminal's attributes to what they are wakes whoever waits for it, and changes nothing.
pub(super) fn announce_unread() -> io::Result<()> {
    let input = io::stdin();
    if input.is_terminal() && rustix::io::ioctl_fionread(&input)? > 0 {
        let attributes = rustix::termios::tcgetattr(&input)?;
        rustix::termios::tcsetattr(&input, rustix::termios::OptionalActions::Now, &attributes)?;
    }
    Ok(())
}

/// The report of a panic belongs on a screen that can be read. Other threads, the embedded server's above all, answer
/// for theirs: the client goes on, so its screen stays whole.
fn give_back_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        let own = std::thread::current().id();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().id() == own || !TAKEN.load(Ordering::SeqCst) {
                give_back();
                report(panic);
            } else {
                tracing::error!(%panic, "a thread in the background panicked");
            }
        }));
    });
}

/// The bytes of the frame being drawn.
#[derive(Debug, Clone, Default)]
struct Pending(Rc<RefCell<Vec<u8>>>);

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A backend that gathers a frame and writes it in one piece, or not at all where it is like the last.
pub struct Frames<W: Write> {
    inner: CrosstermBackend<Pending>,
    pending: Pending,
    out: W,
    /// Where the cursor was put last; `None` while it is hidden.
    cursor: Option<Position>,
    /// Whether something was drawn since the cursor was put there.
    moved: bool,
}

impl<W: Write> std::fmt::Debug for Frames<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

impl<W: Write> Frames<W> {
    /// A backend that writes to `out`, where the cursor is hidden.
    pub fn new(out: W) -> Self {
        let pending = Pending::default();
        Self { inner: CrosstermBackend::new(pending.clone()), pending, out, cursor: None, moved: false }
    }

    /// Another program had the terminal: nothing is known of the cursor but that it was hidden again.
    const fn forget(&mut self) {
        self.cursor = None;
        self.moved = true;
    }
}

impl<W: Write> Backend for Frames<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.moved = true;
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor.take().is_some() { self.inner.hide_cursor() } else { Ok(()) }
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.cursor.is_some() {
            return Ok(());
        }
        self.cursor = Some(Position::MAX);
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // The terminal is never asked.
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor == Some(position) && !self.moved {
            return Ok(());
        }
        if self.cursor.is_some() {
            self.cursor = Some(position);
            self.moved = false;
        }
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.moved = true;
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.moved = true;
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        terminal::size().map(Size::from)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        let frame = std::mem::take(&mut *self.pending.0.borrow_mut());
        if frame.is_empty() {
            return Ok(());
        }
        self.out.write_all(&[BEGIN_FRAME, &frame, END_FRAME].concat())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{TerminalOptions, Viewport, layout::Rect, style::Stylize as _, text::Line, widgets::Paragraph};

    use super::*;

    type Out = Pending;

    fn terminal() -> (Terminal<Frames<Out>>, Out) {
        let out = Out::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 80, 24));
        let terminal = Terminal::with_options(Frames::new(out.clone()), TerminalOptions { viewport }).unwrap();
        (terminal, out)
    }

    fn taken(out: &Out) -> Vec<u8> {
        std::mem::take(&mut *out.0.borrow_mut())
    }

    fn list(frame: &mut ratatui::Frame, selected: u16) {
        for row in 0..20 {
            let line = Line::from(format!("row {row:<60}"));
            let line = if row == selected { line.reversed() } else { line };
            frame.render_widget(Paragraph::new(line), Rect::new(0, row, 80, 1));
        }
    }

    #[test]
    fn a_frame_like_the_last_writes_nothing() {
        let (mut terminal, out) = terminal();
        terminal.draw(|frame| list(frame, 3)).unwrap();
        assert!(taken(&out).starts_with(BEGIN_FRAME));
        for _ in 0..3 {
            terminal.draw(|frame| list(frame, 3)).unwrap();
            assert_eq!(taken(&out), b"");
        }
    }

    #[test]
    fn a_resting_text_cursor_writes_nothing_and_a_moved_one_a_few_bytes() {
        let (mut terminal, out) = terminal();
        let draw = |terminal: &mut Terminal<_>, x: u16| {
            terminal
                .draw(|frame| {
                    list(frame, 3);
                    frame.set_cursor_position((x, 1));
                })
                .unwrap();
        };
        draw(&mut terminal, 5);
        assert!(String::from_utf8_lossy(&taken(&out)).contains("\x1b[?25h"));
        draw(&mut terminal, 5);
        assert_eq!(taken(&out), b"");
        draw(&mut terminal, 6);
        let moved = taken(&out);
        assert!(!moved.is_empty() && moved.len() < 40, "{}", moved.len());
        terminal.draw(|frame| list(frame, 3)).unwrap();
        assert!(String::from_utf8_lossy(&taken(&out)).contains("\x1b[?25l"));
    }
}
