//! Secrets of the installation: given by the environment, or made once and kept in a file that only we can read.

use crate::config::Config;
use anyhow::{Context as _, Result};
use rand::Rng as _;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use studioconnect_connectors::secret::Secret;

/// Both secrets.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// Signs sessions of people.
    pub jwt: Secret,
    /// Seals credentials.
    pub encryption: Secret,
}

impl Secrets {
    /// Takes them from the settings, else from their files, else makes them.
    pub fn of(config: &Config) -> Result<Self> {
        let kept = |given: &Option<Secret>, file: &str| match given {
            Some(secret) => Ok(secret.clone()),
            None => kept_in(&config.data_dir.join(file)),
        };
        Ok(Self {
            jwt: kept(&config.jwt_secret, "jwt.secret")?,
            encryption: kept(&config.encryption_key, "encryption.key")?,
        })
    }
}

fn kept_in(file: &Path) -> Result<Secret> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    let fresh = random_hex();
    // Whoever creates the file decides; two processes that start at once end with the same secret.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(mut handle) => {
            handle
                .write_all(fresh.as_bytes())
                .with_context(|| format!("{} cannot be written", file.display()))?;
            Ok(Secret::new(fresh))
        }
        Err(fault) if fault.kind() == ErrorKind::AlreadyExists => {
            let text =
                fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            anyhow::ensure!(
                !text.trim().is_empty(),
                "{} is empty; delete it to have a new secret made",
                file.display()
            );
            Ok(Secret::new(text.trim()))
        }
        Err(fault) => Err(fault).with_context(|| format!("{} cannot be made", file.display())),
    }
}

/// 32 bytes that nobody guesses.
pub(crate) fn random_hex() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_secret_is_made_once_and_only_we_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/jwt.secret");
        let first = kept_in(&file).unwrap();
        assert_eq!(kept_in(&file).unwrap().expose(), first.expose());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(first.expose().len(), 64);
    }
}
