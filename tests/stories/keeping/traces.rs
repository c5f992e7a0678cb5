//! A person whose data was deleted is named nowhere, however it is spelled and however often Meta sends it.

use super::erasing::SECRET;
use super::{BIA, TOM, Writer, delivery, said};
use crate::support::{Kind, World};
use greentick::domain::instant::Instant;
use sandbox::fixtures::{NUMBER_NEW, WABA_SOL};
use serde_json::{Value, json};

both!(
    wherever_a_number_stands_and_however_it_is_escaped_it_goes,
    what_is_synchronised_or_said_by_others_does_not_bring_the_person_back,
);

/// What the WhatsApp Business app tells of itself.
fn of_the_app(field: &str, mut value: Value, at: Instant) -> Value {
    value["metadata"] = json!({"display_phone_number": "16315550101", "phone_number_id": NUMBER_NEW});
    json!({"object": "whatsapp_business_account", "entry": [{"id": WABA_SOL, "time": at.0 / 1_000,
        "changes": [{"field": field, "value": value}]}]})
}

async fn wherever_a_number_stands_and_however_it_is_escaped_it_goes(kind: Kind) {
    let (world, _, admin) = World::with_admin(kind).await;
    let now = world.clock.now();
    let number = BIA.0;
    let mut card = said(&TOM, "wamid.card", "", now);
    card["contacts"] = json!([{"name": {"formatted_name": "B."}, "phones": [{"phone": "+55 11 99999-0000"}]},
        {"name": {"formatted_name": "Rui"}, "phones": [{"phone": "+44 20 7946 0900"}]}]);
    let messages = [
        said(&TOM, "wamid.line", &format!("call\n{number}"), now),
        said(&TOM, "wamid.phone", &format!("~~{number}"), now),
        said(&TOM, "wamid.broken", &format!("^^ half of it, call\n{number}"), now),
        card,
    ];
    for message in &messages {
        let body = delivery(&[&TOM], std::slice::from_ref(message)).to_string();
        let body = body.replace("~~", "\\ud83d\\udcde").replace("^^", "\\ud83d");
        assert_eq!(world.deliver(body.as_bytes()).await, 200);
    }
    world.until_events(4).await;
    assert!(world.everything().await.contains(number));
    world.erase(&admin, number).await;
    assert_eq!(world.delivery_states().await, ["erased"; 4]);
    let after = world.everything().await;
    assert!(!after.contains(number) && !after.contains("99999-0000"), "{after}");
    assert!(after.contains("+44 20 7946 0900"), "who else is in it stays");
    assert_eq!(world.wamids().await.len(), 4, "and so do the messages");
}

async fn what_is_synchronised_or_said_by_others_does_not_bring_the_person_back(kind: Kind) {
    let (world, _, admin) = World::with_admin(kind).await;
    let now = world.clock.now();
    let thread = |who: &Writer, messages: &[Value]| json!({"id": who.0, "messages": messages});
    let chunk = |order: i64, threads: Value| {
        let history = json!([{"metadata": {"phase": 0, "chunk_order": order}, "threads": threads}]);
        of_the_app("history", json!({"history": history}), now)
    };
    let old = said(&BIA, "wamid.old", SECRET, now);
    let both =
        json!([thread(&BIA, std::slice::from_ref(&old)), thread(&TOM, &[said(&TOM, "wamid.tom", "Hello", now)])]);
    let contact = |who: &Writer, at: Instant| {
        json!({"type": "contact", "action": "add", "metadata": {"timestamp": (at.0 / 1_000).to_string()},
            "contact": {"full_name": who.2, "phone_number": format!("+{}", who.0)}})
    };
    let contacts = json!({"state_sync": [contact(&BIA, now), contact(&TOM, now)]});
    let mut answer = said(&TOM, "wamid.answer", "as above", now);
    answer["context"] = json!({"from": BIA.0, "id": "wamid.old"});
    let answer = delivery(&[&TOM], &[answer]);
    for body in [&chunk(1, both.clone()), &of_the_app("smb_app_state_sync", contacts.clone(), now), &answer] {
        world.bring(body).await;
    }
    world.until_events(3).await;
    world.clock.advance(60_000);
    world.erase(&admin, BIA.0).await;
    // The same once more, the same in other company, and what she wrote since.
    let since = world.clock.now().plus(60_000);
    let newer = json!([thread(&BIA, &[old, said(&BIA, "wamid.since", "It is me again", since)])]);
    let contacts = json!({"state_sync": [contact(&BIA, now)]});
    let others = [
        chunk(2, both.clone()),
        of_the_app("smb_app_state_sync", contacts, now),
        answer.clone(),
        chunk(1, both),
        chunk(3, newer),
    ];
    for body in &others {
        world.bring(body).await;
    }
    world.until_events(6).await;
    let after = world.everything().await;
    assert!(!after.contains("pomegranate") && !after.contains(BIA.2), "neither as an event nor as it came");
    assert!(after.contains("Hello") && after.contains(TOM.2) && after.contains("as above"), "others lose nothing");
    assert!(after.contains("It is me again"), "what she wrote since is kept");
    assert_eq!(world.delivery_states().await, ["erased"; 8]);
}
