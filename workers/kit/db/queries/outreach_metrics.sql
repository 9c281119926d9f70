WITH sends AS (
    SELECT a.id, a.lead_id, a.created_at, a.segment, a.sequence_type,
        a.kind AS step, a.variant
    FROM activities a
    WHERE a.client_id = $1 AND a.action = 'sent' AND NOT a.machine AND a.lead_id IS NOT NULL
        AND a.created_at >= $2 AND a.created_at < $3
        AND ($4::text IS NULL OR a.segment = $4) AND ($5::text IS NULL OR a.sequence_type = $5)
), outcomes AS (
    SELECT o.lead_id, o.action, o.intent, s.id AS send_id, s.segment, s.sequence_type, s.step, s.variant, s.created_at
    FROM activities o
    CROSS JOIN LATERAL (
        SELECT * FROM sends WHERE sends.lead_id = o.lead_id AND sends.created_at <= o.created_at
        ORDER BY sends.created_at DESC, sends.id DESC LIMIT 1
    ) s
    WHERE o.client_id = $1 AND NOT o.machine
        AND o.action IN ('accepted', 'replied', 'meeting_booked', 'unsubscribed', 'complained', 'not_interested', 'bounced')
), machines AS (
    SELECT count(*) AS events FROM activities
    WHERE client_id = $1 AND machine AND created_at >= $2 AND created_at < $3
), facts AS (
    SELECT lead_id, created_at, segment, sequence_type, step, variant, 'sent' AS action, NULL AS intent FROM sends
    UNION ALL
    SELECT lead_id, created_at, segment, sequence_type, step, variant, action, intent FROM outcomes
), dimensions AS (
    SELECT 'all' AS dimension, 'all' AS value, facts.* FROM facts
    UNION ALL SELECT 'segment', segment, facts.* FROM facts
    UNION ALL SELECT 'sequence_type', sequence_type, facts.* FROM facts
    UNION ALL SELECT 'step', step, facts.* FROM facts
    UNION ALL SELECT 'variant', variant, facts.* FROM facts
    UNION ALL SELECT 'week', date_trunc('week', created_at)::date::text, facts.* FROM facts
)
SELECT dimension AS "dimension!", value AS "value!",
    count(*) FILTER (WHERE action = 'sent') AS "sends!",
    count(DISTINCT lead_id) FILTER (WHERE action = 'sent') AS "people!",
    count(DISTINCT lead_id) FILTER (WHERE action = 'accepted') AS "accepted!",
    count(*) FILTER (WHERE action = 'replied') AS "replies!",
    count(DISTINCT lead_id) FILTER (WHERE action = 'replied') AS "replied!",
    count(DISTINCT lead_id) FILTER (WHERE action = 'meeting_booked' OR action = 'replied' AND intent = 'positive')
        AS "positive!",
    count(DISTINCT lead_id) FILTER (WHERE action = 'meeting_booked') AS "meetings!",
    count(DISTINCT lead_id) FILTER (WHERE action IN ('unsubscribed', 'complained', 'not_interested')
        OR action = 'replied' AND intent IN ('unsubscribe', 'not_interested')) AS "harmed!",
    count(DISTINCT lead_id) FILTER (WHERE action = 'bounced') AS "bounced!",
    CASE WHEN dimension = 'all' THEN (SELECT events FROM machines) ELSE 0 END AS "machine_events!"
FROM dimensions
WHERE value IS NOT NULL
GROUP BY dimension, value
ORDER BY dimension, value
