//! Who is asking: sessions, logins, roles, and the records they may touch.

mod address;
mod callers;
mod guard;
mod login;
mod password;
mod people;
mod seen;
mod setup;

pub use address::Address;
pub use callers::{Caller, Reader, Writer};
pub use guard::{FromOwnPage, answer_to_own_pages_only, identify, require_login, to_the_public_address};
pub use login::{Denied, change_password, confirm_password, enter_demo, log_in, log_out};
pub use password::{HashingFailed, Passwords};
pub use people::{Admin, CurrentUser, OwnedConnection, OwnedSignup, SessionHash, Support, Viewer};
pub use seen::Seen;
pub use setup::{SetupLink, refuse_dead_link, set_up};

/// The session cookie's name: browsers keep `__Host-` to https and to this very host.
pub fn session_cookie(secure: bool) -> &'static str {
    if secure { "__Host-greentick" } else { "greentick" }
}
