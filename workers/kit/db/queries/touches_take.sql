WITH free AS (
    SELECT id FROM touches
    WHERE client_id = $1 AND state = 'due' AND (taken_at IS NULL OR taken_at < $4)
    ORDER BY due_at, id LIMIT $5 FOR UPDATE SKIP LOCKED
), t AS (
    UPDATE touches SET taken_by = $2, taken_at = $3 FROM free
    WHERE touches.client_id = $1 AND touches.id = free.id RETURNING touches.*
)
SELECT t.id, t.enrolment_id, t.lead_id, l.prospect_id, t.kind, t.step, t.variant, t.channel, t.segment, t.week, t.local_date,
    t.local_time, t.due_at, t.late, t.state, t.reason
FROM t JOIN leads l ON l.client_id = t.client_id AND l.id = t.lead_id ORDER BY t.due_at, t.id
