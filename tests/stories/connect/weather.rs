//! Meta slow, down, or cut off in the middle of an answer, at each endpoint of the way.

use crate::support::{Kind, SIMPLE, Wishes, World, soon};
use greentick::domain::connection::Badge;
use greentick::domain::ids::SignupId;
use greentick::domain::signup::Stage;
use greentick::domain::user::Role;
use sandbox::{FaultDraft, FaultKind};
use std::time::Duration;

both!(
    a_500_at_any_endpoint_is_outlived,
    a_cut_at_any_endpoint_is_outlived,
    a_graph_error_at_any_endpoint_is_outlived,
    a_slow_meta_is_waited_for_and_the_page_says_so,
    an_exchange_that_meta_never_answers_says_start_again,
    a_cut_exchange_has_used_the_code_up,
    a_meta_that_stays_down_ends_the_run_with_a_reason,
    a_rate_limit_passes,
    a_run_whose_settings_have_gone_says_so,
    a_run_whose_token_cannot_be_opened_says_so,
);

/// Every call of the simple way, in its order, and how often its own retries may fail.
const ENDPOINTS: [(&str, &str); 10] = [
    ("GET", "debug_token"),
    ("GET", "me"),
    ("GET", "waba"),
    ("GET", "waba/phone_numbers"),
    ("GET", "app/subscriptions"),
    ("POST", "app/subscriptions"),
    ("POST", "waba/subscribed_apps"),
    ("GET", "phone"),
    ("POST", "phone/register"),
    ("GET", "waba/subscribed_apps"),
];

async fn outlived(kind: Kind, fault: FaultKind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let one = |method: &str, on: &str| FaultDraft {
        method: Some(method.to_owned()),
        times: Some(1),
        ..FaultDraft::new(on, fault)
    };
    for (method, endpoint) in ENDPOINTS {
        world.meta.add_fault(one(method, endpoint));
    }
    if fault != FaultKind::Cut {
        world.meta.add_fault(one("GET", "oauth/access_token"));
    }
    let run = world.begin(&ana, "").await;
    run.come_back(&run.code(SIMPLE)).await;
    // Reads are tried again at once; for the two changes the job comes back, when its pause is over.
    run.outlast().await;
    let id = run.done().await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
    assert_eq!(world.meta.faults().len(), 0, "every fault has struck");
}

async fn a_500_at_any_endpoint_is_outlived(kind: Kind) {
    outlived(kind, FaultKind::Http500).await;
}

async fn a_cut_at_any_endpoint_is_outlived(kind: Kind) {
    outlived(kind, FaultKind::Cut).await;
}

async fn a_graph_error_at_any_endpoint_is_outlived(kind: Kind) {
    outlived(kind, FaultKind::GraphError).await;
}

async fn a_slow_meta_is_waited_for_and_the_page_says_so(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let slow =
        FaultDraft { delay_ms: Some(6_000), times: Some(1), ..FaultDraft::new("waba/phone_numbers", FaultKind::Slow) };
    world.meta.add_fault(slow);
    let run = world.begin(&ana, "").await;
    let began = tokio::time::Instant::now();
    run.finish_at_facebook(SIMPLE).await;
    assert!(began.elapsed() < Duration::from_secs(6), "the way back does not wait for all of it");
    assert_eq!(run.now().await.stage, Stage::Running);
    world.clock.advance(11_000);
    let page = run.page().await;
    assert!(page.contains("Meta is slow. This goes on by itself; you may close the page."), "{page}");
    run.done().await;
}

async fn an_exchange_that_meta_never_answers_says_start_again(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.meta.add_fault(FaultDraft::new("oauth/access_token", FaultKind::Http500));
    let run = world.begin(&ana, "").await;
    run.come_back(&run.code(SIMPLE)).await;
    assert_eq!(run.failure().await.code, "exchange_unanswered");
    assert!(run.page().await.contains("Nothing was changed. Press Connect with Facebook once more."));
    assert_eq!(world.calls("GET", "oauth/access_token"), 3);
}

async fn a_cut_exchange_has_used_the_code_up(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.meta.add_fault(FaultDraft { times: Some(1), ..FaultDraft::new("oauth/access_token", FaultKind::Cut) });
    let run = world.begin(&ana, "").await;
    run.come_back(&run.code(SIMPLE)).await;
    assert_eq!(run.failure().await.code, "code_used");
    assert!(run.page().await.contains("Press Connect with Facebook once more."));
}

async fn a_meta_that_stays_down_ends_the_run_with_a_reason(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let down = FaultDraft { code: Some(80_007), ..FaultDraft::new("debug_token", FaultKind::GraphError) };
    world.meta.add_fault(down);
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    run.outlast().await;
    assert_eq!(run.failure().await.code, "waba_rate_limited");
    assert_eq!(world.calls("GET", "debug_token"), 10);
    assert!(world.store().open_signup_token(&run.id).await.unwrap().is_none());
}

async fn a_rate_limit_passes(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    let code = run.code(SIMPLE);
    world.meta.add_fault(FaultDraft {
        regain_minutes: Some(5),
        ..FaultDraft::new("waba/phone_numbers", FaultKind::RateLimited)
    });
    run.come_back(&code).await;
    let waiting = run.until(|signup| signup.problem.is_some()).await;
    assert_eq!(waiting.stage, Stage::Running);
    assert!(run.page().await.contains("Meta wants us to slow down."));
    run.outlast().await;
    run.done().await;
}

async fn a_run_whose_settings_have_gone_says_so(kind: Kind) {
    let mut world = World::with(kind, Wishes { idle: true, ..Wishes::default() }).await;
    let ana = world.person(Role::Admin).await;
    let id = {
        let run = world.begin(&ana, "").await;
        run.come_back(&run.code(SIMPLE)).await;
        assert_eq!(run.now().await.stage, Stage::Running);
        run.id.clone()
    };
    world.restart(|given| given.config_id = None).await;
    let failed = ended(&world, &id).await;
    assert_eq!(failed.code, "no_meta_app");
}

async fn ended(world: &World, id: &SignupId) -> greentick::domain::problem::Problem {
    soon(async || {
        let signup = world.store().find_any_signup(id).await.unwrap().unwrap();
        if signup.stage == Stage::Failed { signup.problem } else { None }
    })
    .await
}

async fn a_run_whose_token_cannot_be_opened_says_so(kind: Kind) {
    let mut world = World::with(kind, Wishes { idle: true, ..Wishes::default() }).await;
    let ana = world.person(Role::Admin).await;
    let id = {
        let run = world.begin(&ana, "").await;
        run.come_back(&run.code(SIMPLE)).await;
        run.id.clone()
    };
    let spoil = "update signups set token_sealed = state_hash where id = $1";
    let spoil = if kind == Kind::Postgres {
        "update signups set token_sealed = decode(state_hash, 'hex') where id = $1"
    } else {
        spoil
    };
    assert_eq!(world.database.execute(spoil, &[id.as_str()]).await, 1);
    world.work();
    let problem = soon(async || {
        world.pass_until_a_job_is_due().await;
        let signup = world.store().find_any_signup(&id).await.unwrap().unwrap();
        if signup.stage == Stage::Failed { signup.problem } else { None }
    })
    .await;
    assert_eq!(problem.code, "unexpected");
}
