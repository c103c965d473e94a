//! `user add`, `user reset-password`.

use super::print::Printer;
use crate::config::Config;
use crate::onboarding::person;
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use studioconnect_domain::Clock;
use studioconnect_domain::business::Role;
use studioconnect_domain::ids::BusinessId;
use studioconnect_store::Store;
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
    match &arguments.what {
        User::Add(add) => {
            let user =
                person(add.business, &add.email, &add.password, add.role.into(), &Clock::System).await?;
            store.add_user(&user).await?;
            printer.line(&json!({"userId": user.id}).to_string());
        }
        User::ResetPassword(reset) => {
            let user = store
                .find_user_by_email(&reset.email.to_lowercase())
                .await?
                .context("nobody signs in with this address")?;
            store.set_password(user.business_id, user.id, &password::hash(&reset.password).await?).await?;
            printer.line("The password is changed.");
        }
    }
    store.close().await?;
    Ok(true)
}
