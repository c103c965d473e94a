//! Settings, migrations and the first rows.

use super::{KEY, PASSWORD, Place, create_business, simulated_model};
use serde_json::Value;
use studioconnect_app::stage::BUSINESS_NUMBER;

/// Row 119.
#[tokio::test]
async fn bad_settings_are_all_listed_and_end_with_2() -> anyhow::Result<()> {
    let place = Place::new()
        .await?
        .with("PORT", "70000")
        .with("HOST", "somewhere")
        .with("OPENAI_REALTIME_DIALECT", "gamma")
        .with("TWILIO_ACCOUNT_SID", "SK123")
        .with("TWILIO_WEBHOOK_BASE_URL", "voice.example.com")
        .with("DATABASE_URL", "mysql://localhost/x")
        .with("JWT_SECRET", "short")
        .with("MAX_WEBSOCKET_CONNECTIONS", "many")
        .with("OPENAI_API_KYE", "x")
        .with("Twilio_Phone_Number", "+12065550100");
    let names = [
        "PORT",
        "HOST",
        "OPENAI_REALTIME_DIALECT",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_WEBHOOK_BASE_URL",
        "DATABASE_URL",
        "JWT_SECRET",
        "MAX_WEBSOCKET_CONNECTIONS",
        "OPENAI_API_KYE",
        "Twilio_Phone_Number",
    ];
    for command in [&["serve"][..], &[], &["migrate"], &["test", "realtime"]] {
        let ran = place.run(command).await?;
        assert_eq!(ran.code, Some(2), "{command:?}: {ran:?}");
        for name in names {
            assert!(
                ran.err.contains(&format!("  {name}: ")),
                "{command:?} does not name {name}: {}",
                ran.err
            );
        }
    }
    let ran = place.run(&["serve"]).await?;
    assert!(ran.err.contains("OPENAI_API_KEY was probably meant"), "{}", ran.err);
    assert!(ran.err.contains("TWILIO_PHONE_NUMBER was probably meant"), "{}", ran.err);
    assert!(!place.data().exists(), "something was made although the settings are wrong");
    Ok(())
}

/// Row 119.
#[tokio::test]
async fn check_explains_every_variable_and_names_a_mend_for_each_finding() -> anyhow::Result<()> {
    let place = Place::new().await?;
    let (model, base) = simulated_model(&place, &["--api-key", KEY]).await?;
    let place = place.with("OPENAI_BASE_URL", &base).with("OPENAI_API_KEY", KEY);
    let ran = place.run(&["check"]).await?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for variable in studioconnect_app::config::variables::VARIABLES {
        let line = ran.out.lines().find(|line| line.split_whitespace().next() == Some(variable.name));
        assert!(
            line.is_some_and(|line| line.ends_with(variable.meaning)),
            "{} in {}",
            variable.name,
            ran.out
        );
    }
    assert!(!ran.out.contains(KEY), "a secret is shown");
    for finding in ["the Realtime socket opens", "the model's server lists the model", "the phone is off"] {
        assert!(ran.out.contains(finding), "{finding} in {}", ran.out);
    }
    let (code, _) = model.end("-INT").await?;
    assert_eq!(code, Some(0));
    // The model's server is gone: that is wrong, and what to look at is said.
    let ran = place.run(&["check"]).await?;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("WRONG") && ran.out.contains("look at OPENAI_REALTIME_URL"), "{}", ran.out);
    // Settings that cannot be used are listed, not just refused.
    let ran = place.with("PORT", "x").run(&["check"]).await?;
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("  PORT: must be a whole number"), "{}", ran.out);
    Ok(())
}

/// Rows 2, 119. One command brings a fresh database up to date; a second finds nothing to do.
#[tokio::test]
async fn migrate_brings_a_fresh_database_up_to_date() -> anyhow::Result<()> {
    let place = Place::new().await?;
    let first = place.run(&["migrate"]).await?;
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(first.out.lines().filter(|line| line.starts_with("applied ")).count() >= 3, "{}", first.out);
    let second = place.run(&["migrate"]).await?;
    assert_eq!((second.code, second.out.trim()), (Some(0), "The SQLite database is up to date."));
    assert_eq!(place.store().await?.pending_migrations().await?, Vec::<String>::new());
    Ok(())
}

