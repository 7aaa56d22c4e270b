//! Mails that providers post: believed by their proof alone, stored before the answer, once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use romashka_tests::{Api, TestDatabase, value};
use serde_json::json;
use sha2::Sha256;
use uuid::Uuid;

use crate::inbound::mail;
use crate::workplace::{store_channel, until};

const SIGNING_KEY: &str = "signing key of a test";

struct Scene {
    api: Api,
    token: String,
}

async fn scene() -> Scene {
    let api = Api::over(TestDatabase::new().await, romashka_tests::api::settings()).await;
    let workspace: Uuid = api.database.create_workspace("acme").await;
    let channel = store_channel(
        api.database.owner(),
        &api.serving().server().keys,
        workspace,
        &json!({"address": "support@example.com"}),
        &json!({"postmark_user": "post", "postmark_password": "mark", "mailgun_signing_key": SIGNING_KEY}),
    )
    .await;
    let token = api
        .database
        .owner()
        .query_one(
            "select public.channel_token($1, false, $2)",
            &[&channel, &workspace],
        )
        .await
        .expect("a token")
        .get(0);
    Scene { api, token }
}

impl Scene {
    async fn post(
        &self,
        provider: &str,
        authorization: Option<&str>,
        content_type: &str,
        body: String,
    ) -> u16 {
        let path = format!("/hooks/email/{}/{provider}", self.token);
        let mut request = self
            .api
            .request(Method::POST, &path)
            .header("content-type", content_type)
            .body(body);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        request.send().await.expect("an answer").status().as_u16()
    }
}

#[tokio::test]
async fn postmark_is_believed_by_its_password_and_a_large_mail_is_taken_once() {
    let scene = scene().await;
    let large = "word ".repeat(600_000);
    let raw = mail(
        "ann@customer.example",
        "support@example.com",
        "one@customer.example",
        "Order",
        "",
        &large,
    );
    let body = json!({
        "MessageID": "11111111-0000-0000-0000-000000000000", "OriginalRecipient": "support@example.com",
        "From": "ann@customer.example", "Headers": [], "RawEmail": raw,
    })
    .to_string();
    let right = format!("Basic {}", STANDARD.encode("post:mark"));
    let wrong = format!("Basic {}", STANDARD.encode("post:office"));
    for (authorization, expected) in [
        (None, 401),
        (Some(&*wrong), 401),
        (Some(&*right), 200),
        (Some(&*right), 200),
    ] {
        let status = scene
            .post("postmark", authorization, "application/json", body.clone())
            .await;
        assert_eq!(status, expected);
    }
    until(
        scene.api.database.owner(),
        "select count(*) from public.messages",
        1_i64,
    )
    .await;
    let events: i64 = value(
        scene.api.database.owner(),
        "select count(*) from public.webhook_events",
    )
    .await;
    assert_eq!(events, 1);
    assert_eq!(
        scene
            .post(
                "postmark",
                Some(&right),
                "application/json",
                "{}".to_owned()
            )
            .await,
        400
    );
    let elsewhere = scene
        .api
        .request(Method::POST, "/hooks/email/no-such-token/postmark")
        .send()
        .await
        .expect("an answer");
    assert_eq!(elsewhere.status().as_u16(), 404);
}

