//! Cost against size: one thing grows while the rest stays.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use guestlist::{
    domain::{BandId, Timestamp, Token},
    server::{App, store::Database},
};
use tokio::task::JoinHandle;

use crate::{
    BANDS, CALLERS, come_in,
    load::{self, Ask, Until},
    node,
    record::{Figure, Sheet},
    seed::{self, Person},
    turn,
};

/// How far it goes and how long each point is looked at.
#[derive(Debug, Clone)]
pub struct Extent {
    /// Invites in a band.
    pub invites: Vec<usize>,
    /// Bands on the server.
    pub bands: Vec<usize>,
    /// Each rate; a rate of accepts at the most.
    pub time: Duration,
    /// Answers of each kind whose middle is told.
    pub asks: usize,
}

impl Extent {
    /// To a million, or a tenth of it.
    pub fn new(quick: bool) -> Self {
        let powers = |from: u32, to: u32| (from..=to).map(|power| 10_usize.pow(power)).collect();
        if quick {
            Self { invites: powers(3, 5), bands: powers(2, 4), time: Duration::from_secs(1), asks: 40 }
        } else {
            Self { invites: powers(3, 6), bands: powers(2, 5), time: Duration::from_secs(3), asks: 100 }
        }
    }
}

/// Callers of the walk from one to many.
const AT_ONCE: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
/// New guests of each point at which accepts are measured, all callers' together; each comes in by every link. On SQLite
/// they last for some seconds, and on a slower database the time ends first.
const GUESTS: usize = 250;
/// Owners of what there is.
const OWNERS: usize = 65;
/// Bands of whoever asks.
const OWN: usize = 20;

/// A server with people and a point that is measured.
struct Grid<'s> {
    of: &'static str,
    extent: Extent,
    nodes: Vec<(App, SocketAddr)>,
    servers: Vec<JoinHandle<()>>,
    people: Vec<Person>,
    /// One for each of the bands that guests come into: those stay, so that no point has more bands than it says.
    links: Vec<Token>,
    sheet: &'s mut Sheet,
}

/// Every walk on one database. On PostgreSQL it ends with a second node; SQLite has one.
pub async fn measure(database: Database, extent: Extent, sheet: &mut Sheet) {
    let is_far = matches!(database, Database::Postgres(_));
    let of = if is_far { "postgres" } else { "sqlite" };
    let (app, address, server) = node(&database).await;
    let people = seed::people(app.store(), Timestamp::now(), "person", OWNERS).await;
    let links = seed::links(app.store(), Timestamp::now(), &people[0], BANDS).await;
    let (nodes, servers) = (vec![(app, address)], vec![server]);
    let mut grid = Grid { of, extent, nodes, servers, people, links, sheet };
    grid.along_invites().await;
    if is_far {
        grid.along_nodes(&database).await;
    }
    grid.along_bands().await;
    for server in grid.servers {
        server.abort();
    }
}

