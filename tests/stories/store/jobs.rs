//! Background work: leased, postponed, laid aside, never done twice at once.

use super::Room;
use crate::support::Kind;
use greentick::domain::instant::{MINUTE, SECOND};
use greentick::server::store::{Job, JobKind, NewJob, asked};
use serde_json::json;
use std::collections::HashSet;

both!(
    a_job_is_leased_renewed_and_taken_over_from_a_silent_worker,
    two_workers_never_take_the_same_job,
    two_jobs_of_one_subject_never_run_at_once,
    a_waiting_job_is_unique_and_made_due_again,
    a_postponed_job_comes_back_and_a_dead_one_does_not,
    a_postponed_job_gives_way_to_a_newer_one,
    what_somebody_waits_for_goes_before_checks_that_come_round,
    finished_jobs_are_purged_and_dead_ones_kept,
    a_start_takes_over_what_a_dead_process_held,
);

impl Room {
    async fn add(&self, kind: JobKind, subject: &str) {
        self.store.add_job(NewJob { kind, subject, payload: json!({"for": subject}) }).await.unwrap();
    }

    async fn take(&self, worker: &str) -> Option<Job> {
        self.store.take_job(worker).await.unwrap()
    }

    async fn states(&self) -> Vec<String> {
        self.database.texts("select state from jobs order by state").await
    }
}

async fn a_job_is_leased_renewed_and_taken_over_from_a_silent_worker(kind: Kind) {
    let room = Room::open(kind).await;
    let mut moved = room.store.watch_jobs();
    room.add(JobKind::RefreshToken, "c1").await;
    assert!(moved.has_changed().unwrap(), "workers are told");
    moved.mark_unchanged();
    let job = room.take("a").await.unwrap();
    assert_eq!((job.kind, job.subject.as_str(), job.attempts), (JobKind::RefreshToken, "c1", 0));
    assert_eq!(job.payload, json!({"for": "c1"}));
    assert!(room.take("b").await.is_none());
    room.clock.advance(50 * SECOND);
    assert!(room.store.renew_lease(&job.id, "a").await.unwrap());
    room.clock.advance(50 * SECOND);
    assert!(room.take("b").await.is_none(), "the lease was renewed");
    room.clock.advance(11 * SECOND);
    assert_eq!(room.take("b").await.unwrap().id, job.id, "the worker has gone silent");
    assert!(!room.store.renew_lease(&job.id, "a").await.unwrap());
    room.store.finish_job(&job.id, "a").await.unwrap();
    assert_eq!(room.store.count_open_jobs().await.unwrap(), 1, "what a has lost, a cannot finish");
    room.store.finish_job(&job.id, "b").await.unwrap();
    assert_eq!(room.store.count_open_jobs().await.unwrap(), 0);
    assert!(moved.has_changed().unwrap(), "whoever waits for it is told");
}

async fn two_workers_never_take_the_same_job(kind: Kind) {
    let room = Room::open(kind).await;
    for number in 0..40 {
        room.add(JobKind::CheckConnection, &format!("c{number}")).await;
    }
    let workers = (0..8).map(|worker| {
        let store = room.store.clone();
        tokio::spawn(async move {
            let mut taken = Vec::new();
            // One that looks while others hold the rows may come back with nothing although there is more.
            for _ in 0..20 {
                taken.extend(store.take_job(&format!("w{worker}")).await.unwrap().map(|job| job.id));
            }
            taken
        })
    });
    let mut taken = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        taken.extend(worker.await.unwrap());
    }
    assert_eq!(taken.len(), 40);
    assert_eq!(taken.iter().map(ToString::to_string).collect::<HashSet<_>>().len(), 40);
}

async fn two_jobs_of_one_subject_never_run_at_once(kind: Kind) {
    let room = Room::open(kind).await;
    for round in 0..20 {
        let subject = format!("c{round}");
        room.add(JobKind::CheckConnection, &subject).await;
        room.add(JobKind::RefreshToken, &subject).await;
        room.add(JobKind::ReleaseNumber, &subject).await;
        let workers = (0..6).map(|worker| {
            let store = room.store.clone();
            tokio::spawn(async move { store.take_job(&format!("w{worker}")).await.unwrap() })
        });
        let mut taken = Vec::new();
        for worker in workers.collect::<Vec<_>>() {
            taken.extend(worker.await.unwrap());
        }
        assert_eq!(taken.len(), 1, "round {round}");
        // The others get their turn, one after the other.
        for _ in 0..3 {
            let Some(job) = taken.pop() else { break };
            for worker in 0..6 {
                room.store.finish_job(&job.id, &format!("w{worker}")).await.unwrap();
            }
            taken.extend(room.take("w0").await);
        }
        assert_eq!(room.store.count_open_jobs().await.unwrap(), 0);
    }
}

