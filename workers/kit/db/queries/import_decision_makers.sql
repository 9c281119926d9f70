WITH given AS (
    SELECT g.*, row_number() OVER (PARTITION BY key ORDER BY line) AS nth
    FROM (
        SELECT u.*, leadfleet_person_key(name, company_name, linkedin_url) AS key
        FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::text[], $11::timestamptz[])
            WITH ORDINALITY AS u (name, title, company_name, linkedin_url, email, city, state, phone, website,
                created_at, line)
    ) g
), known AS (
    SELECT id, import_key, row_number() OVER (PARTITION BY import_key ORDER BY id) AS nth
    FROM decision_makers WHERE client_id = $1 AND import_key IN (SELECT key FROM given)
), updated AS (
    UPDATE decision_makers d SET name = given.name, title = given.title, company_name = given.company_name,
        email = given.email, city = given.city, state = given.state, phone = given.phone, website = given.website,
        created_at = coalesce(given.created_at, $12)
    FROM known JOIN given ON given.key = known.import_key AND given.nth = known.nth
    WHERE d.client_id = $1 AND d.id = known.id
        AND (d.name, d.title, d.company_name, d.email, d.city, d.state, d.phone, d.website) IS DISTINCT FROM
            (given.name, given.title, given.company_name, given.email, given.city, given.state, given.phone, given.website)
    RETURNING 1
), inserted AS (
    INSERT INTO decision_makers (client_id, name, title, company_name, linkedin_url, email, city, state, phone,
        website, created_at)
    SELECT $1, name, title, company_name, linkedin_url, email, city, state, phone, website, coalesce(created_at, $12)
    FROM given WHERE NOT EXISTS (SELECT FROM known WHERE known.import_key = given.key AND known.nth = given.nth)
    ORDER BY line
    RETURNING 1
)
SELECT (SELECT count(*) FROM inserted) AS "inserted!", (SELECT count(*) FROM updated) AS "updated!"
