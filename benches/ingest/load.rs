//! Deliveries made and signed beforehand, sent over connections that stay open.

use greentick::server::digest::hmac_sha256;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const NUMBER: &str = "306000000000001";
/// More than a bare handler answers in a second on a few cores.
const SMALL_A_SECOND: usize = 120_000;
const LARGE_A_SECOND: usize = 4_000;

/// What is sent to one server after the other.
pub(crate) struct Load {
    connections: usize,
    requests: Arc<Vec<Vec<u8>>>,
}

pub(crate) struct Measured {
    answered: usize,
    took: Duration,
    times: Vec<Duration>,
}

/// About 1 KB of JSON around one message, about 400 bytes more for each further one.
fn body(messages: usize) -> String {
    let message = || {
        let id: u128 = rand::random();
        let text =
            "Bom dia! Queria encomendar dois bolos de cenoura para s\\u00e1bado, \\u00e9 poss\\u00edvel? ".repeat(2);
        format!(
            r#"{{"from":"5511999990000","from_user_id":"BR.1A2b3C","id":"wamid.HBgL{id:032x}","timestamp":"1760000000","type":"text","text":{{"body":"{text}"}}}}"#
        )
    };
    let messages: Vec<String> = (0..messages).map(|_| message()).collect();
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"204000000000001","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"16310000001","phone_number_id":"{NUMBER}"}},"contacts":[{{"profile":{{"name":"Bia Lima","username":"bia.lima"}},"wa_id":"5511999990000","user_id":"BR.1A2b3C"}}],"messages":[{}]}},"field":"messages"}}]}}],"x":"{}"}}"#,
        messages.join(","),
        "-".repeat(260)
    )
}

/// Head and body, signed.
fn request(messages: usize) -> Vec<u8> {
    let body = body(messages);
    let signature = hmac_sha256(SECRET.as_bytes(), body.as_bytes());
    let head = format!(
        "POST /api/webhooks/whatsapp HTTP/1.1\r\nhost: localhost\r\nuser-agent: facebookexternalua\r\naccept: */*\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nx-hub-signature: sha1=0123456789012345678901234567890123456789\r\n\
         x-hub-signature-256: sha256={signature}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

impl Load {
    pub(crate) fn prepare(connections: usize, messages: usize, window: Duration) -> Self {
        let a_second = if messages == 1 { SMALL_A_SECOND } else { LARGE_A_SECOND };
        let count = (a_second as f64 * window.as_secs_f64()) as usize;
        Self { connections, requests: Arc::new((0..count).map(|_| request(messages)).collect()) }
    }

    /// So many in all, however long that takes.
    pub(crate) fn of(connections: usize, count: usize) -> Self {
        Self { connections, requests: Arc::new((0..count).map(|_| request(1)).collect()) }
    }

    /// Until the time is over or all have been sent.
    pub(crate) async fn run(&self, address: &str, window: Duration) -> Measured {
        let next = Arc::new(AtomicUsize::new(0));
        let mut streams = Vec::new();
        for _ in 0..self.connections {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            streams.push(stream);
        }
        let mut tasks = JoinSet::new();
        let began = Instant::now();
        for stream in streams {
            tasks.spawn(send(stream, self.requests.clone(), next.clone(), began + window));
        }
        let times: Vec<Duration> = tasks.join_all().await.concat();
        Measured { answered: times.len(), took: began.elapsed(), times }
    }
}

async fn send(
    mut stream: TcpStream,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
    end: Instant,
) -> Vec<Duration> {
    let (mut times, mut answer) = (Vec::new(), [0; 2_048]);
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let began = Instant::now();
        if began > end {
            break;
        }
        stream.write_all(request).await.unwrap();
        let mut read = 0;
        while !answer[..read].ends_with(b"\r\n\r\n") {
            let more = stream.read(&mut answer[read..]).await.unwrap();
            assert!(more > 0, "the server hung up");
            read += more;
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..read]));
        times.push(began.elapsed());
    }
    times
}

pub(crate) fn median_rate(rounds: &[Measured]) -> f64 {
    let mut rates: Vec<f64> = rounds.iter().map(|round| round.answered as f64 / round.took.as_secs_f64()).collect();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Over all rounds together.
pub(crate) fn percentile(rounds: &[Measured], percent: usize) -> Duration {
    let times: Vec<Duration> = rounds.iter().flat_map(|round| round.times.iter().copied()).collect();
    percentile_of(&times, percent)
}

pub(crate) fn percentile_of(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}
