//! Runs of Embedded Signup, and what time does to them.

use super::Room;
use crate::support::Kind;
use greentick::domain::ids::{SignupId, WabaId};
use greentick::domain::instant::{DAY, HOUR, MINUTE, SECOND};
use greentick::domain::signup::{Hint, Signup, Stage};
use greentick::domain::user::{Role, User};
use greentick::server::store::{JobKind, NewJob, NewSignup, NewUser, StateMatch};
use secrecy::ExposeSecret;

both!(
    a_state_is_taken_once_by_its_own_session,
    a_state_is_late_after_two_hours,
    only_one_of_many_callbacks_takes_the_state,
    a_run_is_written_by_whoever_knows_its_stage,
    time_closes_what_nobody_finishes,
    secrets_of_a_run_are_sealed_and_erased,
    a_run_goes_on_with_its_token_and_its_job_or_not_at_all,
);

impl Room {
    async fn ana(&self) -> User {
        let email = format!("{:x}@example.org", rand::random::<u64>());
        let new = NewUser {
            workspace: &self.workspace,
            email: &email,
            name: "Ana",
            role: Role::Admin,
            password_hash: Some("$argon2id$…"),
        };
        self.store.add_user(new).await.unwrap().unwrap()
    }

    async fn signup(&self, user: &User, state: &str) -> SignupId {
        let new = NewSignup {
            workspace: &self.workspace,
            user: &user.id,
            session_hash: "the session",
            state,
            reconnects: None,
            popup: true,
            coexistence: false,
        };
        self.store.add_signup(new).await.unwrap()
    }

    /// From waiting, as the callback does.
    async fn go_on(&self, id: &SignupId, stage: Stage, token: &str) -> bool {
        let signup = Signup { stage, ..self.read(id).await };
        let job = NewJob { kind: JobKind::AdvanceSignup, subject: id.as_str(), payload: serde_json::json!({}) };
        self.store.go_on_with_signup(&signup, Stage::Waiting, Some(&token.into()), job).await.unwrap()
    }

    async fn read(&self, id: &SignupId) -> Signup {
        self.store.find_any_signup(id).await.unwrap().unwrap()
    }
}

async fn a_state_is_taken_once_by_its_own_session(kind: Kind) {
    let room = Room::open(kind).await;
    let id = room.signup(&room.ana().await, "state").await;
    let take = async |state: &str, session: &str| room.store.take_state(state, session).await.unwrap();
    assert!(matches!(take("state", "another session").await, StateMatch::Foreign));
    assert!(matches!(take("another state", "the session").await, StateMatch::Foreign));
    let StateMatch::Taken(taken) = take("state", "the session").await else { panic!("it was waiting") };
    assert_eq!((taken.id, taken.stage), (id, Stage::Exchanging));
    assert!(matches!(take("state", "the session").await, StateMatch::Again(_)));
}

async fn a_state_is_late_after_two_hours(kind: Kind) {
    let room = Room::open(kind).await;
    room.signup(&room.ana().await, "state").await;
    room.clock.advance(2 * HOUR + MINUTE);
    assert!(matches!(room.store.take_state("state", "the session").await.unwrap(), StateMatch::Late(_)));
}

async fn only_one_of_many_callbacks_takes_the_state(kind: Kind) {
    let room = Room::open(kind).await;
    room.signup(&room.ana().await, "state").await;
    let callbacks = (0..8).map(|_| {
        let store = room.store.clone();
        tokio::spawn(async move { store.take_state("state", "the session").await.unwrap() })
    });
    let (mut taken, mut again) = (0, 0);
    for callback in callbacks.collect::<Vec<_>>() {
        match callback.await.unwrap() {
            StateMatch::Taken(_) => taken += 1,
            StateMatch::Again(_) => again += 1,
            StateMatch::Late(_) | StateMatch::Foreign => panic!("it is this session's own"),
        }
    }
    assert_eq!((taken, again), (1, 7));
}

