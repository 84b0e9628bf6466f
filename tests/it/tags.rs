//! An answer that is asked for again under its tag is the one that was given: where it changes so does the tag, and where
//! what a band shows changes the poll of its members tells it.

mod changes;
mod names;

use std::collections::BTreeSet;

use guestlist::{
    domain::{OnAcceptCancel, Policy, Preset, Registration},
    server::Settings,
};
use serde_json::Value;

use crate::{
    description::Description,
    world::{Person, World, with_mail},
};

/// What lets an account be named by a band in every way: it is made by an invite, and what waits for it elsewhere ends.
fn settings() -> Settings {
    let registration = Registration::InviteOnly;
    let on_accept_cancel = OnAcceptCancel::Everywhere;
    let policy = Policy { registration, on_accept_cancel, reminder_hours: vec![24], ..Policy::preset(Preset::Band) };
    Settings { policy, retention_days: Some(7), ..with_mail() }
}

/// How operations begin of whose changes the poll tells.
const TOLD: [&str; 4] = ["/bands/{id}", "/invites/{id}", "/campaigns/{id}", "/me/invites"];

/// What somebody looks at again and again.
struct Look<'a> {
    person: &'a Person,
    /// The operation of the description.
    operation: &'static str,
    path: String,
}

/// An answer with its tag.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    tag: Option<String>,
    body: Value,
}

async fn see(person: &Person, path: &str) -> Seen {
    let answer = person.fetch(path).await;
    let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
    Seen { tag, body: serde_json::from_str(&answer.text().await.unwrap()).unwrap() }
}

/// What people look at, and what they saw last.
struct Watch<'a> {
    looks: Vec<Look<'a>>,
    seen: Vec<Seen>,
    polls: Vec<Seen>,
    /// What was hidden from somebody.
    hidden: Vec<String>,
    /// The operations whose answers have changed.
    changed: BTreeSet<&'static str>,
}

impl<'a> Watch<'a> {
    /// Of what these people look at.
    async fn of(looks: Vec<Look<'a>>) -> Self {
        let (hidden, changed) = (Vec::new(), BTreeSet::new());
        let mut watch = Self { looks, seen: Vec::new(), polls: Vec::new(), hidden, changed };
        (watch.seen, watch.polls) = watch.look().await;
        watch
    }

    async fn look(&self) -> (Vec<Seen>, Vec<Seen>) {
        let (mut seen, mut polls) = (Vec::new(), Vec::<Seen>::new());
        for (n, look) in self.looks.iter().enumerate() {
            let same = n.checked_sub(1).is_some_and(|last| self.looks[last].person.session == look.person.session);
            polls.push(if same { polls[n - 1].clone() } else { see(look.person, "/me/sync").await });
            seen.push(see(look.person, &look.path).await);
        }
        (seen, polls)
    }

    /// Looks again after a change.
    async fn after(&mut self, what: &str) {
        let (seen, polls) = self.look().await;
        for (n, look) in self.looks.iter().enumerate() {
            let (old, new) = (&self.seen[n], &seen[n]);
            if old.body == new.body {
                continue;
            }
            let _ = self.changed.insert(look.operation);
            let by = format!("{what}: {} {}", look.person.username, look.path);
            if old.tag.is_some() && old.tag == new.tag {
                self.hidden.push(format!("{by}: 304 hides it\n  {}\n  {}", old.body, new.body));
            }
            if TOLD.iter().any(|told| look.operation.starts_with(told)) && self.polls[n] == polls[n] {
                self.hidden.push(format!("{by}: no poll tells it"));
            }
        }
        (self.seen, self.polls) = (seen, polls);
    }

    /// Ends it: nothing was hidden.
    fn end(self) -> BTreeSet<&'static str> {
        assert!(self.hidden.is_empty(), "{}", self.hidden.join("\n"));
        self.changed
    }
}

/// The operations that answer under a tag.
async fn tagged(world: &World) -> BTreeSet<String> {
    let description = Description::of(world).await;
    let mut tagged = BTreeSet::new();
    for (method, path) in description.operations() {
        let params = description.operation(&method, &path)["parameters"].clone();
        if params.as_array().into_iter().flatten().any(|one| one["name"] == "If-None-Match") {
            let _ = tagged.insert(path);
        }
    }
    tagged
}
