SELECT t.id, t.enrolment_id, t.lead_id, l.prospect_id, t.kind, t.step, t.variant, t.channel, t.segment, t.week, t.local_date,
    t.local_time, t.due_at, t.late, t.state, t.reason
FROM touches t JOIN leads l ON l.client_id = t.client_id AND l.id = t.lead_id
WHERE t.client_id = $1 AND (t.state = 'due' OR t.state = 'planned' AND t.due_at <= $2)
ORDER BY t.due_at, t.id LIMIT $3
