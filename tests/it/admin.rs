//! What the server's host may do with its database: the real program, on both databases, beside a running server.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use guestlist::server::store::{Error, Options, Store};
use serde_json::{Value, json};

use crate::{postgres::fresh_database, process::Server, program::Ran};

const PASSWORD: &str = "a fine long pass\n";

/// A host: its data folder, and its database where that is no file in there.
struct Host {
    data: tempfile::TempDir,
    database: Option<String>,
}

impl Host {
    /// One for each database.
    fn each() -> Vec<Self> {
        let host = |database| Self { data: tempfile::tempdir().unwrap(), database };
        std::iter::once(host(None)).chain(fresh_database().map(|url| host(Some(url)))).collect()
    }

    /// Runs `guestlist admin …`.
    fn admin(&self, args: &[&str], typed: &str) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_guestlist"))
            .arg("admin")
            .args(args)
            .args(self.database.iter().flat_map(|url| ["--database", url]))
            .env_clear()
            .envs(crate::measured::told())
            .env("GUESTLIST_DATA", self.data.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        Ran::of(&child.wait_with_output().unwrap())
    }

    fn serve(&self, environment: &[(&str, &str)]) -> Server {
        Server::start_with(self.data.path(), self.database.as_deref(), environment)
    }

    /// What the trail of the site says of who runs it, the oldest first.
    fn trail(&self) -> Vec<String> {
        guestlist::row! { struct Told { action: String, username: String } }
        let url =
            self.database.clone().unwrap_or_else(|| format!("sqlite:{}/guestlist.db", self.data.path().display()));
        let store = Store::open(&Options::new(url.parse().unwrap())).unwrap();
        let sql = "SELECT e.action AS action, a.username AS username FROM audit e JOIN account a ON a.id = e.account
                   WHERE e.band IS NULL AND e.actor IS NULL ORDER BY e.seq";
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let told: Vec<Told> = runtime.block_on(store.read::<_, Error, _>(move |tx| tx.query(sql, &[]))).unwrap();
        told.into_iter().map(|told| format!("{} {}", told.username, told.action)).collect()
    }
}

/// Asks a server.
fn ask(server: &Server, method: &str, path: &str, session: &str, body: Option<&Value>) -> (u16, Value) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.request(method.parse().unwrap(), format!("{}/api/v1{path}", server.origin));
        let request = request.bearer_auth(session);
        let answer = if let Some(body) = body { request.json(body) } else { request }.send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    })
}

fn register(server: &Server, name: &str) -> (u16, Value) {
    let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD.trim() });
    ask(server, "POST", "/auth/register", "", Some(&body))
}

#[test]
fn the_first_account_of_a_closed_server_is_made_on_its_host() {
    for host in Host::each() {
        drop(host.serve(&[("GUESTLIST_POLICY_REGISTRATION", "closed")]));
        let made = host.admin(&["account", "Ada", "--email", "ada@example.org"], PASSWORD);
        assert_eq!((made.code, made.out.as_str()), (0, "Ada has an account, and runs this site.\n"), "{made:?}");
        for registration in ["closed", "invite_only"] {
            let server = host.serve(&[("GUESTLIST_POLICY_REGISTRATION", registration)]);
            assert_eq!(register(&server, "eve").0, 403);
            let login = json!({ "login": "ada", "password": PASSWORD.trim() });
            let (status, signed_in) = ask(&server, "POST", "/auth/login", "", Some(&login));
            assert_eq!((status, &signed_in["account"]["site_admin"]), (200, &json!(true)), "{signed_in}");
            assert_eq!(signed_in["account"]["display_name"], "Ada");
        }
        assert_eq!(host.trail(), ["Ada account.site_admin_granted"]);
    }
}

#[test]
fn who_runs_the_site_is_said_while_it_runs_and_holds_at_once() {
    for host in Host::each() {
        let server = host.serve(&[]);
        let session = register(&server, "kim").1["session"]["token"].as_str().unwrap().to_owned();
        let runs = || ask(&server, "GET", "/me", &session, None).1["site_admin"].clone();
        assert_eq!(runs(), false);
        for (words, says, then) in [
            (&["grant", "KIM"][..], "kim runs this site now.\n", true),
            (&["grant", "KIM"], "kim runs this site already.\n", true),
            (&["revoke", "KIM", "--force"], "kim runs this site no longer.\n", false),
            (&["revoke", "KIM"], "kim does not run this site.\n", false),
        ] {
            let ran = host.admin(words, "");
            assert_eq!((ran.code, ran.out.as_str()), (0, says), "{ran:?}");
            assert_eq!(runs(), then);
        }
        let told: Value = serde_json::from_str(&host.admin(&["grant", "kim", "--json"], "").out).unwrap();
        assert_eq!((&told["username"], &told["site_admin"]), (&json!("kim"), &json!(true)));
        let of = |action: &str| format!("kim account.site_admin_{action}");
        assert_eq!(host.trail(), [of("granted"), of("revoked"), of("granted")]);
    }
}

