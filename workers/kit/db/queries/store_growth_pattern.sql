INSERT INTO business_growth_patterns AS old (client_id, from_revenue_tier, to_revenue_tier, pattern_type, pattern_name,
    pattern_description, common_focus_areas, common_partners, common_milestones, common_books, common_podcasts,
    common_events, avg_time_to_level_up_months, median_time_to_level_up_months, fastest_time_months, success_indicators,
    sample_size, confidence_score, last_recalculated_at, created_at, updated_at, status, confidence_low,
    confidence_high, success_rate, common_milestones_stats, months_stats, document, released_at)
VALUES ($1, $2, $3, $4, left($5, 255), $9::jsonb ->> 'pattern_description', $9 -> 'common_focus_areas',
    $9 -> 'common_partners', $9 -> 'common_milestones', $9 -> 'common_books', $9 -> 'common_podcasts',
    $9 -> 'common_events', ($9 ->> 'avg_time_to_level_up_months')::integer,
    ($9 ->> 'median_time_to_level_up_months')::integer, ($9 ->> 'fastest_time_months')::integer,
    $9 -> 'success_indicators', $7, $8::float8::numeric(3,2), $11, $11, $11, $6,
    ($9 ->> 'confidence_low')::float8, ($9 ->> 'confidence_high')::float8, ($9 ->> 'success_rate')::float8,
    $9 -> 'common_milestones_stats', $9 -> 'months_stats', $9, $10)
ON CONFLICT ON CONSTRAINT business_growth_patterns_once DO UPDATE SET
    (pattern_name, pattern_description, common_focus_areas, common_partners, common_milestones, common_books,
    common_podcasts, common_events, avg_time_to_level_up_months, median_time_to_level_up_months, fastest_time_months,
    success_indicators, sample_size, confidence_score, last_recalculated_at, updated_at, status, confidence_low,
    confidence_high, success_rate, common_milestones_stats, months_stats, document, released_at) =
    (excluded.pattern_name, excluded.pattern_description, excluded.common_focus_areas, excluded.common_partners,
    excluded.common_milestones, excluded.common_books, excluded.common_podcasts, excluded.common_events,
    excluded.avg_time_to_level_up_months, excluded.median_time_to_level_up_months, excluded.fastest_time_months,
    excluded.success_indicators, excluded.sample_size, excluded.confidence_score, excluded.last_recalculated_at,
    excluded.updated_at, excluded.status, excluded.confidence_low, excluded.confidence_high, excluded.success_rate,
    excluded.common_milestones_stats, excluded.months_stats, excluded.document, excluded.released_at)
RETURNING id