impl Grid<'_> {
    fn app(&self) -> &App {
        &self.nodes[0].0
    }

    /// One band grows; then, in the largest, callers become more.
    async fn along_invites(&mut self) {
        let now = Timestamp::now();
        let small = seed::band(self.app().store(), now, &self.people[0], 50).await;
        let large = seed::band(self.app().store(), now, &self.people[0], 0).await;
        let mut made = 0;
        for invites in self.extent.invites.clone() {
            let began = Instant::now();
            seed::grow(self.app().store(), now, large, &self.people[0], made..invites).await;
            seed::analyze(self.app().store()).await;
            println!("{}: {invites} invites in the band, made in {:.1?}", self.of, began.elapsed());
            made = invites;
            let at = |figure: Figure| Figure { along: "invites".to_owned(), invites: Some(invites as u64), ..figure };
            self.previews(large, invites, CALLERS, at).await;
            self.accepts(CALLERS, at).await;
            for (what, query) in [
                ("first page", ""),
                ("last page", "cursor=last"),
                ("search", "q=soprano"),
                ("search, common", "q=drum"),
            ] {
                let path = |band| format!("/api/v1/bands/{band}/invites?{query}");
                let [of_large, of_small] = self.middles(&self.people[0], [large, small].map(path)).await;
                self.tell(at(Figure::new(what, self.of, of_large, "ms").beside("a band of 50", of_small)));
            }
        }
        for callers in AT_ONCE {
            let at = |figure: Figure| Figure { along: "callers".to_owned(), invites: Some(made as u64), ..figure };
            self.previews(large, made, callers, at).await;
            self.accepts(callers, at).await;
        }
    }

    /// A second server on the same database, on the same machine.
    async fn along_nodes(&mut self, database: &Database) {
        let invites = 1_000;
        let band = seed::band(self.app().store(), Timestamp::now(), &self.people[0], invites).await;
        for nodes in 1..=2 {
            if nodes > self.nodes.len() {
                let (app, address, server) = node(database).await;
                self.nodes.push((app, address));
                self.servers.push(server);
            }
            let at = |figure: Figure| Figure { along: "nodes".to_owned(), nodes: Some(nodes as u64), ..figure };
            self.previews(band, invites, CALLERS, at).await;
            self.accepts(CALLERS, at).await;
        }
        self.nodes.truncate(1);
    }

    /// Bands become more, those of whoever asks stay.
    async fn along_bands(&mut self) {
        let now = Timestamp::now();
        let asker = seed::person(self.app().store(), now, "asker").await;
        let mut band = None;
        for _ in 0..OWN {
            band = Some(seed::band(self.app().store(), now, &asker, 50).await);
        }
        let band = band.unwrap();
        let mut made = 0;
        for bands in self.extent.bands.clone() {
            let began = Instant::now();
            seed::bands(self.app().store(), now, &self.people, made..bands).await;
            seed::analyze(self.app().store()).await;
            println!("{}: {bands} bands, made in {:.1?}", self.of, began.elapsed());
            made = bands;
            let at = |figure: Figure| Figure { along: "bands".to_owned(), bands: Some(bands as u64), ..figure };
            self.previews(band, 50, CALLERS, at).await;
            self.accepts(CALLERS, at).await;
            // The one in twenty bands asks, not one in a thousandth of all.
            for (what, path) in [
                ("own bands", "/api/v1/bands".to_owned()),
                ("open bands, searched", "/api/v1/bands?scope=open&q=band%2099".to_owned()),
                ("open bands, none found", "/api/v1/bands?scope=open&q=nobody".to_owned()),
                ("poll", "/api/v1/me/sync".to_owned()),
                ("first page", format!("/api/v1/bands/{band}/invites")),
            ] {
                let [middle] = self.middles(&asker, [path]).await;
                self.tell(at(Figure::new(what, self.of, middle, "ms")));
            }
        }
    }

    async fn previews(&mut self, band: BandId, invites: usize, callers: usize, at: impl Fn(Figure) -> Figure) {
        let addresses: Vec<SocketAddr> = self.nodes.iter().map(|(_, address)| *address).collect();
        let figures = load::run_on(&addresses, callers, Until::Over(self.extent.time), |caller, n| {
            let token = seed::token(band, (caller * 7_919 + n * 104_729) % invites);
            Some(Ask::get(&format!("/api/v1/invites/{}/info", token.reveal()), None))
        })
        .await;
        self.rates("preview", &figures, callers, at);
    }

    /// Guests come into bands that are new to them.
    async fn accepts(&mut self, callers: usize, at: impl Fn(Figure) -> Figure) {
        let addresses: Vec<SocketAddr> = self.nodes.iter().map(|(_, address)| *address).collect();
        let called = format!("guest{}of", self.sheet.0.len());
        let guests = seed::people(self.app().store(), Timestamp::now(), &called, GUESTS).await;
        let until = Until::Once(self.extent.time);
        let figures = come_in(&addresses, callers, &guests, (&self.links, turn), until).await;
        self.rates("accept", &figures, callers, at);
    }

    fn rates(&mut self, what: &str, figures: &load::Figures, callers: usize, at: impl Fn(Figure) -> Figure) {
        let with = |figure: Figure| at(Figure { callers: Some(callers as u64), ..figure });
        self.tell(with(Figure::new(what, self.of, figures.rate(), "a second")));
        self.tell(with(Figure::new(&format!("{what}, p99"), self.of, load::ms(figures.at(99)), "ms")));
    }

    /// The middle of what answers to one caller take, in milliseconds.
    async fn middles<const N: usize>(&self, person: &Person, paths: [String; N]) -> [f64; N] {
        let asks = paths.map(|path| Ask::get(&path, Some(&person.session)));
        load::middles(self.nodes[0].1, asks, self.extent.asks).await.map(load::ms)
    }

    fn tell(&mut self, figure: Figure) {
        let size = figure.size().unwrap_or_default();
        let ratio = figure.ratio().map_or(String::new(), |ratio| format!("   {ratio:.2} of {}", figure.peer));
        let Figure { what, along, value, unit, .. } = &figure;
        println!("{:8} {size:>8} {along:8} {what:22} {value:>10.2} {unit}{ratio}", self.of);
        self.sheet.add(figure);
    }
}
