//! What a signup asks of the person on its way.

use crate::actions::signups::SignupPage;
use crate::domain::connection::Tone;
use crate::domain::problem::Problem;
use crate::domain::signup::{CodeMethod, NumberChoice, Stage, WabaChoice};
use crate::ui::components::field::Field;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::components::problem_box::ProblemBox;
use crate::ui::pages::progress::CancelButton;
use leptos::prelude::*;

#[component]
pub fn Input(page: SignupPage) -> impl IntoView {
    let signup = page.id.to_string();
    let problem = page.input_problem.clone();
    let form = match page.stage {
        Stage::ChooseWaba => view! { <ChooseWaba signup=signup.clone() wabas=page.wabas problem /> }.into_any(),
        Stage::ChooseNumber => view! { <ChooseNumber signup=signup.clone() numbers=page.numbers problem /> }.into_any(),
        Stage::NoNumber => view! { <NoNumber signup=signup.clone() problem /> }.into_any(),
        Stage::VerifyNumber => {
            view! { <Verify signup=signup.clone() number=page.number sent=page.code_sent_by problem /> }.into_any()
        }
        _ => view! { <EnterPin signup=signup.clone() number=page.number problem /> }.into_any(),
    };
    view! {
        <div class="input">
            {form}
            <CancelButton signup />
        </div>
    }
    .into_any()
}

#[component]
fn Trouble(problem: Option<Problem>) -> impl IntoView {
    problem.map(|problem| view! { <div role="alert"><ProblemBox problem tone=Tone::Warn /></div> })
}

#[component]
fn ChooseWaba(signup: String, wabas: Vec<WabaChoice>, problem: Option<Problem>) -> impl IntoView {
    let choices = wabas.into_iter().enumerate().map(|(place, waba)| {
        let id = format!("waba-{place}");
        let under = waba.business_name.map(|name| format!("Business: {name}"));
        view! {
            <li>
                <input type="radio" id=id.clone() name="waba_id" value=waba.id.to_string() checked=place == 0 required />
                <label for=id>
                    <span class="choice-name">{waba.name}</span>
                    <span class="small muted">{under} " · ID " {waba.id.to_string()}</span>
                </label>
            </li>
        }
    });
    view! {
        <Trouble problem />
        <form method="post" action="/_fn/choose_waba" class="stack">
            <input type="hidden" name="signup" value=signup />
            <fieldset>
                <legend>"You shared more than one WhatsApp account. Choose the one to connect."</legend>
                <ul class="choices">{choices.collect_view()}</ul>
            </fieldset>
            <SubmitButton look=Look::Primary label="Continue" pending="Going on…" />
        </form>
    }
    .into_any()
}

#[component]
fn ChooseNumber(signup: String, numbers: Vec<NumberChoice>, problem: Option<Problem>) -> impl IntoView {
    let first = numbers.iter().position(|number| number.taken.is_none());
    let choices = numbers
        .into_iter()
        .enumerate()
        .map(|(place, number)| view! { <NumberRow place number checked=first == Some(place) /> })
        .collect_view();
    view! {
        <Trouble problem />
        <form method="post" action="/_fn/choose_number" class="stack">
            <input type="hidden" name="signup" value=signup />
            <fieldset>
                <legend>"This WhatsApp account has several numbers. Choose the one to connect; others can follow."</legend>
                <ul class="choices">{choices}</ul>
            </fieldset>
            {first.map(|_| view! { <SubmitButton look=Look::Primary label="Continue" pending="Going on…" /> })}
        </form>
    }
    .into_any()
}

#[component]
fn NumberRow(place: usize, number: NumberChoice, checked: bool) -> impl IntoView {
    let id = format!("number-{place}");
    let taken = number.taken.is_some();
    let state = if number.on_business_app {
        "on the WhatsApp Business app"
    } else if number.verified {
        "verified"
    } else {
        "not verified yet"
    };
    let under = match (number.taken, number.verified_name) {
        (Some(taken), _) => taken,
        (None, Some(name)) => format!("{name} · {state}"),
        (None, None) => state.to_owned(),
    };
    view! {
        <li>
            <input
                type="radio" id=id.clone() name="phone_number_id" value=number.id.to_string()
                checked=checked disabled=taken required
            />
            <label for=id>
                <span class="choice-name">{number.display_number}</span>
                <span class="small muted">{under}</span>
            </label>
        </li>
    }
    .into_any()
}

