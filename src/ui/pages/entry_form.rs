//! The form for credentials. Whatever is typed into it survives a mistake; secrets never come back into it.

use crate::actions::entries::{EntryChoice, EntryPage, Verdict};
use crate::domain::entry::Objection;
use crate::ui::components::entry_field::{About, EntryField, PressButton};
use crate::ui::components::hint::Hint;
use crate::ui::paths;
use leptos::prelude::*;

/// With a number that is connected: what is left empty stays.
const NEW_TOKEN: &str = "A new one takes the old one's place once Meta has proven it.";
const SAME_NUMBER: &str = "It stays the same: another number is connected as one of its own.";
const NO_VERIFY_TOKEN: &str =
    "At least 8 characters. Greentick makes one for an app of your own where this stays empty.";
const KEPT_VERIFY_TOKEN: &str = "At least 8 characters. Left empty, the present one stays.";

const TOKEN: About = About {
    id: "token",
    field: "accessToken",
    label: "Access token",
    note: "The only one that is required: from it we find the account and its numbers.",
    hint: "The house key. A 24-hour token is a guest key that stops tomorrow; a permanent one is the family key.",
    kind: "password",
    inputmode: "",
};
const WABA: About = About {
    id: "waba_id",
    field: "businessAccountId",
    label: "WABA ID",
    note: "Also called WhatsApp Business Account ID",
    hint: "The landlord: one account, many numbers like apartments; bills and limits go here. It is not the business \
           portfolio.",
    kind: "text",
    inputmode: "",
};
const NUMBER: About = About {
    id: "phone_number_id",
    field: "phoneNumberId",
    label: "Phone Number ID",
    note: "Leave it empty to choose from the account's numbers",
    hint: "Like a student ID: Meta knows your number by this, not by its digits.",
    kind: "text",
    inputmode: "",
};
const NAME: About = About {
    id: "name",
    field: "name",
    label: "Name (optional)",
    note: "",
    hint: "What you call this number among yourselves, such as Shop or Delivery. Customers never see it.",
    kind: "text",
    inputmode: "",
};
const APP_ID: About = About {
    id: "app_id",
    field: "appId",
    label: "App ID (optional)",
    note: "",
    hint: "The Meta app that made the token. It is public, not a secret, and stands at the top of the app's page.",
    kind: "text",
    inputmode: "numeric",
};
const APP_SECRET: About = About {
    id: "app_secret",
    field: "appSecret",
    label: "App secret (optional)",
    note: "Needed to receive. Without it you can send, but incoming messages are refused, since we cannot prove they come \
           from Meta.",
    hint: "The seal on Meta's letters: with it we tell a real message from a forged one. At Meta: App settings › Basic.",
    kind: "password",
    inputmode: "",
};
const VERIFY_TOKEN: About = About {
    id: "verify_token",
    field: "webhookVerifyToken",
    label: "Webhook verify token (optional)",
    note: "At least 8 characters. Left empty, one is made for you.",
    hint: "The password of the door: Meta says it once, when the webhook address is entered there. It is not the access \
           token.",
    kind: "password",
    inputmode: "",
};
const VERSION: About = About {
    id: "api_version",
    field: "apiVersion",
    label: "API version (optional)",
    note: "",
    hint: "The edition of Meta's rule book to go by. Leave it empty to move along with this installation.",
    kind: "text",
    inputmode: "",
};

