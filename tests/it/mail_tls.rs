//! The way to the mail server, encrypted: with a good certificate mail goes, with a bad one none does.

use guestlist::{config::MailTls, server::mail::Smtp};

use crate::{
    authority::Authority,
    mail_server::{Story, by},
    smtp::MailServer,
};

const BOTH: [(&str, MailTls); 2] = [("--starttls", MailTls::Starttls), ("--tls", MailTls::Tls)];

/// The way to a server at `localhost`.
fn way(server: &MailServer, tls: MailTls, authority: Option<&Authority>) -> Smtp {
    Smtp { host: "localhost".to_owned(), tls, ca_file: authority.map(Authority::file), ..server.way() }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_encrypted_and_signed_in_where_the_certificate_is_good() {
    let Some(authority) = Authority::new() else { return };
    let [certificate, key] = authority.issue("localhost", 2049);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "right\n").unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    for (option, tls) in BOTH {
        let options = [option, &certificate, &key, "--login", "guestlist:right"];
        let Some(server) = MailServer::start_with(&options) else { return };
        let login = Some(("guestlist".to_owned(), file.clone()));
        let way = Smtp { login, ..way(&server, tls, Some(&authority)) };
        let story = Story::new(server, way).await;
        let ids = [story.invite("kim@example.org").await, story.invite("sam@example.org").await];
        assert_eq!(story.send().await, 2);
        for id in ids {
            story.is(&id, "sent", "").await;
        }
        let taken = story.server.taken();
        assert!(taken.len() == 2 && taken.iter().all(|taken| taken.encrypted), "{option} {taken:?}");
        story.server.heard_nothing_in_clear();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_where_the_certificate_is_bad_and_all_of_it_once_it_is_good() {
    let Some(authority) = Authority::new() else { return };
    let good = authority.issue("localhost", 2049);
    for (option, tls) in BOTH {
        for (what, host, year, ca) in [
            ("expired", "localhost", 2021, Some(&authority)),
            ("of another host", "mail.example.org", 2049, Some(&authority)),
            ("by a stranger", "localhost", 2049, None),
        ] {
            let [certificate, key] = authority.issue(host, year);
            let Some(bad) = MailServer::start_with(&[option, &certificate, &key]) else { return };
            let way = way(&bad, tls, ca);
            let story = Story::new(bad, way).await;
            let ids = [story.invite("kim@example.org").await, story.invite("sam@example.org").await];
            story.send().await;
            story.is(&ids[0], "deferred", "certificate").await;
            let invite = story.shown(&ids[1]).await;
            assert!(["queued", "deferred"].contains(&invite["delivery"].as_str().unwrap()), "{what} {invite}");
            assert!(story.server.taken().is_empty(), "{what}");
            story.server.heard_nothing_in_clear();
            let metrics = reqwest::get(&story.world.metrics).await.unwrap().text().await.unwrap();
            for says in ["guestlist_mail_paused 1", "guestlist_mail_waiting 2"] {
                assert!(metrics.contains(says), "{what} {metrics}");
            }
            let Some(server) = MailServer::start_with(&[option, &good[0], &good[1]]) else { return };
            let node = story.world.beside_with(by(self::way(&server, tls, Some(&authority)))).await;
            story.world.clock.pass_hours(1);
            guestlist::server::mail::send_due(&node.app).await.unwrap();
            assert_eq!(server.taken().len(), 2, "{what}");
            server.heard_nothing_in_clear();
            for id in ids {
                story.is(&id, "sent", "").await;
            }
        }
    }
}
