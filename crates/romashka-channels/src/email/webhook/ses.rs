//! Amazon SES, which delivers by SNS.
//!
//! Anybody can subscribe our URL to a topic of his own, and SNS signs that too: only the topics of the channel count,
//! also for the confirmation of a subscription. The certificate comes from a host of Amazon alone; the caller fetches it
//! by https and keeps it.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::Url;
use x509_cert::Certificate;
use x509_cert::der::DecodePem;

use super::{AuthenticityError, DeliveredMail, WebhookError};

/// A message of SNS.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SnsMessage {
    /// `Notification`, `SubscriptionConfirmation` or `UnsubscribeConfirmation`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// Id, the same when it comes again.
    pub message_id: String,
    /// Topic.
    pub topic_arn: String,
    message: String,
    subject: Option<String>,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    token: Option<String>,
}

impl SnsMessage {
    /// Reads the body of a request, whose media type is `text/plain`.
    pub fn parse(body: &[u8]) -> Result<Self, WebhookError> {
        Ok(serde_json::from_slice(body)?)
    }

    /// Where the certificate is; nothing when that is not a host of Amazon's SNS.
    pub fn certificate_url(&self) -> Option<Url> {
        let url = Url::parse(&self.signing_cert_url).ok()?;
        (is_amazon(&url) && url.path().ends_with(".pem")).then_some(url)
    }

    /// Where a subscription is confirmed by a GET; nothing for another kind of message or a host that is not Amazon's.
    pub fn confirmation_url(&self) -> Option<Url> {
        let url = Url::parse(self.subscribe_url.as_deref()?).ok()?;
        (self.kind == "SubscriptionConfirmation" && is_amazon(&url)).then_some(url)
    }

    /// Whether SNS signed the message, by its certificate (PEM), for one of our topics.
    pub fn verify(&self, certificate: &[u8], topics: &[&str]) -> Result<(), AuthenticityError> {
        if !topics.contains(&self.topic_arn.as_str()) {
            return Err(AuthenticityError::OtherTopic);
        }
        let certificate = Certificate::from_pem(certificate).map_err(|_| AuthenticityError::Key)?;
        let key = certificate
            .tbs_certificate
            .subject_public_key_info
            .subject_public_key
            .raw_bytes()
            .to_vec();
        let algorithm = match self.signature_version.as_str() {
            "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(AuthenticityError::NoMatch),
        };
        let signature = STANDARD
            .decode(&self.signature)
            .map_err(|_| AuthenticityError::NoMatch)?;
        UnparsedPublicKey::new(algorithm, key)
            .verify(self.string_to_sign().as_bytes(), &signature)
            .map_err(|_| AuthenticityError::NoMatch)
    }

    fn string_to_sign(&self) -> String {
        let fields = [
            ("Message", Some(&self.message)),
            ("MessageId", Some(&self.message_id)),
            ("Subject", self.subject.as_ref()),
            ("SubscribeURL", self.subscribe_url.as_ref()),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", self.token.as_ref()),
            ("TopicArn", Some(&self.topic_arn)),
            ("Type", Some(&self.kind)),
        ];
        fields
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}\n{}\n", value?)))
            .collect()
    }

    /// What SES tells in a notification.
    pub fn receipt(&self) -> Result<Receipt, WebhookError> {
        let notification: Notification = serde_json::from_str(&self.message)?;
        if notification.notification_type.as_deref() != Some("Received") {
            return Err(WebhookError::Missing("notificationType"));
        }
        let bad = |verdict: &Option<Verdict>| {
            verdict
                .as_ref()
                .is_some_and(|verdict| verdict.status == "FAIL")
        };
        let receipt = notification.receipt;
        let mut mail = DeliveredMail {
            provider_id: Some(notification.mail.message_id),
            envelope_from: notification.mail.source,
            recipients: receipt.recipients,
            raw: Vec::new(),
            is_suspicious: bad(&receipt.spam_verdict) || bad(&receipt.virus_verdict),
        };
        match (
            notification.content,
            receipt.action.bucket_name,
            receipt.action.object_key,
        ) {
            (Some(content), ..) => {
                mail.raw = match receipt.action.encoding.as_deref() {
                    Some("BASE64") => super::super::mime::decode_base64(content.as_bytes()),
                    _ => content.into_bytes(),
                };
                Ok(Receipt::Whole(mail))
            }
            (None, Some(bucket), Some(key)) => Ok(Receipt::InBucket { mail, bucket, key }),
            _ => Err(WebhookError::Missing("content")),
        }
    }
}

