//! Waits for a page's data on the server, and shows the problem in its place when there is none.

use crate::actions::people::{Shell, shell};
use crate::domain::problem::Problem;
use crate::ui::layouts::frame::Frame;
use crate::ui::pages::problem::ProblemView;
use leptos::prelude::*;

/// Renders `draw` with the data of `load`, or the Problem in the same frame. Nothing is sent before it is there, so
/// the page is whole without JavaScript.
pub fn loaded<T, V>(
    load: impl Future<Output = Result<T, Problem>> + Send + 'static,
    draw: impl FnOnce(T, Shell) -> V + Send + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    V: IntoView + 'static,
{
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (shell, page) = (shell().await, load.await);
                match (shell, page) {
                    (Ok(shell), Ok(page)) => draw(page, shell).into_any(),
                    (Ok(shell), Err(problem)) => {
                        view! {
                            <Frame title="Not shown" shell>
                                <ProblemView problem />
                            </Frame>
                        }
                            .into_any()
                    }
                    (Err(problem), _) => {
                        view! {
                            <main id="content" class="door">
                                <ProblemView problem />
                            </main>
                        }
                            .into_any()
                    }
                }
            })}
        </Suspense>
    }
}
