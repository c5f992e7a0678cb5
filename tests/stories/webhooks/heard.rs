//! What Meta says by itself stands until what it says later, or what is read later, really ends it.

use super::understanding::{change, now};
use crate::support::{Kind, SIMPLE, World, readable, soon};
use greentick::domain::connection::Badge;
use greentick::domain::ids::ConnectionId;
use greentick::domain::user::Role;
use sandbox::NumberChange;
use sandbox::fixtures::{NUMBER_NEW, WABA_SOL};
use serde_json::{Value, json};

both!(
    an_announced_ban_stands_although_meta_can_be_read,
    a_number_taken_out_of_the_app_stays_out_until_it_is_connected_again,
    a_phone_that_lay_idle_is_named_as_the_cause_and_nothing_is_said_to_work,
);

impl World {
    /// Meta says something of the account, and then everything is read again.
    async fn hear_of_account(&mut self, id: &ConnectionId, said: Value) {
        self.tell(&change(WABA_SOL, now(self), "account_update", said)).await;
        self.understand().await;
        self.pass_seconds(120);
        let before = self.connection(id).await.connection.checked_at;
        self.work();
        soon(async || (self.connection(id).await.connection.checked_at > before).then_some(())).await;
        self.rest().await;
    }

    /// Whether the number is on the WhatsApp Business app, too.
    fn on_the_app(&self, is: bool) {
        let change = NumberChange { on_business_app: Some(is), ..NumberChange::default() };
        self.meta.change_number(NUMBER_NEW, change).unwrap();
    }
}

async fn an_announced_ban_stands_although_meta_can_be_read(kind: Kind) {
    let (mut world, id) = World::quiet(kind).await;
    let ban = |state: &str| json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": state}});
    world.hear_of_account(&id, ban("SCHEDULE_FOR_DISABLE")).await;
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention);
    world.hear_of_account(&id, ban("REINSTATE")).await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

/// The connection with the app on the phone has ended.
fn disconnected(reason: &str) -> Value {
    json!({"event": "PARTNER_REMOVED", "waba_info": {"waba_id": WABA_SOL},
        "disconnection_info": {"reason": reason, "initiated_by": "SYSTEM"}})
}

async fn a_number_taken_out_of_the_app_stays_out_until_it_is_connected_again(kind: Kind) {
    let (mut world, id) = World::quiet(kind).await;
    let admin = world.person(Role::Admin).await;
    for taken in [json!({"event": "ACCOUNT_OFFBOARDED"}), disconnected("ACCOUNT_DISCONNECTED")] {
        world.on_the_app(true);
        world.hear_of_account(&id, taken.clone()).await;
        assert_eq!(world.badge(&id).await, Badge::Disconnected, "{taken}");
        // More is wanted to be told of a number on the app.
        world.on_the_app(false);
        world.hear_of_account(&id, json!({"event": "ACCOUNT_RECONNECTED"})).await;
        assert_eq!(world.badge(&id).await, Badge::Connected, "{taken}");
        world.on_the_app(true);
        world.hear_of_account(&id, taken.clone()).await;
        assert_eq!(world.badge(&id).await, Badge::Disconnected, "{taken}");
        // More is wanted to be told of a number on the app.
        world.on_the_app(false);
        world.work();
        let run = world.begin(&admin, &format!("?connection={id}")).await;
        run.finish_at_facebook(SIMPLE).await;
        assert_eq!(run.done().await, id);
        assert_eq!(world.badge(&id).await, Badge::Connected, "whatever webhook got lost after {taken}");
        world.rest().await;
        // Meta tells its times in whole seconds.
        world.pass_seconds(1);
    }
    world.hear_of_account(&id, json!({"event": "PARTNER_REMOVED", "waba_info": {"waba_id": WABA_SOL}})).await;
    assert_eq!(world.badge(&id).await, Badge::Connected, "Meta still lets the account be read, so nobody was removed");
    world.hear_of_account(&id, disconnected("ACCOUNT_DISCONNECTED")).await;
    assert_eq!(world.badge(&id).await, Badge::Connected, "it was another number of the account");
}

async fn a_phone_that_lay_idle_is_named_as_the_cause_and_nothing_is_said_to_work(kind: Kind) {
    let (mut world, id) = World::quiet(kind).await;
    world.on_the_app(true);
    let limit = json!({"max_daily_conversations_per_business": "TIER_10K"});
    world.tell(&change(WABA_SOL, now(&world), "business_capability_update", limit)).await;
    world.hear_of_account(&id, disconnected("PRIMARY_INACTIVITY")).await;
    let admin = world.person(Role::Admin).await;
    let page = readable(&admin.page(&format!("/core/whatsapp-api/configurations/{id}")).await);
    assert!(page.contains("was not opened for about 14 days"), "{page}");
    for answer in ["ReceivingStopped", "ReplyingStopped", "Starting chatsStopped"] {
        assert!(page.contains(answer), "{answer}: {page}");
    }
    let lines = world.store().list_audit(&id, 10).await.unwrap();
    let told: Vec<Value> =
        lines.iter().filter_map(|line| serde_json::from_str(line.after.as_deref().unwrap_or_default()).ok()).collect();
    assert!(told.iter().any(|line| line["disconnection_info"]["reason"] == "PRIMARY_INACTIVITY"), "{told:?}");
    assert!(told.iter().any(|line| line["max_daily_conversations_per_business"] == "TIER_10K"), "{told:?}");
}
