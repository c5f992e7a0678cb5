//! What Meta holds against an account or a number (fact base §§4.5, 6.8).

use super::{Entry, Of, Ours, row};
use crate::domain::explained::Again::{After, No, Yes};
use crate::domain::explained::Who::{Meta, Operator, You};
use crate::server::meta::error::Kind;

#[rustfmt::skip]
pub(super) static ROWS: &[Entry] = &[
    row("payment", &[Of(131_042), Of(141_006)], (Kind::Other, You, After("72 hours at most")), ["Meta reports a problem with the payment method.", "There is no card, it was refused, or its limit is reached. Customers can be answered, but chats cannot be started.", "Add or repair the payment method in WhatsApp Manager; Meta can take up to 72 hours to notice."], &["Business eligibility payment issue", "There is an error with the payment method. This will block business initiated conversations"]),
    row("business_unverified", &[Of(141_010)], (Kind::Other, You, No), ["The business has not passed Meta's verification.", "It is no fault: an unverified business may start fewer chats.", "Verify the business in Meta's Security Centre when you need more than the present limit."], &["Business has not passed business verification"]),
    row("template_not_approved", &[Of(141_002)], (Kind::Other, Meta, Yes), ["One message template is not approved.", "Meta looks at each template before it may be sent, and reports it here too.", "Wait for the review, or read in WhatsApp Manager why it was refused. Other templates are not affected."], &["health_status of a template is BLOCKED"]),
    row("calls_not_set_up", &[Of(138_024), Of(138_025)], (Kind::Other, Operator, No), ["Calls through a telephone system are not set up.", "Meta reports this for every number, also where nobody wants calls.", "Nothing needs to be done, unless you want to receive calls through your own telephone system."], &["SIP is not configured", "can_receive_call_sip"]),
    row("sending_blocked", &[], (Kind::Other, You, No), ["Meta blocks sending from this number.", "Meta found something wrong with the number, the account, the business or the app; its code names it.", "Open Account quality at Meta; the reason and the way out stand there."], &["can_send_message BLOCKED"]),
    row("number_banned", &[], (Kind::Other, You, No), ["Meta has banned this number.", "Meta found a violation of its policies. Messages do not go through until Meta lifts the ban.", "Open Account quality at Meta and ask for a review."], &["BANNED"]),
    row("number_restricted", &[], (Kind::Other, You, No), ["Meta has restricted this number.", "Meta found a violation of its policies. What is still allowed stands in Account quality.", "Open Account quality at Meta and ask for a review."], &["RESTRICTED", "FLAGGED"]),
    row("number_gone", &[Of(33)], (Kind::NotFound, You, No), ["This number no longer exists at Meta.", "It was deleted, or moved to another account.", "Look in WhatsApp Manager."], &["DELETED", "MIGRATED", "phone number has been deleted"]),
    row("quality", &[], (Kind::Other, You, No), ["Meta rates the quality of this number as low.", "Customers blocked or reported it. Meta may pause templates and will not raise the limit.", "Write only to people who asked for it, and less often."], &["quality RED", "low quality"]),
    row("name_declined", &[Of(131_037)], (Kind::Other, You, No), ["Meta has not approved the display name.", "Customers see the number instead of the name, and chats cannot be started.", "Change the display name in WhatsApp Manager and submit it again."], &["display name not approved", "number display name needs approval", "DECLINED"]),
    row("account_in_review", &[Ours("account_review")], (Kind::Other, Meta, Yes), ["Meta is looking at the WhatsApp account.", "New accounts are reviewed before they may do everything.", "Wait; Meta tells the result by email and in WhatsApp Manager."], &["account_review_status PENDING"]),
];
