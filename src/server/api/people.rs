//! `/api/v1/people`

use super::ApiError;
use super::error::ErrorResponse;
use super::extract::{ApiQuery, MayWrite};
use crate::domain::erasure::Erasure;
use crate::domain::person::is_user_id;
use crate::domain::phone::TypedNumber;
use crate::domain::problem::Problem;
use crate::server::operations::erase_person::erase_person;
use crate::server::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct PersonAsked {
    /// A phone number with its country code, in any spelling. It is compared whole: nobody is asked again.
    #[param(example = "+55 11 99999-0000")]
    phone: Option<String>,
    /// Or a business-scoped user ID.
    #[param(example = "BR.1A2b3C")]
    user_id: Option<String>,
}

/// A deletion that has begun. It does not tell whose data it is.
#[derive(Serialize, ToSchema)]
pub(super) struct ErasureResponse {
    id: String,
    #[schema(example = "number …00")]
    person: String,
    /// `running` goes on by itself, also after a restart.
    state: ErasureState,
    /// Events erased so far.
    events: i64,
    /// Deliveries as they came, erased so far.
    deliveries: i64,
    /// Events of others in which the person was named, and is not any more.
    mentions: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ErasureState {
    Running,
    Done,
}

impl From<Erasure> for ErasureResponse {
    fn from(erasure: Erasure) -> Self {
        Self {
            id: erasure.id,
            person: erasure.hint,
            state: if erasure.finished_at.is_some() { ErasureState::Done } else { ErasureState::Running },
            events: erasure.events,
            deliveries: erasure.deliveries,
            mentions: erasure.mentions,
        }
    }
}

/// Deletes one person's data: by `phone` or by `userId`.
///
/// Their events go, what Meta sent with them as it came goes, and in the events of others they are no longer named. What
/// Meta sends again of it is not kept; what they write from now on is. There is no way back.
#[utoipa::path(
    delete, path = "/api/v1/people", operation_id = "erasePerson", tag = "People", params(PersonAsked),
    responses(
        (status = 202, description = "It has begun, and is often done already", body = ErasureResponse),
        (status = 422, description = "Neither or both, no number or ID, or a number of your own", body = ErrorResponse),
    ),
)]
pub(super) async fn erase(
    MayWrite(who): MayWrite,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<PersonAsked>,
) -> Result<(StatusCode, Json<ErasureResponse>), ApiError> {
    let typed = match (asked.phone, asked.user_id) {
        (Some(phone), None) if !is_user_id(&phone) => in_full(phone),
        (Some(_), None) => return Err(Problem::invalid("phone", "a number; for a user ID there is userId").into()),
        (None, Some(user)) if is_user_id(&user) => user,
        (None, Some(_)) => return Err(Problem::invalid("userId", "a user ID such as BR.1A2b3C").into()),
        _ => return Err(Problem::invalid("phone", "either this or userId").into()),
    };
    let erasure = erase_person(&app.services, &who.actor, &typed).await?;
    Ok((StatusCode::ACCEPTED, Json(erasure.into())))
}

/// A plus may be missing, or have become a space on its way in the address.
fn in_full(phone: String) -> String {
    let number = TypedNumber::parse(&phone).and_then(|number| number.with_country_code());
    number.and_then(|number| Some(format!("+{}", number.spellings().first()?))).unwrap_or(phone)
}
