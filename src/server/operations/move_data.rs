//! Carries all data into another database, of either kind. The source stays as it is until the target is whole; then it says
//! where its data went, and nobody goes on there by mistake.

use super::back_up::{ON_THE_WAY, Progress, Told};
use super::restore::served;
use crate::domain::instant::Instant;
use crate::server::archive::ArchiveError;
use crate::server::config::DatabaseUrl;
use crate::server::store::{Filling, FoundData, Hold, InUse, Inventory, Moved, Schema, StoreError, new_id};
use tokio::sync::mpsc;

#[derive(Debug)]
pub struct MovedData {
    pub inventory: Inventory,
    /// Where the data lies that the target held before.
    pub kept: Option<String>,
    /// An earlier move had come to its end but for the mark on the source.
    pub was_there: bool,
}

/// Both databases must be free of servers.
pub async fn move_data(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    replace: bool,
    now: Instant,
    told: Told<'_>,
) -> Result<MovedData, ArchiveError> {
    let Some(_from_alone) = InUse::claim(from, Hold::Alone).await? else { return Err(served(from).into()) };
    let Some(_to_alone) = InUse::claim(to, Hold::Alone).await? else {
        return Err(if same_place(from, to) { same() } else { served(to).into() });
    };
    let source = FoundData::open(from).await?;
    match source.schema().await? {
        Schema::New => return Err(refused(format!("there is nothing to move in {}", FoundData::name_of(from)))),
        Schema::Ahead(used_by) => return Err(StoreError::newer(used_by.as_deref()).into()),
        Schema::Current | Schema::Behind(_) => {}
    }
    if let Some(moved) = source.find_moved().await? {
        return Err(gone(&moved).into());
    }
    let moved = Moved { at: now, to: FoundData::name_of(to) };
    if !replace && arrived_before(&source, to).await? {
        let inventory = source.snapshot().await?.inventory().clone();
        source.mark_moved(Some(&moved)).await?;
        return Ok(MovedData { inventory, kept: None, was_there: true });
    }
    source.begin_move(&new_id(now)).await?;
    let snapshot = source.snapshot().await?;
    let inventory = snapshot.inventory().clone();
    let mut filling = Filling::begin(to, &inventory, replace, now).await?;
    let (read, mut batches) = mpsc::channel(ON_THE_WAY);
    let sending = tokio::spawn(snapshot.send(read));
    let mut done = 0;
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        done += batch.rows.len() as u64;
        let what = inventory.tables[batch.table].table.name.clone();
        filling.put(batch).await?;
        told(Progress { what, done, all: inventory.rows() });
    }
    sending.await.map_err(|error| refused(format!("reading was broken off: {error}")))?;
    let filled = filling.finish(&[("moved", None), ("interpreter", None), ("upgrading", None)], now).await?;
    source.mark_moved(Some(&moved)).await?;
    Ok(MovedData { inventory, kept: filled.kept, was_there: false })
}

/// Takes the mark of a move away: from now on the source may be served from again.
pub async fn take_back(from: &DatabaseUrl) -> Result<Moved, ArchiveError> {
    let source = FoundData::open(from).await?;
    let moved = source.find_moved().await?;
    let moved = moved.ok_or_else(|| refused(format!("nothing was moved away from {}", FoundData::name_of(from))))?;
    source.mark_moved(None).await?;
    Ok(moved)
}

/// Why nobody goes on with data that went elsewhere.
pub fn gone(moved: &Moved) -> StoreError {
    StoreError::Refused(format!(
        "this data was moved to {} on {}. Set DATABASE_URL to that database. To go on here all the same, without what has happened there \
         since, run `greentick move --undo`.",
        moved.to,
        moved.at.date_time()
    ))
}

/// The target holds what this very move has brought, and neither was used since: it was cut short before its very last step.
/// Data that itself went elsewhere is older than what it would be taken for.
async fn arrived_before(source: &FoundData, to: &DatabaseUrl) -> Result<bool, ArchiveError> {
    if let DatabaseUrl::Sqlite(path) = to
        && !path.exists()
    {
        return Ok(false);
    }
    let Some(begun) = source.find_move().await? else { return Ok(false) };
    let target = FoundData::open(to).await?;
    Ok(target.find_move().await?.is_some_and(|came| came == begun) && target.find_moved().await?.is_none())
}

fn same_place(from: &DatabaseUrl, to: &DatabaseUrl) -> bool {
    match (from, to) {
        (DatabaseUrl::Sqlite(from), DatabaseUrl::Sqlite(to)) => from.canonicalize().ok() == to.canonicalize().ok(),
        _ => FoundData::name_of(from) == FoundData::name_of(to),
    }
}

fn same() -> ArchiveError {
    refused("the data is there already: that is the same database".to_owned())
}

fn refused(why: String) -> ArchiveError {
    ArchiveError::Refused(why)
}
