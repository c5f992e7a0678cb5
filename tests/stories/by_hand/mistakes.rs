//! Whatever people paste: each mistake is told beside its field, before anything is saved.

use super::{Form, NEW, permanent, token};
use crate::support::{Kind, World};
use greentick::domain::user::Role;
use sandbox::{FaultDraft, FaultKind, GranularScopes, NewToken, SwitchChange, TokenLife, fixtures};

both!(
    a_phone_number_in_the_id_field_is_told_and_the_number_offered,
    an_account_id_that_the_token_cannot_reach_is_told,
    ids_in_each_others_place_are_swapped_with_one_press,
    an_account_id_alone_in_the_numbers_field_is_put_right,
    a_number_id_alone_in_the_accounts_field_is_put_right,
    an_app_token_and_a_page_token_are_told,
    a_token_of_another_app_is_told,
    a_wrong_app_secret_is_told,
    a_token_without_a_permission_is_told,
    a_dead_token_is_told,
    a_portfolio_in_place_of_an_account_is_told,
    a_number_of_another_account_is_told,
    a_token_of_many_accounts_lets_choose_among_all_their_numbers,
    where_meta_names_no_account_the_portfolio_is_asked,
    rules_that_need_no_meta_are_told_at_once,
    an_unreachable_meta_is_said_and_nothing_is_lost,
);

async fn tested(world: &World, fields: &[(&str, &str)]) -> (String, Form<'static>) {
    // A browser of its own for each text: it lives as long as the test.
    let browser = Box::leak(Box::new(world.person(Role::Admin).await));
    let mut form = Form::open(browser, NEW).await;
    for (field, value) in fields {
        form = form.type_in(field, value);
    }
    let form = form.again("test").await;
    (form.text(), form)
}

async fn a_phone_number_in_the_id_field_is_told_and_the_number_offered(kind: Kind) {
    let world = World::start(kind).await;
    let token = permanent(&world, &[fixtures::WABA_DELIVERY]);
    // One of the two well-known ones.
    let (text, form) = tested(&world, &[("token", &token), ("phone_number_id", "15550051489")]).await;
    assert!(text.contains("This looks like a phone number. The Phone Number ID is a longer number"), "{text}");
    assert_eq!(form.value("phone_number_id"), "15550051489", "what was typed is still there");
    assert!(text.contains("+1 631-555-0102") && text.contains("+1 631-555-0104"), "{text}");
    let form = form.type_in("phone_number_id", "+1 (631) 555-0102").again("test").await;
    assert!(form.text().contains("Did you mean this number?"), "{}", form.text());
    assert_eq!(form.value("choice"), format!("{}/{}", fixtures::NUMBER_CONNECTED, fixtures::WABA_DELIVERY));
    let form = form.again("test").await;
    assert!(form.text().contains("Everything fits."), "{}", form.text());
    assert_eq!(form.value("phone_number_id"), fixtures::NUMBER_CONNECTED);
    assert_eq!(world.calls("POST", "waba/subscribed_apps"), 0);
}

async fn an_account_id_that_the_token_cannot_reach_is_told(kind: Kind) {
    let world = World::start(kind).await;
    let token = permanent(&world, &[fixtures::WABA_SOL]);
    // The other well-known one.
    let (text, _) = tested(&world, &[("token", &token), ("waba_id", "61584672189701")]).await;
    assert!(text.contains("WABA ID: The token does not reach this WhatsApp account."), "{text}");
    assert!(text.contains("+1 631-555-0101"), "what it does reach is offered: {text}");
    let (text, form) = tested(&world, &[("token", &token), ("waba_id", fixtures::WABA_LUA)]).await;
    assert!(text.contains("or the account is not assigned to the token's owner"), "{text}");
    let choice = format!("{}/{}", fixtures::NUMBER_NEW, fixtures::WABA_SOL);
    let form = form.type_in("choice", &choice).again("test").await;
    assert!(form.text().contains("Everything fits."), "{}", form.text());
}

async fn ids_in_each_others_place_are_swapped_with_one_press(kind: Kind) {
    let world = World::start(kind).await;
    let token = permanent(&world, &[fixtures::WABA_SOL]);
    let swapped =
        [("token", token.as_str()), ("phone_number_id", fixtures::WABA_SOL), ("waba_id", fixtures::NUMBER_NEW)];
    let (text, form) = tested(&world, &swapped).await;
    assert!(text.contains("The two IDs stand in each other's place."), "{text}");
    assert!(form.has_button("swap"));
    assert!(!text.contains("Which number?") && !form.html.contains("href=\"#choices\""), "there is no list: {text}");
    let form = form.again("swap").await;
    assert_eq!(form.value("phone_number_id"), fixtures::NUMBER_NEW);
    assert_eq!(form.value("waba_id"), fixtures::WABA_SOL);
    assert!(form.text().contains("Everything fits."), "{}", form.text());
}

