//! Whether the time of an answer tells who is here: known and unknown people asked about in turn, medians compared. No
//! other test looks at a clock; this one is run by `.ci/soak` alone.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Extent;
use crate::world::{World, with_mail};

/// How far apart two medians may be. What would tell (a password that is hashed for known people alone) is tenfold.
const APART: f64 = 1.6;

/// Two requests whose times are not to be told apart.
struct Pair {
    what: &'static str,
    path: &'static str,
    known: fn(usize) -> Value,
    unknown: fn(usize) -> Value,
}

const PAIRS: [Pair; 6] = [
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

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_the_time_of_an_answer_tells_nobody_who_is_here() {
    let mut extent = Extent::long(60);
    for world in World::each_with(with_mail()).await {
        world.account("ada").await;
        crate::mail::verify(&world, "ada").await;
        for n in 1..=60 {
            world.account(&format!("kim{n}")).await;
            crate::mail::verify(&world, &format!("kim{n}")).await;
        }
        let mut times: Vec<[Vec<Duration>; 2]> = PAIRS.iter().map(|_| [Vec::new(), Vec::new()]).collect();
        let mut rounds = 0;
        while rounds < 20 || rounds < 60 && extent.goes_on() {
            rounds += 1;
            for (pair, times) in PAIRS.iter().zip(&mut times) {
                // Now the one first, now the other: what the machine does meanwhile meets both.
                for place in [rounds % 2, 1 - rounds % 2] {
                    let body = [pair.known, pair.unknown][place](rounds);
                    let begun = Instant::now();
                    let (status, answer) = world.send("POST", pair.path, Some(&body)).await;
                    times[place].push(begun.elapsed());
                    assert!(status < 500 && status != 422, "{}: {status} {answer}", pair.what);
                }
            }
        }
        for (pair, [known, unknown]) in PAIRS.iter().zip(times) {
            let (known, unknown) = (median(known), median(unknown));
            let ratio = known.as_secs_f64() / unknown.as_secs_f64();
            println!("{}: {} known {known:?}, unknown {unknown:?}, ratio {ratio:.2}", world.database, pair.what);
            // Answers of a millisecond differ by one statement, which the way there hides.
            let is_near = (1.0 / APART..APART).contains(&ratio) || known.abs_diff(unknown) < Duration::from_millis(3);
            assert!(is_near, "{}: {ratio}", pair.what);
        }
    }
}
