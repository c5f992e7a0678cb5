//! The talk over an open line: events go out, pings prove that somebody is there, and whoever is too slow is told and left.

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    ping_every: Duration,
    /// A reader that does not take a frame within this is too slow.
    patience: Duration,
    /// How long it may then take to hear why.
    last_words: Duration,
}

pub(super) const PACE: Pace =
    Pace { ping_every: Duration::from_secs(20), patience: Duration::from_secs(10), last_words: Duration::from_secs(5) };

/// What is told, and to whom.
pub(super) trait Teller: Send {
    /// The next events, once there are some; `None` when they cannot be read. May be dropped while it waits.
    fn next(&mut self) -> impl Future<Output = Option<Vec<String>>> + Send;

    /// Whether whoever listens still may. Asked with every ping.
    fn is_welcome(&self) -> impl Future<Output = bool> + Send;
}

/// Why a line is closed, by the codes of RFC 6455; 4000 and up are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The other side has closed, or is gone.
    Gone,
    Stopping,
    NotAllowed,
    OurFault,
    TooSlow,
}

impl End {
    fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::Stopping => (1001, "the server stops"),
            Self::NotAllowed => (1008, "signed out"),
            Self::OurFault => (1011, "something went wrong"),
            Self::TooSlow => (4008, "too slow"),
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

/// Until either side ends it.
pub(super) async fn talk<S, E>(socket: S, pace: Pace, mut teller: impl Teller, stop: impl Future<Output = ()>)
where
    S: Sink<Message> + Stream<Item = Result<Message, E>>,
{
    let mut socket = pin!(socket);
    let mut stop = pin!(stop);
    let end = tokio::select! {
        end = go_on(&mut socket, pace, &mut teller) => end,
        () = &mut stop => End::Stopping,
    };
    if let Some(frame) = end.frame() {
        // Who does not even take this is left without.
        let _ = timeout(pace.last_words, socket.send(Message::Close(Some(frame)))).await;
    }
}

async fn go_on<S, E>(socket: &mut S, pace: Pace, teller: &mut impl Teller) -> End
where
    S: Sink<Message> + Stream<Item = Result<Message, E>> + Unpin,
{
    let mut pings = interval_at(Instant::now() + pace.ping_every, pace.ping_every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = false;
    loop {
        tokio::select! {
            // What has been said is heard first: an answer to a ping may wait behind events.
            biased;
            said = socket.next() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Gone,
                Some(Ok(_)) => unanswered = false,
            },
            _ = pings.tick() => {
                if unanswered {
                    return End::Gone;
                }
                if !teller.is_welcome().await {
                    return End::NotAllowed;
                }
                unanswered = true;
                if let Err(end) = send(socket, pace, Message::Ping(Bytes::new())).await {
                    return end;
                }
            }
            events = teller.next() => {
                let Some(events) = events else { return End::OurFault };
                for event in events {
                    if let Err(end) = send(socket, pace, Message::Text(event.into())).await {
                        return end;
                    }
                }
            }
        }
    }
}

async fn send<S>(socket: &mut S, pace: Pace, message: Message) -> Result<(), End>
where
    S: Sink<Message> + Unpin,
{
    let sent = timeout(pace.patience, socket.send(message)).await;
    sent.map_err(|_| End::TooSlow)?.map_err(|_| End::Gone)
}

#[cfg(test)]
#[path = "live_socket_tests.rs"]
mod tests;