fn is_amazon(url: &Url) -> bool {
    let region = url.host_str().and_then(|host| {
        let host = host.strip_prefix("sns.")?;
        host.strip_suffix(".amazonaws.com")
            .or_else(|| host.strip_suffix(".amazonaws.com.cn"))
    });
    let plain = |region: &str| {
        region.len() >= 3
            && region
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && region.is_some_and(plain)
}

/// A mail that SES received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// With its bytes (mails up to 150 KB).
    Whole(DeliveredMail),
    /// The bytes are in a bucket, for the caller to fetch.
    InBucket {
        /// All but the bytes.
        mail: DeliveredMail,
        /// Bucket.
        bucket: String,
        /// Key of the object.
        key: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    notification_type: Option<String>,
    mail: SesMail,
    receipt: SesReceipt,
    content: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesMail {
    message_id: String,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesReceipt {
    recipients: Vec<String>,
    spam_verdict: Option<Verdict>,
    virus_verdict: Option<Verdict>,
    action: Action,
}

#[derive(Deserialize)]
struct Verdict {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    encoding: Option<String>,
    bucket_name: Option<String>,
    object_key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate that was made for this test, and signatures by its key.
    const CERTIFICATE: &[u8] = include_bytes!("../../../tests/keys/sns.pem");
    const SHA1: &str = include_str!("../../../tests/keys/sns_sha1.b64");
    const SHA256: &str = include_str!("../../../tests/keys/sns_sha256.b64");
    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail";

    fn message(version: &str, signature: &str) -> SnsMessage {
        let inner = r#"{"notificationType":"Received","mail":{"messageId":"ses-1","source":"anna@example.com"},"receipt":{"recipients":["support@in.example.com"],"spamVerdict":{"status":"PASS"},"virusVerdict":{"status":"FAIL"},"action":{"type":"SNS","encoding":"BASE64"}},"content":"RnJvbTogYUBiDQoNCmhp"}"#;
        let body = serde_json::json!({
            "Type": "Notification", "MessageId": "1-2-3", "TopicArn": TOPIC, "Subject": "Amazon SES", "Message": inner,
            "Timestamp": "2026-01-02T03:04:05.678Z", "SignatureVersion": version, "Signature": signature.trim(),
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem", "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?x"
        });
        SnsMessage::parse(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn signatures() {
        assert_eq!(message("1", SHA1).verify(CERTIFICATE, &[TOPIC]), Ok(()));
        assert_eq!(
            message("2", SHA256).verify(CERTIFICATE, &["other", TOPIC]),
            Ok(())
        );
        assert_eq!(
            message("1", SHA256).verify(CERTIFICATE, &[TOPIC]),
            Err(AuthenticityError::NoMatch)
        );
        assert_eq!(
            message("3", SHA256).verify(CERTIFICATE, &[TOPIC]),
            Err(AuthenticityError::NoMatch)
        );
        assert_eq!(
            message("2", SHA256).verify(CERTIFICATE, &["other"]),
            Err(AuthenticityError::OtherTopic)
        );
        assert_eq!(
            message("2", SHA256).verify(b"no certificate", &[TOPIC]),
            Err(AuthenticityError::Key)
        );
        let mut changed = message("2", SHA256);
        changed.message.push(' ');
        assert_eq!(
            changed.verify(CERTIFICATE, &[TOPIC]),
            Err(AuthenticityError::NoMatch)
        );
    }

    #[test]
    fn certificates_come_from_amazon() {
        let from = |url: &str| {
            let mut message = message("1", SHA1);
            message.signing_cert_url = url.to_owned();
            message.certificate_url()
        };
        assert!(from("https://sns.us-east-1.amazonaws.com/a.pem").is_some());
        assert!(from("https://sns.cn-north-1.amazonaws.com.cn/a.pem").is_some());
        for url in [
            "http://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com/a.txt",
            "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
            "https://evil.example/sns.us-east-1.amazonaws.com/a.pem",
            "https://bucket.s3.amazonaws.com/a.pem",
            "https://sns.us.evil.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
            "https://sns..amazonaws.com/a.pem",
            "",
        ] {
            assert_eq!(from(url), None, "{url}");
        }
    }

    #[test]
    fn subscriptions_are_confirmed_at_amazon() {
        let confirm = |kind: &str, url: &str| {
            let mut message = message("1", SHA1);
            message.kind = kind.to_owned();
            message.subscribe_url = Some(url.to_owned());
            message.confirmation_url().is_some()
        };
        assert!(confirm(
            "SubscriptionConfirmation",
            "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
        ));
        assert!(!confirm(
            "SubscriptionConfirmation",
            "https://169.254.169.254/"
        ));
        assert!(!confirm(
            "Notification",
            "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
        ));
    }

    #[test]
    fn receipts() {
        let Ok(Receipt::Whole(mail)) = message("1", SHA1).receipt() else {
            panic!("a whole mail");
        };
        assert_eq!(mail.raw, b"From: a@b\r\n\r\nhi");
        assert_eq!(mail.recipients, ["support@in.example.com"]);
        assert!(mail.is_suspicious);
        let mut stored = message("1", SHA1);
        stored.message = r#"{"notificationType":"Received","mail":{"messageId":"ses-2"},"receipt":{"recipients":[],"action":{"type":"S3","bucketName":"b","objectKey":"k"}}}"#.to_owned();
        assert!(
            matches!(stored.receipt(), Ok(Receipt::InBucket { bucket, key, .. }) if bucket == "b" && key == "k")
        );
        stored.message = r#"{"notificationType":"AmazonSnsSubscriptionSucceeded"}"#.to_owned();
        assert!(stored.receipt().is_err());
        assert!(SnsMessage::parse(b"{}").is_err());
    }
}
