//! Settings › Meta app: the installation's own app, what Meta has to be told of it, and whether Meta knows it.

use crate::actions::meta_app::{self, AppCheck, MetaAppAnswer, Setting, find_meta_app};
use crate::domain::connection::Tone;
use crate::domain::problem::Problem;
use crate::ui::components::aside::{Aside, key_of};
use crate::ui::components::call_out::CallOut;
use crate::ui::components::developer_ids::CopyRow;
use crate::ui::components::field::{Field, FormProblem, error_of};
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn MetaAppPage() -> impl IntoView {
    let answer = use_context::<MetaAppAnswer>();
    loaded(find_meta_app(), move |page, shell| {
        view! {
            <Frame title="Meta app" shell>
                <nav class="breadcrumb" aria-label="Breadcrumb">
                    <ol><li>"Settings"</li><li aria-current="page">"Meta app"</li></ol>
                </nav>
                <header class="page-header">
                    <div>
                        <h1>"Meta app"</h1>
                        <p class="muted">
                            "The app at Meta through which this installation speaks, once for everybody. "
                            <a href=paths::SETUP_GUIDE>"The setup guide"</a>" shows how to make one."
                        </p>
                    </div>
                </header>
                <News answer=answer.clone() off=page.off.clone() />
                <div class="columns">
                    <AppForm page=page.clone() answer />
                    <ForMeta page />
                </div>
            </Frame>
        }
    })
}

/// What the last press came to; else why Connect is off.
#[component]
fn News(answer: Option<MetaAppAnswer>, off: Option<Problem>) -> impl IntoView {
    let off = off.map(|Problem { what, why, remedy, .. }| {
        view! { <CallOut tone=Tone::Info title=what><p>{why} " " {remedy}</p></CallOut> }
    });
    match answer {
        Some(MetaAppAnswer::Saved) => view! {
            <CallOut tone=Tone::Ok title="Saved.">
                <p>"Press Check to see whether Meta knows the app."</p>
            </CallOut>
            {off}
        }
        .into_any(),
        Some(MetaAppAnswer::Checked(AppCheck::Good { name })) => view! {
            <CallOut tone=Tone::Ok title=format!("Meta knows this app: {name}.")>
                <p>"Its ID and secret belong together. Whether the configuration ID is right shows when somebody connects."</p>
            </CallOut>
            {off}
        }
        .into_any(),
        Some(MetaAppAnswer::Checked(AppCheck::Bad { problem })) => {
            let tone = if problem.is("meta_unreachable") { Tone::Idle } else { Tone::Bad };
            let key = key_of(&problem);
            let Problem { what, why, remedy, meta, .. } = problem;
            view! {
                <CallOut tone title=what>
                    <p>{why} " " {remedy}</p>
                    <Aside place="app-check" key meta told=None />
                </CallOut>
            }
            .into_any()
        }
        Some(MetaAppAnswer::Refused { .. }) | None => off.into_any(),
    }
}

#[component]
fn AppForm(page: meta_app::MetaAppPage, answer: Option<MetaAppAnswer>) -> impl IntoView {
    let (problem, typed) = match answer {
        Some(MetaAppAnswer::Refused { problem, app_id, config_id }) => (Some(problem), Some((app_id, config_id))),
        _ => (None, None),
    };
    let (app_id, config_id) = typed.unwrap_or_else(|| {
        let text = |setting: &Setting| setting.value.clone().unwrap_or_default();
        (text(&page.app_id), text(&page.config_id))
    });
    let fixed = page.app_id.fixed;
    let all_fixed = fixed && page.config_id.fixed;
    let secret_hint = match (&page.app_secret.value, fixed) {
        (Some(kept), true) => format!("Set by WHATSAPP_APP_SECRET in the environment: {kept}"),
        (Some(kept), false) => format!("Kept: {kept}. Leave it empty to keep it. App settings › Basic › App secret."),
        (None, _) => "App settings › Basic › App secret. It is never shown again.".to_owned(),
    };
    let save = (!all_fixed).then(|| view! { <SubmitButton look=Look::Primary label="Save" pending="Saving…" /> });
    view! {
        <section class="card" aria-labelledby="app-title">
            <h2 id="app-title">"The app"</h2>
            <form method="post" action=paths::META_APP class="stack">
                {problem.clone().map(|problem| view! { <FormProblem problem /> })}
                <Field
                    name="app_id" label="App ID" autocomplete="off" inputmode="numeric" optional=true readonly=fixed value=app_id
                    hint=hint(fixed, "Set by WHATSAPP_APP_ID in the environment.", "App settings › Basic › App ID: digits.")
                    error=error_of(problem.as_ref(), "app_id")
                />
                <Secret hint=secret_hint fixed error=error_of(problem.as_ref(), "app_secret") />
                <Field
                    name="config_id" label="Configuration ID" autocomplete="off" inputmode="numeric" optional=true
                    readonly=page.config_id.fixed value=config_id
                    hint=hint(
                        page.config_id.fixed, "Set by WHATSAPP_CONFIG_ID in the environment.",
                        "Facebook Login for Business › Configurations › ID.",
                    )
                    error=error_of(problem.as_ref(), "config_id")
                />
                <div class="button-row">
                    {save}
                    <button type="submit" class=Look::Plain.class() name="check" value="yes" formnovalidate data-pending>
                        <span class="said">"Check"</span>
                        <span class="said-pending">"Checking…"</span>
                    </button>
                </div>
                {(!all_fixed).then(|| {
                    view! { <p class="small muted">"Check asks Meta about the app that is in use now: save first."</p> }
                })}
            </form>
        </section>
    }
    .into_any()
}

fn hint(fixed: bool, by_environment: &'static str, otherwise: &'static str) -> &'static str {
    if fixed { by_environment } else { otherwise }
}

/// Write-only: the page never holds it.
#[component]
fn Secret(hint: String, fixed: bool, error: Option<String>) -> impl IntoView {
    let described = if error.is_some() { "app_secret-hint app_secret-error" } else { "app_secret-hint" };
    view! {
        <div class="field">
            <label for="app_secret">"App secret"</label>
            <p class="small muted" id="app_secret-hint">{hint}</p>
            <input
                id="app_secret" name="app_secret" type="password" autocomplete="off" readonly=fixed
                value=fixed.then_some("••••••••") aria-invalid=error.as_ref().map(|_| "true") aria-describedby=described
            />
            {error.map(|error| view! { <p class="field-error" id="app_secret-error">{error}</p> })}
        </div>
    }
    .into_any()
}

#[component]
fn ForMeta(page: meta_app::MetaAppPage) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="for-meta-title">
            <h2 id="for-meta-title">"To enter at Meta"</h2>
            <dl class="rows">
                <CopyRow id="app-redirect" label="Valid OAuth redirect URIs" value=page.redirect_uri />
                <CopyRow id="app-domain" label="Allowed domains for the JavaScript SDK" value=page.domain />
                <CopyRow id="app-webhook" label="Webhook URL" value=page.webhook_url />
            </dl>
            <p class="small muted">"They follow from the public address of this installation (GREENTICK_PUBLIC_URL)."</p>
        </section>
    }
    .into_any()
}
