WITH parts AS (
    SELECT 'pain_points' AS name, count(*) AS n, sum(hashtextextended(ROW(
        id, pain_category, pain_text, severity_score, mentions, example_urls, source, created_at)::text, 0)) AS hash
    FROM pain_points
    WHERE client_id = $1 AND created_at > $2::timestamptz - interval '30 days' AND created_at <= $2
    UNION ALL
    SELECT 'clinics', count(*), sum(hashtextextended(ROW(
        id, clinic_name, phone, website, email, city, state, business_type, rating, review_count)::text, 0))
    FROM clinics_contact_info
    WHERE client_id = $1
        AND (created_at > $2::timestamptz - interval '30 days' AND created_at <= $2
            OR updated_at > $2::timestamptz - interval '30 days' AND updated_at <= $2)
        AND (phone <> '' OR website <> '')
    UNION ALL
    SELECT 'decision_makers', count(*), sum(hashtextextended(ROW(
        id, name, title, company_name, linkedin_url, email, city, state, phone, website)::text, 0))
    FROM decision_makers
    WHERE client_id = $1 AND created_at > $2::timestamptz - interval '30 days' AND created_at <= $2
    UNION ALL
    SELECT 'clinic_patterns', count(*), sum(hashtextextended(ROW(clinic_id, pattern_type, confidence)::text, 0))
    FROM clinic_patterns
    WHERE client_id = $1
    UNION ALL
    SELECT 'city_states', count(*), sum(hashtextextended(ROW(city, state)::text, 0))
    FROM clinics_contact_info
    WHERE client_id = $1 AND city <> '' AND state <> ''
    UNION ALL
    SELECT 'decided_links', count(*), sum(hashtextextended(ROW(decision_maker_id, clinic_id, decision)::text, 0))
    FROM decision_maker_links
    WHERE client_id = $1 AND decision IS NOT NULL
)
SELECT encode(sha256(convert_to(string_agg(concat_ws(':', name, n, hash), ',' ORDER BY name), 'UTF8')), 'hex') AS "hash!"
FROM parts
