//! More than a page takes.

use super::*;
use crate::{mail::verify, world::with_mail};

stories!(with_mail(); what_is_longer_than_a_page_takes_is_refused_by_a_page_and_does_nothing);

/// The most bytes of a form.
const MOST: usize = 64 * 1024;

/// A form of so many bytes that joins.
fn filled(username: &str, bytes: usize) -> String {
    let form = format!("act=join&username={username}&password={}&scope=server&reason=", encoded(PASSWORD));
    format!("{form}{}", "x".repeat(bytes - form.len()))
}

async fn post(address: &str, body: String) -> Page {
    page(fill(address, &[]).header("accept", "text/html").body(body)).await
}

mod story {
    use super::*;

    pub async fn what_is_longer_than_a_page_takes_is_refused_by_a_page_and_does_nothing(world: &World) {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        verify(world, "kim").await;
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({ "email": "sam@example.org", "kind": "link" })).await;
        assert_eq!(world.send("POST", "/auth/password/forgot", Some(&json!({ "login": "kim" }))).await.0, 202);
        let mails = world.mails().await;
        let linked = |path: &str| {
            let begin = format!("{}/{path}/", world.origin);
            let mail = mails.iter().find(|mail| mail.text.contains(&begin)).unwrap();
            mail.word(&begin).to_owned()
        };
        let at = |path: &str| format!("{}{path}", world.origin);
        for (address, says) in [
            (at(&format!("/invite/{token}")), "so nothing was done"),
            (at("/invite"), "is longer than any that there is"),
            (at("/verify"), "so nothing was done"),
            (at("/reset"), "so nothing was done"),
            (linked("reset"), "Nothing has changed"),
            (linked("opt-out"), "so nothing was done"),
        ] {
            let refused = post(&address, filled("kim", MOST + 1)).await;
            assert_eq!(refused.status, 413, "{address} {}", refused.html);
            refused.has(says);
            refused.has("<style>");
        }
        assert_eq!(role(&ada, &band, "kim").await, None);
        assert_eq!(kim.get("/me").await.0, 200, "the password is as it was");
        let joined = post(&at(&format!("/invite/{token}")), filled("kim", MOST)).await;
        assert_eq!((joined.status, role(&ada, &band, "kim").await.as_deref()), (200, Some("member")));
    }
}
