//! Requests that change something come from our own pages only.

use crate::support::{Kind, PASSWORD, World};
use greentick::domain::user::Role;
use reqwest::Method;

both!(
    a_foreign_page_changes_nothing,
    what_no_database_takes_is_no_fault_of_ours,
    with_an_authorization_header_the_cookie_does_not_count,
);

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

async fn what_no_database_takes_is_no_fault_of_ours(kind: Kind) {
    const FAULT: &str = "Something went wrong on our side";
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    // The contract quotes it.
    let functions = leptos::server_fn::axum::server_fn_paths().filter(|(path, _)| *path != "/_fn/api_docs");
    let names = "connection signup draft token key event replay forward query kind person phone_number_id";
    let mut fields: Vec<(&str, &str)> = names.split(' ').map(|name| (name, "\0")).collect();
    fields.extend([("on", "yes"), ("days", "30"), ("confirmed", "yes")]);
    let mut faults = Vec::new();
    for (path, _) in functions {
        let answer = admin.post(path, &fields).await;
        if answer.body.contains(FAULT) {
            faults.push(path);
        }
    }
    assert_eq!(faults, [""; 0]);
    let numbers = "/core/whatsapp-api/configurations/%00";
    for below in ["", "/pin", "/credentials", "/receiving", "/disconnect"] {
        assert_eq!(admin.get(&format!("{numbers}{below}")).await.status, 404, "{below}");
    }
    assert_eq!(admin.post(&format!("{numbers}/pin"), &[("password", PASSWORD), ("pin", "123456")]).await.status, 404);
    for path in [
        "/connect/facebook/%00",
        "/core/whatsapp-api/messages/%00",
        "/settings/forwarding/%00",
        "/settings/api-keys/%00/revoke",
    ] {
        assert_eq!(admin.get(path).await.status, 404, "{path}");
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
