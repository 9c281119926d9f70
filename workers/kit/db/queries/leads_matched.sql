SELECT m.clinic_id AS "clinic_id!", c.clinic_name AS "clinic_name!", coalesce(c.city, '') AS "city!",
    coalesce(c.state, '') AS "state!", m.segment_name AS "segment_name!", m.priority_score::float8 AS "priority_score!",
    d.name AS "name?", coalesce(d.title, '') AS "title!", coalesce(d.email, '') AS "email!",
    coalesce(d.phone, '') AS "phone!", coalesce(d.linkedin_url, '') AS "linkedin_url!",
    coalesce(d.website, c.website, '') AS "website!", d.created_at AS "collected_at?"
FROM matched_segments m
JOIN clinics_contact_info c ON c.client_id = m.client_id AND c.id = m.clinic_id
-- As a run chooses among several: the one who decides the most, then the surest link, then the lowest id.
LEFT JOIN LATERAL (
    SELECT p.* FROM decision_maker_links l
    JOIN decision_makers p ON p.client_id = l.client_id AND p.id = l.decision_maker_id
    WHERE l.client_id = m.client_id AND l.clinic_id = m.clinic_id AND p.name <> 'erased'
        AND (l.decision = 'confirmed' OR l.decision IS NULL AND l.verdict = 'linked')
    ORDER BY (SELECT min(place) FROM unnest(ARRAY['owner', 'founder', 'ceo', 'director', 'managing'])
            WITH ORDINALITY AS titles (word, place) WHERE position(word IN lower(p.title)) > 0) NULLS LAST,
        CASE WHEN l.decision IS NULL THEN l.probability ELSE 1 END DESC, p.id
    LIMIT 1
) d ON true
WHERE m.client_id = $1 AND ($2::text IS NULL OR m.segment_name = $2)
    AND ($3::float8 IS NULL OR m.priority_score >= $3)
ORDER BY m.priority_score DESC, m.id
