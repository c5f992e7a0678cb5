//! No number yet: what connecting means, what to have ready, and the one button.

use crate::actions::connections::ConnectOffer;
use crate::actions::people::Facebook;
use crate::domain::connection::Tone;
use crate::ui::components::aside::{ExplainedLink, key_of};
use crate::ui::components::call_out::CallOut;
use crate::ui::components::connect::ConnectLink;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::post_button::Look;
use crate::ui::islands::connect_watch::ConnectWatch;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn EmptyState(offer: ConnectOffer, facebook: Facebook) -> impl IntoView {
    if !offer.allowed {
        return view! {
            <section class="card empty">
                <p>"No number is connected yet. " {ask(&offer.admins)}</p>
            </section>
        }
        .into_any();
    }
    view! {
        <section class="card empty">
            <h2>"Connect your WhatsApp number."</h2>
            <p>
                "The number stays yours. Sign in at Facebook, choose business and number, come back connected."
            </p>
            <p class="have-ready">
                "Have ready: a Facebook login that manages the business, and a phone that can receive a code."
            </p>
            <ConnectOffered offer />
            <ConnectWatch facebook />
        </section>
    }
    .into_any()
}

/// Connect with Facebook, or why it is off, or the signup that was begun.
#[component]
fn ConnectOffered(offer: ConnectOffer) -> impl IntoView {
    if let Some(off) = offer.off {
        let key = key_of(&off);
        return view! {
            <CallOut tone=Tone::Info title=off.what>
                <p>{off.why} " " {off.remedy}</p>
                <a class="button plain" href=paths::SETUP_GUIDE>"Open the setup guide"</a>
                {key.map(|key| view! { <ExplainedLink key /> })}
            </CallOut>
            <p class="button-row"><a class="button plain" href=paths::BY_HAND>"Enter credentials by hand"</a></p>
        }
        .into_any();
    }
    let (look, unfinished) = match offer.unfinished {
        Some(id) => (Look::Plain, Some(view! { <ContinueLink href=paths::signup(id.as_str()) look=Look::Primary /> })),
        None => (Look::Primary, None),
    };
    view! {
        <p class="button-row">
            {unfinished}
            <ConnectLink href=paths::CONNECT look label="Connect with Facebook" />
            <a class="button plain" href=paths::BY_HAND>"Enter credentials by hand"</a>
        </p>
        <p class="second-way">
            <Icon symbol=Symbol::Phone />
            <a href=paths::connect_business_app() rel="nofollow" data-connect>"My number is on the WhatsApp Business app"</a>
        </p>
        <p class="small muted">
            "Your own company's Meta app? "<a href=paths::BY_HAND>"Paste a token instead"</a>
            "; Facebook does not let an app connect its own owner."
        </p>
    }
    .into_any()
}

#[component]
pub fn ContinueLink(href: String, look: Look) -> impl IntoView {
    view! { <a class=look.class() href=href>"Continue where you left off"</a> }
}

/// `Ask an admin: Ana.`
pub fn ask(admins: &[String]) -> String {
    if admins.is_empty() { "Ask an admin.".to_owned() } else { format!("Ask an admin: {}.", admins.join(", ")) }
}
