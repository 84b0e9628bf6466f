//! Showing who one is by what came in the mail: a verified address, a new password.

use std::io::{self, IsTerminal as _};

use clap::{Args, Subcommand};

use super::{Context, Error, account::new_password, ask, output};
use crate::{
    api::{Code, ForgotPassword, ResetPassword, VerifyEmail},
    client::Patience,
    domain::{AddressCode, ResetToken},
};

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The code of the mail, in one word or in its groups; without it a mail is asked for.
    code: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Password {
    /// Ask for a mail with a link to set a new password with.
    Forgot {
        /// User name or address.
        login: String,
    },
    /// Set a new password by the link of that mail; ends all sessions.
    Reset {
        /// The link or its token; `-` or nothing reads it from standard input, where no other program can see it.
        token: Option<String>,
    },
}

pub(super) async fn verify(context: &Context, args: &VerifyArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    let typed = if args.code.is_empty() {
        if !client.site().await?.mail {
            let why = "this server sends no mail, and takes an address as it is typed: there is nothing to verify";
            return Err(Error::Ended(why.to_owned()));
        }
        // Nobody waits a minute here: the code that was mailed before can be typed.
        match client.with_patience(Patience::NONE).send_code().await {
            Err(error) if error.code() == Some(Code::RateLimited) && io::stdin().is_terminal() => {
                output::note("No new code is sent so soon: the newest one still counts.");
            }
            sent => {
                sent?;
                output::note(&format!("A code is on its way to {}.", client.me().await?.email));
            }
        }
        if !io::stdin().is_terminal() {
            return context.say("`guestlist verify CODE` takes it.");
        }
        ask::line("Code")?
    } else {
        args.code.join(" ")
    };
    let code = AddressCode::parse(&typed).map_err(|e| Error::Usage(format!("CODE {e}")))?;
    let account = client.verify_email(&VerifyEmail { code: code.reveal().to_owned() }).await?;
    if context.json { output::json(&account) } else { output::line(&format!("{} is verified.", account.email)) }
}

/// `context` makes the context for the server that a link names, where one does.
pub(super) async fn password(
    command: &Password,
    context: impl Fn(Option<&str>) -> Result<Context, Error>,
) -> Result<(), Error> {
    match command {
        Password::Forgot { login } => forgot(&context(None)?, login).await,
        Password::Reset { token } => {
            let text = match token.as_deref() {
                Some(text) if text != "-" => text.to_owned(),
                _ => ask::line("Link of the mail")?,
            };
            let token = ResetToken::read(&text)
                .ok_or_else(|| Error::Usage("TOKEN must be the link of the mail, or its token, rst_…".to_owned()))?;
            let text = text.trim().trim_start_matches('<');
            let origin = text.contains("://").then(|| text.rsplit_once("/reset/").map_or(text, |(origin, _)| origin));
            reset(&context(origin)?, &token).await
        }
    }
}

async fn forgot(context: &Context, login: &str) -> Result<(), Error> {
    let client = context.client.with_session(None);
    if !client.site().await?.mail {
        return Err(Error::NoMail);
    }
    client.forgot_password(&ForgotPassword { login: login.to_owned() }).await?;
    context.say(
        "If there is such an account, and its address is verified, a mail is on its way: `guestlist password reset` takes \
         its link.",
    )
}

async fn reset(context: &Context, token: &ResetToken) -> Result<(), Error> {
    let body = ResetPassword { token: token.reveal().to_owned(), password: new_password()? };
    context.client.with_session(None).reset_password(&body).await?;
    context.say("The new password is set, and every session has ended: sign in with it.")
}
