//! What to configure at Meta, step by step, before Connect with Facebook can be pressed.

use crate::actions::guide::{self, setup_guide};
use crate::domain::connection::Tone;
use crate::domain::own_address::AddressAnswer;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::developer_ids::CopyRow;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::components::problem_box::ProblemBox;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn SetupGuidePage() -> impl IntoView {
    let answer = use_context::<AddressAnswer>();
    loaded(setup_guide(), move |guide, shell| {
        view! {
            <Frame title="Setup guide" shell>
                <Breadcrumb place="Setup guide" />
                <header class="page-header">
                    <div>
                        <h1>"Setup guide"</h1>
                        <p class="muted">
                            "Once per installation, by whoever runs it: make a Meta app, so that Connect with Facebook works."
                        </p>
                    </div>
                    <div class="header-actions">
                        <a class="button plain" href=paths::RECIPES>"Forwarding recipes"</a>
                        <a class="button plain" href=paths::ERRORS>"Errors explained"</a>
                    </div>
                </header>
                <ol class="guide">
                    <MakeApp />
                    <LoginSettings guide=guide.clone() />
                    <Permissions />
                    <Configuration />
                    <Webhook guide answer />
                    <Settings />
                    <TryIt />
                </ol>
            </Frame>
        }
    })
}

#[component]
fn Part(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <li class="card">
            <h2>{title}</h2>
            {children()}
        </li>
    }
    .into_any()
}

#[component]
fn MakeApp() -> impl IntoView {
    view! {
        <Part title="Make the app">
            <p>
                "At "
                <a href="https://developers.facebook.com/apps/" target="_blank" rel="noreferrer">"Meta for Developers"</a>
                ", create an app of the type "<strong>"Business"</strong>
                " and tie it to a verified business portfolio. Add two products: "<strong>"WhatsApp"</strong>" and "
                <strong>"Facebook Login for Business"</strong>"."
            </p>
            <p>
                "Keep the app apart from the companies that will connect: Facebook does not let an app connect its own owner."
            </p>
        </Part>
    }
}

/// All six must be on for Embedded Signup (fact base §1.1).
const SWITCHES: [&str; 6] = [
    "Client OAuth login",
    "Web OAuth login",
    "Enforce HTTPS",
    "Embedded browser OAuth login",
    "Use strict mode for redirect URIs",
    "Login with the JavaScript SDK",
];

#[component]
fn LoginSettings(guide: guide::SetupGuide) -> impl IntoView {
    view! {
        <Part title="Allow the way back from Facebook">
            <p>"In "<strong>"Facebook Login for Business › Settings"</strong>", switch these six on:"</p>
            <ul class="switches">{SWITCHES.map(|name| view! { <li>{name}</li> }).collect_view()}</ul>
            <p>"Then enter where Facebook may send people back to, letter by letter:"</p>
            <dl class="rows">
                <CopyRow id="guide-redirect" label="Valid OAuth redirect URIs" value=guide.redirect_uri />
                <CopyRow id="guide-domain" label="Allowed domains for the JavaScript SDK" value=guide.domain />
            </dl>
            <p class="small muted">
                "Meta accepts https addresses only. If another stands here, put a proxy that speaks https in front, set "
                <code>"GREENTICK_PUBLIC_URL"</code>" to the address that people open, and start Greentick again."
            </p>
        </Part>
    }
}

#[component]
fn Permissions() -> impl IntoView {
    view! {
        <Part title="Ask for the permissions">
            <p>"In App Review, ask for advanced access to:"</p>
            <ul>
                <li><code>"whatsapp_business_management"</code>": numbers, templates, states"</li>
                <li><code>"whatsapp_business_messaging"</code>": sending and receiving"</li>
            </ul>
            <p>
                "Until Meta grants it, only people with a role in the app can connect. Switch the app to "
                <strong>"Live"</strong>" when it is granted."
            </p>
        </Part>
    }
}

