//! Whether the time of an answer tells who is here. No other test looks at a clock; this one is run by `.ci/soak` alone.
//!
//! Known and unknown people are asked about in pairs, one right after the other, now the one first and now the other, so
//! that whatever else the machine does meets both alike; what is looked at is the median of the pairs' ratios. Chance is
//! told from a leak by permutation: if the time tells nothing, which of a pair is the known one is as good as drawn, so the
//! median over pairs that are turned around at random is what chance makes of these very times. It is a leak if the median
//! is beyond all but a thousandth of those, and by enough to matter. A noisy machine widens what chance makes; what could
//! have been told from it is printed, and a run that could not have told tenfold is none.

use std::time::Instant;

use serde_json::{Value, json};

use super::{Extent, any_below};
use crate::world::{Person, World, with_mail};

/// How far from 1 a ratio may be that is no chance. What would tell (a password that is hashed for known people alone)
/// is tenfold.
const APART: f64 = 1.6;
const TELLING: f64 = 10.0;
/// Answers of a few milliseconds differ by one statement, which the way there hides: that many seconds are added to both.
const WAY: f64 = 0.003;
/// Random turns of the pairs that show what chance makes.
const TURNS: usize = 4_000;
/// Pairs of each kind at least, and at most.
const PAIRED: std::ops::Range<usize> = 24..60;

/// Two requests whose times are not to be told apart.
struct Pair {
    what: &'static str,
    /// Below the base path; [`SEARCH`] and [`PAGE`] are asked in a way of their own.
    path: &'static str,
    known: fn(usize) -> Value,
    unknown: fn(usize) -> Value,
}

/// Asked with the fields as parameters, by somebody signed in.
const SEARCH: &str = "/accounts";
/// The form of an invite's page.
const PAGE: &str = "the page of an invite";

const PAIRS: [Pair; 8] = [
    Pair {
        what: "a search by address",
        path: SEARCH,
        known: |_| json!({ "q": "ada@example.org" }),
        unknown: |n| json!({ "q": format!("eve{n}@example.org") }),
    },
    Pair {
        what: "joining on the page of an invite",
        path: PAGE,
        known: |_| json!({ "act": "join", "username": "ada", "password": "a wrong one of them" }),
        unknown: |n| json!({ "act": "join", "username": format!("eve{n}"), "password": "a wrong one of them" }),
    },
    Pair {
        what: "log-in by name",
        path: "/auth/login",
        known: |_| json!({ "login": "ada", "password": "a wrong one of them" }),
        unknown: |n| json!({ "login": format!("eve{n}"), "password": "a wrong one of them" }),
    },
    Pair {
        what: "log-in by address",
        path: "/auth/login",
        known: |_| json!({ "login": "ada@example.org", "password": "a wrong one of them" }),
        unknown: |n| json!({ "login": format!("eve{n}@example.org"), "password": "a wrong one of them" }),
    },
    Pair {
        what: "a new password by name",
        path: "/auth/password/forgot",
        known: |n| json!({ "login": format!("kim{n}") }),
        unknown: |n| json!({ "login": format!("eve{n}") }),
    },
    Pair {
        what: "a new password by address",
        path: "/auth/password/forgot",
        known: |n| json!({ "login": format!("kim{n}@example.org") }),
        unknown: |n| json!({ "login": format!("eve{n}@example.org") }),
    },
    Pair {
        what: "signing up with an address",
        path: "/auth/register",
        known: |n| json!({ "username": format!("a{n}"), "email": "ada@example.org", "password": "a long enough pass-phrase" }),
        unknown: |n| {
            json!({ "username": format!("b{n}"), "email": format!("b{n}@example.org"),
                "password": "a long enough pass-phrase" })
        },
    },
    Pair {
        what: "signing up with a name",
        path: "/auth/register",
        known: |n| json!({ "username": "ada", "email": format!("c{n}@example.org"), "password": "a long enough pass-phrase" }),
        unknown: |n| {
            json!({ "username": format!("d{n}"), "email": format!("d{n}@example.org"),
                "password": "a long enough pass-phrase" })
        },
    },
];

