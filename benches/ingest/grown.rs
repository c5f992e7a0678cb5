//! What receiving and looking cost when much has been kept: a database filled in its own language, as receiving would
//! have left it.

use crate::load::{NUMBER, percentile_of};
use crate::server::Server;
use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Client, StatusCode, redirect};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const EMAIL: &str = "ana@example.com";
const PASSWORD: &str = "only-for-measuring";
const PAGE: &str = "/core/whatsapp-api/messages";
const WARM_UP: usize = 5;
const READS: usize = 100;

/// As many events, each with its delivery of 1 KB, from 5 000 people.
pub(crate) async fn fill(url: &str, count: usize) {
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let numbers = format!("select i from generate_series(1, {count}) as numbers (i)");
        for statement in statements(&numbers, "md5(random()::text || i)", "convert_to(repeat('x', 1000), 'UTF8')") {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
        // Its own housekeeping would come a minute later, in the midst of the measurement.
        sqlx::query("vacuum analyze").execute(&mut connection).await.unwrap();
        return;
    }
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let numbers = format!(
        "with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < {count}) select i from numbers"
    );
    for statement in statements(&numbers, "lower(hex(randomblob(16)))", "cast(printf('%.1000c', 'x') as blob)") {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    }
}

fn statements(numbers: &str, random: &str, body: &str) -> [String; 2] {
    [
        format!(
            "insert into deliveries (received_at, signed_by, state, attempts, body) \
             select 1760000000000 + i, '810000000000007', 'done', 1, {body} from ({numbers}) as n"
        ),
        format!(
            "insert into events (id, workspace_id, connection_id, delivery_id, kind, field, at, received_at, user_phone, user_id, \
             user_name, message_id, meta) select {random}, c.workspace_id, c.id, n.i, 'message.received', 'messages', \
             1760000000000 + n.i, 1760000000000 + n.i, '5511' || (900000000 + n.i % 5000), 'BR.' || (n.i % 5000), 'Bia Lima', \
             'wamid.HBgL' || {random}, '{{\"from\":\"5511999990000\",\"type\":\"text\",\"text\":{{\"body\":\"Bom dia! Queria \
             encomendar dois bolos de cenoura para s\u{e1}bado, \u{e9} poss\u{ed}vel?\"}}}}' \
             from ({numbers}) as n cross join connections c where c.phone_number_id = '{NUMBER}'"
        ),
    ]
}

/// Somebody who may look at messages.
pub(crate) fn add_person(binary: &str, url: &str, folder: &Path) {
    let mut add = Command::new(binary)
        .args(["user", "add", "--email", EMAIL, "--name", "Ana", "--role", "admin", "--password-stdin"])
        .current_dir(folder)
        .env("GREENTICK_DATA_DIR", folder)
        .env("DATABASE_URL", url)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    add.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(add.wait().unwrap().success(), "nobody could be added");
}

/// The Messages page, and what one person has written: the median and the p99 of each, in turns on all servers.
pub(crate) async fn pages(servers: &[(&str, Server)]) -> Vec<[(Duration, Duration); 2]> {
    let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    let mut cookies = Vec::new();
    for (_, server) in servers {
        cookies.push(log_in(&client, &server.address).await);
    }
    let mut times = vec![[Vec::new(), Vec::new()]; servers.len()];
    for round in 0..WARM_UP + READS {
        for (at, (_, server)) in servers.iter().enumerate() {
            for (which, query) in ["", "?q=%2B55+11+90000-2345"].iter().enumerate() {
                let began = Instant::now();
                let request =
                    client.get(format!("http://{}{PAGE}{query}", server.address)).header(COOKIE, &cookies[at]);
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::OK);
                answer.bytes().await.unwrap();
                if round >= WARM_UP {
                    times[at][which].push(began.elapsed());
                }
            }
        }
    }
    let both = |times: &Vec<Duration>| (percentile_of(times, 50), percentile_of(times, 99));
    times.iter().map(|[all, one]| [both(all), both(one)]).collect()
}

async fn log_in(client: &Client, address: &str) -> String {
    let base = format!("http://{address}");
    let form = [("email", EMAIL), ("password", PASSWORD), ("next", "")];
    let answer = client.post(format!("{base}/login")).header(ORIGIN, &base).form(&form).send().await.unwrap();
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}
