//! What judging the form brought: what is wrong, what Meta says, and the second press.

use crate::actions::entries::{Press, Verdict};
use crate::domain::connection::Tone;
use crate::domain::credential::TokenKind;
use crate::domain::entry::{Objection, TokenSummary};
use crate::domain::facts::quality_words;
use crate::ui::components::aside::{Aside, key_of};
use crate::ui::components::call_out::CallOut;
use crate::ui::components::entry_field::PressButton;
use crate::ui::components::icon::{Icon, Symbol};
use leptos::prelude::*;

/// Field in the REST settings, its input on the page, and what people call it.
const PLACES: [(&str, &str, &str); 7] = [
    ("accessToken", "token", "Access token"),
    ("businessAccountId", "waba_id", "WABA ID"),
    ("phoneNumberId", "phone_number_id", "Phone Number ID"),
    ("appId", "app_id", "App ID"),
    ("appSecret", "app_secret", "App secret"),
    ("webhookVerifyToken", "verify_token", "Webhook verify token"),
    ("apiVersion", "api_version", "API version"),
];

#[component]
pub fn Judged(verdict: Verdict, replaces: bool) -> impl IntoView {
    let guest_key = verdict.token.clone().filter(|_| verdict.is_temporary());
    let good_for_now = guest_key.is_some() && verdict.holds;
    // Where the two IDs are only to be swapped, the button for that says all.
    let says_itself =
        good_for_now || verdict.swap.is_some() && verdict.objections.is_empty() && verdict.failure.is_none();
    let summary = (!says_itself).then(|| summary(&verdict, replaces));
    let may_save = good_for_now && verdict.press == Press::Save;
    let guest_key = guest_key.map(|token| view! { <GuestKey token may_save /> });
    let swap = verdict.swap.is_some().then(|| view! { <Swap /> });
    let warnings = verdict.warnings.clone();
    let warnings = (!warnings.is_empty()).then(|| {
        let lines = warnings.into_iter().map(|warning| view! { <li>{warning}</li> }).collect_view();
        view! { <CallOut tone=Tone::Warn title="Good to know"><ul>{lines}</ul></CallOut> }
    });
    let anyway = second_press(&verdict);
    let told = (verdict.number.is_some() || verdict.token.is_some()).then(|| view! { <MetaTells verdict /> });
    view! {
        {summary}
        {swap}
        {guest_key}
        {warnings}
        {anyway}
        {told}
    }
    .into_any()
}

fn summary(verdict: &Verdict, replaces: bool) -> AnyView {
    if let Some(problem) = verdict.failure.clone() {
        let nothing = "Nothing was saved. What you typed is kept.";
        let key = key_of(&problem);
        return view! {
            <div class="form-problem" role="alert">
                <p><strong>{problem.what}</strong> " " {problem.why} " " {problem.remedy.clone()}</p>
                <p>{nothing}</p>
                <Aside place="entry" key meta=problem.meta />
            </div>
        }
        .into_any();
    }
    if verdict.holds {
        let words = match verdict.press {
            Press::Test | Press::Swap => "Nothing is saved yet. Press Save to keep it.",
            Press::Save | Press::Anyway => "It is not saved yet.",
        };
        return view! {
            <div role="status"><CallOut tone=Tone::Ok title="Everything fits."><p>{words}</p></CallOut></div>
        }
        .into_any();
    }
    if verdict.objections.is_empty() {
        return view! {
            <div role="status">
                <CallOut tone=Tone::Info title="Which number?">
                    <p>"The token works. "<a href="#choices">"Choose the number below"</a>"; nothing is saved yet."</p>
                </CallOut>
            </div>
        }
        .into_any();
    }
    // In the order of the form.
    let place = |objection: &&Objection| PLACES.iter().position(|(field, ..)| *field == objection.field);
    let mut objections: Vec<_> = verdict.objections.iter().collect();
    objections.sort_by_key(place);
    let lines = objections.into_iter().map(line).collect_view();
    let stays = replaces && !verdict.may_save_anyway;
    view! {
        <div class="form-problem" role="alert">
            <p><strong>"Nothing was saved: something does not fit."</strong></p>
            <ul>{lines}</ul>
            {stays.then_some(view! { <p>"The present token stays in use."</p> })}
        </div>
    }
    .into_any()
}

fn line(objection: &Objection) -> impl IntoView + use<> {
    let (_, id, label) = PLACES.into_iter().find(|(field, ..)| *field == objection.field).unwrap_or(PLACES[0]);
    view! { <li><a href=format!("#{id}")>{label}</a> ": " {objection.problem.what.clone()}</li> }
}

