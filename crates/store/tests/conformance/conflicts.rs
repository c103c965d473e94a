use super::samples::{number, owner, ringing, shop, stored_shop};
use super::site::on_each;
use studioconnect_domain::ids::BusinessId;
use studioconnect_store::{Store, StoreError};

async fn conflict_of(store: &Store, change: impl AsyncFn(&Store) -> Result<(), StoreError>) -> &'static str {
    match change(store).await {
        Err(StoreError::Conflict { what }) => what,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

#[tokio::test]
async fn what_must_be_unique_is_named_when_it_is_taken() {
    on_each(async |site| {
        let store = &site.store;
        let known = stored_shop(store, 100).await;
        let id = known.business.id;

        let user = owner(id, "OWNER100@example.com");
        assert_eq!(conflict_of(store, async |store| store.add_user(&user).await).await, "email address");

        let number = number(id, known.numbers[0].number.as_str());
        assert_eq!(conflict_of(store, async |store| store.add_number(&number).await).await, "phone number");

        let mut same_key = shop("Another", 101);
        same_key.business.widget_key.clone_from(&known.business.widget_key);
        assert_eq!(
            conflict_of(store, async |store| store.create_business(&same_key).await).await,
            "widget key"
        );

        let mut same_id = shop("Another", 102);
        same_id.business.id = id;
        same_id.owner.business_id = id;
        same_id.numbers.clear();
        assert_eq!(conflict_of(store, async |store| store.create_business(&same_id).await).await, "id");
    })
    .await;
}

#[tokio::test]
async fn a_number_is_one_businesss_on_the_whole_installation() {
    on_each(async |site| {
        let store = &site.store;
        let first = stored_shop(store, 100).await;
        let second = shop("Second", 101);
        store.create_business(&second).await.unwrap();
        let theirs = number(second.business.id, "+12065550100");
        assert!(matches!(
            store.add_number(&theirs).await,
            Err(StoreError::Conflict { what: "phone number" })
        ));
        store.remove_number(first.business.id, first.numbers[0].id).await.unwrap();
        store.add_number(&theirs).await.unwrap();
        let reached = store.find_business_by_number(&theirs.number).await.unwrap().unwrap();
        assert_eq!(reached.business, second.business);
    })
    .await;
}

#[tokio::test]
async fn a_row_without_its_business_is_refused() {
    on_each(async |site| {
        let store = &site.store;
        let nobody = BusinessId::new();
        let refusals = [
            store.add_user(&owner(nobody, "nobody@example.com")).await,
            store.add_number(&number(nobody, "+12065550100")).await,
            store.insert_call(&ringing(nobody, "CA1", 0)).await.map(|_| ()),
        ];
        for refused in refusals {
            assert!(matches!(refused, Err(StoreError::Missing { .. })), "{refused:?}");
        }
    })
    .await;
}
