use super::*;
use crate::domain::answers::answers;
use crate::domain::credential::{Origin, TokenFacts, TokenKind, TokenState};
use crate::domain::health::{HealthEntity, HealthError, HealthStatus, NumberReading, RoutingReading, WabaReading};
use crate::domain::heard::{Aspect, GRANTED, Saying};
use crate::domain::instant::{DAY, HOUR};

const NOW: Instant = Instant(1_000 * DAY);
const WEBHOOK: &str = "http://127.0.0.1:3000/api/webhooks/whatsapp";

struct Scene {
    connection: Connection,
    credential: Credential,
    snapshot: Option<Snapshot>,
    app_secret_known: bool,
}

impl Scene {
    /// A number without a fault.
    fn well() -> Self {
        let number = NumberReading {
            display_phone_number: "+1 555-010-1234".into(),
            status: Some("CONNECTED".into()),
            quality_rating: Some("GREEN".into()),
            callback_of_app: Some(WEBHOOK.into()),
            health: Some(HealthStatus::default()),
            ..NumberReading::default()
        };
        let snapshot = Snapshot {
            taken_at: NOW,
            number: Some(number),
            waba: Some(WabaReading::default()),
            routing: Some(RoutingReading { subscribed: true, ..RoutingReading::default() }),
        };
        Self { connection: connection(), credential: credential(), snapshot: Some(snapshot), app_secret_known: true }
    }

    fn number(&mut self) -> &mut NumberReading {
        self.snapshot.as_mut().unwrap().number.as_mut().unwrap()
    }

    fn standing(&self) -> Standing<'_> {
        Standing {
            connection: &self.connection,
            credential: &self.credential,
            snapshot: self.snapshot.as_ref(),
            webhook_url: WEBHOOK.into(),
            app_secret_known: self.app_secret_known,
            now: NOW,
        }
    }

    fn badge(&self) -> Badge {
        Badge::of(&self.standing())
    }

    fn after(change: impl FnOnce(&mut Self)) -> Badge {
        let mut scene = Self::well();
        change(&mut scene);
        scene.badge()
    }
}

