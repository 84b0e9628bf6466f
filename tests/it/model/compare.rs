//! Whether the server's state is the model's.

use guestlist::server::sweep;
use serde_json::{Value, json};

use super::{
    rules::{BANDS, SITE, SITE_ADMIN},
    story::Story,
};

/// What differs.
type Same = Result<(), String>;

fn same(what: &str, real: &Value, expected: &Value) -> Same {
    if real == expected { Ok(()) } else { Err(format!("{what}: the server has {real}\nand the model {expected}")) }
}

fn sorted(mut list: Vec<Value>) -> Value {
    list.sort_by_key(Value::to_string);
    Value::Array(list)
}

fn rows<'a>(answer: &'a Value, plural: &str) -> &'a Vec<Value> {
    answer[plural].as_array().unwrap_or_else(|| panic!("no {plural} in {answer}"))
}

impl Story<'_> {
    /// What can have changed by something that was done in this band, or in any.
    pub async fn compare(&mut self, place: Option<usize>) -> Same {
        if place.is_none_or(|band| band == SITE) {
            self.site().await?;
        }
        let is_told = |band: &usize| !self.model.is_deleted(*band) && place.is_none_or(|place| place == *band);
        for band in (0..BANDS).filter(is_told).collect::<Vec<_>>() {
            self.invites(band).await?;
            self.members(band).await?;
            self.requests(band).await?;
            self.campaigns(band).await?;
        }
        self.inbox(self.acts % self.people.len()).await
    }

    /// What waits for a person, and how many the poll says there are.
    async fn inbox(&self, who: usize) -> Same {
        if self.model.has_left(who) {
            return Ok(());
        }
        let (person, waits) = (&self.people[who], self.model.inbox(who));
        let (_, inbox) = person.get("/me/invites?limit=200").await;
        let show = |i: &Value| json!([i["id"], i["role"], i["message"]]);
        let real = rows(&inbox, "invites").iter().rev().map(show).collect();
        let expected = waits.iter().map(|n| {
            let told = self.model.told(*n);
            json!([self.invites[*n].0, told[4], told[5]])
        });
        same(&format!("the inbox of {who}"), &real, &expected.collect())?;
        same("the poll", &person.get("/me/sync").await.1["inbox"]["pending"], &json!(waits.len()))
    }

    /// Everything, once time has been written down.
    pub async fn compare_all(&mut self) -> Same {
        let now = self.world.clock.now().micros();
        let over = format!("SELECT COUNT(*) AS n FROM invite WHERE status = 'pending' AND expires_at <= {now}");
        sweep::go_on(&self.world.app).await.unwrap();
        while self.world.number(&over).await > 0 {
            sweep::expire(&self.world.app).await.unwrap();
        }
        self.compare(None).await?;
        for what in ["invite", "join_request"] {
            let left = format!(
                "SELECT COUNT(*) AS n FROM {what} o JOIN band b ON b.id = o.band
                 WHERE b.deleted_at IS NOT NULL AND o.status = 'pending'"
            );
            same(what, &json!(self.world.number(&left).await), &json!(0))?;
        }
        for band in (0..BANDS).filter(|band| !self.model.is_deleted(*band)) {
            self.statistics(band).await?;
            self.tree(band).await?;
        }
        for who in 0..self.people.len() {
            self.inbox(who).await?;
        }
        Ok(())
    }

    async fn told(&self, band: usize, list: &str) -> Value {
        let owner = &self.people[self.model.owner(band)];
        owner.get(&format!("/bands/{}/{list}", self.bands[band])).await.1
    }

    /// Each invite of a band, and the band's counters.
    async fn invites(&self, band: usize) -> Same {
        let list = self.told(band, "invites?limit=200").await;
        let show = |i: &Value| {
            json!([i["id"], [i["status"], i["cancel_reason"], i["uses"], i["max_uses"], i["role"], i["message"]]])
        };
        let numbers = self.model.invites_of(band);
        let expected: Vec<Value> = numbers.iter().map(|n| json!([self.invites[*n].0, self.model.told(*n)])).collect();
        same("invites", &rows(&list, "invites").iter().rev().map(show).collect(), &json!(expected))?;
        same("how many invites", &list["total"], &json!(numbers.len()))?;
        // What time has ended, and what was decided, is counted when it is written down.
        let pending = self.model.figures(|b, _| b == band)["pending"];
        let is_late = |reason: &Value| reason == "expired" || self.leaves_open() && !reason.is_null();
        let over = numbers.iter().filter(|n| is_late(&self.model.told(**n)[1])).count() as u64;
        let kept = list["pending"].as_u64().unwrap_or_default();
        if (pending..=pending + over).contains(&kept) { Ok(()) } else { Err(format!("{kept} pending, not {pending}")) }
    }

    async fn members(&self, band: usize) -> Same {
        let list = self.told(band, "members?limit=200").await;
        let show = |m: &Value| json!([m["account"]["username"], m["role"], m["can_invite"]]);
        let real: Vec<Value> = rows(&list, "members").iter().map(show).collect();
        same("how many members", &list["total"], &json!(real.len()))?;
        let members = self.model.members(band);
        let expected = members.map(|(who, role, can_invite)| json!([self.name(who), role, can_invite])).collect();
        same("members", &sorted(real), &sorted(expected))
    }

    /// Who brought whom.
    async fn tree(&self, band: usize) -> Same {
        let tree = self.told(band, "tree?limit=200").await;
        let show =
            |n: &Value| json!([n["account"]["username"], n["invited_by"]["username"], n["invite_id"], n["brought"]]);
        let expected = self.model.tree(band).into_iter().map(|(who, by, brought)| {
            let (by, invite) = by.map(|n| (self.name(self.model.maker(n)), &self.invites[n].0)).unzip();
            json!([self.name(who), by, invite, brought])
        });
        same("the tree", &sorted(rows(&tree, "nodes").iter().map(show).collect()), &sorted(expected.collect()))
    }

    /// Who waits for an answer.
    async fn requests(&mut self, band: usize) -> Same {
        let list = self.told(band, "join-requests?limit=200").await;
        let real = rows(&list, "join_requests");
        let show = |r: &Value| json!([r["account"]["username"], r["invite_id"], r["role"]]);
        let expected = self.model.asking(band);
        for (r, who, ..) in &expected {
            let name = json!(self.name(*who));
            if let Some(own) = real.iter().find(|request| request["account"]["username"] == name) {
                let id = own["id"].as_str().unwrap_or_default().to_owned();
                let known = self.requests.entry(*r).or_insert_with(|| id.clone());
                assert_eq!(*known, id, "asking again is the same request");
            }
        }
        let expected = expected
            .into_iter()
            .map(|(_, who, by, role)| json!([self.name(who), by.map(|n| self.invites[n].0.clone()), role]));
        same("requests", &real.iter().map(show).collect(), &expected.collect())
    }

    /// Each campaign of a band: whether it has ended, and its counts.
    async fn campaigns(&self, band: usize) -> Same {
        let list = self.told(band, "campaigns?limit=200").await;
        let show = |c: &Value| {
            let (n, counts) = (|name: &str| c["counts"][name].as_u64().unwrap_or_default(), &c["counts"]);
            let open = n("pending") + n("cancelled");
            json!([c["id"], !c["ended_at"].is_null(), counts["accepted"], counts["rejected"], counts["uses"], open])
        };
        let expected = self.model.campaigns_of(band).into_iter().map(|(k, ended)| {
            let all = self.model.figures(|_, campaign| campaign == k);
            let open = all["pending"] + all["cancelled"];
            json!([self.campaigns[k], ended, all["accepted"], all["rejected"], all["uses"], open])
        });
        same("campaigns", &rows(&list, "campaigns").iter().rev().map(show).collect(), &expected.collect())
    }

    /// The codes that belong to no band.
    async fn site(&self) -> Same {
        for (k, _) in self.model.campaigns_of(SITE) {
            let path = format!("/campaigns/{}/codes?limit=200", self.campaigns[k]);
            let (_, list) = self.people[SITE_ADMIN].get(&path).await;
            for code in rows(&list, "codes") {
                let n = self.invites.iter().position(|(id, _)| code["invite_id"] == json!(id));
                let told = self.model.told(n.ok_or("a code that nobody made")?);
                same("a code of the site", &json!([code["status"], code["uses"]]), &json!([told[0], told[2]]))?;
            }
        }
        Ok(())
    }

    /// A band's statistics: every part adds up to the whole.
    async fn statistics(&self, band: usize) -> Same {
        let stats = self.told(band, "stats").await;
        let all = self.model.figures(|b, _| b == band);
        for (name, expected) in &all {
            same(name, &stats["by_status"][name], &json!(expected))?;
            for part in ["by_kind", "by_campaign", "by_inviter"] {
                let sum: u64 = rows(&stats, part).iter().filter_map(|row| row[name].as_u64()).sum();
                same(&format!("{name} {part}"), &json!(sum), &json!(expected))?;
            }
        }
        let answered = all["accepted"] + all["rejected"] + all["expired"];
        let share = stats["acceptance_rate"].as_f64().map(|rate| (rate * answered as f64).round() as u64);
        same("the acceptance rate", &json!(share), &json!((answered > 0).then_some(all["accepted"])))?;
        same("a median", &json!(stats["median_seconds_to_accept"].is_u64()), &json!(all["uses"] > 0))
    }
}
