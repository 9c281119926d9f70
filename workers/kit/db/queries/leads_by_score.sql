SELECT id, prospect_id, name, title, company, status, als_score, als_tier, als_components, als_weights_used,
    weights_source, als_shadow_score, scored_at, first_touch_at, als_snapshot
FROM leads
WHERE client_id = $1 AND deleted_at IS NULL
    AND ($2::text IS NULL OR als_tier = $2) AND ($3::text IS NULL OR status = $3)
    AND ($4::text IS NULL OR (coalesce(-als_score, 1), prospect_id) > ($5::integer, $4))
    AND ($6::text IS NULL OR to_tsvector('simple', name || ' ' || company || ' ' || title) @@ to_tsquery('simple', $6))
ORDER BY coalesce(-als_score, 1), prospect_id LIMIT $7
