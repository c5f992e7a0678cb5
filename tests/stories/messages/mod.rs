//! The Messages pages: found in any spelling, read page by page while more comes, replayed.

mod empty;

use crate::support::{Browser, Kind, SIMPLE, World, readable, soon};
use crate::webhooks::message;
use greentick::domain::ids::ConnectionId;
use greentick::domain::user::Role;
use sandbox::fixtures::{NUMBER_NEW, WABA_SOL};
use serde_json::{Value, json};

both!(
    a_message_is_found_by_number_in_any_spelling_by_wamid_by_kind_and_by_words,
    pages_stay_as_they_were_while_more_comes,
    one_event_is_a_card_with_metas_own_words_beneath,
    what_is_written_from_right_to_left_stays_so_and_turns_nothing_else_round,
    whoever_goes_by_a_username_is_named_by_the_user_id,
    a_failure_is_explained,
    another_workspace_sees_nothing_and_a_viewer_is_refused,
    a_delivery_is_replayed_by_an_admin_and_written_down,
    what_nobody_can_read_is_shown_and_read_again,
    a_replay_that_was_broken_off_says_so,
    what_came_before_its_number_was_connected_is_read_again,
    large_events_come_a_few_at_a_time,
    no_list_reads_all_events,
    programs_read_on_from_the_last_event_they_have,
);

const LIST: &str = "/core/whatsapp-api/messages";

/// The lines of the list, as links' ids.
fn ids(page: &str) -> Vec<String> {
    let links = page.split("<a href=\"/core/whatsapp-api/messages/").skip(1);
    links
        .filter_map(|rest| rest.split('"').next())
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
        .collect()
}

async fn search(browser: &Browser, query: &str) -> Vec<String> {
    let form = url::form_urlencoded::byte_serialize(query.as_bytes()).collect::<String>();
    ids(&browser.page(&format!("{LIST}?q={form}")).await)
}

fn status(wamid: &str, status: &str, more: Value) -> Value {
    let mut told = json!({"id": wamid, "status": status, "timestamp": "1760000005", "recipient_id": "551188887777"});
    told.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"object": "whatsapp_business_account", "entry": [{"id": WABA_SOL, "changes": [{"field": "messages", "value": {
        "metadata": {"display_phone_number": "16315550101", "phone_number_id": NUMBER_NEW}, "statuses": [told]}}]}]})
}

impl World {
    async fn connected(kind: Kind) -> (Self, ConnectionId, Browser) {
        let world = Self::start(kind).await;
        let admin = world.person(Role::Admin).await;
        let id = world.connect(&admin, SIMPLE).await;
        (world, id, admin)
    }

    async fn events_are(&self, count: usize) {
        soon(async || (self.database.texts("select id from events").await.len() == count).then_some(())).await;
    }
}

async fn a_message_is_found_by_number_in_any_spelling_by_wamid_by_kind_and_by_words(kind: Kind) {
    let (world, id, _) = World::connected(kind).await;
    let support = world.person(Role::Support).await;
    let received = world.receive(&id, "wamid.in", "Vocês têm PÃO de queijo?").await.id;
    world.deliver(status("wamid.out", "delivered", json!({})).to_string().as_bytes()).await;
    world.events_are(2).await;
    let all = ids(&support.page(LIST).await);
    assert_eq!((all.len(), &all[1]), (2, &received), "newest first");
    let delivered = all[0].clone();
    for typed in ["+55 11 99999-0000", "(011) 99999.0000", "00551199999 0000", "99999-0000", "551199990000"] {
        assert_eq!(search(&support, typed).await, [received.as_str()], "{typed}");
    }
    assert_eq!(
        search(&support, "+55 (11) 98888-7777").await,
        [delivered.as_str()],
        "the ninth digit may be there or not"
    );
    assert_eq!(search(&support, "+55 21 99999-0000").await, [""; 0]);
    assert_eq!(search(&support, "wamid.out").await, [delivered.as_str()]);
    assert_eq!(search(&support, "wamid.o").await, [""; 0]);
    assert_eq!(search(&support, "BR.1A2b3C").await, [received.as_str()]);
    assert_eq!(search(&support, "pão DE").await, [received.as_str()]);
    assert_eq!(search(&support, "bia").await, [received.as_str()], "by name");
    assert_eq!(search(&support, "'; drop table events --\0%_").await, [""; 0]);
    assert_eq!(ids(&support.page(&format!("{LIST}?kind=message.delivered")).await), [delivered]);
    assert_eq!(ids(&support.page(&format!("{LIST}?kind=message.failed")).await), [""; 0]);
    let both = format!("{LIST}?kind=message.received&q=99999-0000&connection={id}");
    assert_eq!(ids(&support.page(&both).await), [received]);
    let lines = world.receive(&id, "wamid.lines", "two loaves\n  of rye").await.id;
    assert_eq!(search(&support, "loaves of rye").await, [lines.as_str()], "as the list shows it, in one line");
}