#[tokio::test]
async fn mailgun_is_believed_by_its_signature_and_a_token_counts_once() {
    let scene = scene().await;
    let timestamp = jiff::Timestamp::now().as_second().to_string();
    let form = |token: &str, key: &str, id: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key");
        mac.update(format!("{timestamp}{token}").as_bytes());
        let signature: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let raw = mail(
            "ann@customer.example",
            "support@example.com",
            id,
            "Order",
            "",
            id,
        );
        let encoded: String = raw.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!(
            "recipient=support%40example.com&sender=ann%40customer.example&timestamp={timestamp}&token={token}&signature={signature}&body-mime={encoded}"
        )
    };
    let kind = "application/x-www-form-urlencoded";
    let first = form("token-1", SIGNING_KEY, "one@customer.example");
    assert_eq!(
        scene
            .post(
                "mailgun/mime",
                None,
                kind,
                form("token-1", "another", "x@customer.example")
            )
            .await,
        401
    );
    assert_eq!(
        scene.post("mailgun/mime", None, kind, first.clone()).await,
        200
    );
    assert_eq!(scene.post("mailgun/mime", None, kind, first).await, 200);
    // The signature does not cover the mail, so its token is worth one mail.
    let forged = form("token-1", SIGNING_KEY, "forged@customer.example");
    assert_eq!(scene.post("mailgun/mime", None, kind, forged).await, 200);
    let second = form("token-2", SIGNING_KEY, "two@customer.example");
    assert_eq!(scene.post("mailgun/mime", None, kind, second).await, 200);
    until(
        scene.api.database.owner(),
        "select count(*) from public.messages",
        2_i64,
    )
    .await;
    let forged: i64 = value(
        scene.api.database.owner(),
        "select count(*) from public.messages where external_message_id = 'forged@customer.example'",
    )
    .await;
    assert_eq!(forged, 0);
}

#[tokio::test]
async fn a_provider_without_its_secret_is_asked_to_come_again() {
    let scene = scene().await;
    let status = scene
        .post(
            "sendgrid",
            None,
            "multipart/form-data; boundary=b",
            "--b--".to_owned(),
        )
        .await;
    assert_eq!(status, 503, "SendGrid drops what is answered with 4xx");
}

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail";

/// A key and a certificate as Amazon's, and signatures by it.
struct Amazon {
    folder: tempfile::TempDir,
    asked: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
    address: String,
}

impl Amazon {
    async fn start() -> Amazon {
        let folder = tempfile::tempdir().expect("a folder");
        let made = std::process::Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=sns.amazonaws.com",
            ])
            .arg("-keyout")
            .arg(folder.path().join("key.pem"))
            .arg("-out")
            .arg(folder.path().join("cert.pem"))
            .output()
            .expect("openssl");
        assert!(made.status.success(), "{made:?}");
        let certificate =
            std::fs::read_to_string(folder.path().join("cert.pem")).expect("a certificate");
        let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let book = asked.clone();
        let app = axum::Router::new().fallback(move |uri: axum::http::Uri| {
            book.lock().expect("the book").push(uri.to_string());
            let certificate = certificate.clone();
            async move { certificate }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.expect("serving") });
        Amazon {
            folder,
            asked,
            address,
        }
    }

    fn sign(&self, text: &str) -> String {
        let (message, signature) = (
            self.folder.path().join("text"),
            self.folder.path().join("signature"),
        );
        std::fs::write(&message, text).expect("written");
        let signed = std::process::Command::new("openssl")
            .args(["dgst", "-sha256", "-sign"])
            .arg(self.folder.path().join("key.pem"))
            .arg("-out")
            .arg(&signature)
            .arg(&message)
            .output()
            .expect("openssl");
        assert!(signed.status.success(), "{signed:?}");
        STANDARD.encode(std::fs::read(&signature).expect("a signature"))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("the book").clone()
    }

    fn message(
        &self,
        kind: &str,
        topic: &str,
        inner: &str,
        subscribe: Option<&str>,
    ) -> serde_json::Value {
        // A name of its own: certificates are kept by their address.
        let certificate = format!(
            "https://sns.eu-west-1.amazonaws.com/{}.pem",
            Uuid::new_v4().simple()
        );
        let mut message = json!({
            "Type": kind, "MessageId": "1-2-3", "TopicArn": topic, "Message": inner, "Timestamp": "2026-01-02T03:04:05.678Z",
            "SignatureVersion": "2", "SigningCertURL": certificate,
        });
        if let Some(url) = subscribe {
            message["SubscribeURL"] = json!(url);
            message["Token"] = json!("token");
        }
        let text: String = [
            "Message",
            "MessageId",
            "Subject",
            "SubscribeURL",
            "Timestamp",
            "Token",
            "TopicArn",
            "Type",
        ]
        .iter()
        .filter_map(|name| Some(format!("{name}\n{}\n", message.get(*name)?.as_str()?)))
        .collect();
        message["Signature"] = json!(self.sign(&text));
        message
    }
}

