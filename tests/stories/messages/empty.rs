//! An empty list says why, and leads to what can be done.

use super::LIST;
use crate::support::{Browser, Kind, SIMPLE, World, readable};
use crate::webhooks::{SHARED, message, signature};
use greentick::domain::user::Role;
use sandbox::fixtures;

both!(
    nothing_yet_says_why,
    an_empty_list_leads_where_it_can_be_mended,
    a_banned_number_is_why_nothing_comes,
    a_field_that_is_not_reported_is_why_nothing_comes,
    a_wrong_signature_is_why_nothing_comes,
    a_search_says_where_it_looked,
);

async fn nothing_yet_says_why(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    assert!(readable(&admin.page(LIST).await).contains("No number is connected yet."));
    let id = world.connect(&admin, SIMPLE).await;
    let text = readable(&admin.page(LIST).await);
    assert!(text.contains("Nothing arrived yet."), "{text}");
    world.database.execute("update connections set lifecycle = $1", &["disconnected"]).await;
    let page = admin.page(LIST).await;
    assert!(readable(&page).contains("This number is disconnected."));
    assert!(page.contains(&format!("href=\"/core/whatsapp-api/configurations/{id}\"")));
    world.database.execute("update connections set lifecycle = $1", &["active"]).await;
    world.receive(&id, "wamid.1", "Olá").await;
    assert!(readable(&admin.page(&format!("{LIST}?q=nobody")).await).contains("Nothing matches."));
    // As after 90 days.
    world.database.execute("delete from events where kind <> $1", &["nothing"]).await;
    let text = readable(&admin.page(LIST).await);
    for told in ["Nothing is kept any more.", "The last came ", "Messages are kept for 90 days here"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("nobody has written yet"), "{text}");
}

async fn an_empty_list_leads_where_it_can_be_mended(kind: Kind) {
    let (world, id, admin) = World::connected(kind).await;
    let support = world.person(Role::Support).await;
    world.move_to_own_app(&id).await;
    let number = format!("<a href=\"/core/whatsapp-api/configurations/{id}\" class=\"button plain\"");
    let receiving = format!("<a href=\"/core/whatsapp-api/configurations/{id}/receiving\" class=\"button plain\"");
    let told = async |browser: &Browser, words: &str, step: &str| {
        let page = browser.page(LIST).await;
        assert!(readable(&page).contains(words) && page.contains(step), "{words} {step}: {page}");
    };
    let replace = "update snapshots set data = replace(data, $1, $2)";
    world.database.execute(replace, &["\"subscribed\":true", "\"subscribed\":false"]).await;
    told(&admin, "Meta does not send this number's messages here.", &receiving).await;
    // That page is an admin's.
    told(&support, "Meta does not send this number's messages here.", &number).await;
    world.database.execute("delete from snapshots where connection_id = $1", &[id.as_str()]).await;
    world.database.execute("update credentials set state = $1", &["dead"]).await;
    told(&admin, "Meta no longer accepts this connection's token.", &number).await;
}

async fn a_banned_number_is_why_nothing_comes(kind: Kind) {
    let (world, _, admin) = World::connected(kind).await;
    let replace = "update snapshots set data = replace(data, $1, $2)";
    world.database.execute(replace, &["\"status\":\"CONNECTED\"", "\"status\":\"BANNED\""]).await;
    let text = readable(&admin.page(LIST).await);
    assert!(text.contains("Meta has banned this number.") && !text.contains("Nothing is known to be wrong"), "{text}");
}

async fn a_field_that_is_not_reported_is_why_nothing_comes(kind: Kind) {
    let (world, id, admin) = World::connected(kind).await;
    let text = async || readable(&admin.page(LIST).await);
    let receiving = async || readable(&admin.page(&format!("/core/whatsapp-api/configurations/{id}")).await);
    let unticked = async |field: &str| {
        let replace = "update snapshots set data = replace(data, $1, $2)";
        world.database.execute(replace, &[&format!("\"{field}\""), &format!("\"no_{field}\"")]).await;
    };
    unticked("security").await;
    assert!(text().await.contains("Nothing is known to be wrong."), "{}", text().await);
    assert!(receiving().await.contains("Switched on"), "{}", receiving().await);
    unticked("messages").await;
    let told = text().await;
    assert!(told.contains("Meta does not report this number's messages here."), "{told}");
    assert!(told.contains("The app is not subscribed to: messages, security."), "{told}");
    assert!(!told.contains("Nothing is known to be wrong"), "{told}");
    let told = receiving().await;
    assert!(told.contains("Not reported") && !told.contains("Switched on"), "{told}");
}

async fn a_wrong_signature_is_why_nothing_comes(kind: Kind) {
    const REFUSED: &str = "Deliveries with a wrong signature were refused here, the last one just now.";
    let (world, id, admin) = World::connected(kind).await;
    let support = world.person(Role::Support).await;
    let body = message(fixtures::NUMBER_NEW, "wamid.1", "Olá").to_string();
    let wrong = signature("another secret", body.as_bytes());
    let text = async || readable(&admin.page(LIST).await);
    // Without a signature it was not Meta; with this one it was `greentick check`.
    let trial = format!("sha256={}", "0".repeat(64));
    for signed in [None, Some(trial.as_str())] {
        assert_eq!(world.send(SHARED, body.clone(), signed).await.status, 401);
    }
    assert!(text().await.contains("Nothing is known to be wrong."), "{}", text().await);
    assert_eq!(world.send(SHARED, body.clone(), Some(&wrong)).await.status, 401);
    let page = admin.page(LIST).await;
    assert!(readable(&page).contains(REFUSED) && readable(&page).contains("Compare the app secret"), "{page}");
    assert!(page.contains("<a href=\"/settings/meta-app\" class=\"button plain\""), "{page}");
    let page = support.page(LIST).await;
    assert!(readable(&page).contains(REFUSED) && page.contains("/errors/bad_signature\""), "{page}");
    // What an app of its own sends is signed with another secret, and comes to another address.
    let address = world.move_to_own_app(&id).await;
    world.database.execute("delete from snapshots where connection_id = $1", &[id.as_str()]).await;
    assert!(text().await.contains("Nothing is known to be wrong."), "{}", text().await);
    assert_eq!(world.send(&address, body.clone(), Some(&wrong)).await.status, 401);
    let page = admin.page(LIST).await;
    assert!(readable(&page).contains(REFUSED) && page.contains(&format!("{id}/credentials\"")), "{page}");
    world.pass_seconds(25 * 3_600);
    assert!(!text().await.contains("wrong signature"), "{}", text().await);
    assert_eq!(world.send(&address, body.clone(), Some(&wrong)).await.status, 401);
    assert!(text().await.contains("wrong signature"));
    let right = signature(fixtures::OWN_APP_SECRET, b"{}");
    assert_eq!(world.send(&address, b"{}".to_vec(), Some(&right)).await.status, 200);
    assert!(!text().await.contains("wrong signature"), "the secret here is right now: {}", text().await);
}

async fn a_search_says_where_it_looked(kind: Kind) {
    let (world, id, admin) = World::connected(kind).await;
    world.receive(&id, "wamid.1", "Hello").await;
    let nobody = format!("{LIST}?connection={id}&q=nobody");
    let text = readable(&admin.page(&nobody).await);
    assert!(text.contains("Nothing matches.") && !text.contains("was searched"), "there is no other: {text}");
    world.connect_number(&admin, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let text = readable(&admin.page(&nobody).await);
    assert!(text.contains("Only what came for +1 631-555-0101 · Padaria Sol was searched."), "{text}");
}
