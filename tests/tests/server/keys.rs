//! Keys of programs, and tokens of other issuers.

use jsonwebtoken::{EncodingKey, Header, encode};
use romashka_tests::api::settings;
use romashka_tests::{Api, Role, value};
use secrecy::SecretString;
use serde_json::json;

#[tokio::test]
async fn a_key_is_shown_once_works_within_its_scopes_and_ends_when_told() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let made = admin
        .post(
            "/api-keys",
            &json!({"name": "bridge", "scopes": ["conversations:read"], "role": "viewer"}),
        )
        .await
        .expect(201);
    let key = made.body["key"].as_str().expect("a key").to_owned();
    let id = made.body["api_key"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert!(
        key.starts_with(
            made.body["api_key"]["display_prefix"]
                .as_str()
                .expect("a prefix")
        )
    );
    let program = api.nobody().with_token(&key);
    program.get("/conversations").await.expect(200);
    assert_eq!(
        program.get("/customers").await.expect(403).code(),
        "scope_required"
    );
    assert_eq!(
        program.get("/me").await.expect(403).code(),
        "person_required"
    );
    let by_header = api
        .request(reqwest::Method::GET, "/api/v1/conversations")
        .header("x-api-key", &key);
    program.send(by_header).await.expect(200);
    let in_query = api.request(
        reqwest::Method::GET,
        &format!("/api/v1/conversations?api_key={key}"),
    );
    assert_eq!(program.send(in_query).await.status, 401);
    let read = admin.get(&format!("/api-keys/{id}")).await.expect(200);
    assert!(read.body["last_used_at"].is_string());
    assert!(!read.body.to_string().contains(&key));

    // A cookie beside a key is not looked at, and what a key does is the key's in the audit.
    let writer = api.key(workspace, "agent", &["customers:write"]).await;
    writer
        .post("/customers", &json!({"name": "Ann"}))
        .await
        .expect(201);
    let actor: String = value(
        api.database.owner(),
        "select actor_kind || ' ' || (api_key_id is not null)::text || ' ' || (ip_address is not null)::text from public.audit_logs where entity_type = 'customer_profiles'",
    )
    .await;
    assert_eq!(actor, "api true true");

    for scopes in [
        json!([]),
        json!(["everything"]),
        json!(["conversations:delete"]),
    ] {
        let wrong = admin
            .post("/api-keys", &json!({"name": "x", "scopes": scopes}))
            .await
            .expect(422);
        assert_eq!(wrong.body["field"], "scopes");
    }
    admin.delete(&format!("/api-keys/{id}")).await.expect(204);
    assert_eq!(
        program.get("/conversations").await.expect(401).code(),
        "invalid_token"
    );
    let over = api.key(workspace, "agent", &["*:read"]).await;
    over.get("/conversations").await.expect(200);
    api.database
        .owner()
        .batch_execute("update public.api_keys set expires_at = now() - interval '1 second'")
        .await
        .expect("time passes");
    over.get("/conversations").await.expect(401);
}

#[tokio::test]
async fn a_user_of_supabase_is_the_same_person() {
    const SECRET: &str = "super-secret-jwt-token-with-at-least-32-characters-long";
    let mut settings = settings();
    settings.supabase.jwt_secret = Some(SecretString::from(SECRET));
    settings.supabase.service_role_key = Some(SecretString::from("the-secret-key-of-the-project"));
    let api = Api::with(settings).await;
    let workspace = api.database.create_workspace("acme").await;
    let other = api.database.create_workspace("other").await;
    let person = api.database.create_person(workspace, Role::Agent).await;
    api.database
        .join_workspace(person, other, Role::Viewer)
        .await;
    let token = |named: Option<uuid::Uuid>| {
        let now = jsonwebtoken::get_current_timestamp();
        let mut claims = json!({"sub": person, "aud": "authenticated", "role": "authenticated", "iat": now, "exp": now + 60});
        if let Some(named) = named {
            claims["app_metadata"] = json!({"workspace_id": named});
        }
        encode(
            &Header::default(),
            &claims,
            &EncodingKey::from_secret(SECRET.as_bytes()),
        )
        .expect("a token")
    };
    let ann = api.nobody().with_token(&token(None));
    assert_eq!(
        ann.get("/me").await.expect(200).body["id"],
        person.to_string()
    );
    ann.post("/customers", &json!({"name": "Ann"}))
        .await
        .expect(201);
    let named = api.nobody().with_token(&token(Some(other)));
    assert_eq!(
        named
            .post("/customers", &json!({}))
            .await
            .expect(403)
            .code(),
        "role_required"
    );
    let foreign = api
        .nobody()
        .with_token(&token(Some(api.database.create_workspace("third").await)));
    foreign.get("/customers").await.expect(404);

    let service = api
        .nobody()
        .with_token("the-secret-key-of-the-project")
        .in_workspace(workspace);
    assert_eq!(
        service.get("/customers").await.expect(200).body["data"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}