async fn pages_stay_as_they_were_while_more_comes(kind: Kind) {
    let (world, id, admin) = World::connected(kind).await;
    for number in 0..120 {
        let body = message(NUMBER_NEW, &format!("wamid.{number}"), &format!("number {number}"));
        world.deliver(body.to_string().as_bytes()).await;
    }
    world.events_are(120).await;
    let mut seen = Vec::new();
    let mut path = LIST.to_owned();
    for number in 0.. {
        let page = admin.page(&path).await;
        seen.extend(ids(&page));
        world.receive(&id, &format!("wamid.more.{number}"), "more").await;
        let Some((before, _)) = page.split_once("\" rel=\"next\"") else { break };
        path = before.rsplit_once("href=\"").unwrap().1.replace("&amp;", "&");
    }
    let newest_first = "select id from events where message_id not like 'wamid.more.%' order by seq desc";
    assert_eq!(seen, world.database.texts(newest_first).await);
}

async fn one_event_is_a_card_with_metas_own_words_beneath(kind: Kind) {
    let (world, id, admin) = World::connected(kind).await;
    let event = world.receive(&id, "wamid.1", "<script>alert(\"1\")</script>").await;
    let page = admin.page(&format!("{LIST}/{}", event.id)).await;
    assert!(!page.contains("<script>alert"), "what people write is text");
    let by_seq = admin.page(&format!("{LIST}/{}", event.seq)).await;
    assert!(by_seq.contains("wamid.1"), "logs name it by its seq");
    let text = readable(&page.replace("&lt;", "‹").replace("&gt;", "›"));
    for told in
        ["Message received", "Bia, +5511999990000", "BR.1A2b3C", "wamid.1", "9 Oct 2025, 08:53 UTC", "As Meta sent it"]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(text.contains("\"type\": \"text\""), "Meta's own JSON: {text}");
    for wrong in ["nothing", "0", "-1", "99999", "..%2F", "x'y"] {
        assert_eq!(admin.get(&format!("{LIST}/{wrong}")).await.status, 404);
    }
}

