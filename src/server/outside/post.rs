//! One POST, led on by redirects as far as those are safe to follow.

use super::{Answered, BODY_PATIENCE, Bounds, Reached, Reading, Unheard, heard, look_up};
use reqwest::Method;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Redirects that are followed, one behind the other.
const HOPS: usize = 3;

/// What is sent.
#[derive(Clone, Copy)]
pub struct Parcel<'a> {
    pub headers: &'a [(&'a str, &'a str)],
    /// Goes to the address itself alone, not to whom it redirects.
    pub own_header: Option<(&'a str, &'a str)>,
    pub body: &'a [u8],
}

impl Reached {
    /// Sends once. Only 307 and 308 are followed, since others would turn it into a GET; each address on the way is looked
    /// at anew, and none leads from https to http.
    pub async fn post(&self, parcel: Parcel<'_>, bounds: Bounds<'_>) -> Result<Answered, Unheard> {
        let sent = self.send(parcel, bounds);
        // Who answers in time may take a moment more for the body: by then it is known what has become of the request.
        timeout_at(Instant::now() + bounds.time + BODY_PATIENCE, sent).await.unwrap_or(Err(Unheard::TimedOut))
    }

    async fn send(&self, parcel: Parcel<'_>, bounds: Bounds<'_>) -> Result<Answered, Unheard> {
        let mut answer = self.send_to(&self.address, parcel).await?;
        let mut here = self.address.clone();
        for _ in 0..HOPS {
            let Some(next) = followed(&answer, &here) else { break };
            let own_header = parcel.own_header.filter(|_| next.origin() == self.address.origin());
            let reached = look_up(&next, bounds).await?;
            answer = reached.send_to(&next, Parcel { own_header, ..parcel }).await?;
            here = next;
        }
        Ok(answer)
    }

    async fn send_to(&self, address: &Url, parcel: Parcel<'_>) -> Result<Answered, Unheard> {
        let mut request = self.client.request(Method::POST, address.clone()).body(parcel.body.to_vec());
        for (name, value) in parcel.headers.iter().chain(&parcel.own_header) {
            request = request.header(*name, *value);
        }
        heard(request, Reading::Spare).await
    }
}

fn followed(answer: &Answered, here: &Url) -> Option<Url> {
    if !matches!(answer.status, 307 | 308) {
        return None;
    }
    let next = here.join(answer.location.as_deref()?).ok()?;
    let safe = next.scheme() == "https" || (next.scheme() == "http" && here.scheme() == "http");
    safe.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_redirects_that_keep_the_request_whole_and_safe_are_followed() {
        let here: Url = "https://a.example/in".parse().unwrap();
        let answer = |status, to: &str| Answered {
            status,
            location: Some(to.to_owned()),
            retry_after: None,
            body: String::new(),
        };
        let led = |status, to: &str| followed(&answer(status, to), &here).map(String::from);
        assert_eq!(led(307, "/there").as_deref(), Some("https://a.example/there"));
        assert_eq!(led(308, "https://b.example/").as_deref(), Some("https://b.example/"));
        assert_eq!(led(302, "/there"), None);
        assert_eq!(led(307, "http://a.example/"), None, "from https to http");
        assert_eq!(led(307, "file:///etc/passwd"), None);
        assert_eq!(led(200, "/there"), None);
    }
}
