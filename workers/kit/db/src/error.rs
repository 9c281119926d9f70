//! What can go wrong with Postgres, sorted by what to do about it.

use std::path::PathBuf;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no connection string: set POSTGRES_CONNECTION_STRING or POSTGRES_CONNECTION_STRING_FILE")]
    NoConnectionString,

    #[error("could not read the connection string from {path}")]
    ConnectionStringFile { path: PathBuf, source: std::io::Error },

    #[error("the connection string is not valid: it reads postgresql://user:password@host:port/database")]
    ConnectionString(#[source] sqlx::Error),

    #[error("postgres {found} is too old: leadfleet needs 15 or newer")]
    OldServer { found: String },

    #[error("the schema could not be migrated")]
    Migrate(#[source] Box<sqlx::migrate::MigrateError>),

    /// The caller's rows ended with an error; nothing was stored.
    #[error("the rows to store could not be read")]
    Rows(#[source] BoxError),

    #[error("row {row} names segment {segment}, which the run does not have")]
    UnknownSegment { row: u64, segment: usize },

    #[error("{0}")]
    Sql(#[from] sqlx::Error),
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migrate(Box::new(error))
    }
}

impl Error {
    /// SQLSTATE, where the server gave one.
    pub fn code(&self) -> Option<String> {
        let sql = self.sql()?;
        Some(sql.as_database_error()?.code()?.into_owned())
    }

    /// The server cannot be reached or takes no work now: nobody's message is to blame.
    pub fn is_unavailable(&self) -> bool {
        if let Some(code) = self.code() {
            return code.starts_with("08")
                || ["57P01", "57P02", "57P03", "57P05", "53300"].contains(&code.as_str());
        }
        matches!(
            self.sql(),
            Some(
                sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed
            )
        )
    }

    /// The statement was ended when its time was over.
    pub fn is_too_slow(&self) -> bool {
        self.code().as_deref() == Some("57014")
    }

    /// The same statement with the same values will fail again.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::UnknownSegment { .. } => true,
            _ => self.code().is_some_and(|code| code.starts_with("22") || code.starts_with("23")),
        }
    }

    /// Two transactions were in each other's way: the same again may do.
    pub fn is_conflict(&self) -> bool {
        self.code().is_some_and(|code| ["40001", "40P01"].contains(&code.as_str()))
    }

    /// What the row belongs to is gone.
    pub fn is_orphan(&self) -> bool {
        self.code().as_deref() == Some("23503")
    }

    pub fn is_disk_full(&self) -> bool {
        self.code().as_deref() == Some("53100")
    }

    fn sql(&self) -> Option<&sqlx::Error> {
        use sqlx::migrate::MigrateError;
        match self {
            Self::Sql(error) => Some(error),
            Self::Migrate(error) => match &**error {
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Some(error),
                _ => None,
            },
            _ => None,
        }
    }
}
