//! Meta is busy, down, or wants us to wait (fact base §§6.4, 6.9).

use super::{Code, Either, Entry, Of, WAIT, row};
use crate::domain::explained::Again::{After, Once, Yes};
use crate::domain::explained::Who::{Meta, You};
use crate::server::meta::error::Kind;

#[rustfmt::skip]
pub(super) static ROWS: &[Entry] = &[
    row("meta_unreachable", &[], (Kind::Passing, Meta, Yes), ["Could not ask Meta.", "Meta did not answer, or the network between us was cut. It says nothing about the number.", WAIT], &["Meta did not answer", "timeout", "HTTP 502", "HTTP 503", "HTTP 504"]),
    row("meta_unknown_error", &[Of(1), Of(131_000)], (Kind::Passing, Meta, Once), ["Meta had an error of its own.", "Meta does not say more. It passes, or the request holds something that Meta cannot take.", WAIT], &["An unknown error occurred", "Something went wrong"]),
    row("meta_down", DOWN, (Kind::Passing, Meta, Yes), ["Meta is down for the moment.", "The disturbance is on Meta's side; metastatus.com tells of larger ones.", WAIT], &["Service temporarily unavailable", "Service unavailable", "Server Temporarily Unavailable"]),
    row("maintenance", &[Of(131_057), Either(2_494_100)], (Kind::Passing, Meta, Yes), ["Meta is working on this account.", "Meta is improving it, for example to let it send faster; that takes some minutes.", WAIT], &["Account in maintenance mode", "upgrade"]),
    row("app_rate_limited", &[Of(4)], (Kind::RateLimited, Meta, After("one hour")), ["Meta wants us to slow down.", "The app's calls of this hour are used up.", WAIT], &["Application request limit reached", "X-App-Usage"]),
    row("user_rate_limited", &[Of(17)], (Kind::RateLimited, Meta, After("one hour")), ["Meta wants us to slow down.", "The calls of this hour are used up.", WAIT], &["User request limit reached"]),
    row("rate_limited", &[Of(32), Of(341), Of(613)], (Kind::RateLimited, Meta, Yes), ["Meta wants us to slow down.", "The calls of a page, of the app, or of one kind are used up for the moment.", WAIT], &["Page request limit reached", "Application limit reached", "Calls to this api have exceeded the rate limit"]),
    row("waba_rate_limited", &[Of(80007), Of(80008)], (Kind::RateLimited, Meta, After("the minutes that Meta names")), ["Meta wants us to slow down.", "The calls for this WhatsApp account are used up for the moment.", WAIT], &["There have been too many calls to this WhatsApp Business account", "estimated_time_to_regain_access", "Rate limit issues"]),
    row("throughput", &[Of(130_429)], (Kind::RateLimited, Meta, Yes), ["Messages are being sent faster than Meta takes them.", "A number may send about 80 messages a second, more after an upgrade by Meta; on the WhatsApp Business app as well, 20.", "Send more slowly, and send what was refused again with growing pauses."], &["Rate limit hit", "Cloud API message throughput has been reached"]),
    row("pair_limit", &[Of(131_056)], (Kind::RateLimited, Meta, Yes), ["Too many messages to the same person in a short time.", "Meta allows one message in six seconds to one person, and up to 45 at once that are paid for by waiting.", "Send to this person more slowly. Wait 4 seconds, then 16, then 64, before trying again."], &["Business Account, Consumer Account pair rate limit hit"]),
    row("spam_limit", &[Of(131_048)], (Kind::Permission, You, After("hours or days, when quality has risen")), ["Meta limits this number because people reported or blocked it.", "Too many of the last messages were unwanted.", "Stop the campaign, look at the quality in WhatsApp Manager, and write only to people who asked for it."], &["Spam rate limit hit"]),
    row("throttled", &[Of(131_064)], (Kind::RateLimited, Meta, Yes), ["Meta wants us to slow down.", "Meta lists this code among its limits; its text is not documented.", "Wait, then try again with growing pauses. If it stays, give code and fbtrace_id to Meta's support."], &[]),
];

const DOWN: &[Code] = &[Of(2), Of(131_016), Of(133_004)];

/// For an answer of the 5xx class whose code we do not know.
#[rustfmt::skip]
pub(super) static SERVER_ERROR: Entry = row("meta_down", DOWN, (Kind::Passing, Meta, Yes), ["Meta is down for the moment.", "The disturbance is on Meta's side; metastatus.com tells of larger ones.", WAIT], &[]);
