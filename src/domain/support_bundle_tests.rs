use super::*;
use crate::domain::connection::tests::{connection, credential};
use crate::domain::connection::{Activity, CheckFailure};
use crate::domain::health::{HealthEntity, HealthError, HealthStatus, RoutingReading};
use crate::domain::ids::{SignupId, UserId, WorkspaceId};
use crate::domain::problem::MetaSays;
use crate::domain::signup::{Findings, Stage, Step, StepRecord};
use proptest::prelude::*;

const NOW: Instant = Instant(1_795_010_520_000);
const ABOUT: Installation<'static> = Installation {
    version: "0.1.0",
    api_version: "v25.0",
    public_url: "https://chat.example",
    app_id: Some("670843887433847"),
};

/// What Meta might repeat: the secrets of a world where all of them are known.
fn leaking(secrets: &[&str]) -> Problem {
    let meta = MetaSays {
        code: 190,
        subcode: Some(463),
        message: format!("Malformed access token {}\nat {}", secrets.join(" "), secrets.join(",")),
        fbtrace_id: Some("AXsgnV2Cm3ZMGF3dF_cfYIn".into()),
    };
    Problem { meta: Some(meta), ..Problem::new("token_expired", "The token has expired.", "", "Reconnect.") }
}

fn signup(secrets: &[&str]) -> Signup {
    Signup {
        id: SignupId::new("01K9ZQ4W7M8N6P5R3S2T1V0XYZ"),
        workspace: WorkspaceId::new("w"),
        user: UserId::new("u"),
        reconnects: None,
        popup: true,
        coexistence: false,
        by_hand: false,
        stage: Stage::Cancelled,
        steps: vec![StepRecord {
            step: Step::GotToken,
            at: NOW,
            outcome: StepOutcome::Refused { problem: leaking(secrets) },
        }],
        findings: Findings {
            hint: Some(Hint {
                event: "CANCEL".into(),
                error_code: Some("524126".into()),
                session_id: Some("f34b51dab5e0498".into()),
                error_message: Some(secrets.join(" ")),
                ..Hint::default()
            }),
            input_problem: Some(leaking(secrets)),
            ..Findings::default()
        },
        problem: Some(leaking(secrets)),
        connection: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn bundle(secrets: &[&str]) -> String {
    let joined = secrets.join(" ");
    let mut connection = connection();
    connection.check_failure = Some(CheckFailure { at: NOW, problem: leaking(secrets) });
    connection.setup_problem = Some(leaking(secrets));
    connection.verified_name = Some("Padaria Sol".into());
    let refused = Outcome::Done { said: joined.clone(), refused: vec![leaking(secrets)] };
    connection.activity = Some(Activity { action: Action::Disconnect, started_at: NOW, outcome: refused });
    let error = HealthError { code: 141_000, description: joined.clone(), solution: joined.clone() };
    let entity = HealthEntity {
        entity_type: "WABA".into(),
        id: "102290129340398".into(),
        can_send_message: "BLOCKED".into(),
        errors: vec![error],
        additional_info: vec![joined.clone()],
    };
    let number = NumberReading {
        status: Some("CONNECTED".into()),
        callback_of_number: Some(format!("https://{}@hook.example/wa/{}?s={}", secrets[0], secrets[0], secrets[0])),
        health: Some(HealthStatus { can_send_message: "BLOCKED".into(), entities: vec![entity] }),
        ..NumberReading::default()
    };
    let snapshot = Snapshot {
        taken_at: NOW,
        number: Some(number),
        waba: Some(WabaReading::default()),
        routing: Some(RoutingReading { subscribed: true, ..RoutingReading::default() }),
    };
    let credential = credential();
    let standing = Standing {
        connection: &connection,
        credential: &credential,
        snapshot: Some(&snapshot),
        webhook_url: "https://chat.example/api/webhooks/whatsapp".into(),
        app_secret_known: true,
        now: NOW,
    };
    let done = [Done { at: NOW, action: "connected".into() }];
    let signup = signup(secrets);
    format!("{}{}", of_connection(&ABOUT, &standing, Some(&signup), &done), of_signup(&ABOUT, &signup, NOW))
}

#[test]
fn holds_what_somebody_who_helps_asks_for() {
    let text = bundle(&["EAAGm0PX4ZCpsBAKZA7token"]);
    let wanted = [
        "Greentick: 0.1.0",
        "Meta API version: v25.0",
        "Phone Number ID: 1",
        "Badge: ",
        "Last check failed: token_expired, 2026-11-18T14:02:00Z",
        "  Meta's code: 190 / 463",
        "  Meta's message: Malformed access token •••• at ••••",
        "  fbtrace_id: AXsgnV2Cm3ZMGF3dF_cfYIn",
        "Registration: CONNECTED",
        "  WABA 102290129340398: BLOCKED",
        "Address Meta uses: https://hook.example/wa/••••",
        "  session ID: f34b51dab5e0498",
        "  error code: 524126",
        "2026-11-18T14:02:00Z: connected",
    ];
    for line in wanted {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("last_four") && !text.contains(&credential().last_four));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_secret_of_the_world_is_in_it(
        token in "EAA[A-Za-z0-9]{30,200}",
        app_secret in "[0-9a-f]{32}",
        verify_token in "[A-Za-z0-9]{43}",
        key in "[A-Za-z0-9_-]{44}",
    ) {
        let app_token = format!("670843887433847|{app_secret}");
        let text = bundle(&[&token, &app_secret, &verify_token, &key, &app_token]);
        for secret in [&token, &app_secret, &verify_token, &key] {
            prop_assert!(!text.contains(secret.as_str()), "{} is in\n{}", secret, text);
        }
    }
}
