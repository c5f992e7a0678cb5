//! A number's life: created, verified by code, registered with a PIN, deregistered, banned (reference §§4.4, 4.8).

use super::{Number, World};
use crate::{clock, fixtures::OTP_CODE, graph::GraphError};

/// Meta counts `register` and `deregister` together: ten in 72 hours for each number.
const REGISTRATION_WINDOW: i64 = 72 * 3600;
const MAX_REGISTRATIONS: usize = 10;
/// After this many wrong PINs in a row, guessing is closed for a while.
const MAX_PIN_GUESSES: u32 = 5;
const PIN_LOCK: i64 = 12 * 3600;
/// Codes by SMS or voice in an hour.
const MAX_CODES_AN_HOUR: usize = 5;

impl Number {
    /// Owned by its account and proven by a code, but not on the Cloud API.
    pub(crate) fn verified(id: &str, waba: &str, display: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            waba: waba.to_owned(),
            display: display.to_owned(),
            verified_name: name.to_owned(),
            quality: "UNKNOWN".to_owned(),
            code_status: "VERIFIED".to_owned(),
            name_status: "APPROVED".to_owned(),
            new_display_name: None,
            status: "PENDING".to_owned(),
            platform: "NOT_APPLICABLE".to_owned(),
            throughput: "NOT_APPLICABLE".to_owned(),
            official: false,
            pin: None,
            on_business_app: false,
            last_onboarded: None,
            override_callback: None,
            profile: std::collections::BTreeMap::new(),
            wrong_pins: 0,
            locked_until: None,
            registrations: Vec::new(),
            code_requests: Vec::new(),
            code_waiting: false,
            status_before_ban: None,
        }
    }

    pub(crate) fn unverified(id: &str, waba: &str, display: &str, name: &str) -> Self {
        let mut number = Self::verified(id, waba, display, name);
        number.code_status = "NOT_VERIFIED".to_owned();
        number.name_status = "AVAILABLE_WITHOUT_REVIEW".to_owned();
        number
    }

    pub(crate) fn go_live(&mut self, pin: &str, now: i64) {
        self.pin = Some(pin.to_owned());
        self.on_cloud_api(now);
    }

    /// Coexistence: the number works on the Cloud API without `register`, and stays on the phone.
    pub(crate) fn join_from_business_app(&mut self, now: i64) {
        self.on_business_app = true;
        self.on_cloud_api(now);
    }

    fn on_cloud_api(&mut self, now: i64) {
        "CONNECTED".clone_into(&mut self.status);
        "CLOUD_API".clone_into(&mut self.platform);
        "STANDARD".clone_into(&mut self.throughput);
        "GREEN".clone_into(&mut self.quality);
        self.last_onboarded = Some(now);
    }

    /// The PIN survives: it belongs to the number, not to its registration.
    pub(crate) fn leave_cloud_api(&mut self) {
        "DISCONNECTED".clone_into(&mut self.status);
        "NOT_APPLICABLE".clone_into(&mut self.platform);
        "NOT_APPLICABLE".clone_into(&mut self.throughput);
    }

    pub(crate) fn is_live(&self) -> bool {
        self.platform == "CLOUD_API"
    }

    fn count_registration(&mut self, now: i64) -> Result<(), GraphError> {
        self.registrations.retain(|&at| at > now - REGISTRATION_WINDOW);
        if self.registrations.len() >= MAX_REGISTRATIONS {
            return Err(GraphError::registration_limit());
        }
        self.registrations.push(now);
        Ok(())
    }

    pub(crate) fn register(&mut self, pin: &str, now: i64) -> Result<(), GraphError> {
        self.count_registration(now)?;
        if self.on_business_app {
            return Err(GraphError::parameter(
                "This number is in use on the WhatsApp Business app and needs no registration.",
            ));
        }
        if self.status == "BANNED" {
            return Err(GraphError::account_locked());
        }
        if self.code_status != "VERIFIED" && !self.is_live() {
            return Err(GraphError::not_verified());
        }
        self.guess_pin(pin, now)?;
        self.go_live(pin, now);
        if let Some(name) = self.new_display_name.take() {
            self.verified_name = name;
            "APPROVED".clone_into(&mut self.name_status);
        }
        Ok(())
    }

    fn guess_pin(&mut self, pin: &str, now: i64) -> Result<(), GraphError> {
        if let Some(until) = self.locked_until.filter(|&until| until > now) {
            return Err(GraphError::too_many_pins(&clock::iso(until)));
        }
        if self.pin.as_deref().is_none_or(|known| known == pin) {
            self.wrong_pins = 0;
            self.locked_until = None;
            return Ok(());
        }
        self.wrong_pins += 1;
        if self.wrong_pins >= MAX_PIN_GUESSES {
            self.wrong_pins = 0;
            self.locked_until = Some(now + PIN_LOCK);
        }
        Err(GraphError::pin_mismatch())
    }

    pub(crate) fn deregister(&mut self, now: i64) -> Result<(), GraphError> {
        self.count_registration(now)?;
        if self.on_business_app {
            return Err(GraphError::parameter(
                "A number that is in use on the WhatsApp Business app is disconnected there.",
            ));
        }
        if !self.is_live() {
            return Err(GraphError::not_registered());
        }
        self.leave_cloud_api();
        Ok(())
    }

    pub(crate) fn request_code(&mut self, now: i64) -> Result<(), GraphError> {
        self.code_requests.retain(|&at| at > now - 3600);
        if self.code_status == "VERIFIED" {
            return Err(GraphError::code_not_sent("This number is verified already."));
        }
        if self.code_requests.len() >= MAX_CODES_AN_HOUR {
            return Err(GraphError::code_not_sent("Too many codes were asked for. Try again in an hour."));
        }
        self.code_requests.push(now);
        self.code_waiting = true;
        Ok(())
    }

    pub(crate) fn verify_code(&mut self, code: &str) -> Result<(), GraphError> {
        if !self.code_waiting || code != OTP_CODE {
            return Err(GraphError::wrong_code());
        }
        self.code_waiting = false;
        "VERIFIED".clone_into(&mut self.code_status);
        Ok(())
    }
}

impl World {
    /// The number with this display number, written in any way.
    pub(crate) fn number_shown_as(&self, text: &str) -> Option<&Number> {
        let digits = digits(text);
        self.numbers.values().find(|number| self::digits(&number.display) == digits)
    }

    /// Adds `count` verified numbers, for lists of many pages.
    pub(crate) fn add_numbers(&mut self, waba: &str, count: u32, live: bool) -> Vec<String> {
        let now = self.now();
        let mut ids = Vec::new();
        for _ in 0..count {
            let position = self.numbers.len();
            let id = format!("1069{position:011}");
            let display = format!("+1 632-{:03}-{:04}", position / 10_000 % 1_000, position % 10_000);
            let mut number = Number::verified(&id, waba, &display, &format!("Branch {position}"));
            if live {
                number.go_live("135790", now);
            }
            self.add_number(number);
            ids.push(id);
        }
        ids
    }
}

pub(crate) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
