//! The rules of an invite's life against a small model of them: random acts of random people, and after each the
//! server's answer and every invite's state are what the model says.

mod rules;

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value, json};

use self::rules::{Answer, Model, OWNER, PEOPLE, Role, To};
use crate::world::{Person, World, on_each_database};

on_each_database! { the_server_and_the_model_agree_at_every_step }

/// Something that someone does. People and invites are numbers, taken modulo how many there are.
#[derive(Debug, Clone)]
enum Act {
    Make { by: usize, to: To, role: Role, max_uses: Option<u32>, hours: Option<i64> },
    Accept { who: usize, invite: usize },
    Decline { who: usize, invite: usize },
    Revoke { by: usize, invite: usize },
    Restore { by: usize, invite: usize },
    Rotate { by: usize, invite: usize },
    SetRole { invite: usize, role: Role },
    SetUses { invite: usize, max_uses: Option<u32> },
    Extend { invite: usize, hours: Option<i64> },
    Promote { who: usize, role: Role },
    Remove { who: usize, ban: bool },
    Leave { who: usize },
    Wait { minutes: i64 },
    Sweep,
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![3 => Just(Role::Member), 1 => Just(Role::Admin)]
}

fn uses() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![3 => Just(Some(1)), 2 => (2_u32..4).prop_map(Some), 1 => Just(None)]
}

fn hours() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![3 => (1_i64..4).prop_map(Some), 1 => Just(None)]
}

fn act() -> impl Strategy<Value = Act> {
    let (person, invite) = (0..PEOPLE, 0..1_000_usize);
    let to = prop_oneof![
        3 => Just(To::Holder),
        2 => person.clone().prop_map(To::Account),
        2 => person.clone().prop_map(To::Address),
    ];
    prop_oneof![
        6 => (person.clone(), to, role(), uses(), hours())
            .prop_map(|(by, to, role, max_uses, hours)| Act::Make { by, to, role, max_uses, hours }),
        8 => (person.clone(), invite.clone()).prop_map(|(who, invite)| Act::Accept { who, invite }),
        2 => (person.clone(), invite.clone()).prop_map(|(who, invite)| Act::Decline { who, invite }),
        3 => (person.clone(), invite.clone()).prop_map(|(by, invite)| Act::Revoke { by, invite }),
        3 => (person.clone(), invite.clone()).prop_map(|(by, invite)| Act::Restore { by, invite }),
        1 => (person.clone(), invite.clone()).prop_map(|(by, invite)| Act::Rotate { by, invite }),
        1 => (invite.clone(), role()).prop_map(|(invite, role)| Act::SetRole { invite, role }),
        1 => (invite.clone(), uses()).prop_map(|(invite, max_uses)| Act::SetUses { invite, max_uses }),
        1 => (invite, hours()).prop_map(|(invite, hours)| Act::Extend { invite, hours }),
        2 => (person.clone(), role()).prop_map(|(who, role)| Act::Promote { who, role }),
        2 => (person.clone(), any::<bool>()).prop_map(|(who, ban)| Act::Remove { who, ban: ban && who % 2 == 0 }),
        1 => person.prop_map(|who| Act::Leave { who }),
        3 => (1_i64..90).prop_map(|minutes| Act::Wait { minutes }),
        1 => Just(Act::Sweep),
    ]
}

async fn the_server_and_the_model_agree_at_every_step(world: World) {
    let config = Config { cases: 40, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let acts = proptest::collection::vec(act(), 20..60);
        let run = |acts| handle.block_on(tell(&world, acts)).map_err(TestCaseError::fail);
        if let Err(error) = TestRunner::new(config).run(&acts, run) {
            panic!("{error}");
        }
    })
    .await
    .unwrap();
}

/// A band of its own, on the server and in the model.
struct Story<'w> {
    world: &'w World,
    model: Model,
    people: Vec<Person>,
    band: String,
    /// Id and token of each invite, in the order of the model's.
    made: Vec<(String, String)>,
}

async fn tell(world: &World, acts: Vec<Act>) -> Result<(), String> {
    let people = world.people(PEOPLE).await;
    let band = people[OWNER].band("Choir").await;
    let mut story = Story { world, model: Model::new(), people, band, made: Vec::new() };
    for act in acts {
        let (expected, (status, answer)) = story.play(&act).await;
        let code = answer["code"].as_str().or_else(|| answer["outcome"].as_str()).unwrap_or_default();
        if (status, code) != expected {
            return Err(format!("{act:?}: {status} {code:?} and not {expected:?}: {answer}"));
        }
        story.compare().await.map_err(|what| format!("after {act:?}: {what}"))?;
    }
    story.figures().await?;
    story.tree().await
}

const NOTHING: (Answer, (u16, Value)) = ((0, ""), (0, Value::Null));

