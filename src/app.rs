//! The document that every page is put into, and which page answers which address.

use crate::ui::islands::awake::Awake;
use crate::ui::pages::account::AccountPage;
use crate::ui::pages::api_docs::ApiDocsPage;
use crate::ui::pages::api_keys::ApiKeysPage;
use crate::ui::pages::backups::BackupsPage;
use crate::ui::pages::configurations::ConfigurationsPage;
use crate::ui::pages::connection::ConnectionPage;
use crate::ui::pages::disconnect::DisconnectPage;
use crate::ui::pages::entry::EnterCredentialsPage;
use crate::ui::pages::error::ErrorPage;
use crate::ui::pages::errors::ErrorsPage;
use crate::ui::pages::event::EventPage;
use crate::ui::pages::export::ExportPage;
use crate::ui::pages::forward::ForwardPage;
use crate::ui::pages::forward_form::ForwardFormPage;
use crate::ui::pages::forwarding_recipes::ForwardingRecipesPage;
use crate::ui::pages::forwards::ForwardsPage;
use crate::ui::pages::login::LoginPage;
use crate::ui::pages::messages::MessagesPage;
use crate::ui::pages::meta_app::MetaAppPage;
use crate::ui::pages::personal_data::PersonalDataPage;
use crate::ui::pages::pin::PinPage;
use crate::ui::pages::progress::ProgressPage;
use crate::ui::pages::receiving::ReceivingPage;
use crate::ui::pages::refused::RefusedPage;
use crate::ui::pages::remove_forward::RemoveForwardPage;
use crate::ui::pages::replay::ReplayPage;
use crate::ui::pages::revoke_key::RevokeKeyPage;
use crate::ui::pages::setup::SetupPage;
use crate::ui::pages::setup_guide::SetupGuidePage;
use crate::ui::pages::take_over::TakeOverPage;
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::SsrMode;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;

/// The whole document around [`App`].
pub fn html_document(options: LeptosOptions) -> impl IntoView {
    #[cfg(feature = "ssr")]
    forbid_foreign_content();
    let stylesheet = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.ico" sizes="32x32" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=stylesheet />
                <HydrationScripts options islands=true />
                <MetaTags />
            </head>
            <body>
                <App />
                <p id="announcer" class="visually-hidden" role="status" aria-live="polite"></p>
                <Awake />
            </body>
        </html>
    }
}

/// The Content-Security-Policy names the nonce of this very document, so it is set where the document is made.
#[cfg(feature = "ssr")]
fn forbid_foreign_content() {
    use axum::http::HeaderValue;
    use axum::http::header::CONTENT_SECURITY_POLICY;
    let (Some(nonce), Some(response)) = (leptos::nonce::use_nonce(), use_context::<leptos_axum::ResponseOptions>())
    else {
        return;
    };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|page: String| if page.is_empty() { "Greentick".to_owned() } else { format!("{page} · Greentick") } />
        <Router>
            <FlatRoutes fallback=RefusedPage>
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async />
                <Route path=path!("/setup") view=SetupPage ssr=SsrMode::Async />
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                // The address of a refused change of password, should someone load it again.
                <Route path=path!("/account/password") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/settings/api-keys") view=ApiKeysPage ssr=SsrMode::Async />
                <Route path=path!("/settings/backups") view=BackupsPage ssr=SsrMode::Async />
                <Route path=path!("/settings/api-keys/:key/revoke") view=RevokeKeyPage ssr=SsrMode::Async />
                <Route path=path!("/settings/forwarding") view=ForwardsPage ssr=SsrMode::Async />
                <Route path=path!("/settings/forwarding/new") view=ForwardFormPage ssr=SsrMode::Async />
                <Route path=path!("/settings/forwarding/:forward") view=ForwardPage ssr=SsrMode::Async />
                // The address of a new secret, should someone load it again.
                <Route path=path!("/settings/forwarding/:forward/secret") view=ForwardPage ssr=SsrMode::Async />
                <Route path=path!("/settings/forwarding/:forward/edit") view=ForwardFormPage ssr=SsrMode::Async />
                <Route path=path!("/settings/forwarding/:forward/remove") view=RemoveForwardPage ssr=SsrMode::Async />
                <Route path=path!("/api/docs") view=ApiDocsPage ssr=SsrMode::Async />
                <Route path=path!("/problem") view=RefusedPage ssr=SsrMode::Async />
                <Route path=path!("/connect/facebook/:signup") view=ProgressPage ssr=SsrMode::Async />
                <Route path=path!("/settings/meta-app") view=MetaAppPage ssr=SsrMode::Async />
                <Route path=path!("/settings/personal-data") view=PersonalDataPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/setup-guide") view=SetupGuidePage ssr=SsrMode::Async />
                // The address of the guide's answer, should someone load it again.
                <Route path=path!("/core/whatsapp-api/setup-guide/address") view=SetupGuidePage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/setup-guide/forwarding") view=ForwardingRecipesPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/setup-guide/errors") view=ErrorsPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/setup-guide/errors/:key") view=ErrorPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/messages") view=MessagesPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/messages/replay") view=ReplayPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/messages/export") view=ExportPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/messages/:event") view=EventPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/configurations") view=ConfigurationsPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/configurations/by-hand") view=EnterCredentialsPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/configurations/:connection/credentials") view=EnterCredentialsPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/configurations/:connection/receiving") view=ReceivingPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/configurations/:connection") view=ConnectionPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/configurations/:connection/disconnect") view=DisconnectPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/configurations/:connection/take-over") view=TakeOverPage ssr=SsrMode::Async />
                <Route path=path!("/core/whatsapp-api/configurations/:connection/pin") view=PinPage ssr=SsrMode::Async />
            </FlatRoutes>
        </Router>
    }
}
