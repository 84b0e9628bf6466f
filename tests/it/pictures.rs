//! The pictures of the README: the real program in a terminal, on the demonstration's bands, written as SVG by
//! `GUESTLIST_WRITE=1 cargo test --test it pictures`.

use std::{fmt::Write as _, path::Path};

use crate::pty::Pty;

/// Pixels of a cell.
const WIDE: f32 = 8.4;
const HIGH: f32 = 18.0;

/// The terminal's sixteen colours, then ground and letters.
const COLOURS: [&str; 16] = [
    "#16181d", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d0d4dc", "#6b7280", "#f08a92",
    "#b5e08f", "#f2d58f", "#86c5f7", "#dba0ee", "#7fd4de", "#ffffff",
];
const GROUND: &str = "#16181d";
const LETTERS: &str = "#d0d4dc";

fn colour(colour: vt100::Color, own: &str) -> String {
    match colour {
        vt100::Color::Default => own.to_owned(),
        vt100::Color::Idx(number) => COLOURS.get(usize::from(number)).unwrap_or(&own).to_string(),
        vt100::Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The screen as a picture.
fn picture(screen: &vt100::Screen, title: &str) -> String {
    let (rows, columns) = screen.size();
    let (wide, high) = (f32::from(columns) * WIDE + 24.0, f32::from(rows) * HIGH + 24.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide:.0} {high:.0}\" width=\"{wide:.0}\" role=\"img\" \
         aria-label=\"{title}\"><title>{title}</title><rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n"
    );
    for row in 0..rows {
        for column in 0..columns {
            let Some(cell) = screen.cell(row, column) else { continue };
            let (mut letters, mut ground) = (colour(cell.fgcolor(), LETTERS), colour(cell.bgcolor(), GROUND));
            if cell.inverse() {
                std::mem::swap(&mut letters, &mut ground);
            }
            let cells = if cell.is_wide() { 2.0 } else { 1.0 };
            let (x, y) = (12.0 + f32::from(column) * WIDE, 12.0 + f32::from(row) * HIGH);
            if ground != GROUND && !cell.is_wide_continuation() {
                let wide = cells * WIDE;
                let _ = writeln!(
                    svg,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{HIGH}\" fill=\"{ground}\" shape-rendering=\"crispEdges\"/>"
                );
            }
            let text = cell.contents();
            // Half blocks are drawn: letters would leave gaps between rows, and nothing would read the code.
            let half = match text {
                "█" => Some((0.0, HIGH)),
                "▀" => Some((0.0, HIGH / 2.0)),
                "▄" => Some((HIGH / 2.0, HIGH / 2.0)),
                _ => None,
            };
            if let Some((from, tall)) = half {
                let y = y + from;
                let _ = writeln!(
                    svg,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{WIDE}\" height=\"{tall}\" fill=\"{letters}\" \
                     shape-rendering=\"crispEdges\"/>"
                );
            } else if !text.trim().is_empty() {
                let bold = if cell.bold() { " font-weight=\"700\"" } else { "" };
                let faint = if cell.dim() { " opacity=\".65\"" } else { "" };
                let line = if cell.underline() { " text-decoration=\"underline\"" } else { "" };
                let (y, text) = (y + 13.5, escaped(text));
                let _ = writeln!(
                    svg,
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{letters}\"{bold}{faint}{line}>{text}</text>"
                );
            }
        }
    }
    svg + "</g></svg>\n"
}

/// Keeps a picture, where that is asked for; the README shows it in any case.
fn keep(pty: &Pty, name: &str, title: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let svg = pty.with_screen(|screen| picture(screen, title));
    assert!(svg.len() > 2_000, "{name} is empty");
    let path = folder.join("assets/pictures").join(name);
    if std::env::var_os("GUESTLIST_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, svg).unwrap();
    }
    assert!(path.is_file(), "{name} is missing: GUESTLIST_WRITE=1 cargo test --test it pictures");
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(readme.contains(&format!("assets/pictures/{name}")), "the README does not show {name}");
}

#[test]
fn every_picture_is_of_the_program_as_it_runs() {
    let (home, around) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Pictures are seen where no mouse and no clipboard is.
    let variables = [("TMPDIR", around.path().to_str().unwrap()), ("GUESTLIST_CLIPBOARD", "off")];
    let mut pty = Pty::start(home.path(), (110, 30), &["--demo"], &variables);
    pty.see("▸ @nikos");
    pty.see("Amara Okafor");
    pty.keys("2");
    pty.see("copy link");
    keep(&pty, "panes.svg", "Bands, invites and members of a band in guestlist");

    pty.keys("b");
    pty.see("Paste the list here");
    pty.paste(
        "email,name,role\rkim@example.org,Kim Lee,\rsam.reed@example.org,Sam Reed,admin\rjoe@exampleorg,Joe,\r\
         yuki@example.jp,田中 ゆき,\rkim@example.org,Kim again,\r,door at the harbour,\r",
    );
    pty.see("6 rows · 2 wrong");
    keep(&pty, "bulk.svg", "A list of people to invite, with what is wrong marked in its row");
    pty.keys("\x1b");
    pty.see("Sure?");
    pty.keys("y");
    pty.until("the panes", |pty| !pty.screen().contains("6 rows") && !pty.screen().contains("Sure?"));

    // A poster: of the others the link is for somebody.
    pty.keys("jjjjjjjj");
    pty.see("▸ \"poster at the harbo");
    pty.keys("Q");
    pty.see("invert");
    keep(&pty, "qr.svg", "The link of an invite as a QR code");
    pty.keys("\x1b");
    pty.until("the panes", |pty| !pty.screen().contains("invert"));
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}
