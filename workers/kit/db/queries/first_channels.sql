SELECT a.channels[1] = $2 AS "same!", a.propensities[1] AS "propensity!",
    coalesce(l.converted_at <= a.assigned_at + make_interval(days => $5), false) AS "booked!"
FROM (
    SELECT DISTINCT ON (lead_id) lead_id, tier, channels, propensities, assigned_at FROM campaign_assignments
    WHERE client_id = $1 AND assigned_at <= $4::timestamptz - make_interval(days => $5)
    ORDER BY lead_id, assigned_at, campaign_id
) AS a
JOIN leads AS l ON l.client_id = $1 AND l.id = a.lead_id AND l.deleted_at IS NULL
WHERE $2::text = ANY (a.channels) AND ($3::text IS NULL OR a.tier = $3)
    AND (l.converted_at >= a.assigned_at OR l.converted_at IS NULL AND l.status <> 'converted')
ORDER BY a.assigned_at DESC, a.lead_id LIMIT $6
