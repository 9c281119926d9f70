WITH given AS (
    SELECT u.*, row_number() OVER (PARTITION BY clinic_id, pattern_type ORDER BY line) AS nth
    FROM unnest($2::int[], $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[])
        WITH ORDINALITY AS u (clinic_id, pattern_type, confidence, evidence, detected_at, line)
), known AS (
    SELECT id, clinic_id, pattern_type, row_number() OVER (PARTITION BY clinic_id, pattern_type ORDER BY id) AS nth
    FROM clinic_patterns WHERE client_id = $1 AND clinic_id IN (SELECT clinic_id FROM given)
), updated AS (
    UPDATE clinic_patterns p SET confidence = given.confidence, evidence = given.evidence,
        detected_at = coalesce(given.detected_at, $7)
    FROM known JOIN given USING (clinic_id, pattern_type, nth)
    WHERE p.client_id = $1 AND p.id = known.id
        AND (p.confidence, p.evidence) IS DISTINCT FROM (given.confidence, given.evidence)
    RETURNING 1
), inserted AS (
    INSERT INTO clinic_patterns (client_id, clinic_id, pattern_type, confidence, evidence, detected_at)
    SELECT $1, clinic_id, pattern_type, confidence, evidence, coalesce(detected_at, $7)
    FROM given LEFT JOIN known USING (clinic_id, pattern_type, nth)
    WHERE known.id IS NULL
    ORDER BY line
    RETURNING 1
)
SELECT (SELECT count(*) FROM inserted) AS "inserted!", (SELECT count(*) FROM updated) AS "updated!"