#[test]
fn the_last_who_runs_the_site_is_let_go_by_force_alone() {
    for host in Host::each() {
        let server = host.serve(&[]);
        for name in ["ada", "kim"] {
            assert_eq!(register(&server, name).0, 201);
            assert_eq!(host.admin(&["grant", name], "").code, 0);
        }
        assert_eq!(host.admin(&["revoke", "ada"], "").code, 0);
        let kept = host.admin(&["revoke", "kim"], "");
        kept.refused(1, &["kim is the last who runs this site", "guestlist admin grant NAME", "--force"]);
        assert_eq!(host.admin(&["grant", "ada"], "").code, 0);
        assert_eq!(host.admin(&["revoke", "kim"], "").code, 0, "ada is left");
        assert_eq!(host.admin(&["revoke", "ada", "--force"], "").code, 0);
        assert_eq!(host.trail().len(), 6);
    }
}

#[test]
fn of_two_who_run_the_site_and_are_revoked_at_once_one_stays() {
    for host in Host::each() {
        let server = host.serve(&[]);
        for name in ["ada", "kim"] {
            assert_eq!(register(&server, name).0, 201);
        }
        for _ in 0..3 {
            for name in ["ada", "kim"] {
                assert_eq!(host.admin(&["grant", name], "").code, 0);
            }
            let host = &host;
            let ran = std::thread::scope(|scope| {
                let both = ["ada", "kim"].map(|name| scope.spawn(move || host.admin(&["revoke", name], "")));
                both.map(|one| one.join().unwrap())
            });
            let [kept, let_go] = if ran[0].code == 0 { [&ran[1], &ran[0]] } else { [&ran[0], &ran[1]] };
            kept.refused(1, &["is the last who runs this site"]);
            assert_eq!(let_go.code, 0, "{let_go:?}");
        }
    }
}

#[test]
fn whether_the_server_can_serve_is_asked_of_it_by_its_own_configuration() {
    let host = Host { data: tempfile::tempdir().unwrap(), database: None };
    let health = |listen: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        command.args(["admin", "health"]).env_clear().env("GUESTLIST_DATA", host.data.path());
        Ran::of(&command.env("GUESTLIST_LISTEN", listen).output().unwrap())
    };
    let server = host.serve(&[]);
    let address = server.origin.trim_start_matches("http://").to_owned();
    let everywhere = address.replace("127.0.0.1", "0.0.0.0");
    for listen in [&address, &everywhere] {
        let ran = health(listen);
        assert_eq!((ran.code, ran.out), (0, format!("The server at {address} can serve.\n")), "{}", ran.err);
    }
    drop(server);
    health(&address).refused(1, &[&address, "cannot be reached"]);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let other = std::thread::spawn(move || {
        let (mut stream, _) = silent.accept().unwrap();
        let _ = std::io::Read::read(&mut stream, &mut [0; 1024]);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    health(&address).refused(1, &["is none of guestlist's"]);
    other.join().unwrap();
}

#[test]
fn what_the_host_cannot_do_is_refused_and_leaves_nothing() {
    for host in Host::each() {
        let account = ["account", "ada", "--email", "ada@example.org"];
        for args in [&["grant", "kim"][..], &account, &["check"], &["key", "reseal"]] {
            let says = match host.database {
                None => ["there is no database at", "guestlist.db", "start the server once"],
                Some(_) => ["there is nothing of guestlist in the database yet", "`guestlist serve`", "version 1"],
            };
            host.admin(args, PASSWORD).refused(1, &says);
            assert!(!Path::new(&host.data.path().join("guestlist.db")).exists());
        }
        drop(host.serve(&[]));
        host.admin(&account, "short\n").refused(2, &["the password must be 8 to 128"]);
        host.admin(&account, "").refused(2, &["no password"]);
        host.admin(&["account", "ada", "--email", "nowhere"], PASSWORD).refused(2, &["--email"]);
        host.admin(&["account", "a@b", "--email", "ada@example.org"], PASSWORD).refused(2, &["NAME"]);
        host.admin(&["account", "ada"], PASSWORD).refused(2, &["EMAIL"]);
        host.admin(&["grant"], "").refused(2, &["NAME"]);
        assert_eq!(host.admin(&account, PASSWORD).code, 0);
        host.admin(&account, PASSWORD).refused(1, &["This address belongs to an account"]);
        host.admin(&["grant", "nobody"], "").refused(1, &["No account has the user name nobody"]);
        assert_eq!(host.trail(), ["ada account.site_admin_granted"]);
    }
    let host = Host { data: tempfile::tempdir().unwrap(), database: Some("mysql://x".to_owned()) };
    host.admin(&["grant", "kim"], "").refused(2, &["database"]);
}
