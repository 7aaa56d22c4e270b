//! The address to which a customer answers: it names the conversation, and nobody can make one up.
//!
//! Invariant: a token is the id of the conversation with a keyed hash over it (96 bits), in letters and digits whose case
//! plays no role, because servers change it. It may leak by forwarding: who writes to it joins the conversation as a
//! new participant and is no more than that (see [`super::super::threading`]).

use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret, SecretSlice};
use thiserror::Error;
use uuid::Uuid;

use super::super::header::Mailbox;

/// Longest part before the `@` (RFC 5321, 4.5.3.1.1).
const LOCAL_LIMIT: usize = 64;
const HASH_LENGTH: usize = 12;
/// Keeps these hashes apart from others by the same key.
const PURPOSE: &[u8] = b"romashka reply address 1";

/// An address that has no room for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReplyAddressError {
    /// The part before the `@` would be longer than 64 characters.
    #[error(
        "the channel's address is too long for a reply address; at most 18 characters before the @ leave room"
    )]
    TooLong,
    /// Not an address.
    #[error("the channel has no address")]
    NoAddress,
}

/// Makes and recognises reply addresses.
#[derive(Debug, Clone)]
pub struct ReplyAddresses {
    key: SecretSlice<u8>,
}

impl ReplyAddresses {
    /// With the server's key, at least 32 random bytes.
    pub fn new(key: Vec<u8>) -> Self {
        Self { key: key.into() }
    }

    /// Token of a conversation: 45 letters and digits.
    pub fn token(&self, conversation: Uuid) -> String {
        let mut bytes = conversation.as_bytes().to_vec();
        bytes.extend_from_slice(&self.hash(conversation));
        BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
    }

    /// `support+TOKEN@example.com` for the channel's address and a conversation.
    pub fn address(
        &self,
        channel: &Mailbox,
        conversation: Uuid,
    ) -> Result<Mailbox, ReplyAddressError> {
        if channel.local().is_empty() || channel.domain().is_empty() {
            return Err(ReplyAddressError::NoAddress);
        }
        // An address may have a tag of its own already.
        let base = channel.local().split('+').next().unwrap_or_default();
        let local = format!("{base}+{}", self.token(conversation));
        if local.len() > LOCAL_LIMIT {
            return Err(ReplyAddressError::TooLong);
        }
        Ok(Mailbox {
            name: channel.name.clone(),
            address: format!("{local}@{}", channel.domain()),
        })
    }

    /// Conversation of a token that we made.
    pub fn conversation(&self, token: &str) -> Option<Uuid> {
        let bytes = BASE32_NOPAD
            .decode(token.to_ascii_uppercase().as_bytes())
            .ok()?;
        let (id, hash) = bytes.split_at_checked(16)?;
        let conversation = Uuid::from_slice(id).ok()?;
        constant_time::verify_slices_are_equal(&self.hash(conversation), hash).ok()?;
        Some(conversation)
    }

    fn hash(&self, conversation: Uuid) -> [u8; HASH_LENGTH] {
        let mut context =
            hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, self.key.expose_secret()));
        context.update(PURPOSE);
        context.update(conversation.as_bytes());
        let mut hash = [0; HASH_LENGTH];
        hash.copy_from_slice(&context.sign().as_ref()[..HASH_LENGTH]);
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::threading::reply_token;
    use super::*;

    fn channel(address: &str) -> Mailbox {
        Mailbox {
            name: "Support".to_owned(),
            address: address.to_owned(),
        }
    }

    #[test]
    fn an_answer_finds_its_conversation() {
        let addresses = ReplyAddresses::new(vec![7; 32]);
        let conversation = Uuid::from_u128(0x018f_2c1a_7e2b_7c3d_9e4f_0123_4567_89ab);
        for own in ["support@example.com", "support+eu@example.com"] {
            let reply = addresses.address(&channel(own), conversation).unwrap();
            assert!(reply.local().len() <= 64);
            let token = reply_token(&reply, &["support@example.com".to_owned()]).unwrap();
            assert_eq!(addresses.conversation(&token), Some(conversation));
            assert_eq!(
                addresses.conversation(&token.to_uppercase()),
                Some(conversation)
            );
        }
    }

    #[test]
    fn tokens_cannot_be_made_up() {
        let addresses = ReplyAddresses::new(vec![7; 32]);
        let token = addresses.token(Uuid::from_u128(1));
        assert_eq!(token.len(), 45);
        for index in 0..token.len() {
            let mut changed = token.clone();
            let other = if &token[index..=index] == "a" {
                "b"
            } else {
                "a"
            };
            changed.replace_range(index..=index, other);
            assert_eq!(addresses.conversation(&changed), None, "{index}");
        }
        assert_eq!(ReplyAddresses::new(vec![8; 32]).conversation(&token), None);
        for text in [
            "",
            "a",
            "018f2c1a-7e2b-7c3d-9e4f-0123456789ab",
            &token[..44],
            &format!("{token}a"),
            "ü",
        ] {
            assert_eq!(addresses.conversation(text), None, "{text}");
        }
        assert!(!format!("{addresses:?}").contains('7'));
    }

    #[test]
    fn addresses_without_room() {
        let addresses = ReplyAddresses::new(vec![7; 32]);
        let long = channel("a-very-long-support@example.com");
        assert_eq!(
            addresses.address(&long, Uuid::nil()),
            Err(ReplyAddressError::TooLong)
        );
        assert_eq!(
            addresses.address(&channel("nobody"), Uuid::nil()),
            Err(ReplyAddressError::NoAddress)
        );
    }
}
