//! Links as QR codes.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// The text as a QR code, an SVG element: a picture made of rows of squares, with the white edge that readers look for.
/// `None` where the text is too long for one.
pub(crate) fn svg(text: &str) -> Option<String> {
    const EDGE: usize = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let _ = write!(path, "M{} {}h{n}v1h-{n}z", x + EDGE, y + EDGE, n = run.len());
            }
            x += run.len();
        }
    }
    let side = width + 2 * EDGE;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" \
         role=\"img\" aria-label=\"QR code of the link\"><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_is_a_square_of_squares_with_an_edge() {
        let svg = svg("https://invites.example.org/invite/7KQX-M2FD-9RWH").unwrap();
        // 49 characters at this strength need version 4, 33 squares a side.
        assert!(svg.contains("viewBox=\"0 0 41 41\""), "{svg}");
        // The corner of the pattern that readers look for first.
        assert!(svg.contains("d=\"M4 4h7v1h-7z"), "{svg}");
        assert!(super::svg(&"x".repeat(5_000)).is_none());
    }
}
