//! What Prometheus reads: for whoever has the token, of what happened, without saying of whom.

use crate::process::server::Place;
use crate::support::{Answer, Kind, Line, SIMPLE, Wishes, World};
use crate::webhooks::SHARED;
use greentick::domain::backups::{BackupMade, BackupRecord};
use greentick::domain::user::Role;
use greentick::server::config::Given;
use reqwest::Method;
use sandbox::{FaultDraft, FaultKind, Scenario, fixtures};
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

both!(
    metrics_are_for_whoever_has_the_token,
    what_happens_is_counted,
    a_token_that_dies_is_seen_until_somebody_reconnects,
    nobody_and_no_secret_is_named,
    dashboard_and_alerts_ask_for_what_there_is,
);

const TOKEN: &str = "the watcher's own token";

fn with_token() -> Wishes {
    let settings: fn(&mut Given) = |given| given.metrics_token = Some(TOKEN.to_owned());
    Wishes { settings: Some(settings), ..Wishes::default() }
}

impl World {
    async fn look(&self, path: &str, authorization: Option<&str>) -> Answer {
        let headers: Vec<(&str, &str)> = authorization.map(|value| ("authorization", value)).into_iter().collect();
        self.browser().send_as(Method::GET, path, &headers, None).await
    }

    async fn metrics(&self) -> String {
        let answer = self.look("/metrics", Some(&format!("Bearer {TOKEN}"))).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }
}

