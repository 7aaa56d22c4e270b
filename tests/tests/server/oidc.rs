//! Signing in by a provider of OpenID Connect, as a browser does it, and everything that such a provider, or somebody who
//! pretends to be one, can get wrong.

use reqwest::{Method, Url};
use romashka_db::envelope::Place;
use romashka_server::accounts::oidc::settings::OidcSettings;
use romashka_tests::api::{Answer, settings};
use romashka_tests::{Api, Role, TestDatabase, value};
use serde_json::json;
use uuid::Uuid;

use crate::oidc_provider::{CLIENT, Fault, OidcProvider, SECRET, User};

const ADDRESS: &str = "ann@example.test";

async fn api_with(provider: &OidcProvider, change: impl FnOnce(&mut OidcSettings)) -> Api {
    let mut settings = settings();
    let mut oidc = OidcSettings {
        issuer: provider.issuer.clone(),
        client_id: CLIENT.to_owned(),
        client_secret: Some(SECRET.to_owned().into()),
        name: "Staff".to_owned(),
        domains: Vec::new(),
        sign_up: false,
    };
    change(&mut oidc);
    settings.oidc = Some(oidc);
    Api::over(TestDatabase::new().await, settings).await
}

/// The value of a cookie that an answer sets.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    answer
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok()?.split(';').next()?.split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

/// A browser that was sent to the provider.
struct Browser {
    cookie: String,
    at_provider: Url,
}

async fn begin(api: &Api, return_to: &str) -> Browser {
    let sent = api
        .nobody()
        .get(&format!("/auth/oidc/login?return_to={return_to}"))
        .await
        .expect(303);
    Browser {
        cookie: cookie(&sent, "romashka_oidc").expect("a cookie"),
        at_provider: sent.header("location").parse().expect("an address"),
    }
}

/// What the provider sends the browser back to.
async fn at_provider(browser: &Browser) -> Url {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client");
    let answer = client
        .get(browser.at_provider.clone())
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 303);
    let location = answer.headers()["location"].to_str().expect("text");
    location.parse().expect("an address")
}

async fn come_back(api: &Api, back: &Url, cookie: Option<&str>) -> Answer {
    let path = format!("{}?{}", back.path(), back.query().unwrap_or_default());
    let mut request = api.request(Method::GET, &path);
    if let Some(cookie) = cookie {
        request = request.header("cookie", format!("other=1; romashka_oidc={cookie}"));
    }
    api.nobody().send(request).await
}

async fn sign_in(api: &Api) -> Answer {
    let browser = begin(api, "/").await;
    let back = at_provider(&browser).await;
    come_back(api, &back, Some(&browser.cookie)).await
}

async fn identities(api: &Api) -> i64 {
    value(
        api.database.owner(),
        "select count(*) from romashka.oidc_identities",
    )
    .await
}

async fn member(api: &Api) -> Uuid {
    let workspace = api.database.create_workspace("acme").await;
    let person = api.database.create_account(ADDRESS).await;
    // As an invitation does.
    api.database
        .owner()
        .execute(
            "update auth.users set email_confirmed_at = now() where id = $1",
            &[&person],
        )
        .await
        .expect("a confirmed address");
    api.database
        .join_workspace(person, workspace, Role::Agent)
        .await;
    person
}

