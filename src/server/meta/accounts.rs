//! WABAs: what they are and which numbers they have (fact base §§4.2, 4.3).

use super::client::{Graph, Key};
use super::error::{GraphError, Kind};
use super::wire;
use crate::domain::health::{WabaReading, is_registered};
use crate::domain::ids::{BusinessId, PhoneNumberId, WabaId};
use crate::domain::signup::NumberChoice;
use serde::de::DeserializeOwned;

/// Most that the edge gives at once (fact base §4.1).
const PAGE_SIZE: &str = "100";
/// Lists end here whatever their paging says, so that a cursor that never ends cannot hold a job for ever.
const MOST_PAGES: usize = 200;

const WABA_FIELDS: &str = "id,name,account_review_status,business_verification_status,country,currency,status,\
    primary_funding_id,owner_business_info,whatsapp_business_manager_messaging_limit";
/// What every version knows.
const WABA_CORE_FIELDS: &str = "id,name,currency,timezone_id";
const NUMBER_FIELDS: &str =
    "id,display_phone_number,verified_name,status,code_verification_status,platform_type,is_on_biz_app";

/// All pages of a list, and whether it was cut short.
pub struct Page<T> {
    pub items: Vec<T>,
    pub complete: bool,
}

impl Graph {
    async fn list<T: DeserializeOwned>(&self, path: &str, key: Key<'_>, fields: &str) -> Result<Page<T>, GraphError> {
        let mut items = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = vec![("fields", fields), ("limit", PAGE_SIZE)];
            query.extend(after.as_deref().map(|cursor| ("after", cursor)));
            let page: wire::List<T> = self.read(path, Some(key), &query).await?;
            let next = page.next_cursor();
            items.extend(page.data);
            match next {
                Some(next) if after.as_ref() != Some(&next) => after = Some(next),
                _ => return Ok(Page { items, complete: true }),
            }
        }
        Ok(Page { items, complete: false })
    }

    /// `None` when there is no such WABA for this token.
    pub async fn find_waba(&self, key: Key<'_>, waba: &WabaId) -> Result<Option<WabaReading>, GraphError> {
        let read = |fields| self.read::<wire::Waba>(waba.as_str(), Some(key), fields);
        let answer = match read(&[("fields", WABA_FIELDS)]).await {
            Err(error) if error.is(Kind::UnknownField) => read(&[("fields", WABA_CORE_FIELDS)]).await,
            answer => answer,
        };
        match answer {
            Ok(waba) => Ok(Some(waba.into())),
            Err(error) if error.is(Kind::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// WABAs that a portfolio owns or has been given, for tokens that do not name theirs.
    pub async fn list_wabas_of(&self, key: Key<'_>, business: &BusinessId) -> Result<Vec<WabaId>, GraphError> {
        let mut found: Vec<WabaId> = Vec::new();
        for edge in ["owned_whatsapp_business_accounts", "client_whatsapp_business_accounts"] {
            let page: Page<wire::Named> = match self.list(&format!("{business}/{edge}"), key, "id,name").await {
                Err(error) if error.is(Kind::NotFound) || error.is(Kind::Permission) => continue,
                page => page?,
            };
            found.extend(page.items.into_iter().filter_map(|waba| waba.id).map(WabaId::new));
        }
        Ok(found)
    }

    pub async fn list_numbers(&self, key: Key<'_>, waba: &WabaId) -> Result<Vec<NumberChoice>, GraphError> {
        let page: Page<wire::PhoneNumber> = self.list(&format!("{waba}/phone_numbers"), key, NUMBER_FIELDS).await?;
        if !page.complete {
            tracing::warn!(%waba, "the list of numbers was cut short");
        }
        Ok(page.items.into_iter().filter_map(NumberChoice::from_wire).collect())
    }
}

impl From<wire::Waba> for WabaReading {
    fn from(waba: wire::Waba) -> Self {
        let (business_id, business_name) =
            waba.owner_business_info.map_or((None, None), |owner| (owner.id, owner.name));
        Self {
            name: waba.name,
            account_review_status: waba.account_review_status,
            business_verification_status: waba.business_verification_status,
            business_id,
            business_name,
            country: waba.country,
            currency: waba.currency,
            status: waba.status,
            messaging_limit: waba.whatsapp_business_manager_messaging_limit,
            primary_funding_id: waba.primary_funding_id.filter(|id| !id.is_empty()),
        }
    }
}

impl NumberChoice {
    /// `None` without an id: nothing can be done with such a number.
    fn from_wire(number: wire::PhoneNumber) -> Option<Self> {
        let registered = is_registered(number.status.as_deref());
        Some(Self {
            id: PhoneNumberId::new(number.id?),
            display_number: number.display_phone_number,
            verified_name: number.verified_name,
            // The verification of a number that works may have expired; it still works (fact base §4.4).
            verified: registered || number.code_verification_status.as_deref() == Some("VERIFIED"),
            status: number.status,
            on_business_app: number.is_on_biz_app.unwrap_or(false),
            taken: None,
        })
    }
}
