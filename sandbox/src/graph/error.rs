//! Meta's errors: envelope, status policy and the texts clients meet (reference §§1.3, 6).

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::random;

#[derive(Debug, Clone)]
pub(crate) struct GraphError {
    code: u32,
    subcode: Option<u32>,
    message: String,
    kind: &'static str,
    details: Option<String>,
    status: StatusCode,
    /// The class that `www-authenticate` names; only OAuth faults have it.
    class: Option<&'static str>,
    /// Minutes until calls are accepted again, for the usage headers.
    regain: Option<u32>,
}

impl GraphError {
    pub(crate) fn new(code: u32, message: &str) -> Self {
        Self {
            code,
            subcode: None,
            message: message.to_owned(),
            kind: "OAuthException",
            details: None,
            status: status_of(code),
            class: Some("invalid_request"),
            regain: None,
        }
    }

    pub(crate) fn with_subcode(mut self, subcode: u32) -> Self {
        self.subcode = Some(subcode);
        self
    }

    fn class(mut self, class: &'static str) -> Self {
        self.class = Some(class);
        self
    }

    fn details(mut self, details: &str) -> Self {
        self.details = Some(details.to_owned());
        self
    }

    fn graph_method(mut self) -> Self {
        self.kind = "GraphMethodException";
        self.class = None;
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with_regain(mut self, minutes: u32) -> Self {
        self.regain = Some(minutes);
        self
    }

    pub(crate) fn parameter(message: &str) -> Self {
        Self::new(100, &format!("(#100) {message}"))
    }

    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::parameter(&format!("The parameter {name} is required."))
    }

    pub(crate) fn unknown_field(field: &str, node: &str) -> Self {
        Self::parameter(&format!("Tried accessing nonexisting field ({field}) on node type ({node})"))
    }

    pub(crate) fn unknown_path(path: &str) -> Self {
        Self::new(2500, &format!("Unknown path components: {path}"))
    }

    pub(crate) fn unsupported(method: &str, id: &str) -> Self {
        let verb = method.to_ascii_lowercase();
        let message = format!(
            "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or \
             does not support this operation. Please read the Graph API documentation at \
             https://developers.facebook.com/docs/graph-api"
        );
        Self::new(100, &message).with_subcode(33).graph_method()
    }

    pub(crate) fn token(subcode: Option<u32>, message: &str) -> Self {
        let error = Self::new(190, message).class("invalid_token");
        match subcode {
            Some(subcode) => error.with_subcode(subcode),
            None => error,
        }
    }

    pub(crate) fn no_token() -> Self {
        Self::new(104, "An access token is required to request this resource.")
    }

    pub(crate) fn no_user_token() -> Self {
        Self::new(2500, "An active access token must be used to query information about the current user.")
    }

    pub(crate) fn wrong_proof() -> Self {
        Self::new(100, "Invalid appsecret_proof provided in the API argument").graph_method()
    }

    pub(crate) fn no_proof() -> Self {
        Self::new(100, "API calls from the server require an appsecret_proof argument").graph_method()
    }

    pub(crate) fn permission(code: u32, message: &str) -> Self {
        Self::new(code, &format!("(#{code}) {message}"))
    }

    pub(crate) fn code_expired() -> Self {
        Self::new(100, "This authorization code has expired.").with_subcode(36007).class("invalid_code")
    }

    pub(crate) fn code_used() -> Self {
        Self::new(100, "This authorization code has been used.").with_subcode(36009).class("invalid_code")
    }

    pub(crate) fn redirect_mismatch() -> Self {
        let message = "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in \
                       the OAuth dialog request";
        Self::new(100, message).with_subcode(36008).class("invalid_code")
    }

    pub(crate) fn code_format() -> Self {
        Self::new(100, "Invalid verification code format.").class("invalid_code")
    }

    /// Code 1 is a 500 elsewhere, but a wrong secret is the caller's fault (reference §1.3).
    pub(crate) fn client_secret() -> Self {
        Self::new(1, "Error validating client secret.").with_status(StatusCode::BAD_REQUEST)
    }