/// Contract: `business create` prints one JSON line; `user add` and `user reset-password` change who may sign in.
#[tokio::test]
async fn businesses_and_their_people_are_made_by_commands() -> anyhow::Result<()> {
    let place = Place::new().await?;
    let ran = create_business(&place).await?;
    let [line] = ran.out.lines().collect::<Vec<_>>()[..] else { panic!("not one line: {}", ran.out) };
    let made: Value = serde_json::from_str(line)?;
    let [business, user, key] =
        ["businessId", "userId", "widgetKey"].map(|name| made[name].as_str().unwrap());
    assert!(key.starts_with("wk_"), "{line}");

    let again = ["--name", "Other", "--plan", "FREE", "--email", "other@example.com", "--password", PASSWORD];
    let same_number = [&["business", "create", "--phone", BUSINESS_NUMBER], &again[..]].concat();
    let ran = place.run(&same_number).await?;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "a number belongs to one business: {ran:?}");

    let add = ["user", "add", "--business", business, "--email", "two@example.com", "--password", PASSWORD];
    let added: Value = serde_json::from_str(place.run(&add).await?.out.trim())?;
    assert!(added["userId"].as_str().is_some_and(|id| id != user));
    let store = place.store().await?;
    let before = store.find_user_by_email("two@example.com").await?.unwrap();
    assert_eq!(before.business_id.to_string(), business);
    assert!(!before.password_hash.contains(PASSWORD));
    let reset = ["user", "reset-password", "--email", "TWO@example.com", "--password", "another password"];
    assert_eq!(place.run(&reset).await?.code, Some(0));
    let after = store.find_user_by_email("two@example.com").await?.unwrap();
    assert_ne!(after.password_hash, before.password_hash);
    let owner = store.find_user_by_email("owner@example.com").await?.unwrap();
    assert_eq!(owner.id.to_string(), user);

    for wrong in [
        vec!["user", "reset-password", "--email", "nobody@example.com", "--password", "another password"],
        vec!["user", "add", "--business", business, "--email", "three@example.com", "--password", "short"],
        vec!["user", "add", "--business", business, "--email", "no address", "--password", PASSWORD],
    ] {
        let ran = place.run(&wrong).await?;
        assert!(ran.code == Some(1) && !ran.err.trim().is_empty(), "{wrong:?}: {ran:?}");
    }
    Ok(())
}

/// Row 102. An operator lets somebody in who has lost their device; the person and the business hear of it.
#[tokio::test]
async fn a_lost_second_factor_is_cleared_by_the_operator_and_its_owner_is_told() -> anyhow::Result<()> {
    let place = Place::new().await?;
    create_business(&place).await?;
    let store = place.store().await?;
    let owner = store.find_user_by_email("owner@example.com").await?.unwrap();
    assert!(store.turn_on_second_factor(owner.id, "sealed", 1, &["code".to_owned()]).await?);
    let clear = ["user", "clear-second-factor", "--email", "Owner@example.com"];
    let ran = place.run(&clear).await?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let after = store.find_user(owner.id).await?.unwrap();
    assert_eq!((after.second_factor, after.password_hash), (None, owner.password_hash));
    assert_eq!(store.count_recovery_codes(owner.id).await?, 0);
    let noted = store.changes(owner.business_id, 1, None).await?.remove(0);
    assert_eq!((noted.action.as_str(), noted.user), ("second_factor.cleared", None));
    assert_eq!(noted.detail["user"], owner.id.to_string());
    let mails = || -> anyhow::Result<Vec<String>> {
        let mails = std::fs::read_dir(place.data().join("mail"))?;
        mails.map(|mail| Ok(std::fs::read_to_string(mail?.path())?)).collect()
    };
    let told = mails()?;
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("To: owner@example.com") && told[0].contains("Your second factor was switched off")
    );
    for email in ["owner@example.com", "nobody@example.com"] {
        let ran = place.run(&["user", "clear-second-factor", "--email", email]).await?;
        assert!(ran.code == Some(1) && !ran.err.trim().is_empty(), "there is nothing to clear: {ran:?}");
    }
    assert_eq!(mails()?.len(), 1);
    Ok(())
}
