//! Signing in and out, making an account.

use std::io::{self, BufRead as _, IsTerminal as _};

use clap::Args;

use super::{Context, Error, output};
use crate::{
    api::{Account, Login, Register, SessionSecret},
    client::session::Kept,
    domain::SessionToken,
};

#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// User name or address.
    login: String,
}

#[derive(Debug, Args)]
pub(super) struct RegisterArgs {
    /// The name to sign in with.
    username: String,
    /// The address.
    email: String,
    /// The name to be called by.
    #[arg(long)]
    display_name: Option<String>,
}

/// A password, by prompt or the first line of standard input; never an argument, which others could see.
fn password() -> Result<String, Error> {
    if io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password("Password: ")?);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn keep(context: &Context, account: &Account, session: &SessionSecret) -> Result<(), Error> {
    let token = SessionToken::parse(&session.token)
        .ok_or_else(|| Error::Usage("the server's session token cannot be read; update the client".to_owned()))?;
    let origin = context.client.origin();
    context.sessions.put(&context.kept_as, Kept::new(&token, &account.username, session.expires_at))?;
    if context.json { output::json(account) } else { output::line(&format!("{} @ {origin}", account.username)) }
}

pub(super) async fn login(context: &Context, args: &LoginArgs) -> Result<(), Error> {
    let body = Login { login: args.login.clone(), password: password()? };
    let answer = context.client.with_session(None).login(&body).await?;
    keep(context, &answer.account, &answer.session)
}

pub(super) async fn register(context: &Context, args: &RegisterArgs) -> Result<(), Error> {
    let body = Register {
        username: args.username.clone(),
        display_name: args.display_name.clone(),
        email: args.email.clone(),
        password: password()?,
        invite: None,
        accept: None,
    };
    let answer = context.client.with_session(None).register(&body, None).await?;
    keep(context, &answer.account, &answer.session)
}

pub(super) async fn logout(context: &Context) -> Result<(), Error> {
    match context.signed_in()?.logout().await {
        // A session that the server no longer knows is as good as ended.
        Err(error) if !error.is_unauthenticated() => return Err(error.into()),
        _ => context.sessions.forget(&context.kept_as)?,
    }
    output::line("Signed out.")
}

pub(super) async fn whoami(context: &Context) -> Result<(), Error> {
    let me = context.signed_in()?.me().await?;
    if context.json {
        return output::json(&me);
    }
    output::line(&format!("{} ({}) <{}> @ {}", me.username, me.display_name, me.email, context.client.origin()))
}
