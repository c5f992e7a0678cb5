//! What the product does, one verb a file. An operation gets all it may use in [`Services`] and knows no HTTP.

pub mod access;
pub mod api_keys;
pub mod ask_address;
pub mod begin_signup;
pub mod check_access;
pub mod check_connection;
pub mod connect_number;
pub mod continue_signup;
mod developer_part;
pub mod disconnect_number;
pub mod draft_entry;
pub mod explain_errors;
pub mod forward_events;
pub mod forwards;
pub mod import_entry;
pub mod list_connections;
pub mod list_events;
pub mod live_events;
pub mod meta_app;
pub mod number_pin;
pub mod prove_entry;
pub mod pulse;

mod read_routing;
pub mod receive_callback;
pub mod receive_delivery;
pub mod refresh_token;
pub mod replay_deliveries;
pub mod reveal_verify_token;
pub mod revoke_old_token;
pub mod route_messages;
pub mod save_entry;
pub mod see_events;
mod services;
pub mod set_rotation;
pub mod settings;
pub mod show_connections;
pub mod show_signup;
pub mod show_work;
pub mod subscribe_app;
pub mod support_bundle;
pub mod test_settings;
pub mod understand_deliveries;
pub mod verify_webhook;
pub mod wait;

pub use services::{Failure, Progress, Services};