async fn an_account_id_alone_in_the_numbers_field_is_put_right(kind: Kind) {
    let world = World::start(kind).await;
    let token = permanent(&world, &[fixtures::WABA_SOL]);
    let (_, form) = tested(&world, &[("token", &token), ("phone_number_id", fixtures::WABA_SOL)]).await;
    let form = form.again("swap").await;
    assert_eq!((form.value("phone_number_id"), form.value("waba_id")), (String::new(), fixtures::WABA_SOL.to_owned()));
    assert!(form.text().contains("+1 631-555-0101"), "{}", form.text());
}

async fn a_number_id_alone_in_the_accounts_field_is_put_right(kind: Kind) {
    let world = World::start(kind).await;
    let token = permanent(&world, &[fixtures::WABA_SOL]);
    let (_, form) = tested(&world, &[("token", &token), ("waba_id", fixtures::NUMBER_NEW)]).await;
    let form = form.again("swap").await;
    assert_eq!(form.value("phone_number_id"), fixtures::NUMBER_NEW);
    assert_eq!(form.value("waba_id"), fixtures::WABA_SOL);
}

async fn an_app_token_and_a_page_token_are_told(kind: Kind) {
    let world = World::start(kind).await;
    let app_token = format!("{}|{}", fixtures::APP_ID, fixtures::APP_SECRET);
    let (text, form) = tested(&world, &[("token", &app_token)]).await;
    assert!(text.contains("This is an app token."), "{text}");
    assert!(!form.html.contains(fixtures::APP_SECRET));
    let page = world.meta.mint_token(NewToken { page: true, ..NewToken::default() }).unwrap();
    let (text, _) = tested(&world, &[("token", &page)]).await;
    assert!(text.contains("This is the token of a Facebook page."), "{text}");
}

async fn a_token_of_another_app_is_told(kind: Kind) {
    let world = World::start(kind).await;
    let with_ours = [("token", fixtures::OWN_APP_TOKEN), ("app_id", fixtures::APP_ID)];
    let (text, _) = tested(&world, &with_ours).await;
    assert!(text.contains("App ID: The token belongs to another Meta app"), "{text}");
    assert!(text.contains(fixtures::OWN_APP_ID), "which app it is");
    let (text, _) = tested(&world, &[("token", fixtures::OWN_APP_TOKEN)]).await;
    assert!(
        text.contains("This token belongs to another Meta app than this installation's: 810000000000002."),
        "{text}"
    );
}

async fn a_wrong_app_secret_is_told(kind: Kind) {
    let world = World::start(kind).await;
    let wrong = "deaddeaddeaddeaddeaddeaddeaddead";
    let fields = [("token", fixtures::OWN_APP_TOKEN), ("app_id", fixtures::OWN_APP_ID), ("app_secret", wrong)];
    let (text, form) = tested(&world, &fields).await;
    assert!(text.contains("Meta refused the app ID and secret."), "{text}");
    assert!(text.contains("Kept: ••••dead"), "{text}");
    assert!(!form.html.contains(wrong));
    // Calls that are proven with another app's secret would say that nothing can be reached.
    assert!(!text.contains("The token does not reach"), "{text}");
}

async fn a_token_without_a_permission_is_told(kind: Kind) {
    let world = World::start(kind).await;
    let scopes = Some(vec!["whatsapp_business_management".to_owned()]);
    let token = world.meta.mint_token(NewToken { scopes, ..NewToken::default() }).unwrap();
    let (text, _) = tested(&world, &[("token", &token)]).await;
    assert!(text.contains("The token lacks whatsapp_business_messaging."), "{text}");
    assert!(text.contains("whatsapp_business_messaging is missing"), "{text}");
    assert!(text.contains("+1 631-555-0101"), "what works is told as well: {text}");
}

