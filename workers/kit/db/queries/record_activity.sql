WITH who AS (
    SELECT id FROM leads
    WHERE client_id = $1
        AND ($3 <> '' AND prospect_id = $3 OR $4::bytea <> '' AND (email_key = $4 OR profile_key = $4 OR phone_key = $4))
    -- Nobody is forgotten between this and the row's own look at whom it is about.
    ORDER BY prospect_id = $3 DESC, email_key = $4 DESC NULLS LAST, id LIMIT 1 FOR KEY SHARE
), enrolment AS (
    SELECT id, segment, sequence_type, messages FROM enrolments
    WHERE client_id = $1 AND lead_id = (SELECT id FROM who) ORDER BY created_at DESC, id DESC LIMIT 1
), words AS (
    SELECT message ->> 'type' AS kind, message ->> 'variant' AS variant
    FROM enrolment, jsonb_array_elements(messages) AS message
    WHERE $10::smallint IS NOT NULL AND (message ->> 'step')::smallint = $10 LIMIT 1
)
INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id, enrolment_id, touch_id,
    kind, step, variant, segment, sequence_type, intent, machine, machine_reason, meeting_id, detail)
SELECT $1, $2, (SELECT id FROM who), $5, $6, $7, $8, $9, (SELECT id FROM enrolment), $11,
    (SELECT kind FROM words), $10, coalesce($12, (SELECT variant FROM words)), (SELECT segment FROM enrolment),
    (SELECT sequence_type FROM enrolment), $13, $14, $15, $16,
    CASE WHEN $17::text IS NULL THEN '{}' ELSE jsonb_build_object('replaces', $17::text) END
ON CONFLICT DO NOTHING
RETURNING lead_id
