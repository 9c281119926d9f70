//! The people who decide at clinics, as far as one of them has to be forgotten.

use crate::{Error, Tx};

/// By what a decision maker is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub id: i32,
    pub name: String,
    pub company_name: String,
    pub email: String,
    pub linkedin_url: String,
}

/// Those who may be the person: by name, by address, or by a part of the address of a profile; locked.
pub async fn like(tx: &mut Tx, name: &str, email: &str, profile: &str) -> Result<Vec<Named>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Named,
        r#"SELECT id, name, coalesce(company_name, '') AS "company_name!", coalesce(email, '') AS "email!",
            coalesce(linkedin_url, '') AS "linkedin_url!"
        FROM decision_makers
        WHERE client_id = $1 AND (lower(btrim(name)) = lower(btrim($2)) OR $3 <> '' AND lower(btrim(email)) = lower($3)
            OR $4 <> '' AND position(lower($4) IN lower(linkedin_url)) > 0)
        ORDER BY id FOR UPDATE"#,
        client,
        name,
        email,
        profile
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Takes from people who they are. Their rows stay, since links name them, and are left out of runs.
pub async fn forget(tx: &mut Tx, ids: &[i32]) -> Result<u64, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE decision_makers SET name = 'erased', title = NULL, linkedin_url = NULL, email = NULL, phone = NULL,
            website = NULL
        WHERE client_id = $1 AND id = ANY($2)",
        client,
        ids
    );
    Ok(query.execute(tx.connection()).await?.rows_affected())
}
