//! `/api/v1/connections`: listed, shown, refreshed.

use crate::support::{Kind, SIMPLE, World};
use greentick::domain::api_key::Scope;
use greentick::domain::connection::{Action, Outcome};
use greentick::domain::user::Role;
use reqwest::Method;
use sandbox::{SwitchChange, TokenLife, fixtures};
use serde_json::{Value, json};

both!(connections_are_listed_page_by_page, a_refresh_is_begun_and_ends_later);

const LIST: &str = "/api/v1/connections";

async fn connections_are_listed_page_by_page(kind: Kind) {
    let world = World::start(kind).await;
    let program = world.program(Scope::Read).await;
    assert_eq!(program.get(LIST).await.json(), json!({"data": []}));
    let ana = world.person(Role::Admin).await;
    let first = world.connect(&ana, SIMPLE).await;
    let second = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let all = program.get(LIST).await;
    let ids: Vec<Value> = all.json()["data"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!((all.status, ids), (200, vec![json!(first), json!(second)]));
    assert_eq!(all.json().get("paging"), None);
    let page = program.get(&format!("{LIST}?limit=1")).await.json();
    assert_eq!(page["data"][0]["id"], json!(first));
    let after = page["paging"]["after"].as_str().unwrap();
    let rest = program.get(&format!("{LIST}?limit=1&after={after}")).await.json();
    assert_eq!((&rest["data"][0]["id"], rest.get("paging")), (&json!(second), None));
    let mut one = program.get(&format!("{LIST}/{first}")).await.json();
    assert!(one["checkedAt"].take().as_str().unwrap().ends_with('Z'));
    assert_eq!(
        one,
        json!({
            "id": first, "name": null, "phoneNumberId": fixtures::NUMBER_NEW, "businessAccountId": fixtures::WABA_SOL,
            "businessId": fixtures::BUSINESS_SOL, "appId": fixtures::APP_ID, "phoneNumber": "+1 631-555-0101",
            "verifiedName": "Padaria Sol", "status": "connected", "tokenEndsAt": null, "checkedAt": null,
            "webhookUrl": format!("{}/api/webhooks/whatsapp", world.base),
        })
    );
    assert_eq!(program.get(&format!("{LIST}/unknown")).await.refusal(), (404, "not_found".to_owned()));
    let stranger = world.program_of("second", Scope::Write, None).await;
    assert_eq!(stranger.get(LIST).await.json(), json!({"data": []}));
    assert_eq!(stranger.get(&format!("{LIST}/{first}")).await.refusal().0, 404);
    let refresh = format!("{LIST}/{first}/refresh");
    assert_eq!(stranger.call(Method::POST, &refresh, &[], None).await.refusal().0, 404);
}

async fn a_refresh_is_begun_and_ends_later(kind: Kind) {
    let world = World::start(kind).await;
    world.meta.switch(SwitchChange { token_life: Some(TokenLife::SixtyDays), ..SwitchChange::default() });
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let program = world.program(Scope::Write).await;
    let before = program.get(&format!("{LIST}/{id}")).await.json();
    world.pass_seconds(10 * 86_400);
    let begun = program.call(Method::POST, &format!("{LIST}/{id}/refresh"), &[], None).await;
    assert_eq!((begun.status, &begun.json()["id"]), (202, &json!(id)), "{}", begun.body);
    let done = world.until(&id, |connection| {
        let activity = connection.activity.as_ref();
        activity.is_some_and(|activity| activity.action == Action::Refresh && activity.outcome != Outcome::Running)
    });
    done.await;
    let after = program.get(&format!("{LIST}/{id}")).await.json();
    assert!(after["tokenEndsAt"].as_str() > before["tokenEndsAt"].as_str(), "{before} {after}");
    let asked = world.database.texts("select actor from audit where action = 'token_refresh_asked'").await;
    assert!(asked.len() == 1 && asked[0].starts_with("API key Booking"), "{asked:?}");
    world.press(&ana, "disconnect_number", &id).await;
    let gone = program.call(Method::POST, &format!("{LIST}/{id}/refresh"), &[], None).await;
    assert_eq!(gone.refusal(), (422, "disconnected".to_owned()));
}