#[component]
fn Configuration() -> impl IntoView {
    view! {
        <Part title="Make the login configuration">
            <p>
                "In "<strong>"Facebook Login for Business › Configurations"</strong>", create one from the template "
                <strong>"WhatsApp Embedded Signup"</strong>
                ". It must contain the login variation WhatsApp Embedded Signup, the product "<strong>"Cloud API"</strong>", the assets "<strong>"WhatsApp accounts"</strong>
                ", and the permissions from above. With "<code>"business_management"</code>
                " beside them, accounts are found more surely."
            </p>
            <p>
                "The template decides how long tokens live. "<strong>"Never"</strong>
                " needs no care. With "<strong>"60 days"</strong>
                " (“WhatsApp Embedded Signup Configuration With 60 Expiration Token”) Greentick warns two weeks before the end."
            </p>
            <p>"The configuration's number is its ID."</p>
        </Part>
    }
}

#[component]
fn Webhook(guide: guide::SetupGuide, answer: Option<AddressAnswer>) -> impl IntoView {
    let said = answer.map(|answer| match answer.problem {
        None => view! {
            <CallOut tone=Tone::Ok title=AddressAnswer::good_words()>
                <p>"We asked " <code>{answer.address}</code> ". Meta can be told this address."</p>
            </CallOut>
        }
        .into_any(),
        Some(problem) => view! { <ProblemBox problem tone=Tone::Warn /> }.into_any(),
    });
    let ask = guide.may_ask.then(|| {
        view! {
            <p>"See beforehand whether it will be content:"</p>
            <form method="post" action=format!("{}#address", paths::ASK_ADDRESS)>
                <SubmitButton look=Look::Plain label="Ask our address as Meta would" pending="Asking…" />
            </form>
        }
    });
    view! {
        <Part title="Say where messages go">
            <p>
                "Nothing to enter: when the first number is connected, Greentick tells Meta this address and what to report. An address that another system has set stays as it is; then the number gets one of its own, and its page says so."
            </p>
            <dl class="rows">
                <CopyRow id="guide-webhook" label="Callback URL" value=guide.webhook_url />
            </dl>
            <p>"Meta asks the address once before it accepts it."</p>
            <div id="address" class="asked">{ask}{said}</div>
        </Part>
    }
}

const SETTINGS: [(&str, &str); 3] = [
    ("WHATSAPP_APP_ID", "App settings › Basic › App ID"),
    ("WHATSAPP_APP_SECRET", "App settings › Basic › App secret; can also be a file, named by WHATSAPP_APP_SECRET_FILE"),
    ("WHATSAPP_CONFIG_ID", "Facebook Login for Business › Configurations › ID"),
];

#[component]
fn Settings() -> impl IntoView {
    let rows = SETTINGS.map(|(name, place)| {
        view! {
            <div class="row">
                <dt><code>{name}</code></dt>
                <dd>{place}</dd>
            </div>
        }
    });
    view! {
        <Part title="Tell Greentick">
            <p>
                "Enter these three under "<a href=paths::META_APP>"Settings › Meta app"</a>" and press "<strong>"Check"</strong>
                ". Connect with Facebook is on from then."
            </p>
            <dl class="rows">{rows.collect_view()}</dl>
            <p class="small muted">
                "Or set them in the environment or in "<code>".env"</code>", where they win, and start Greentick again."
            </p>
        </Part>
    }
}

#[component]
fn TryIt() -> impl IntoView {
    view! {
        <Part title="Connect, and try it">
            <p>
                "At "<a href=paths::CONFIGURATIONS>"WhatsApp numbers"</a>" press "<strong>"Connect with Facebook"</strong>
                ". Whoever may act for the business signs in and picks the number; a minute later its page shows a green Connected."
            </p>
            <p>
                "The business adds a "<strong>"payment method"</strong>
                " in WhatsApp Manager: without one it can answer customers, but not write to them first. The number's page says whether Meta has one."
            </p>
            <p>
                "Write to the number from a phone: the message stands under "<strong>"Messages"</strong>
                ". Then, within 24 hours, the other way, in a terminal of the server: "
                <code>"greentick check --to +15550123456"</code>", with your own number."
            </p>
        </Part>
    }
}