pub(in crate::domain) fn connection() -> Connection {
    Connection {
        id: ConnectionId::new("c"),
        workspace: WorkspaceId::new("w"),
        credential: CredentialId::new("k"),
        phone_number_id: PhoneNumberId::new("1"),
        waba: WabaId::new("2"),
        business: None,
        app_id: None,
        own_app: false,
        has_app_secret: false,
        has_verify_token: false,
        api_version: None,
        name: None,
        display_number: "+1 555-010-1234".into(),
        verified_name: None,
        lifecycle: Lifecycle::Active,
        disconnected_at: None,
        setup_problem: None,
        routing_problem: None,
        activity: None,
        checked_at: None,
        check_failure: None,
        troubles: BTreeMap::new(),
        heard: Heard::default(),
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(in crate::domain) fn credential() -> Credential {
    let facts = TokenFacts {
        kind: TokenKind::PermanentSystemUser,
        app_id: None,
        user_id: None,
        issued_at: None,
        expires_at: None,
        data_access_ends_at: None,
        scopes: vec![],
        granular_scopes: vec![],
    };
    Credential {
        id: CredentialId::new("k"),
        workspace: WorkspaceId::new("w"),
        waba: WabaId::new("2"),
        business: None,
        origin: Origin::Signup,
        state: TokenState::Valid,
        last_four: "abcd".into(),
        facts,
        rotation_days: 60,
        kept_at: NOW,
        updated_at: NOW,
    }
}

fn blocked_by(code: i64) -> HealthStatus {
    let error = HealthError { code, ..HealthError::default() };
    let entity = HealthEntity { can_send_message: "BLOCKED".into(), errors: vec![error], ..HealthEntity::default() };
    HealthStatus { can_send_message: "BLOCKED".into(), entities: vec![entity] }
}

#[test]
fn a_number_without_a_fault_is_connected() {
    assert_eq!(Scene::well().badge(), Badge::Connected);
}

#[test]
fn what_is_unknown_never_changes_the_badge() {
    assert_eq!(Scene::after(|s| s.snapshot = None), Badge::Connected);
    assert_eq!(Scene::after(|s| s.snapshot.as_mut().unwrap().routing = None), Badge::Connected);
    assert_eq!(Scene::after(|s| s.snapshot.as_mut().unwrap().number = None), Badge::Connected);
    assert_eq!(Scene::after(|s| s.number().status = Some("UNKNOWN".into())), Badge::Connected);
    assert_eq!(Scene::after(|s| s.number().status = Some("A_NEW_VALUE".into())), Badge::Connected);
    assert_eq!(Scene::after(|s| s.number().callback_of_app = None), Badge::Connected);
}

#[test]
fn unverified_without_tick_and_with_a_low_limit_is_connected() {
    let badge = Scene::after(|s| {
        s.number().official_business_account = Some(false);
        s.number().messaging_limit = Some("TIER_250".into());
        s.snapshot.as_mut().unwrap().waba.as_mut().unwrap().business_verification_status = Some("not_verified".into());
        s.number().health = Some(blocked_by(141_010));
    });
    assert_eq!(badge, Badge::Connected);
}

#[test]
fn a_dead_token_a_blocked_number_or_a_missing_subscription_is_not_working() {
    assert_eq!(Scene::after(|s| s.credential.state = TokenState::Dead), Badge::NotWorking);
    assert_eq!(Scene::after(|s| s.credential.facts.expires_at = Some(NOW.plus(-1))), Badge::NotWorking);
    for status in ["BANNED", "RESTRICTED", "PENDING", "DISCONNECTED", "UNVERIFIED", "DELETED", "MIGRATED"] {
        assert_eq!(Scene::after(|s| s.number().status = Some(status.into())), Badge::NotWorking, "{status}");
    }
    let unsubscribed = RoutingReading::default();
    assert_eq!(Scene::after(|s| s.snapshot.as_mut().unwrap().routing = Some(unsubscribed)), Badge::NotWorking);
    assert_eq!(Scene::after(|s| s.number().health = Some(blocked_by(131_031))), Badge::NotWorking);
}

#[test]
fn what_still_works_but_will_not_for_long_needs_attention() {
    assert_eq!(Scene::after(|s| s.credential.facts.expires_at = Some(NOW.plus(14 * DAY))), Badge::NeedsAttention);
    assert_eq!(Scene::after(|s| s.credential.facts.expires_at = Some(NOW.plus(14 * DAY + HOUR))), Badge::Connected);
    assert_eq!(Scene::after(|s| s.number().health = Some(blocked_by(141_006))), Badge::NeedsAttention);
    assert_eq!(Scene::after(|s| s.number().quality_rating = Some("RED".into())), Badge::NeedsAttention);
    assert_eq!(Scene::after(|s| s.number().quality_rating = Some("YELLOW".into())), Badge::Connected);
    assert_eq!(Scene::after(|s| s.number().name_status = Some("DECLINED".into())), Badge::NeedsAttention);
    let elsewhere = Some("https://elsewhere.example/hook".to_owned());
    assert_eq!(Scene::after(|s| s.number().callback_of_app = elsewhere.clone()), Badge::NeedsAttention);
    assert_eq!(Scene::after(|s| s.app_secret_known = false), Badge::NeedsAttention);
}

#[test]
fn the_earlier_row_of_the_table_wins() {
    let worst = |scene: &mut Scene| {
        scene.credential.state = TokenState::Dead;
        scene.number().quality_rating = Some("RED".into());
    };
    assert_eq!(Scene::after(worst), Badge::NotWorking);
    assert_eq!(
        Scene::after(|s| {
            worst(s);
            s.connection.lifecycle = Lifecycle::SettingUp;
        }),
        Badge::SettingUp
    );
    assert_eq!(
        Scene::after(|s| {
            worst(s);
            s.connection.lifecycle = Lifecycle::Disconnected;
        }),
        Badge::Disconnected
    );
}

#[test]
fn the_worst_finding_comes_first_and_carries_its_beginning() {
    let mut scene = Scene::well();
    scene.number().quality_rating = Some("RED".into());
    scene.credential.state = TokenState::Dead;
    scene.connection.troubles.insert(Check::TokenDead, Instant(7));
    let found = findings(&scene.standing());
    let checks: Vec<_> = found.iter().map(|f| (f.check.as_str(), f.since)).collect();
    assert_eq!(checks, [("token_dead", Some(Instant(7))), ("quality", None)]);
}

fn said(aspect: Aspect, value: &str, at: Instant, until: Option<Instant>) -> impl FnOnce(&mut Scene) + use<> {
    let saying = Saying { at, event: "e".into(), value: value.into(), until };
    move |scene| scene.connection.heard.note(aspect, saying)
}

#[test]
fn the_answers_say_what_the_findings_say() {
    let words = |tell: &dyn Fn(&mut Scene)| {
        let mut scene = Scene::well();
        tell(&mut scene);
        let [receiving, replying, starting, _] = answers(&scene.standing());
        [receiving.words, replying.words, starting.words]
    };
    let heard = |aspect, value: &'static str| words(&|s| said(aspect, value, NOW, None)(s));
    assert_eq!(words(&|_| ()), ["Switched on", "Works", "Works"]);
    assert_eq!(heard(Aspect::Access, "PARTNER_REMOVED"), ["Stopped"; 3]);
    assert_eq!(heard(Aspect::Ban, "DISABLE"), ["Stopped"; 3]);
    assert_eq!(heard(Aspect::Ban, "SCHEDULE_FOR_DISABLE"), ["Switched on", "Works", "Works"]);
    let chats = ["Switched on", "Works", "Restricted"];
    assert_eq!(
        heard(Aspect::Restriction, "RESTRICTED_ADD_PHONE_NUMBER_ACTION,RESTRICTED_BIZ_INITIATED_MESSAGING"),
        chats
    );
    assert_eq!(heard(Aspect::Restriction, "RESTRICTED_UTILITY_TEMPLATES"), chats);
    let answers = ["Switched on", "Restricted", "Works"];
    assert_eq!(heard(Aspect::Restriction, "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"), answers);
    assert_eq!(heard(Aspect::Restriction, "RESTRICTED_USER_INITIATED_CALLING"), ["Switched on", "Works", "Works"]);
    let sibling = "https://here.example/hook/sibling";
    let at_a_sibling = words(&|s| {
        s.number().callback_of_app = Some(sibling.into());
        s.snapshot.as_mut().unwrap().routing.as_mut().unwrap().also_here = vec![sibling.into()];
    });
    assert_eq!(at_a_sibling[0], "Switched on");
}

#[test]
fn the_end_of_access_names_its_cause() {
    let cause = |value: &str| {
        let mut scene = Scene::well();
        said(Aspect::Access, value, NOW, None)(&mut scene);
        findings(&scene.standing()).remove(0).cause
    };
    assert!(cause("PARTNER_REMOVED").contains("removed the app at Facebook"));
    assert!(cause("PARTNER_REMOVED:PRIMARY_INACTIVITY").contains("about 14 days"));
    assert!(cause("PARTNER_REMOVED:COMPANION_INACTIVITY").contains("about 30 days"));
    let unknown = cause("PARTNER_REMOVED:SOMETHING_NEW");
    for reason in ["ACCOUNT_DISCONNECTED", "BUSINESS_DOWNGRADE", "CHANGE_NUMBER", "USER_RE_REGISTERED"] {
        let cause = cause(&format!("PARTNER_REMOVED:{reason}"));
        assert!(cause != unknown && !cause.contains("Facebook"), "{reason}: {cause}");
    }
}

#[test]
fn what_meta_says_by_itself_counts_until_it_is_over() {
    assert_eq!(Scene::after(said(Aspect::Access, "PARTNER_REMOVED", NOW, None)), Badge::Disconnected);
    assert_eq!(Scene::after(said(Aspect::Access, GRANTED, NOW, None)), Badge::Connected);
    let read_since = Scene::after(|s| {
        said(Aspect::Access, "PARTNER_REMOVED", NOW, None)(s);
        s.connection.checked_at = Some(NOW.plus(1));
    });
    assert_eq!(read_since, Badge::Connected, "Meta let us read after that");
    assert_eq!(Scene::after(said(Aspect::Ban, "DISABLE", NOW, None)), Badge::NotWorking);
    assert_eq!(Scene::after(said(Aspect::Ban, "SCHEDULE_FOR_DISABLE", NOW, None)), Badge::NeedsAttention);
    assert_eq!(Scene::after(said(Aspect::Ban, "REINSTATE", NOW, None)), Badge::Connected);
    let lifted = Scene::after(|s| {
        said(Aspect::Ban, "DISABLE", NOW.plus(-1), None)(s);
        s.number().health.as_mut().unwrap().can_send_message = "AVAILABLE".into();
    });
    assert_eq!(lifted, Badge::Connected, "Meta says since that it can send");
    let read_later = |aspect, value: &'static str, health: &'static str| {
        Scene::after(|s| {
            said(aspect, value, NOW.plus(-1), None)(s);
            s.connection.checked_at = Some(NOW);
            s.number().health.as_mut().unwrap().can_send_message = health.into();
        })
    };
    assert_eq!(read_later(Aspect::Ban, "DISABLE", "LIMITED"), Badge::Connected, "a low limit is no ban");
    assert_eq!(read_later(Aspect::Ban, "DISABLE", "BLOCKED"), Badge::NotWorking);
    let announced = read_later(Aspect::Ban, "SCHEDULE_FOR_DISABLE", "AVAILABLE");
    assert_eq!(announced, Badge::NeedsAttention, "until the day, messages go through");
    for out_of_the_app in ["ACCOUNT_OFFBOARDED", "PARTNER_REMOVED:", "PARTNER_REMOVED:PRIMARY_INACTIVITY"] {
        let read = read_later(Aspect::Access, out_of_the_app, "AVAILABLE");
        assert_eq!(read, Badge::Disconnected, "{out_of_the_app}: it can be read all the same");
    }
    let never_on_the_app = Scene::after(|s| {
        said(Aspect::Access, "PARTNER_REMOVED:ACCOUNT_DISCONNECTED", NOW.plus(-1), None)(s);
        s.connection.checked_at = Some(NOW);
        s.number().on_business_app = Some(false);
    });
    assert_eq!(never_on_the_app, Badge::Connected, "it was another number of the account");
    let restricted = |until| Scene::after(said(Aspect::Restriction, "RESTRICTED_UTILITY_TEMPLATES", NOW, until));
    assert_eq!(restricted(None), Badge::NeedsAttention);
    assert_eq!(restricted(Some(NOW.plus(HOUR))), Badge::NeedsAttention);
    assert_eq!(restricted(Some(NOW)), Badge::Connected);
}
