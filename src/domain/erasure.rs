//! The deletion of one person's data.

use super::instant::Instant;
use super::problem::Problem;
use serde::{Deserialize, Serialize};

/// One deletion: how far it has come, and what it has removed. It does not tell whose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    pub id: String,
    pub actor: String,
    /// `number …00`
    pub hint: String,
    /// What Meta sent, as it came.
    pub deliveries: i64,
    pub events: i64,
    /// Events of others that named the person.
    pub mentions: i64,
    /// 0 to 100.
    pub percent: i64,
    pub created_at: Instant,
    pub finished_at: Option<Instant>,
}

/// What would go, before anything does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureQuestion {
    /// To be sent back with the answer.
    pub person: String,
    /// Numbers with a plus in front.
    pub phones: Vec<String>,
    pub user_ids: Vec<String>,
    pub name: Option<String>,
    pub events: i64,
    /// Deliveries that these events came with, as far as they are kept.
    pub deliveries: i64,
}

/// What the form was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErasureAnswer {
    Question(ErasureQuestion),
    Refused { person: String, problem: Problem },
}

/// Settings › Personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalDataPage {
    pub now: Instant,
    /// How many days events and deliveries are kept; `None` for ever.
    pub event_days: Option<i64>,
    pub delivery_days: Option<i64>,
    /// Newest first.
    pub erasures: Vec<Erasure>,
}
