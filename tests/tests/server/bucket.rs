//! Files in a bucket: against a server of S3's protocol on loopback that checks every signature (crate `s3s`).

use reqwest::Method;
use romashka_server::attachments::bucket::{Bucket, BucketError, BucketSettings};
use romashka_tests::api::{Answer, Visitor, settings};
use romashka_tests::object_storage::files_below;
use romashka_tests::{Api, ObjectStorage, Role, TestDatabase, value};
use uuid::Uuid;

const PDF: &[u8] = b"%PDF-1.7\nhello";

async fn api_with(bucket: BucketSettings) -> Api {
    let mut settings = settings();
    settings.bucket = Some(bucket);
    Api::over(TestDatabase::new().await, settings).await
}

async fn upload(visitor: &Visitor<'_>, query: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = visitor
        .request(Method::POST, &format!("/api/v1/attachments?{query}"))
        .header("content-type", "application/pdf")
        .body(body);
    visitor.send(request).await
}

async fn content(visitor: &Visitor<'_>, id: Uuid) -> reqwest::Response {
    let path = format!("/api/v1/attachments/{id}/content");
    let request = visitor.request(Method::GET, &path);
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn a_file_lies_in_the_bucket_and_is_given_out_and_removed() {
    let storage = ObjectStorage::start().await;
    let api = api_with(storage.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let admin = api.member(workspace, Role::Admin).await;
    let mut large = PDF.to_vec();
    large.resize(9 * 1024 * 1024, b'x');
    let made = upload(&agent, "filename=a.pdf", large.clone())
        .await
        .expect(201);
    let name = made.id().simple().to_string();
    let key = format!("romashka/{}/{}/{name}", workspace.simple(), &name[30..]);
    assert_eq!(storage.objects(), [(key, large.clone())]);
    let local = files_below(api.files());
    assert!(local.is_empty(), "nothing stays on the machine: {local:?}");
    let answer = content(&agent, made.id()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-length"], large.len().to_string());
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    assert!(answer.bytes().await.expect("the bytes") == large);
    // A file of a conversation that is not there leaves no bytes.
    let nowhere = format!("filename=b.pdf&conversation_id={}", Uuid::new_v4());
    let refused = upload(&agent, &nowhere, PDF).await;
    assert!(refused.status.is_client_error(), "{refused:?}");
    assert_eq!(storage.objects().len(), 1);
    // With a row the bytes go too, soon after.
    let second = upload(&agent, "filename=b.pdf", PDF).await.expect(201);
    assert_eq!(storage.objects().len(), 2);
    let path = format!("/attachments/{}", second.id());
    admin.delete(&path).await.expect(204);
    for _ in 0..200 {
        if storage.objects().len() == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(storage.objects().len(), 1);
    // Bytes that somebody took away.
    std::fs::remove_dir_all(storage.path("romashka")).expect("taken");
    assert_eq!(content(&agent, made.id()).await.status(), 404);
    admin
        .delete(&format!("/attachments/{}", made.id()))
        .await
        .expect(204);
    agent
        .get(&format!("/attachments/{}", made.id()))
        .await
        .expect(404);
}

#[tokio::test]
async fn files_of_the_folder_are_still_given_out_and_rows_lead_nowhere_else() {
    let storage = ObjectStorage::start().await;
    let mut api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let rival = api.database.create_workspace("rival").await;
    let (made, secret) = {
        let agent = api.member(workspace, Role::Agent).await;
        let eve = api.member(rival, Role::Agent).await;
        (
            upload(&agent, "filename=a.pdf", PDF).await.expect(201).id(),
            upload(&eve, "filename=b.pdf", PDF).await.expect(201).id(),
        )
    };
    // The same installation, with a bucket from now on.
    let folder = api.files().to_owned();
    api.stop().await;
    let mut with_bucket = settings();
    with_bucket.bucket = Some(storage.settings());
    with_bucket.file_folder = Some(folder);
    let serving = api.one_more(with_bucket).await;
    let address = format!("http://{}", serving.address());
    let key = api.key(workspace, "admin", &["*:read", "*:write"]).await;
    let get = async |id: Uuid| {
        let path = format!("{address}/api/v1/attachments/{id}/content");
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let mut request = client.get(path);
        for (name, value) in key.headers() {
            request = request.header(name, value);
        }
        request.send().await.expect("an answer")
    };
    let answer = get(made).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.bytes().await.expect("bytes"), PDF);
    // A row that was made to point to another's bytes, or out of the folder.
    let path: String = value(
        api.database.owner(),
        &format!("select file_path from public.file_attachments where id = '{secret}'"),
    )
    .await;
    for (provider, path, status) in [
        ("local", path.as_str(), 404),
        ("local", "../../etc/passwd", 404),
        ("s3", &path, 404),
        ("gcs", "x", 409),
    ] {
        api.database
            .owner()
            .execute(
                "update public.file_attachments set file_path = $2, storage_provider = $3 where id = $1",
                &[&made, &path, &provider],
            )
            .await
            .expect("a row");
        assert_eq!(get(made).await.status(), status, "{provider} {path}");
    }
    serving.stop().await;
}

#[tokio::test]
async fn a_storage_that_refuses_or_is_away_is_said_to_be() {
    let storage = ObjectStorage::start().await;
    let bucket = |change: fn(&mut BucketSettings)| {
        let mut settings = storage.settings();
        change(&mut settings);
        Bucket::new(&settings).expect("a bucket")
    };
    assert!(bucket(|_| {}).check().await.is_ok());
    let wrong_key = bucket(|settings| settings.secret_key = "another".to_owned().into());
    assert!(matches!(
        wrong_key.check().await,
        Err(BucketError::Refused(403))
    ));
    let no_bucket = bucket(|settings| settings.name = "not-there".to_owned());
    assert!(matches!(
        no_bucket.check().await,
        Err(BucketError::NotFound)
    ));
    let away =
        bucket(|settings| settings.endpoint = "http://127.0.0.1:9".parse().expect("an address"));
    let error = away.check().await.expect_err("nobody there");
    assert!(matches!(error, BucketError::Unreachable(_)));
    assert!(
        !format!("{error:?}").contains("X-Amz-"),
        "no signature in an error"
    );
    let api = api_with(BucketSettings {
        secret_key: "another".to_owned().into(),
        ..storage.settings()
    })
    .await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let refused = upload(&agent, "filename=a.pdf", PDF).await.expect(503);
    assert_eq!(refused.code(), "unavailable");
    assert_eq!(
        agent.get("/attachments").await.expect(200).body["data"],
        serde_json::json!([])
    );
    assert!(storage.objects().is_empty());
}
