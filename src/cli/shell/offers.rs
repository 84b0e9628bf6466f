//! What a line can go on with: the person's own bands, invites and so on, words that options take, and files.

use std::{ffi::OsStr, sync::OnceLock, time::Duration};

use clap::{Arg, Command, ValueHint};
use clap_complete::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};

use crate::{
    api::{Band, BandScope, Block, Campaign, Invite, InviteSort, OnExisting},
    cli::{Context, bands::POLICY_KEYS, variable},
    client::{BandQuery, Client, InviteQuery, MemberQuery, Page, Patience, session::SessionFile},
    config::load,
    domain::{BandId, InvitePermission, JoinMode, JoinStatus, Kind, Status},
};

/// How long somebody who pressed Tab waits for the server.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Bands that are looked into where the line names none.
const BANDS: usize = 5;
/// Entries of each list that is looked into.
const ENTRIES: Option<u32> = Some(50);
/// The words of the line, without quotes.
static SPOKEN: OnceLock<Vec<String>> = OnceLock::new();

/// Says what stands on the line: of which band something is offered.
pub(super) fn speak(words: Vec<String>) {
    let _ = SPOKEN.set(words);
}

/// The command line with what its values can be.
pub(super) fn knowing(command: Command) -> Command {
    let name = command.get_name().to_owned();
    within(command, &name)
}

/// `group` is the command that this one is of.
fn within(command: Command, group: &str) -> Command {
    let (name, group) = (command.get_name().to_owned(), group.to_owned());
    let command = command.mut_args(|arg| offering(arg, &group, &name));
    command.mut_subcommands(|command| within(command, &name))
}

fn offering(arg: Arg, group: &str, command: &str) -> Arg {
    let words = |arg: Arg, words: Vec<&'static str>| {
        let offer = move || words.iter().map(CompletionCandidate::new).collect::<Vec<_>>();
        arg.add(ArgValueCandidates::new(offer))
    };
    let asking = |arg: Arg, ask: fn(&OsStr) -> Vec<CompletionCandidate>| arg.add(ArgValueCompleter::new(ask));
    match (arg.get_id().as_str(), group, command) {
        ("band", _, "join") => asking(arg, open_bands),
        ("band", ..) => asking(arg, bands),
        ("invite", _, "register") => arg,
        ("invite", "inbox", _) => asking(arg, waiting),
        ("invite" | "ids", ..) => asking(arg, invites),
        ("codes", ..) => asking(arg, batches),
        ("campaign", ..) => asking(arg, campaigns),
        ("template", ..) => asking(arg, templates),
        ("name", "members", "unban") => asking(arg, banned),
        ("name", "members", _) | ("under" | "actor" | "created_by", ..) => asking(arg, members),
        ("request", ..) => asking(arg, requests),
        ("block", "blocks", _) => asking(arg, blocks),
        ("block", ..) => words(arg, Block::ALL.iter().map(|word| word.as_str()).collect()),
        ("login", ..) => asking(arg, accounts),
        ("profile", ..) => asking(arg, profiles),
        ("server", ..) => asking(arg, servers),
        ("time_zone", ..) => asking(arg, zones),
        ("status", "requests", _) => words(arg, JoinStatus::ALL.iter().map(|word| word.as_str()).collect()),
        ("status", ..) => words(arg, Status::ALL.iter().map(|word| word.as_str()).collect()),
        ("kind", ..) => words(arg, Kind::ALL.iter().map(|word| word.as_str()).collect()),
        ("role", ..) => words(arg, vec!["member", "admin"]),
        ("sort", ..) => words(arg, InviteSort::ALL.iter().map(|word| word.as_str()).collect()),
        ("join", ..) => words(arg, JoinMode::ALL.iter().map(|word| word.as_str()).collect()),
        ("invite_permission", ..) => words(arg, InvitePermission::ALL.iter().map(|word| word.as_str()).collect()),
        ("on_existing", ..) => words(arg, OnExisting::ALL.iter().map(|word| word.as_str()).collect()),
        ("policy", "bands", _) => {
            let keys = || POLICY_KEYS.iter().map(|key| CompletionCandidate::new(format!("{key}="))).collect::<Vec<_>>();
            arg.add(ArgValueCandidates::new(keys))
        }
        ("ttl_hours", ..) => words(arg, vec!["24", "72", "168", "720", "never"]),
        ("max_uses", ..) => words(arg, vec!["1", "unlimited"]),
        ("limit", "quota", _) => words(arg, vec!["unlimited", "default"]),
        ("reminders", ..) => words(arg, vec!["none"]),
        ("folder", ..) => arg.value_hint(ValueHint::DirPath),
        ("file" | "message_file", ..) => arg.value_hint(ValueHint::AnyPath),
        _ => arg,
    }
}

/// A value that is offered, and what it is.
fn candidate(value: impl Into<std::ffi::OsString>, help: impl Into<String>) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(help.into().into()))
}

