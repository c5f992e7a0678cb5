//! The way from Facebook to a connected number, as it goes on.

use crate::actions::signups::{SignupPage, find_signup};
use crate::domain::connection::Tone;
use crate::domain::instant::SECOND;
use crate::domain::problem::Problem;
use crate::domain::signup::{Stage, abandoned, cancelled, left_unfinished};
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::components::problem_box::ProblemBox;
use crate::ui::components::steps::Steps;
use crate::ui::components::support_bundle::SignupBundle;
use crate::ui::islands::live_signup::LiveSignup;
use crate::ui::layouts::door::Door;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::progress_input::Input;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// When a step takes longer, it is said that it does.
const SLOW: i64 = 10 * SECOND;

#[component]
pub fn ProgressPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("signup").unwrap_or_default();
    let popup = use_query_map().get_untracked().get("popup").is_some();
    loaded(find_signup(id), move |page, shell| {
        let title = heading(&page);
        let stage = page.stage.as_str();
        let working = page.stage.is_working();
        let done = page
            .connection
            .as_ref()
            .filter(|_| page.stage == Stage::Done)
            .map(|id| onward(id.as_str(), page.tell_meta));
        if popup {
            return view! {
                <Door title="You can close this window" sandbox=shell.sandbox>
                    <p>"The page that opened it goes on by itself."</p>
                    <p><a class="button primary" href=paths::signup(page.id.as_str())>"Continue"</a></p>
                    <LiveSignup popup=true working=false done=None />
                </Door>
            }
            .into_any();
        }
        view! {
            <Frame title=title.clone() shell>
                <Breadcrumb here="Connecting" />
                <section class="card progress" data-stage=stage>
                    <h1>{title}</h1>
                    <Body page />
                </section>
                <LiveSignup popup=false working done />
            </Frame>
        }
        .into_any()
    })
}

/// Where the page goes on to by itself: to what is left to do at Meta, or to the number.
fn onward(connection: &str, tell_meta: bool) -> String {
    if tell_meta { paths::receiving(connection) } else { paths::connection(connection) }
}

fn heading(page: &SignupPage) -> String {
    match (page.stage, &page.connection, &page.problem) {
        (Stage::Cancelled, Some(_), _) => "Not finished".to_owned(),
        (Stage::Cancelled, None, Some(problem)) => problem.what.clone(),
        (stage, ..) => title(stage).to_owned(),
    }
}

fn title(stage: Stage) -> &'static str {
    match stage {
        Stage::Waiting => "Waiting for you at Facebook…",
        Stage::Exchanging | Stage::Running => "Connecting your number",
        Stage::ChooseWaba => "Which WhatsApp account?",
        Stage::ChooseNumber => "Which number?",
        Stage::NoNumber => "No number yet",
        Stage::VerifyNumber => "Verify the number",
        Stage::EnterPin => "Enter the number's PIN",
        Stage::Done => "Connected",
        Stage::Failed => "Not connected",
        Stage::Cancelled => "You left Facebook before the end.",
        Stage::Abandoned => "Not finished",
    }
}

#[component]
fn Body(page: SignupPage) -> impl IntoView {
    let at_rest = !page.stage.is_working();
    let steps = page.steps.clone();
    // Before anything was done there is nothing to list.
    let list = steps.iter().any(|step| step.outcome.is_some()) || page.stage.is_working();
    let above = match page.stage {
        Stage::Waiting => view! { <AtFacebook page=page.clone() /> }.into_any(),
        Stage::Exchanging | Stage::Running => ().into_any(),
        Stage::Done => view! { <Done page=page.clone() /> }.into_any(),
        stage if stage.needs_input() => view! { <Input page=page.clone() /> }.into_any(),
        _ => view! { <Ended page=page.clone() /> }.into_any(),
    };
    view! {
        {above}
        {list.then(|| view! { <div data-live="steps"><Steps steps at_rest /></div> })}
        {page.stage.is_working().then(|| view! { <Working page /> })}
    }
    .into_any()
}

/// What is said while it goes on by itself.
#[component]
fn Working(page: SignupPage) -> impl IntoView {
    // Each try begins anew, so a problem is told as long as it lasts.
    let slow = page.problem.is_some() || page.now.since(page.updated_at) > SLOW;
    view! {
        <noscript><meta http-equiv="refresh" content="2" /></noscript>
        <div class="working-words" role="status" aria-live="polite" data-live="words">
            {slow.then(|| view! { <p>"Meta is slow. This goes on by itself; you may close the page."</p> })}
            {page.problem.map(|problem| view! { <ProblemBox problem tone=Tone::Info /> })}
        </div>
    }
    .into_any()
}

#[component]
fn AtFacebook(page: SignupPage) -> impl IntoView {
    view! {
        <p>"Finish there, in Facebook's window. Lost it? Start again here; nothing has been changed yet."</p>
        <div class="button-row">
            <a class="button plain" href=page.try_again rel="nofollow">"Continue in this tab"</a>
            <CancelButton signup=page.id.to_string() />
        </div>
    }
    .into_any()
}

#[component]
pub fn CancelButton(signup: String) -> impl IntoView {
    view! {
        <form method="post" action="/_fn/cancel_signup">
            <input type="hidden" name="signup" value=signup />
            <SubmitButton look=Look::Quiet label="Cancel" pending="Cancelling…" />
        </form>
    }
}

#[component]
fn Done(page: SignupPage) -> impl IntoView {
    let id = page.connection;
    let opened = id.as_ref().map_or_else(|| paths::CONFIGURATIONS.to_owned(), |id| paths::connection(id.as_str()));
    let tell = id.filter(|_| page.tell_meta).map(|id| {
        view! { <a class="button primary" href=paths::receiving(id.as_str())>"Tell Meta where to send"</a> }
    });
    let look = if tell.is_some() { Look::Plain } else { Look::Primary };
    let number = page
        .number
        .map(|number| view! { <p class="big-number"><Icon symbol=Symbol::Check />{number.display_number}</p> });
    view! {
        {number}
        <div class="button-row">
            {tell}
            <a class=look.class() href=opened>"Open the number"</a>
        </div>
    }
    .into_any()
}

#[component]
fn Ended(page: SignupPage) -> impl IntoView {
    let signup = page.id.to_string();
    let id = page
        .connection
        .map(|id| view! { <a class="button plain" href=paths::connection(id.as_str())>"Open the number"</a> });
    let saved = id.is_some();
    let words = match page.stage {
        Stage::Cancelled | Stage::Abandoned if saved => {
            let problem = page.problem.unwrap_or_else(left_unfinished);
            view! { <p>{problem.what} " " {problem.remedy}</p> }.into_any()
        }
        Stage::Cancelled => {
            view! { <p>{page.problem.unwrap_or_else(cancelled).why} " Nothing was changed here."</p> }.into_any()
        }
        Stage::Abandoned => {
            view! { <ProblemBox problem=page.problem.unwrap_or_else(abandoned) tone=Tone::Info /> }.into_any()
        }
        _ => {
            let problem = page.problem.unwrap_or_else(|| Problem::unexpected(page.id.as_str()));
            view! { <ProblemBox problem /> }.into_any()
        }
    };
    let kept = (saved && page.stage == Stage::Failed).then(|| view! { <p>{left_unfinished().remedy}</p> });
    view! {
        {words}
        {kept}
        <div class="button-row">
            <a class="button primary" href=page.try_again rel="nofollow">"Try again"</a>
            {id}
        </div>
        <SignupBundle signup />
    }
    .into_any()
}
