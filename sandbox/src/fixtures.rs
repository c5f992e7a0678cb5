//! The names and ids of the world that the sandbox starts with. The same at every start, so that tests and people can rely on them.

/// The Meta app that Greentick is configured with.
pub const APP_ID: &str = "810000000000001";
pub const APP_SECRET: &str = "5eed5eed5eed5eed5eed5eed5eed5eed";
/// The app's Facebook Login for Business configuration (products: Cloud API).
pub const CONFIG_ID: &str = "820000000000001";
/// The permanent token of the app owner's system user, for `system_user_access_tokens`.
pub const SYSTEM_TOKEN: &str = "EAASandboxSystemUserTokenOfTheAppOwnerNeverEndsSandboxSystemUserTokenOfTheAppOwnerNeverEndsSandboxSystemUserTokenOfTheAppOwnerNeverEndsSandboxSystemUserTokenOfTheAppOwnerNeverEnds000000000001";
/// The portfolio that owns the app; customers never see it in the dialog.
pub const OWNER_BUSINESS: &str = "230000000000009";

/// A customer's own Meta app, for connecting by hand.
pub const OWN_APP_ID: &str = "810000000000002";
pub const OWN_APP_SECRET: &str = "0dd50dd50dd50dd50dd50dd50dd50dd5";
/// A permanent system user token of that app; it reaches [`WABA_LUA`].
pub const OWN_APP_TOKEN: &str = "EAASandboxTokenOfAnAppThatTheBusinessOwnsItselfSandboxTokenOfAnAppThatTheBusinessOwnsItselfSandboxTokenOfAnAppThatTheBusinessOwnsItselfSandboxTokenOfAnAppThatTheBusinessOwnsItself000000000002";

/// Manages both portfolios.
pub const PERSON_ANA: &str = "910000000000001";
/// Manages [`BUSINESS_LUA`] only.
pub const PERSON_RUI: &str = "910000000000002";

/// "Padaria Sol", verified.
pub const BUSINESS_SOL: &str = "230000000000001";
/// "Studio Lua", not verified.
pub const BUSINESS_LUA: &str = "230000000000002";

/// "Padaria Sol": one number, card on file. The simple happy path.
pub const WABA_SOL: &str = "104000000000001";
/// "Padaria Sol Delivery": three numbers; Meta reports neither a funding id nor a problem.
pub const WABA_DELIVERY: &str = "104000000000002";
/// "Studio Lua": two numbers, no payment method (141006).
pub const WABA_LUA: &str = "104000000000003";

/// Verified by code, never registered.
pub const NUMBER_NEW: &str = "106000000000001";
/// Registered and live on the Cloud API.
pub const NUMBER_CONNECTED: &str = "106000000000002";
/// Two-step verification is on with [`PIN`]; another PIN is refused.
pub const NUMBER_WITH_PIN: &str = "106000000000003";
/// Its display name waits for review.
pub const NUMBER_PENDING_NAME: &str = "106000000000004";
/// Flagged, quality red.
pub const NUMBER_FLAGGED: &str = "106000000000005";
/// In use on the WhatsApp Business app as well (coexistence).
pub const NUMBER_BUSINESS_APP: &str = "106000000000006";

/// The PIN of [`NUMBER_WITH_PIN`].
pub const PIN: &str = "246810";
/// The code that every SMS and call of the sandbox carries; shown to people as `123-456`.
pub const OTP_CODE: &str = "123456";
