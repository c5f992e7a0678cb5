//! One request to an endpoint: signed, marked, judged.

use super::Services;
use super::letter::Letter;
use crate::domain::forward::{Attempt, AttemptWhat, Forward, ForwardFormat};
use crate::domain::instant::{DAY, Instant, SECOND};
use crate::domain::redaction::redacted;
use crate::server::digest::hmac_sha256;
use crate::server::outside::{Answered, Bounds, Parcel, Reached, Unheard, get, reach};
use crate::server::store::ForwardSecrets;
use secrecy::{ExposeSecret, SecretString};
use standardwebhooks::Webhook;
use std::time::Duration;
use url::Url;

/// For all of a request: name, connection, redirects, answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Endpoints may ask for longer pauses than this, and do not get them: nobody would notice that they are back.
const PAUSE_MAX: i64 = DAY;
/// Characters of a refusal that are kept.
const ANSWER_MAX: usize = 200;

/// A way to an endpoint whose name has been looked at, open for a few requests.
pub(in crate::server::operations) struct Line<'a> {
    forward: &'a Forward,
    secrets: &'a ForwardSecrets,
    reached: Result<Reached, Unheard>,
}

/// How a request went.
pub(in crate::server::operations) struct Sent {
    pub(in crate::server::operations) attempt: Attempt,
    /// The endpoint wishes to be left alone until then.
    pub(in crate::server::operations) not_before: Option<Instant>,
}

fn bounds(services: &Services) -> Bounds<'_> {
    Bounds { time: PATIENCE, private: false, networks: &services.forward_networks }
}

impl<'a> Line<'a> {
    pub(in crate::server::operations) async fn open(
        services: &Services,
        forward: &'a Forward,
        secrets: &'a ForwardSecrets,
    ) -> Self {
        let reached = match Url::parse(&forward.url) {
            Ok(url) => reach(&url, bounds(services)).await,
            Err(_) => Err(Unheard::NoAddress),
        };
        Self { forward, secrets, reached }
    }

    /// Sends once. `about` is what for, which event, and which attempt.
    pub(in crate::server::operations) async fn send(
        &self,
        services: &Services,
        letter: &Letter,
        about: (AttemptWhat, Option<i64>, i64),
    ) -> Sent {
        let (at, began) = (services.clock.now(), std::time::Instant::now());
        let heard = match &self.reached {
            Ok(reached) => self.post(services, reached, letter, at).await,
            Err(why) => Err(why.clone()),
        };
        let not_before = heard.as_ref().ok().and_then(|heard| wished_pause(heard, at));
        let mut attempt = attempt(about, (at, began.elapsed()), heard, self.secrets);
        if let (Some(failure), Some(wished)) = (&mut attempt.failure, not_before) {
            let words = match attempt.what {
                AttemptWhat::Event => "The next attempt is not before",
                // Nobody makes these again but whoever presses.
                AttemptWhat::Test | AttemptWhat::Handshake => "It asks to be left alone until",
            };
            failure.push_str(&format!(" {words} {}.", wished.spoken()));
        }
        Sent { attempt, not_before }
    }

    async fn post(
        &self,
        services: &Services,
        reached: &Reached,
        letter: &Letter,
        at: Instant,
    ) -> Result<Answered, Unheard> {
        let heard = self.post_signed(services, reached, letter, at, &self.secrets.secret).await?;
        // Meta's header has room for one signature: whoever refuses it may still have the old secret.
        let may_have_old = self.forward.format == ForwardFormat::Meta && may_be_about_signature(heard.status);
        let Some(old) = self.secrets.old_secret.as_ref().filter(|_| may_have_old) else { return Ok(heard) };
        Ok(match self.post_signed(services, reached, letter, at, old).await {
            Ok(again) if !matches!(again.status, 401 | 403) => again,
            // Whoever takes the new one has refused for another reason, and has told it with that.
            _ => heard,
        })
    }

