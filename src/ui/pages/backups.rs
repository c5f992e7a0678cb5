//! Settings › Backups: when the last one was made, what went wrong since, and how to get back.

use crate::actions::backups::{BackupMade, BackupPlan, BackupsPage as Backups, find_backups, size_in_words};
use crate::domain::backups::BackupFailure;
use crate::domain::connection::Tone;
use crate::domain::instant::Instant;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::moment::Moment;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::api_keys::ROOMS;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn BackupsPage() -> impl IntoView {
    loaded(find_backups(), move |page, shell| {
        view! {
            <Frame title="Backups" shell>
                <Breadcrumb rooms=ROOMS place="Backups" address=paths::BACKUPS />
                <header class="page-header"><h1>"Backups"</h1></header>
                <Standing page=page.clone() />
                <Plan plan=page.plan />
                <Key fingerprint=page.key_fingerprint />
            </Frame>
        }
    })
}

#[component]
fn Standing(page: Backups) -> impl IntoView {
    let now = page.now;
    let failure = page.record.failure.map(|failure| view! { <Failed failure now /> });
    let made = match page.record.made {
        Some(made) => view! { <Made made now /> }.into_any(),
        None => view! {
            <section class="card empty">
                <h2>"No backup yet"</h2>
                <p>"If this machine’s disk fails today, everything is lost: numbers, tokens, messages, people."</p>
            </section>
        }
        .into_any(),
    };
    view! { {failure} {made} }.into_any()
}

#[component]
fn Failed(failure: BackupFailure, now: Instant) -> impl IntoView {
    let BackupFailure { since, tried_at, why } = failure;
    view! {
        <section class="what-to-do" aria-label="What to do">
            <CallOut tone=Tone::Bad title="The last backup failed.">
                <p>{why}</p>
                <p>
                    "Failing since " <Moment at=since now /> ", tried last " <Moment at=tried_at now />
                    ". It is tried again every 15 minutes. Make room or put the folder right; the backups that are there stay good."
                </p>
            </CallOut>
        </section>
    }
    .into_any()
}

#[component]
fn Made(made: BackupMade, now: Instant) -> impl IntoView {
    view! {
        <section class="card stack" aria-labelledby="made-title">
            <h2 id="made-title">"Last backup"</h2>
            <p><Moment at=made.at now /></p>
            <p><code>{made.file}</code></p>
            <p class="small muted">{size_in_words(made.bytes)} ", " {made.rows} " rows"</p>
        </section>
    }
    .into_any()
}

#[component]
fn Plan(plan: Option<BackupPlan>) -> impl IntoView {
    let told = match plan {
        Some(BackupPlan { folder, every_hours, keep }) => view! {
            <p>
                "Every " {every_hours} " hours into " <code>{folder}</code> "; the newest " {keep} " are kept."
            </p>
            <p>"A backup on the same disk dies with it: have the folder copied to another machine."</p>
        }
        .into_any(),
        None => view! {
            <p>
                "There are none yet. Set " <code>"GREENTICK_BACKUP_DIR"</code>
                " to a folder, best on another disk, and restart Greentick."
            </p>
        }
        .into_any(),
    };
    view! {
        <section class="card stack" aria-labelledby="plan-title">
            <h2 id="plan-title">"Automatic backups"</h2>
            {told}
            <p>"At any time, in a terminal: " <code>"greentick backup FILE"</code> ". It disturbs nobody."</p>
        </section>
    }
    .into_any()
}

#[component]
fn Key(fingerprint: String) -> impl IntoView {
    view! {
        <section class="card stack" aria-labelledby="key-title">
            <h2 id="key-title">"The secret key is not in them"</h2>
            <p>
                "Without the key (fingerprint " <code>{fingerprint}</code> ") no token in a backup can be opened. It is the file "
                <code>"secret.key"</code> " in the data folder, or " <code>"GREENTICK_SECRET_KEY"</code>
                ". Keep a copy elsewhere, away from the backups."
            </p>
            <p>
                "Or put it into a backup under a passphrase: " <code>"greentick backup --with-key FILE"</code> "."
            </p>
        </section>
    }
    .into_any()
}
