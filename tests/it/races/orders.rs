//! Both orders of what comes at once, one as well as the other: on PostgreSQL the one waits in front of the other for what a
//! third transaction holds.

use guestlist::server::store::Database;
use serde_json::{Value, json};

use super::until_waiting;
use crate::world::{Person, World};

/// What is done to an invite while somebody accepts it, or says no to it: its name, and whether the invite has to be of a
/// campaign.
const AGAINST: [(&str, bool); 5] =
    [("revoke", false), ("decline", false), ("role", false), ("expire", true), ("delete", true)];

async fn done(what: &str, ada: &Person, kim: &Person, invite: &str, token: &str, campaign: &str) -> (u16, Value) {
    let path = format!("/invites/{invite}");
    match what {
        "revoke" => ada.delete(&path).await,
        "decline" => kim.post(&format!("/invites/{token}/decline"), json!({})).await,
        "role" => ada.patch(&path, json!({ "role": "admin" })).await,
        "expire" => ada.post(&format!("/campaigns/{campaign}/expire"), json!({})).await,
        _ => ada.delete(&format!("/campaigns/{campaign}")).await,
    }
}

/// What an accept, what else was done, the invite's status and its uses have to be, where the accept came first.
fn where_it_is_accepted(what: &str) -> (Value, u16, Value, u8) {
    let other = match what {
        "revoke" | "role" => 409,
        "decline" => 410,
        _ => 200,
    };
    (json!("joined"), other, json!("accepted"), 1)
}

/// The same, where the accept came second.
fn where_it_is_too_late(what: &str) -> (Value, u16, Value, u8) {
    match what {
        "revoke" => (json!("invite_revoked"), 204, json!("cancelled"), 0),
        "decline" => (json!("invite_declined"), 204, json!("rejected"), 0),
        "role" => (json!("joined"), 200, json!("accepted"), 1),
        "expire" => (json!("invite_expired"), 200, json!("cancelled"), 0),
        _ => (json!("invite_cancelled"), 200, json!("cancelled"), 0),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_is_first_holds_and_the_other_is_told_so() {
    let Some(world) = World::postgres().await else { return };
    let Database::Postgres(url) = &world.database else { panic!("not PostgreSQL") };
    let (beside, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let mut people = world.people(AGAINST.len() * 2).await.into_iter();
    for (what, is_of_campaign) in AGAINST {
        for accept_is_first in [true, false] {
            // With a limit, so that an accept holds it, too.
            let wish = json!({ "name": "Tour", "max_accepts": 9 });
            let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), wish).await;
            let campaign = made["campaign"]["id"].as_str().unwrap();
            let of = if is_of_campaign { json!({ "campaign_id": campaign }) } else { json!({}) };
            let (invite, token) = ada.invite(&band, of).await;
            let table = if is_of_campaign { "campaign" } else { "invite" };
            beside.batch_execute(&format!("BEGIN; SELECT 1 FROM {table} FOR UPDATE")).await.unwrap();
            let person = people.next().unwrap();
            let turn = async |is_first: bool| until_waiting(&beside, i64::from(!is_first)).await;
            let accepted = async {
                turn(accept_is_first).await;
                person.accept(&token).await
            };
            let other = async {
                turn(!accept_is_first).await;
                done(what, &ada, &kim, &invite, &token, campaign).await
            };
            let ((_, accepted), (other, answer), ()) = tokio::join!(accepted, other, async {
                until_waiting(&beside, 2).await;
                beside.batch_execute("COMMIT").await.unwrap();
            });
            let shown = ada.get(&format!("/invites/{invite}")).await.1;
            let said = accepted.get("code").unwrap_or(&accepted["outcome"]);
            let is = (said.clone(), other, shown["status"].clone(), shown["uses"].as_u64().unwrap() as u8);
            let expected = if accept_is_first { where_it_is_accepted(what) } else { where_it_is_too_late(what) };
            assert_eq!(is, expected, "{what}, the accept first: {accept_is_first}: {answer} {shown}");
            let is_in = person.get(&format!("/bands/{band}")).await.0 == 200;
            assert_eq!(is_in, expected.3 == 1, "{what}, the accept first: {accept_is_first}");
        }
    }
}