#[component]
pub fn EntryForm(page: EntryPage) -> impl IntoView {
    let EntryPage { connection, draft, seen, fields, token_kept, app_secret_kept, verify_token_kept, .. } = page;
    let verdict = page.verdict;
    let objections = verdict.as_ref().map(|verdict| verdict.objections.clone()).unwrap_or_default();
    let said = |field: &str| -> Vec<Objection> { objections.iter().filter(|o| o.field == field).cloned().collect() };
    let back =
        connection.as_ref().map_or_else(|| paths::CONFIGURATIONS.to_owned(), |(id, _)| paths::connection(id.as_str()));
    let (token, number, verify_token) = fields_of(connection.is_some(), verify_token_kept.is_some());
    let token_refused = verdict.as_ref().is_some_and(Verdict::refuses_token);
    let connection = connection.map(|(id, _)| id.to_string()).unwrap_or_default();
    view! {
        <form method="post" action="/_fn/judge_entry" id="entry" class="entry-form" novalidate>
            // What the Enter key presses: it saves nothing.
            <button
                type="submit" name="press" value="test" class="visually-hidden" tabindex="-1" aria-hidden="true"
                data-stands-for="press-test"
            >
                "Test"
            </button>
            <input type="hidden" name="entry[connection]" value=connection />
            <input type="hidden" name="entry[draft]" value=draft.map(|draft| draft.to_string()).unwrap_or_default() />
            <input type="hidden" name="entry[seen]" value=seen.map(|seen| seen.to_string()).unwrap_or_default() />
            <section class="card stack" aria-labelledby="number-title">
                <h2 id="number-title">"Your number"</h2>
                <Why />
                <EntryField about=token kept=token_kept refused=token_refused objections=said("accessToken") />
                <EntryField about=WABA value=fields.waba_id objections=said("businessAccountId") />
                <EntryField about=number value=fields.phone_number_id objections=said("phoneNumberId") />
                {verdict.filter(|verdict| !verdict.choices.is_empty()).map(|verdict| view! { <Choices verdict /> })}
                <EntryField about=NAME value=fields.name objections=said("name") />
            </section>
            <section class="card stack" aria-labelledby="app-title">
                <h2 id="app-title">"Your own Meta app"</h2>
                <p class="muted">"Only when the token was made by an app of your company. Otherwise leave this empty."</p>
                <EntryField about=APP_ID value=fields.app_id objections=said("appId") />
                <EntryField about=APP_SECRET kept=app_secret_kept objections=said("appSecret") />
                <EntryField about=verify_token kept=verify_token_kept objections=said("webhookVerifyToken") />
                <EntryField
                    about=VERSION value=fields.api_version objections=said("apiVersion") placeholder=page.default_version
                />
            </section>
            <div class="button-row">
                <PressButton press="save" class="button primary" label="Save" pending="Asking Meta…" id=Some("press-save") />
                <PressButton press="test" class="button plain" label="Test" pending="Asking Meta…" id=Some("press-test") />
                <a class="button quiet" href=back>"Cancel"</a>
            </div>
            <p class="small muted">"Test asks Meta and saves nothing. Save asks first, and saves only what works."</p>
        </form>
    }
    .into_any()
}

/// The fields that say something else of a number that is connected.
fn fields_of(connected: bool, verify_token_kept: bool) -> (About, About, About) {
    if !connected {
        return (TOKEN, NUMBER, VERIFY_TOKEN);
    }
    let note = if verify_token_kept { KEPT_VERIFY_TOKEN } else { NO_VERIFY_TOKEN };
    (About { note: NEW_TOKEN, ..TOKEN }, About { note: SAME_NUMBER, ..NUMBER }, About { note, ..VERIFY_TOKEN })
}

#[component]
fn Why() -> impl IntoView {
    view! {
        <div class="why">
        <p class="small muted why-line">
            "Why must I bring these?"
            <Hint
                id="why-hint" about="why you must bring these"
                text="Your WhatsApp account is like your bank account; we are the payment app. You own it and allow us in."
            />
        </p>
        <details class="where" id="where">
            <summary>"Where do I find these?"</summary>
            <ol class="how-to">
                <li>
                    "Open "
                    <a href="https://developers.facebook.com/apps/" target="_blank" rel="noreferrer">"your app at Meta"</a>
                    " and go to WhatsApp › API Setup."
                </li>
                <li>"Phone Number ID and WhatsApp Business Account ID stand there, each with a button to copy it."</li>
                <li>
                    "The token on that page is a guest key: it stops within 24 hours. A permanent one is made in Business \
                     settings › System users."
                </li>
                <li>"App ID and app secret stand under App settings › Basic."</li>
            </ol>
        </details>
        </div>
    }
    .into_any()
}

#[component]
fn Choices(verdict: Verdict) -> impl IntoView {
    let several = verdict.choices.iter().any(|choice| choice.waba != verdict.choices[0].waba);
    let words = match &verdict.meant {
        Some(_) => "Did you mean this number? Press Test or Save to take it.",
        None => "These numbers can be reached. Choose one, then press Test or Save.",
    };
    let meant = verdict.meant;
    let rows = verdict.choices.into_iter().enumerate().map(|(place, choice)| {
        let checked = meant.as_ref() == Some(&choice.number.id) && choice.number.taken.is_none();
        view! { <Choice place choice several checked /> }
    });
    view! {
        <fieldset id="choices">
            <legend>{words}</legend>
            <ul class="choices">{rows.collect_view()}</ul>
        </fieldset>
    }
    .into_any()
}

#[component]
fn Choice(place: usize, choice: EntryChoice, several: bool, checked: bool) -> impl IntoView {
    let EntryChoice { waba, waba_name, number } = choice;
    let id = format!("choice-{place}");
    let taken = number.taken.is_some();
    let account = several.then(|| format!("Account {}", waba_name.unwrap_or_else(|| waba.to_string())));
    let id_words = Some(format!("ID {}", number.id));
    let under = [number.taken, number.verified_name, account, id_words];
    let under = under.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! {
        <li>
            <input
                type="radio" id=id.clone() name="entry[choice]" value=format!("{}/{waba}", number.id)
                checked=checked disabled=taken
            />
            <label for=id>
                <span class="choice-name">{number.display_number}</span>
                <span class="small muted">{under}</span>
            </label>
        </li>
    }
    .into_any()
}