#[component]
fn Swap() -> impl IntoView {
    view! {
        <CallOut tone=Tone::Info title="The two IDs stand in each other's place.">
            <p>"Meta knows the one as a number and the other as an account, the other way round. Nothing is saved yet."</p>
            <PressButton press="swap" class="button plain" label="Swap them" pending="Swapping…" />
        </CallOut>
    }
    .into_any()
}

/// Said loudly: people find out the next day otherwise.
#[component]
fn GuestKey(token: TokenSummary, may_save: bool) -> impl IntoView {
    let save = may_save.then(|| {
        view! { <PressButton press="anyway" class="button plain" label="Save the 24-hour token" pending="Saving…" /> }
    });
    let until = token.ends_at.map_or_else(|| "tomorrow".to_owned(), |end| end.date_time());
    view! {
        <div role="alert">
            <CallOut tone=Tone::Warn title=format!("This token stops working at {until}.")>
                <p>"It is a guest key, made to try things out. You can save it; then nothing is sent any more after that moment. A permanent one is made so:"</p>
                <ol class="how-to">
                    <li>
                        "Open "
                        <a href="https://business.facebook.com/settings/system-users" target="_blank" rel="noreferrer">
                            "Business settings › System users"
                        </a>
                        " at Meta. Add a system user with the role Admin, or take one that is there."
                    </li>
                    <li>"Press Assign assets. Give it your app and your WhatsApp account, both with full control."</li>
                    <li>"Press Generate new token, choose the app, and as its end Never."</li>
                    <li>"Tick "<code>"whatsapp_business_management"</code>" and "<code>"whatsapp_business_messaging"</code>"."</li>
                    <li>"Copy the token and paste it below, in place of this one."</li>
                </ol>
                {may_save.then_some(view! { <p>"Nothing is saved yet."</p> })}
                {save}
            </CallOut>
        </div>
    }
    .into_any()
}

fn second_press(verdict: &Verdict) -> Option<AnyView> {
    let failed = verdict.press == Press::Save && !verdict.holds && verdict.may_save_anyway;
    failed.then(|| {
        view! {
            <CallOut tone=Tone::Warn title="Save it as it is?">
                <p>"The number may not work until what is named above is put right."</p>
                <PressButton press="anyway" class="button plain" label="Save anyway" pending="Saving…" />
            </CallOut>
        }
        .into_any()
    })
}

#[component]
fn MetaTells(verdict: Verdict) -> impl IntoView {
    let row = |label: &'static str, value: Option<String>| {
        value.map(|value| view! { <div class="row"><dt>{label}</dt><dd>{value}</dd></div> })
    };
    let number = verdict.number.clone();
    let quality = number.as_ref().map(|number| quality_words(number.quality.as_deref()).1.to_owned());
    let token = verdict.token.clone();
    let ends = token.as_ref().filter(|token| token.kind != TokenKind::Unknown);
    let ends = ends.map(|token| match token.ends_at {
        Some(end) => end.date_time(),
        None => "It does not end".to_owned(),
    });
    view! {
        <section class="card tells" aria-labelledby="tells-title">
            <h2 id="tells-title">"What Meta says"</h2>
            <dl class="rows">
                {row("Number", number.as_ref().map(|number| number.display_number.clone()))}
                {row("Verified name", number.and_then(|number| number.verified_name))}
                {row("Quality", quality)}
                {row("WhatsApp account", verdict.waba_name)}
                {row("Kind of token", token.as_ref().map(|token| token.kind.words().to_owned()))}
                {row("Token ends", ends)}
                {token.map(|token| view! { <Permissions token /> })}
            </dl>
        </section>
    }
    .into_any()
}

#[component]
fn Permissions(token: TokenSummary) -> impl IntoView {
    let missing = token.missing_scopes.into_iter().map(|scope| (scope, false));
    let all = missing.chain(token.scopes.into_iter().map(|scope| (scope, true)));
    let lines = all.map(|(scope, present)| {
        let (class, symbol, word) =
            if present { ("fact ok", Symbol::Check, "") } else { ("fact bad", Symbol::Cross, " is missing") };
        view! { <li class=class><Icon symbol /><span><code>{scope}</code>{word}</span></li> }
    });
    view! {
        <div class="row"><dt>"Permissions"</dt><dd><ul class="scopes">{lines.collect_view()}</ul></dd></div>
    }
}