async fn what_is_written_from_right_to_left_stays_so_and_turns_nothing_else_round(kind: Kind) {
    let (world, _, admin) = World::connected(kind).await;
    let mut body = message(NUMBER_NEW, "wamid.1", "مرحبا بكم");
    body["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = json!("\u{202e}ليلى");
    assert_eq!(world.deliver(body.to_string().as_bytes()).await, 200);
    world.events_are(1).await;
    let list = admin.page(LIST).await.replace("<!>", "");
    let event = ids(&list).remove(0);
    assert!(list.contains("dir=\"auto\">مرحبا بكم</a>") && list.contains("<bdi>\u{202e}ليلى</bdi>"), "{list}");
    let page = admin.page(&format!("{LIST}/{event}")).await.replace("<!>", "");
    assert!(page.contains("<p dir=\"auto\">مرحبا بكم</p>") && page.contains("<bdi>\u{202e}ليلى</bdi>"), "{page}");
}

async fn whoever_goes_by_a_username_is_named_by_the_user_id(kind: Kind) {
    let (world, id, admin) = World::connected(kind).await;
    let mut body = message(NUMBER_NEW, "wamid.1", "Olá");
    let value = &mut body["entry"][0]["changes"][0]["value"];
    value.as_object_mut().unwrap().remove("contacts");
    value["messages"][0].as_object_mut().unwrap().remove("from");
    assert_eq!(world.deliver(body.to_string().as_bytes()).await, 200);
    world.events_are(1).await;
    let event = ids(&admin.page(LIST).await).remove(0);
    let page = admin.page(&format!("{LIST}/{event}")).await;
    assert!(readable(&page).contains("WhoBR.1A2b3C All of this person"), "{page}");
    let all = format!("href=\"{LIST}?connection={id}&amp;q=BR.1A2b3C\"");
    assert!(page.contains(&all), "{page}");
    assert_eq!(search(&admin, "BR.1A2b3C").await, [event]);
}

async fn a_failure_is_explained(kind: Kind) {
    let (world, _, admin) = World::connected(kind).await;
    let errors =
        json!([{"code": 131_047, "title": "Re-engagement message", "error_data": {"details": "more than 24 hours"}}]);
    world.deliver(status("wamid.out", "failed", json!({"errors": errors})).to_string().as_bytes()).await;
    world.events_are(1).await;
    let event = ids(&admin.page(LIST).await).remove(0);
    let page = admin.page(&format!("{LIST}/{event}")).await;
    let text = readable(&page);
    assert!(text.contains("Meta says: Re-engagement message. more than 24 hours (131047)"), "{text}");
    assert!(page.contains("href=\"/core/whatsapp-api/setup-guide/errors/"), "it leads to the error's own page");
    assert_eq!(search(&admin, "131047").await, [event], "by its code");
}

async fn another_workspace_sees_nothing_and_a_viewer_is_refused(kind: Kind) {
    let (world, id, _) = World::connected(kind).await;
    let event = world.receive(&id, "wamid.1", "Olá").await.id;
    let stranger = world.person_of("second", Role::Admin).await;
    let viewer = world.person(Role::Viewer).await;
    assert_eq!(ids(&stranger.page(LIST).await), [""; 0]);
    for path in [format!("{LIST}?connection={id}"), format!("{LIST}/{event}")] {
        assert_eq!(stranger.get(&path).await.status, 404, "{path}");
        assert_eq!(viewer.get(&path).await.status, 403, "{path}");
    }
    assert_eq!(viewer.get(LIST).await.status, 403);
    assert!(!viewer.page("/account").await.contains(&format!("href=\"{LIST}\"")), "nor is it in the navigation");
    assert_eq!(stranger.post("/_fn/replay_event", &[("event", &event)]).await.status, 404);
}

async fn a_delivery_is_replayed_by_an_admin_and_written_down(kind: Kind) {
    let (world, id, admin) = World::connected(kind).await;
    let event = world.receive(&id, "wamid.1", "Olá").await.id;
    let answer = admin.post("/_fn/replay_event", &[("event", &event)]).await;
    let page = admin.page(answer.location().split('#').next().unwrap()).await;
    assert!(readable(&page).contains("1 delivery read again, nothing new in it."), "{}", readable(&page));
    assert_eq!(world.database.texts("select id from events").await, [event]);
    let audit = world.store().list_audit(&id, 1).await.unwrap().remove(0);
    assert_eq!(audit.action, "deliveries_replayed");
    let support = world.person(Role::Support).await;
    assert!(!support.page(answer.location().split('#').next().unwrap()).await.contains("/_fn/replay_event"));
}

async fn what_nobody_can_read_is_shown_and_read_again(kind: Kind) {
    const PAGE: &str = "/core/whatsapp-api/messages/replay";
    let (world, _, admin) = World::connected(kind).await;
    assert_eq!(world.deliver(b"{\"half\": \"<b>of it").await, 200);
    let aside = async || world.database.texts("select cast(id as text) from deliveries where state = 'failed'").await;
    let id = soon(async || aside().await.pop()).await;
    let page = admin.page(PAGE).await;
    assert!(readable(&page).contains("What could not be read") && page.contains("&lt;b&gt;of it"), "{page}");
    // What came to the address that all share is for the first workspace alone.
    let stranger = world.person_of("second", Role::Admin).await;
    assert!(!stranger.page(PAGE).await.contains("of it"));
    assert_eq!(stranger.post("/_fn/replay_laid_aside", &[("delivery", &id)]).await.status, 404);
    assert_eq!(admin.post("/_fn/replay_laid_aside", &[("delivery", &id)]).await.location(), PAGE);
    assert!(readable(&admin.page(PAGE).await).contains("1 delivery read again, nothing new in it."));
    // As if an update had brought what it takes.
    let mend = match kind {
        Kind::Sqlite => "update deliveries set body = cast($1 as blob) where state = 'failed'",
        Kind::Postgres => "update deliveries set body = convert_to($1, 'UTF8') where state = 'failed'",
    };
    let mut body = message(NUMBER_NEW, "wamid.mended", "Olá");
    body["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] =
        json!((world.clock.now().0 / 1_000).to_string());
    world.database.execute(mend, &[&body.to_string()]).await;
    admin.post("/_fn/replay_laid_aside", &[("delivery", &id)]).await;
    let page = readable(&admin.page(PAGE).await);
    assert!(page.contains("1 new event found.") && !page.contains("What could not be read"), "{page}");
}

async fn a_replay_that_was_broken_off_says_so(kind: Kind) {
    let (world, id, admin) = World::connected(kind).await;
    let event = world.receive(&id, "wamid.1", "Olá").await.id;
    let answer = admin.post("/_fn/replay_event", &[("event", &event)]).await;
    world.database.execute("update replays set finished_at = null where id <> $1", &[""]).await;
    let replay = world.database.texts("select id from replays").await.remove(0);
    world.store().finish_replay(&replay, true).await.unwrap();
    let page = readable(&admin.page(answer.location().split('#').next().unwrap()).await);
    assert!(page.contains("Broken off by a fault of Greentick's own after 1 delivery."), "{page}");
}

async fn what_came_before_its_number_was_connected_is_read_again(kind: Kind) {
    let world = World::start(kind).await;
    let early = world.clock.now();
    for number in 0..100 {
        let mut body = message(NUMBER_NEW, &format!("wamid.{number}"), "too early");
        // What happened longer ago than events are kept would not come back.
        body["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] = json!((early.0 / 1_000).to_string());
        assert_eq!(world.deliver(body.to_string().as_bytes()).await, 200);
    }
    soon(async || {
        world.database.texts("select state from deliveries where state = 'waiting'").await.is_empty().then_some(())
    })
    .await;
    world.pass_seconds(3_600);
    let admin = world.person(Role::Admin).await;
    let id = world.connect(&admin, SIMPLE).await;
    // By itself, as soon as it is connected.
    world.events_are(100).await;
    soon(async || {
        let text = readable(&admin.page(&format!("{LIST}/replay")).await);
        let told = ["What came before its number was connected", "100 deliveries read again, 100 new events found."];
        told.iter().all(|told| text.contains(told)).then_some(())
    })
    .await;
    assert!(world.database.texts("select id from deliveries where state = 'foreign'").await.is_empty());
    world.database.execute("delete from events where kind <> $1", &["nothing"]).await;
    world.receive(&id, "wamid.late", "late").await;
    let replay = async |from: i64, to: i64| {
        let (from, to) = (early.plus(from * 60_000).form_minute(), early.plus(to * 60_000).form_minute());
        admin.post(&format!("{LIST}/replay"), &[("from", &from), ("to", &to)]).await
    };
    let nothing = replay(-20, -10).await;
    assert_eq!(nothing.status, 422, "nothing came then");
    let typed = early.plus(-20 * 60_000).form_minute();
    assert!(nothing.body.contains("id=\"from-error\"") && nothing.body.contains(&format!("value=\"{typed}\"")));
    let long = replay(0, 60 * 24 * 40).await;
    assert_eq!(long.status, 422, "too long");
    assert!(long.body.contains("id=\"to-error\"") && long.text().contains("At most 31 days after the beginning"));
    let answer = replay(0, 1).await;
    assert_eq!(answer.location(), format!("{LIST}/replay"));
    soon(async || {
        let text = readable(&admin.page(answer.location()).await);
        text.contains("100 deliveries read again, 100 new events found.").then_some(())
    })
    .await;
    world.events_are(101).await;
    assert_eq!(replay(0, 1).await.status, 303);
    soon(async || {
        let text = readable(&admin.page(answer.location()).await);
        text.contains("100 deliveries read again, nothing new in them.").then_some(())
    })
    .await;
    let other = world.person_of("second", Role::Admin).await;
    assert!(readable(&other.page(answer.location()).await).contains("Nothing has been replayed yet."));
}

async fn large_events_come_a_few_at_a_time(kind: Kind) {
    use greentick::domain::api_key::Scope;
    let (world, id, admin) = World::connected(kind).await;
    let program = world.program(Scope::Read).await;
    // As long as a part of a chat history may be.
    let long = "x".repeat(1_500_000);
    for number in 0..5 {
        world.receive(&id, &format!("wamid.{number}"), &format!("{long} plum{number}")).await;
    }
    let (mut after, mut pages, mut told) = ("0".to_owned(), 0, Vec::new());
    loop {
        let page = program.get(&format!("/api/v1/events?limit=100&after={after}")).await;
        assert!(page.body.len() < 5_000_000, "{} bytes", page.body.len());
        let page = page.json();
        pages += 1;
        told.extend(
            page["data"].as_array().unwrap().iter().map(|event| event["messageId"].as_str().unwrap().to_owned()),
        );
        match page["paging"]["after"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, told), (3, ["wamid.0", "wamid.1", "wamid.2", "wamid.3", "wamid.4"].map(str::to_owned).to_vec()));
    let export = program.get("/api/v1/events/export").await;
    assert_eq!(export.body.lines().count(), 5);
    // The oldest is still found, by its words and in the list.
    assert_eq!(search(&admin, "plum0").await.len(), 1);
    assert_eq!(ids(&admin.page(LIST).await).len(), 5);
}

async fn no_list_reads_all_events(kind: Kind) {
    let (world, _, _) = World::connected(kind).await;
    let plans = world.store().plans_of_event_lists().await.unwrap();
    assert_eq!(plans.len(), if kind == Kind::Sqlite { 8 } else { 0 });
    let indexes = [
        "events_by_connection",
        "events_by_kind",
        "events_by_phone",
        "events_by_user",
        "events_by_message",
        // One person's, before they are deleted.
        "events_by_phone (connection_id=? AND <expr>=?)",
    ];
    for (plan, index) in plans.iter().zip(indexes) {
        assert!(plan.contains(&format!("SEARCH e USING INDEX {index}")), "{plan}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
    // Whether a forward has something to do: for one number along its own events, however many others come.
    if let [.., plan, passing] = &plans[..] {
        assert!(passing.contains("SEARCH e USING INDEX events_by_connection (connection_id=? AND seq>?)"), "{passing}");
        assert!(!passing.contains("TEMP B-TREE"), "{passing}");
        for index in
            ["events_by_workspace (workspace_id=? AND seq>?)", "events_by_connection (connection_id=? AND seq>?)"]
        {
            assert!(plan.contains(&format!("SEARCH e USING COVERING INDEX {index}")), "{plan}");
        }
        assert!(!plan.contains("SCAN e"), "{plan}");
    }
}

async fn programs_read_on_from_the_last_event_they_have(kind: Kind) {
    use greentick::domain::api_key::Scope;
    let (world, id, _) = World::connected(kind).await;
    let program = world.program(Scope::Read).await;
    let list = "/api/v1/events";
    assert_eq!(program.get(list).await.json(), json!({"data": []}));
    for number in 0..3 {
        world.receive(&id, &format!("wamid.{number}"), "Olá").await;
    }
    world.deliver(status("wamid.out", "read", json!({})).to_string().as_bytes()).await;
    world.events_are(4).await;
    let all = program.get(list).await.json();
    let wamids: Vec<&Value> = all["data"].as_array().unwrap().iter().map(|event| &event["messageId"]).collect();
    assert_eq!(wamids, ["wamid.0", "wamid.1", "wamid.2", "wamid.out"], "oldest first");
    assert_eq!(all.get("paging"), None);
    let first = program.get(&format!("{list}?limit=3&connection={id}")).await.json();
    assert_eq!(first["data"].as_array().unwrap().len(), 3);
    let after = first["paging"]["after"].as_str().unwrap();
    assert_eq!(after, first["data"][2]["seq"].to_string());
    let rest = program.get(&format!("{list}?limit=3&after={after}")).await.json();
    assert_eq!((&rest["data"][0], rest.get("paging")), (&all["data"][3], None));
    let read = program.get(&format!("{list}?kind=message.read&limit=1")).await.json();
    assert_eq!((&read["data"][0], read.get("paging")), (&all["data"][3], None));
    for wrong in ["limit=0", "limit=501", "after=-1", "kind=message.sung"] {
        assert_eq!(program.get(&format!("{list}?{wrong}")).await.refusal().0, 422, "{wrong}");
    }
    assert_eq!(program.get(&format!("{list}?after=x")).await.refusal().0, 400);
    let stranger = world.program_of("second", Scope::Write, None).await;
    assert_eq!(stranger.get(list).await.json(), json!({"data": []}));
    assert_eq!(stranger.get(&format!("{list}?connection={id}")).await.refusal().0, 404);
}
