SELECT id, prospect_id, name, title, company, industry, about, city, state, country, time_zone, email, phone,
    linkedin_url, website, company_name, signal_strength, given_scores, source, lawful_basis, collected_at, status,
    segment, segment_rule, segment_words, low_confidence, tags, fit_score, referral_capacity, signal_score,
    priority_score, score_parts, replies, created_at
FROM leads WHERE client_id = $1 AND prospect_id = ANY($2) ORDER BY id
