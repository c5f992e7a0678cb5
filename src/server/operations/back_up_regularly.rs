//! Backups by themselves, into a folder: one node makes them, the newest are kept, and a failure is said until one succeeds.

use super::back_up::{ENDING, back_up, silently, stamp};
use super::{Failure, Services};
use crate::domain::backups::{BackupFailure, BackupMade, BackupPlan, BackupRecord, BackupsPage};
use crate::domain::ids::WorkspaceId;
use crate::domain::instant::{HOUR, Instant, MINUTE};
use crate::domain::problem::Problem;
use crate::server::archive::{ArchiveError, check_room, remove_abandoned};
use crate::server::config::BackupSettings;
use std::path::Path;
use std::time::Duration;

const LEASE: &str = "backup";
/// A node that has been silent for this long loses its turn.
const HELD: i64 = 2 * MINUTE;
const RENEW_EVERY: Duration = Duration::from_secs(40);
/// After a failure.
const AGAIN_AFTER: i64 = 15 * MINUTE;

/// Makes a backup when one is due and no other node is at it. After a start one is tried as well when the last has failed, or
/// when the folder takes no file: that must not come out only when the next is due.
pub async fn back_up_when_due(services: &Services, node: &str, just_started: bool) -> Result<(), Failure> {
    let Some(settings) = &services.backups else { return Ok(()) };
    let (store, clock) = (&services.store, &services.clock);
    let record = store.find_backup_record().await?;
    let is_doubtful = || record.failure.is_some() || try_to_write(&settings.folder).is_err();
    let is_wanted = is_due(&record, settings, clock.now()) || (just_started && is_doubtful());
    if !is_wanted {
        return Ok(());
    }
    if !store.hold(LEASE, node, clock.now().plus(HELD)).await? {
        return Ok(());
    }
    let making = make(services, settings);
    let renewing = async {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            // If it is lost, two backups are made: no harm.
            let _ = store.hold(LEASE, node, clock.now().plus(HELD)).await;
        }
    };
    let made = tokio::select! {
        made = making => made,
        () = renewing => return Ok(()),
    };
    let mut record = store.find_backup_record().await?;
    let now = clock.now();
    match made {
        Ok(made) => {
            tracing::info!(file = %made.file, bytes = made.bytes, rows = made.rows, "a backup was made");
            record = BackupRecord { by_itself_at: Some(made.at), made: Some(made), failure: None };
        }
        Err(error) => {
            tracing::error!(%error, folder = %settings.folder.display(), "the backup failed; it is tried again in 15 minutes");
            let since = record.failure.map_or(now, |failure| failure.since);
            record.failure = Some(BackupFailure { since, tried_at: now, why: error.to_string() });
        }
    }
    store.put_backup_record(&record).await?;
    store.hold(LEASE, node, now).await?;
    Ok(())
}

fn is_due(record: &BackupRecord, settings: &BackupSettings, now: Instant) -> bool {
    // A clock that was ahead has noted a time that is yet to come.
    let is_past = |at: Instant, rest: i64| at > now || now.since(at) >= rest;
    match &record.failure {
        Some(failure) => is_past(failure.tried_at, AGAIN_AFTER),
        None => record.by_itself_at.is_none_or(|at| is_past(at, settings.every)),
    }
}

/// Makes the folder, and leaves nothing in it.
fn try_to_write(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join(".write-test");
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe))
}

async fn make(services: &Services, settings: &BackupSettings) -> Result<BackupMade, ArchiveError> {
    let now = services.clock.now();
    try_to_write(&settings.folder).map_err(|error| ArchiveError::folder(&settings.folder, error))?;
    let begin = beginning(&services.settings.public_url);
    let tidied = remove_abandoned(&settings.folder, &begin);
    let last = services.store.find_backup_record().await?.made.map_or(0, |made| made.bytes);
    check_room(&settings.folder, last)?;
    let file = settings.folder.join(format!("{begin}{}{ENDING}", stamp(now)));
    let done = back_up(&services.store.data(), &file, now, None, &silently).await?;
    // A backup that was made is made, whatever stays lying around.
    if let Err(error) = tidied.and_then(|()| keep_newest(settings, &begin, now)) {
        tracing::warn!(%error, folder = %settings.folder.display(), "old backups could not be removed");
    }
    let rows = done.manifest.inventory.rows();
    Ok(BackupMade { at: now, file: file.display().to_string(), bytes: done.bytes, rows })
}

/// What backups by themselves left that were killed.
pub fn remove_unfinished_backups(settings: &BackupSettings, public_url: &str) -> std::io::Result<()> {
    if settings.folder.is_dir() { remove_abandoned(&settings.folder, &beginning(public_url)) } else { Ok(()) }
}

/// Removes the oldest that Greentick itself has named so.
fn keep_newest(settings: &BackupSettings, begin: &str, now: Instant) -> std::io::Result<()> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&settings.folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    for old in too_many(names, begin, settings.keep, now) {
        std::fs::remove_file(settings.folder.join(old))?;
    }
    Ok(())
}

