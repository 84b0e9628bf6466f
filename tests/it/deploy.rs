//! What stands around a server (`assets/deploy`), held up by the programs that it is for.

use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    process::{Child, Command, Output, Stdio},
};

use crate::{postgres::skip, process::Server};

/// Runs a program; `None`, and a word about it, where it is not installed.
fn run(program: &str, package: &str, args: &[&str]) -> Option<Output> {
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    match Command::new(program).args(args).env("PATH", path).stdin(Stdio::null()).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            skip(&format!("no {program}: it is not installed (apt-get install {package})"));
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

fn done(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn systemd_takes_the_unit_and_finds_it_closed() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("guestlist.service");
    let text = include_str!("../../assets/deploy/guestlist.service");
    std::fs::write(&unit, text.replace("/usr/local/bin/guestlist", env!("CARGO_BIN_EXE_guestlist"))).unwrap();
    let unit = unit.to_str().unwrap();
    let Some(said) = run("systemd-analyze", "systemd", &["verify", "--man=no", unit]) else { return };
    assert_eq!(done(&said).trim(), "");
    // Out of ten; a service without any of it has 9.6.
    let judged = run("systemd-analyze", "systemd", &["security", "--offline=true", "--threshold=20", unit]).unwrap();
    assert!(done(&judged).contains("Overall exposure level"));
}

/// The number that stands behind these words.
fn number(text: &str, words: &str) -> u64 {
    let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("nowhere: {words}"));
    rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap()].parse().unwrap()
}

#[test]
fn who_stops_the_server_waits_longer_than_its_requests_may_take() {
    let drain = number(include_str!("../../src/server/run.rs"), "const DRAIN: Duration = Duration::from_secs(");
    let mail =
        number(include_str!("../../src/server/mail/worker.rs"), "const TO_FINISH: Duration = Duration::from_secs(");
    let unit = include_str!("../../assets/deploy/guestlist.service");
    let container = include_str!("../../assets/deploy/Containerfile");
    assert_eq!([number(unit, "mail on its way, have "), number(container, "Requests in flight have ")], [drain; 2]);
    assert_eq!(mail, drain);
    let waits = [number(unit, "TimeoutStopSec="), number(container, "--stop-timeout ")];
    assert!(waits.iter().all(|wait| *wait >= 2 * drain), "{waits:?}");
}

#[test]
fn caddy_takes_its_file() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/deploy/Caddyfile");
    let Some(said) = run("caddy", "caddy", &["validate", "--adapter", "caddyfile", "--config", file]) else { return };
    assert!(done(&said).contains("Valid configuration"));
}

/// nginx with the file of ours, but for ports and places; it ends with this value.
struct Proxy {
    process: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Proxy {
    fn before(origin: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap().to_owned();
        let key = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=invites.example.org"];
        let files = [format!("{place}/privkey.pem"), format!("{place}/fullchain.pem")];
        let made = run("openssl", "openssl", &[&key[..], &["-keyout", &files[0], "-out", &files[1]]].concat())?;
        let _ = done(&made);
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (plain, address) = (free(), free());
        let ours = include_str!("../../assets/deploy/nginx.conf")
            .replace("/etc/letsencrypt/live/invites.example.org", &place)
            .replace("/var/log/nginx", &place)
            .replace("127.0.0.1:7878", origin.trim_start_matches("http://"))
            .replace("    listen [::]:80;\n", "")
            .replace("    listen [::]:443 ssl http2;\n", "")
            .replace("listen 80;", &format!("listen {plain};"))
            .replace("listen 443 ssl", &format!("listen 0.0.0.0:{} ssl", address.port()));
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {place}/{name};"))
            .join(" ");
        let whole = format!(
            "daemon off; pid {place}/pid; error_log {place}/error.log;\nevents {{ worker_connections 64; }}\n\
             http {{\n{temporary}\n{ours}\n}}\n"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, whole).unwrap();
        let file = file.to_str().unwrap();
        let _ = done(&run("nginx", "nginx", &["-t", "-c", file])?);
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
        let process = Command::new("nginx").args(["-c", file]).env("PATH", path).spawn().unwrap();
        let proxy = Self { process, address, folder };
        for _ in 0..100 {
            if std::net::TcpStream::connect(address).is_ok() {
                return Some(proxy);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("nginx does not listen: {}", proxy.text("error.log"));
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

/// A client that comes from an address of its own of this machine.
fn from(address: &str) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let address: IpAddr = address.parse().unwrap();
    reqwest::Client::builder().no_proxy().local_address(address).danger_accept_invalid_certs(true).build().unwrap()
}

/// Tries to sign in; the status.
async fn sign_in(client: &reqwest::Client, origin: &str, name: &str, headers: &[(&str, &str)]) -> u16 {
    let body = serde_json::json!({ "login": name, "password": "not this one" });
    let mut request = client.post(format!("{origin}/api/v1/auth/login")).json(&body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_people_are_told_apart_and_nobody_says_for_whom_he_asks() {
    let data = tempfile::tempdir().unwrap();
    let environment = [
        ("GUESTLIST_LIMITS", "true"),
        ("GUESTLIST_LIMITS_SIGN_INS", "2"),
        ("GUESTLIST_TRUSTED_PROXIES", "127.0.0.1"),
        ("GUESTLIST_PUBLIC_URL", "https://invites.example.org"),
    ];
    let server = Server::start_with(data.path(), None, &environment);
    let origin = server.origin.clone();
    let Some(proxy) = tokio::task::spawn_blocking(move || Proxy::before(&origin)).await.unwrap() else { return };
    let before = format!("https://{}", proxy.address);
    let (kim, sam) = (from("127.0.0.2"), from("127.0.0.3"));
    // Each name is tried once, so that it is networks that are counted.
    let mut names = (0..).map(|n| format!("name{n}"));
    let mut next = || names.next().unwrap();
    for expected in [401, 401, 429] {
        assert_eq!(sign_in(&kim, &before, &next(), &[]).await, expected, "through nginx");
    }
    for forged in ["198.51.100.7", "127.0.0.1", "198.51.100.7, 127.0.0.1"] {
        let headers = [("x-forwarded-for", forged), ("forwarded", "for=198.51.100.8")];
        assert_eq!(sign_in(&kim, &before, &next(), &headers).await, 429, "{forged} is what the caller made up");
    }
    assert_eq!(sign_in(&sam, &before, &next(), &[]).await, 401, "who comes from elsewhere is somebody else");
    // Past the proxy nothing is believed, but what the proxy's own address says.
    let lee = from("127.0.0.4");
    for (n, expected) in [401, 401, 429].into_iter().enumerate() {
        let headers = [("x-forwarded-for", format!("203.0.113.{n}"))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(sign_in(&lee, &server.origin, &next(), &headers).await, expected, "{n}");
    }
    let token = "inv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for path in [format!("/invite/{token}"), format!("/api/v1/invites/{token}/info"), "/invite/WXYZ-2345-ABCD".into()] {
        assert_eq!(kim.get(format!("{before}{path}")).send().await.unwrap().status(), 404, "{path}");
    }
    assert_eq!(kim.get(format!("{before}/livez")).send().await.unwrap().status(), 204);
    drop(server);
    assert_eq!(kim.get(format!("{before}/invite/{token}")).send().await.unwrap().status(), 502);
    let log = ["guestlist.log", "guestlist-error.log", "error.log"].map(|file| proxy.text(file)).join("\n");
    assert!(log.contains("\"GET /livez\" 204") && log.contains("\"GET /invite/-\" 404"), "{log}");
    assert!(!log.contains("inv_") && !log.contains("WXYZ"), "{log}");
}
