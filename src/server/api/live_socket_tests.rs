use super::*;
use futures_util::stream;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::sync::{Notify, mpsc};

/// What went out, with the second at which it did.
type Heard = Arc<Mutex<Vec<(u64, Message)>>>;

/// The other end of a line: takes so many frames, then none; says what it is told to.
struct Line {
    began: Instant,
    room: usize,
    heard: Heard,
    says: mpsc::UnboundedReceiver<Message>,
    answers: bool,
    pongs: VecDeque<Message>,
}

impl Sink<Message> for Line {
    type Error = Infallible;
    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if self.room > 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Infallible> {
        self.room -= 1;
        if self.answers && matches!(message, Message::Ping(_)) {
            self.pongs.push_back(Message::Pong(Bytes::new()));
        }
        let second = self.began.elapsed().as_secs();
        self.heard.lock().unwrap().push((second, message));
        Ok(())
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl Stream for Line {
    type Item = Result<Message, Infallible>;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(pong) = self.pongs.pop_front() {
            return Poll::Ready(Some(Ok(pong)));
        }
        self.says.poll_recv(context).map(|said| said.map(Ok))
    }
}

struct Events {
    pages: VecDeque<Vec<String>>,
    welcome: bool,
}

impl Teller for Events {
    async fn next(&mut self) -> Option<Vec<String>> {
        match self.pages.pop_front() {
            Some(page) => Some(page),
            None => std::future::pending().await,
        }
    }
    async fn is_welcome(&self) -> bool {
        self.welcome
    }
}

fn line(room: usize, answers: bool) -> (Line, Heard, mpsc::UnboundedSender<Message>) {
    let (heard, (say, says)) = (Heard::default(), mpsc::unbounded_channel());
    let line = Line { began: Instant::now(), room, heard: heard.clone(), says, answers, pongs: VecDeque::new() };
    (line, heard, say)
}

fn events(pages: &[&[&str]]) -> Events {
    let page = |page: &&[&str]| page.iter().map(|event| (*event).to_owned()).collect();
    Events { pages: pages.iter().map(page).collect(), welcome: true }
}

fn closes(heard: &Heard) -> Vec<(u64, u16)> {
    let heard = heard.lock().unwrap();
    let closes = heard.iter().filter_map(|(second, message)| match message {
        Message::Close(Some(frame)) => Some((*second, frame.code)),
        _ => None,
    });
    closes.collect()
}

fn pings(heard: &Heard) -> Vec<u64> {
    let heard = heard.lock().unwrap();
    heard.iter().filter(|(_, message)| matches!(message, Message::Ping(_))).map(|(second, _)| *second).collect()
}

#[tokio::test(start_paused = true)]
async fn pings_every_twenty_seconds_as_long_as_they_are_answered() {
    let (line, heard, _say) = line(100, true);
    talk(line, PACE, events(&[&["a", "b"]]), tokio::time::sleep(Duration::from_secs(90))).await;
    assert_eq!(pings(&heard), [20, 40, 60, 80]);
    assert_eq!(closes(&heard), [(90, 1001)], "the server stops");
    let texts: Vec<Message> = heard.lock().unwrap().iter().take(2).map(|(_, message)| message.clone()).collect();
    assert_eq!(texts, [Message::Text("a".into()), Message::Text("b".into())]);
}

#[tokio::test(start_paused = true)]
async fn who_answers_no_ping_is_gone() {
    let (line, heard, _say) = line(100, false);
    let began = Instant::now();
    talk(line, PACE, events(&[]), std::future::pending()).await;
    assert_eq!((began.elapsed().as_secs(), pings(&heard)), (40, vec![20]));
    assert_eq!(closes(&heard), [], "nobody is there to hear it");
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_is_left_and_never_given_more_than_one_page() {
    let (line, heard, _say) = line(2, true);
    let began = Instant::now();
    let mut many = events(&[&["a", "b", "c"], &["d"]]);
    talk(line, PACE, Lent(&mut many), std::future::pending()).await;
    assert_eq!(began.elapsed(), PACE.patience + PACE.last_words);
    assert_eq!((heard.lock().unwrap().len(), many.pages.len()), (2, 1));
}

/// So that what is left in it can be looked at.
struct Lent<'a>(&'a mut Events);

impl Teller for Lent<'_> {
    async fn next(&mut self) -> Option<Vec<String>> {
        self.0.next().await
    }
    async fn is_welcome(&self) -> bool {
        self.0.welcome
    }
}

/// Takes frames again a moment after it was given up.
struct Waking {
    line: Line,
    wake: Arc<Notify>,
    asleep: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Sink<Message> for Waking {
    type Error = Infallible;
    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if self.line.room > 1 || self.asleep.as_mut().poll(context).is_ready() {
            self.line.room = self.line.room.max(2);
            self.wake.notify_one();
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    }
    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Infallible> {
        Pin::new(&mut self.line).start_send(message)
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl Stream for Waking {
    type Item = Result<Message, Infallible>;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.line).poll_next(context)
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_too_slow_is_told_so() {
    let (line, heard, _say) = line(1, true);
    let asleep = Box::pin(tokio::time::sleep(Duration::from_secs(12)));
    let slow = Waking { line, wake: Arc::default(), asleep };
    talk(slow, PACE, events(&[&["a", "b"]]), std::future::pending()).await;
    assert_eq!(closes(&heard), [(12, 4008)]);
}

#[tokio::test(start_paused = true)]
async fn who_was_signed_out_hears_it_with_the_next_ping() {
    let (line, heard, _say) = line(100, true);
    talk(line, PACE, Events { welcome: false, ..events(&[]) }, std::future::pending()).await;
    assert_eq!(closes(&heard), [(20, 1008)]);
}

#[tokio::test(start_paused = true)]
async fn who_says_good_bye_is_let_go() {
    let (line, heard, say) = line(100, true);
    say.send(Message::Text("thanks".into())).unwrap();
    say.send(Message::Close(None)).unwrap();
    let mut seconds = pin!(stream::once(talk(line, PACE, events(&[]), std::future::pending())));
    seconds.next().await;
    assert_eq!(heard.lock().unwrap().len(), 0);
}
