WITH sends AS (
    SELECT a.id, a.lead_id, a.created_at, a.segment, a.sequence_type, a.kind AS step, a.variant
    FROM activities a
    WHERE a.client_id = $1 AND a.action = 'sent' AND NOT a.machine AND a.lead_id IS NOT NULL
        AND a.created_at >= $2 AND a.created_at < $3
        AND ($4::text IS NULL OR a.segment = $4) AND ($5::text IS NULL OR a.sequence_type = $5)
), outcomes AS (
    SELECT last.id AS send_id, o.action, o.intent
    FROM (SELECT DISTINCT lead_id FROM sends) people
    JOIN activities o ON o.client_id = $1 AND o.lead_id = people.lead_id AND NOT o.machine AND o.created_at >= $2
        AND o.action IN ('accepted', 'replied', 'meeting_booked', 'unsubscribed', 'complained', 'not_interested', 'bounced')
    -- Of all touches, not of those asked about only: what another one brought is not theirs.
    CROSS JOIN LATERAL (
        SELECT s.id FROM activities s
        WHERE s.client_id = $1 AND s.lead_id = o.lead_id AND s.action = 'sent' AND NOT s.machine
            AND s.created_at <= o.created_at
        ORDER BY s.created_at DESC, s.id DESC LIMIT 1
    ) last
), touches AS (
    SELECT s.*, coalesce(heard.accepted, false) AS accepted, coalesce(heard.replied, false) AS replied,
        coalesce(heard.positive, false) AS positive, coalesce(heard.booked, false) AS booked,
        coalesce(heard.harmed, false) AS harmed, coalesce(heard.bounced, false) AS bounced,
        -- Whoever reacts has got it, whatever bounced.
        coalesce(NOT (heard.accepted OR heard.replied OR heard.booked OR heard.harmed), true)
            AND coalesce(heard.bounced, false) AS lost
    FROM sends s
    LEFT JOIN (
        SELECT send_id,
            bool_or(action = 'accepted') AS accepted,
            bool_or(action = 'replied') AS replied,
            bool_or(action = 'meeting_booked' OR action = 'replied' AND coalesce(intent = 'positive', false)) AS positive,
            bool_or(action = 'meeting_booked') AS booked,
            bool_or(action IN ('unsubscribed', 'complained', 'not_interested')
                OR action = 'replied' AND coalesce(intent IN ('unsubscribe', 'not_interested'), false)) AS harmed,
            bool_or(action = 'bounced') AS bounced
        FROM outcomes GROUP BY send_id
    ) heard ON heard.send_id = s.id
), machines AS (
    SELECT count(*) AS events FROM activities
    WHERE client_id = $1 AND machine AND created_at >= $2 AND created_at < $3
        AND ($4::text IS NULL OR segment = $4) AND ($5::text IS NULL OR sequence_type = $5)
), dimensions AS (
    SELECT 'all' AS dimension, 'all' AS value, touches.* FROM touches
    UNION ALL SELECT 'segment', segment, touches.* FROM touches
    UNION ALL SELECT 'sequence_type', sequence_type, touches.* FROM touches
    UNION ALL SELECT 'step', step, touches.* FROM touches
    UNION ALL SELECT 'variant', variant, touches.* FROM touches
    UNION ALL SELECT 'week', date_trunc('week', created_at)::date::text, touches.* FROM touches
)
SELECT dimension AS "dimension!", value AS "value!",
    count(*) AS "sends!",
    count(DISTINCT lead_id) FILTER (WHERE NOT lost) AS "people!",
    count(DISTINCT lead_id) FILTER (WHERE accepted) AS "accepted!",
    count(*) FILTER (WHERE replied) AS "replies!",
    count(DISTINCT lead_id) FILTER (WHERE replied) AS "replied!",
    count(DISTINCT lead_id) FILTER (WHERE positive) AS "positive!",
    count(*) FILTER (WHERE booked) AS "bookings!",
    count(DISTINCT lead_id) FILTER (WHERE booked) AS "meetings!",
    count(DISTINCT lead_id) FILTER (WHERE harmed) AS "harmed!",
    count(DISTINCT lead_id) FILTER (WHERE bounced) AS "bounced!",
    CASE WHEN dimension = 'all' THEN (SELECT events FROM machines) ELSE 0 END AS "machine_events!"
FROM dimensions
WHERE value IS NOT NULL
GROUP BY dimension, value
ORDER BY dimension, value