impl Story<'_> {
    fn account(&self, who: usize) -> &str {
        self.people[who].account["id"].as_str().unwrap()
    }

    /// The path of an invite and its number; `None` while there is none.
    fn invite(&self, number: usize) -> Option<(usize, String)> {
        let number = number.checked_rem(self.made.len())?;
        Some((number, format!("/invites/{}", self.made[number].0)))
    }

    /// What the model says to an act, and what the server does.
    async fn play(&mut self, act: &Act) -> (Answer, (u16, Value)) {
        match *act {
            Act::Make { by, to, role, max_uses, hours } => self.make(by, to, role, max_uses, hours).await,
            Act::Wait { minutes } => {
                self.world.clock.pass_seconds(minutes * 60);
                self.model.now += minutes * 60;
                NOTHING
            }
            Act::Sweep => {
                guestlist::server::sweep::expire(&self.world.app).await.unwrap();
                NOTHING
            }
            Act::Promote { who, role } => {
                let path = format!("/bands/{}/members/{}", self.band, self.account(who));
                let expected = self.model.promote(who, role);
                (expected, self.people[OWNER].patch(&path, json!({ "role": role.word() })).await)
            }
            Act::Remove { who, ban } => {
                let path = format!("/bands/{}/members/{}?ban={ban}", self.band, self.account(who));
                let expected = self.model.remove(who, ban);
                (expected, self.people[OWNER].delete(&path).await)
            }
            Act::Leave { who } => {
                let path = format!("/bands/{}/leave", self.band);
                (self.model.leave(who), self.people[who].post(&path, json!({})).await)
            }
            _ => self.on_invite(act).await,
        }
    }

    async fn make(
        &mut self,
        by: usize,
        to: To,
        role: Role,
        max_uses: Option<u32>,
        hours: Option<i64>,
    ) -> (Answer, (u16, Value)) {
        let max_uses = if to == To::Holder { max_uses } else { Some(1) };
        let mut wish = json!({ "role": role.word(), "max_uses": max_uses, "ttl_hours": hours });
        match to {
            To::Holder => {}
            To::Account(who) => wish["account_id"] = self.people[who].account["id"].clone(),
            // Where there is no mail, an address is an account's alone from the beginning; people's are their names.
            To::Address(who) => wish["email"] = json!(format!("{}@example.org", self.people[who].username)),
        }
        let answer = self.people[by].post(&format!("/bands/{}/invites", self.band), wish).await;
        let expected = self.model.make(by, to, role, max_uses, hours);
        if answer.0 == 201 {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            self.made.push((text(&answer.1["invite"]["id"]), text(&answer.1["token"])));
        }
        (expected, answer)
    }

    async fn on_invite(&mut self, act: &Act) -> (Answer, (u16, Value)) {
        let (Act::Accept { invite, .. }
        | Act::Decline { invite, .. }
        | Act::Revoke { invite, .. }
        | Act::Restore { invite, .. }
        | Act::Rotate { invite, .. }
        | Act::SetRole { invite, .. }
        | Act::SetUses { invite, .. }
        | Act::Extend { invite, .. }) = *act
        else {
            return NOTHING;
        };
        let Some((n, path)) = self.invite(invite) else { return NOTHING };
        let token = format!("/invites/{}", self.made[n].1);
        let owner = &self.people[OWNER];
        match *act {
            Act::Accept { who, .. } => {
                (self.model.accept(who, n), self.people[who].post(&format!("{token}/accept"), json!({})).await)
            }
            Act::Decline { who, .. } => {
                (self.model.decline(who, n), self.people[who].post(&format!("{token}/decline"), json!({})).await)
            }
            Act::Revoke { by, .. } => (self.model.revoke(by, n), self.people[by].delete(&path).await),
            Act::Restore { by, .. } => {
                let (status, answer) = self.people[by].post(&format!("{path}/restore"), json!({})).await;
                (self.model.restore(by, n), (status, answer))
            }
            Act::Rotate { by, .. } => {
                let answer = self.people[by].post(&format!("{path}/rotate"), json!({})).await;
                if answer.0 == 200 {
                    let old = std::mem::replace(&mut self.made[n].1, answer.1["token"].as_str().unwrap().to_owned());
                    let dead = self.world.send("GET", &format!("/invites/{old}/info"), None).await;
                    assert_eq!(dead.0, 404, "the old token is dead");
                }
                (self.model.rotate(by, n), answer)
            }
            Act::SetRole { role, .. } => {
                (self.model.set_role(n, role), owner.patch(&path, json!({ "role": role.word() })).await)
            }
            Act::SetUses { max_uses, .. } => {
                (self.model.set_uses(n, max_uses), owner.patch(&path, json!({ "max_uses": max_uses })).await)
            }
            Act::Extend { hours, .. } => {
                (self.model.extend(n, hours), owner.patch(&path, json!({ "ttl_hours": hours })).await)
            }
            _ => NOTHING,
        }
    }

    /// The band's statistics after all of it: what the model comes to, and every part adds up to the whole.
    async fn figures(&self) -> Result<(), String> {
        // The figures follow the rows: what is over is written down first, here or by the server's own sweeper.
        let now = self.world.clock.now().micros();
        let over = format!("SELECT COUNT(*) AS n FROM invite WHERE status = 'pending' AND expires_at <= {now}");
        while self.world.number(&over).await > 0 {
            guestlist::server::sweep::expire(&self.world.app).await.unwrap();
        }
        let (answered, stats) = self.people[OWNER].get(&format!("/bands/{}/stats", self.band)).await;
        assert_eq!(answered, 200, "{stats}");
        let all = self.model.figures();
        for (name, expected) in &all {
            let told = stats["by_status"][name].as_u64();
            if told != Some(*expected) {
                return Err(format!("{name}: {told:?} and not {expected}: {stats}"));
            }
            for part in ["by_kind", "by_campaign", "by_inviter"] {
                let sum: u64 = stats[part].as_array().unwrap().iter().filter_map(|row| row[name].as_u64()).sum();
                if sum != *expected {
                    return Err(format!("{name}: {part} comes to {sum} and not {expected}: {stats}"));
                }
            }
        }
        let ended = all["accepted"] + all["rejected"] + all["cancelled"];
        let rate = stats["acceptance_rate"].as_f64();
        let share = rate.map(|rate| (rate * ended as f64).round() as u64);
        if share != (ended > 0).then_some(all["accepted"])
            || (all["uses"] > 0) != stats["median_seconds_to_accept"].is_u64()
        {
            return Err(format!("rate or median: {stats}"));
        }
        Ok(())
    }

    /// Who brought whom after all of it: every member is a node, and who brought how many is one number on both ends.
    async fn tree(&self) -> Result<(), String> {
        let (_, tree) = self.people[OWNER].get(&format!("/bands/{}/tree?limit=200", self.band)).await;
        let nodes = tree["nodes"].as_array().unwrap();
        let inside: Vec<&Value> = nodes.iter().map(|node| &node["account"]["id"]).collect();
        let members = self.model.members().count();
        if nodes.len() != members || tree["total"] != members {
            return Err(format!("{members} members and another tree: {tree}"));
        }
        for node in nodes {
            let n = nodes.iter().filter(|other| other["invited_by"]["id"] == node["account"]["id"]).count();
            if node["brought"] != n || node["invite_id"].is_null() != node["invited_by"].is_null() {
                return Err(format!("{n} nodes name {node}"));
            }
        }
        let brought: u64 = nodes.iter().filter_map(|node| node["brought"].as_u64()).sum();
        let under = nodes.iter().filter(|node| inside.contains(&&node["invited_by"]["id"])).count();
        let (_, stats) = self.people[OWNER].get(&format!("/bands/{}/stats", self.band)).await;
        let uses = stats["by_status"]["uses"].as_u64().unwrap();
        let mut redemptions = 0;
        for (id, _) in &self.made {
            let (_, list) = self.people[OWNER].get(&format!("/invites/{id}/redemptions?limit=200")).await;
            redemptions += list["redemptions"].as_array().unwrap().len();
        }
        let by_invite = nodes.iter().filter(|node| !node["invite_id"].is_null()).count();
        if brought != under as u64 || uses != redemptions as u64 || by_invite > redemptions {
            return Err(format!("{brought} brought and {under} under someone, {uses} uses and {redemptions} of them"));
        }
        Ok(())
    }

    /// Every invite and every member as the model has them.
    async fn compare(&self) -> Result<(), String> {
        let owner = &self.people[OWNER];
        let (_, list) = owner.get(&format!("/bands/{}/invites?limit=200", self.band)).await;
        let told: Vec<Value> = list["invites"].as_array().unwrap().iter().rev().cloned().collect();
        if told.len() != self.made.len() {
            return Err(format!("{} invites and not {}", told.len(), self.made.len()));
        }
        for (n, invite) in told.iter().enumerate() {
            let real = json!([invite["status"], invite["cancel_reason"], invite["uses"], invite["role"]]);
            let expected = self.model.told(n);
            if real != expected {
                return Err(format!("invite {n} is {real} and not {expected}"));
            }
        }
        let (_, list) = owner.get(&format!("/bands/{}/members?limit=200", self.band)).await;
        let mut members: Vec<(String, String)> = list["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| (m["account"]["username"].as_str().unwrap().to_owned(), m["role"].as_str().unwrap().to_owned()))
            .collect();
        members.sort_unstable();
        let mut expected: Vec<(String, String)> =
            self.model.members().map(|(who, role)| (self.people[who].username.clone(), role.to_owned())).collect();
        expected.sort_unstable();
        if members == expected { Ok(()) } else { Err(format!("members {members:?} and not {expected:?}")) }
    }
}
