//! Figures as plots: SVG by hand, with both axes in powers of ten, readable on light and on dark.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    record::Figure,
    table::{database, number},
};

/// The whole picture, and the part of it within the axes.
const SIZE: (f64, f64) = (810.0, 420.0);
const LEFT: f64 = 70.0;
const RIGHT: f64 = 520.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 362.0;
/// One colour a kind of thing, told apart by who does not see red from green; the second is for dark.
const COLOURS: [(&str, &str); 5] = [
    ("#0060b0", "#66b3ff"),
    ("#b84a00", "#ffa366"),
    ("#007a5a", "#4dd2a8"),
    ("#8a3ab9", "#d19cf0"),
    ("#6b6b00", "#d6d65c"),
];

/// A plot: each line's name, whether it is dashed, its colour, and its points.
pub struct Plot {
    /// The file's name.
    pub name: &'static str,
    title: &'static str,
    across: &'static str,
    up: &'static str,
    lines: Vec<Line>,
}

struct Line {
    name: String,
    is_dashed: bool,
    colour: usize,
    points: Vec<(f64, f64)>,
}

/// All plots of the walks.
pub fn all(figures: &[Figure]) -> Vec<Plot> {
    let plot = |name, title, along, up, what: &[&str]| Plot {
        name,
        title,
        across: along,
        up,
        lines: lines(figures, along, what),
    };
    vec![
        plot(
            "invites",
            "A band grows: the time of an answer to one caller",
            "invites",
            "milliseconds",
            &["first page", "last page", "search", "search, common"],
        ),
        plot(
            "bands",
            "Bands become more: the time of an answer to one caller",
            "bands",
            "milliseconds",
            &["own bands", "open bands, searched", "poll", "first page", "open bands, none found"],
        ),
        plot(
            "callers",
            "More callers at once: answers a second",
            "callers",
            "answers a second",
            &["preview", "accept"],
        ),
    ]
    .into_iter()
    .filter(|plot| !plot.lines.is_empty())
    .collect()
}

fn lines(figures: &[Figure], along: &str, what: &[&str]) -> Vec<Line> {
    let mut lines: BTreeMap<(usize, bool), Line> = BTreeMap::new();
    for figure in figures.iter().filter(|figure| figure.along == along) {
        let Some(colour) = what.iter().position(|name| *name == figure.what) else { continue };
        let (Some(size), is_dashed) = (figure.size(), figure.of == "postgres") else { continue };
        let name = format!("{}, {}", figure.what, database(&figure.of));
        let line = Line { name, is_dashed, colour, points: Vec::new() };
        lines.entry((colour, is_dashed)).or_insert(line).points.push((size as f64, figure.value));
    }
    lines.into_values().collect()
}

/// An axis in powers of ten.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let low = values.clone().fold(f64::MAX, f64::min).log10();
        let high = values.fold(f64::MIN, f64::max).log10();
        Self { low: (low + 0.02).floor(), high: (high + 0.02).ceil(), from, to }
    }

    fn at(&self, value: f64) -> f64 {
        self.from + (value.log10() - self.low) / (self.high - self.low).max(1.0) * (self.to - self.from)
    }

    fn marks(&self) -> impl Iterator<Item = f64> + use<> {
        (self.low as i32..=self.high as i32).map(|power| 10_f64.powi(power))
    }
}

impl Plot {
    /// The SVG.
    pub fn draw(&self) -> String {
        let points = self.lines.iter().flat_map(|line| line.points.iter().copied());
        let across = Axis::over(points.clone().map(|(x, _)| x), LEFT, RIGHT);
        let up = Axis::over(points.map(|(_, y)| y), BOTTOM, TOP);
        let mut svg = self.head();
        for mark in across.marks() {
            let x = across.at(mark);
            let _ = writeln!(svg, "<path class='grid' d='M{x:.1} {TOP}V{BOTTOM}'/>");
            let text = BOTTOM + 18.0;
            let _ = writeln!(svg, "<text x='{x:.1}' y='{text}' text-anchor='middle'>{}</text>", number(mark));
        }
        for mark in up.marks() {
            let y = up.at(mark);
            let _ = writeln!(svg, "<path class='grid' d='M{LEFT} {y:.1}H{RIGHT}'/>");
            let (x, text) = (LEFT - 8.0, y + 4.0);
            let _ = writeln!(svg, "<text x='{x}' y='{text:.1}' text-anchor='end'>{}</text>", number(mark));
        }
        for (n, line) in self.lines.iter().enumerate() {
            let path: Vec<String> =
                line.points.iter().map(|(x, y)| format!("{:.1} {:.1}", across.at(*x), up.at(*y))).collect();
            let dashes = if line.is_dashed { " dashed" } else { "" };
            let _ = writeln!(svg, "<path class='line c{}{dashes}' d='M{}'/>", line.colour, path.join("L"));
            for point in &path {
                let (x, y) = point.split_once(' ').unwrap();
                let _ = writeln!(svg, "<circle class='dot c{}' cx='{x}' cy='{y}' r='3'/>", line.colour);
            }
            let (x, y) = (RIGHT + 16.0, TOP + 8.0 + 24.0 * n as f64);
            let _ = writeln!(svg, "<path class='line c{}{dashes}' d='M{x} {y}h30'/>", line.colour);
            let _ = writeln!(svg, "<text x='{}' y='{}'>{}</text>", x + 38.0, y + 4.0, line.name);
        }
        svg + "</svg>\n"
    }

    /// The frame: colours, title and the names of the axes.
    fn head(&self) -> String {
        let (width, height) = SIZE;
        let (mut light, mut dark) = (String::new(), String::new());
        for (n, (on_light, on_dark)) in COLOURS.iter().enumerate() {
            let _ = write!(light, ".line.c{n}{{stroke:{on_light}}}.dot.c{n}{{fill:{on_light}}}");
            let _ = write!(dark, ".line.c{n}{{stroke:{on_dark}}}.dot.c{n}{{fill:{on_dark}}}");
        }
        let (middle, low) = (f64::midpoint(LEFT, RIGHT), BOTTOM + 42.0);
        let side = f64::midpoint(TOP, BOTTOM);
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' role='img' aria-label='{title}'>\n\
             <style>.back{{fill:#fff}}text{{fill:#222;font:13px sans-serif}}.grid{{stroke:#ddd}}\
             .line{{fill:none;stroke-width:2}}.dashed{{stroke-dasharray:6 4}}{light}\
             @media (prefers-color-scheme:dark){{.back{{fill:#0d1117}}text{{fill:#e6e6e6}}.grid{{stroke:#30363d}}{dark}}}\
             </style>\n<rect class='back' width='{width}' height='{height}'/>\n\
             <text x='{LEFT}' y='26' style='font-weight:bold'>{title}</text>\n\
             <text x='{middle}' y='{low}' text-anchor='middle'>{across}</text>\n\
             <text transform='translate(16 {side}) rotate(-90)' text-anchor='middle'>{up}</text>\n",
            title = self.title,
            across = self.across,
            up = self.up,
        )
    }
}
