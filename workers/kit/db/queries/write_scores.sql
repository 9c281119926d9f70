UPDATE leads SET als_score = r.score, als_tier = r.tier, als_components = r.components, als_weights_used = r.weights,
    weights_source = r.weights_source, als_shadow_score = r.shadow_score, als_shadow_weights = r.shadow_weights,
    scored_at = $3
FROM jsonb_to_recordset($2) AS r (id uuid, score smallint, tier text, components jsonb, weights jsonb,
    weights_source text, shadow_score smallint, shadow_weights jsonb)
WHERE leads.client_id = $1 AND leads.id = r.id AND leads.deleted_at IS NULL
