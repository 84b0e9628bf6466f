//! A link as a QR code of half blocks: two squares above each other are one character.

use qrcode::{Color, EcLevel, QrCode};

/// The white edge that readers look for, in squares, and the least with which most of them make do.
const EDGES: [u16; 3] = [4, 2, 1];

/// A QR code and where it stands on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    /// The code's squares, row by row; true is dark.
    dark: Vec<bool>,
    /// Squares of a side.
    side: u16,
    /// Squares of the white edge.
    edge: u16,
}

/// The columns and rows that a text needs at least.
pub(super) fn least(text: &str) -> Option<(u16, u16)> {
    let (_, side) = encode(text)?;
    let all = side + 2 * EDGES[EDGES.len() - 1];
    Some((all, all.div_ceil(2)))
}

/// The text as a QR code with the widest edge that fits into so many columns and rows; `None` where none does.
pub(super) fn picture(text: &str, columns: u16, rows: u16) -> Option<Picture> {
    let (dark, side) = encode(text)?;
    let edge = EDGES.into_iter().find(|edge| {
        let all = side + 2 * edge;
        all <= columns && all.div_ceil(2) <= rows
    })?;
    Some(Picture { dark, side, edge })
}

/// The smallest code for the text, and of those that are no larger the one that survives most damage.
fn encode(text: &str) -> Option<(Vec<bool>, u16)> {
    let smallest = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let version = smallest.version();
    let stronger = [EcLevel::H, EcLevel::Q, EcLevel::M];
    let code = stronger.into_iter().find_map(|level| QrCode::with_version(text, version, level).ok());
    let code = code.unwrap_or(smallest);
    let side = u16::try_from(code.width()).ok()?;
    Some((code.into_colors().into_iter().map(|color| color == Color::Dark).collect(), side))
}

impl Picture {
    /// Columns on the screen.
    pub(super) const fn columns(&self) -> u16 {
        self.side + 2 * self.edge
    }

    /// Rows on the screen.
    pub(super) const fn rows(&self) -> u16 {
        self.columns().div_ceil(2)
    }

    /// The lines, in which blocks are the light squares, or else (`inverted`) the dark ones.
    pub(super) fn lines(&self, inverted: bool) -> Vec<String> {
        let is_block = |x: u16, y: u16| {
            // Below the last square of an odd number there is nothing: it belongs to the edge.
            let inside = |at: u16| (self.edge..self.edge + self.side).contains(&at);
            let dark = inside(x)
                && inside(y)
                && self.dark[usize::from(y - self.edge) * usize::from(self.side) + usize::from(x - self.edge)];
            dark == inverted
        };
        let glyph = |x, row| match (is_block(x, 2 * row), is_block(x, 2 * row + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        (0..self.rows()).map(|row| (0..self.columns()).map(|x| glyph(x, row)).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_shrinks_with_the_room_and_below_it_there_is_no_picture() {
        let link = "https://invites.example.org/invite/inv_k3V0mXcZ8bqYt1nR7wLpD5sHfJ2aGe9uQoT4iKxNcBx9Qw";
        let (columns, rows) = least(link).unwrap();
        assert_eq!(picture(link, 200, 100).unwrap().edge, 4);
        assert_eq!(picture(link, columns, rows).unwrap().edge, 1);
        assert_eq!(picture(link, columns, rows - 1), None);
        assert_eq!(picture(link, columns - 1, rows), None);
        assert!((columns, rows) <= (80, 22), "it fits the screen that everybody has: {columns}×{rows}");
        assert_eq!(picture(&"x".repeat(5_000), 500, 500), None);
    }
}
