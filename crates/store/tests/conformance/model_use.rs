use super::samples::{noon, stored_shop};
use super::site::on_each;
use studioconnect_store::ModelUse;

/// Row 118. Replicas that count at once lose nothing, and each business has its own day.
#[tokio::test]
async fn what_models_took_is_added_up_by_business_and_day() {
    on_each(async |site| {
        let store = &site.store;
        let (ours, theirs) =
            (stored_shop(store, 100).await.business.id, stored_shop(store, 101).await.business.id);
        let today = noon().date_naive();
        let one = ModelUse { requests: 1, input_tokens: 700, output_tokens: 30, cost_micros: 125 };
        let adding = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.add_model_use(ours, today, &one).await })
        });
        for added in adding.collect::<Vec<_>>() {
            added.await.unwrap().unwrap();
        }
        let eight = ModelUse { requests: 8, input_tokens: 5_600, output_tokens: 240, cost_micros: 1_000 };
        assert_eq!(store.model_use(ours, today).await.unwrap(), eight);
        assert_eq!(store.model_use(theirs, today).await.unwrap(), ModelUse::default());
        assert_eq!(store.model_use(ours, today.succ_opt().unwrap()).await.unwrap(), ModelUse::default());
    })
    .await;
}
