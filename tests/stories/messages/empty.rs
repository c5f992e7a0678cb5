//! An empty list says why, and leads to what can be done.

use super::LIST;
use crate::support::{Browser, Kind, SIMPLE, World, readable};
use greentick::domain::user::Role;
use sandbox::fixtures;

both!(
    nothing_yet_says_why,
    an_empty_list_leads_where_it_can_be_mended,
    a_banned_number_is_why_nothing_comes,
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
