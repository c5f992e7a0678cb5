//! Events as they come, for whoever holds a line open. Each reader reads on from where it stands, a page at a time, so that
//! none takes more memory than that, and a slow one holds up itself alone.

use super::list_events::{EventStream, Listed, list_few_events};
use super::{Failure, Services};
use crate::server::store::Most;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// Other nodes are heard at once (`Store::hear_other_nodes`); what was not heard is noticed within this.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Events read at once for one reader, and about how many bytes of them: a slow one holds them for a while, beside many others.
const PAGE: i64 = 100;
const BYTES: i64 = 256 * 1024;
/// Lines that one process holds open.
const MOST: usize = 1_000;
/// Of these, for one person or key: nobody takes the lines of all others.
const MOST_EACH: usize = 100;
/// How long a stop waits for the last words of all lines.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Lines by who holds them.
type Open = HashMap<String, usize>;

/// The lines that are open in this process, and whether it is time to close them. Cheap to clone.
#[derive(Clone)]
pub struct Feed {
    closing: watch::Sender<bool>,
    open: watch::Sender<Open>,
    look_every: Duration,
}

impl Default for Feed {
    fn default() -> Self {
        Self::looking_every(LOOK_EVERY)
    }
}

/// A line that is open: counted until it is dropped.
pub struct Line {
    open: watch::Sender<Open>,
    holder: String,
    closing: watch::Receiver<bool>,
}

impl Feed {
    /// With another fallback than the usual one, for tests.
    pub fn looking_every(look_every: Duration) -> Self {
        Self { closing: watch::Sender::default(), open: watch::Sender::default(), look_every }
    }

    /// `None` when there are too many already, in all or of this holder, or the server is stopping.
    pub fn open(&self, holder: String) -> Option<Line> {
        let mut room = !*self.closing.borrow();
        self.open.send_if_modified(|open| {
            let own = open.get(&holder).copied().unwrap_or_default();
            room &= own < MOST_EACH && open.values().sum::<usize>() < MOST;
            if room {
                open.insert(holder.clone(), own + 1);
            }
            room
        });
        room.then(|| Line { open: self.open.clone(), holder, closing: self.closing.subscribe() })
    }

    /// Has every line say good-bye, and waits a moment for that.
    pub async fn close(&self) {
        self.closing.send_replace(true);
        let mut open = self.open.subscribe();
        // Who has not ended by then is cut off.
        let _ = timeout(LAST_WORDS, open.wait_for(HashMap::is_empty)).await;
    }
}

impl Line {
    /// Until the server stops.
    pub async fn closing(&mut self) {
        // A closed channel means the same.
        let _ = self.closing.wait_for(|closing| *closing).await;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.open.send_modify(|open| {
            let own = open.remove(&self.holder).unwrap_or_default();
            if own > 1 {
                open.insert(self.holder.clone(), own - 1);
            }
        });
    }
}

/// A place in a stream of events.
pub struct Place {
    services: Services,
    stream: EventStream,
    seen: i64,
    moved: watch::Receiver<u64>,
}

impl Place {
    /// Behind the event `after`; without it, behind the newest there is.
    pub async fn find(services: &Services, stream: EventStream, after: Option<i64>) -> Result<Self, Failure> {
        let moved = services.store.watch_events();
        let seen = match after {
            Some(after) => after,
            None => services.store.newest_seq(None).await?,
        };
        Ok(Self { services: services.clone(), stream, seen, moved })
    }

    /// The next events as JSON texts, once there are some. May be dropped while it waits.
    pub async fn next(&mut self) -> Result<Vec<String>, Failure> {
        loop {
            self.moved.borrow_and_update();
            let Listed { events, seen, more } =
                list_few_events(&self.services, &self.stream, self.seen, Most { events: PAGE, bytes: BYTES }).await?;
            self.seen = seen;
            if !events.is_empty() {
                return Ok(events.iter().map(|event| event.to_json().to_string()).collect());
            }
            if !more {
                // Either way it is time to look.
                let _ = timeout(self.services.feed.look_every, self.moved.changed()).await;
            }
        }
    }
}
