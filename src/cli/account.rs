//! Signing in and out, making an account.

use std::io::{self, BufRead as _, IsTerminal as _};

use clap::Args;
use serde::Serialize;

use super::{
    Context, Error,
    invited::{CalendarArg, pasted},
    output,
    texts::text,
};
use crate::{
    api::{Account, Login, Outcome, Register, SessionSecret},
    client::session::Kept,
    domain::{Address, DisplayName, Pasted, SessionToken, Username, check_password},
};

#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// User name or address.
    login: String,
}

#[derive(Debug, Args)]
pub(super) struct RegisterArgs {
    /// The name to sign in with.
    #[arg(value_name = "NAME", value_parser = text::<Username>)]
    username: String,
    /// The address; `--email` says the same.
    #[arg(value_parser = text::<Address>, required_unless_present = "address", conflicts_with = "address")]
    email: Option<String>,
    /// The address.
    #[arg(long = "email", value_name = "ADDRESS", value_parser = text::<Address>)]
    address: Option<String>,
    /// The name to be called by; the user name where it is missing.
    #[arg(long, value_name = "NAME", value_parser = text::<DisplayName>)]
    display_name: Option<String>,
    /// An invite's link, token or code; `-` reads it from standard input, where no other program can see it.
    #[arg(long, value_name = "TOKEN")]
    invite: Option<String>,
    /// Accept the invite as well.
    #[arg(long, requires = "invite")]
    accept: bool,
    #[command(flatten)]
    calendar: CalendarArg,
}

impl RegisterArgs {
    /// The invite, asked for before the password where both come by standard input.
    pub(super) fn read_invite(&self) -> Result<Option<Pasted>, Error> {
        self.invite.as_deref().map(|text| pasted("--invite", Some(text))).transpose()
    }
}

/// A password, by prompt or the first line of standard input; never an argument, which others could see.
pub(super) fn password() -> Result<String, Error> {
    if io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password("Password: ")?);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    if line.is_empty() {
        return Err(Error::Usage(
            "no password: type it at the prompt, or give it as a line of standard input".to_owned(),
        ));
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// As [`password`] for a new account: what no server would take is refused at once, and at a prompt it is asked for twice,
/// so that no slip of a finger locks one out.
pub(super) fn new_password() -> Result<String, Error> {
    let password = password()?;
    check_password(&password).map_err(|why| Error::Usage(format!("the password {why}")))?;
    if io::stdin().is_terminal() && rpassword::prompt_password("Once more: ")? != password {
        return Err(Error::Usage("the two passwords differ: nothing was done".to_owned()));
    }
    Ok(password)
}

/// What a log-in or a registration answers, without the session's secret: that is in the session file.
#[derive(Serialize)]
struct SignedIn<'a> {
    account: &'a Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
}

fn keep(context: &Context, answer: &SignedIn<'_>, session: &SessionSecret) -> Result<(), Error> {
    let token = SessionToken::parse(&session.token).ok_or(Error::Unreadable("the session's token"))?;
    let (origin, username) = (context.client.origin(), &answer.account.username);
    context.sessions.put(&context.kept_as, Kept::new(&token, username, session.expires_at))?;
    if context.json { output::json(answer) } else { output::line(&format!("{username} @ {origin}")) }
}

pub(super) async fn login(context: &Context, args: &LoginArgs) -> Result<(), Error> {
    let body = Login { login: args.login.clone(), password: password()? };
    let answer = context.client.with_session(None).login(&body).await?;
    keep(context, &SignedIn { account: &answer.account, outcome: None }, &answer.session)
}

pub(super) async fn register(context: &Context, args: &RegisterArgs, invite: Option<Pasted>) -> Result<(), Error> {
    let body = Register {
        username: args.username.clone(),
        display_name: args.display_name.clone(),
        email: args.email.clone().or_else(|| args.address.clone()).unwrap_or_default(),
        password: new_password()?,
        invite: invite.map(|pasted| pasted.token),
        accept: args.accept.then_some(true),
    };
    let answer = context.client.with_session(None).register(&body, None).await?;
    keep(context, &SignedIn { account: &answer.account, outcome: answer.outcome }, &answer.session)?;
    args.calendar.write(context, answer.calendar.as_deref())?;
    match answer.outcome {
        Some(outcome) if !context.json => output::line(match outcome {
            Outcome::Joined | Outcome::AlreadyMember => {
                "The invite is accepted: `guestlist bands list` shows the band."
            }
            Outcome::PendingApproval => "An admin of the band has to agree.",
            Outcome::EmailUnverified => {
                "A code is on its way to your address: `guestlist verify` takes it. Then accept the invite."
            }
        }),
        _ => Ok(()),
    }
}

pub(super) async fn logout(context: &Context) -> Result<(), Error> {
    match context.signed_in()?.logout().await {
        // A session that the server no longer knows is as good as ended.
        Err(error) if !error.is_unauthenticated() => return Err(error.into()),
        _ => context.sessions.forget(&context.kept_as)?,
    }
    context.say("Signed out.")
}

pub(super) async fn whoami(context: &Context) -> Result<(), Error> {
    let me = context.signed_in()?.me().await?;
    if context.json {
        return output::json(&me);
    }
    output::line(&format!("{} ({}) <{}> @ {}", me.username, me.display_name, me.email, context.client.origin()))
}
