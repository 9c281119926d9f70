WITH given AS (
    SELECT g.*, leadfleet_pain_key(pain_category, pain_text, source, external_id) AS key,
        row_number() OVER (
            PARTITION BY leadfleet_pain_key(pain_category, pain_text, source, external_id) ORDER BY line) AS nth
    FROM (
        SELECT pain_category, pain_text, severity::numeric(3, 1) AS severity_score, mentions,
            string_to_array(urls, chr(31)) AS example_urls, source, external_id, created_at, line
        FROM unnest($2::text[], $3::text[], $4::float8[], $5::int[], $6::text[], $7::text[], $8::text[], $9::timestamptz[])
            WITH ORDINALITY AS u (pain_category, pain_text, severity, mentions, urls, source, external_id, created_at, line)
    ) g
), known AS (
    SELECT id, import_key, row_number() OVER (PARTITION BY import_key ORDER BY id) AS nth
    FROM pain_points WHERE client_id = $1 AND import_key IN (SELECT key FROM given)
), updated AS (
    UPDATE pain_points p SET pain_category = given.pain_category, pain_text = given.pain_text,
        severity_score = given.severity_score, mentions = given.mentions, example_urls = given.example_urls
    FROM known JOIN given ON given.key = known.import_key AND given.nth = known.nth
    WHERE p.client_id = $1 AND p.id = known.id
        AND (p.pain_category, p.pain_text, p.severity_score, p.mentions, p.example_urls) IS DISTINCT FROM
            (given.pain_category, given.pain_text, given.severity_score, given.mentions, given.example_urls)
    RETURNING 1
), inserted AS (
    INSERT INTO pain_points
        (client_id, pain_category, pain_text, severity_score, mentions, example_urls, source, external_id, created_at)
    SELECT $1, pain_category, pain_text, severity_score, mentions, example_urls, source, external_id,
        coalesce(created_at, $10)
    FROM given WHERE NOT EXISTS (SELECT FROM known WHERE known.import_key = given.key AND known.nth = given.nth)
    ORDER BY line
    RETURNING 1
)
SELECT (SELECT count(*) FROM inserted) AS "inserted!", (SELECT count(*) FROM updated) AS "updated!"
