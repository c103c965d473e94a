//! How a business's chat is set up.

use super::samples::stored_shop;
use super::site::on_each;
use studioconnect_domain::plan::{Feature, PlanCode};
use studioconnect_domain::widget::{Consent, Origin, WidgetConfig};
use studioconnect_store::StoreError;

fn asking(text: &str) -> WidgetConfig {
    WidgetConfig {
        allowed_origins: vec![Origin::read("https://*.example.com").unwrap()],
        quick_replies: vec!["Are you open on Saturday?".into()],
        consent: Consent { required: true, text: text.into(), ..Consent::default() },
        ..WidgetConfig::default()
    }
}

/// Row 115.
#[tokio::test]
async fn a_key_leads_to_the_business_its_plan_and_its_settings() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        stored_shop(store, 101).await;
        let found = store.widget_of_key(&shop.business.widget_key).await.unwrap().unwrap();
        assert_eq!((found.business.id, found.version), (shop.business.id, 0));
        assert_eq!(found.widget, WidgetConfig::default(), "who has changed nothing has what everybody has");
        assert!(found.plan.includes(Feature::BrandingRemoval));
        assert_eq!(found.agent, shop.config);

        let (kept, version) = store.put_widget(shop.business.id, 0, &asking("We keep it.")).await.unwrap();
        assert_eq!((version, kept.consent.version), (1, 1));
        store.set_plan(shop.business.id, PlanCode::Free).await.unwrap();
        let found = store.widget_of_key(&shop.business.widget_key).await.unwrap().unwrap();
        assert_eq!((&found.widget, found.version), (&kept, 1));
        assert!(!found.plan.includes(Feature::BrandingRemoval));
        assert_eq!(store.widget(shop.business.id).await.unwrap(), (kept, 1));
        for key in ["", "wk_", "' OR 1=1 --", "\0"] {
            assert_eq!(store.widget_of_key(key).await.unwrap(), None, "{key:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_changes_at_once_one_is_made_and_the_others_are_told() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let mut changes = tokio::task::JoinSet::new();
        for change in 0..6 {
            let store = store.clone();
            changes.spawn(
                async move { store.put_widget(business, 0, &asking(&format!("Text {change}"))).await },
            );
        }
        let done = changes.join_all().await;
        assert_eq!(done.iter().filter(|change| change.is_ok()).count(), 1, "{done:?}");
        let told =
            |change: &Result<_, StoreError>| matches!(change, Err(StoreError::Overtaken { what: "widget" }));
        assert_eq!(done.iter().filter(|change| told(change)).count(), 5, "{done:?}");
        assert_eq!(store.widget(business).await.unwrap().1, 1);
        let wrong = WidgetConfig { quick_replies: vec![String::new()], ..WidgetConfig::default() };
        assert!(matches!(store.put_widget(business, 1, &wrong).await, Err(StoreError::Invalid(_))));
    })
    .await;
}

/// Row 1.
#[tokio::test]
async fn settings_are_their_business_s_alone_and_go_with_it() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 100).await.business.id;
        let theirs = stored_shop(store, 101).await.business.id;
        store.put_widget(ours, 0, &asking("Ours")).await.unwrap();
        assert_eq!(store.widget(theirs).await.unwrap(), (WidgetConfig::default(), 0));
        site.execute(&format!("DELETE FROM businesses WHERE id = {}", site.sql_id(ours.0))).await;
        assert_eq!(store.widget(ours).await.unwrap().1, 0);
        let gone = store.put_widget(ours, 0, &asking("Ours")).await;
        assert!(matches!(gone, Err(StoreError::Missing { what: "business" })), "{gone:?}");
    })
    .await;
}