/// Whether a name goes on from what is typed, in capital letters or not.
fn goes_on(name: &str, typed: &OsStr) -> bool {
    name.to_lowercase().starts_with(&typed.to_string_lossy().to_lowercase())
}

fn bands(typed: &OsStr) -> Vec<CompletionCandidate> {
    bands_of(typed, BandScope::Mine)
}

fn open_bands(typed: &OsStr) -> Vec<CompletionCandidate> {
    bands_of(typed, BandScope::Open)
}

fn bands_of(typed: &OsStr, scope: BandScope) -> Vec<CompletionCandidate> {
    let fits = |band: &Band| goes_on(&band.name, typed) || goes_on(&band.id.to_string(), typed);
    let offer = |band: Band| candidate(band.name, band.id.to_string());
    asked(async |client| Some(all_bands(&client, scope).await?.into_iter().filter(fits).map(offer).collect()))
}

async fn all_bands(client: &Client, scope: BandScope) -> Option<Vec<Band>> {
    let page = Page { limit: Some(crate::api::MAX_LIMIT), cursor: None };
    Some(client.bands(&BandQuery { scope: Some(scope), page, ..BandQuery::default() }).await.ok()?.bands)
}

/// The band that the line names, or where it names none some of the person's own.
async fn bands_of_line(client: &Client) -> Option<Vec<Band>> {
    let all = all_bands(client, BandScope::Mine).await?;
    let is_meant = |band: &&Band| {
        SPOKEN.get().into_iter().flatten().any(|word| {
            let value = word.split_once("--band=").map_or(word.as_str(), |(_, value)| value);
            value.to_lowercase() == band.name.to_lowercase() || value == band.id.to_string()
        })
    };
    match all.iter().find(is_meant) {
        Some(band) => Some(vec![band.clone()]),
        None => Some(all.into_iter().take(BANDS).collect()),
    }
}

/// What is offered of the band of the line, or of some where it names none; what one may not see is not offered.
fn of_bands(ask: &impl AsyncFn(&Client, BandId) -> Option<Vec<CompletionCandidate>>) -> Vec<CompletionCandidate> {
    asked(async |client| {
        let mut offers = Vec::<CompletionCandidate>::new();
        for band in bands_of_line(&client).await? {
            // Of several bands the same name is offered once.
            for offer in ask(&client, band.id).await.unwrap_or_default() {
                if offers.iter().all(|one| one.get_value() != offer.get_value()) {
                    offers.push(offer);
                }
            }
        }
        Some(offers)
    })
}

fn page() -> Page {
    Page { limit: ENTRIES, cursor: None }
}

/// Invites by their ids: those that are pending, or for who restores, those that have ended.
fn invites(typed: &OsStr) -> Vec<CompletionCandidate> {
    let restores = SPOKEN.get().is_some_and(|words| words.iter().any(|word| word == "restore"));
    let status = if restores { Status::Cancelled } else { Status::Pending };
    of_bands(&async |client, band| {
        let query = InviteQuery { status: Some(status), page: page(), ..InviteQuery::default() };
        let found = client.invites(band, &query).await.ok()?.invites;
        let fits = |invite: &Invite| goes_on(&invite.id.to_string(), typed);
        let offer =
            |invite: Invite| candidate(invite.id.to_string(), format!("{} · {}", invite.recipient(), invite.role));
        Some(found.into_iter().filter(fits).map(offer).collect())
    })
}

fn waiting(typed: &OsStr) -> Vec<CompletionCandidate> {
    asked(async |client| {
        let found = client.inbox(&page()).await.ok()?.invites.into_iter();
        let found = found.filter(|invite| goes_on(&invite.id.to_string(), typed));
        Some(
            found
                .map(|invite| candidate(invite.id.to_string(), format!("{} · {}", invite.band.name, invite.role)))
                .collect(),
        )
    })
}

fn campaigns(typed: &OsStr) -> Vec<CompletionCandidate> {
    of_bands(&async |client, band| {
        let found = client.campaigns(band, &page()).await.ok()?.campaigns;
        Some(named(&found, typed, |campaign| campaign.name.clone()))
    })
}

/// Batches of codes that can be used: by name where the line says whose they are, else by id.
fn batches(typed: &OsStr) -> Vec<CompletionCandidate> {
    let says = |option: &str| {
        SPOKEN.get().into_iter().flatten().any(|word| word == option || word.starts_with(&format!("{option}=")))
    };
    if says("--site") {
        return asked(async |client| {
            let found = client.site_codes(&page()).await.ok()?.campaigns;
            Some(named(&found, typed, |campaign| campaign.name.clone()))
        });
    }
    let by_name = says("--band");
    of_bands(&async |client, band| {
        let mut found = client.campaigns(band, &page()).await.ok()?.campaigns;
        // What every invite without a campaign is in holds no codes.
        found.retain(|campaign| !campaign.is_default && campaign.counts.pending > 0);
        Some(named(&found, typed, |campaign| if by_name { campaign.name.clone() } else { campaign.id.to_string() }))
    })
}

