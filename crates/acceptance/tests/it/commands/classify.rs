//! Emergencies told apart on the command line.

use super::{Place, create_business};
use anyhow::Context as _;
use serde_json::Value;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::emergency::Sensitivity;

fn lines(out: &str) -> anyhow::Result<Vec<Value>> {
    out.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

/// Rows 84, 85 and 125: a line in, a line of JSON out, whatever the bytes.
#[tokio::test]
async fn classify_answers_each_line_in_its_order() -> anyhow::Result<()> {
    let place = Place::new().await?;
    let said = b"Water is pouring through my ceiling\nno leak any more\n\n\xff\xfe\nHuele a gas en la cocina\nare you open tomorrow?";
    let ran = place.run_on(&["classify"], said).await?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let found = lines(&ran.out)?;
    let emergencies: Vec<_> = found.iter().map(|line| line["emergency"].as_bool()).collect();
    assert_eq!(emergencies, [true, false, false, false, true, false].map(Some), "{}", ran.out);
    assert_eq!((&found[0]["priority"], &found[5]["priority"]), (&"URGENT".into(), &"LOW".into()));
    assert_eq!((&found[4]["endangersLife"], &found[0]["endangersLife"]), (&true.into(), &false.into()));
    let spans = found[0]["spans"].as_array().context("spans")?;
    assert_eq!((&spans[0]["start"], &spans[0]["end"]), (&0.into(), &5.into()), "{spans:?}");
    assert!(found[0]["reason"].as_str().is_some_and(|why| why.contains("through my ceiling")));
    Ok(())
}

/// Row 132: a business that is rather woken once too often hears of more, and its own words count.
#[tokio::test]
async fn a_business_s_own_rules_count() -> anyhow::Result<()> {
    let place = Place::new().await?;
    let made = create_business(&place).await?;
    let made: Value = serde_json::from_str(&made.out)?;
    let id = made["businessId"].as_str().context("an id")?;
    let said = b"we have no hot water\nthe glycol light is on\n";
    let of = async |more: &[&str]| -> anyhow::Result<Vec<Option<bool>>> {
        let ran = place.run_on(&[&["classify"], more].concat(), said).await?;
        Ok(lines(&ran.out)?.iter().map(|line| line["emergency"].as_bool()).collect())
    };
    assert_eq!(of(&["--business", id]).await?, [Some(false), Some(false)]);
    let store = place.store().await?;
    let own_words = vec!["glycol light".to_owned()];
    let settings = AlarmSettings { sensitivity: Sensitivity::High, own_words, ..AlarmSettings::default() };
    store.put_alarm_settings(id.parse()?, 0, &settings, &[]).await?;
    store.close().await?;
    assert_eq!(of(&["--business", id]).await?, [Some(true), Some(true)]);
    assert_eq!(of(&[]).await?, [Some(false), Some(false)]);
    let nobody = "00000000-0000-7000-8000-000000000000";
    let ran = place.run_on(&["classify", "--business", nobody], said).await?;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("there is no business"), "{}", ran.err);
    Ok(())
}
