WITH given AS (
    SELECT g.*, row_number() OVER (PARTITION BY key ORDER BY line) AS nth
    FROM (
        SELECT clinic_name, phone, website, email, address, city, state, zip, business_type,
            rating::numeric(2, 1) AS rating, review_count, created_at, line,
            leadfleet_clinic_key(clinic_name, address, city, state, phone, website) AS key
        FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::text[], $11::float8[], $12::int[], $13::timestamptz[])
            WITH ORDINALITY AS u (clinic_name, phone, website, email, address, city, state, zip, business_type,
                rating, review_count, created_at, line)
    ) g
), known AS (
    SELECT id, import_key, row_number() OVER (PARTITION BY import_key ORDER BY id) AS nth
    FROM clinics_contact_info WHERE client_id = $1 AND import_key IN (SELECT key FROM given)
), updated AS (
    UPDATE clinics_contact_info c SET clinic_name = given.clinic_name, phone = given.phone, website = given.website,
        email = given.email, zip = given.zip, business_type = given.business_type, rating = given.rating,
        review_count = given.review_count, updated_at = $14
    FROM known JOIN given ON given.key = known.import_key AND given.nth = known.nth
    WHERE c.client_id = $1 AND c.id = known.id
        AND (c.clinic_name, c.phone, c.website, c.email, c.zip, c.business_type, c.rating, c.review_count)
            IS DISTINCT FROM (given.clinic_name, given.phone, given.website, given.email, given.zip,
                given.business_type, given.rating, given.review_count)
    RETURNING 1
), inserted AS (
    INSERT INTO clinics_contact_info (client_id, clinic_name, phone, website, email, address, city, state, zip,
        business_type, rating, review_count, created_at, updated_at)
    SELECT $1, clinic_name, phone, website, email, address, city, state, zip, business_type, rating, review_count,
        coalesce(created_at, $14), coalesce(created_at, $14)
    FROM given WHERE NOT EXISTS (SELECT FROM known WHERE known.import_key = given.key AND known.nth = given.nth)
    ORDER BY line
    RETURNING 1
)
SELECT (SELECT count(*) FROM inserted) AS "inserted!", (SELECT count(*) FROM updated) AS "updated!"
