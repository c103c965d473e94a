//! People a call may be connected to.

use super::samples::stored_shop;
use super::site::on_each;
use studioconnect_domain::contact::Contact;
use studioconnect_domain::ids::ContactId;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_store::StoreError;

fn contact(at: u32) -> Contact {
    Contact {
        id: ContactId::new(),
        name: format!("Sam {at}"),
        phone: PhoneNumber::read(&format!("206 555 01{at:02}"), "US").unwrap(),
        note: "After six".into(),
        is_active: at != 1,
        order: at,
    }
}

/// Row 90.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_keep_their_order_without_gaps_under_concurrent_edits() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        assert_eq!(store.transfer_contacts(business).await.unwrap(), []);
        let list: Vec<Contact> = (0..5).map(contact).collect();
        let given = list.clone();
        store
            .change_transfer_contacts(business, |contacts| {
                *contacts = given;
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(store.transfer_contacts(business).await.unwrap(), list, "it comes back as it was given");

        let mut edits = tokio::task::JoinSet::new();
        for edit in 0..8_usize {
            let store = store.clone();
            edits.spawn(async move {
                store
                    .change_transfer_contacts(business, |contacts| {
                        let moved = contacts.remove(edit % contacts.len());
                        contacts.insert(0, moved);
                        Ok(())
                    })
                    .await
            });
        }
        for done in edits.join_all().await {
            done.unwrap();
        }
        let moved = store.transfer_contacts(business).await.unwrap();
        assert_eq!(moved.iter().map(|contact| contact.order).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        let twice = store
            .change_transfer_contacts(business, |contacts| {
                contacts.push(Contact { id: ContactId::new(), ..contacts[0].clone() });
                Ok(())
            })
            .await;
        assert!(matches!(twice, Err(StoreError::Conflict { what: "phone number" })), "{twice:?}");
        assert_eq!(
            store.transfer_contacts(business).await.unwrap(),
            moved,
            "a change that fails changes nothing"
        );
    })
    .await;
}

/// Row 1.
#[tokio::test]
async fn contacts_are_their_business_s_alone_and_go_with_it() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 100).await.business.id;
        let theirs = stored_shop(store, 101).await.business.id;
        for business in [ours, theirs] {
            store
                .change_transfer_contacts(business, |contacts| {
                    contacts.push(contact(7));
                    Ok(())
                })
                .await
                .unwrap();
        }
        site.execute(&format!("DELETE FROM businesses WHERE id = {}", site.sql_id(ours.0))).await;
        assert_eq!(store.transfer_contacts(ours).await.unwrap(), []);
        assert_eq!(store.transfer_contacts(theirs).await.unwrap().len(), 1);
    })
    .await;
}
