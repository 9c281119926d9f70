SELECT t.id, t.enrolment_id, t.lead_id, l.prospect_id, t.kind, t.step, t.variant, t.channel, t.segment, t.week, t.local_date,
    t.local_time, t.due_at, t.late, t.state, t.reason
FROM touches t JOIN leads l ON l.client_id = t.client_id AND l.id = t.lead_id
WHERE t.client_id = $1 AND t.week = $2 AND t.state <> 'cancelled' ORDER BY t.due_at, l.prospect_id, t.id
