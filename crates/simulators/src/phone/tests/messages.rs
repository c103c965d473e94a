use super::*;

const CLIENT: &str = "+12125550170";

#[tokio::test]
async fn texts_are_kept_and_told_of() {
    let office = Office::open("").await;
    let network = network().await;
    let status = office.url("/text-status");
    let form = [("To", CLIENT), ("From", OFFICE), ("Body", "Grüß Gott"), ("StatusCallback", status.as_str())];
    let (code, message) = rest(&network, "/Messages.json", &form).await;
    assert_eq!((code, &message["status"]), (201, &serde_json::json!("queued")));
    assert_eq!(message["num_segments"], "1");
    eventually("delivered", || office.seen("/text-status").len() == 2).await;
    let last = &office.seen("/text-status")[1];
    assert!(last.is_signed);
    assert_eq!(last.param("MessageStatus"), Some("delivered"));
    let sent = &network.messages()[0];
    assert_eq!((sent.body.as_str(), sent.status.as_str()), ("Grüß Gott", "delivered"));
    let (_, page) = rest(&network, &format!("/Messages.json?To=%2B{}", &CLIENT[1..]), &[]).await;
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
    let (_, page) = rest(&network, "/Messages.json?To=%2B12125550199", &[]).await;
    assert!(page["messages"].as_array().unwrap().is_empty());
    assert_eq!(network.violations(), []);
}

#[tokio::test]
async fn texts_twilio_refuses_are_refused() {
    let network = network().await;
    network.refuse_texts_to(CLIENT, 21_610);
    let long = "a".repeat(1_601);
    for (form, code, violations) in [
        (vec![("To", CLIENT), ("From", OFFICE), ("Body", "hi")], 21_610, 0),
        (vec![("To", "me"), ("From", OFFICE), ("Body", "hi")], 21_211, 1),
        (vec![("To", OFFICE), ("From", OFFICE)], 21_602, 2),
        (vec![("To", OFFICE), ("Body", "hi")], 21_603, 3),
        (vec![("To", OFFICE), ("From", OFFICE), ("Body", long.as_str())], 21_617, 4),
    ] {
        let (status, body) = rest(&network, "/Messages.json", &form).await;
        assert_eq!((status, &body["code"]), (400, &serde_json::json!(code)));
        assert_eq!(network.violations().len(), violations);
    }
    assert!(network.messages().is_empty());
}

#[tokio::test]
async fn the_rest_side_can_be_made_to_fail() {
    let network = network().await;
    let form = [("To", CLIENT), ("From", OFFICE), ("Body", "hi")];
    network.fail_next_request(RestFault::Refuse(429));
    let (status, body) = rest(&network, "/Messages.json", &form).await;
    assert_eq!((status, &body["code"]), (429, &serde_json::json!(20_429)));
    assert!(network.messages().is_empty());

    network.fail_next_request(RestFault::DoneButSilent);
    let silent = rest(&network, "/Messages.json", &form);
    assert!(tokio::time::timeout(Duration::from_millis(200), silent).await.is_err());
    assert_eq!(network.messages().len(), 1);
    assert_eq!(rest(&network, "/Messages.json", &form).await.0, 201);
    assert_eq!(network.violations(), []);
}
