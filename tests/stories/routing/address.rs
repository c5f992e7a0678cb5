//! Asking our own address as Meta would: every cause is told apart.

use super::*;
use crate::support::{Kind, SIMPLE, provide_tls};
use axum::http::StatusCode;
use axum::response::Redirect;
use greentick::domain::connection::Outcome;
use greentick::domain::own_address::AddressFault;
use greentick::domain::user::Role;
use greentick::server::operations::ask_address::ask_as_meta;
use secrecy::SecretString;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

both!(the_buttons_ask_and_tell,);

async fn ask(address: &str) -> Result<(), AddressFault> {
    provide_tls();
    ask_as_meta(address, &SecretString::from("a token"), true).await
}

/// Serves one route and returns its address.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

#[tokio::test]
async fn an_address_that_answers_the_challenge_is_good() {
    assert_eq!(ask(&another_system().await).await, Ok(()));
}

#[tokio::test]
async fn answers_that_are_not_metas_wish_are_told_apart() {
    let refuse = |status: StatusCode| get(async move || (status, "no"));
    let with = async |handler| serve(Router::new().route("/hook", handler)).await;
    assert_eq!(ask(&with(refuse(StatusCode::UNAUTHORIZED)).await).await, Err(AddressFault::AsksLogin(401)));
    assert_eq!(ask(&with(refuse(StatusCode::FORBIDDEN)).await).await, Err(AddressFault::AsksLogin(403)));
    assert_eq!(ask(&with(refuse(StatusCode::BAD_GATEWAY)).await).await, Err(AddressFault::Status(502)));
    assert_eq!(ask(&with(refuse(StatusCode::OK)).await).await, Err(AddressFault::WrongAnswer));
    let quoted = get(async |Query(asked): Query<HashMap<String, String>>| format!("\"{}\"", asked["hub.challenge"]));
    assert_eq!(ask(&with(quoted).await).await, Err(AddressFault::WrongAnswer));
    let away = get(async || Redirect::permanent("https://www.example.org/hook?hub.verify_token=a+token"));
    let redirected = ask(&with(away).await).await;
    assert_eq!(redirected, Err(AddressFault::Redirects("https://www.example.org/hook".to_owned())));
}

#[tokio::test]
async fn an_address_that_cannot_be_reached_is_told_by_its_cause() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(ask(&format!("http://{closed}/hook")).await, Err(AddressFault::Refused));
    assert_eq!(ask("http://greentick.invalid/hook").await, Err(AddressFault::Unresolved));
    let plain = another_system().await.replace("http://", "https://");
    assert!(matches!(ask(&plain).await, Err(AddressFault::Tls(_))));
    let cutting = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", cutting.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = cutting.accept().await.unwrap();
        let _ = socket.read(&mut [0; 64]).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12").await.unwrap();
    });
    assert_eq!(ask(&address).await, Err(AddressFault::Cut));
}

#[tokio::test]
async fn an_address_that_says_nothing_is_given_up_after_six_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", silent.local_addr().unwrap());
    let began = tokio::time::Instant::now();
    assert_eq!(ask(&address).await, Err(AddressFault::Silent));
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    drop(silent);
}

#[tokio::test]
async fn where_meta_cannot_go_nobody_is_asked() {
    let token = SecretString::from("a token");
    for address in ["https://127.0.0.1/hook", "http://localhost/hook", "https://10.1.2.3/hook", "https://[::1]/hook"] {
        assert_eq!(ask_as_meta(address, &token, false).await, Err(AddressFault::Private), "{address}");
    }
    assert_eq!(ask_as_meta("http://8.8.8.8/hook", &token, false).await, Err(AddressFault::NotHttps));
}

async fn the_buttons_ask_and_tell(kind: Kind) {
    let mut world = World::start(kind).await;
    let user = world.add_person("default", "rui@example.org", Role::Support).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let rui = world.log_in(&user.email).await;
    let outcome = world.press(&rui, "ask_own_address", &id).await;
    assert!(matches!(&outcome, Outcome::Done { said, .. } if said.contains("answers as Meta wants")), "{outcome:?}");
    let guide = rui.post("/core/whatsapp-api/setup-guide/address", &[]).await;
    assert_eq!(guide.status, 200);
    assert!(guide.text().contains("Our address answers as Meta wants it to."), "{}", guide.text());
    let vera = world.person(Role::Viewer).await;
    assert_eq!(vera.post("/core/whatsapp-api/setup-guide/address", &[]).await.status, 403);
    world.restart(|given| given.public_url = Some("http://localhost:1".to_owned())).await;
    let stored = world.connection(&id).await;
    greentick::server::operations::ask_address::request_asking(world.services(), &stored).await.unwrap();
    let failed = world.until(&id, |c| !matches!(c.activity.as_ref().map(|a| &a.outcome), Some(Outcome::Running))).await;
    let Outcome::Failed { problem } = failed.activity.unwrap().outcome else { panic!("nothing listens there") };
    assert!(problem.is("address_refused") && problem.why.contains("http://localhost:1/"), "{problem:?}");
}