#[tokio::test]
async fn a_member_signs_in_and_is_known_by_subject_from_then_on() {
    let provider = OidcProvider::start(User::of("subject-1", "Ann@Example.test")).await;
    let api = api_with(&provider, |_| {}).await;
    let person = member(&api).await;
    let offer = api.nobody().get("/auth/oidc").await.expect(200);
    assert_eq!(offer.body, json!({"is_enabled": true, "name": "Staff"}));
    let browser = begin(&api, "/conversations?view=1").await;
    let back = at_provider(&browser).await;
    let answer = come_back(&api, &back, Some(&browser.cookie))
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/conversations?view=1");
    assert_eq!(cookie(&answer, "romashka_oidc").as_deref(), Some(""));
    let token = cookie(&answer, "romashka_session").expect("a session");
    let me = api
        .nobody()
        .with_session(&token)
        .get("/me")
        .await
        .expect(200);
    assert_eq!(me.body["id"], person.to_string());
    // The same state and code again, as somebody who has seen the address would try.
    for browser_cookie in [Some(browser.cookie.as_str()), None, Some("another")] {
        let again = come_back(&api, &back, browser_cookie).await.expect(401);
        assert_eq!(again.code(), "provider_refused");
    }
    // His address is another one by now, at the provider and unverified: he is still himself.
    provider.set_user(User {
        email_verified: json!(false),
        ..User::of("subject-1", "ann.new@example.test")
    });
    let again = sign_in(&api).await.expect(303);
    let token = cookie(&again, "romashka_session").expect("a session");
    let me = api
        .nobody()
        .with_session(&token)
        .get("/me")
        .await
        .expect(200);
    assert_eq!(me.body["id"], person.to_string());
    assert_eq!(identities(&api).await, 1);
    assert_eq!(provider.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_provider_gets_wrong_signs_nobody_in() {
    let provider = OidcProvider::start(User::of("subject-1", ADDRESS)).await;
    let api = api_with(&provider, |_| {}).await;
    member(&api).await;
    let mut wrong = Vec::new();
    for fault in Fault::ALL {
        provider.set_fault(Some(*fault));
        let answer = sign_in(&api).await;
        if answer.status != 401
            || answer.code() != "provider_refused"
            || cookie(&answer, "romashka_session").is_some()
        {
            wrong.push(format!("{fault:?}: {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(identities(&api).await, 0);
    provider.set_fault(None);
    // Clocks differ by less than a minute, or not.
    for (skew, status) in [(45, 303), (-45, 303), (300, 401)] {
        provider.set_skew(skew);
        sign_in(&api).await.expect(status);
    }
}

#[tokio::test]
async fn a_login_belongs_to_its_browser_its_state_and_its_issuer() {
    let provider = OidcProvider::start(User::of("subject-1", ADDRESS)).await;
    let api = api_with(&provider, |_| {}).await;
    member(&api).await;
    let (victim, attacker) = (begin(&api, "/").await, begin(&api, "/").await);
    // The attacker's way back, put into the victim's browser, and the other way round.
    let (of_victim, of_attacker) = (at_provider(&victim).await, at_provider(&attacker).await);
    for (back, browser) in [(&of_attacker, &victim), (&of_victim, &attacker)] {
        let answer = come_back(&api, back, Some(&browser.cookie))
            .await
            .expect(401);
        assert_eq!(answer.code(), "provider_refused");
    }
    // Another's code under one's own state: its verifier does not fit.
    let code = of_attacker
        .query_pairs()
        .find(|(name, _)| name == "code")
        .expect("a code")
        .1
        .into_owned();
    let mut mixed = of_victim.clone();
    let state = of_victim
        .query_pairs()
        .find(|(name, _)| name == "state")
        .expect("a state")
        .1
        .into_owned();
    mixed
        .query_pairs_mut()
        .clear()
        .append_pair("state", &state)
        .append_pair("code", &code);
    come_back(&api, &mixed, Some(&victim.cookie))
        .await
        .expect(401);
    assert_eq!(provider.refusals(), ["verifier or redirect address"]);
    // Too late.
    let late = begin(&api, "/").await;
    let back = at_provider(&late).await;
    api.database
        .owner()
        .batch_execute("update romashka.oidc_logins set expires_at = now() - interval '1 second'")
        .await
        .expect("later");
    come_back(&api, &back, Some(&late.cookie)).await.expect(401);
    // Sent back without a code, or by another provider.
    let refused = begin(&api, "/").await;
    let mut back = at_provider(&refused).await;
    back.query_pairs_mut().append_pair("error", "access_denied");
    come_back(&api, &back, Some(&refused.cookie))
        .await
        .expect(401);
    provider.name_itself(Some("https://evil.example"));
    sign_in(&api).await.expect(401);
    provider.name_itself(Some(&provider.issuer));
    sign_in(&api).await.expect(303);
    for other in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "a",
    ] {
        let answer = api
            .nobody()
            .get(&format!("/auth/oidc/login?return_to={other}"))
            .await;
        assert_eq!(answer.expect(422).body["field"], "return_to");
    }
}

#[tokio::test]
async fn only_a_verified_address_of_a_believed_domain_joins_an_account() {
    let provider = OidcProvider::start(User {
        email_verified: json!(false),
        ..User::of("subject-1", ADDRESS)
    })
    .await;
    let api = api_with(&provider, |oidc| {
        oidc.domains = vec!["example.test".to_owned()]
    })
    .await;
    let person = member(&api).await;
    let unconfirmed = api.database.create_account("late@example.test").await;
    api.database
        .owner()
        .execute(
            "update auth.users set email_confirmed_at = null where id = $1",
            &[&unconfirmed],
        )
        .await
        .expect("an account that anybody could have made");
    for user in [
        User::of("subject-2", "stranger@example.test"),
        User::of("subject-2", "late@example.test"),
        User::of("subject-2", "ann@example.test.evil.example"),
        User {
            email: json!(null),
            ..User::of("subject-2", ADDRESS)
        },
        User {
            email_verified: json!(false),
            ..User::of("subject-2", ADDRESS)
        },
        User {
            email_verified: json!(null),
            ..User::of("subject-2", ADDRESS)
        },
    ] {
        provider.set_user(user.clone());
        let answer = sign_in(&api).await.expect(403);
        assert_eq!(answer.code(), "no_account", "{user:?}");
    }
    assert_eq!(identities(&api).await, 0);
    // Some providers tell the address only when asked for it.
    provider.set_user(User {
        is_in_token: false,
        ..User::of("subject-2", ADDRESS)
    });
    let answer = sign_in(&api).await.expect(303);
    let token = cookie(&answer, "romashka_session").expect("a session");
    let me = api
        .nobody()
        .with_session(&token)
        .get("/me")
        .await
        .expect(200);
    assert_eq!(me.body["id"], person.to_string());
}

#[tokio::test]
async fn who_is_new_gets_an_account_without_a_workspace_where_that_is_allowed() {
    let provider = OidcProvider::start(User::of("subject-1", "new@example.test")).await;
    let api = api_with(&provider, |oidc| oidc.sign_up = true).await;
    let workspace = api.database.create_workspace("acme").await;
    let answer = sign_in(&api).await.expect(303);
    let visitor = api
        .nobody()
        .with_session(&cookie(&answer, "romashka_session").expect("a session"));
    let me = visitor.get("/me").await.expect(200);
    assert_eq!(
        (&me.body["email"], &me.body["full_name"]),
        (&json!("new@example.test"), &json!("Ann Example"))
    );
    assert_eq!(
        visitor.get("/workspaces").await.expect(200).body["data"],
        json!([])
    );
    visitor.get("/conversations").await.expect(404);
    visitor
        .in_workspace(workspace)
        .get("/conversations")
        .await
        .expect(404);
    // Somebody adds him, and his session is good for it.
    let person = me.id();
    api.database
        .join_workspace(person, workspace, Role::Agent)
        .await;
    visitor
        .in_workspace(workspace)
        .get("/conversations")
        .await
        .expect(200);
    sign_in(&api).await.expect(303);
    assert_eq!(identities(&api).await, 1);
}

#[tokio::test]
async fn a_second_factor_of_this_installation_is_asked_for() {
    let provider = OidcProvider::start(User::of("subject-1", ADDRESS)).await;
    let api = api_with(&provider, |_| {}).await;
    let person = member(&api).await;
    let factor = Uuid::new_v4();
    let place = Place {
        table: "second_factors",
        column: "secret",
        workspace: Uuid::nil(),
        row: factor,
    };
    let secret = b"12345678901234567890";
    let sealed = api.serving().server().keys.seal_text(place, secret);
    api.database
        .owner()
        .execute(
            "insert into romashka.second_factors (id, user_id, secret, confirmed_at) values ($1, $2, $3, now())",
            &[&factor, &person, &sealed],
        )
        .await
        .expect("a second factor");
    let answer = sign_in(&api).await.expect(303);
    assert!(
        answer.header("location").starts_with("/#second_factor="),
        "{answer:?}"
    );
    assert_eq!(cookie(&answer, "romashka_session"), None);
    let token = answer
        .header("location")
        .trim_start_matches("/#second_factor=")
        .to_owned();
    let refused = api
        .nobody()
        .post(
            "/auth/login/second-factor",
            &json!({"token": token, "code": "not a code"}),
        )
        .await;
    assert_eq!(refused.expect(401).code(), "wrong_code");
}

#[tokio::test]
async fn without_a_provider_or_with_another_one_nobody_is_sent_anywhere() {
    let provider = OidcProvider::start(User::of("subject-1", ADDRESS)).await;
    let api = Api::new().await;
    assert_eq!(
        api.nobody().get("/auth/oidc").await.expect(200).body["is_enabled"],
        false
    );
    api.nobody().get("/auth/oidc/login").await.expect(404);
    api.nobody()
        .get("/auth/oidc/callback?state=a&code=b")
        .await
        .expect(404);
    provider.publish_as("https://evil.example");
    let api = api_with(&provider, |_| {}).await;
    let answer = api.nobody().get("/auth/oidc/login").await.expect(503);
    assert_eq!(answer.code(), "unavailable");
}
