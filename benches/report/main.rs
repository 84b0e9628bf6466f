//! Makes tables and plots of what was measured: `cargo bench --bench report`.
//!
//! It reads the CSV files of `benches/results`, writes the plots beside them, and the tables into `benches/README.md` and
//! `benches/SCALING.md`, each between `<!-- figures: NAME -->` and `<!-- /figures -->`. Over them stands where and when they
//! were measured, by the `machine-NAME.txt` that `.ci/figures` writes beside the figures of each of its parts.

// A program that cannot go on has nothing to say.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Every room here is private to this binary, `pub` says what another room uses.
#![allow(unreachable_pub)]

mod plot;
#[allow(dead_code)]
mod record;
mod table;

use std::path::Path;

use record::{Figure, read};

fn main() {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let results = benches.join("results");
    let of = |file: &str, program: &str| -> Vec<Figure> {
        read(&results.join(file)).into_iter().filter(|figure| figure.of == program).collect()
    };
    let grid = read(&results.join("grid.csv"));
    let client = read(&results.join("client.csv"));
    let peers: Vec<Figure> = client.iter().filter(|figure| figure.of != "client").cloned().collect();
    let note = |part: &str| std::fs::read_to_string(results.join(format!("machine-{part}.txt"))).unwrap_or_default();
    let sizes = ["sqlite", "postgres"].map(|of| (table::database(of), note(&format!("sizes-{of}"))));
    let sections = [
        ("sqlite", table::noted(&note("sqlite"), &table::bars(&of("server.csv", "sqlite")))),
        ("postgres", table::noted(&note("postgres"), &table::bars(&of("server.csv", "postgres")))),
        ("client", table::noted(&note("client"), &table::bars(&of("client.csv", "client")))),
        ("peers", table::noted(&note("client"), &table::beside(&peers))),
        ("machines", table::notes(&sizes)),
        ("invites", table::sizes(&grid, "invites")),
        ("bands", table::sizes(&grid, "bands")),
        ("callers", table::sizes(&grid, "callers")),
        ("nodes", table::sizes(&grid, "nodes")),
    ];
    for file in ["README.md", "SCALING.md"] {
        let path = benches.join(file);
        let Ok(mut text) = std::fs::read_to_string(&path) else { continue };
        for (name, table) in &sections {
            text = table::placed(text, name, table);
        }
        std::fs::write(&path, text).unwrap();
    }
    for plot in plot::all(&grid) {
        std::fs::write(results.join(format!("{}.svg", plot.name)), plot.draw()).unwrap();
    }
    println!("tables and plots are made of what benches/results holds");
}
