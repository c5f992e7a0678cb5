//! One person's data goes, everybody else's stays.

use super::{BIA, TOM, delivery, said};
use crate::support::{Browser, Kind, SIMPLE, World, readable, soon};
use greentick::domain::api_key::Scope;
use greentick::domain::ids::ConnectionId;
use greentick::domain::instant::DAY;
use greentick::domain::user::Role;
use greentick::server::store::DeliveryEnd;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;

both!(
    after_a_deletion_nothing_tells_of_the_person,
    the_question_says_what_goes_and_nothing_goes_before_the_answer,
    a_user_is_found_by_id_and_takes_the_number_along,
    what_meta_sends_again_does_not_come_back_and_what_is_new_does,
    what_waits_is_understood_first_so_that_others_lose_nothing,
    whoever_is_late_with_a_delivery_does_not_bring_it_back,
    another_workspace_keeps_what_is_its_own,
    what_the_person_writes_while_a_deletion_runs_is_kept,
    a_deletion_goes_on_after_a_stop,
    one_of_several_alike_has_to_be_named_and_ones_own_number_is_refused,
    a_number_with_its_country_code_never_means_another_that_ends_alike,
    a_program_deletes_by_number_or_by_id,
);

pub(super) const PAGE: &str = "/settings/personal-data";
pub(super) const SECRET: &str = "a word that nobody else says: pomegranate";

impl World {
    pub(super) async fn with_admin(kind: Kind) -> (Self, ConnectionId, Browser) {
        let world = Self::start(kind).await;
        let admin = world.person(Role::Admin).await;
        let id = world.connect(&admin, SIMPLE).await;
        (world, id, admin)
    }

    pub(super) async fn until_events(&self, count: usize) {
        soon(async || (self.wamids().await.len() == count).then_some(())).await;
        soon(async || (!self.delivery_states().await.contains(&"waiting".to_owned())).then_some(())).await;
    }

    /// Bia alone, Bia and Tom in one delivery, Tom answering Bia's message and passing her contact card on.
    async fn talk(&self) {
        let now = self.clock.now();
        let card =
            json!([{"name": {"formatted_name": "B."}, "phones": [{"phone": "+55 11 99999-0000", "wa_id": BIA.0}]}]);
        let mut answers = said(&TOM, "wamid.tom.2", "see above", now);
        answers["context"] = json!({"from": BIA.0, "id": "wamid.bia.1"});
        answers["contacts"] = card;
        self.bring(&delivery(&[&BIA], &[said(&BIA, "wamid.bia.1", SECRET, now)])).await;
        self.bring(&delivery(
            &[&BIA, &TOM],
            &[said(&BIA, "wamid.bia.2", SECRET, now), said(&TOM, "wamid.tom.1", "Hello", now)],
        ))
        .await;
        self.bring(&delivery(&[&TOM], &[answers])).await;
        self.bring(&delivery(&[&TOM], &[said(&TOM, "wamid.tom.3", "Bye", now)])).await;
    }

    pub(super) async fn erase(&self, admin: &Browser, person: &str) {
        let answer = admin.post(PAGE, &[("person", person), ("confirmed", "yes")]).await;
        assert_eq!(answer.location(), PAGE);
        soon(async || {
            self.database.texts("select id from erasures where finished_at is null").await.is_empty().then_some(())
        })
        .await;
    }

    /// Everything in every table, as text.
    pub(super) async fn everything(&self) -> String {
        let mut all = String::new();
        for table in self.tables().await {
            for row in self.database.rows(&table).await {
                all.push_str(&row);
                all.push('\n');
            }
        }
        assert!(all.contains("default"), "it does read the tables");
        all
    }

    async fn tables(&self) -> Vec<String> {
        match self.database.kind {
            Kind::Sqlite => self.database.texts("select name from sqlite_master where type = 'table'").await,
            Kind::Postgres => {
                let tables = "select table_name::text from information_schema.tables where table_schema = 'public'";
                self.database.texts(tables).await
            }
        }
    }
}