#[tokio::test]
async fn ses_is_believed_by_the_signature_of_sns_for_the_channels_topics() {
    let amazon = Amazon::start().await;
    let mut settings = romashka_tests::api::settings();
    settings.providers.sns = Some(amazon.address.parse().expect("an address"));
    let api = Api::over(TestDatabase::new().await, settings).await;
    let workspace: Uuid = api.database.create_workspace("acme").await;
    let keys = &api.serving().server().keys;
    let configuration = json!({"address": "support@example.com", "sns_topics": TOPIC});
    let channel = store_channel(
        api.database.owner(),
        keys,
        workspace,
        &configuration,
        &json!({}),
    )
    .await;
    let token = api
        .database
        .owner()
        .query_one(
            "select public.channel_token($1, false, $2)",
            &[&channel, &workspace],
        )
        .await
        .expect("a token")
        .get(0);
    let scene = Scene { api, token };
    let post = async |message: &serde_json::Value| {
        scene
            .post(
                "ses",
                None,
                "text/plain; charset=UTF-8",
                message.to_string(),
            )
            .await
    };

    let confirm = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=x";
    let stranger = amazon.message(
        "SubscriptionConfirmation",
        "arn:aws:sns:eu-west-1:666:theirs",
        "hi",
        Some(confirm),
    );
    assert_eq!(post(&stranger).await, 401);
    assert!(
        amazon.asked().is_empty(),
        "a stranger makes us fetch nothing"
    );
    let inside = amazon.message(
        "SubscriptionConfirmation",
        TOPIC,
        "hi",
        Some("https://169.254.169.254/latest"),
    );
    assert_eq!(post(&inside).await, 401);
    let own = amazon.message("SubscriptionConfirmation", TOPIC, "hi", Some(confirm));
    assert_eq!(post(&own).await, 200);
    assert!(
        amazon
            .asked()
            .iter()
            .any(|path| path == "/?Action=ConfirmSubscription&Token=x")
    );
    assert!(!amazon.asked().iter().any(|path| path.contains("latest")));

    let raw = mail(
        "ann@customer.example",
        "support@example.com",
        "ses@customer.example",
        "Order",
        "",
        "By SES",
    );
    let inner = json!({
        "notificationType": "Received", "mail": {"messageId": "ses-1", "source": "ann@customer.example"},
        "receipt": {"recipients": ["support@example.com"], "action": {"type": "SNS", "encoding": "BASE64"}}, "content": STANDARD.encode(&raw),
    });
    let notification = amazon.message("Notification", TOPIC, &inner.to_string(), None);
    let mut forged = notification.clone();
    forged["Message"] = json!(inner.to_string().replace("ses-1", "ses-2"));
    assert_eq!(post(&forged).await, 401);
    assert_eq!(post(&notification).await, 200);
    assert_eq!(post(&notification).await, 200);
    until(
        scene.api.database.owner(),
        "select count(*) from public.messages where content = 'By SES'",
        1_i64,
    )
    .await;
    let events: i64 = value(
        scene.api.database.owner(),
        "select count(*) from public.webhook_events",
    )
    .await;
    assert_eq!(events, 1);
    let bucket = json!({"notificationType": "Received", "mail": {"messageId": "s"}, "receipt": {"recipients": [], "action": {"type": "S3", "bucketName": "b", "objectKey": "k"}}});
    assert_eq!(
        post(&amazon.message("Notification", TOPIC, &bucket.to_string(), None)).await,
        503
    );
    assert_eq!(post(&json!({})).await, 400);
}
