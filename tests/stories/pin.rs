//! The number's PIN: for an admin who enters the password again, and written down.

use crate::support::{Browser, Kind, PASSWORD, SIMPLE, World, soon};
use greentick::domain::ids::ConnectionId;
use greentick::domain::user::Role;
use sandbox::{FaultDraft, FaultKind};
use secrecy::ExposeSecret;

both!(
    the_pin_is_shown_after_the_password_and_written_down,
    without_the_right_password_nothing_is_shown_or_changed,
    guesses_are_counted_like_logins,
    a_new_pin_is_taken_by_meta_first,
    a_browser_that_goes_away_loses_no_pin,
    when_meta_does_not_answer_the_old_pin_stays_known,
    a_pin_that_is_none_is_refused_by_name,
    a_pin_set_elsewhere_is_said_to_be_unknown,
);

async fn connected(world: &World) -> (Browser, ConnectionId, String) {
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let pin = world.store().open_pin(&id).await.unwrap().unwrap().expose_secret().to_owned();
    (ana, id, pin)
}

fn address(id: &ConnectionId) -> String {
    format!("/core/whatsapp-api/configurations/{id}/pin")
}

async fn actions(world: &World, id: &ConnectionId) -> Vec<String> {
    world.store().list_audit(id, 50).await.unwrap().into_iter().map(|entry| entry.action).collect()
}

async fn the_pin_is_shown_after_the_password_and_written_down(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id, pin) = connected(&world).await;
    assert!(!ana.get(&address(&id)).await.body.contains(&pin));
    let shown = ana.post(&address(&id), &[("password", PASSWORD)]).await;
    assert_eq!((shown.status, shown.header("cache-control")), (200.try_into().unwrap(), Some("no-store")));
    assert!(shown.text().contains(&pin));
    assert!(actions(&world, &id).await.contains(&"pin_revealed".to_owned()));
}

async fn without_the_right_password_nothing_is_shown_or_changed(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id, pin) = connected(&world).await;
    for form in [&[("password", "not my password")][..], &[("password", "not my password"), ("pin", "246810")], &[]] {
        let refused = ana.post(&address(&id), form).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("this is not your present password") && !refused.body.contains(&pin));
    }
    assert_eq!(world.store().open_pin(&id).await.unwrap().unwrap().expose_secret(), pin);
    assert!(!actions(&world, &id).await.iter().any(|action| action.starts_with("pin_")));
}

async fn guesses_are_counted_like_logins(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id, _) = connected(&world).await;
    for _ in 0..6 {
        ana.post(&address(&id), &[("password", "a guess")]).await;
    }
    let right = ana.post(&address(&id), &[("password", PASSWORD)]).await;
    assert_eq!(right.status, 429);
    assert!(right.header("retry-after").is_some() && right.text().contains("Too many failed tries."));
}

async fn a_new_pin_is_taken_by_meta_first(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id, _) = connected(&world).await;
    let changed = ana.post(&address(&id), &[("password", PASSWORD), ("pin", "246810")]).await;
    assert_eq!(changed.status, 200);
    assert!(changed.text().contains("Meta has taken the new PIN") && !changed.body.contains("246810"));
    assert_eq!(world.store().open_pin(&id).await.unwrap().unwrap().expose_secret(), "246810");
    assert_eq!(world.calls("POST", "phone"), 1);
    assert!(actions(&world, &id).await.contains(&"pin_changed".to_owned()));
}

async fn a_browser_that_goes_away_loses_no_pin(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id, _) = connected(&world).await;
    let slow = FaultDraft {
        delay_ms: Some(60_000),
        method: Some("POST".to_owned()),
        ..FaultDraft::new("phone", FaultKind::Slow)
    };
    world.meta.add_fault(slow);
    let address = address(&id);
    let form = [("password", PASSWORD), ("pin", "246810")];
    tokio::select! {
        answer = ana.post(&address, &form) => panic!("{} before Meta has answered", answer.status),
        () = soon(async || (world.calls("POST", "phone") > 0).then_some(())) => {}
    }
    world.meta.clear_faults();
    soon(async || {
        let kept = world.store().open_pin(&id).await.unwrap().unwrap();
        (kept.expose_secret() == "246810").then_some(())
    })
    .await;
    soon(async || actions(&world, &id).await.contains(&"pin_changed".to_owned()).then_some(())).await;
}

async fn when_meta_does_not_answer_the_old_pin_stays_known(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id, pin) = connected(&world).await;
    world.meta.add_fault(FaultDraft::new("phone", FaultKind::Http500));
    let told = ana.post(&address(&id), &[("password", PASSWORD), ("pin", "246810")]).await;
    assert!(told.text().contains("whether the PIN was changed is unknown"), "{}", told.text());
    assert_eq!(world.store().open_pin(&id).await.unwrap().unwrap().expose_secret(), pin);
}

async fn a_pin_that_is_none_is_refused_by_name(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id, _) = connected(&world).await;
    for wrong in ["12345", "1234567", "12345a", ""] {
        let refused = ana.post(&address(&id), &[("password", PASSWORD), ("pin", wrong)]).await;
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(refused.text().contains("6 digits"), "{wrong}");
    }
    assert_eq!(world.calls("POST", "phone"), 0, "Meta is not asked");
}

async fn a_pin_set_elsewhere_is_said_to_be_unknown(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id, _) = connected(&world).await;
    let made_here = world.store().open_pin(&id).await.unwrap().unwrap();
    world.store().forget_pin(&id, &made_here).await.unwrap();
    let told = ana.post(&address(&id), &[("password", PASSWORD)]).await;
    assert!(told.text().contains("PIN is not known here"), "{}", told.text());
}
