//! The real client over a line that delays, cuts, shortens and replaces what goes through it: what was answered was done
//! once, and what was not was done once or never.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use guestlist::{
    api::{CreateBand, CreateInvite, Patch},
    client::{Client, Error, InviteQuery, Origin, Patience, PlainHttp},
    domain::{Pasted, SessionToken, Timestamp},
};

use super::{Extent, any_below, store};
use crate::{process::Server, seed::sessions};

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Well,
    Late,
    /// It never arrives.
    Lost,
    /// Its answer never does.
    Unheard,
    /// Half of its answer does.
    Cut,
    /// What arrives is no HTTP.
    Garbage,
    /// A proxy refuses, and says when to come back in a way that nobody can.
    Busy,
    /// A proxy's page in place of the answer.
    Page,
    /// The answer claims, and has, no end.
    Endless,
    /// A gigabyte in a few bytes, which nobody asked for.
    Packed,
}

const FATES: [Fate; 10] = [
    Fate::Well,
    Fate::Late,
    Fate::Lost,
    Fate::Unheard,
    Fate::Cut,
    Fate::Garbage,
    Fate::Busy,
    Fate::Page,
    Fate::Endless,
    Fate::Packed,
];

/// A line to the server at this origin; its own origin.
fn bad_line(origin: &str) -> String {
    let server = origin.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = server.clone();
            // Whoever hangs up first: what cannot be written any more was not wanted.
            thread::spawn(move || drop(meet(client, &server)));
        }
    });
    own
}

/// One request on a connection, and what becomes of it.
fn meet(mut client: TcpStream, server: &str) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(30)))?;
    let request = request(&mut client)?;
    // A third goes well, so that something is done at all.
    let fate = if any_below(3) == 0 { Fate::Well } else { FATES[any_below(FATES.len() as u64) as usize] };
    let busy = ["soon", "-1", "0", "1e9"][any_below(4) as usize];
    let problem = r#"{"code":"rate_limited","status":429,"title":"Later","detail":"Later."}"#;
    match fate {
        Fate::Lost => return Ok(()),
        Fate::Busy => return answer(&mut client, &format!("429 Later\r\nretry-after: {busy}"), problem),
        _ => {}
    }
    let whole = ask(server, &request)?;
    match fate {
        Fate::Late => thread::sleep(Duration::from_millis(any_below(800))),
        Fate::Unheard => return Ok(()),
        Fate::Cut => return client.write_all(&whole[..any_below(whole.len() as u64) as usize]),
        Fate::Garbage => {
            let noise: Vec<u8> = (0..4_096).map(|_| any_below(256) as u8).collect();
            return client.write_all(&noise);
        }
        Fate::Page => return answer(&mut client, "502 Bad Gateway", "<html><h1>Bad gateway</h1></html>"),
        Fate::Endless => {
            client.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[")?;
            let spaces = vec![b' '; 1_000_000];
            // Up to a gigabyte, if anybody reads that far.
            return (0..1_000).try_for_each(|_| client.write_all(&spaces));
        }
        Fate::Packed => {
            client.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n")?;
            return client.write_all(b"content-length: 10\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03");
        }
        _ => {}
    }
    client.write_all(&whole)
}

fn answer(client: &mut TcpStream, head: &str, body: &str) -> std::io::Result<()> {
    let media = if body.starts_with('<') { "text/html" } else { "application/problem+json" };
    let length = body.len();
    write!(
        client,
        "HTTP/1.1 {head}\r\ncontent-type: {media}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// A whole request, to be the only one on its connection.
fn request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_lowercase();
            let length =
                lower.split_once("content-length: ").map_or("0", |(_, rest)| rest.lines().next().unwrap_or("0"));
            if body.len() >= length.parse().unwrap_or(0) {
                return Ok(format!("{head}\r\nconnection: close\r\n\r\n{body}").into_bytes());
            }
        }
        match client.read(&mut buffer)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// The server's whole answer.
fn ask(server: &str, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server)?;
    stream.write_all(request)?;
    let mut whole = Vec::new();
    stream.read_to_end(&mut whole)?;
    Ok(whole)
}

fn client(origin: &str, session: &str) -> Client {
    let origin = Origin::parse(origin, PlainHttp::LoopbackOnly).unwrap();
    let session = SessionToken::parse(session).unwrap();
    Client::new(origin, Some(session)).unwrap()
}

/// How often each kind of failure came.
#[derive(Default)]
struct Seen(BTreeMap<String, usize>);

impl Seen {
    fn note<T>(&mut self, result: &Result<T, Error>) {
        let what = match result {
            Ok(_) => "done".to_owned(),
            Err(error) => format!("{error:?}").split([' ', '{', '(']).next().unwrap().to_owned(),
        };
        *self.0.entry(what).or_default() += 1;
    }
}

async fn over_a_bad_line(mut extent: Extent) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_with(data.path(), None, &[("GUESTLIST_LOG", "warn")]);
    let database = format!("sqlite:{}", data.path().join("guestlist.db").display());
    let store = store(&database).await;
    let people = sessions(&store, Timestamp::now(), 2).await;
    let (direct, poor) = (client(&server.origin, &people[0]), client(&bad_line(&server.origin), &people[0]));
    let poor = poor.with_patience(Patience { retries: 4, longest_wait: Duration::from_millis(300) });
    let guest = client(&bad_line(&server.origin), &people[1]);
    let guest = guest.with_patience(Patience { retries: 4, longest_wait: Duration::from_millis(300) });
    let (mut seen, mut joined) = (Seen::default(), 0_usize);
    let mut made: BTreeMap<String, bool> = BTreeMap::new();
    while extent.goes_on() {
        let name = format!("Band {}", extent.begun());
        let band = direct.create_band(&CreateBand { name, ..CreateBand::default() }).await.unwrap();
        for n in 0..6 {
            let label = format!("wish {n} of {}", extent.begun());
            let wish = CreateInvite { label: Patch::Value(label.clone()), ..CreateInvite::default() };
            let result = poor.create_invite(band.id, &wish).await;
            seen.note(&result);
            if let Ok(created) = &result {
                assert_eq!(created.invite.label.as_deref(), Some(label.as_str()), "an answer to another wish");
                let accepted = guest.accept(&Pasted::parse(&created.token).unwrap()).await;
                seen.note(&accepted);
                joined += usize::from(accepted.is_ok());
            }
            made.insert(label, result.is_ok());
        }
        let page = direct.invites(band.id, &InviteQuery::default()).await.unwrap();
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for invite in page.invites {
            *found.entry(invite.label.unwrap()).or_default() += 1;
        }
        for (label, answered) in &made {
            if label.ends_with(&format!(" of {}", extent.begun())) {
                let times = found.get(label).copied().unwrap_or_default();
                assert!(times == 1 || times == 0 && !answered, "{label}: {times} times, answered: {answered}");
            }
        }
    }
    store.close().await;
    super::holds_together(&database, &super::Ledger::default()).await;
    println!("{} wishes over a bad line, {joined} accepts answered; none done twice: {:?}", made.len(), seen.0);
    assert!(made.values().any(|&answered| answered), "something goes through");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_line_that_does_everything_wrong_nothing_is_done_twice() {
    over_a_bad_line(Extent::quick(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_a_bad_line() {
    over_a_bad_line(Extent::long(60)).await;
}