    pub(crate) fn application() -> Self {
        Self::new(101, "Error validating application. Invalid application ID.")
    }

    pub(crate) fn pin_mismatch() -> Self {
        Self::new(133_005, "(#133005) Two step verification PIN Mismatch").details("Two step verification PIN mismatch")
    }

    pub(crate) fn not_verified() -> Self {
        Self::new(133_006, "(#133006) Phone number re-verification needed")
            .details("Phone number needs to be verified before registering")
    }

    pub(crate) fn too_many_pins(until: &str) -> Self {
        Self::new(133_008, "(#133008) Too Many two step verification PIN Guesses")
            .details(&format!("Too many wrong PINs. Guessing opens again at {until}"))
    }

    pub(crate) fn bad_recipient() -> Self {
        Self::parameter("Invalid parameter").details("Param to must be a phone number")
    }

    pub(crate) fn no_template(name: &str, language: &str) -> Self {
        Self::new(132_001, "(#132001) Template name does not exist in the translation")
            .details(&format!("template name ({name}) does not exist in {language}"))
    }

    pub(crate) fn not_registered() -> Self {
        Self::new(133_010, "(#133010) The account does not exist in Cloud API, please create a new account")
            .details("Phone number is not registered")
    }

    pub(crate) fn registration_limit() -> Self {
        Self::new(133_016, "(#133016) Account register deregister rate limit exceeded")
            .details("There were too many registration attempts for this phone number in 72 hours")
    }

    pub(crate) fn account_locked() -> Self {
        Self::new(131_031, "(#131031) Business Account locked").details("This number was banned for violating a policy")
    }

    pub(crate) fn code_not_sent(details: &str) -> Self {
        Self::new(136_024, "(#136024) Request code error").details(details)
    }

    pub(crate) fn wrong_code() -> Self {
        Self::new(136_025, "(#136025) Verify code error").details("The code is wrong or has expired")
    }

    pub(crate) fn callback(reason: &str) -> Self {
        Self::new(2200, &format!("(#2200) Callback verification failed with the following errors: {reason}"))
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn code(&self) -> u32 {
        self.code
    }

    pub(crate) fn subcode(&self) -> Option<u32> {
        self.subcode
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn regain(&self) -> Option<u32> {
        self.regain
    }

    /// A header cannot hold quotes within its quotes, nor text beyond ASCII.
    pub(crate) fn www_authenticate(&self) -> Option<String> {
        let class = self.class.filter(|_| self.kind == "OAuthException")?;
        let message: String = self
            .message
            .chars()
            .filter(|letter| letter.is_ascii() && !letter.is_ascii_control() && *letter != '"')
            .collect();
        Some(format!("OAuth \"Facebook Platform\" \"{class}\" \"{message}\""))
    }

    pub(crate) fn body(&self) -> Value {
        let mut error = Map::new();
        error.insert("message".to_owned(), json!(self.message));
        error.insert("type".to_owned(), json!(self.kind));
        error.insert("code".to_owned(), json!(self.code));
        if let Some(subcode) = self.subcode {
            error.insert("error_subcode".to_owned(), json!(subcode));
        }
        if let Some(details) = &self.details {
            error.insert("error_data".to_owned(), json!({"messaging_product": "whatsapp", "details": details}));
        }
        if matches!(self.code, 1 | 2 | 4 | 80007) {
            error.insert("is_transient".to_owned(), json!(self.code != 1));
        }
        error.insert("fbtrace_id".to_owned(), json!(random::trace_id()));
        json!({ "error": error })
    }
}

/// Which HTTP status goes with a code (reference §6.2).
fn status_of(code: u32) -> StatusCode {
    match code {
        190 => StatusCode::UNAUTHORIZED,
        10 | 200..=299 | 368 | 131_031 => StatusCode::FORBIDDEN,
        4 | 80_007 | 130_429 => StatusCode::TOO_MANY_REQUESTS,
        1 | 2 => StatusCode::INTERNAL_SERVER_ERROR,
        131_016 | 133_004 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}
