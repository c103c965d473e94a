use super::samples::stored_shop;
use super::site::on_each;

fn hashes() -> Vec<String> {
    ["one", "two", "three"].map(str::to_owned).to_vec()
}

#[tokio::test]
async fn a_step_is_good_once_and_so_is_each_before_it() {
    on_each(async |site| {
        let store = &site.store;
        let user = stored_shop(store, 100).await.owner.id;
        assert!(!store.use_second_factor_step(user, 5).await.unwrap(), "it is off");
        assert!(store.turn_on_second_factor(user, "sealed", 10, &hashes()).await.unwrap());
        assert!(!store.turn_on_second_factor(user, "another", 11, &hashes()).await.unwrap(), "it is on");
        let kept = store.find_user(user).await.unwrap().unwrap();
        assert_eq!(kept.second_factor.as_deref(), Some("sealed"));
        for (step, is_good) in [(10, false), (9, false), (11, true), (11, false), (13, true), (12, false)] {
            assert_eq!(store.use_second_factor_step(user, step).await.unwrap(), is_good, "{step}");
        }
        let (one, other) =
            tokio::join!(store.use_second_factor_step(user, 20), store.use_second_factor_step(user, 20));
        assert!(one.unwrap() != other.unwrap(), "one of two gets in");
    })
    .await;
}

#[tokio::test]
async fn a_recovery_code_is_good_once_for_its_owner_and_until_it_is_switched_off() {
    on_each(async |site| {
        let store = &site.store;
        let user = stored_shop(store, 100).await.owner.id;
        let stranger = stored_shop(store, 101).await.owner.id;
        store.turn_on_second_factor(user, "sealed", 10, &hashes()).await.unwrap();
        assert!(!store.use_recovery_code(stranger, "one").await.unwrap());
        assert!(!store.use_recovery_code(user, "four").await.unwrap());
        let (one, other) =
            tokio::join!(store.use_recovery_code(user, "one"), store.use_recovery_code(user, "one"));
        assert!(one.unwrap() != other.unwrap(), "one of two gets in");
        assert_eq!(store.count_recovery_codes(user).await.unwrap(), 2);
        let new = ["five", "six"].map(str::to_owned);
        assert!(store.renew_recovery_codes(user, &new).await.unwrap());
        assert!(!store.use_recovery_code(user, "two").await.unwrap(), "there are new ones");
        assert!(store.use_recovery_code(user, "five").await.unwrap());
        assert!(!store.renew_recovery_codes(stranger, &new).await.unwrap(), "they have no second factor");
        assert_eq!(store.count_recovery_codes(stranger).await.unwrap(), 0);
        assert!(store.turn_off_second_factor(user).await.unwrap());
        assert!(!store.turn_off_second_factor(user).await.unwrap(), "it is off");
        assert_eq!(store.find_user(user).await.unwrap().unwrap().second_factor, None);
        assert!(!store.use_recovery_code(user, "two").await.unwrap());
        assert!(
            store.turn_on_second_factor(user, "again", 1, &hashes()).await.unwrap(),
            "with a step of before"
        );
    })
    .await;
}
