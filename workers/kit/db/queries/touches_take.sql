WITH free AS (
    SELECT touches.id FROM touches
    JOIN enrolments e ON e.client_id = touches.client_id AND e.id = touches.enrolment_id
    WHERE touches.client_id = $1 AND ($6::text IS NULL OR touches.channel = $6) AND (touches.state = 'due'
            AND (taken_at IS NULL OR taken_at < $4 AND taken_by = $2 OR taken_at < $7)
        OR touches.state = 'planned' AND due_at <= $3)
        -- The recipient's clock is as far from ours as its time of the touch is.
        AND ($3::timestamptz AT TIME ZONE 'UTC' - (due_at AT TIME ZONE 'UTC' - (local_date + local_time)))::time
            BETWEEN '08:00' AND '17:59:59'
        -- What has to wait for its day is not in the way of others; holidays are looked at later.
        AND extract(isodow FROM $3::timestamptz AT TIME ZONE 'UTC'
                - (due_at AT TIME ZONE 'UTC' - (local_date + local_time)))
            BETWEEN CASE WHEN kind IN ('connection_request', 'initial_dm') THEN 1 ELSE 2 END
                AND CASE WHEN kind IN ('connection_request', 'initial_dm') THEN 5 ELSE 4 END
    ORDER BY due_at, touches.id LIMIT $5 FOR NO KEY UPDATE OF e SKIP LOCKED
), t AS (
    UPDATE touches SET state = 'due', taken_by = $2, taken_at = $3 FROM free
    -- Whoever had the enrolment until now may have taken the touch.
    WHERE touches.client_id = $1 AND touches.id = free.id
        AND (touches.state = 'due' AND (touches.taken_at IS NULL
                OR touches.taken_at < $4 AND touches.taken_by = $2 OR touches.taken_at < $7)
            OR touches.state = 'planned' AND touches.due_at <= $3)
    RETURNING touches.*
)
SELECT t.id, t.enrolment_id, t.lead_id, l.prospect_id, t.kind, t.step, t.variant, t.channel, t.segment, t.week, t.local_date,
    t.local_time, t.due_at, t.late, t.state, t.reason
FROM t JOIN leads l ON l.client_id = t.client_id AND l.id = t.lead_id ORDER BY t.due_at, t.id