async fn a_run_is_written_by_whoever_knows_its_stage(kind: Kind) {
    let room = Room::open(kind).await;
    let ana = room.ana().await;
    let id = room.signup(&ana, "state").await;
    let mut signup = room.read(&id).await;
    signup.stage = Stage::Running;
    assert!(!room.store.update_signup(&signup, Stage::Exchanging).await.unwrap());
    assert_eq!(room.read(&id).await.stage, Stage::Waiting);
    let hint = Hint { waba: Some(WabaId::new("1041")), ..Hint::default() };
    room.store.put_signup_hint(&id, &hint).await.unwrap();
    assert!(room.store.update_signup(&signup, Stage::Waiting).await.unwrap());
    let read = room.read(&id).await;
    assert_eq!(read.findings.hint, Some(hint), "a hint that came meanwhile stays");
    assert_eq!(room.store.newest_signup(&ana.id).await.unwrap().unwrap().id, id);
    let other = room.store.add_workspace("other", "Other").await.unwrap();
    assert!(room.store.find_signup(&other, &id).await.unwrap().is_none());
}

async fn time_closes_what_nobody_finishes(kind: Kind) {
    let room = Room::open(kind).await;
    let ana = room.ana().await;
    let (waiting, exchanging) = (room.signup(&ana, "one").await, room.signup(&ana, "two").await);
    let (asking, running) = (room.signup(&ana, "three").await, room.signup(&ana, "four").await);
    room.store.take_state("two", "the session").await.unwrap();
    for (id, stage) in [(&asking, Stage::NoNumber), (&running, Stage::Running)] {
        room.go_on(id, stage, "a token").await;
    }
    room.store.close_overdue_signups().await.unwrap();
    assert_eq!(room.read(&waiting).await.stage, Stage::Waiting);
    room.clock.advance(46 * SECOND);
    room.store.close_overdue_signups().await.unwrap();
    let cut_off = room.read(&exchanging).await;
    assert_eq!(cut_off.stage, Stage::Failed);
    assert_eq!(cut_off.problem.unwrap().code, "signup_cut_off");
    room.clock.advance(2 * HOUR);
    room.store.close_overdue_signups().await.unwrap();
    assert_eq!(room.read(&waiting).await.stage, Stage::Abandoned);
    assert_eq!(room.read(&asking).await.stage, Stage::NoNumber, "a number may take days at Meta");
    room.clock.advance(7 * DAY);
    room.store.close_overdue_signups().await.unwrap();
    assert_eq!(room.read(&asking).await.stage, Stage::Abandoned);
    assert!(room.store.open_signup_token(&asking).await.unwrap().is_none());
    assert_eq!(room.read(&running).await.stage, Stage::Running);
    assert!(room.store.open_signup_token(&running).await.unwrap().is_some());
}

async fn secrets_of_a_run_are_sealed_and_erased(kind: Kind) {
    let room = Room::open(kind).await;
    let id = room.signup(&room.ana().await, "the state that Meta echoes").await;
    room.go_on(&id, Stage::Running, "EAAG-a-token-on-its-way").await;
    room.store.put_signup_input(&id, Some(&"908172".into())).await.unwrap();
    let loot = room.database.loot().await;
    for secret in ["EAAG-a-token", "the state that"] {
        assert!(!loot.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
    }
    let token = room.store.open_signup_token(&id).await.unwrap().unwrap();
    assert_eq!(token.expose_secret(), "EAAG-a-token-on-its-way");
    assert_eq!(room.store.open_signup_input(&id).await.unwrap().unwrap().expose_secret(), "908172");
    let run = Signup { stage: Stage::Failed, ..room.read(&id).await };
    assert!(room.store.update_signup(&run, Stage::Running).await.unwrap());
    assert!(room.store.open_signup_token(&id).await.unwrap().is_none());
    assert!(room.store.open_signup_input(&id).await.unwrap().is_none());
}

async fn a_run_goes_on_with_its_token_and_its_job_or_not_at_all(kind: Kind) {
    let room = Room::open(kind).await;
    let id = room.signup(&room.ana().await, "state").await;
    assert!(room.go_on(&id, Stage::Running, "the first token").await);
    assert_eq!(room.store.count_open_jobs().await.unwrap(), 1);
    assert!(!room.go_on(&id, Stage::Running, "the second token").await, "it does not wait any more");
    assert_eq!(room.store.open_signup_token(&id).await.unwrap().unwrap().expose_secret(), "the first token");
    assert_eq!(room.store.count_open_jobs().await.unwrap(), 1);
}
