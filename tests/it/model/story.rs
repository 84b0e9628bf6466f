//! A story: the same acts on the server and in the model.

use std::collections::BTreeMap;

use guestlist::{
    domain::AccountId,
    server::{store::Error, sweep},
};
use serde_json::{Value, json};

use super::{
    act::Act,
    rules::{
        ASKABLE, BANDS, Block, Change, Doing, Door, Model, NewCampaign, PEOPLE, Rules, SITE, SITE_ADMIN, Site,
        Supersedes, To, Wish, text,
    },
};
use crate::world::{PASSWORD, Person, World};

/// What the server answered.
type Told = (u16, Value);

/// Bands and people of their own, on the server and in the model. What has a number in the model has its id here.
pub struct Story<'w> {
    pub world: &'w World,
    pub model: Model,
    pub people: Vec<Person>,
    pub bands: Vec<String>,
    /// Id and token.
    pub invites: Vec<(String, String)>,
    pub campaigns: Vec<String>,
    pub requests: BTreeMap<usize, String>,
    /// How many acts there were.
    pub acts: usize,
}

/// Where decisions are left open, they go on by a step after so many acts.
const ACTS_A_STEP: usize = 4;

/// Plays the acts; what differs between server and model, if anything does.
pub async fn tell(world: &World, site: Site, acts: Vec<Act>) -> Result<(), String> {
    let mut story = Story::begin(world, site).await;
    let mut so_far = String::new();
    for act in acts {
        let Some(act) = story.model.aimed(act) else { continue };
        let (status, answer) = story.act(&act).await;
        let place = story.model.place(&act);
        let (Ok(expected) | Err(expected)) = story.model.play(&act);
        so_far = format!("{so_far}{act:?}: {expected:?}\n");
        let code = answer["code"].as_str().or_else(|| answer["outcome"].as_str()).unwrap_or_default();
        if (status, code) != expected {
            return Err(format!("{so_far}but the server says {status} {code:?}: {answer}"));
        }
        story.learn(&act, &answer).await;
        story.go_on().await;
        story.compare(place).await.map_err(|what| format!("{so_far}{what}"))?;
    }
    story.compare_all().await.map_err(|what| format!("{so_far}at the end, {what}"))
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn id(value: &Value) -> String {
    text_of(&value["id"])
}

impl<'w> Story<'w> {
    async fn begin(world: &'w World, site: Site) -> Self {
        let people = world.people(PEOPLE).await;
        for (who, person) in people.iter().enumerate().filter(|(who, _)| Model::is_verified(*who)) {
            let account: AccountId = person.account["id"].as_str().unwrap().parse().unwrap();
            let sql = "UPDATE account SET email_verified = $2 WHERE id = $1";
            let verified = world.app.store().write::<_, Error, _>(move |tx| tx.execute(sql, &[&account, &true])).await;
            assert_eq!(verified.unwrap(), 1, "{who}");
        }
        world.make_site_admin(&people[SITE_ADMIN]).await;
        let mut bands = Vec::new();
        for (n, owner) in people.iter().enumerate().take(BANDS) {
            let join = if n == ASKABLE { "request" } else { "invite" };
            bands.push(id(&owner.post("/bands", json!({ "name": format!("Band {n}"), "join": join })).await.1));
        }
        // The campaign of what names none has the id of its band.
        let campaigns = bands.clone();
        Self {
            world,
            model: Model::new(site),
            people,
            bands,
            invites: Vec::new(),
            campaigns,
            requests: BTreeMap::new(),
            acts: 0,
        }
    }

    /// Whether what is decided about many invites is left open.
    pub fn leaves_open(&self) -> bool {
        !self.world.app.settings().sweeps
    }

    async fn go_on(&mut self) {
        self.acts += 1;
        if self.leaves_open() && self.acts.is_multiple_of(ACTS_A_STEP) {
            let _ = sweep::step(&self.world.app).await.unwrap();
        }
    }

    /// The user name of anyone, also of who has not signed up yet.
    pub fn name(&self, who: usize) -> String {
        match self.people.get(who) {
            Some(person) => person.username.clone(),
            None => format!("{}x{who}", self.people[0].username),
        }
    }

    fn address(&self, who: usize) -> String {
        let name = self.people.get(who).map_or_else(|| self.name(who), |person| text_of(&person.account["username"]));
        format!("{name}@example.org")
    }

    fn account(&self, who: usize) -> &Value {
        &self.people[who].account["id"]
    }

    fn member(&self, band: usize, who: usize) -> String {
        format!("/bands/{}/members/{}", self.bands[band], self.account(who).as_str().unwrap())
    }

    /// What an invite is called: its token, or its id in the inbox.
    fn door(&self, door: Door, invite: usize) -> String {
        let (id, token) = &self.invites[invite];
        if door == Door::Inbox { format!("/me/invites/{id}") } else { format!("/invites/{token}") }
    }

    /// Does it on the server.
    async fn act(&mut self, act: &Act) -> Told {
        let nothing = json!({});
        let invite = |n: usize| format!("/invites/{}", self.invites[n].0);
        let campaign = |k: usize| format!("/campaigns/{}", self.campaigns[k]);
        let band = |band: usize| format!("/bands/{}", self.bands[band]);
        match *act {
            Act::Make { by, band: b, to, ref wish } => {
                self.people[by].post(&format!("{}/invites", band(b)), self.wish(to, wish)).await
            }
            Act::Codes { by, band: b, ref wish, count, max_uses } => {
                let path = if b == SITE { "/site/codes".to_owned() } else { format!("{}/codes", band(b)) };
                let body = json!({ "count": count, "name": "Codes", "role": wish.role.word(), "ttl_hours": wish.life.hours(),
                    "max_uses": max_uses });
                self.people[by].post(&path, body).await
            }
            Act::Look { invite } => {
                self.world.send("GET", &format!("{}/info", self.door(Door::Token, invite)), None).await
            }
            Act::Accept { who, invite, door } => {
                self.people[who].post(&format!("{}/accept", self.door(door, invite)), nothing).await
            }
            Act::Decline { who, invite, door, block } => {
                let block = block.map(|block| match block {
                    Block::Inviter => "inviter",
                    Block::Band => "band",
                    Block::Server => "server",
                });
                let path = format!("{}/decline", self.door(door, invite));
                self.people[who].post(&path, json!({ "block": block })).await
            }
            Act::Register { invite, accepts } => self.register(invite, accepts).await,
            Act::Join { who, band: b } => self.people[who].post(&format!("{}/join", band(b)), nothing).await,
            Act::Answer { by, request, yes } => {
                let word = if yes { "approve" } else { "deny" };
                let here = band(self.model.band_of_request(request));
                let path = format!("{here}/join-requests/{}/{word}", self.requests[&request]);
                self.people[by].post(&path, nothing).await
            }
            Act::Revoke { by, invite: n } => self.people[by].delete(&invite(n)).await,
            Act::Restore { by, invite: n } => self.people[by].post(&format!("{}/restore", invite(n)), nothing).await,
            Act::Rotate { by, invite: n } => self.people[by].post(&format!("{}/rotate", invite(n)), nothing).await,
            Act::Edit { by, invite: n, change } => self.people[by].patch(&invite(n), changed(change)).await,
            Act::NewCampaign { by, band: b, ref wish } => {
                let NewCampaign { role, life, max_invites, max_accepts } = wish;
                let body = json!({ "name": "Tour", "role": role.word(), "ttl_hours": life.hours(), "max_invites": max_invites,
                    "max_accepts": max_accepts });
                self.people[by].post(&format!("{}/campaigns", band(b)), body).await
            }
            Act::EditCampaign { by, campaign: k, change } => self.people[by].patch(&campaign(k), changed(change)).await,
            Act::ExpireCampaign { by, campaign: k } => {
                self.people[by].post(&format!("{}/expire", campaign(k)), nothing).await
            }
            Act::DeleteCampaign { by, campaign: k } => self.people[by].delete(&campaign(k)).await,
            Act::Promote { by, band, who, role } => {
                self.people[by].patch(&self.member(band, who), json!({ "role": role.word() })).await
            }
            Act::LetInvite { by, band, who, may } => {
                self.people[by].patch(&self.member(band, who), json!({ "can_invite": may })).await
            }
            Act::Remove { by, band, who, ban, all } => {
                let path = format!("{}?ban={ban}&revoke_invites={all}", self.member(band, who));
                self.people[by].delete(&path).await
            }
            Act::Leave { who, band: b } => self.people[who].post(&format!("{}/leave", band(b)), nothing).await,
            Act::Transfer { by, band: b, to } => {
                let body = json!({ "account_id": self.account(to) });
                self.people[by].post(&format!("{}/transfer", band(b)), body).await
            }
            Act::SetRules { by, band: b, rules } => {
                self.people[by].patch(&band(b), json!({ "policy": policy(rules) })).await
            }
            Act::Bulk { by, band: b, ref rows, ref wish } => {
                self.people[by].post(&format!("{}/invites/bulk", band(b)), self.rows(rows, wish)).await
            }
            Act::Many { by, band: b, doing, ref of } => {
                self.people[by].post(&format!("{}/invites/actions", band(b)), self.many(doing, of.as_deref())).await
            }
            Act::Resend { by, invite: n } => self.people[by].post(&format!("{}/resend", invite(n)), nothing).await,
            Act::SetQuota { by, who, limit } => {
                let path = format!("/site/accounts/{}/quota", self.account(who).as_str().unwrap());
                self.people[by].send("PUT", &path, Some(&json!({ "limit": limit }))).await
            }
            Act::DeleteBand { by, band: b } => self.people[by].delete(&band(b)).await,
            Act::DeleteAccount { who } => self.people[who].delete("/me").await,
            Act::Wait { minutes } => {
                self.world.clock.pass_seconds(minutes * 60);
                (0, Value::Null)
            }
            Act::Sweep => {
                sweep::expire(&self.world.app).await.unwrap();
                (0, Value::Null)
            }
        }
    }

    fn rows(&self, rows: &[To], wish: &Wish) -> Value {
        let mut body = self.wish(To::Holder, wish);
        let row = |to: &To| match *to {
            To::Holder => json!({}),
            To::Account(who) => json!({ "username": self.name(who) }),
            To::Address(who) => json!({ "email": self.address(who) }),
        };
        body["rows"] = rows.iter().map(row).collect();
        body
    }

    fn many(&self, doing: Doing, of: Option<&[usize]>) -> Value {
        let (action, args) = match doing {
            Doing::Revoke => ("revoke", json!({})),
            Doing::Restore => ("restore", json!({})),
            Doing::Resend => ("resend", json!({})),
            Doing::Extend(life) => ("extend", json!({ "ttl_hours": life.hours() })),
            Doing::SetRole(role) => ("set_role", json!({ "role": role.word() })),
        };
        let mut body = json!({ "action": action, "args": args });
        match of {
            Some(some) => body["ids"] = some.iter().map(|n| self.invites[*n].0.clone()).collect(),
            None => body["filter"] = json!({}),
        }
        body
    }

    fn wish(&self, to: To, wish: &Wish) -> Value {
        let mut body = json!({ "max_uses": wish.max_uses, "requires_approval": wish.approval });
        let fields = [
            ("campaign_id", wish.campaign.map(|k| json!(self.campaigns[k]))),
            ("role", wish.role.map(|role| json!(role.word()))),
            ("message", wish.message.map(|message| json!(text(message)))),
            ("ttl_hours", wish.life.map(|life| json!(life.hours()))),
            ("on_existing", wish.replace.then(|| json!("replace"))),
            ("account_id", if let To::Account(who) = to { Some(self.account(who).clone()) } else { None }),
            ("email", if let To::Address(who) = to { Some(json!(self.address(who))) } else { None }),
        ];
        for (field, value) in fields {
            if let Some(value) = value {
                body[field] = value;
            }
        }
        body
    }

    async fn register(&self, invite: Option<usize>, accepts: bool) -> Told {
        let who = self.people.len();
        let mut body = json!({ "username": self.name(who), "email": self.address(who), "password": PASSWORD });
        if let Some(n) = invite {
            (body["invite"], body["accept"]) = (json!(self.invites[n].1), json!(accepts));
        }
        self.world.send("POST", "/auth/register", Some(&body)).await
    }

    /// Keeps the ids of what was made, and the person who came.
    async fn learn(&mut self, act: &Act, answer: &Value) {
        let made = answer["code"].is_null();
        match *act {
            Act::Make { .. } if made => {
                self.invites.push((id(&answer["invite"]), answer["token"].as_str().unwrap().to_owned()));
            }
            Act::Bulk { .. } if made => {
                let done = answer["results"].as_array().unwrap().iter().filter(|row| row["status"] == "created");
                for row in done {
                    let (link, id) = (row["link"].as_str().unwrap(), row["invite_id"].as_str().unwrap());
                    self.invites.push((id.to_owned(), link.rsplit('/').next().unwrap().to_owned()));
                }
                assert_eq!(answer["created"], self.model.done);
            }
            Act::Many { .. } if made => assert_eq!(answer["done"], self.model.done, "{answer}"),
            Act::NewCampaign { .. } if made => self.campaigns.push(id(&answer["campaign"])),
            Act::Codes { by, .. } if made => {
                let campaign = id(&answer["campaign"]);
                let (_, list) = self.people[by].get(&format!("/campaigns/{campaign}/codes")).await;
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let codes = list["codes"].as_array().unwrap();
                self.invites.extend(codes.iter().map(|one| (text(&one["invite_id"]), text(&one["code"]))));
                self.campaigns.push(campaign);
            }
            Act::Register { .. } if made => {
                let session = answer["session"]["token"].as_str().unwrap();
                self.people.push(self.world.person(answer["account"].clone(), session));
            }
            // Nobody's name begins so.
            Act::DeleteAccount { who } if made => {
                self.people[who].username = format!("-{}", id(&self.people[who].account));
            }
            Act::Rotate { invite, .. } if made => {
                let new = answer["token"].as_str().unwrap().to_owned();
                let old = std::mem::replace(&mut self.invites[invite].1, new);
                let dead = self.world.send("GET", &format!("/invites/{old}/info"), None).await;
                assert_eq!(dead.0, 404, "the old token is unknown");
            }
            _ => {}
        }
    }
}

fn changed(change: Change) -> Value {
    match change {
        Change::Role(role) => json!({ "role": role.word() }),
        Change::Message(message) => json!({ "message": message.map(text) }),
        Change::Life(life) => json!({ "ttl_hours": life.hours() }),
        Change::Uses(uses) => json!({ "max_uses": uses }),
    }
}

fn policy(rules: Rules) -> Value {
    let supersedes = match rules.supersedes {
        Supersedes::None => "none",
        Supersedes::SameBand => "same_band",
        Supersedes::Everywhere => "everywhere",
    };
    json!({
        "membership": if rules.one_band { "one" } else { "many" },
        "on_accept_cancel": supersedes,
        "on_inviter_removed": if rules.revoke_with_inviter { "revoke" } else { "keep" },
    })
}
