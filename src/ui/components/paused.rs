//! On every page of an admin: nothing goes out since a backup was restored, and how it goes on.

use crate::domain::backups::Pause;
use crate::domain::connection::Tone;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn Paused(pause: Pause) -> impl IntoView {
    view! {
        <section class="what-to-do" aria-label="Paused">
            <CallOut tone=Tone::Warn title="Sending is paused.">
                <p>
                    "A backup of " {pause.backup_of.date_time()} " was restored here on " {pause.since.date_time()}
                    ". What comes in is kept. Messages, forwards, answers, alerts and changes at Meta wait, since the old installation \
                     may have sent them already."
                </p>
                <p>
                    "What was changed since that backup is as it was then: passwords, people, API keys. Whose data was deleted since is \
                     back: delete it again at " <a href=paths::PERSONAL_DATA>"Personal data"</a> "."
                </p>
                <p>"Make sure that the old installation is off, and look whether all is well here. Then resume."</p>
                <form method="post" action="/_fn/resume_effects">
                    <SubmitButton look=Look::Plain label="Resume" pending="Resuming…" />
                </form>
            </CallOut>
        </section>
    }
    .into_any()
}