async fn a_dead_token_is_told(kind: Kind) {
    let world = World::start(kind).await;
    let token = token(&world, TokenLife::Day, &[fixtures::WABA_SOL]);
    world.pass_seconds(2 * 86_400);
    let (text, _) = tested(&world, &[("token", &token), ("waba_id", fixtures::WABA_SOL)]).await;
    assert!(text.contains("The token has expired."), "{text}");
    let (text, _) = tested(&world, &[("token", "EAAthisWasCutOffWhileCopyingIt")]).await;
    assert!(text.contains("Meta cannot read the token."), "{text}");
    assert!(text.contains("Not taken: ••••") && !text.contains("leave empty to keep it"), "{text}");
}

async fn a_portfolio_in_place_of_an_account_is_told(kind: Kind) {
    let world = World::start(kind).await;
    let token = permanent(&world, &[fixtures::WABA_SOL]);
    let (text, _) = tested(&world, &[("token", &token), ("waba_id", fixtures::BUSINESS_SOL)]).await;
    assert!(text.contains("This ID is not a WhatsApp account's."), "{text}");
}

async fn a_number_of_another_account_is_told(kind: Kind) {
    let world = World::start(kind).await;
    let token = permanent(&world, &[fixtures::WABA_SOL, fixtures::WABA_DELIVERY]);
    let fields =
        [("token", token.as_str()), ("waba_id", fixtures::WABA_DELIVERY), ("phone_number_id", fixtures::NUMBER_NEW)];
    let (text, _) = tested(&world, &fields).await;
    assert!(text.contains("This number is not in this WhatsApp account."), "{text}");
    // The number alone tells its account.
    let (text, _) = tested(&world, &[("token", &token), ("phone_number_id", fixtures::NUMBER_NEW)]).await;
    assert!(text.contains("Everything fits."), "{text}");
}

async fn a_token_of_many_accounts_lets_choose_among_all_their_numbers(kind: Kind) {
    let world = World::start(kind).await;
    let token = permanent(&world, &[fixtures::WABA_SOL, fixtures::WABA_DELIVERY]);
    let (text, form) = tested(&world, &[("token", &token)]).await;
    assert!(text.contains("Which number?") && text.contains("Account Padaria Sol Delivery"), "{text}");
    let choice = format!("{}/{}", fixtures::NUMBER_CONNECTED, fixtures::WABA_DELIVERY);
    assert!(form.html.contains(&choice) && form.value("choice").is_empty(), "nothing is chosen for anybody");
    let form = form.type_in("choice", &choice).again("test").await;
    assert!(form.text().contains("Everything fits."), "{}", form.text());
    assert!(form.text().contains("Verified nameSol DeliveryQualityHigh"), "{}", form.text());
    assert!(form.text().contains("Token endsIt does not end"), "{}", form.text());
}

async fn where_meta_names_no_account_the_portfolio_is_asked(kind: Kind) {
    let world = World::start(kind).await;
    let missing = SwitchChange { granular_scopes: Some(GranularScopes::Missing), ..SwitchChange::default() };
    world.meta.switch(missing);
    let token = permanent(&world, &[fixtures::WABA_SOL]);
    let (text, _) = tested(&world, &[("token", &token)]).await;
    assert!(text.contains("+1 631-555-0101"), "{text}");
}

async fn rules_that_need_no_meta_are_told_at_once(kind: Kind) {
    let world = World::start(kind).await;
    let fields = [
        ("token", "EAAG with spaces"),
        ("phone_number_id", "my number"),
        ("app_secret", "0123456789abcdef"),
        ("verify_token", "short"),
        ("api_version", "25"),
    ];
    let (text, form) = tested(&world, &fields).await;
    for told in [
        "The token has no spaces in it",
        "The Phone Number ID has digits only",
        "The app secret needs the app ID beside it",
        "At least 8 characters",
        "Write the version like v25.0",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!form.has_button("anyway"));
    assert!(world.meta.calls().is_empty(), "Meta was not asked");
    let (text, _) = tested(&world, &[("name", "Shop")]).await;
    assert!(text.contains("Paste the access token."), "{text}");
}

async fn an_unreachable_meta_is_said_and_nothing_is_lost(kind: Kind) {
    let world = World::start(kind).await;
    let token = permanent(&world, &[fixtures::WABA_SOL]);
    world.meta.add_fault(FaultDraft::new("debug_token", FaultKind::Http500));
    let (text, form) = tested(&world, &[("token", &token), ("name", "Shop")]).await;
    assert!(text.contains("Could not ask Meta."), "{text}");
    assert_eq!(form.value("name"), "Shop");
    world.meta.clear_faults();
    let form = form.again("test").await;
    assert!(form.text().contains("Everything fits."), "{}", form.text());
}
