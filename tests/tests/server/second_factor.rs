//! The second factor, with an app that follows RFC 6238.

use data_encoding::BASE32_NOPAD;
use romashka_server::accounts::Mail;
use romashka_server::authentication::totp::Totp;
use romashka_tests::Api;
use romashka_tests::api::{Answer, Visitor};
use serde_json::{Value, json};

use crate::sign_in::{PASSWORD, account, login, mails, session_token};

fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a clock")
        .as_secs() as i64
}

fn app(offer: &Answer) -> Totp {
    let secret = offer.body["secret"].as_str().expect("a secret");
    Totp::new(
        BASE32_NOPAD
            .decode(secret.as_bytes())
            .expect("base32")
            .into(),
    )
}

async fn second_step(api: &Api, code: &str) -> Answer {
    let first = login(api, "ann@example.test", PASSWORD).await.expect(200);
    assert_eq!(first.body["status"], "second_factor_required");
    assert!(
        first.header("set-cookie").is_empty(),
        "no session before the second step"
    );
    api.nobody()
        .post(
            "/auth/login/second-factor",
            &json!({"token": first.body["token"], "code": code}),
        )
        .await
}

async fn signed_in<'api>(api: &'api Api) -> Visitor<'api> {
    let answer = login(api, "ann@example.test", PASSWORD).await.expect(200);
    api.nobody().with_session(&session_token(&answer))
}

#[tokio::test]
async fn a_code_counts_once_and_a_recovery_code_stands_in() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    account(&api, workspace, "ann@example.test").await;
    let ann = signed_in(&api).await;
    let offer = ann
        .post("/me/second-factor", &Value::Null)
        .await
        .expect(200);
    assert!(
        offer.body["address"]
            .as_str()
            .expect("an address")
            .starts_with("otpauth://totp/ROMASHKA:ann%40example.test?")
    );
    let app = app(&offer);
    // Not in force yet.
    signed_in(&api).await.get("/me").await.expect(200);
    let wrong = ann
        .post("/me/second-factor/confirm", &json!({"code": "000000"}))
        .await
        .expect(401);
    assert_eq!(wrong.code(), "wrong_code");
    // The step before, so that the present one is still unused.
    let confirmed = ann
        .post(
            "/me/second-factor/confirm",
            &json!({"code": app.code_at(now() - 30)}),
        )
        .await
        .expect(200);
    let recovery: Vec<String> =
        serde_json::from_value(confirmed.body["recovery_codes"].clone()).expect("codes");
    assert_eq!(recovery.len(), 10);
    assert!(matches!(
        mails(&api).await.first(),
        Some((_, Mail::SecondFactorChanged { is_on: true }))
    ));
    ann.post("/me/second-factor", &Value::Null)
        .await
        .expect(409);

    let code = app.code_at(now());
    let done = second_step(&api, &code).await.expect(200);
    api.nobody()
        .with_session(&session_token(&done))
        .get("/me")
        .await
        .expect(200);
    assert_eq!(
        second_step(&api, &code).await.expect(401).code(),
        "wrong_code",
        "a code counts once"
    );
    second_step(&api, &recovery[0].to_lowercase())
        .await
        .expect(200);
    second_step(&api, &recovery[0]).await.expect(401);
    let token = login(&api, "ann@example.test", PASSWORD).await.body["token"].clone();
    let twice = json!({"token": token, "code": recovery[1]});
    api.nobody()
        .post("/auth/login/second-factor", &twice)
        .await
        .expect(200);
    let again = json!({"token": token, "code": recovery[2]});
    api.nobody()
        .post("/auth/login/second-factor", &again)
        .await
        .expect(401);

    // What changes how one signs in asks who one is, when that was long ago.
    api.database
        .owner()
        .batch_execute(
            "update romashka.sessions set authenticated_at = now() - interval '11 minutes'",
        )
        .await
        .expect("time passes");
    assert_eq!(
        ann.delete("/me/second-factor").await.expect(403).code(),
        "reauthentication_required"
    );
    ann.post(
        "/auth/confirm",
        &json!({"password": "not the password at all"}),
    )
    .await
    .expect(401);
    ann.post("/auth/confirm", &json!({"password": PASSWORD}))
        .await
        .expect(204);
    let renewed = ann
        .post("/me/recovery-codes", &Value::Null)
        .await
        .expect(200);
    assert_ne!(renewed.body["recovery_codes"][0], recovery[3]);
    ann.delete("/me/second-factor").await.expect(204);
    signed_in(&api).await.get("/me").await.expect(200);
}

#[tokio::test]
async fn the_secret_is_encrypted_and_keys_can_be_changed() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    account(&api, workspace, "ann@example.test").await;
    let ann = signed_in(&api).await;
    let offer = ann
        .post("/me/second-factor", &Value::Null)
        .await
        .expect(200);
    let kept: String = romashka_tests::value(
        api.database.owner(),
        "select secret from romashka.second_factors",
    )
    .await;
    assert!(
        kept.starts_with("rmk1.")
            && !kept.contains(offer.body["secret"].as_str().expect("a secret"))
    );
    let current = romashka_db::envelope::Key::generate();
    let id = current.id().clone();
    let old = api.serving().server().keys.current().to_base64();
    let old = romashka_db::envelope::Key::parse(secrecy::ExposeSecret::expose_secret(&old))
        .expect("a key");
    let ring = romashka_db::envelope::Keyring::new(current, vec![old]);
    let mut client = api.database.connect().await;
    let rotated = romashka_db::rotation::rotate(&mut client, &ring, |_| {})
        .await
        .expect("a rotation");
    assert_eq!((rotated.secrets, rotated.left.len()), (1, 0));
    assert_eq!(
        romashka_db::rotation::remaining(&client, &id)
            .await
            .expect("a count"),
        0
    );
}
