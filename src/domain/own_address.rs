//! What may keep Meta from reaching this installation's own address, each cause in its own words.

use super::problem::Problem;
use serde::{Deserialize, Serialize};

/// Why our address did not answer as Meta wants it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressFault {
    NotHttps,
    /// This machine, or a network that is not the internet.
    Private,
    Unresolved,
    Refused,
    /// With what is wrong with the certificate, where that is known.
    Tls(Option<&'static str>),
    /// Not within the time that Meta waits.
    Silent,
    Cut,
    /// To this address.
    Redirects(String),
    AsksLogin(u16),
    Status(u16),
    WrongAnswer,
    /// Somebody answers who knows another verify token.
    Another,
}

/// Every remedy ends with this.
const AGAIN: &str = "Then ask our address again.";

impl AddressFault {
    #[rustfmt::skip]
    fn words(&self) -> (&'static str, &'static str, String, &'static str) {
        let plain = str::to_owned;
        match self {
            Self::NotHttps => ("address_not_https", "The address is not https.", plain("Meta delivers to https addresses only."), "Put a proxy with a certificate in front and set GREENTICK_PUBLIC_URL to the https address."),
            Self::Private => ("address_private", "Meta cannot reach this address from the internet.", plain("It leads to this machine or to a private network."), "Set GREENTICK_PUBLIC_URL to the address under which this installation is known on the internet."),
            Self::Unresolved => ("address_unresolved", "The name in the address is not known on the internet.", plain("No server of names has an entry for it."), "Correct GREENTICK_PUBLIC_URL, or add the name where your domain is managed."),
            Self::Refused => ("address_refused", "Nothing listens at the address.", plain("The connection was refused: the proxy is not running, or a firewall turns it away."), "Start the proxy in front of Greentick and let port 443 through the firewall."),
            Self::Tls(Some(why)) => ("address_tls", "The certificate of the address is not accepted.", format!("{why} Meta accepts only certificates that browsers accept."), "Renew the certificate of the proxy, for this very name and with its whole chain."),
            Self::Tls(None) => ("address_tls", "No secure connection to the address can be made.", plain("What answers there does not speak https as it should."), "Look at the certificate and the https settings of the proxy."),
            Self::Silent => ("address_silent", "The address did not answer within 6 seconds.", plain("Meta waits no longer (its error is curl_errno 28). A firewall swallows the request, or the machine is too slow."), "Let port 443 through the firewall, for everybody: Meta's addresses change."),
            Self::Cut => ("address_cut", "The connection was cut before the answer was complete.", plain("A proxy or a firewall on the way broke it off (Meta's error is curl_errno 56)."), "Look into the log of the proxy."),
            Self::Redirects(to) => ("address_redirects", "The address sends its visitors on to another one.", format!("It leads to {to}. Meta follows nobody.") , "Set GREENTICK_PUBLIC_URL to the address where the way ends, or take the redirect away."),
            Self::AsksLogin(status) => ("address_asks_login", "Something in front of Greentick asks for a login.", format!("The answer was {status}: a proxy, a tunnel or a firewall lets in only those it knows."), "Let requests to /api/webhooks/ through without a login: each is proven by its signature."),
            Self::Status(status) => ("address_status", "The address does not answer as Greentick does.", format!("The answer was {status} in place of 200."), "Look whether the proxy leads to Greentick, and passes paths on as they are."),
            Self::WrongAnswer => ("address_answers_wrong", "Something else answers at the address.", plain("The answer was not the number that was asked for: a page of the proxy or of the host stands before Greentick."), "Look whether the proxy leads to Greentick, and changes no answers."),
            Self::Another => ("address_of_another", "Another Greentick answers at the address.", plain("It knows a different verify token, so it is not this installation."), "Set GREENTICK_PUBLIC_URL to this installation's own address, or lead the address here."),
        }
    }

    pub fn problem(&self, address: &str) -> Problem {
        let (code, what, why, remedy) = self.words();
        Problem::new(code, what, &format!("We asked {address}. {why}"), &format!("{remedy} {AGAIN}"))
    }
}

/// What asking our own address came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressAnswer {
    pub address: String,
    /// Why Meta will not be content; `None` when it will.
    pub problem: Option<Problem>,
}

impl AddressAnswer {
    /// In one sentence, for when all is well.
    pub fn good_words() -> &'static str {
        "Our address answers as Meta wants it to."
    }
}
