//! Which database, and how many connections to it.

use crate::error::StoreError;
use std::fmt;

/// Where everything is kept.
#[derive(Clone)]
pub struct Settings {
    /// `sqlite://…` with a file's path, or `postgres://…` (`postgresql://…` too).
    pub url: String,
    /// Most connections held open at once. SQLite uses one of them for writing.
    pub max_connections: u32,
    /// Another way to the same database for migrations, where `url` leads through a pooler that does not keep a
    /// session together. None migrates over `url`.
    pub migration_url: Option<String>,
}

impl Settings {
    /// A database by its URL, with ten connections.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 10, migration_url: None }
    }
}

/// URLs hold passwords, so only the engine is shown.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("backend", &Backend::of(&self.url).ok())
            .field("max_connections", &self.max_connections)
            .field("migration_url", &self.migration_url.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

/// The two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// A file of ours.
    Sqlite,
    /// A server.
    Postgres,
}

impl Backend {
    /// The engine that a URL's scheme names.
    pub fn of(url: &str) -> Result<Self, StoreError> {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" | "postgresql" => Ok(Self::Postgres),
            _ => Err(StoreError::invalid("url", "must begin with sqlite:// or postgres://")),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_names_the_engine_and_nothing_else_is_taken() {
        assert_eq!(Backend::of("sqlite://data/app.db").unwrap(), Backend::Sqlite);
        assert_eq!(Backend::of("postgres://db.example.com/app").unwrap(), Backend::Postgres);
        assert_eq!(Backend::of("postgresql://db.example.com/app").unwrap(), Backend::Postgres);
        for url in ["", "mysql://db.example.com/app", "data/app.db"] {
            assert!(matches!(Backend::of(url), Err(StoreError::Invalid(_))), "{url}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let settings = Settings::new("postgres://app:open-sesame@db.example.com/app");
        let shown = format!("{settings:?}");
        assert!(!shown.contains("sesame") && shown.contains("Postgres"), "{shown}");
    }
}
