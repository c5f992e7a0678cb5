//! "Tell Meta where to send": for a connection on a Meta app of the business's own.

use crate::actions::connections::Revealed;
use crate::actions::entries::{ReceivingPage as Data, find_receiving};
use crate::domain::connection::Tone;
use crate::domain::routing::{BUSINESS_APP_FIELDS, WEBHOOK_FIELDS};
use crate::ui::components::breadcrumb::{Breadcrumb, number_crumb};
use crate::ui::components::call_out::CallOut;
use crate::ui::components::copy_field::CopyField;
use crate::ui::components::hint::Hint;
use crate::ui::islands::reveal::Reveal;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn ReceivingPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("connection").unwrap_or_default();
    loaded(find_receiving(id), |page, shell| {
        view! {
            <Frame title="Tell Meta where to send" shell>
                <Breadcrumb under=number_crumb(&page.connection, &page.display_number) here="Tell Meta where to send" />
                <header class="page-header"><h1>"Tell Meta where to send"</h1></header>
                <Content page />
            </Frame>
        }
    })
}

#[component]
fn Content(page: Data) -> impl IntoView {
    let id = page.connection.to_string();
    let app = page.app_id.clone().unwrap_or_default();
    let webhooks = format!("https://developers.facebook.com/apps/{app}/whatsapp-business/wa-settings/");
    let revealed = use_context::<Revealed>().map(|revealed| revealed.value);
    let credentials = paths::credentials(&id);
    let no_secret = (!page.has_app_secret).then(|| {
        view! {
            <CallOut tone=Tone::Warn title="The app secret is missing.">
                <p>"Needed to receive. Without it you can send, but incoming messages are refused, since we cannot prove they come from Meta."</p>
                <a class="button plain" href=credentials>"Enter the app secret"</a>
            </CallOut>
        }
    });
    let row = |field| view! { <li><code>{field}</code></li> };
    let (fields, more) = (WEBHOOK_FIELDS.map(row).collect_view(), BUSINESS_APP_FIELDS.map(row).collect_view());
    view! {
        {no_secret}
        <section class="card stack entry-page" aria-labelledby="enter-title">
            <h2 id="enter-title">"1. Enter these two at Meta"</h2>
            <p>
                "With the app secret Greentick does all of this by itself when the number is connected. Look at Routing under the number's Technical details: only where something is missing there, and Repair routing does not help, enter it by hand."
            </p>
            <p>
                "Open "<a href=webhooks target="_blank" rel="noreferrer">"your app's WhatsApp › Configuration"</a>
                ", press Edit beside Webhook, and paste both. Press Verify and save: Meta then asks this installation at once, so it must be reachable over https."
            </p>
            <dl class="side-by-side">
                <div>
                    <dt>"Callback URL"<Hint id="callback-hint" about="callback URL" text="Where Meta delivers messages: the letter box of your number." /></dt>
                    <dd><CopyField id="callback-url" label="callback URL" value=page.webhook_url /></dd>
                </div>
                <div>
                    <dt>"Verify token"<Hint id="verify-hint" about="verify token" text="The password of the door: Meta says it once, to prove that it is Meta's dashboard that knocks. It is not the access token." /></dt>
                    <dd><Reveal connection=id.clone() masked=page.verify_token_masked revealed here="receiving".to_owned() /></dd>
                </div>
            </dl>
        </section>
        <section class="card stack entry-page" aria-labelledby="tick-title">
            <h2 id="tick-title">"2. Tick these fields"</h2>
            <p>"In the same place, under Webhook fields, press Subscribe beside each:"</p>
            <ul class="tick-list">{fields}</ul>
            <p>"If the number is on the WhatsApp Business app as well, these too:"</p>
            <ul class="tick-list">{more}</ul>
        </section>
        <p><a class="button primary" href=paths::connection(&id)>"Open the number"</a></p>
    }
    .into_any()
}
