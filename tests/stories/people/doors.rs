//! Requests that change something come from our own pages only.

use crate::support::{Kind, PASSWORD, World};
use greentick::domain::user::Role;
use reqwest::Method;

both!(a_foreign_page_changes_nothing, with_an_authorization_header_the_cookie_does_not_count,);

/// Every route that changes something.
pub(crate) fn unsafe_paths() -> Vec<String> {
    let fixed = ["/login", "/login/demo", "/logout", "/setup", "/account/password", "/connect/facebook/x/hint"];
    let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
    fixed.into_iter().map(str::to_owned).chain(functions).collect()
}

async fn a_foreign_page_changes_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    let paths = unsafe_paths();
    assert!(paths.len() >= 20, "{paths:?}");
    let near = world.origin.replace("http://", "https://");
    let longer = format!("{}0", world.origin);
    for path in &paths {
        for origin in [None, Some("https://evil.example"), Some("null"), Some(near.as_str()), Some(longer.as_str())] {
            let headers: Vec<_> = origin.map(|origin| ("origin", origin)).into_iter().collect();
            let answer = admin.send(Method::POST, path, &headers, Some("password=x".to_owned())).await;
            assert_eq!(
                (answer.status, answer.json()["code"].as_str()),
                (403, Some("foreign_origin")),
                "{path} {origin:?}"
            );
        }
    }
    assert_eq!(admin.get("/account").await.status, 200, "nobody was logged out");
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        assert_eq!(admin.send(method, "/account", &[], None).await.status, 403);
    }
}

async fn with_an_authorization_header_the_cookie_does_not_count(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    let headers = [("authorization", "Basic YTpi"), ("accept", "application/json")];
    let answer = admin.send(Method::POST, "/_fn/newest_signup", &headers, Some(String::new())).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    let form = format!("current={PASSWORD}&new=another+good+password");
    let answer = admin.send(Method::POST, "/account/password", &headers, Some(form)).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert_eq!(admin.get("/account").await.status, 200);
}