async fn after_a_deletion_nothing_tells_of_the_person(kind: Kind) {
    let (world, _, admin) = World::with_admin(kind).await;
    world.talk().await;
    world.until_events(5).await;
    let before = world.everything().await;
    for trace in [BIA.0, BIA.1, BIA.2, "pomegranate"] {
        assert!(before.contains(trace), "{trace} is there to be found");
    }
    world.erase(&admin, "+55 (11) 99999-0000").await;
    let after = world.everything().await;
    for trace in [BIA.0, BIA.1, BIA.2, "pomegranate", "99999-0000", "wamid.bia.2"] {
        assert!(!after.contains(trace), "{trace} is still there");
    }
    assert_eq!(world.wamids().await, ["wamid.tom.1", "wamid.tom.2", "wamid.tom.3"]);
    assert_eq!(world.delivery_states().await, ["erased", "erased", "erased", "done"]);
    let text = readable(&admin.page(PAGE).await);
    assert!(
        text.contains("number …00") && text.contains("2 events, 3 deliveries, taken out of 1 event of others"),
        "{text}"
    );
    let audit = world.database.texts("select after from audit where action = 'person_erased'").await;
    assert!(audit.len() == 1 && audit[0].contains("number …00"), "{audit:?}");
    // Replaying finds nothing to read where a body was, and reads the others.
    let tom = world.database.texts("select id from events where message_id = 'wamid.tom.1'").await.remove(0);
    let answer = admin.post("/_fn/replay_event", &[("event", &tom)]).await;
    let page = readable(&admin.page(answer.location().split('#').next().unwrap()).await);
    assert!(page.contains("There was nothing to read: what Meta sent is no longer kept."), "{page}");
    assert_eq!(world.delivery_states().await, ["erased", "erased", "erased", "done"]);
}

async fn the_question_says_what_goes_and_nothing_goes_before_the_answer(kind: Kind) {
    let (world, _, admin) = World::with_admin(kind).await;
    world.talk().await;
    world.until_events(5).await;
    let page = admin.post(PAGE, &[("person", "0055 11 9 9999 0000")]).await;
    let text = page.text();
    assert_eq!(page.status, 200);
    for told in [
        "Delete the data of Bia Lopes?",
        "+5511999990000",
        "BR.1A2b3C",
        "2 events",
        "2 deliveries",
        "There is no way back.",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert_eq!(world.wamids().await.len(), 5);
    let nobody = admin.post(PAGE, &[("person", "+49 30 1234567")]).await.text();
    assert!(nobody.contains("No event is about this person."), "{nobody}");
    let wrong = admin.post(PAGE, &[("person", "Bia <b>")]).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("value=\"Bia &lt;b&gt;\"") && wrong.body.contains("id=\"person-error\""),
        "{}",
        wrong.body
    );
    assert!(
        readable(&admin.page(&format!("{PAGE}?person=%2B55")).await)
            .contains("kept for 90 days, and as Meta sent it for 30 days")
    );
    let messages = admin.page("/core/whatsapp-api/messages?q=%2B5511999990000").await;
    assert!(messages.contains("href=\"/settings/personal-data?person=%2B5511999990000\""));
    let support = world.person(Role::Support).await;
    assert!(!support.page("/core/whatsapp-api/messages?q=%2B5511999990000").await.contains(PAGE));
}

async fn a_user_is_found_by_id_and_takes_the_number_along(kind: Kind) {
    let (world, _, admin) = World::with_admin(kind).await;
    world.talk().await;
    world.until_events(5).await;
    world.erase(&admin, "BR.1A2b3C").await;
    let after = world.everything().await;
    assert!(!after.contains(BIA.0) && !after.contains("pomegranate"));
    assert_eq!(world.wamids().await.len(), 3);
}

async fn what_meta_sends_again_does_not_come_back_and_what_is_new_does(kind: Kind) {
    let (world, _, admin) = World::with_admin(kind).await;
    let now = world.clock.now();
    let again =
        delivery(&[&BIA, &TOM], &[said(&BIA, "wamid.bia.2", SECRET, now), said(&TOM, "wamid.late", "Hello", now)]);
    world.talk().await;
    world.until_events(5).await;
    world.clock.advance(60_000);
    world.erase(&admin, BIA.0).await;
    world.bring(&again).await;
    world.until_events(4).await;
    assert!(!world.everything().await.contains("pomegranate"), "neither as an event nor as it came");
    assert_eq!(world.delivery_states().await.last().unwrap(), "erased");
    world.clock.advance(60_000);
    let fresh = delivery(&[&BIA], &[said(&BIA, "wamid.bia.new", "It is me again", world.clock.now())]);
    world.bring(&fresh).await;
    world.until_events(5).await;
    assert_eq!(world.wamids().await.last().unwrap(), "wamid.bia.new", "what is written now is kept like anybody's");
}

async fn what_waits_is_understood_first_so_that_others_lose_nothing(kind: Kind) {
    let (mut world, _, admin) = World::with_admin(kind).await;
    world.rest().await;
    world.talk().await;
    assert_eq!(world.delivery_states().await, ["waiting"; 4]);
    let answer = admin.post(PAGE, &[("person", "+5511999990000"), ("confirmed", "yes")]).await;
    assert_eq!(answer.location(), PAGE, "it is under way");
    assert!(readable(&admin.page(PAGE).await).contains("Under way: 0 %"));
    world.work();
    soon(async || {
        world.database.texts("select id from erasures where finished_at is null").await.is_empty().then_some(())
    })
    .await;
    world.until_events(3).await;
    assert_eq!(world.wamids().await, ["wamid.tom.1", "wamid.tom.2", "wamid.tom.3"]);
    let after = world.everything().await;
    assert!(!after.contains("pomegranate") && !after.contains(BIA.1));
    assert!(!after.contains(BIA.0), "also where others have named her");
}

