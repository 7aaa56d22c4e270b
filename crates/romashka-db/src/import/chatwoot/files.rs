//! Files of messages: from Chatwoot's folder on disk into the folder of the data.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::ChatwootError;

/// Where files come from and go to.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Chatwoot's `storage`.
    pub from: PathBuf,
    /// `files` of the data folder.
    pub to: PathBuf,
}

impl Folders {
    /// Copies the files of a page of messages that are there; their rows.
    pub(super) fn take(
        &self,
        workspace: Uuid,
        messages: &[Value],
    ) -> Result<Vec<Value>, ChatwootError> {
        let mut taken = Vec::new();
        for message in messages
            .iter()
            .filter(|message| message["private"] == false)
        {
            for attachment in message["attachments"].as_array().into_iter().flatten() {
                if let Some(row) = self.take_one(workspace, message, attachment)? {
                    taken.push(row);
                }
            }
        }
        Ok(taken)
    }

    fn take_one(
        &self,
        workspace: Uuid,
        message: &Value,
        attachment: &Value,
    ) -> Result<Option<Value>, ChatwootError> {
        let (Some(key), Some(number)) = (attachment["key"].as_str(), attachment["id"].as_i64())
        else {
            return Ok(None);
        };
        // A key is made by Rails of these letters; what else stands there is no name of a file of it.
        if key.len() < 4 || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        let from = self.from.join(&key[..2]).join(&key[2..4]).join(key);
        let failed = |source: io::Error| ChatwootError::File {
            path: from.display().to_string(),
            source,
        };
        let mut file = match fs::File::open(&from) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        // The same file each time, so that a second run copies nothing twice.
        let hash = Sha256::digest(format!("{workspace}/chatwoot/attachment/{number}/{key}"));
        let id = Uuid::from_slice(&hash[..16]).unwrap_or_default();
        let name = id.simple().to_string();
        let path = format!("{}/{}/{name}", workspace.simple(), &name[30..]);
        let to = self.to.join(&path);
        let folder = to.parent().unwrap_or(&self.to);
        fs::create_dir_all(folder).map_err(failed)?;
        let part = folder.join(format!(".{name}.part"));
        let mut writer = Hashing {
            file: fs::File::create(&part).map_err(failed)?,
            hash: Sha256::new(),
        };
        let size = io::copy(&mut file, &mut writer).map_err(failed)?;
        writer
            .file
            .sync_all()
            .and_then(|()| fs::rename(&part, &to))
            .map_err(failed)?;
        let filename: String = attachment["filename"]
            .as_str()
            .unwrap_or("file")
            .chars()
            .map(|letter| {
                if matches!(letter, '/' | '\\') {
                    '-'
                } else {
                    letter
                }
            })
            .take(255)
            .collect();
        Ok(Some(json!({
            "file": id,
            "message": message["id"],
            "path": path,
            "filename": if filename.is_empty() { "file".to_owned() } else { filename },
            "size": size,
            "content_type": attachment["content_type"],
            "hash": hex::encode(writer.hash.finalize()),
        })))
    }
}

struct Hashing {
    file: fs::File,
    hash: Sha256,
}

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
