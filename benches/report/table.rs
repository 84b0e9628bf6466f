//! Figures as tables.

use std::{collections::BTreeSet, fmt::Write as _};

use super::record::Figure;

/// A number as people read it: three digits that say something, thousands set apart.
pub fn number(value: f64) -> String {
    if value >= 1_000.0 {
        let mut digits = format!("{value:.0}");
        let mut at = digits.len();
        while at > 3 {
            at -= 3;
            digits.insert(at, ',');
        }
        return digits;
    }
    match value {
        value if value.fract().abs() < 1e-9 || value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// One figure a line, with what stood beside it and what is asked of it.
pub fn bars(figures: &[Figure]) -> String {
    let mut text = String::from("| what | figure | beside it | ratio | bar | |\n|---|---|---|---|---|---|\n");
    for figure in figures {
        let sizes = [(figure.invites, "invites"), (figure.callers, "callers")];
        let sizes: Vec<String> =
            sizes.iter().filter_map(|(size, of)| size.map(|size| format!("{} {of}", number(size as f64)))).collect();
        let sizes = if sizes.is_empty() { String::new() } else { format!(" ({})", sizes.join(", ")) };
        let peer = figure.peer_value.map_or(String::new(), |value| format!("{}: {}", figure.peer, number(value)));
        let ratio = figure.ratio().map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let met = figure.meets().map_or("", |met| if met { "met" } else { "**missed**" });
        let bar = figure.bar.replace("<=", "≤").replace(">=", "≥").replace("value ", "");
        let (what, value, unit) = (&figure.what, number(figure.value), &figure.unit);
        let _ = writeln!(text, "| {what}{sizes} | {value} {unit} | {peer} | {ratio} | {bar} | {met} |");
    }
    text
}

/// A table below a note of where and when it was measured.
pub fn noted(note: &str, table: &str) -> String {
    if note.is_empty() { table.to_owned() } else { format!("Measured on {}.\n\n{table}", note.trim()) }
}

/// Notes of several things that the tables of a page are about, one a line.
pub fn notes(notes: &[(&str, String)]) -> String {
    let there = notes.iter().filter(|(_, note)| !note.is_empty());
    there.fold(String::new(), |text, (of, note)| format!("{text}- {of}: {}\n", note.trim()))
}

/// What was measured down, the programs across.
pub fn beside(figures: &[Figure]) -> String {
    let across = in_order(figures.iter().map(|figure| figure.of.clone()));
    grid(figures, "what", &across, |figure, column| figure.of == *column)
}

/// What was measured down, the sizes across.
pub fn sizes(figures: &[Figure], along: &str) -> String {
    let of: Vec<Figure> = figures.iter().filter(|figure| figure.along == along).cloned().collect();
    let sizes: BTreeSet<u64> = of.iter().filter_map(Figure::size).collect();
    let across: Vec<String> = sizes.iter().map(|size| number(*size as f64)).collect();
    let mut text = String::new();
    for program in in_order(of.iter().map(|figure| figure.of.clone())) {
        let own: Vec<Figure> = of.iter().filter(|figure| figure.of == program).cloned().collect();
        let table = grid(&own, &format!("{}, {along}", database(&program)), &across, |figure, column| {
            figure.size().is_some_and(|size| number(size as f64) == *column)
        });
        let _ = write!(text, "{}{table}", if text.is_empty() { "" } else { "\n" });
    }
    text
}

/// The name of a database as its makers write it.
pub fn database(of: &str) -> &str {
    match of {
        "sqlite" => "SQLite",
        "postgres" => "PostgreSQL",
        other => other,
    }
}

fn grid(figures: &[Figure], corner: &str, across: &[String], is_in: impl Fn(&Figure, &String) -> bool) -> String {
    let mut text = format!("| {corner} | {} |\n|---{}|\n", across.join(" | "), "|---".repeat(across.len()));
    for what in in_order(figures.iter().map(|figure| format!("{}, {}", figure.what, figure.unit))) {
        let cells = across.iter().map(|column| {
            let same = |figure: &&Figure| format!("{}, {}", figure.what, figure.unit) == what && is_in(figure, column);
            figures.iter().find(same).map_or("–".to_owned(), |figure| number(figure.value))
        });
        let _ = writeln!(text, "| {what} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    text
}

/// Each once, as they come first.
fn in_order(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

/// The text with a table in the place that is marked for it.
pub fn placed(text: String, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- figures: {name} -->\n"), "<!-- /figures -->");
    let Some(from) = text.find(&begin).map(|at| at + begin.len()) else { return text };
    let Some(length) = text[from..].find(end) else { return text };
    format!("{}\n{table}\n{}", &text[..from], &text[from + length..])
}
