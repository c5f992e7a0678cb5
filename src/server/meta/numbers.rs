//! One phone number at Meta: its state, its verification and its registration (fact base §§4.4, 4.5, 4.8).

use super::client::{Graph, Key};
use super::error::{GraphError, Kind};
use super::wire;
use crate::domain::health::{HealthEntity, HealthError, HealthStatus, NumberReading};
use crate::domain::ids::PhoneNumberId;
use crate::domain::signup::CodeMethod;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};

const FIELDS: &str = "id,display_phone_number,verified_name,status,quality_rating,code_verification_status,name_status,\
    platform_type,throughput,whatsapp_business_manager_messaging_limit,is_official_business_account,account_mode,\
    is_on_biz_app,is_pin_enabled,webhook_configuration,health_status";
/// What every version knows.
const CORE_FIELDS: &str = "id,display_phone_number,verified_name,quality_rating,code_verification_status,platform_type,\
    throughput,webhook_configuration";

impl Graph {
    /// `None` when there is no such number for this token.
    pub async fn find_number(&self, key: Key<'_>, id: &PhoneNumberId) -> Result<Option<NumberReading>, GraphError> {
        let read = |fields| self.read::<wire::PhoneNumber>(id.as_str(), Some(key), fields);
        let answer = match read(&[("fields", FIELDS)]).await {
            Err(error) if error.is(Kind::UnknownField) => read(&[("fields", CORE_FIELDS)]).await,
            answer => answer,
        };
        match answer {
            Ok(number) => Ok(Some(number.into())),
            Err(error) if error.is(Kind::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How far a request for the official tick has come. `None` where Meta does not say.
    pub async fn official_status(&self, key: Key<'_>, id: &PhoneNumberId) -> Result<Option<String>, GraphError> {
        let path = format!("{id}/official_business_account");
        match self.read::<wire::OfficialAccount>(&path, Some(key), &[]).await {
            Ok(account) => Ok(account.oba_status),
            Err(error) if error.is(Kind::NotFound) || error.is(Kind::UnknownField) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub async fn register(&self, key: Key<'_>, id: &PhoneNumberId, pin: &SecretString) -> Result<(), GraphError> {
        let form = [("messaging_product", "whatsapp"), ("pin", pin.expose_secret())];
        self.change::<wire::Success>(Method::POST, &format!("{id}/register"), key, &form).await?.accepted()
    }

    /// Sets or changes the number's PIN. It cannot be taken away by the API.
    pub async fn set_pin(&self, key: Key<'_>, id: &PhoneNumberId, pin: &SecretString) -> Result<(), GraphError> {
        let form = [("pin", pin.expose_secret())];
        self.change::<wire::Success>(Method::POST, id.as_str(), key, &form).await?.accepted()
    }

    pub async fn deregister(&self, key: Key<'_>, id: &PhoneNumberId) -> Result<(), GraphError> {
        self.change::<wire::Success>(Method::POST, &format!("{id}/deregister"), key, &[]).await?.accepted()
    }

    /// Has Meta send a verification code to the phone.
    pub async fn request_code(&self, key: Key<'_>, id: &PhoneNumberId, method: CodeMethod) -> Result<(), GraphError> {
        let form = [("code_method", method.as_meta()), ("language", "en_US")];
        self.change::<wire::Success>(Method::POST, &format!("{id}/request_code"), key, &form).await?.accepted()
    }

    pub async fn verify_code(&self, key: Key<'_>, id: &PhoneNumberId, code: &SecretString) -> Result<(), GraphError> {
        let form = [("code", code.expose_secret())];
        self.change::<wire::Success>(Method::POST, &format!("{id}/verify_code"), key, &form).await?.accepted()
    }
}

impl From<wire::PhoneNumber> for NumberReading {
    fn from(number: wire::PhoneNumber) -> Self {
        let callbacks = number.webhook_configuration.unwrap_or_default();
        let given = |url: Option<String>| url.filter(|url| !url.is_empty());
        Self {
            display_phone_number: number.display_phone_number,
            verified_name: number.verified_name,
            status: number.status,
            quality_rating: number.quality_rating,
            code_verification_status: number.code_verification_status,
            name_status: number.name_status,
            platform_type: number.platform_type,
            throughput: number.throughput.and_then(|throughput| throughput.level),
            messaging_limit: number.whatsapp_business_manager_messaging_limit,
            official_business_account: number.is_official_business_account,
            official_status: None,
            account_mode: number.account_mode,
            on_business_app: number.is_on_biz_app,
            pin_enabled: number.is_pin_enabled,
            callback_of_app: given(callbacks.application),
            callback_of_waba: given(callbacks.whatsapp_business_account),
            callback_of_number: given(callbacks.phone_number),
            health: number.health_status.map(Into::into),
        }
    }
}

impl From<wire::HealthStatus> for HealthStatus {
    fn from(health: wire::HealthStatus) -> Self {
        Self {
            can_send_message: health.can_send_message,
            entities: health.entities.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<wire::HealthEntity> for HealthEntity {
    fn from(entity: wire::HealthEntity) -> Self {
        let errors = entity.errors.into_iter().map(|error| HealthError {
            code: error.error_code,
            description: error.error_description,
            solution: error.possible_solution,
        });
        Self {
            entity_type: entity.entity_type,
            id: entity.id.unwrap_or_default(),
            can_send_message: entity.can_send_message,
            errors: errors.collect(),
            additional_info: entity.additional_info,
        }
    }
}