    async fn post_signed(
        &self,
        services: &Services,
        reached: &Reached,
        letter: &Letter,
        at: Instant,
        secret: &SecretString,
    ) -> Result<Answered, Unheard> {
        let signed = match self.forward.format {
            ForwardFormat::Meta => vec![("x-hub-signature-256", meta_signature(secret, &letter.body))],
            ForwardFormat::Greentick => standard_headers(self.secrets, letter, at),
        };
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
        let own = self.forward.header_name.as_deref().zip(self.secrets.header.as_ref());
        let own_header = own.map(|(name, value)| (name, value.expose_secret()));
        reached.post(Parcel { headers: &headers, own_header, body: &letter.body }, bounds(services)).await
    }
}

/// Many handlers know no answer to a wrong signature but to fail. Coming twice is allowed; these say what else is the matter.
fn may_be_about_signature(status: u16) -> bool {
    status >= 400 && !matches!(status, 404 | 410 | 413 | 429 | 503)
}

fn meta_signature(secret: &SecretString, body: &[u8]) -> String {
    format!("sha256={}", hmac_sha256(secret.expose_secret().as_bytes(), body))
}

/// <https://www.standardwebhooks.com>: several signatures are separated by a space.
fn standard_headers(secrets: &ForwardSecrets, letter: &Letter, at: Instant) -> Vec<(&'static str, String)> {
    let seconds = at.0 / SECOND;
    let sign = |secret: &SecretString| {
        let key = Webhook::new(secret.expose_secret()).ok()?;
        key.sign(&letter.id, seconds, &letter.body).ok()
    };
    let both = [Some(&secrets.secret), secrets.old_secret.as_ref()];
    let signatures: Vec<String> = both.into_iter().flatten().filter_map(sign).collect();
    vec![
        ("webhook-id", letter.id.clone()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ]
}

/// Asks the endpoint whether it is Meta's, as Meta does before it sends anything.
pub(in crate::server::operations) async fn shake_hands(
    services: &Services,
    forward: &Forward,
    secrets: &ForwardSecrets,
) -> Attempt {
    let (at, began) = (services.clock.now(), std::time::Instant::now());
    let challenge = rand::random_range(1_000_000_000..2_000_000_000_u32).to_string();
    let token = secrets.verify_token.as_ref().map_or("", |token| token.expose_secret());
    let heard = match Url::parse(&forward.url) {
        Ok(mut url) => {
            url.query_pairs_mut()
                .append_pair("hub.mode", "subscribe")
                .append_pair("hub.challenge", &challenge)
                .append_pair("hub.verify_token", token);
            get(&url, bounds(services)).await
        }
        Err(_) => Err(Unheard::NoAddress),
    };
    let repeated = heard.as_ref().is_ok_and(|heard| heard.status == 200 && heard.body.trim() == challenge);
    let answered = heard.as_ref().is_ok_and(|heard| (200..300).contains(&heard.status));
    let mut attempt = attempt((AttemptWhat::Handshake, None, 1), (at, began.elapsed()), heard, secrets);
    if answered && !repeated {
        attempt.failure = Some("It answered, but did not repeat the challenge.".to_owned());
    }
    attempt
}

fn attempt(
    (what, first_seq, number): (AttemptWhat, Option<i64>, i64),
    (at, took): (Instant, Duration),
    heard: Result<Answered, Unheard>,
    secrets: &ForwardSecrets,
) -> Attempt {
    let (status, failure, answer) = match heard {
        Ok(heard) if (200..300).contains(&heard.status) => (Some(heard.status), None, None),
        Ok(heard) => (Some(heard.status), Some(refusal(&heard)), said(&heard.body, secrets)),
        Err(unheard) => (None, Some(silence(&unheard)), None),
    };
    let duration = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    Attempt { what, first_seq, number, at, duration, status, failure, answer }
}

/// Until when an endpoint that has too much to do asks for a pause: by `Retry-After`, in seconds or as a date.
fn wished_pause(heard: &Answered, at: Instant) -> Option<Instant> {
    let wish = heard.retry_after.as_deref().filter(|_| matches!(heard.status, 429 | 503))?.trim();
    let until = match wish.parse::<u32>() {
        Ok(seconds) => at.plus(i64::from(seconds) * SECOND),
        Err(_) => {
            let date = httpdate::parse_http_date(wish).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            Instant::from_seconds(i64::try_from(date.as_secs()).ok()?)
        }
    };
    (until > at).then(|| until.min(at.plus(PAUSE_MAX)))
}

fn refusal(heard: &Answered) -> String {
    match heard.status {
        300..=399 => "It redirects elsewhere. Enter the address that it leads to.".to_owned(),
        401 | 403 => "It refuses us: look at the secret and at the extra header.".to_owned(),
        404 => "There is nothing at this address.".to_owned(),
        410 => "It says that it is gone for good.".to_owned(),
        413 => "The event is too large for it.".to_owned(),
        429 => "It asks for fewer requests.".to_owned(),
        500..=599 => "It failed on its own side.".to_owned(),
        status => format!("It answered {status}; only 200 to 299 counts as received."),
    }
}

fn silence(unheard: &Unheard) -> String {
    match unheard {
        Unheard::NoAddress | Unheard::Unresolved => "Its name leads nowhere.".to_owned(),
        Unheard::Private => {
            "It leads to this machine or a private network, which GREENTICK_FORWARD_NETWORKS does not allow.".to_owned()
        }
        Unheard::Plain => "It is not https, and not within GREENTICK_FORWARD_NETWORKS.".to_owned(),
        Unheard::Refused => "Nobody listens there.".to_owned(),
        Unheard::Tls(why) => format!("Its certificate is at fault. {}", why.unwrap_or_default()).trim().to_owned(),
        Unheard::TimedOut => format!("No answer within {} seconds.", PATIENCE.as_secs()),
        Unheard::Cut => "The line broke off.".to_owned(),
    }
}

/// The first words of a refusal, in one line and without what may be a secret: an endpoint may repeat what it was sent.
fn said(body: &str, secrets: &ForwardSecrets) -> Option<String> {
    let kept =
        [Some(&secrets.secret), secrets.old_secret.as_ref(), secrets.header.as_ref(), secrets.verify_token.as_ref()];
    let mut text = body.to_owned();
    for secret in kept.into_iter().flatten().map(|secret| secret.expose_secret()).filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "••••");
    }
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = redacted(&words.collect::<Vec<_>>().join(" "));
    let short: String = line.chars().take(ANSWER_MAX).collect();
    (!short.is_empty()).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(old: Option<&str>) -> ForwardSecrets {
        ForwardSecrets {
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
            old_secret: old.map(SecretString::from),
            header: Some("let me in".into()),
            verify_token: None,
        }
    }

    #[test]
    fn signs_as_the_specification_says() {
        // The specification's own example.
        let letter = Letter { id: "msg_p5jXN8AQM9LWM0D4loKWxJek".into(), body: b"{\"test\": 2432232314}".to_vec() };
        let headers = standard_headers(&secrets(None), &letter, Instant::from_seconds(1_614_265_330));
        assert_eq!(headers[2], ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned()));
        let two = standard_headers(&secrets(Some("whsec_b2xkIHNlY3JldA==")), &letter, Instant::from_seconds(1));
        assert_eq!(two[2].1.split(' ').filter(|one| one.starts_with("v1,")).count(), 2);
    }

    #[test]
    fn a_pause_is_read_as_seconds_or_as_a_date() {
        let at = Instant::from_seconds(1_794_222_131);
        let wished = |status, wish: &str| {
            let heard = Answered { status, location: None, retry_after: Some(wish.to_owned()), body: String::new() };
            wished_pause(&heard, at).map(|until| until.since(at) / SECOND)
        };
        assert_eq!(wished(429, "120"), Some(120));
        let date = std::time::UNIX_EPOCH + Duration::from_secs(1_794_222_131 + 300);
        assert_eq!(wished(503, &httpdate::fmt_http_date(date)), Some(300));
        assert_eq!(wished(429, "4294967295"), Some(86_400), "a day at most");
        for none in ["0", "-5", "", "soon", "Sun, 06 Nov 1994 08:49:37 GMT", "99999999999999999999"] {
            assert_eq!(wished(429, none), None, "{none}");
        }
        assert_eq!(wished(500, "120"), None);
    }

    #[test]
    fn what_an_endpoint_repeats_of_our_secrets_is_not_kept() {
        let body = "no: let me in\u{0} whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n<b>";
        assert_eq!(said(body, &secrets(None)).as_deref(), Some("no: •••• •••• <b>"));
        assert_eq!(said("", &secrets(None)), None);
    }
}
