//! What a band has come to, who brought whom, and how many invites one may make.

use std::collections::{HashMap, HashSet};

use clap::{Args, Subcommand};

use super::{
    Context, Error,
    list::Paging,
    named::{BandArg, PersonArg},
    output::{self, Columns},
    texts::letters,
};
use crate::{
    api::{FoundPerson, InviteCounts, Patch, Quota, SetQuota, Stats, Tree, TreeNode},
    client::{Branch, Client},
    domain::{AccountId, BandId, span_in_words},
};

#[derive(Debug, Args)]
pub(super) struct StatsArgs {
    /// The band's id, or its name.
    band: BandArg,
}

pub(super) async fn stats(context: &Context, args: &StatsArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    let stats = client.stats(args.band.find(client).await?).await?;
    if context.json { output::json(&stats) } else { print_stats(&stats) }
}

fn print_stats(stats: &Stats) -> Result<(), Error> {
    let row = |of: &str, name: &str, counts: InviteCounts| {
        let InviteCounts { made, pending, accepted, rejected, cancelled, expired, uses } = counts;
        let [made, pending, accepted, rejected, cancelled, expired, uses] =
            [made, pending, accepted, rejected, cancelled, expired, uses].map(|n| n.to_string());
        [of.to_owned(), name.to_owned(), made, pending, accepted, rejected, cancelled, expired, uses]
    };
    let mut rows = vec![row("all", "", stats.by_status)];
    rows.extend(stats.by_kind.iter().map(|kind| row("kind", kind.kind.as_str(), kind.counts)));
    rows.extend(stats.by_campaign.iter().map(|campaign| row("campaign", &campaign.name, campaign.counts)));
    if stats.other_campaigns != InviteCounts::default() {
        rows.push(row("campaign", "others", stats.other_campaigns));
    }
    rows.extend(stats.by_inviter.iter().map(|inviter| row("inviter", &inviter.account.username, inviter.counts)));
    if stats.other_inviters != InviteCounts::default() {
        rows.push(row("inviter", "others", stats.other_inviters));
    }
    output::table(["OF", "NAME", "MADE", "PENDING", "ACCEPTED", "REJECTED", "CANCELLED", "EXPIRED", "USES"], &rows)?;
    let rate = stats.acceptance_rate.map(|rate| format!("{:.0} %", rate * 100.0)).unwrap_or_default();
    let median = stats.median_seconds_to_accept.map(span_in_words).unwrap_or_default();
    output::fields(&[("ACCEPTANCE RATE", rate), ("TIME TO ACCEPT", median), ("LOOKED AT", stats.views.to_string())])
}

const IN_TREE: Columns<6> =
    Columns::new(["ACCOUNT", "NAME", "ROLE", "SINCE", "BY", "BROUGHT"], &["BROUGHT", "ROLE", "SINCE"]);
const FOUND: Columns<4> = Columns::new(["ACCOUNT", "NAME", "CALLED", "STATE"], &["CALLED"]);

#[derive(Debug, Args)]
pub(super) struct TreeArgs {
    /// The band's id, or its name.
    band: BandArg,
    /// Only those whom this person brought: a user name or an account id.
    #[arg(long, value_name = "NAME", conflicts_with = "roots")]
    under: Option<PersonArg>,
    /// Only the founder, and those whom nobody brought.
    #[arg(long)]
    roots: bool,
    #[command(flatten)]
    paging: Paging,
}

pub(super) async fn tree(context: &Context, args: &TreeArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    let band = args.band.find(client).await?;
    let branch = match &args.under {
        Some(person) => Some(Branch::Of(person.anyone("--under", client, band).await?)),
        None => args.roots.then_some(Branch::Roots),
    };
    if !context.json && branch.is_none() && args.paging.is_plain() && output::is_for_people() {
        return draw(client, band).await;
    }
    let row = |node: &TreeNode| {
        let by = node.invited_by.as_ref().map_or_else(|| "–".to_owned(), |person| person.username.clone());
        let (id, name) = (node.account.id.to_string(), node.account.username.clone());
        [id, name, node.role.to_string(), output::minute(node.joined_at), by, node.brought.to_string()]
    };
    let ask = async |page| client.tree(band, branch, &page).await;
    args.paging.show(context, ask, IN_TREE, row).await
}

/// Draws the whole tree; who was brought by somebody who has left stands at its root.
async fn draw(client: &Client, band: BandId) -> Result<(), Error> {
    let mut nodes = Vec::new();
    let each = |page: &Tree, _| {
        nodes.extend(page.nodes.iter().cloned());
        Ok(())
    };
    Paging::ALL.walk(async |page| client.tree(band, None, &page).await, each).await?;
    branches(&nodes).iter().try_for_each(|line| output::line(line))
}

/// The lines of a tree: each member once, below who brought them.
fn branches(nodes: &[TreeNode]) -> Vec<String> {
    let there: HashSet<AccountId> = nodes.iter().map(|node| node.account.id).collect();
    let mut under: HashMap<Option<AccountId>, Vec<&TreeNode>> = HashMap::new();
    for node in nodes {
        let by = node.invited_by.as_ref().map(|person| person.id).filter(|id| there.contains(id));
        under.entry(by).or_default().push(node);
    }
    let (mut lines, mut drawn) = (Vec::with_capacity(nodes.len()), HashSet::new());
    // Two who have brought each other hang on nobody: they are drawn last, from the one who came first.
    for root in under.get(&None).into_iter().flatten().copied().chain(nodes) {
        let mut open = vec![(root, String::new(), String::new())];
        while let Some((node, before, below)) = open.pop() {
            if !drawn.insert(node.account.id) {
                continue;
            }
            let account = &node.account;
            let since = node.joined_at.to_string();
            let day = since.split('T').next().unwrap_or_default();
            lines.push(format!("{before}{} (@{})  {}  {day}", account.display_name, account.username, node.role));
            let brought: Vec<_> = under.get(&Some(account.id)).into_iter().flatten().copied().collect();
            for (place, child) in brought.iter().enumerate().rev() {
                let last = place + 1 == brought.len();
                let (here, further) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
                open.push((child, format!("{below}{here}"), format!("{below}{further}")));
            }
        }
    }
    lines
}