/// The value of a sample, its labels included in the name; 0 where there is no such line yet.
fn value(text: &str, sample: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

async fn metrics_are_for_whoever_has_the_token(kind: Kind) {
    let mut world = World::start(kind).await;
    let right = format!("Bearer {TOKEN}");
    assert_eq!(world.look("/metrics", None).await.status, 404);
    assert_eq!(world.look("/metrics", Some(&right)).await.status, 404, "there is no token to be right");
    assert_eq!(world.look("/metrics", Some("Bearer ")).await.status, 404);
    world.restart(|given| given.metrics_token = Some(TOKEN.to_owned())).await;
    let almost = &right[..right.len() - 1];
    for wrong in [None, Some(""), Some("Bearer "), Some("Bearer wrong"), Some(almost), Some(TOKEN)] {
        let answer = world.look("/metrics", wrong).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")), "{wrong:?}");
        assert!(!answer.body.contains("greentick_"), "{}", answer.body);
    }
    let in_the_address = world.look(&format!("/metrics?token={}", TOKEN.replace(' ', "+")), None).await;
    assert_eq!(in_the_address.status, 401);
    let admin = world.person(Role::Admin).await;
    assert_eq!(admin.get("/metrics").await.status, 401, "a session is no token");
    let answer = world.look("/metrics", Some(&right)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert!(answer.body.ends_with("# EOF\n"), "{}", answer.body);
    assert!((value(&answer.body, "greentick_database_up") - 1.0).abs() < f64::EPSILON);
}

async fn what_happens_is_counted(kind: Kind) {
    let world = World::with(kind, with_token()).await;
    let admin = world.person(Role::Admin).await;
    let before = world.metrics().await;
    let id = world.connect(&admin, SIMPLE).await;
    world.receive(&id, "wamid.counted", "hello").await;
    assert_eq!(world.send(SHARED, "{}", None).await.status, 401);
    let wrong = [("email", "eve@example.org"), ("password", "wrong")];
    assert_eq!(world.browser().post("/login", &wrong).await.status, 401);
    let refuse = FaultDraft { code: Some(100), ..FaultDraft::new("graph", FaultKind::GraphError) };
    let fault = world.meta.add_fault(refuse);
    world.press(&admin, "check_connection", &id).await;
    world.meta.remove_fault(fault);
    let after = world.metrics().await;
    let moved = |sample: &str| value(&after, sample) - value(&before, sample);
    // What the sandbox itself sends may be among them.
    assert!(moved("greentick_deliveries_received_total") >= 1.0, "{after}");
    assert!(moved("greentick_deliveries_understood_total") >= 1.0, "{after}");
    let once = [
        "greentick_deliveries_refused_total{reason=\"signature\"}",
        "greentick_logins_refused_total",
        "greentick_http_requests_total{method=\"POST\",route=\"/login\",status=\"401\"}",
    ];
    for sample in once {
        assert!((moved(sample) - 1.0).abs() < f64::EPSILON, "{sample}\n{after}");
    }
    let more = [
        "greentick_graph_requests_total{code=\"ok\"}",
        "greentick_graph_requests_total{code=\"100\"}",
        "greentick_graph_request_duration_seconds_count",
        "greentick_jobs_run_total{end=\"done\"}",
        "greentick_http_request_duration_seconds_count",
    ];
    for sample in more {
        assert!(moved(sample) >= 1.0, "{sample}\n{after}");
    }
    let still = ["greentick_deliveries_refused_total{reason=\"notKept\"}", "greentick_jobs_run_total{end=\"failed\"}"];
    for sample in still {
        assert!(after.contains(&format!("{sample} 0\n")), "{sample}\n{after}");
    }
}

async fn a_token_that_dies_is_seen_until_somebody_reconnects(kind: Kind) {
    let world = World::with(kind, with_token()).await;
    let admin = world.person(Role::Admin).await;
    let stands = async || {
        let text = world.metrics().await;
        let of = |sample: &str| {
            text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')).map(str::to_owned)
        };
        (of("greentick_connections"), of("greentick_connections_token_dead"))
    };
    let said = |connected: &str, dead: &str| (Some(connected.to_owned()), Some(dead.to_owned()));
    assert_eq!(stands().await, said("0.0", "0.0"));
    let id = world.connect(&admin, SIMPLE).await;
    assert_eq!(stands().await, said("1.0", "0.0"));
    world.meta.play(Scenario::TokenExpired { business: None });
    world.press(&admin, "check_connection", &id).await;
    assert_eq!(stands().await, said("1.0", "1.0"));
    let run = world.begin(&admin, &format!("?connection={id}")).await;
    run.finish_at_facebook(SIMPLE).await;
    assert_eq!(run.done().await, id);
    assert_eq!(stands().await, said("1.0", "0.0"));
    world.meta.play(Scenario::TokenExpired { business: None });
    world.press(&admin, "check_connection", &id).await;
    world.press(&admin, "disconnect_number", &id).await;
    assert_eq!(stands().await, said("0.0", "0.0"), "what is not connected needs no token");
}

async fn nobody_and_no_secret_is_named(kind: Kind) {
    let world = World::with(kind, with_token()).await;
    let admin = world.person(Role::Admin).await;
    let id = world.connect(&admin, SIMPLE).await;
    world.receive(&id, "wamid.private", "a private word").await;
    admin.page(&format!("/core/whatsapp-api/configurations/{id}")).await;
    let own = format!("{SHARED}/{id}");
    assert_eq!(world.send(&own, "{}", None).await.status, 404);
    assert_eq!(world.look("/core/unheard-of/5511777770000", None).await.status, 404);
    let stored = world.connection(&id).await;
    let token = world.store().open_token(&stored.credential.id).await.unwrap().unwrap();
    let text = world.metrics().await;
    let digits: String = stored.connection.display_number.chars().filter(char::is_ascii_digit).collect();
    let private = [
        id.as_str(),
        stored.connection.phone_number_id.as_str(),
        stored.connection.waba.as_str(),
        stored.connection.workspace.as_str(),
        stored.connection.display_number.as_str(),
        digits.as_str(),
        token.expose_secret(),
        fixtures::APP_ID,
        fixtures::APP_SECRET,
        fixtures::SYSTEM_TOKEN,
        TOKEN,
        "wamid.private",
        "a private word",
        "5511999990000",
        "5511777770000",
        "unheard-of",
        "example.org",
    ];
    for word in private {
        assert!(word.len() > 5, "what is looked for can be found: {word}");
        assert!(!text.contains(word), "{word}\n{text}");
    }
    assert!(text.contains("route=\"/core/whatsapp-api/configurations/{connection}\""), "{text}");
}

/// How long Prometheus waits for an answer where nobody has told it otherwise.
const SCRAPE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_went_silent_or_away_is_said_before_prometheus_gives_up() {
    for is_silent in [true, false] {
        let place = Place::new(Kind::Postgres).await;
        let mut line = Line::to(&place.database.url()).await;
        let _server = place.serve(&[("DATABASE_URL", &line.url), ("GREENTICK_METRICS_TOKEN", TOKEN)]);
        let client = reqwest::Client::builder().no_proxy().timeout(SCRAPE).build().unwrap();
        let look = async |path: &str| {
            let request = client.get(format!("http://{}{path}", place.address)).bearer_auth(TOKEN);
            let answer = request.send().await.unwrap_or_else(|error| panic!("{path}: {error}"));
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        let all = async || tokio::join!(look("/metrics"), look("/readyz"), look("/api/webhooks/whatsapp/health"));
        let (metrics, ready, health) = all().await;
        assert!((value(&metrics.1, "greentick_database_up") - 1.0).abs() < f64::EPSILON, "{}", metrics.1);
        assert_eq!((ready.0, health.0), (200, 200), "{}", health.1);
        if is_silent {
            line.silence();
        } else {
            line.stop().await;
        }
        let (metrics, ready, health) = all().await;
        assert_eq!(metrics.0, 200);
        assert!(metrics.1.contains("\ngreentick_database_up 0"), "{}", metrics.1);
        assert_eq!((ready.0, ready.1.as_str()), (503, "the database does not answer\n"));
        assert_eq!(health.0, 503);
        let health: serde_json::Value = serde_json::from_str(&health.1).unwrap();
        assert_eq!(health["components"]["database"], "failing");
    }
}

/// Names as they are written, up to the first character that no name has.
fn names_in(text: &str) -> BTreeSet<String> {
    let places = text.match_indices("greentick_").map(|(place, _)| &text[place..]);
    let named = places.map(|from| from.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap());
    named.map(str::to_owned).collect()
}

async fn dashboard_and_alerts_ask_for_what_there_is(kind: Kind) {
    let world = World::with(kind, with_token()).await;
    // Without a first backup there is no time of the newest one.
    let made = BackupMade { at: world.clock.now(), file: "greentick.gz".to_owned(), bytes: 1, rows: 1 };
    let record = BackupRecord { by_itself_at: None, made: Some(made), failure: None };
    world.store().put_backup_record(&record).await.unwrap();
    let admin = world.person(Role::Admin).await;
    world.connect(&admin, SIMPLE).await;
    let text = world.metrics().await;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let printed: BTreeSet<String> = lines.flat_map(|line| names_in(line.split(['{', ' ']).next().unwrap())).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let mut looked_at = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.extension().is_some_and(|ending| ending == "json" || ending == "yml") {
            continue;
        }
        let unknown: Vec<String> =
            names_in(&std::fs::read_to_string(&path).unwrap()).difference(&printed).cloned().collect();
        assert!(unknown.is_empty(), "{}: {unknown:?} is in no line of\n{text}", path.display());
        looked_at += 1;
    }
    assert!(looked_at >= 3, "dashboard, alerts and their test are there");
}
