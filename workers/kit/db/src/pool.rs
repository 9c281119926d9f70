//! Connections, and the transaction of one tenant through which every table is reached.

use crate::{Config, Error};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Postgres, Transaction};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// A pool that connects on first use, so that whoever never needs Postgres starts without it.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
    readers: Arc<Semaphore>,
}

/// Readers of many rows at once.
const READERS: usize = 2;

/// A transaction that sees and writes the rows of one tenant. Dropping it rolls back.
#[derive(Debug)]
pub struct Tx {
    tx: Transaction<'static, Postgres>,
    client: Uuid,
}

impl Db {
    /// Fails only when the configuration is wrong; whether the server is up shows at first use.
    /// Must be called within a tokio runtime.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let options = crate::config::parse(&config.connection_string()?)?.options([
            ("statement_timeout", format!("{}", config.statement_timeout().as_millis())),
            ("idle_in_transaction_session_timeout", "600000".to_owned()),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(config.postgres_pool_size)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql("SET ROLE leadfleet_app").execute(connection).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        Ok(Self { pool, readers: Arc::new(Semaphore::new(READERS)) })
    }

    /// Begins a transaction of one tenant.
    pub async fn begin(&self, client: Uuid) -> Result<Tx, Error> {
        self.begin_with("BEGIN", client).await
    }

    /// Begins a transaction of one tenant that fails when a row stays locked by others for 2 s.
    pub async fn begin_impatient(&self, client: Uuid) -> Result<Tx, Error> {
        self.begin_with("BEGIN; SET LOCAL lock_timeout = '2s'", client).await
    }

    /// Begins a transaction of one tenant in which somebody who is signed in changes something: `auth.uid()` tells who.
    pub async fn begin_as(&self, client: Uuid, person: Option<Uuid>) -> Result<Tx, Error> {
        let person = person.map(|id| id.to_string()).unwrap_or_default();
        self.begin_with(&format!("BEGIN; SELECT set_config('app.user_id', '{person}', true)"), client).await
    }

    /// Begins a transaction that moves many rows and may take its time.
    pub(crate) async fn begin_bulk(&self, begin: &str, client: Uuid) -> Result<Tx, Error> {
        let mut tx = self.begin_with(begin, client).await?;
        sqlx::query("SELECT set_config('statement_timeout', '1h', true)").execute(tx.connection()).await?;
        Ok(tx)
    }

    async fn begin_with(&self, begin: &str, client: Uuid) -> Result<Tx, Error> {
        // One journey to the server; what an id is made of ends no statement.
        let begin = format!("{begin}; SELECT set_config('app.client_id', '{client}', true)");
        Ok(Tx { tx: self.pool.begin_with(AssertSqlSafe(begin)).await?, client })
    }

    /// Waits until fewer than `READERS` are reading.
    pub(crate) async fn may_read(&self) -> Result<OwnedSemaphorePermit, Error> {
        Ok(Arc::clone(&self.readers).acquire_owned().await.map_err(|_closed| sqlx::Error::PoolClosed)?)
    }

    /// Begins a transaction of one tenant, that may take its time, on a connection beside the pool. That is closed when it is
    /// dropped: whoever is stopped in the middle of many rows leaves no answer behind for the next one.
    pub(crate) async fn reader(&self, begin: &str, client: Uuid) -> Result<PgConnection, Error> {
        let mut connection = PgConnection::connect_with(&self.pool.connect_options()).await?;
        let begin = format!(
            "SET ROLE leadfleet_app; {begin}; SELECT set_config('app.client_id', '{client}', true),
                set_config('statement_timeout', '1h', true)"
        );
        sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut connection).await?;
        Ok(connection)
    }

    /// Whether Postgres answers, and with the role of workers.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// For the few questions that are about no tenant.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Waits for connections in use and closes them.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Tx {
    pub fn client(&self) -> Uuid {
        self.client
    }

    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.tx.commit().await?)
    }

    pub async fn rollback(self) -> Result<(), Error> {
        Ok(self.tx.rollback().await?)
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}
