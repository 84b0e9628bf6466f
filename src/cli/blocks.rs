//! What somebody wants no more of: listed, and lifted.

use clap::{Args, Subcommand};

use super::{Context, Error, list::Paging, named::BlockArg, output};
use crate::api::{Block, Blocked, Person};

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
        #[command(flatten)]
        paging: Paging,
    },
    /// Let invites and mail come again.
    Lift {
        /// The id, from the list.
        block: BlockArg,
    },
}

pub(super) async fn run(context: &Context, args: &BlocksArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    match &args.command {
        Some(BlocksCommand::Lift { block }) => {
            client.lift_block(block.id()?, args.site).await?;
            context.say("Lifted: invites and mail can come again. What had ended stays so.")
        }
        None => list(context, &Paging::FIRST, args.site).await,
        Some(BlocksCommand::List { paging }) => list(context, paging, args.site).await,
    }
}

async fn list(context: &Context, paging: &Paging, site: bool) -> Result<(), Error> {
    let client = context.signed_in()?;
    let ask = async |page| client.blocks(&page, site).await;
    paging.show(context, ask, ["ID", "NOTHING MORE", "WHOSE", "SINCE"], row).await
}

fn row(block: &Blocked) -> [String; 4] {
    let what = match (block.scope, &block.band, &block.inviter) {
        (Block::Inviter, _, Some(inviter)) => format!("from {}", inviter.handle()),
        (Block::Band, Some(band), _) => format!("about {}", band.name),
        (Block::Server, ..) => "at all".to_owned(),
        (scope, ..) => scope.to_string(),
    };
    let account = block.account.as_ref().map(Person::handle);
    let whose = [account, block.email.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    [block.id.to_string(), what, whose, output::minute(block.created_at)]
}
