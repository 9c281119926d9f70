WITH arms AS (
    SELECT x.id, arm.value ->> 'variant' AS variant, arm.place
    FROM experiments x, jsonb_array_elements(x.arms) WITH ORDINALITY AS arm (value, place)
    WHERE x.client_id = $1 AND x.id = ANY($2)
), exposed AS (
    SELECT a.experiment_id, a.lead_id, a.variant, a.shares, min(s.created_at) AS first_at
    FROM experiment_assignments a
    JOIN activities s ON s.client_id = a.client_id AND s.lead_id = a.lead_id AND s.variant = a.variant
    WHERE a.client_id = $1 AND a.experiment_id = ANY($2)
        AND s.action = 'sent' AND NOT s.machine AND s.created_at <= $3
    GROUP BY a.experiment_id, a.lead_id, a.variant, a.shares
), outcomes AS (
    SELECT e.experiment_id, e.lead_id,
        bool_or(o.action = 'meeting_booked' OR o.action = 'replied' AND o.intent = 'positive') AS positive,
        bool_or(o.action IN ('unsubscribed', 'complained', 'not_interested')
            OR o.action = 'replied' AND o.intent IN ('unsubscribe', 'not_interested')) AS harmed
    FROM exposed e
    JOIN activities o ON o.client_id = $1 AND o.lead_id = e.lead_id AND NOT o.machine
        AND o.created_at BETWEEN e.first_at AND $3
        AND o.action IN ('replied', 'meeting_booked', 'unsubscribed', 'complained', 'not_interested')
    CROSS JOIN LATERAL (
        SELECT s.variant FROM activities s
        WHERE s.client_id = $1 AND s.lead_id = o.lead_id AND s.action = 'sent' AND NOT s.machine
            AND s.created_at <= o.created_at
        ORDER BY s.created_at DESC, s.id DESC LIMIT 1
    ) last
    WHERE last.variant = e.variant
    GROUP BY e.experiment_id, e.lead_id
), people AS (
    SELECT e.experiment_id, e.variant, e.shares, e.first_at <= $4 AS mature,
        coalesce(o.positive, false) AS positive, coalesce(o.harmed, false) AS harmed
    FROM exposed e LEFT JOIN outcomes o USING (experiment_id, lead_id)
)
SELECT arms.id AS "experiment_id!", arms.variant AS "variant!",
    count(*) FILTER (WHERE p.variant = arms.variant) AS "people!",
    coalesce(sum(p.shares[arms.place]), 0) AS "expected!",
    count(*) FILTER (WHERE p.variant = arms.variant AND p.positive) AS "positive!",
    count(*) FILTER (WHERE p.variant = arms.variant AND p.mature) AS "mature!",
    count(*) FILTER (WHERE p.variant = arms.variant AND p.mature AND p.positive) AS "mature_positive!",
    count(*) FILTER (WHERE p.variant = arms.variant AND p.mature AND p.harmed) AS "mature_harmed!",
    count(*) FILTER (WHERE p.variant = arms.variant AND (p.mature OR p.positive)) AS "known!"
FROM arms LEFT JOIN people p ON p.experiment_id = arms.id
GROUP BY arms.id, arms.variant, arms.place
ORDER BY arms.id, arms.place
