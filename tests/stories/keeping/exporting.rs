//! Events are carried away as lines of JSON.

use super::{BIA, TOM, delivery, said};
use crate::support::{Browser, Kind, SIMPLE, World};
use greentick::domain::api_key::Scope;
use greentick::domain::ids::{ConnectionId, PhoneNumberId};
use greentick::domain::instant::{HOUR, Instant};
use greentick::domain::user::Role;
use greentick::server::store::NewConnection;
use serde_json::{Value, json};

both!(
    every_event_is_a_line_in_the_one_shape,
    what_is_wished_for_alone_is_in_it,
    the_form_leads_to_the_file_and_keeps_what_was_typed,
    a_refused_export_stays_with_its_number_among_many,
    one_that_is_not_read_holds_up_nobody,
);

const FILE: &str = "/api/v1/events/export";
const PAGE: &str = "/core/whatsapp-api/messages/export";

fn lines(body: &str) -> Vec<Value> {
    assert!(body.is_empty() || body.ends_with('\n'), "each line ends");
    body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn wamids(body: &str) -> Vec<String> {
    lines(body).iter().map(|event| event["messageId"].as_str().unwrap().to_owned()).collect()
}

impl World {
    /// 1 300 events of two people, an hour between the first and the others: more than one page of them.
    async fn full(kind: Kind) -> (Self, ConnectionId, Browser, Instant) {
        let mut world = Self::start(kind).await;
        let admin = world.person(Role::Admin).await;
        let id = world.connect(&admin, SIMPLE).await;
        world.rest().await;
        let now = Instant(world.clock.now().0 / 60_000 * 60_000);
        world.bring(&delivery(&[&TOM], &[said(&TOM, "wamid.tom", "Hello", now.plus(-HOUR))])).await;
        for round in 0..13 {
            let all: Vec<Value> = (0..100).map(|at| said(&BIA, &format!("wamid.{round}.{at}"), "Olá", now)).collect();
            world.bring(&delivery(&[&BIA], &all[usize::from(round == 0)..])).await;
        }
        world.interpret().await;
        (world, id, admin, now)
    }
}

async fn every_event_is_a_line_in_the_one_shape(kind: Kind) {
    let (world, id, admin, _) = World::full(kind).await;
    let program = world.program(Scope::Read).await;
    let file = program.get(FILE).await;
    assert_eq!((file.status, file.header("content-type")), (200, Some("application/x-ndjson")));
    let name = format!("greentick-events-{}.jsonl", &world.clock.now().form_minute()[..10]);
    assert_eq!(file.header("content-disposition").unwrap(), format!("attachment; filename=\"{name}\""));
    assert_eq!(file.header("cache-control"), Some("no-store"));
    let all = world.store().list_events(&id, 0, 5_000).await.unwrap();
    let expected: Vec<Value> = all.iter().map(|event| event.to_json()).collect();
    assert_eq!(expected.len(), 1_300);
    assert_eq!(lines(&file.body), expected);
    assert_eq!(admin.get(FILE).await.body, file.body, "an admin gets the same");
    assert_eq!(world.person(Role::Support).await.get(FILE).await.refusal(), (403, "not_allowed".to_owned()));
    let stranger = world.program_of("second", Scope::Write, None).await;
    assert_eq!(stranger.get(FILE).await.body, "");
    assert_eq!(stranger.get(&format!("{FILE}?connection={id}")).await.refusal().0, 404);
    let told = world.database.texts("select actor from audit where action = 'events_exported' order by at").await;
    assert_eq!(told.len(), 3, "{told:?}");
}

async fn what_is_wished_for_alone_is_in_it(kind: Kind) {
    let (world, id, _, now) = World::full(kind).await;
    let program = world.program(Scope::Read).await;
    let file = async |query: &str| {
        let answer = program.get(&format!("{FILE}?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        wamids(&answer.body)
    };
    assert_eq!(file("person=%2B44%2020%207946%200958").await, ["wamid.tom"]);
    assert_eq!(file(&format!("connection={id}&person=020%207946%200958")).await, ["wamid.tom"]);
    assert_eq!(file("person=GB.9Z8y7X&kind=message.received").await, ["wamid.tom"]);
    assert_eq!(file("person=GB.9Z8y7X&kind=message.read").await, [""; 0]);
    assert_eq!(file(&format!("connection={id}&person=BR.1A2b3C")).await.len(), 1_299);
    assert_eq!(file("kind=message.received").await.len(), 1_300);
    assert_eq!(file("kind=template.updated").await, [""; 0]);
    let minute = |at: Instant| at.form_minute();
    assert_eq!(file(&format!("to={}", minute(now.plus(-HOUR)))).await, ["wamid.tom"], "the minute is meant whole");
    assert_eq!(file(&format!("from={}", minute(now.plus(-HOUR + 60_000)))).await.len(), 1_299);
    assert_eq!(
        file(&format!("from={}&to={}", now.plus(-HOUR).rfc3339(), now.plus(-HOUR).rfc3339())).await,
        ["wamid.tom"]
    );
    for (wrong, field) in [
        ("kind=message.sung", "kind"),
        ("person=Bia", "person"),
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("from=2026-11-20&to=2026-11-19", "to"),
    ] {
        let refused = program.get(&format!("{FILE}?{wrong}")).await;
        assert_eq!(refused.refusal(), (422, "invalid".to_owned()), "{wrong}");
        assert_eq!(refused.details()[0].0, field, "{wrong}");
    }
}

async fn the_form_leads_to_the_file_and_keeps_what_was_typed(kind: Kind) {
    let (world, id, admin, _) = World::full(kind).await;
    let messages = admin.page("/core/whatsapp-api/messages?q=%2B442079460958&kind=message.received").await;
    let link = format!("{PAGE}?connection={id}&amp;kind=message.received&amp;person=%2B442079460958");
    assert!(messages.contains(&link), "{messages}");
    let form = admin.page(&link.replace("&amp;", "&")).await;
    assert!(form.contains("value=\"+442079460958\""), "{form}");
    let send = async |person: &str, from: &str, to: &str| {
        let fields = [("connection", id.as_str()), ("kind", ""), ("person", person), ("from", from), ("to", to)];
        admin.post(PAGE, &fields).await
    };
    let file = send("+442079460958", "", "").await;
    assert_eq!((file.status, wamids(&file.body)), (200, vec!["wamid.tom".to_owned()]));
    let refused = send("Tom", "2026-11-20T14:00", "").await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("id=\"person-error\"") && refused.body.contains("value=\"Tom\""), "{}", refused.body);
    assert!(refused.body.contains("value=\"2026-11-20T14:00\""));
    assert_eq!(send("", "2026-11-20T14:00", "2026-11-20T13:00").await.status, 422);
    let support = world.person(Role::Support).await;
    assert_eq!(support.post(PAGE, &[("kind", "")]).await.status, 403);
    assert!(!support.page("/core/whatsapp-api/messages").await.contains(PAGE));
}

async fn a_refused_export_stays_with_its_number_among_many(kind: Kind) {
    let (world, id, admin, _) = World::full(kind).await;
    let known = world.connection(&id).await;
    let mut newest = id;
    for number in 0..60 {
        let new = NewConnection {
            workspace: &known.connection.workspace,
            credential: &known.credential.id,
            phone_number_id: &PhoneNumberId::new(format!("77{number}")),
            waba: &known.connection.waba,
            business: None,
            app_id: None,
            display_number: "+1 631-555-0177",
            verified_name: None,
        };
        newest = world.store().put_connection(new).await.unwrap().unwrap();
    }
    let send = async |connection: &str| {
        admin.post(PAGE, &[("connection", connection), ("kind", ""), ("person", "Tom"), ("from", ""), ("to", "")]).await
    };
    let refused = send(newest.as_str()).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains(&format!("value=\"{newest}\" selected")), "{}", refused.body);
    for unknown in ["nobody", "../x"] {
        let refused = send(unknown).await;
        assert_eq!(refused.status, 404);
        assert!(refused.body.contains("value=\"Tom\""), "the form comes again: {}", refused.body);
    }
}

async fn one_that_is_not_read_holds_up_nobody(kind: Kind) {
    let (world, _, _, now) = World::full(kind).await;
    let key = world.program(Scope::Read).await.key;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut unread = Vec::new();
    // More than there are connections to read with.
    for _ in 0..24 {
        let asked = client.get(format!("{}{FILE}", world.base)).bearer_auth(&key).send().await.unwrap();
        assert_eq!(asked.status(), 200);
        unread.push(asked);
    }
    world.bring(&delivery(&[&TOM], &[said(&TOM, "wamid.meanwhile", "Hello", now)])).await;
    world.interpret().await;
    assert!(world.wamids().await.contains(&"wamid.meanwhile".to_owned()));
    let text = unread.pop().unwrap().text().await.unwrap();
    assert_eq!(lines(&text).len(), 1_300, "what came later is not in it");
    assert_eq!(lines(&text)[0]["user"], json!({"phone": TOM.0, "userId": TOM.1, "name": TOM.2, "person": null}));
}
