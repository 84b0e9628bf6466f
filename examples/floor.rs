//! The floor: about the smallest program that shows three panes with ratatui, and ends with a key. What the client costs
//! is compared with it (`cargo bench --bench client`).

use std::io;

use crossterm::event;
use ratatui::{
    layout::{Constraint, Layout},
    widgets::{Block, Paragraph},
};

fn main() -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let drawn = terminal.draw(|frame| {
        let [left, right] = Layout::horizontal([Constraint::Length(24), Constraint::Fill(1)]).areas(frame.area());
        let [above, below] = Layout::vertical([Constraint::Fill(2), Constraint::Fill(1)]).areas(right);
        for (area, title) in [(left, "Bands"), (above, "Invites"), (below, "Members")] {
            frame.render_widget(Paragraph::new("one\ntwo\nthree").block(Block::bordered().title(title)), area);
        }
    });
    let read = drawn.and_then(|_| event::read());
    ratatui::restore();
    read.map(drop)
}