/// Campaigns by what they are called, or by their ids where several are called the same.
fn named(found: &[Campaign], typed: &OsStr, called: impl Fn(&Campaign) -> String) -> Vec<CompletionCandidate> {
    let same = |name: &str| found.iter().filter(|other| other.name.to_lowercase() == name.to_lowercase()).count();
    let offer = |campaign: &Campaign| {
        let (name, id) = (called(campaign), campaign.id.to_string());
        let value = if same(&campaign.name) > 1 { id.clone() } else { name };
        let help = if value == id { campaign.name.clone() } else { id.clone() };
        (goes_on(&value, typed) || goes_on(&id, typed)).then(|| candidate(value, help))
    };
    found.iter().filter_map(offer).collect()
}

fn templates(typed: &OsStr) -> Vec<CompletionCandidate> {
    of_bands(&async |client, band| {
        let found = client.templates(band, &page()).await.ok()?.templates.into_iter();
        let found = found.filter(|template| goes_on(&template.name, typed));
        Some(found.map(|template| candidate(template.name, template.id.to_string())).collect())
    })
}

fn members(typed: &OsStr) -> Vec<CompletionCandidate> {
    let begun = typed.to_string_lossy();
    let begun = begun.strip_prefix('@').unwrap_or(&begun).to_owned();
    of_bands(&async |client, band| {
        let q = (!begun.is_empty()).then(|| begun.clone());
        let found = client.members(band, &MemberQuery { q, page: page() }).await.ok()?.members.into_iter();
        let found = found.filter(|member| goes_on(&member.account.username, OsStr::new(&begun)));
        Some(found.map(|member| candidate(member.account.username, member.account.display_name)).collect())
    })
}

fn banned(typed: &OsStr) -> Vec<CompletionCandidate> {
    of_bands(&async |client, band| {
        let found = client.bans(band, &page()).await.ok()?.bans.into_iter();
        let found = found.filter(|ban| goes_on(&ban.account.username, typed));
        Some(found.map(|ban| candidate(ban.account.username, ban.account.display_name)).collect())
    })
}

fn requests(typed: &OsStr) -> Vec<CompletionCandidate> {
    of_bands(&async |client, band| {
        let found = client.join_requests(band, None, &page()).await.ok()?.join_requests.into_iter();
        let found = found.filter(|request| goes_on(&request.account.username, typed));
        Some(found.map(|request| candidate(request.account.username, request.account.display_name)).collect())
    })
}

fn blocks(typed: &OsStr) -> Vec<CompletionCandidate> {
    asked(async |client| {
        let found = client.blocks(&page(), false).await.ok()?.blocks.into_iter();
        let found = found.filter(|block| goes_on(&block.id.to_string(), typed));
        Some(found.map(|block| candidate(block.id.to_string(), block.scope.to_string())).collect())
    })
}

/// Accounts that a session is kept for, or was.
fn accounts(typed: &OsStr) -> Vec<CompletionCandidate> {
    let fitting = |(_, username): &(String, String)| goes_on(username, typed);
    kept().into_iter().filter(fitting).map(|(server, username)| candidate(username, server)).collect()
}

fn profiles(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(loaded) = load(None, &[], &variable) else { return Vec::new() };
    let all = loaded.config.profiles.into_iter().filter(|(name, _)| goes_on(name, typed));
    all.map(|(name, profile)| candidate(name, profile.server.unwrap_or_default())).collect()
}

/// Servers that a session is kept for.
fn servers(typed: &OsStr) -> Vec<CompletionCandidate> {
    let fitting = |(server, _): &(String, String)| goes_on(server, typed);
    let offer = |(server, username): (String, String)| candidate(server, username);
    kept().into_iter().filter(fitting).map(offer).collect()
}

/// Servers and accounts that sessions are kept for.
fn kept() -> Vec<(String, String)> {
    let list = || {
        let loaded = load(None, &[], &variable).ok()?;
        SessionFile::in_folder(loaded.config.data_folder().as_deref(), None).ok()?.list().ok()
    };
    list().unwrap_or_default()
}

fn zones(typed: &OsStr) -> Vec<CompletionCandidate> {
    let all = jiff::tz::db().available().map(|name| name.as_str().to_owned());
    all.filter(|name| goes_on(name, typed)).map(CompletionCandidate::new).collect()
}

/// Asks the server that commands ask without a flag. A shell at its prompt is no place for errors: there is nothing to
/// offer then.
fn asked(ask: impl AsyncFnOnce(Client) -> Option<Vec<CompletionCandidate>>) -> Vec<CompletionCandidate> {
    let candidates = || {
        let loaded = load(None, &[], &variable).ok()?;
        let client = Context::new(&loaded.config, false, None).ok()?.signed_in().ok()?.with_patience(Patience::NONE);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        runtime.block_on(async { tokio::time::timeout(PATIENCE, ask(client)).await.ok()? })
    };
    candidates().unwrap_or_default()
}
