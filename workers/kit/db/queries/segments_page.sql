-- Places first, from short rows; only those of the page are read whole.
SELECT found.total AS "total!", s.position, s.segment_name, s.pain_category, s.categories, s.match_strategy,
    s.priority_score::float8 AS "priority_score!", s.mean_confidence, s.clinics, s.with_decision_maker, s.with_email,
    s.state, s.outreach_template ->> 'subject' AS subject, s.template_source
FROM (
    SELECT position, count(*) OVER () AS total, (CASE WHEN $9::boolean THEN -1 ELSE 1 END) * row_number() OVER (
        ORDER BY CASE $6 WHEN 'priority' THEN position WHEN 'clinics' THEN -clinics WHEN 'confidence' THEN -mean_confidence END,
            segment_name, position
    ) AS place
    FROM segments
    WHERE client_id = $1 AND run_id = $2
        AND ($3::text IS NULL OR position(lower($3) IN lower(segment_name)) > 0)
        AND ($4::text IS NULL OR $4 = ANY (string_to_array(match_strategy, ' + ')))
        AND ($5::text IS NULL OR pain_category = $5 OR $5 = ANY (categories))
    ORDER BY place LIMIT $7 OFFSET $8
) found
JOIN segments s ON s.client_id = $1 AND s.run_id = $2 AND s.position = found.position
ORDER BY found.place
