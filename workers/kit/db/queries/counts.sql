SELECT
    p.total AS "pain_points!", p.recent AS "pain_points_in_window!",
    c.total AS "clinics!", c.recent AS "clinics_in_window!", c.contactable AS "clinics_contactable!",
    (SELECT count(*) FROM decision_makers WHERE client_id = $1) AS "decision_makers!",
    (SELECT count(*) FROM clinic_patterns WHERE client_id = $1) AS "clinic_patterns!",
    (SELECT count(*) FROM matched_segments WHERE client_id = $1) AS "matched_segments!",
    (SELECT count(*) FROM runs WHERE client_id = $1) AS "runs!",
    (SELECT count(*) FROM decision_maker_links
        WHERE client_id = $1 AND verdict = 'ambiguous' AND decision IS NULL) AS "links_to_review!"
FROM (
    SELECT count(*) AS total,
        count(*) FILTER (WHERE created_at > $2::timestamptz - interval '30 days' AND created_at <= $2) AS recent
    FROM pain_points WHERE client_id = $1
) p, (
    SELECT count(*) AS total, count(*) FILTER (WHERE recent) AS recent,
        count(*) FILTER (WHERE recent AND (phone <> '' OR website <> '')) AS contactable
    FROM (
        SELECT phone, website, (created_at > $2::timestamptz - interval '30 days' AND created_at <= $2
            OR updated_at > $2::timestamptz - interval '30 days' AND updated_at <= $2) AS recent
        FROM clinics_contact_info WHERE client_id = $1
    ) windowed
) c
