//! `user add`, `user reset-password`, `user clear-second-factor`.

use super::print::Printer;
use crate::config::Config;
use crate::onboarding::person;
use crate::server::mailer;
use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use studioconnect_connectors::mail::Mail;
use studioconnect_domain::Clock;
use studioconnect_domain::business::Role;
use studioconnect_domain::ids::BusinessId;
use studioconnect_store::{AuditEntry, Store, normal_email};
use studioconnect_web::auth::password;

#[derive(Debug, Args)]
pub(super) struct UserArguments {
    #[command(subcommand)]
    what: User,
}

#[derive(Debug, Subcommand)]
enum User {
    /// Add somebody to a business; prints one JSON line.
    Add(Add),
    /// Give somebody a new password.
    ResetPassword(ResetPassword),
    /// Switch somebody's second factor off, who has lost both device and recovery codes. Be sure who asks: they are told by
    /// mail, and their business's log shows it.
    ClearSecondFactor(ClearSecondFactor),
}

#[derive(Debug, Args)]
struct Add {
    /// Id of the business.
    #[arg(long)]
    business: BusinessId,
    /// Mail address to sign in with.
    #[arg(long)]
    email: String,
    /// Password.
    #[arg(long)]
    password: String,
    /// What they may do.
    #[arg(long, default_value = "member")]
    role: GivenRole,
}

#[derive(Debug, Args)]
struct ResetPassword {
    /// Mail address they sign in with.
    #[arg(long)]
    email: String,
    /// New password.
    #[arg(long)]
    password: String,
}

#[derive(Debug, Args)]
struct ClearSecondFactor {
    /// Mail address they sign in with.
    #[arg(long)]
    email: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum GivenRole {
    Viewer,
    Member,
    Admin,
    Owner,
}

impl From<GivenRole> for Role {
    fn from(role: GivenRole) -> Self {
        match role {
            GivenRole::Viewer => Self::Viewer,
            GivenRole::Member => Self::Member,
            GivenRole::Admin => Self::Admin,
            GivenRole::Owner => Self::Owner,
        }
    }
}

pub(super) async fn run(arguments: &UserArguments, config: &Config, printer: &mut Printer) -> Result<bool> {
    let store = Store::open(&config.store).await?;
    store.migrate().await?;
    let mut is_whole = true;
    match &arguments.what {
        User::Add(add) => {
            let user =
                person(add.business, &add.email, &add.password, add.role.into(), &Clock::System).await?;
            store.add_user(&user).await?;
            printer.line(&json!({"userId": user.id}).to_string());
        }
        User::ResetPassword(reset) => {
            let user = find(&store, &reset.email).await?;
            store.set_password(user.business_id, user.id, &password::hash(&reset.password).await?).await?;
            printer.line("The password is changed.");
        }
        User::ClearSecondFactor(clear) => {
            is_whole = clear_second_factor(&store, config, &clear.email, printer).await?;
        }
    }
    store.close().await?;
    Ok(is_whole)
}

async fn find(store: &Store, email: &str) -> Result<studioconnect_domain::business::User> {
    store.find_user_by_email(&normal_email(email)).await?.context("nobody signs in with this address")
}

/// False when it is done and the person could not be told.
async fn clear_second_factor(
    store: &Store,
    config: &Config,
    email: &str,
    printer: &mut Printer,
) -> Result<bool> {
    let mailer = mailer(config).context("mail cannot be sent as it is set up")?;
    let user = find(store, email).await?;
    ensure!(store.turn_off_second_factor(user.id).await?, "{} has no second factor", user.email);
    let cleared = AuditEntry {
        id: uuid::Uuid::now_v7(),
        user: None,
        at: Clock::System.now(),
        action: "second_factor.cleared".to_owned(),
        detail: json!({"user": user.id}),
        address: None,
    };
    store.note_change(user.business_id, &cleared).await?;
    printer.line("The second factor is off; the password alone signs in now.");
    let mail = Mail::new(&user.email, "Your second factor was switched off", CLEARED);
    if let Err(fault) = mailer.send(&mail).await {
        printer.complain(&format!("they were not told, as the mail was not sent: {fault}"));
        return Ok(false);
    }
    Ok(true)
}

const CLEARED: &str = "The operator of this installation has switched off the second factor of your account, as somebody \
    asked for it. Your password alone signs in now, and your recovery codes are gone.\n\n\
    To have a second factor again, set it up on your account page.\n\n\
    If you have not asked for this, change your password at once and tell your operator.\n";