async fn whoever_is_late_with_a_delivery_does_not_bring_it_back(kind: Kind) {
    let (world, _, admin) = World::with_admin(kind).await;
    world.talk().await;
    world.until_events(5).await;
    world.erase(&admin, BIA.0).await;
    let before = world.delivery_states().await;
    let erased =
        world.database.texts("select cast(id as text) from deliveries where state = 'erased' order by id").await;
    assert_eq!(erased.len(), 3, "{before:?}");
    // As a step that had read them before they were emptied would end them.
    let ends = [DeliveryEnd::Done, DeliveryEnd::Foreign, DeliveryEnd::Failed { why: "x".to_owned(), again_at: None }];
    let ends: Vec<_> = erased.iter().map(|id| id.parse().unwrap()).zip(ends).collect();
    world.store().keep_events(&[], &ends, &HashSet::new()).await.unwrap();
    assert_eq!(world.delivery_states().await, before);
}

async fn another_workspace_keeps_what_is_its_own(kind: Kind) {
    let (world, _, _) = World::with_admin(kind).await;
    world.talk().await;
    world.until_events(5).await;
    let stranger = world.person_of("second", Role::Admin).await;
    let page = stranger.post(PAGE, &[("person", BIA.0)]).await.text();
    assert!(page.contains("No event is about this person.") && !page.contains("Bia"), "{page}");
    world.erase(&stranger, BIA.0).await;
    assert_eq!(world.wamids().await.len(), 5);
    assert_eq!(world.delivery_states().await, ["done"; 4]);
    assert!(!readable(&stranger.page(PAGE).await).contains("Bia"));
}

async fn what_the_person_writes_while_a_deletion_runs_is_kept(kind: Kind) {
    let (mut world, _, admin) = World::with_admin(kind).await;
    world.talk().await;
    world.until_events(5).await;
    world.rest().await;
    admin.post(PAGE, &[("person", BIA.0), ("confirmed", "yes")]).await;
    world.clock.advance(60_000);
    let fresh = said(&BIA, "wamid.bia.new", "It is me again", world.clock.now());
    world.bring(&delivery(&[&BIA], &[fresh])).await;
    let mut answer = said(&TOM, "wamid.tom.new", "Welcome back", world.clock.now());
    answer["context"] = json!({"from": BIA.0, "id": "wamid.bia.new"});
    world.bring(&delivery(&[&TOM], &[answer])).await;
    world.interpret().await;
    world.restart(|_| ()).await;
    soon(async || {
        world.database.texts("select id from erasures where finished_at is null").await.is_empty().then_some(())
    })
    .await;
    let left = ["wamid.tom.1", "wamid.tom.2", "wamid.tom.3", "wamid.bia.new", "wamid.tom.new"];
    assert_eq!(world.wamids().await, left);
    let answer = world.database.texts("select meta from events where message_id = 'wamid.tom.new'").await;
    assert!(answer[0].contains(BIA.0), "whom it answers: {}", answer[0]);
    let kept = world.database.texts("select user_phone from events where message_id = 'wamid.bia.new'").await;
    assert_eq!(kept, [BIA.0], "with whoever wrote it");
}

async fn a_deletion_goes_on_after_a_stop(kind: Kind) {
    let (mut world, _, admin) = World::with_admin(kind).await;
    world.talk().await;
    world.until_events(5).await;
    world.rest().await;
    admin.post(PAGE, &[("person", BIA.0), ("confirmed", "yes")]).await;
    assert_eq!(world.wamids().await.len(), 5, "nobody was there to do it");
    let sealed = world.database.bytes("select person_sealed from erasures").await;
    assert!(!String::from_utf8_lossy(&sealed[0]).contains(BIA.0));
    world.restart(|_| ()).await;
    world.until_events(3).await;
    soon(async || {
        world.database.texts("select id from erasures where finished_at is null").await.is_empty().then_some(())
    })
    .await;
    assert_eq!(world.database.texts("select id from erasures where person_sealed is not null").await.len(), 0);
}

