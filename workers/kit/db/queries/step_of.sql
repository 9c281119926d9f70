WITH who AS (
    SELECT id FROM leads
    WHERE client_id = $1
        AND ($2 <> '' AND prospect_id = $2 OR $3::bytea <> '' AND (email_key = $3 OR profile_key = $3 OR phone_key = $3))
    ORDER BY prospect_id = $2 DESC, email_key = $3 DESC NULLS LAST, id LIMIT 1
), enrolment AS (
    SELECT id, step, messages FROM enrolments
    WHERE client_id = $1 AND lead_id = (SELECT id FROM who) ORDER BY created_at DESC, id DESC LIMIT 1
), words AS (
    SELECT (message ->> 'step')::smallint AS step, message ->> 'type' AS kind
    FROM enrolment, jsonb_array_elements(messages) AS message
)
SELECT coalesce(
    (SELECT step FROM touches WHERE client_id = $1 AND id = $4 AND enrolment_id = (SELECT id FROM enrolment)),
    (SELECT min(step) FROM words WHERE kind = $5 AND step > coalesce((SELECT step FROM enrolment), -1)),
    (SELECT max(step) FROM words WHERE kind = $5),
    -- A sending without a touch in hand is the last one, told once more by whoever carried it.
    CASE WHEN $6 THEN coalesce(
        (SELECT step FROM touches WHERE client_id = $1 AND enrolment_id = (SELECT id FROM enrolment) AND state = 'due'
        ORDER BY taken_at DESC NULLS LAST, step LIMIT 1),
        (SELECT step FROM enrolment)) END)
