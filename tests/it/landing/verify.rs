//! Addresses on the way in: the code that is mailed, asked for and typed in a browser.

use guestlist::server::mail::Transport;

use super::*;
use crate::{last_use::holder, proof::code, world::with_mail};

stories!(invited_alone();
    who_holds_the_last_use_verifies_the_address_and_comes_in,
    a_form_for_an_account_that_is_sent_twice_leads_on_with_the_account_that_it_made,
);

fn invited_alone() -> Settings {
    let mut settings = with_mail();
    settings.policy.registration = Registration::InviteOnly;
    settings
}

stories!(with_mail();
    an_address_is_verified_on_the_way,
    who_makes_an_account_is_told_of_the_code_that_was_mailed_and_types_it_here,
    another_code_is_mailed_when_asked_for,
    who_types_another_address_than_the_invites_is_told_what_to_do,
);

mod story {
    use super::*;

    pub async fn who_makes_an_account_is_told_of_the_code_that_was_mailed_and_types_it_here(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let _ = world.codes().await;
        let (_, token) = ada.invite(&band, json!({})).await;
        let form = [("act", "register"), ("username", "kim"), ("password", PASSWORD), ("email", "Kim@Example.org")];
        let done = send(world, &token, &form).await;
        done.has("You are in The Night Owls");
        done.has("A code was mailed to kim@example.org");
        done.has("action=\"/verify\"");
        let mailed = code(world).await;
        let address = format!("{}/verify", world.origin);
        let offered = page(client().get(&address)).await;
        assert_eq!(offered.status, 200);
        offered.has("autocomplete=\"one-time-code\"");
        let form = |typed| [("act", "verify"), ("username", "kim"), ("password", PASSWORD), ("code", typed)];
        for (typed, says) in [("AAAA-AAAA", "is not the one of the newest mail"), ("<b>", "must be the eight letters")]
        {
            let wrong = page(fill(&address, &form(typed))).await;
            assert_eq!(wrong.status, 422, "{}", wrong.html);
            wrong.has(says);
            wrong.has("value=\"kim\"");
            wrong.lacks(PASSWORD);
            wrong.lacks("<b>");
        }
        let foreign = client().post(&address).header("content-type", "application/x-www-form-urlencoded");
        let foreign = page(foreign.header("origin", "https://evil.example").body("act=verify")).await;
        assert_eq!(foreign.status, 403);
        assert_eq!(page(fill(&address, &[("act", "dance")])).await.status, 422);
        let login = json!({ "login": "kim", "password": PASSWORD });
        let verified =
            async || world.send("POST", "/auth/login", Some(&login)).await.1["account"]["email_verified"].clone();
        assert_eq!(verified().await, false);
        let right = page(fill(&address, &form(&mailed))).await;
        assert_eq!(right.status, 200, "{}", right.html);
        right.has("Your address is verified");
        assert_eq!(verified().await, true);
        let again = page(fill(&address, &form(&mailed))).await;
        assert_eq!(again.status, 422);
        again.has("Your email is verified already: there is nothing to do.");
    }

