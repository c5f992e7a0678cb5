//! Which cores the program's threads may use, as Linux tells it.

use super::kills::{admin, log_in};
use super::server::{Place, Server};
use crate::support::Kind;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::thread::available_parallelism;

both!(each_worker_has_a_core_and_nobody_else_is_held, other_than_one_for_each_core_go_where_there_is_room);

/// From the kernel's status of a thread: the list of its cores, as `0-1` or `0,2`.
fn cores_of(thread: PathBuf) -> Option<String> {
    // It may have ended.
    let status = fs::read_to_string(thread.join("status")).ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    Some(list.trim().to_owned())
}

fn all_cores() -> String {
    cores_of("/proc/thread-self".into()).unwrap()
}

fn cores_of_all(server: &Server) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{}/task", server.id())).unwrap();
    threads.filter_map(|thread| cores_of(thread.unwrap().path())).collect()
}

/// Hashes a password and reads from the database, both of which begin threads.
async fn visit(kind: Kind, more: &[(&str, &str)]) -> Vec<String> {
    let place = Place::new(kind).await;
    let browser = admin(&place).await;
    let server = place.serve(more);
    log_in(&browser).await;
    assert_eq!(browser.get("/core/whatsapp-api/messages").await.status, 200);
    cores_of_all(&server)
}

async fn each_worker_has_a_core_and_nobody_else_is_held(kind: Kind) {
    let (all, workers) = (all_cores(), available_parallelism().unwrap().get());
    let threads = visit(kind, &[]).await;
    let held: Vec<&String> = threads.iter().filter(|cores| **cores != all).collect();
    // On a single core, and within a share of a machine, all go where the system puts them.
    let expected = if workers > 1 && workers == number_of(&all) { workers } else { 0 };
    assert_eq!(held.len(), expected, "{threads:?}");
    assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), expected, "no two on the same: {threads:?}");
    assert!(held.iter().all(|cores| number_of(cores) == 1), "{threads:?}");
    assert!(threads.len() > held.len() + 1, "others than the workers and the first were begun: {threads:?}");
}

async fn other_than_one_for_each_core_go_where_there_is_room(kind: Kind) {
    let all = all_cores();
    let more = available_parallelism().unwrap().get() + 1;
    let threads = visit(kind, &[("TOKIO_WORKER_THREADS", &more.to_string())]).await;
    assert!(threads.len() > more && threads.iter().all(|cores| *cores == all), "{threads:?}");
}

/// Of cores in a list: `0-1,4` are three.
fn number_of(list: &str) -> usize {
    let ends = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        (first.parse::<usize>().unwrap(), last.parse::<usize>().unwrap())
    };
    list.split(',').map(ends).map(|(first, last)| last - first + 1).sum()
}
