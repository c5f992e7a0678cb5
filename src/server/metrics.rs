//! `GET /metrics`, for Prometheus: what this process has counted since its start, and how things stand at this moment. Names
//! no number, no person and no token.

use super::boundary::Boundary;
use super::operations::show_work::{Moment, Rows, show_moment};
use super::state::AppState;
use crate::domain::instant::Instant as Started;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use secrecy::ExposeSecret;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
use subtle::ConstantTimeEq;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// From a page out of the cache to a request that waits for Meta.
const SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0];
/// What has no route of its own: files, and addresses that are not here.
const ELSEWHERE: &str = "other";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    /// As it is written in the route table, so that no id becomes a label.
    route: Cow<'static, str>,
    status: u16,
}

/// Requests as they are answered. Cheap to clone.
#[derive(Clone)]
pub struct Requests {
    answered: Family<Asked, Counter>,
    seconds: Histogram,
    since: Started,
}

impl Requests {
    /// For a process that starts at this time.
    pub fn since(start: Started) -> Self {
        Self { answered: Family::default(), seconds: Histogram::new(SECONDS), since: start }
    }

    pub(super) fn note(&self, begun: Begun, answer: &Response) {
        let Begun { at, method, route } = begun;
        self.answered.get_or_create(&Asked { method, route, status: answer.status().as_u16() }).inc();
        self.seconds.observe(at.elapsed().as_secs_f64());
    }
}

/// A request that has no answer yet.
pub(super) struct Begun {
    at: Instant,
    method: &'static str,
    route: Cow<'static, str>,
}

impl Begun {
    pub(super) fn now(method: &Method, route: Cow<'static, str>) -> Self {
        Self { at: Instant::now(), method: known_method(method.as_str()), route }
    }
}

/// Around every route but those that Meta calls, which do it themselves.
pub(super) async fn count(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let route: Option<&MatchedPath> = request.extensions().get();
    let route = route.map_or(ELSEWHERE.into(), |route| route.as_str().to_owned().into());
    let begun = Begun::now(request.method(), route);
    let answer = next.run(request).await;
    app.requests.note(begun, &answer);
    answer
}

/// Anybody may invent a method; each would be a line for ever.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or(ELSEWHERE)
}

/// Not there until `GREENTICK_METRICS_TOKEN` is set.
pub(super) async fn show(State(app): State<AppState>, headers: HeaderMap) -> Result<Response, Boundary> {
    let Some(token) = &app.metrics_token else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let offered = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let same = offered.is_some_and(|offered| bool::from(offered.ct_eq(token.expose_secret().as_bytes())));
    if !same {
        let challenge = [(WWW_AUTHENTICATE, "Bearer")];
        return Ok((StatusCode::UNAUTHORIZED, challenge, "the token of GREENTICK_METRICS_TOKEN is asked for\n")
            .into_response());
    }
    let moment = show_moment(&app.services).await;
    let text = written(&app, moment).map_err(Boundary::unexpected)?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

fn written(app: &AppState, moment: Moment) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("greentick");
    let requests = &app.requests;
    registry.register("http_requests", "Requests answered, by route and status", requests.answered.clone());
    let seconds = requests.seconds.clone();
    registry.register_with_unit("http_request_duration", "How long requests took", Unit::Seconds, seconds);
    app.services.graph.calls().register(&mut registry);
    registry.register_collector(Box::new(Now { moment, since: requests.since, pulse: app.services.pulse.clone() }));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// What is read at each look.
#[derive(Debug)]
struct Now {
    moment: Moment,
    since: Started,
    pulse: Arc<super::operations::pulse::Pulse>,
}

impl Collector for Now {
    fn encode(&self, mut into: DescriptorEncoder<'_>) -> fmt::Result {
        let (moment, pulse) = (&self.moment, &self.pulse);
        gauge(&mut into, "start_time_seconds", "When this process started, since 1970", seconds(self.since))?;
        gauge(&mut into, "database_up", "1 while the database answers", flag(moment.rows.is_some()))?;
        gauge(&mut into, "intake_up", "1 while what Meta sends reaches the disk", flag(!moment.intake_failing))?;
        counter(&mut into, "deliveries_received", "Webhook requests kept", moment.received)?;
        counter(&mut into, "deliveries_understood", "Deliveries of which events were made", pulse.understood())?;
        counter(
            &mut into,
            "logins_refused",
            "Logins with a wrong password, or too many of them",
            pulse.logins_refused(),
        )?;
        let refused = pulse.all_refused().map(|(why, count)| (why.as_str(), count));
        counters(&mut into, "deliveries_refused", "Webhook requests not kept, by reason", "reason", &refused)?;
        let jobs = pulse.all_jobs().map(|(end, count)| (end.as_str(), count));
        counters(&mut into, "jobs_run", "Background jobs that ran, by how they ended", "end", &jobs)?;
        match &moment.rows {
            Some(rows) => encode_rows(&mut into, rows),
            None => Ok(()),
        }
    }
}

fn encode_rows(into: &mut DescriptorEncoder<'_>, rows: &Rows) -> fmt::Result {
    let work = &rows.work;
    gauge(into, "deliveries_waiting", "Deliveries kept and not understood yet", work.queued as f64)?;
    gauge(into, "deliveries_waiting_age_seconds", "How long the oldest of them waits", work.oldest_seconds as f64)?;
    gauge(into, "deliveries_dead", "Deliveries laid aside because nobody can read them", work.dead as f64)?;
    gauge(into, "connections", "Numbers that are connected", rows.connected as f64)?;
    gauge(
        into,
        "connections_token_dead",
        "Numbers that are connected with a token that Meta no longer accepts",
        rows.tokens_dead as f64,
    )?;
    gauge(into, "jobs_due", "Background jobs that should have begun", rows.jobs_due as f64)?;
    gauge(into, "jobs_dead", "Background jobs that were given up", rows.jobs_dead as f64)?;
    gauge(into, "forwards_waiting", "Requests to Forwards that wait", rows.forwards_waiting as f64)?;
    gauge(into, "forwards_dead", "Requests to Forwards that were given up", rows.forwards_dead as f64)?;
    gauge(into, "forwards_disabled", "Forwards switched off for failing", rows.forwards_disabled as f64)?;
    gauge(into, "effects_paused", "1 while nothing goes out, after a restore", flag(rows.paused))?;
    match rows.backup_at {
        Some(at) => gauge(into, "backup_time_seconds", "When the newest backup was made, since 1970", seconds(at)),
        None => Ok(()),
    }
}

fn seconds(at: Started) -> f64 {
    at.0 as f64 / 1_000.0
}

fn flag(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

fn gauge(into: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: f64) -> fmt::Result {
    let metric = into.encode_descriptor(name, help, None, MetricType::Gauge)?;
    ConstGauge::new(value).encode(metric)
}

fn counter(into: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    let metric = into.encode_descriptor(name, help, None, MetricType::Counter)?;
    ConstCounter::new(value).encode(metric)
}

fn counters(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label: &'static str,
    values: &[(&'static str, u64)],
) -> fmt::Result {
    let mut family = into.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (value, count) in values {
        ConstCounter::new(*count).encode(family.encode_family(&[(label, *value)])?)?;
    }
    Ok(())
}
