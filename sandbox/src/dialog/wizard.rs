//! One run of the dialog, kept under an unguessable id.

use std::collections::VecDeque;

use super::steps::Fields;
use crate::random;

/// Older runs are forgotten: people close windows without a word.
const KEPT: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Person,
    Business,
    Waba,
    Number,
    Code,
    Qr,
    Review,
    Finish,
}

impl Step {
    /// The name in forms, so that a page gone back to cannot answer for another step.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Business => "business",
            Self::Waba => "waba",
            Self::Number => "number",
            Self::Code => "code",
            Self::Qr => "qr",
            Self::Review => "review",
            Self::Finish => "finish",
        }
    }

    /// What a cancelled run's message calls it. Meta documents five names and leaves the set open.
    pub(crate) fn meta_name(self) -> &'static str {
        match self {
            Self::Person => "LOGIN",
            Self::Business => "BUSINESS_ACCOUNT_SELECTION",
            Self::Waba => "WABA_PHONE_PROFILE_PICKER",
            Self::Number | Self::Qr => "PHONE_NUMBER_SETUP",
            Self::Code => "PHONE_NUMBER_VERIFICATION",
            Self::Review => "PERMISSIONS_REVIEW",
            Self::Finish => "FINISH",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Wizard {
    pub(crate) app: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    /// Offers numbers of the Business app by QR code.
    pub(crate) coexistence: bool,
    pub(crate) step: Step,
    pub(crate) person: String,
    pub(crate) business: String,
    pub(crate) waba: String,
    /// The portfolio's other accounts that are shared too.
    pub(crate) others: Vec<String>,
    pub(crate) number: Option<String>,
    pub(crate) by_qr: bool,
    /// Shown above the step's form.
    pub(crate) error: Option<String>,
    /// What was typed when the error came, so that nobody types it twice.
    pub(crate) typed: Fields,
}

impl Wizard {
    pub(crate) fn new(app: &str, redirect_uri: &str, state: Option<String>, coexistence: bool) -> Self {
        Self {
            app: app.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            state,
            coexistence,
            step: Step::Person,
            person: String::new(),
            business: String::new(),
            waba: String::new(),
            others: Vec::new(),
            number: None,
            by_qr: false,
            error: None,
            typed: Fields::default(),
        }
    }

    /// All shared accounts, the chosen one first.
    pub(crate) fn wabas(&self) -> Vec<String> {
        std::iter::once(self.waba.clone()).chain(self.others.iter().cloned()).collect()
    }

    pub(crate) fn back(&mut self) {
        self.step = match self.step {
            Step::Person | Step::Business => Step::Person,
            Step::Waba => Step::Business,
            Step::Number => Step::Waba,
            Step::Code | Step::Qr => Step::Number,
            Step::Review if self.by_qr => Step::Qr,
            Step::Review => Step::Number,
            Step::Finish => Step::Review,
        };
    }
}

#[derive(Debug, Default)]
pub(crate) struct Wizards {
    list: VecDeque<(String, Wizard)>,
}

impl Wizards {
    pub(crate) fn add(&mut self, wizard: Wizard) -> String {
        let id = random::secret();
        self.put(id.clone(), wizard);
        id
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Wizard> {
        self.list.iter().find(|(known, _)| known == id).map(|(_, wizard)| wizard)
    }

    pub(crate) fn take(&mut self, id: &str) -> Option<Wizard> {
        let at = self.list.iter().position(|(known, _)| known == id)?;
        self.list.remove(at).map(|(_, wizard)| wizard)
    }

    pub(crate) fn put(&mut self, id: String, wizard: Wizard) {
        if self.list.len() == KEPT {
            self.list.pop_front();
        }
        self.list.push_back((id, wizard));
    }
}
