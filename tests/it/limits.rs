//! Guessers are slowed down, people are not.

use guestlist::{config::Limits, server::Settings};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::world::{PASSWORD, World, settings};

async fn limited(trusted: &[&str]) -> Vec<World> {
    let trusted_proxies = trusted.iter().map(|network| network.parse().unwrap()).collect();
    // So low that time gives next to nothing back while a test runs.
    let limits = Limits {
        enabled: true,
        sign_ins_per_minute: 3,
        look_ups_per_minute: 6,
        codes_per_minute: 2,
        ..Limits::default()
    };
    World::each_with(Settings { limits, trusted_proxies, ..settings() }).await
}

/// A request from behind a proxy on this machine; its status and how long to wait.
async fn behind(world: &World, method: &str, path: &str, client: &str, body: &str) -> (u16, Option<u64>) {
    let response = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .request(method.parse().unwrap(), format!("{}{path}", world.origin))
        .header("x-forwarded-for", client)
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    let wait = response.headers().get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap());
    (response.status().as_u16(), wait)
}

fn log_in(login: &str, password: &str) -> String {
    json!({ "login": login, "password": password }).to_string()
}

/// How many requests are answered before one is refused, of a hundred.
async fn until_refused(world: &World, method: &str, path: &str, client: &str, body: &str) -> usize {
    for n in 0..100 {
        let (status, wait) = behind(world, method, path, client, body).await;
        if status == 429 {
            assert!((1..=60).contains(&wait.unwrap()), "{wait:?}");
            return n;
        }
    }
    100
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_tries_token_after_token_is_told_when_to_come_back() {
    for world in limited(&["127.0.0.1/32"]).await {
        let token = format!("inv_{}", "A".repeat(43));
        let mut counts = Vec::new();
        for (n, path) in ["info", "accept", "decline"].into_iter().enumerate() {
            let method = if path == "info" { "GET" } else { "POST" };
            let path = format!("/api/v1/invites/{token}/{path}");
            counts.push(until_refused(&world, method, &path, &format!("198.51.100.{n}"), "{}").await);
        }
        counts.push(until_refused(&world, "GET", &format!("/invite/{token}"), "198.51.100.9", "").await);
        assert!(counts.iter().all(|&count| (6..100).contains(&count)), "{counts:?}");
        for (path, status) in [("/livez", 204), ("/api/v1/site", 200)] {
            assert_eq!(behind(&world, "GET", path, "198.51.100.0", "").await.0, status, "nothing else is held back");
        }
        assert_eq!(behind(&world, "GET", &format!("/invite/{token}"), "198.51.100.77", "").await.0, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_tried_far_less_often_than_tokens() {
    for world in limited(&["127.0.0.1/32"]).await {
        let count = until_refused(&world, "GET", "/api/v1/invites/AAAA-BBBB-CCCC/info", "198.51.100.1", "").await;
        let token = format!("/api/v1/invites/inv_{}/info", "A".repeat(43));
        let tokens = until_refused(&world, "GET", &token, "198.51.100.1", "").await;
        assert!(2 <= count && count < tokens && tokens < 100, "{count} {tokens}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_reads_out_who_is_here_is_slowed_down() {
    for world in limited(&["127.0.0.1/32"]).await {
        let count = until_refused(&world, "GET", "/api/v1/accounts?q=ab", "198.51.100.1", "").await;
        assert!((6..100).contains(&count), "{count}");
        assert_eq!(behind(&world, "GET", "/api/v1/accounts?q=ab", "198.51.100.2", "").await.0, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_of_ipv6_is_one_network() {
    for world in limited(&["127.0.0.0/8"]).await {
        for n in 0..20 {
            behind(&world, "GET", "/api/v1/invites/AAAA/info", &format!("2001:db8::{n}"), "").await;
        }
        assert_eq!(behind(&world, "GET", "/api/v1/invites/AAAA/info", "2001:db8::ffff", "").await.0, 429);
        assert_eq!(behind(&world, "GET", "/api/v1/invites/AAAA/info", "2001:db8:0:1::1", "").await.0, 404);
        // So it is for those who try passwords, of one account after the other.
        let tried = async |n: usize, client: &str| {
            let body = log_in(&format!("nobody{n}"), "a wrong password");
            behind(&world, "POST", "/api/v1/auth/login", client, &body).await.0
        };
        let mut answers = Vec::new();
        for n in 0..20 {
            answers.push(tried(n, &format!("2001:db8:0:2::{n}")).await);
        }
        assert!(answers[..3].iter().all(|&status| status == 401), "{answers:?}");
        assert_eq!(tried(98, "2001:db8:0:2:ffff::1").await, 429, "{answers:?}");
        assert_eq!(tried(99, "2001:db8:0:3::1").await, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_of_nobody_trusted_changes_nothing() {
    for world in limited(&["192.0.2.0/24"]).await {
        for n in 0..20 {
            behind(&world, "GET", "/api/v1/invites/AAAA/info", &format!("198.51.100.{n}"), "").await;
        }
        assert_eq!(behind(&world, "GET", "/api/v1/invites/AAAA/info", "198.51.100.77", "").await.0, 429);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_tried_only_so_often_whoever_tries() {
    for world in limited(&["127.0.0.1/32"]).await {
        let _ada = world.account("ada").await;
        for login in ["ada", "nobody"] {
            let mut answers = Vec::new();
            for n in 0..30 {
                // Capitals and wide letters name the same account.
                let wide = |letter: char| char::from_u32(u32::from(letter) + 0xfee0).unwrap();
                let spelling = match n % 3 {
                    0 => login.to_uppercase(),
                    1 => login.chars().map(wide).collect(),
                    _ => login.to_owned(),
                };
                let body = log_in(&spelling, "a wrong password");
                answers.push(behind(&world, "POST", "/api/v1/auth/login", &format!("198.51.{n}.1"), &body).await.0);
            }
            assert!(answers[..3].iter().all(|&status| status == 401), "{answers:?}");
            assert_eq!(answers[29], 429, "known or not, the same is said: {answers:?}");
        }
        let by_address = log_in("ada@example.org", "a wrong password");
        let said = behind(&world, "POST", "/api/v1/auth/login", "203.0.113.1", &by_address).await.0;
        assert_eq!(said, 401, "whose address it is cannot be told from the count");
        let _kim = world.account("kim").await;
        let other = log_in("kim", PASSWORD);
        assert_eq!(behind(&world, "POST", "/api/v1/auth/login", "203.0.113.1", &other).await.0, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_tries_only_so_many_accounts() {
    for world in limited(&["127.0.0.1/32"]).await {
        let mut answers = Vec::new();
        for n in 0..30 {
            let body = log_in(&format!("nobody{n}"), "a wrong password");
            answers.push(behind(&world, "POST", "/api/v1/auth/login", "198.51.100.1", &body).await.0);
        }
        assert!(answers[..3].iter().all(|&status| status == 401), "{answers:?}");
        assert_eq!(answers[29], 429, "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_nothing_is_limited() {
    let world = World::sqlite_with(settings()).await;
    assert_eq!(until_refused(&world, "GET", "/api/v1/invites/AAAA/info", "198.51.100.1", "").await, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_too_many_waits_for_its_turn() {
    let world =
        World::sqlite_with(Settings { limits: Limits { connections: 2, ..settings().limits }, ..settings() }).await;
    let address = world.origin.strip_prefix("http://").unwrap().to_owned();
    let open = async || tokio::net::TcpStream::connect(&address).await.unwrap();
    let ask = async |stream: &mut tokio::net::TcpStream| {
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    };
    let (mut one, mut two) = (open().await, open().await);
    for stream in [&mut one, &mut two] {
        ask(stream).await;
        assert!(stream.read(&mut [0; 512]).await.unwrap() > 0);
    }
    let mut third = open().await;
    ask(&mut third).await;
    let mut answer = [0; 512];
    let early = tokio::time::timeout(std::time::Duration::from_millis(200), third.read(&mut answer)).await;
    assert!(early.is_err(), "it is not served while two are");
    drop(one);
    let count = third.read(&mut answer).await.unwrap();
    assert!(answer[..count].starts_with(b"HTTP/1.1 204"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_holds_its_connections_silently_keeps_no_other_out() {
    let limits = Limits { enabled: true, connections: 6, connections_per_network: 3, ..Limits::default() };
    let world = World::sqlite_with(Settings { limits, ..settings() }).await;
    let address = world.origin.strip_prefix("http://").unwrap();
    let mut silent = Vec::new();
    for _ in 0..40 {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost:").await.unwrap();
        silent.push(stream);
    }
    // Those above its number were let go without a word; three are held, and so there is room.
    let mut held = 0;
    for stream in &mut silent {
        let wait = std::time::Duration::from_millis(if held < 3 { 300 } else { 5_000 });
        held += usize::from(tokio::time::timeout(wait, stream.read(&mut [0; 64])).await.is_err());
    }
    assert_eq!(held, 3);
    // Another network: on this machine all of 127.0.0.0/8 is.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = socket.connect(address.parse().unwrap()).await.unwrap();
    other.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 512];
    let count = other.read(&mut answer).await.unwrap();
    assert!(answer[..count].starts_with(b"HTTP/1.1 204"), "{:?}", String::from_utf8_lossy(&answer[..count]));
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn however_many_sign_in_passwords_take_the_memory_of_a_few() {
    let data = tempfile::tempdir().unwrap();
    let server = crate::process::Server::start(data.path(), None);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (http, url) = (reqwest::Client::new(), format!("{}/api/v1/auth/login", server.origin));
    for _ in 0..4 {
        let mut people = tokio::task::JoinSet::new();
        for _ in 0..32 {
            let request = http.post(&url).json(&json!({ "login": "nobody", "password": "nobody's own" }));
            people.spawn(async move { request.send().await.unwrap().status().as_u16() });
        }
        assert!(people.join_all().await.iter().all(|&status| status == 401));
    }
    let memory = server.memory();
    assert!(memory < 100 * 1024 * 1024, "{memory} bytes");
}

/// The body of a registration with a code.
fn sign_up(name: &str, code: &str) -> String {
    json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD, "invite": code })
        .to_string()
}

/// A band's code that can be used any number of times.
async fn code(world: &World) -> String {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let wish = json!({ "count": 1, "name": "For the door", "max_uses": null });
    let (_, made) = ada.post(&format!("/bands/{band}/codes"), wish).await;
    let list = format!("/campaigns/{}/codes", made["campaign"]["id"].as_str().unwrap());
    ada.get(&list).await.1["codes"][0]["code"].as_str().unwrap().to_owned()
}

async fn each_limited() -> Vec<World> {
    let trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let limits = Limits { enabled: true, sign_ins_per_minute: 1_000, codes_per_minute: 2, ..Limits::default() };
    World::each_with(Settings { limits, trusted_proxies, ..settings() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_guessed_no_more_often_by_registering() {
    for world in each_limited().await {
        let good = code(&world).await;
        let (register, from) = ("/api/v1/auth/register", "198.51.100.1");
        let guess = sign_up("kim", "AAAA-BBBB-CCCC");
        let mut answers = Vec::new();
        for _ in 0..4 {
            answers.push(behind(&world, "POST", register, from, &guess).await);
        }
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.0).collect();
        assert_eq!(statuses, [404, 404, 429, 429]);
        assert!((1..=60).contains(&answers[3].1.unwrap()), "{answers:?}");
        // It is one count wherever a code is told from none, and whoever guesses does not learn of a good one.
        let info = format!("/api/v1/invites/{good}/info");
        assert_eq!(behind(&world, "GET", &info, from, "").await.0, 429);
        assert_eq!(behind(&world, "POST", register, from, &sign_up("kim", &good)).await.0, 429);
        assert_eq!(behind(&world, "POST", register, "203.0.113.1", &sign_up("kim", &good)).await.0, 201);
        let plain = json!({ "username": "sam", "email": "sam@example.org", "password": PASSWORD }).to_string();
        assert_eq!(behind(&world, "POST", register, from, &plain).await.0, 201, "without a code nothing is guessed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_with_good_codes_in_one_room_do_not_hold_each_other_up() {
    for world in each_limited().await {
        let good = code(&world).await;
        let from = "198.51.100.1";
        for n in 0..6 {
            assert_eq!(behind(&world, "GET", &format!("/api/v1/invites/{good}/info"), from, "").await.0, 200);
            let body = sign_up(&format!("kim{n}"), &good);
            assert_eq!(behind(&world, "POST", "/api/v1/auth/register", from, &body).await.0, 201);
        }
        let unknown = "/api/v1/invites/AAAA-BBBB-CCCC/info";
        assert_eq!(until_refused(&world, "GET", unknown, from, "").await, 2, "guesses are counted as ever");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_guesses_no_more_from_many_networks() {
    for world in each_limited().await {
        let (good, kim) = (code(&world).await, world.account("kim").await);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let try_code = async |code: &str, n: usize| {
            let url = format!("{}/api/v1/invites/{code}/accept", world.origin);
            let request = http.post(url).header("x-forwarded-for", format!("198.51.100.{n}")).body("{}");
            request.bearer_auth(&kim.session).send().await.unwrap().status().as_u16()
        };
        let mut statuses = Vec::new();
        for n in 0..4 {
            statuses.push(try_code("AAAA-BBBB-CCCC", n).await);
        }
        assert_eq!(statuses, [404, 404, 429, 429]);
        assert_eq!(try_code(&good, 9).await, 429);
    }
}
