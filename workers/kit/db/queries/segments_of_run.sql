SELECT position, segment_name, pain_category, categories, match_strategy, priority_score::float8 AS "priority_score!",
    priority_raw, opportunity_index, ai_adjustment, ai_reason, mean_confidence, mean_severity,
    mean_mentions, total_mentions, clinics, with_decision_maker, with_email, state, match_reason,
    outreach_template, template_source, evidence
FROM segments
WHERE client_id = $1 AND run_id = $2 AND ($3::text IS NULL OR segment_name = $3)
ORDER BY position
