//! Takes deliveries in and says of each when it is kept: many at a time, in one commit. While one group is written the
//! next one gathers, so the groups grow with the load.

use super::delivery_writer::DeliveryWriter;
use super::{NewDelivery, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::join;
use tokio::sync::{Mutex, MutexGuard, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::yield_now;
use tokio::time::timeout;

/// Bytes of bodies in memory, those that are still being read included. Beyond that, senders are told to come again.
const ROOM: usize = 64 * 1024 * 1024;
/// Deliveries that may wait to be kept.
const LINE: usize = 4_096;
/// What one commit holds at most. SQLite learns a statement for each number of rows.
const GROUP: usize = 128;
const GROUP_BYTES: usize = 8 * 1024 * 1024;
/// After a failure, how often it is tried whether deliveries can be kept again.
const TRY_EVERY: Duration = Duration::from_secs(1);

/// Why a delivery was not kept. Its sender is told to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKept {
    /// Too many wait already.
    Full,
    /// The database refused.
    Failed,
}

/// Space for one body, given back when it is dropped.
#[derive(Debug)]
pub struct Room {
    all: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Takes space for that many more bytes.
    pub fn grow(&mut self, bytes: usize) -> Result<(), NotKept> {
        let bytes = u32::try_from(bytes).map_err(|_| NotKept::Full)?;
        let more = self.all.clone().try_acquire_many_owned(bytes).map_err(|_| NotKept::Full)?;
        match &mut self.held {
            Some(held) => held.merge(more),
            held => *held = Some(more),
        }
        Ok(())
    }
}

struct Waiting {
    delivery: NewDelivery,
    room: Room,
    kept: oneshot::Sender<bool>,
}

/// Cheap to clone. Once the last clone is dropped, what waits is still kept.
#[derive(Clone)]
pub struct Intake {
    line: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    health: Arc<Health>,
}

#[derive(Default)]
struct Health {
    failing: AtomicBool,
    /// Counts the deliveries that were kept.
    kept: AtomicU64,
    arrived: watch::Sender<()>,
}

impl Intake {
    /// Starts to write for this store.
    pub fn open(store: &Store) -> Self {
        let (line, waiting) = mpsc::channel(LINE);
        let (waiting, health) = (Arc::new(Mutex::new(waiting)), Arc::<Health>::default());
        for writer in DeliveryWriter::all(store) {
            tokio::spawn(write(writer, waiting.clone(), health.clone()));
        }
        Self { line, room: Arc::new(Semaphore::new(ROOM)), health }
    }

    pub fn room(&self) -> Room {
        Room { all: self.room.clone(), held: None }
    }

    /// Returns when the delivery is on the disk, or will not be.
    pub async fn keep(&self, delivery: NewDelivery, room: Room) -> Result<(), NotKept> {
        let (kept, answer) = oneshot::channel();
        self.line.try_send(Waiting { delivery, room, kept }).map_err(|_| NotKept::Full)?;
        if answer.await.unwrap_or(false) { Ok(()) } else { Err(NotKept::Failed) }
    }

    /// The last thing that was written did not reach the disk.
    pub fn is_failing(&self) -> bool {
        self.health.failing.load(Ordering::Relaxed)
    }

    /// Deliveries kept since the start.
    pub fn kept(&self) -> u64 {
        self.health.kept.load(Ordering::Relaxed)
    }

    /// Changes whenever deliveries were kept.
    pub fn watch(&self) -> watch::Receiver<()> {
        self.health.arrived.subscribe()
    }
}

/// Until nobody can bring anything any more. Whoever brought the group before is answered while the next one is on its way
/// to the disk: otherwise those who bring and the disk would wait for each other, by turns.
async fn write(mut writer: DeliveryWriter, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>, health: Arc<Health>) {
    let mut before = Answers::default();
    loop {
        writer.make_way();
        let group = match take(&waiting) {
            Some(group) => group,
            None => {
                before.give();
                // Whoever waits for a first delivery does so without a connection.
                writer.rest();
                match gather(&waiting, &writer, &health).await {
                    Some(group) => group,
                    None => return,
                }
            }
        };
        let Group { deliveries, senders } = group;
        let (written, ()) = join!(writer.keep(deliveries), async { before.give() });
        let kept = health.note(written);
        if kept {
            health.kept.fetch_add(senders.len() as u64, Ordering::Relaxed);
            health.arrived.send_replace(());
        }
        before = Answers { senders, kept };
    }
}

/// Who waits to hear of a group, and the room that it takes until then.
type Senders = Vec<(oneshot::Sender<bool>, Room)>;

/// What is still to be said of a group.
#[derive(Default)]
struct Answers {
    senders: Senders,
    kept: bool,
}

impl Answers {
    fn give(&mut self) {
        for (sender, _room) in self.senders.drain(..) {
            // Whoever brought it may have hung up.
            let _ = sender.send(self.kept);
        }
    }
}

#[derive(Default)]
struct Group {
    deliveries: Vec<NewDelivery>,
    senders: Senders,
}

impl Group {
    /// This delivery and those that wait behind it, as far as they fit.
    fn beginning_with(first: Waiting, line: &mut mpsc::Receiver<Waiting>) -> Self {
        let (mut group, mut bytes) = (Self::default(), 0);
        let mut next = Some(first);
        while let Some(Waiting { delivery, room, kept }) = next {
            bytes += delivery.body.len();
            group.deliveries.push(delivery);
            group.senders.push((kept, room));
            let full = group.deliveries.len() >= GROUP || bytes >= GROUP_BYTES;
            next = if full { None } else { line.try_recv().ok() };
        }
        group
    }
}

/// What waits at this moment.
fn take(waiting: &Mutex<mpsc::Receiver<Waiting>>) -> Option<Group> {
    let mut line = waiting.try_lock().ok()?;
    let first = line.try_recv().ok()?;
    Some(Group::beginning_with(first, &mut line))
}

/// What comes next. `None` when nothing will.
async fn gather(waiting: &Mutex<mpsc::Receiver<Waiting>>, writer: &DeliveryWriter, health: &Health) -> Option<Group> {
    let (mut line, first) = loop {
        if !health.failing.load(Ordering::Relaxed) {
            break first_of(waiting).await?;
        }
        // Without deliveries nothing would ever tell that writing works again.
        match timeout(TRY_EVERY, first_of(waiting)).await {
            Ok(first) => break first?,
            Err(_) => health.note(writer.try_to_keep().await),
        };
    };
    // Whoever has read their body but not come to this line yet is let in.
    yield_now().await;
    Some(Group::beginning_with(first, &mut line))
}

async fn first_of(
    waiting: &Mutex<mpsc::Receiver<Waiting>>,
) -> Option<(MutexGuard<'_, mpsc::Receiver<Waiting>>, Waiting)> {
    let mut line = waiting.lock().await;
    let first = line.recv().await?;
    Some((line, first))
}

impl Health {
    fn note(&self, written: super::Result<()>) -> bool {
        let failed = written.is_err();
        let before = self.failing.swap(failed, Ordering::Relaxed);
        match written {
            Err(error) => tracing::error!(%error, "deliveries could not be kept; Meta is asked to send them again"),
            Ok(()) if before => tracing::info!("deliveries can be kept again"),
            Ok(()) => {}
        }
        !failed
    }
}