#[component]
fn NoNumber(signup: String, problem: Option<Problem>) -> impl IntoView {
    view! {
        <p>"The WhatsApp account is shared with Greentick, but it has no number yet. What is done stays done."</p>
        <ol class="how-to">
            <li>
                "Open "
                <a href="https://business.facebook.com/wa/manage/phone-numbers/" target="_blank" rel="noreferrer">
                    "WhatsApp Manager › Phone numbers"
                </a>
                " and press "<strong>"Add phone number"</strong>"."
            </li>
            <li>"Enter the number and a display name. The number must not be in use in the WhatsApp app."</li>
            <li>"Come back here and press Look again."</li>
        </ol>
        <Trouble problem />
        <form method="post" action="/_fn/look_again">
            <input type="hidden" name="signup" value=signup />
            <SubmitButton look=Look::Primary label="Look again" pending="Looking…" />
        </form>
    }
    .into_any()
}

fn spelled(number: Option<&NumberChoice>) -> String {
    number.map_or_else(|| "the number".to_owned(), |number| number.display_number.clone())
}

#[component]
fn Verify(
    signup: String,
    number: Option<NumberChoice>,
    sent: Option<CodeMethod>,
    problem: Option<Problem>,
) -> impl IntoView {
    let number = spelled(number.as_ref());
    let Some(method) = sent else {
        return view! {
            <p>"Meta wants to know that " <span class="number">{number}</span> " is yours. It sends a code of six digits to that phone."</p>
            <Trouble problem />
            <SendCode signup first=Look::Primary />
        }
        .into_any();
    };
    let how = match method {
        CodeMethod::Sms => "by SMS",
        CodeMethod::Voice => "with a call",
    };
    view! {
        <p>"Meta has sent a code " {how} " to " <span class="number">{number}</span> "."</p>
        <Trouble problem />
        <form method="post" action="/_fn/verify_code" class="stack">
            <input type="hidden" name="signup" value=signup.clone() />
            <Field
                name="code" label="Code" autocomplete="one-time-code" inputmode="numeric" pattern="[0-9 \\-]{6,8}"
                hint="Six digits"
            />
            <SubmitButton look=Look::Primary label="Verify" pending="Verifying…" />
        </form>
        <details class="meta-says">
            <summary>"No code came?"</summary>
            <SendCode signup first=Look::Plain />
        </details>
    }
    .into_any()
}

#[component]
fn SendCode(signup: String, first: Look) -> impl IntoView {
    let ways = [("sms", first, "Send by SMS"), ("voice", Look::Plain, "Call the number")];
    let forms = ways.map(|(method, look, label)| {
        view! {
            <form method="post" action="/_fn/request_code">
                <input type="hidden" name="signup" value=signup.clone() />
                <input type="hidden" name="method" value=method />
                <SubmitButton look label pending="Sending…" />
            </form>
        }
    });
    view! { <div class="button-row">{forms.collect_view()}</div> }.into_any()
}

#[component]
fn EnterPin(signup: String, number: Option<NumberChoice>, problem: Option<Problem>) -> impl IntoView {
    view! {
        <p>
            <span class="number">{spelled(number.as_ref())}</span> " has a PIN for two-step verification. Whoever set the number up chose it; it is not the code from an SMS."
        </p>
        <Trouble problem />
        <form method="post" action="/_fn/enter_pin" class="stack">
            <input type="hidden" name="signup" value=signup />
            <Field
                name="pin" label="PIN" kind="password" autocomplete="off" inputmode="numeric" pattern="[0-9]{6}"
                hint="Six digits. Forgotten? WhatsApp Manager › Phone numbers › Two-step verification changes it."
            />
            <SubmitButton look=Look::Primary label="Register the number" pending="Registering…" />
        </form>
    }
    .into_any()
}
