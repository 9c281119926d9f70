SELECT id, prospect_id, name, title, company, industry, about, city, state, country, time_zone, email, phone,
    linkedin_url, website, company_name, signal_strength, given_scores, source, lawful_basis, collected_at, status,
    segment, segment_rule, segment_words, low_confidence, tags, fit_score, referral_capacity, signal_score,
    priority_score, score_parts, replies, created_at
FROM leads
WHERE client_id = $1 AND fit_score >= $2 AND referral_capacity >= $3 AND signal_score >= $4
    AND ($5::text IS NULL OR segment = $5) AND status = 'new'
ORDER BY priority_score DESC NULLS LAST, prospect_id LIMIT $6