async fn one_of_several_alike_has_to_be_named_and_ones_own_number_is_refused(kind: Kind) {
    let (world, _, admin) = World::with_admin(kind).await;
    let other = super::Writer("351911999990000", "PT.1A2b3C", "Rita");
    let now = world.clock.now();
    world.bring(&delivery(&[&BIA], &[said(&BIA, "wamid.1", "Olá", now)])).await;
    world.bring(&delivery(&[&other], &[said(&other, "wamid.2", "Olá", now)])).await;
    world.until_events(2).await;
    let refused = admin.post(PAGE, &[("person", "999990000")]).await;
    assert_eq!(refused.status, 422);
    let text = refused.text();
    assert!(
        text.contains("+351911999990000") && text.contains("+5511999990000") && text.contains("Write it whole"),
        "{text}"
    );
    let own = admin.post(PAGE, &[("person", "+1 631-555-0101"), ("confirmed", "yes")]).await;
    assert_eq!(own.status, 422);
    assert!(own.text().contains("This is a number of your own"), "{}", own.text());
    assert_eq!(world.database.texts("select id from erasures").await.len(), 0);
    world.erase(&admin, "+5511999990000").await;
    assert_eq!(world.wamids().await, ["wamid.2"]);
}

async fn a_number_with_its_country_code_never_means_another_that_ends_alike(kind: Kind) {
    let (world, _, admin) = World::with_admin(kind).await;
    let eva = super::Writer("5218188884567", "MX.1A2b3C", "Eva");
    let now = world.clock.now();
    world.bring(&delivery(&[&eva], &[said(&eva, "wamid.eva", "Hola", now)])).await;
    world.until_events(1).await;
    let writer = world.program(Scope::Write).await;
    // With its plus, with a plus that became a space, and without one.
    for typed in ["%2B1%20818%20888%204567", "+1%20818%20888%204567", "18188884567"] {
        let done = writer.call(Method::DELETE, &format!("/api/v1/people?phone={typed}"), &[], None).await;
        assert_eq!((done.status, &done.json()["events"]), (202, &json!(0)), "{typed}: {}", done.body);
    }
    let page = admin.post(PAGE, &[("person", "+1 818 888 4567")]).await.text();
    assert!(page.contains("No event is about this person.") && !page.contains("Eva"), "{page}");
    let export = writer.get("/api/v1/events/export?person=%2B1%20818%20888%204567").await;
    assert_eq!((export.status, export.body.as_str()), (200, ""), "nor are hers carried away");
    assert_eq!(world.wamids().await, ["wamid.eva"]);
    // Typed as at home, both might be meant.
    let ian = super::Writer("18188884567", "US.1A2b3C", "Ian");
    world.clock.advance(60_000);
    world.bring(&delivery(&[&ian], &[said(&ian, "wamid.ian", "Hi", world.clock.now())])).await;
    world.until_events(2).await;
    assert_eq!(admin.post(PAGE, &[("person", "818 888 4567")]).await.status, 422);
    let done = writer.call(Method::DELETE, "/api/v1/people?phone=%2B18188884567", &[], None).await;
    assert_eq!(done.json()["events"], json!(1));
    assert_eq!(world.wamids().await, ["wamid.eva"]);
}

async fn a_program_deletes_by_number_or_by_id(kind: Kind) {
    let (world, _, _) = World::with_admin(kind).await;
    world.talk().await;
    world.until_events(5).await;
    let writer = world.program(Scope::Write).await;
    let erase = async |query: &str| writer.call(Method::DELETE, &format!("/api/v1/people{query}"), &[], None).await;
    for wrong in ["", "?phone=1&userId=BR.1", "?phone=BR.1A2b3C", "?userId=5511999990000", "?phone=1", "?userId=%00"] {
        assert_eq!(erase(wrong).await.refusal(), (422, "invalid".to_owned()), "{wrong}");
    }
    let reader = world.program(Scope::Read).await;
    let refused = reader.call(Method::DELETE, "/api/v1/people?userId=BR.1A2b3C", &[], None).await;
    assert_eq!(refused.refusal().0, 403);
    let done = erase("?phone=%2B55%2011%2099999-0000").await;
    assert_eq!(done.status, 202);
    let told = done.json();
    assert_eq!(
        (&told["state"], &told["events"], &told["person"]),
        (&json!("done"), &json!(2), &json!("number …00")),
        "{told}"
    );
    let again: Value = erase("?userId=BR.1A2b3C").await.json();
    assert_eq!((&again["events"], &again["deliveries"]), (&json!(0), &json!(0)), "nothing is left to erase");
    let actors = world.database.texts("select actor from audit where action = 'person_erased'").await;
    assert!(actors.iter().all(|actor| actor.starts_with("API key ")), "{actors:?}");
    world.clock.advance(9 * DAY);
    greentick::server::operations::purge_old::Purge::default().step(world.services()).await.unwrap();
}
