//! Connections that ask one thing after another, with as little work of their own as can be.

use std::{
    fmt,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::record::middle;

/// Different requests that one caller has at most, where they are asked over and over.
const MOST: usize = 2_000;

/// How long callers ask.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// All of it over and over, for this time.
    Over(Duration),
    /// All of it once; what is left after this time is not asked any more.
    Once(Duration),
}

/// A request.
pub struct Ask(String);

impl Ask {
    /// `GET`, signed in with a session.
    pub fn get(path: &str, session: Option<&str>) -> Self {
        Self::new("GET", path, session)
    }

    /// `POST` without a body.
    pub fn post(path: &str, session: &str) -> Self {
        Self::new("POST", path, Some(session))
    }

    /// `POST` of JSON.
    pub fn json(path: &str, session: &str, body: &str) -> Self {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {session}\r\n");
        let length = body.len();
        Self(format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"))
    }

    fn new(method: &str, path: &str, session: Option<&str>) -> Self {
        let session = session.map_or(String::new(), |session| format!("Authorization: Bearer {session}\r\n"));
        let length = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
        Self(format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{session}{length}\r\n"))
    }

    /// What goes over the wire.
    fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// One connection.
pub struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(64 * 1024) }
    }

    /// Asks, and reads the whole answer; its HTTP status.
    pub async fn ask(&mut self, ask: &Ask) -> u16 {
        self.stream.write_all(ask.bytes()).await.unwrap();
        self.buffer.clear();
        loop {
            assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the server hung up");
            let Some(head) = self.buffer.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
            let text = String::from_utf8_lossy(&self.buffer[..head]).into_owned();
            let header = |name: &str| {
                text.lines().find_map(|line| {
                    let (key, value) = line.split_once(':')?;
                    key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
                })
            };
            let bytes = head + 4 + header("content-length").map_or(0, |length| length.parse().unwrap());
            while self.buffer.len() < bytes {
                assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the server hung up");
            }
            return text.get(9..12).and_then(|status| status.parse().ok()).unwrap();
        }
    }
}

/// What was measured.
pub struct Figures {
    took: Duration,
    /// What server and callers took of the processors together.
    worked: Duration,
    /// Every answer's time, sorted.
    times: Vec<Duration>,
}

impl Figures {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }

    /// The time within which so many of a hundred answers came.
    pub fn at(&self, percent: usize) -> Duration {
        self.times.get(self.times.len() * percent / 100).copied().unwrap_or_default()
    }

    /// Answers for each second of a processor: what else the machine does counts less here than in the rate.
    pub fn work_rate(&self) -> f64 {
        self.times.len() as f64 / self.worked.as_secs_f64()
    }
}

/// In thousandths of a second.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// How long this process has had a processor, in steps of a hundredth of a second; nothing where the system does not
/// tell.
fn worked() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Duration::from_millis(ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p99 = self.at(99);
        let each = Duration::from_secs(1).div_f64(self.work_rate());
        write!(f, "{:>7.0} a second, p99 {p99:>8.2?}, {each:>6.1?} of a processor each", self.rate())
    }
}

/// Lets `callers` connections ask what `next` gives for each caller and number.
pub async fn run<F>(address: SocketAddr, callers: usize, until: Until, next: F) -> Figures
where
    F: Fn(usize, usize) -> Option<Ask>,
{
    run_on(&[address], callers, until, next).await
}

/// As [`run`], with the callers spread over several servers.
pub async fn run_on<F>(addresses: &[SocketAddr], callers: usize, until: Until, next: F) -> Figures
where
    F: Fn(usize, usize) -> Option<Ask>,
{
    let (time, most, turns) = match until {
        Until::Over(time) => (time, MOST, usize::MAX),
        Until::Once(time) => (time, usize::MAX, 1),
    };
    // What is asked is made before, so that making it is not measured and all callers begin together.
    let asks: Vec<Vec<Ask>> = (0..callers).map(|caller| (0..most).map_while(|n| next(caller, n)).collect()).collect();
    let before = worked();
    let mut lines = JoinSet::new();
    for (asks, address) in asks.into_iter().zip(addresses.iter().copied().cycle()) {
        lines.spawn(async move {
            let mut line = Line::open(address).await;
            let (mut times, began) = (Vec::new(), Instant::now());
            for ask in asks.iter().cycle().take(asks.len().saturating_mul(turns)) {
                if began.elapsed() > time {
                    break;
                }
                let asked = Instant::now();
                assert!((200..300).contains(&line.ask(ask).await), "an answer was refused");
                times.push(asked.elapsed());
            }
            (began, Instant::now(), times)
        });
    }
    let all = lines.join_all().await;
    let first = all.iter().map(|(began, ..)| *began).min().unwrap();
    let last = all.iter().map(|(_, ended, _)| *ended).max().unwrap();
    let mut times: Vec<Duration> = all.into_iter().flat_map(|(.., times)| times).collect();
    times.sort_unstable();
    Figures { took: last - first, worked: worked().saturating_sub(before), times }
}

/// What one connection waits for each of these, in turns, so that what else the machine does falls on all of them: the
/// middle of so many answers.
pub async fn middles<const N: usize>(address: SocketAddr, asks: [Ask; N], answers: usize) -> [Duration; N] {
    let mut line = Line::open(address).await;
    let mut times = [const { Vec::new() }; N];
    for _ in 0..answers {
        for (ask, times) in asks.iter().zip(&mut times) {
            let began = Instant::now();
            assert_eq!(line.ask(ask).await, 200);
            times.push(began.elapsed());
        }
    }
    times.map(middle)
}
