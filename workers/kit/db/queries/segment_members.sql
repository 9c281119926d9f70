SELECT m.clinic_id, c.clinic_name, c.city, c.state, c.phone, c.website, c.email, m.match_reason, m.match_strategy,
    m.confidence_score::float8 AS "confidence_score!", m.hot_lead, m.categories,
    coalesce((m.points ->> 'geographic')::float8, 0) AS "geographic!",
    coalesce((m.points ->> 'business_type')::float8, 0) AS "business_type!",
    coalesce((m.points ->> 'pain_pattern')::float8, 0) AS "pain_pattern!",
    coalesce((m.points ->> 'decision_maker')::float8, 0) AS "decision_maker!",
    coalesce((m.points ->> 'email')::float8, 0) AS "email_points!",
    coalesce((m.points ->> 'phone')::float8, 0) AS "phone_points!"
FROM (
    SELECT * FROM matched_segments
    WHERE client_id = $1 AND run_id = $2 AND segment_name = $3 AND clinic_id > $4
    ORDER BY clinic_id LIMIT $5
) m
JOIN clinics_contact_info c ON c.client_id = $1 AND c.id = m.clinic_id
ORDER BY m.clinic_id
