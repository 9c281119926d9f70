SELECT id, prospect_id, name, title, company, status, als_score, als_tier, als_components, als_weights_used,
    weights_source, als_shadow_score, scored_at, first_touch_at, als_snapshot
FROM leads
WHERE client_id = $1 AND deleted_at IS NULL
    AND ($2::text IS NULL OR als_tier = $2) AND ($3::text IS NULL OR status = $3)
    AND ($4::text IS NULL OR als_score < $5 OR als_score IS NOT DISTINCT FROM $5 AND prospect_id > $4
        OR als_score IS NULL AND $5 IS NOT NULL)
ORDER BY als_score DESC NULLS LAST, prospect_id LIMIT $6
