//! What somebody wants no more of: listed, and lifted.

use clap::{Args, Subcommand};

use super::{Context, Error, output};
use crate::{
    api::{Block, Blocked},
    client::Page,
    domain::SuppressionId,
};

#[derive(Debug, Args)]
pub(super) struct BlocksArgs {
    #[command(subcommand)]
    command: Option<BlocksCommand>,
    /// Everybody's, for who runs the site.
    #[arg(long, global = true)]
    site: bool,
}

#[derive(Debug, Subcommand)]
enum BlocksCommand {
    /// List what I want no more invites and mail of.
    List {
        /// Entries of a page, at most 200.
        #[arg(long)]
        limit: Option<u32>,
        /// Where the page begins, from the page before.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Let invites and mail come again.
    Lift {
        /// The id, from the list.
        block: SuppressionId,
    },
}

pub(super) async fn run(context: &Context, args: &BlocksArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    match &args.command {
        Some(BlocksCommand::Lift { block }) => {
            client.lift_block(*block, args.site).await?;
            context.say("Lifted: invites and mail can come again. What had ended stays so.")
        }
        None => list(context, &Page::default(), args.site).await,
        Some(BlocksCommand::List { limit, cursor }) => {
            list(context, &Page { limit: *limit, cursor: cursor.clone() }, args.site).await
        }
    }
}

async fn list(context: &Context, page: &Page, site: bool) -> Result<(), Error> {
    let blocks = context.signed_in()?.blocks(page, site).await?;
    if context.json {
        return output::json(&blocks);
    }
    let rows: Vec<_> = blocks.blocks.iter().map(row).collect();
    output::table(["ID", "NOTHING MORE", "WHOSE", "SINCE"], &rows)?;
    output::more(blocks.next_cursor.as_ref());
    Ok(())
}

fn row(block: &Blocked) -> [String; 4] {
    let what = match (block.scope, &block.band, &block.inviter) {
        (Block::Inviter, _, Some(inviter)) => format!("from @{}", inviter.username),
        (Block::Band, Some(band), _) => format!("about {}", band.name),
        (Block::Server, ..) => "at all".to_owned(),
        (scope, ..) => scope.to_string(),
    };
    let account = block.account.as_ref().map(|account| format!("@{}", account.username));
    let whose = [account, block.email.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    [block.id.to_string(), what, whose, output::minute(block.created_at)]
}
