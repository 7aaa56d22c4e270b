//! Signing in as a browser does it, from the first owner of an installation on.

use romashka_server::accounts::{Mail, setup_address};
use romashka_tests::api::{Answer, settings};
use romashka_tests::{Api, Role, value};
use serde_json::{Value, json};
use uuid::Uuid;

pub const PASSWORD: &str = "correct horse battery staple";

/// An account with a password, and a member of a workspace.
pub async fn account(api: &Api, workspace: Uuid, email: &str) -> Uuid {
    let person = api.database.create_account(email).await;
    api.database
        .join_workspace(person, workspace, Role::Agent)
        .await;
    let password = serde_json::from_value(PASSWORD.into()).expect("a password");
    let hash = api
        .serving()
        .server()
        .passwords
        .hash(&password)
        .await
        .expect("a hash");
    api.database
        .owner()
        .execute("select romashka.set_password($1, $2)", &[&person, &hash])
        .await
        .expect("the password is kept");
    person
}

pub async fn login(api: &Api, email: &str, password: &str) -> Answer {
    api.nobody()
        .post(
            "/auth/login",
            &json!({"email": email, "password": password}),
        )
        .await
}

/// The token in the cookie of an answer.
pub fn session_token(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    let value = cookie
        .split(';')
        .next()
        .and_then(|pair| pair.split_once('='));
    value.map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// The mails that wait, newest first.
pub async fn mails(api: &Api) -> Vec<(String, Mail)> {
    let rows = api
        .database
        .owner()
        .query("select id, recipient, content from romashka.outgoing_mails order by created_at desc, id desc", &[])
        .await
        .expect("the queue");
    rows.iter()
        .map(|row| {
            let content: &str = row.get(2);
            assert!(!content.contains("token"), "what a mail says is encrypted");
            let mail =
                Mail::open(&api.serving().server().keys, row.get(0), content).expect("a mail");
            (row.get(1), mail)
        })
        .collect()
}

pub fn token_of(link: &str) -> String {
    link.rsplit_once("#token=")
        .expect("a token in the link")
        .1
        .to_owned()
}

#[tokio::test]
async fn the_first_owner_is_made_once_by_the_address_that_is_shown() {
    let api = Api::new().await;
    let server = api.serving().server().clone();
    let address = setup_address(&server)
        .await
        .expect("an answer")
        .expect("an address");
    let body = json!({"token": token_of(&address), "email": "Ann@Example.test", "full_name": "Ann", "password": PASSWORD});
    let mut wrong = body.clone();
    wrong["token"] = "x".into();
    assert_eq!(
        api.nobody().post("/setup", &wrong).await.expect(403).code(),
        "forbidden"
    );
    let mut weak = body.clone();
    weak["password"] = "password".into();
    assert_eq!(
        api.nobody().post("/setup", &weak).await.expect(422).body["field"],
        "password"
    );

    let made = api.nobody().post("/setup", &body).await.expect(201);
    let owner = api.nobody().with_session(&session_token(&made));
    assert_eq!(
        owner.get("/me").await.expect(200).body["email"],
        "ann@example.test"
    );
    let workspaces = owner.get("/workspaces").await.expect(200);
    assert_eq!(workspaces.body["data"][0]["role"], "owner");
    assert_eq!(setup_address(&server).await.expect("an answer"), None);
    assert_eq!(
        api.nobody().post("/setup", &body).await.expect(409).code(),
        "conflict"
    );
    login(&api, "ann@example.test", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_session_begins_with_the_password_and_ends_when_told() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    account(&api, workspace, "ann@example.test").await;
    let answer = login(&api, " ANN@example.test ", PASSWORD)
        .await
        .expect(200);
    assert_eq!(answer.body["status"], "signed_in");
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["romashka_session=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let token = session_token(&answer);
    let kept: i64 = value(
        api.database.owner(),
        &format!(
            "select count(*) from romashka.sessions where token_hash = sha256('{token}'::bytea)"
        ),
    )
    .await;
    assert_eq!(kept, 1, "the token itself is kept nowhere");
    let ann = api.nobody().with_session(&token);
    let list = ann.get("/me/sessions").await.expect(200);
    assert_eq!(list.body["data"][0]["id"], list.body["current_id"]);
    assert!(list.body["data"][0]["address"].is_string());

    let elsewhere = api.nobody().with_session(&session_token(
        &login(&api, "ann@example.test", PASSWORD).await,
    ));
    let other = elsewhere.get("/me/sessions").await.expect(200).body["current_id"].clone();
    ann.delete(&format!("/me/sessions/{}", other.as_str().expect("an id")))
        .await
        .expect(204);
    assert_eq!(
        elsewhere.get("/me").await.expect(401).code(),
        "invalid_token"
    );

    let out = ann.post("/auth/logout", &Value::Null).await.expect(204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    ann.get("/me").await.expect(401);
    // Over by the clock, in both ways.
    for sql in [
        "update romashka.sessions set expires_at = now() - interval '1 second'",
        "update romashka.sessions set last_used_at = now() - idle_limit",
    ] {
        let token = session_token(&login(&api, "ann@example.test", PASSWORD).await.expect(200));
        let session = api.nobody().with_session(&token);
        session.get("/me").await.expect(200);
        api.database
            .owner()
            .batch_execute(sql)
            .await
            .expect("time passes");
        session.get("/me").await.expect(401);
    }
}

#[tokio::test]
async fn by_https_the_cookie_is_bound_to_the_host() {
    let mut settings = settings();
    settings.public_url = Some("https://support.example.test".parse().expect("a URL"));
    let api = Api::with(settings).await;
    let workspace = api.database.create_workspace("acme").await;
    account(&api, workspace, "ann@example.test").await;
    let answer = login(&api, "ann@example.test", PASSWORD).await.expect(200);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-romashka_session=") && cookie.contains("; Secure"));
    assert!(
        answer
            .header("strict-transport-security")
            .starts_with("max-age=")
    );
}

#[tokio::test]
async fn wrong_passwords_are_answered_alike_and_slow_down() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    account(&api, workspace, "ann@example.test").await;
    let wrong = login(&api, "ann@example.test", "not the password at all")
        .await
        .expect(401);
    let unknown = login(&api, "nobody@example.test", "not the password at all")
        .await
        .expect(401);
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.code(), "wrong_password");
    for email in ["ann@example.test", "nobody@example.test"] {
        for _ in 0..4 {
            login(&api, email, "not the password at all")
                .await
                .expect(401);
        }
        // The sixth is counted and makes the account wait; the seventh is not looked at, though it is right.
        let sixth = login(&api, email, "not the password at all")
            .await
            .expect(401);
        assert_eq!(sixth.header("retry-after"), "1");
        let seventh = login(&api, email, PASSWORD).await.expect(429);
        assert_eq!(
            (seventh.code(), seventh.header("retry-after")),
            ("too_many_attempts", "1")
        );
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    login(&api, "ann@example.test", PASSWORD).await.expect(200);
    login(&api, "ann@example.test", "not the password at all")
        .await
        .expect(401);
    // All attempts from one address together, whichever server they reach.
    let mut last = login(&api, "x@example.test", "not the password at all").await;
    for number in 0..30 {
        if last.status == 429 {
            break;
        }
        last = login(
            &api,
            &format!("x{number}@example.test"),
            "not the password at all",
        )
        .await;
    }
    let last = last.expect(429);
    assert_eq!(last.header("ratelimit-remaining"), "0");
    assert!(last.header("retry-after").parse::<u64>().expect("seconds") > 0);
}

#[tokio::test]
async fn what_another_site_sends_changes_nothing() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    account(&api, workspace, "ann@example.test").await;
    let token = session_token(&login(&api, "ann@example.test", PASSWORD).await.expect(200));
    for headers in [
        vec![],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", "https://evil.example.test")],
        vec![("origin", "null")],
    ] {
        let mut request = api
            .request(reqwest::Method::PATCH, "/api/v1/me")
            .header("cookie", format!("romashka_session={token}"))
            .json(&json!({"full_name": "Eve"}));
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let answer = api.nobody().send(request).await.expect(403);
        assert_eq!(answer.code(), "cross_site", "{headers:?}");
    }
    let own = api
        .request(reqwest::Method::PATCH, "/api/v1/me")
        .header("cookie", format!("romashka_session={token}"))
        .header("origin", api.address())
        .json(&json!({"full_name": "Ann"}));
    assert_eq!(
        api.nobody().send(own).await.expect(200).body["full_name"],
        "Ann"
    );
    let foreign_login = api
        .request(reqwest::Method::POST, "/api/v1/auth/login")
        .header("sec-fetch-site", "cross-site")
        .json(&json!({"email": "eve@example.test", "password": PASSWORD}));
    assert_eq!(
        api.nobody().send(foreign_login).await.expect(403).code(),
        "cross_site"
    );
}

#[tokio::test]
async fn a_password_is_changed_or_set_anew_by_mail() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    account(&api, workspace, "ann@example.test").await;
    let sign_in =
        async || session_token(&login(&api, "ann@example.test", PASSWORD).await.expect(200));
    let (ann, elsewhere) = (
        api.nobody().with_session(&sign_in().await),
        api.nobody().with_session(&sign_in().await),
    );
    let change =
        |current: &str, new: &str| json!({"current_password": current, "new_password": new});
    let second = "another horse, another staple";
    let wrong = ann
        .json(
            reqwest::Method::PUT,
            "/me/password",
            &change("nonsense nonsense", second),
        )
        .await;
    assert_eq!(wrong.expect(401).code(), "wrong_password");
    let weak = ann
        .json(
            reqwest::Method::PUT,
            "/me/password",
            &change(PASSWORD, "short"),
        )
        .await;
    assert_eq!(weak.expect(422).body["field"], "new_password");
    ann.json(
        reqwest::Method::PUT,
        "/me/password",
        &change(PASSWORD, second),
    )
    .await
    .expect(204);
    ann.get("/me").await.expect(200);
    elsewhere.get("/me").await.expect(401);
    assert!(
        matches!(mails(&api).await.first(), Some((to, Mail::PasswordChanged { .. })) if to == "ann@example.test")
    );

    let ask = |email: &str| json!({"email": email});
    let known = api
        .nobody()
        .post("/auth/password-reset", &ask("ann@example.test"))
        .await
        .expect(202);
    let unknown = api
        .nobody()
        .post("/auth/password-reset", &ask("nobody@example.test"))
        .await
        .expect(202);
    assert_eq!(known.body, unknown.body);
    let waiting = mails(&api).await;
    assert_eq!(waiting.len(), 2);
    let Some((_, Mail::PasswordReset { link })) = waiting.first() else {
        panic!("no mail with a link");
    };
    assert!(link.starts_with(api.address()));
    let third = "a third horse and its staple";
    let reset = json!({"token": token_of(link), "new_password": third});
    api.nobody()
        .post("/auth/password-reset/confirm", &reset)
        .await
        .expect(204);
    let again = api
        .nobody()
        .post("/auth/password-reset/confirm", &reset)
        .await
        .expect(401);
    assert_eq!(again.code(), "wrong_code");
    ann.get("/me").await.expect(401);
    login(&api, "ann@example.test", second).await.expect(401);
    login(&api, "ann@example.test", third).await.expect(200);
}

#[tokio::test]
async fn an_invitation_leads_to_an_account_and_a_membership() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let invite = |email: &str, role: &str| json!({"email": email, "role": role});
    let made = admin
        .post("/invitations", &invite("Bob@example.test", "agent"))
        .await
        .expect(201);
    let token = token_of(made.body["link"].as_str().expect("a link"));
    assert!(
        matches!(mails(&api).await.first(), Some((to, Mail::Invitation { link, .. })) if to == "bob@example.test" && token_of(link) == token)
    );
    assert_eq!(
        admin
            .post("/invitations", &invite("x@example.test", "owner"))
            .await
            .expect(403)
            .code(),
        "forbidden"
    );
    let seen = api
        .nobody()
        .post("/auth/invitations/read", &json!({"token": token}))
        .await
        .expect(200);
    assert_eq!(
        (&seen.body["email"], &seen.body["has_account"]),
        (&"bob@example.test".into(), &false.into())
    );
    api.nobody()
        .post("/auth/invitations/read", &json!({"token": "x"}))
        .await
        .expect(404);
    let sign_up = json!({"token": token, "full_name": "Bob", "password": PASSWORD});
    let joined = api
        .nobody()
        .post("/auth/invitations/sign-up", &sign_up)
        .await
        .expect(200);
    assert_eq!(joined.body["workspace_id"], workspace.to_string());
    let bob = api.nobody().with_session(&session_token(&joined));
    bob.get("/conversations").await.expect(200);
    assert_eq!(
        bob.get("/invitations").await.expect(403).code(),
        "role_required"
    );
    api.nobody()
        .post("/auth/invitations/sign-up", &sign_up)
        .await
        .expect(404);

    // Somebody who has an account joins with it; another person's invitation is not his.
    let second = api.database.create_workspace("second").await;
    let owner = api.member(second, Role::Owner).await;
    let made = owner
        .post("/invitations", &invite("bob@example.test", "admin"))
        .await
        .expect(201);
    let token = json!({"token": token_of(made.body["link"].as_str().expect("a link"))});
    let sign_up = json!({"token": token["token"], "full_name": "Bob", "password": PASSWORD});
    api.nobody()
        .post("/auth/invitations/sign-up", &sign_up)
        .await
        .expect(409);
    admin
        .post("/me/invitations/accept", &token)
        .await
        .expect(403);
    bob.post("/me/invitations/accept", &token).await.expect(200);
    assert_eq!(
        bob.get("/workspaces").await.expect(200).body["data"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    bob.json(
        reqwest::Method::PUT,
        "/me/workspace",
        &json!({"workspace_id": second}),
    )
    .await
    .expect(204);
    bob.get("/invitations").await.expect(200);
    let foreign = json!({"workspace_id": api.database.create_workspace("third").await});
    bob.json(reqwest::Method::PUT, "/me/workspace", &foreign)
        .await
        .expect(404);
    let open = owner
        .post("/invitations", &invite("eve@example.test", "agent"))
        .await
        .expect(201);
    owner
        .delete(&format!("/invitations/{}", open.id()))
        .await
        .expect(204);
    let gone = json!({"token": token_of(open.body["link"].as_str().expect("a link"))});
    api.nobody()
        .post("/auth/invitations/read", &gone)
        .await
        .expect(404);
}
