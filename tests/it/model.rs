//! The rules of an invite's life against a small model of them: random acts of random people, and after each the
//! server's answer and every invite, member, request and count are what the model says. The rules are in
//! [`rules`]: a good place to begin reading.

mod act;
mod compare;
mod rules;
mod story;

use std::{collections::BTreeSet, sync::LazyLock, time::Duration};

use guestlist::{
    domain::{Membership, OnAcceptCancel, OnInviterRemoved, Policy, Preset, Registration},
    server::{Settings, Steps},
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestCaseError, TestRunner},
};

use self::{
    act::{Act, acts},
    rules::{Model, Rules, Site, Supersedes},
    story::tell,
};
use crate::{
    counts::add_up,
    world::{World, settings},
};

/// Everyone may sign up, and a band may decide nearly everything.
const FREE: Site = Site {
    rules: Rules { one_band: false, supersedes: Supersedes::None, revoke_with_inviter: false },
    invite_only: false,
};
/// An account costs a use of an invite, and an accept reaches into other bands.
const STRICT: Site = Site {
    rules: Rules { one_band: false, supersedes: Supersedes::Everywhere, revoke_with_inviter: false },
    invite_only: true,
};

/// Stories that are told to each server in every run, and as many that never were before.
const STORIES: usize = 6;
/// Out of how many the first ones are chosen.
const CANDIDATES: usize = 500;
/// How many new stories are told to each server, where this variable says so.
const MORE: &str = "GUESTLIST_STORIES";
/// How many acts a story has at most.
const ACTS: usize = 90;

/// What a story comes by: acts with their answers, and ends of invites.
type Met = BTreeSet<(String, bool, u16, &'static str)>;

fn met(site: Site, acts: &[Act]) -> Met {
    let mut model = Model::new(site);
    let mut met = Met::new();
    for act in acts {
        let Some(act) = model.aimed(act.clone()) else { continue };
        let verdict = model.play(&act);
        let (Ok((status, code)) | Err((status, code))) = verdict;
        met.insert((act.name(), verdict.is_ok(), status, code));
    }
    met.extend(model.ends().map(|end| ("end".to_owned(), true, 0, end)));
    met
}

/// The same in every run.
static MANY: LazyLock<Vec<Vec<Act>>> = LazyLock::new(|| {
    let mut runner = TestRunner::deterministic();
    (0..CANDIDATES).map(|_| acts(ACTS).new_tree(&mut runner).unwrap().current()).collect()
});

/// Of many stories those that together come by most. The model alone is enough to choose them.
fn chosen_stories(site: Site) -> Vec<Vec<Act>> {
    let many = &*MANY;
    let each: Vec<Met> = many.iter().map(|acts| met(site, acts)).collect();
    let mut all = Met::new();
    let mut chosen = Vec::new();
    for _ in 0..STORIES {
        // An end tells most, and the first time that an act is done or refused more than another answer.
        let is_met = |act: &str, ok: bool| all.iter().any(|(name, done, ..)| *done == ok && name == act);
        let tells = |name: &str, done: bool| match name {
            "end" => 40,
            name if !is_met(name, done) => 9,
            _ => 1,
        };
        let worth = |one: &Met| one.difference(&all).map(|(name, done, ..)| tells(name, *done)).sum::<u32>();
        let best = (0..CANDIDATES).max_by_key(|n| worth(&each[*n])).unwrap();
        all.extend(each[best].clone());
        chosen.push(many[best].clone());
    }
    chosen
}

/// A server on which every decision about many invites is left open: a step is one invite, and stories say when one is taken.
fn leaving_open(site: Site) -> Settings {
    let steps = Steps { invites: 1, patience: Duration::ZERO };
    Settings { steps, sweeps: false, ..set_to(site) }
}

fn set_to(site: Site) -> Settings {
    let policy = Policy {
        membership: Membership::Many,
        on_accept_cancel: match site.rules.supersedes {
            Supersedes::None => OnAcceptCancel::None,
            Supersedes::SameBand => OnAcceptCancel::SameBand,
            Supersedes::Everywhere => OnAcceptCancel::Everywhere,
        },
        on_inviter_removed: OnInviterRemoved::Keep,
        registration: if site.invite_only { Registration::InviteOnly } else { Registration::Open },
        ..Policy::preset(Preset::Band)
    };
    Settings { policy, ..settings() }
}

async fn agree(world: World, site: Site) {
    let store = world.app.store().clone();
    let handle = tokio::runtime::Handle::current();
    let told = tokio::task::spawn_blocking(move || {
        for acts in chosen_stories(site) {
            handle.block_on(tell(&world, site, acts)).unwrap_or_else(|what| panic!("{what}"));
        }
        let cases = std::env::var(MORE).ok().and_then(|n| n.parse().ok()).unwrap_or(STORIES as u32);
        let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
        let run = |acts| handle.block_on(tell(&world, site, acts)).map_err(TestCaseError::fail);
        if let Err(what) = TestRunner::new(config).run(&acts(ACTS), run) {
            panic!("{what}");
        }
        world
    });
    let world = told.await.unwrap();
    add_up(&store).await;
    drop(world);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_and_the_model_agree_where_bands_decide_on_sqlite() {
    agree(World::sqlite_with(set_to(FREE)).await, FREE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_and_the_model_agree_where_bands_decide_on_postgres() {
    if let Some(world) = World::postgres_with(set_to(FREE)).await {
        agree(world, FREE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_and_the_model_agree_where_the_site_decides_on_sqlite() {
    agree(World::sqlite_with(set_to(STRICT)).await, STRICT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_and_the_model_agree_where_the_site_decides_on_postgres() {
    if let Some(world) = World::postgres_with(set_to(STRICT)).await {
        agree(world, STRICT).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_agree_where_bands_decide_while_what_was_decided_is_not_written_on_sqlite() {
    agree(World::sqlite_with(leaving_open(FREE)).await, FREE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_agree_where_bands_decide_while_what_was_decided_is_not_written_on_postgres() {
    if let Some(world) = World::postgres_with(leaving_open(FREE)).await {
        agree(world, FREE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_agree_where_the_site_decides_while_what_was_decided_is_not_written_on_sqlite() {
    agree(World::sqlite_with(leaving_open(STRICT)).await, STRICT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_agree_where_the_site_decides_while_what_was_decided_is_not_written_on_postgres() {
    if let Some(world) = World::postgres_with(leaving_open(STRICT)).await {
        agree(world, STRICT).await;
    }
}

/// The stories that are told in every run are worth it.
#[test]
fn every_act_is_done_and_refused_and_every_end_is_met() {
    let all: Met = [FREE, STRICT]
        .into_iter()
        .flat_map(|site| chosen_stories(site).into_iter().map(move |acts| met(site, &acts)))
        .flatten()
        .collect();
    let names = |ok: bool| -> BTreeSet<&str> {
        all.iter().filter(|(name, done, ..)| *done == ok && name != "end").map(|(name, ..)| name.as_str()).collect()
    };
    assert_eq!(names(true).len(), 30, "{all:#?}");
    let never_refused: Vec<&str> = names(true).difference(&names(false)).copied().collect();
    assert_eq!(never_refused, ["Sweep", "Wait"]);
    let ends: Vec<&str> = all.iter().filter(|(name, ..)| name == "end").map(|(.., end)| *end).collect();
    let every = [
        "accepted",
        "band_deleted",
        "campaign_deleted",
        "campaign_expired",
        "campaign_used",
        "expired",
        "inviter_removed",
        "member_removed",
        "opted_out",
        "rejected",
        "replaced",
        "revoked",
        "superseded",
    ];
    assert_eq!(ends, every);
}