async fn a_waiting_job_is_unique_and_made_due_again(kind: Kind) {
    let room = Room::open(kind).await;
    room.add(JobKind::CheckConnection, "c1").await;
    let newer = NewJob { kind: JobKind::CheckConnection, subject: "c1", payload: json!({"newer": true}) };
    room.store.add_job(newer).await.unwrap();
    assert_eq!(room.store.count_open_jobs().await.unwrap(), 1);
    let job = room.take("a").await.unwrap();
    assert_eq!(job.payload, json!({"newer": true}));
    room.add(JobKind::CheckConnection, "c1").await;
    assert_eq!(
        room.store.count_open_jobs().await.unwrap(),
        2,
        "one that runs does not stand for one that is asked for"
    );
    room.store.finish_job(&job.id, "a").await.unwrap();
    let later = room.clock.now().plus(MINUTE);
    let second = room.take("a").await.unwrap();
    room.store.postpone_job(&second.id, "a", "down", Some(later)).await.unwrap();
    assert!(room.take("a").await.is_none());
    room.add(JobKind::CheckConnection, "c1").await;
    assert_eq!(room.take("a").await.unwrap().id, second.id, "asked for again: due at once");
}

async fn a_postponed_job_comes_back_and_a_dead_one_does_not(kind: Kind) {
    let room = Room::open(kind).await;
    room.add(JobKind::ReleaseNumber, "c1").await;
    let job = room.take("a").await.unwrap();
    let later = room.clock.now().plus(MINUTE);
    room.store.postpone_job(&job.id, "a", "meta_down", Some(later)).await.unwrap();
    assert!(room.take("a").await.is_none());
    room.clock.advance(MINUTE + SECOND);
    let again = room.take("a").await.unwrap();
    assert_eq!((again.id.clone(), again.attempts), (job.id, 1));
    room.store.postpone_job(&again.id, "a", "meta_down", None).await.unwrap();
    room.clock.advance(60 * MINUTE);
    assert!(room.take("a").await.is_none());
    assert_eq!(room.states().await, ["dead"]);
}

async fn a_postponed_job_gives_way_to_a_newer_one(kind: Kind) {
    let room = Room::open(kind).await;
    room.add(JobKind::RefreshToken, "c1").await;
    let job = room.take("a").await.unwrap();
    room.add(JobKind::RefreshToken, "c1").await;
    let later = room.clock.now().plus(MINUTE);
    room.store.postpone_job(&job.id, "a", "meta_down", Some(later)).await.unwrap();
    assert_eq!(room.states().await, ["done", "waiting"]);
}

async fn what_somebody_waits_for_goes_before_checks_that_come_round(kind: Kind) {
    let room = Room::open(kind).await;
    let check = async |subject: &str, payload: serde_json::Value| {
        room.store.add_job(NewJob { kind: JobKind::CheckConnection, subject, payload }).await.unwrap();
        room.clock.advance(SECOND);
    };
    for subject in ["c1", "c2", "c3"] {
        check(subject, json!({})).await;
    }
    check("c3", asked()).await;
    room.add(JobKind::RefreshToken, "c4").await;
    room.clock.advance(SECOND);
    // Due by itself as well: somebody waits for it all the same.
    check("c3", json!({})).await;
    let mut taken = Vec::new();
    while let Some(job) = room.take("a").await {
        taken.push(job.subject);
    }
    assert_eq!(taken, ["c4", "c3", "c1", "c2"]);
}

async fn finished_jobs_are_purged_and_dead_ones_kept(kind: Kind) {
    let room = Room::open(kind).await;
    for subject in ["c1", "c2", "c3"] {
        room.add(JobKind::CheckConnection, subject).await;
    }
    let (first, second) = (room.take("a").await.unwrap(), room.take("a").await.unwrap());
    room.store.finish_job(&first.id, "a").await.unwrap();
    room.store.postpone_job(&second.id, "a", "broken", None).await.unwrap();
    room.store.purge_jobs(room.clock.now().plus(-MINUTE)).await.unwrap();
    assert_eq!(room.states().await, ["dead", "done", "waiting"]);
    room.clock.advance(2 * MINUTE);
    room.store.purge_jobs(room.clock.now().plus(-MINUTE)).await.unwrap();
    assert_eq!(room.states().await, ["dead", "waiting"]);
}

async fn a_start_takes_over_what_a_dead_process_held(kind: Kind) {
    let room = Room::open(kind).await;
    let until = room.clock.now().plus(2 * MINUTE);
    room.add(JobKind::RefreshToken, "c1").await;
    room.take("dead").await.unwrap();
    let parts = ["interpreter", "purger", "backup"];
    for part in parts {
        assert!(room.store.hold(part, "dead", until).await.unwrap());
        assert!(!room.store.hold(part, "new", until).await.unwrap(), "{part}");
    }
    room.store.take_over_from_a_dead_process().await.unwrap();
    // On Postgres it may be another node, alive.
    let alone = kind == Kind::Sqlite;
    for part in parts {
        assert_eq!(room.store.hold(part, "new", until).await.unwrap(), alone, "{part}");
    }
    assert_eq!(room.take("new").await.is_some(), alone);
}