    pub async fn another_code_is_mailed_when_asked_for(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let _ = world.codes().await;
        let (_, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let form = [("act", "register"), ("username", "kim"), ("password", PASSWORD), ("email", "kim@example.org")];
        send(world, &token, &form).await.has("A code was mailed to kim@example.org");
        let first = code(world).await;
        let ask = [("act", "code"), ("username", "kim"), ("password", PASSWORD)];
        let early = send(world, &token, &ask).await;
        assert_eq!(early.status, 429, "{}", early.html);
        early.has("autocomplete=\"one-time-code\"");
        world.clock.pass_seconds(61);
        send(world, &token, &ask).await.has("A new code is on its way");
        let second = code(world).await;
        assert_ne!(first, second);
        world.clock.pass_seconds(61);
        let page = page(fill(&format!("{}/verify", world.origin), &ask)).await;
        assert_eq!(page.status, 200, "{}", page.html);
        page.has("A new code is on its way");
        let third = code(world).await;
        let join = |code| [("act", "join"), ("username", "kim"), ("password", PASSWORD), ("code", code)];
        assert_eq!(send(world, &token, &join(&second)).await.status, 422);
        send(world, &token, &join(&third)).await.has("You are in The Night Owls");
    }

    pub async fn who_types_another_address_than_the_invites_is_told_what_to_do(world: &World) {
        let (ada, _) = (world.account("ada").await, world.account("sam").await);
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let form = [("act", "register"), ("username", "kim"), ("password", PASSWORD), ("email", "kim@example.com")];
        let page = send(world, &token, &form).await;
        assert_eq!(page.status, 403, "{}", page.html);
        page.has("This invite is for k***@example.org alone. Make the account with that address, or ask ada");
        page.has("E-mail address is not the one that this invite is for");
        page.has("value=\"kim@example.com\"");
        let page = join(world, &token, "sam").await;
        assert_eq!(page.status, 403);
        page.has("the account you signed in with has another address");
        page.has("make one with it");
    }

    pub async fn an_address_is_verified_on_the_way(world: &World) {
        assert!(matches!(world.app.settings().mail, Transport::File { .. }));
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let _ = world.codes().await;
        let (_, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let form = [("act", "register"), ("username", "kim"), ("password", PASSWORD), ("email", "kim@example.org")];
        let page = send(world, &token, &form).await;
        assert_eq!(page.status, 200, "{}", page.html);
        page.has("Your account is made");
        page.has("autocomplete=\"one-time-code\"");
        page.lacks("Make an account");
        assert_eq!(role(&ada, &band, "kim").await, None);
        let mailed = code(world).await;
        let wrong = [("act", "join"), ("username", "kim"), ("password", PASSWORD), ("code", "AAAA-AAAA")];
        let page = send(world, &token, &wrong).await;
        assert!((400..500).contains(&page.status), "{} {}", page.status, page.html);
        page.has("autocomplete=\"one-time-code\"");
        let right = [("act", "join"), ("username", "kim"), ("password", PASSWORD), ("code", mailed.as_str())];
        send(world, &token, &right).await.has("You are in The Night Owls");
        // Who has an account whose address nobody has verified is mailed a code on the way.
        let _sam = world.account("sam").await;
        let _ = world.codes().await;
        world.clock.pass_seconds(61);
        let (_, token) = ada.invite(&band, json!({ "email": "sam@example.org" })).await;
        let page = join(world, &token, "sam").await;
        assert_eq!(page.status, 403);
        page.has("autocomplete=\"one-time-code\"");
        let mailed = code(world).await;
        let right = [("act", "join"), ("username", "sam"), ("password", PASSWORD), ("code", mailed.as_str())];
        send(world, &token, &right).await.has("You are in The Night Owls");
    }

    pub async fn who_holds_the_last_use_verifies_the_address_and_comes_in(world: &World) {
        let ada = world.people(1).await.remove(0);
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let form = [("act", "register"), ("username", "kim"), ("password", PASSWORD), ("email", "kim@example.org")];
        send(world, &token, &form).await.has("Your account is made");
        // Opened anew it leads on; nobody makes another account by it.
        let page = open(world, &token).await;
        assert_eq!(page.status, 200, "{}", page.html);
        page.has("Every use is taken. Whoever made their account by this invite comes in with that account.");
        page.has("Join with my account");
        page.lacks("Make an account");
        // For others there is nothing left.
        assert_eq!(join(world, &token, "nobody").await.status, 401);
        let _sam = holder(world, "sam", &ada.invite(&band, json!({})).await.1).await;
        let stranger = join(world, &token, "sam").await;
        assert_eq!(stranger.status, 410);
        stranger.lacks("autocomplete=\"one-time-code\"");
        let form = [("act", "register"), ("username", "lou"), ("password", PASSWORD), ("email", "lou@example.org")];
        let another = send(world, &token, &form).await;
        assert_eq!(another.status, 409);
        another.has("No account was made this time.");
        let _ = world.codes().await;
        world.clock.pass_seconds(61);
        let ask = [("act", "code"), ("username", "kim"), ("password", PASSWORD)];
        let page = send(world, &token, &ask).await;
        assert_eq!(page.status, 200);
        page.has("A new code is on its way");
        let mailed = code(world).await;
        let typed = |code| [("act", "join"), ("username", "kim"), ("password", PASSWORD), ("code", code)];
        let page = send(world, &token, &typed("AAAA-AAAA")).await;
        assert!((400..500).contains(&page.status), "{} {}", page.status, page.html);
        page.has("autocomplete=\"one-time-code\"");
        page.has("value=\"kim\"");
        let unverified = join(world, &token, "kim").await;
        assert_eq!(unverified.status, 403);
        unverified.has("autocomplete=\"one-time-code\"");
        send(world, &token, &typed(&mailed)).await.has("You are in The Night Owls");
        assert_eq!(role(&ada, &band, "kim").await.as_deref(), Some("member"));
        open(world, &token).await.has("This invite has been used");
    }

    /// What a page says to whom a use may be held for, as it is opened and as a form for an account is sent again.
    const HELD: &str = "Every use is taken. Whoever made their account by this invite comes in with that account.";

    pub async fn a_form_for_an_account_that_is_sent_twice_leads_on_with_the_account_that_it_made(world: &World) {
        let ada = world.people(1).await.remove(0);
        let band = ada.band("The Night Owls").await;
        for (name, asks) in [("kim", false), ("lee", true)] {
            let email = format!("{name}@example.org");
            let (id, token) = ada.invite(&band, json!({ "email": email, "requires_approval": asks })).await;
            let _ = world.codes().await;
            let form = [
                ("act", "register"),
                ("username", name),
                ("password", PASSWORD),
                ("email", &email),
                ("display_name", "Somebody"),
            ];
            // A second click sends it while the first is on its way; a reload after that sends it once more.
            let (one, other) = tokio::join!(send(world, &token, &form), send(world, &token, &form));
            let (made, again) = if one.status == 200 { (one, other) } else { (other, one) };
            assert_eq!(made.status, 200, "{}", made.html);
            made.has("Your account is made");
            let opened = open(world, &token).await;
            assert_eq!(opened.status, 200, "{}", opened.html);
            opened.has(HELD);
            for again in [again, send(world, &token, &form).await] {
                assert_eq!(again.status, 409, "{}", again.html);
                again.has("role=\"alert\"");
                again.has("No account was made this time.");
                again.has(HELD);
                again.has("invites you to The Night Owls");
                again.has("Join with my account");
                again.has(&format!("value=\"{name}\""));
                again.lacks("Make an account");
                again.lacks("has been used");
                again.lacks("nothing more is to do");
                again.lacks(PASSWORD);
            }
            assert_eq!(ada.get(&format!("/invites/{id}")).await.1["uses"], 1);
            // By what that page offers the way goes on: the code is asked for, and lets in or asks for an admin's word.
            let unverified = join(world, &token, name).await;
            assert_eq!(unverified.status, 403);
            unverified.has("autocomplete=\"one-time-code\"");
            let mailed = code(world).await;
            let typed = [("act", "join"), ("username", name), ("password", PASSWORD), ("code", mailed.as_str())];
            let came = send(world, &token, &typed).await;
            came.has(if asks { "An admin has to agree" } else { "You are in The Night Owls" });
            if !asks {
                // There is no use left that anybody holds.
                let ended = send(world, &token, &form).await;
                assert_eq!(ended.status, 410);
                ended.has("This invite has been used");
            }
        }
    }
}