/// Those to remove, by the time in their names: what was made by a clock that was ahead is not newer than today's.
fn too_many(names: Vec<String>, begin: &str, keep: usize, now: Instant) -> Vec<String> {
    let now = stamp(now);
    let mut made: Vec<(bool, String)> = names
        .into_iter()
        .filter_map(|name| {
            let is_past = stamp_in(&name, begin)? <= now.as_str();
            Some((is_past, name))
        })
        .collect();
    made.sort();
    made.truncate(made.len().saturating_sub(keep.max(1)));
    made.into_iter().map(|(_, name)| name).collect()
}

/// `20261120T184512Z`, where there is nothing else between the beginning and the end of the name.
fn stamp_in<'a>(name: &'a str, begin: &str) -> Option<&'a str> {
    const SHAPE: &[u8] = b"00000000T000000Z";
    let stamp = name.strip_prefix(begin)?.strip_suffix(ENDING)?;
    let fits = |(byte, shape): (u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == *shape };
    (stamp.len() == SHAPE.len() && stamp.bytes().zip(SHAPE).all(fits)).then_some(stamp)
}

/// How the names of these backups begin: `greentick-chat.example.org_`. Two installations that share a folder leave each
/// other's alone.
fn beginning(public_url: &str) -> String {
    let address = public_url.split_once("://").map_or(public_url, |(_, address)| address);
    let address: String = address
        .chars()
        .map(|letter| if letter == '.' || letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    format!("greentick-{address}_")
}

/// Settings › Backups.
pub async fn show_backups(services: &Services, workspace: &WorkspaceId) -> Result<BackupsPage, Failure> {
    only_the_first(services, workspace).await?;
    let plan = services.backups.as_ref().map(|settings| BackupPlan {
        folder: settings.folder.display().to_string(),
        every_hours: settings.every / HOUR,
        keep: settings.keep,
    });
    Ok(BackupsPage {
        now: services.clock.now(),
        plan,
        record: services.store.find_backup_record().await?,
        key_fingerprint: services.store.fingerprint_of_key()?,
    })
}

/// The data belongs to the installation: only whoever runs it, the first workspace, looks after it.
pub(super) async fn only_the_first(services: &Services, workspace: &WorkspaceId) -> Result<(), Failure> {
    if services.store.is_first_workspace(workspace).await? { Ok(()) } else { Err(not_yours().into()) }
}

fn not_yours() -> Problem {
    Problem::new(
        "not_allowed",
        "Backups belong to the whole installation.",
        "Admins of its first workspace look after them.",
        "Ask whoever runs this installation.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_installation_takes_anothers_backups_for_its_own() {
        assert_eq!(beginning("https://chat.example.org"), "greentick-chat.example.org_");
        let names = ["http://a.org", "http://a.org:8080", "http://b.a.org", "http://[::1]:3000"].map(beginning);
        for (at, name) in names.iter().enumerate() {
            assert!(names.iter().enumerate().all(|(other, begin)| other == at || !name.starts_with(begin)), "{name}");
        }
    }

    #[test]
    fn the_newest_stay_and_whatever_bears_another_name() {
        let begin = "greentick-a.org_";
        let made = |stamp: &str| format!("{begin}{stamp}{ENDING}");
        let days = |days: &[&str]| days.iter().map(|day| made(&format!("202611{day}T184512Z"))).collect::<Vec<_>>();
        // 20 November 2026, 20:00.
        let now = Instant(1_795_204_800_000);
        assert_eq!(stamp(now), "20261120T200000Z");
        assert_eq!(too_many(days(&["20", "18", "19"]), begin, 2, now), days(&["18"]));
        assert_eq!(too_many(days(&["20", "21", "28"]), begin, 2, now), days(&["21"]), "a clock was ahead");
        assert_eq!(too_many(days(&["18", "21"]), begin, 0, now), days(&["21"]), "one stays");
        let others = ["before-the-move", "2026", "20261120T184512Z-1", "20261120 184512Z"].map(made);
        let others = [&others[..], &["greentick-b.org_20201120T184512Z.greentick.gz".to_owned()]].concat();
        assert_eq!(too_many([others, days(&["19"])].concat(), begin, 1, now), Vec::<String>::new());
    }

    #[test]
    fn a_failed_backup_is_tried_again_before_the_next_is_due() {
        let settings = BackupSettings { folder: "backups".into(), every: 24 * HOUR, keep: 7 };
        let now = Instant(100 * HOUR);
        let last = |ago: i64| BackupRecord { by_itself_at: Some(now.plus(-ago)), ..BackupRecord::default() };
        assert!(is_due(&BackupRecord::default(), &settings, now));
        assert!(!is_due(&last(23 * HOUR), &settings, now) && is_due(&last(24 * HOUR), &settings, now));
        let failed = |ago: i64| {
            let failure = BackupFailure { since: now.plus(-HOUR), tried_at: now.plus(-ago), why: "full".to_owned() };
            BackupRecord { failure: Some(failure), ..last(25 * HOUR) }
        };
        assert!(!is_due(&failed(14 * MINUTE), &settings, now) && is_due(&failed(15 * MINUTE), &settings, now));
        // The last one is young, but the folder is another since.
        let elsewhere = BackupRecord { by_itself_at: Some(now.plus(-HOUR)), ..failed(15 * MINUTE) };
        assert!(is_due(&elsewhere, &settings, now));
        // The clock was ahead.
        assert!(is_due(&last(-HOUR), &settings, now) && is_due(&failed(-HOUR), &settings, now));
    }
}
