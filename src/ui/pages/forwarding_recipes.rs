//! Setup guide › Forwarding: how to receive what is sent on, with n8n, Chatwoot and curl.

use crate::actions::guide::setup_guide;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::copy_field::CopyButton;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn ForwardingRecipesPage() -> impl IntoView {
    loaded(setup_guide(), |_, shell| {
        view! {
            <Frame title="Forwarding recipes" shell>
                <Breadcrumb place="Setup guide" address=paths::SETUP_GUIDE here="Forwarding" />
                <header class="page-header">
                    <div>
                        <h1>"Forwarding to your software"</h1>
                        <p class="muted">
                            "Meta knows one address for your number: this one. From here, " <a href=paths::FORWARDING>"forwards"</a>
                            " pass everything on, to as many places as you like."
                        </p>
                    </div>
                </header>
                <div class="recipes">
                    <Promise />
                    <N8n />
                    <Chatwoot />
                    <Curl />
                </div>
            </Frame>
        }
    })
}

#[component]
fn Recipe(id: &'static str, title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="card" id=id>
            <h2>{title}</h2>
            {children()}
        </section>
    }
    .into_any()
}

#[component]
fn Code(id: &'static str, about: &'static str, text: &'static str) -> impl IntoView {
    view! {
        <div class="code">
            <pre tabindex="0" aria-label=about><code id=id>{text}</code></pre>
            <CopyButton of=id about />
        </div>
    }
    .into_any()
}

#[component]
fn Promise() -> impl IntoView {
    view! {
        <Recipe id="promise" title="What your software can rely on">
            <ul class="points">
                <li>"Each request is a POST with JSON. Answer 200 to 299 within 15 seconds; anything else counts as not received. Do the work afterwards."</li>
                <li>"What is not received is tried again for three days, further and further apart. Then it is kept, and an admin can have it sent again."</li>
                <li>"Too much at once? Answer 429 or 503 with "<code>"Retry-After"</code>": nothing comes before. An event you do not want, refused with 400 or 422, holds up no other."</li>
                <li>"The same request may come twice, after a crash or when your answer was lost. It has the same "<code>"webhook-id"</code>" then: take each once."</li>
                <li>"Requests come in order while all is well. One that failed comes later than those behind it; "<code>"seq"</code>" tells the order."</li>
                <li>"After five days without one success the forward is switched off, and this installation says so. What comes waits."</li>
            </ul>
        </Recipe>
    }
}

#[component]
fn N8n() -> impl IntoView {
    view! {
        <Recipe id="n8n" title="n8n">
            <p>"The WhatsApp trigger of n8n wants Meta's one address for itself. With a forward it does not need it:"</p>
            <ol class="points">
                <li>"Add a "<strong>"Webhook"</strong>" node: method POST, respond immediately. Under Authentication choose "<strong>"Header Auth"</strong>", with a name such as "<code>"X-Api-Key"</code>" and a long random value."</li>
                <li>"Here, add a forward in the format "<strong>"Greentick"</strong>". Its address is the node's production URL. Enter the same header and value under “An extra header”."</li>
                <li>"Tick "<strong>"Message received"</strong>" unless the workflow wants more, save, activate the workflow, and press "<strong>"Send a test"</strong>"."</li>
                <li>"In the workflow the text is "<code>"{{ $json.body.meta.text.body }}"</code>", the customer's number "<code>"{{ $json.body.user.phone }}"</code>"."</li>
            </ol>
            <p class="small muted">"n8n on the same machine or network as Greentick: whoever runs it has to allow that network with GREENTICK_FORWARD_NETWORKS."</p>
        </Recipe>
    }
}

#[component]
fn Chatwoot() -> impl IntoView {
    view! {
        <Recipe id="chatwoot" title="Chatwoot">
            <p>"Chatwoot speaks Meta's own language, so it gets the format "<strong>"Meta"</strong>":"</p>
            <ol class="points">
                <li>"In Chatwoot, add an inbox of the kind WhatsApp, provider "<strong>"WhatsApp Cloud"</strong>". It asks for the phone number, the Phone Number ID and the WABA ID, which stand on the number's page here, and for an access token."</li>
                <li>"It then shows a callback URL that ends with your phone number, and a verify token."</li>
                <li>"Here, add a forward for that number in the format Meta, with the callback URL as its address and the verify token under “An extra header, a verify token”. Leave Events empty."</li>
                <li>"Press "<strong>"Shake hands"</strong>": it says whether Chatwoot knows the token. Then write to your number."</li>
            </ol>
            <p><strong>"What to know before"</strong></p>
            <ul class="points">
                <li>"Answers do not go through Greentick: Chatwoot sends them to Meta with the access token that you give it. Make a token of your own system user for it, so that you can take it back alone."</li>
                <li>"Some versions of Chatwoot enter their own address at Meta when the inbox is saved. Then the number's page here says that the address is another system's: press "<strong>"Repair routing"</strong>", or "<strong>"Take over the address"</strong>", and messages reach both again."</li>
                <li>"Where Chatwoot checks signatures, it does that with the secret of a Meta app: enter this forward's secret in that place. Where it does not, anybody who knows the callback URL could post to it: keep the URL to yourself."</li>
            </ul>
            <p class="small muted">"Not tried against a running Chatwoot by those who wrote this; versions differ."</p>
        </Recipe>
    }
}

const VERIFY: &str = r#"# What your endpoint got: the headers and the body, byte for byte.
ID="$WEBHOOK_ID"            # header webhook-id
AT="$WEBHOOK_TIMESTAMP"     # header webhook-timestamp, in seconds; refuse what is older than five minutes
SECRET="whsec_…"            # shown once, when the forward was made

KEY=$(printf '%s' "${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
{ printf '%s.%s.' "$ID" "$AT"; cat body.json; } \
  | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64
# One of the signatures in the header webhook-signature is `v1,` and this."#;

const VERIFY_META: &str = r#"# The header x-hub-signature-256 is `sha256=` and this. The key is the whole secret, as text.
openssl dgst -sha256 -hmac "whsec_…" -r body.json | cut -d' ' -f1"#;

const READ: &str = r#"# One page: the oldest events, 100 at most, in `data`. While more follow, `paging.after` says where to go on.
curl -H "Authorization: Bearer gt_…" "https://YOUR-HOST/api/v1/events?after=0"
# The next page and, later, what has come since: after the last `seq` that you have.
curl -H "Authorization: Bearer gt_…" "https://YOUR-HOST/api/v1/events?after=SEQ""#;

const LIVE: &str = r#"# One event in each text frame, from after that `seq` on, and then each new one.
wscat --header "Authorization: Bearer gt_…" --connect "wss://YOUR-HOST/api/events/ws?after=SEQ""#;

#[component]
fn Curl() -> impl IntoView {
    view! {
        <Recipe id="curl" title="Your own script: check the signature">
            <p>
                "Every language has a library for "
                <a href="https://www.standardwebhooks.com" target="_blank" rel="noreferrer">"Standard Webhooks"</a>
                ". By hand, the check of the format Greentick is this:"
            </p>
            <Code id="verify" about="How to check a signature by hand" text=VERIFY />
            <p>"Of the format Meta:"</p>
            <Code id="verify-meta" about="How to check Meta's signature by hand" text=VERIFY_META />
            <p>"A script without an address of its own reads instead of being told, a page at a time:"</p>
            <Code id="read" about="How to read events" text=READ />
            <p>"Or it holds one line open, and hears of each event at once:"</p>
            <Code id="live" about="How to hear of events" text=LIVE />
        </Recipe>
    }
}
