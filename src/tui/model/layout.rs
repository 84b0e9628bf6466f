//! Where things stand on the screen: one function for the views, for scrolling and for the mouse.

use ratatui::layout::Rect;

use super::Pane;

/// The fewest columns with which everything can be read.
pub const MIN_WIDTH: u16 = 40;
/// The fewest rows with which everything can be read.
pub const MIN_HEIGHT: u16 = 12;

/// From this width on the panes stand side by side.
const WIDE: u16 = 72;

/// The areas of the three-pane screen. On a narrow one only the pane in focus has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// Server, age of the data, who is signed in, inbox.
    pub header: Rect,
    /// The bands.
    pub bands: Option<Rect>,
    /// The invites.
    pub invites: Option<Rect>,
    /// The members.
    pub members: Option<Rect>,
    /// The keys, or a notice.
    pub footer: Rect,
}

/// Divides a screen of this size. Every key asks for this several times, so it is plain arithmetic.
pub fn areas((width, height): (u16, u16), focus: Pane) -> Areas {
    let header = Rect::new(0, 0, width, height.min(1));
    let body = Rect::new(0, header.height, width, height.saturating_sub(2));
    let footer = Rect::new(0, body.bottom(), width, height.saturating_sub(1).min(1));
    let mut areas = Areas { header, bands: None, invites: None, members: None, footer };
    if width < WIDE {
        *areas.of_mut(focus) = Some(body);
        return areas;
    }
    let left = (width / 4 + 2).clamp(20, 32);
    // The members keep a third, but never less than three of them.
    let lower = (body.height / 3).max(5).min(body.height);
    let upper = body.height - lower;
    areas.bands = Some(Rect { width: left, ..body });
    areas.invites = Some(Rect { x: left, width: width - left, height: upper, ..body });
    areas.members = Some(Rect { x: left, y: body.y + upper, width: width - left, height: lower });
    areas
}

impl Areas {
    /// The area of a pane, if it is on the screen.
    pub const fn of(&self, pane: Pane) -> Option<Rect> {
        match pane {
            Pane::Bands => self.bands,
            Pane::Invites => self.invites,
            Pane::Members => self.members,
        }
    }

    const fn of_mut(&mut self, pane: Pane) -> &mut Option<Rect> {
        match pane {
            Pane::Bands => &mut self.bands,
            Pane::Invites => &mut self.invites,
            Pane::Members => &mut self.members,
        }
    }

    /// Rows of the list in a pane: its lines take two, and the invites' headings one. Above the members the invites
    /// have no lower line of their own.
    pub fn list_height(&self, pane: Pane) -> usize {
        let height = self.of(pane).map_or(0, |area| area.height);
        let taken = if pane == Pane::Invites && self.members.is_none() { 3 } else { 2 };
        usize::from(height.saturating_sub(taken))
    }

    /// What is between header and footer: the place of a list over the panes.
    pub const fn body(&self) -> Rect {
        Rect {
            y: self.header.y + self.header.height,
            height: self.footer.y.saturating_sub(self.header.y + self.header.height),
            ..self.header
        }
    }

    /// Rows of a list over the panes: its lines take two, its headings one.
    pub fn listing_height(&self) -> usize {
        usize::from(self.body().height.saturating_sub(3))
    }

    /// The pane at this column and row.
    pub fn pane_at(&self, (column, row): (u16, u16)) -> Option<Pane> {
        Pane::ALL.into_iter().find(|&pane| self.of(pane).is_some_and(|area| area.contains((column, row).into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_screen_shows_three_panes_and_a_narrow_one_the_pane_in_focus() {
        let wide = areas((80, 24), Pane::Bands);
        assert!(wide.bands.is_some() && wide.invites.is_some() && wide.members.is_some());
        assert!(wide.list_height(Pane::Invites) >= 10 && wide.list_height(Pane::Members) >= 3);
        let narrow = areas((50, 15), Pane::Members);
        assert_eq!((narrow.bands, narrow.members.map(|area| area.width)), (None, Some(50)));
    }

    #[test]
    fn no_size_makes_it_panic() {
        for size in [(0, 0), (1, 1), (72, 1), (500, 3), (u16::MAX, u16::MAX)] {
            let areas = areas(size, Pane::Invites);
            assert!(areas.list_height(Pane::Invites) <= usize::from(size.1));
        }
    }
}