#[derive(Debug, Args)]
pub(super) struct QuotaArgs {
    #[command(subcommand)]
    command: Option<QuotaCommand>,
}

#[derive(Debug, Subcommand)]
enum QuotaCommand {
    /// Set how many invites somebody may make in 30 days; for who runs the site.
    Set {
        /// The person: a user name or an account id.
        name: PersonArg,
        /// A number, `unlimited`, or `default` for what the site allows everyone.
        #[arg(allow_negative_numbers = true)]
        limit: Limit,
    },
}

#[derive(Debug, Clone)]
struct Limit(Patch<i64>);

impl std::str::FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.parse()) {
            ("unlimited", _) => Ok(Self(Patch::Null)),
            ("default", _) => Ok(Self(Patch::Omitted)),
            (_, Ok(limit @ 0..=1_000_000)) => Ok(Self(Patch::Value(limit))),
            _ => Err("must be a number from 0 to 1000000, unlimited, or default"),
        }
    }
}

pub(super) async fn quota(context: &Context, args: &QuotaArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    let quota = match &args.command {
        None => client.quota().await?,
        Some(QuotaCommand::Set { name, limit }) => {
            client.set_quota(name.account(client).await?, &SetQuota { limit: limit.0.clone() }).await?
        }
    };
    if context.json {
        return output::json(&quota);
    }
    let Quota { used, limit, remaining } = quota;
    let number = |n: Option<u32>| n.map_or("unlimited".to_owned(), |n| n.to_string());
    output::fields(&[("USED", used_in_words(used, limit)), ("LIMIT", number(limit)), ("REMAINING", number(remaining))])
}

/// The API counts no further than this where no higher limit asks for it.
const MOST_COUNTED: u32 = 1_000;

/// How many were made, or that there are more than were counted.
fn used_in_words(used: u32, limit: Option<u32>) -> String {
    let is_cut = used >= MOST_COUNTED && limit.is_none_or(|limit| limit < MOST_COUNTED);
    if is_cut { format!("{MOST_COUNTED}+") } else { used.to_string() }
}

#[derive(Debug, Args)]
pub(super) struct PeopleArgs {
    /// Part of a name, two letters or more.
    #[arg(value_name = "SEARCH", value_parser = letters)]
    q: String,
    /// Tell how each stands to this band: its id, or its name.
    #[arg(long)]
    band: Option<BandArg>,
}

pub(super) async fn people(context: &Context, args: &PeopleArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    let band = match &args.band {
        Some(band) => Some(band.find(client).await?),
        None => None,
    };
    let found = client.people(&args.q, band).await?;
    if context.json {
        return output::json(&found);
    }
    let row = |person: &FoundPerson| {
        [person.id.to_string(), person.username.clone(), person.display_name.clone(), person.state.to_string()]
    };
    output::table(FOUND, &found.accounts.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::Person, domain::Role};

    fn node(id: u8, by: Option<u8>) -> TreeNode {
        let person = |id: u8| {
            let name = ["ada", "kim", "sam", "joe", "eve"][usize::from(id)].to_owned();
            Person { id: AccountId::from_bytes([id; 16]), display_name: name.to_uppercase(), username: name }
        };
        let joined_at = "2026-01-03T12:00:00Z".parse().unwrap();
        let account = person(id);
        TreeNode {
            account,
            invited_by: by.map(person),
            invite_id: None,
            joined_at,
            role: Role::Member,
            brought: 0,
            inviter_left: false,
        }
    }

    #[test]
    fn what_was_counted_to_the_end_of_counting_may_be_more() {
        let words = |used, limit| used_in_words(used, limit);
        assert_eq!([words(999, None), words(1_000, None), words(1_000, Some(10))], ["999", "1000+", "1000+"]);
        assert_eq!([words(1_000, Some(1_000)), words(1_200, Some(5_000))], ["1000", "1200"]);
    }

    #[test]
    fn each_member_is_drawn_once_below_who_brought_them() {
        let nodes = [node(0, None), node(1, Some(0)), node(2, Some(1)), node(3, Some(0))];
        let lines: Vec<_> = branches(&nodes).iter().map(|line| line.replace("  member  2026-01-03", "")).collect();
        assert_eq!(lines, ["ADA (@ada)", "├─ KIM (@kim)", "│  └─ SAM (@sam)", "└─ JOE (@joe)"]);
    }

    #[test]
    fn who_brought_each_other_and_who_lost_their_inviter_are_drawn_too() {
        let nodes = [node(1, Some(2)), node(2, Some(1)), node(3, Some(4))];
        let lines = branches(&nodes).join("\n");
        assert_eq!(lines.lines().count(), 3, "{lines}");
        assert!(lines.starts_with("JOE") && lines.contains("KIM (@kim)") && lines.contains("└─ SAM"), "{lines}");
    }
}
