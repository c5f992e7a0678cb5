//! What Meta says about the business, in a shop owner's words, with Meta's own value beside them.

use super::answers::limit_words;
use super::connection::Tone;
use super::health::Snapshot;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub label: String,
    pub tone: Tone,
    pub words: String,
    /// Meta's own spelling, for whoever has to talk to Meta.
    pub meta: Option<String>,
    /// An explanation behind the "?" of the row.
    pub hint: String,
}

fn fact(label: &str, (tone, words): (Tone, &str), meta: Option<&str>, hint: &str) -> Fact {
    Fact {
        label: label.to_owned(),
        tone,
        words: words.to_owned(),
        meta: meta.map(str::to_owned),
        hint: hint.to_owned(),
    }
}

const UNKNOWN: (Tone, &str) = (Tone::Idle, "Could not ask Meta");
const NOT_ASKED: &str = "Not asked yet";

/// Official tick, business verification, display name, account review, quality, portfolio limit.
/// `asked` is whether Meta was asked already.
pub fn facts(snapshot: Option<&Snapshot>, asked: bool) -> Vec<Fact> {
    let mut facts = said(snapshot);
    if !asked {
        for fact in facts.iter_mut().filter(|fact| fact.words == UNKNOWN.1) {
            NOT_ASKED.clone_into(&mut fact.words);
        }
    }
    facts
}

fn said(snapshot: Option<&Snapshot>) -> Vec<Fact> {
    let number = snapshot.and_then(|s| s.number.as_ref());
    let waba = snapshot.and_then(|s| s.waba.as_ref());
    let tick = number.and_then(|n| n.official_business_account);
    let oba = number.and_then(|n| n.official_status.as_deref());
    let verification = waba.and_then(|w| w.business_verification_status.as_deref());
    let name_status = number.and_then(|n| n.name_status.as_deref());
    let review = waba.and_then(|w| w.account_review_status.as_deref());
    let quality = number.and_then(|n| n.quality_rating.as_deref());
    let limit = snapshot.and_then(Snapshot::messaging_limit);
    let limit_said = limit.map(limit_words);
    vec![
        fact(
            "Official tick",
            tick_words(tick, oba),
            oba,
            "The tick beside the name. It has been blue since 2024; many still say green tick.",
        ),
        fact(
            "Business verification",
            verification_words(verification),
            verification,
            "Meta checks the papers of the business behind the number. It is done in Meta's Business settings.",
        ),
        fact("Display name", name_words(name_status), name_status, "The name that customers see above the chat."),
        fact("Account review", review_words(review), review, "Meta looks at every new WhatsApp account once."),
        fact("Quality", quality_words(quality), quality, "How customers took your messages in the last seven days."),
        fact(
            "Portfolio limit",
            limit_said.as_deref().map_or(UNKNOWN, |words| (Tone::Ok, words)),
            limit,
            "How many people you may write to first in 24 hours, counted over all numbers of the portfolio.",
        ),
    ]
}

fn tick_words(tick: Option<bool>, status: Option<&str>) -> (Tone, &'static str) {
    match (tick, status) {
        (Some(true), _) => (Tone::Ok, "Official: customers see the blue tick."),
        (_, Some("PENDING" | "UNDER_REVIEW")) => (Tone::Info, "Meta is looking at the request."),
        (_, Some("REJECTED")) => (Tone::Idle, "No tick. Meta declined the request; you can send without it."),
        (Some(false), _) => (Tone::Idle, "No tick. Most businesses have none; you can send without it."),
        (None, _) => UNKNOWN,
    }
}

fn verification_words(status: Option<&str>) -> (Tone, &str) {
    match status.map(str::to_lowercase).as_deref() {
        None => UNKNOWN,
        Some("verified") => (Tone::Ok, "Verified"),
        Some("not_verified") => (Tone::Idle, "Not verified. Not needed to start; raises your limit."),
        Some("pending" | "pending_submission") => (Tone::Info, "Meta is checking the papers."),
        Some("pending_need_more_info") => (Tone::Info, "Meta asks for more papers."),
        Some("rejected" | "failed") => (Tone::Idle, "Meta declined it. You can go on, and try again at Meta."),
        Some("expired" | "revoked") => (Tone::Idle, "No longer verified. You can verify again at Meta."),
        Some("ineligible") => (Tone::Idle, "Not open to this business. You can send without it."),
        Some(_) => (Tone::Idle, status.unwrap_or_default()),
    }
}

fn name_words(status: Option<&str>) -> (Tone, &str) {
    match status {
        None => UNKNOWN,
        Some("APPROVED") => (Tone::Ok, "Approved"),
        Some("AVAILABLE_WITHOUT_REVIEW") => (Tone::Ok, "Usable without a review"),
        Some("PENDING_REVIEW") => (Tone::Info, "Meta is reviewing it. You can answer customers meanwhile."),
        Some("DECLINED") => (Tone::Warn, "Declined. Change it at Meta to start chats."),
        Some("EXPIRED") => (Tone::Idle, "The approval ran out. Ask for it again at Meta."),
        Some("NONE" | "NON_EXISTS") => (Tone::Idle, "None yet"),
        Some(other) => (Tone::Idle, other),
    }
}

fn review_words(status: Option<&str>) -> (Tone, &str) {
    match status {
        None => UNKNOWN,
        Some("APPROVED") => (Tone::Ok, "Approved"),
        Some("PENDING") => (Tone::Info, "Meta is still looking."),
        Some("REJECTED") => (Tone::Warn, "Declined. Ask Meta for another review."),
        Some("DEFERRED") => (Tone::Info, "Put off by Meta"),
        Some(other) => (Tone::Idle, other),
    }
}

/// Quality in words, with its tone.
pub fn quality_words(rating: Option<&str>) -> (Tone, &str) {
    match rating {
        None => UNKNOWN,
        Some("GREEN") => (Tone::Ok, "High"),
        Some("YELLOW") => (Tone::Info, "Medium"),
        Some("RED") => (Tone::Warn, "Low"),
        Some("UNKNOWN" | "NA") => (Tone::Idle, "Not rated yet"),
        Some(other) => (Tone::Idle, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::health::{NumberReading, WabaReading};
    use crate::domain::instant::Instant;

    #[test]
    fn what_could_not_be_read_is_said_to_be_unknown() {
        assert!(facts(None, true).iter().all(|fact| fact.words == "Could not ask Meta" && fact.tone == Tone::Idle));
        assert!(facts(None, false).iter().all(|fact| fact.words == "Not asked yet" && fact.tone == Tone::Idle));
    }

    #[test]
    fn an_unverified_business_without_a_tick_is_no_fault() {
        let number = NumberReading {
            official_business_account: Some(false),
            quality_rating: Some("UNKNOWN".into()),
            name_status: Some("A_NEW_VALUE".into()),
            ..NumberReading::default()
        };
        let waba = WabaReading {
            business_verification_status: Some("not_verified".into()),
            messaging_limit: Some("TIER_250".into()),
            ..WabaReading::default()
        };
        let snapshot = Snapshot { taken_at: Instant(0), number: Some(number), waba: Some(waba), routing: None };
        let facts = facts(Some(&snapshot), true);
        assert!(facts.iter().all(|fact| !matches!(fact.tone, Tone::Bad | Tone::Warn)), "{facts:#?}");
        assert_eq!(facts[1].words, "Not verified. Not needed to start; raises your limit.");
        assert_eq!(facts[2].words, "A_NEW_VALUE");
        assert_eq!(facts[5].words, "250 new chats in 24 hours");
    }
}