/// Sends one of a pair; the status and the answer.
async fn ask(world: &World, ada: &Person, token: &str, path: &str, fields: &Value) -> (u16, Value) {
    match path {
        SEARCH => ada.get(&format!("{path}?q={}", fields["q"].as_str().unwrap())).await,
        PAGE => (crate::landing::fill_in(world, token, fields).await.0, Value::Null),
        _ => world.send("POST", path, Some(fields)).await,
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The seconds of a known one and of an unknown one, as the logarithm of their ratio.
fn ratio([known, unknown]: [f64; 2]) -> f64 {
    ((known + WAY) / (unknown + WAY)).ln()
}

/// The median of some pairs' ratios, and how far from 0 chance alone brings it in all but a thousandth of turns.
fn judged(ratios: &[f64]) -> (f64, f64) {
    assert!(ratios.len() <= 64, "a turn is a bit");
    let mut by_chance: Vec<f64> = (0..TURNS)
        .map(|_| {
            let turns = any_below(u64::MAX);
            let turned = ratios.iter().enumerate().map(|(n, ratio)| if turns >> n & 1 == 1 { -ratio } else { *ratio });
            median(turned.collect()).abs()
        })
        .collect();
    by_chance.sort_by(f64::total_cmp);
    (median(ratios.to_vec()), by_chance[TURNS - 1 - TURNS / 1_000])
}

/// Whether a median is a leak, and no chance.
fn tells((median, by_chance): (f64, f64)) -> bool {
    median.abs() > by_chance && median.abs() > APART.ln()
}

#[test]
fn a_leak_is_told_in_noise_and_noise_is_no_leak() {
    // Answers of 50 to 450 ms, one in five held up by seconds, as on a machine that does other work.
    let answer =
        |work: u64| (work + any_below(400) + if any_below(5) == 0 { any_below(3_000) } else { 0 }) as f64 / 1e3;
    let pairs = |known: u64| (0..PAIRED.start).map(|_| ratio([answer(known), answer(50)])).collect::<Vec<_>>();
    let even = (0..20).filter(|_| tells(judged(&pairs(50)))).count();
    assert!(even <= 2, "{even} of 20 were taken for a leak");
    let leaks = (0..20).filter(|_| tells(judged(&pairs(2_500)))).count();
    assert!(leaks >= 18, "{leaks} of 20 leaks were told");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_the_time_of_an_answer_tells_nobody_who_is_here() {
    let mut extent = Extent::long(PAIRED.end);
    let mut faults = Vec::new();
    for world in World::each_with(with_mail()).await {
        let ada = world.account("ada").await;
        crate::mail::verify(&world, "ada").await;
        let band = ada.band("Choir").await;
        let (_, token) = ada.invite(&band, json!({ "max_uses": null })).await;
        let mut ratios: Vec<Vec<f64>> = PAIRS.iter().map(|_| Vec::new()).collect();
        let mut rounds = 0;
        while rounds < PAIRED.start || rounds < PAIRED.end && extent.goes_on() {
            rounds += 1;
            // To one address only so much is mailed.
            world.account(&format!("kim{rounds}")).await;
            crate::mail::verify(&world, &format!("kim{rounds}")).await;
            for (pair, ratios) in PAIRS.iter().zip(&mut ratios) {
                let mut times = [0.0; 2];
                for place in [rounds % 2, 1 - rounds % 2] {
                    let body = [pair.known, pair.unknown][place](rounds);
                    let begun = Instant::now();
                    let (status, answer) = ask(&world, &ada, &token, pair.path, &body).await;
                    times[place] = begun.elapsed().as_secs_f64();
                    assert!(status < 500 && status != 422, "{}: {status} {answer}", pair.what);
                }
                ratios.push(ratio(times));
            }
        }
        for (pair, ratios) in PAIRS.iter().zip(&ratios) {
            let (median, by_chance) = judged(ratios);
            println!(
                "{}: {}: known {:.2} of unknown over {rounds} pairs; chance alone makes up to {:.2}",
                world.database,
                pair.what,
                median.exp(),
                by_chance.exp()
            );
            if tells((median, by_chance)) {
                faults.push(format!("{}: {} tells, {:.2}", world.database, pair.what, median.exp()));
            } else if by_chance > TELLING.ln() {
                faults
                    .push(format!("{}: {} is no result: this machine is too busy to tell", world.database, pair.what));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
