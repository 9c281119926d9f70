UPDATE leads SET segment = r.segment, segment_rule = r.segment_rule, segment_words = r.segment_words,
    low_confidence = r.low_confidence, tags = r.tags, fit_score = r.fit_score,
    referral_capacity = r.referral_capacity, signal_score = r.signal_score, priority_score = r.priority_score,
    score_parts = r.score_parts, updated_at = now()
FROM jsonb_to_recordset($2) AS r (id uuid, segment text, segment_rule text, segment_words jsonb,
    low_confidence boolean, tags jsonb, fit_score float8, referral_capacity float8, signal_score float8,
    priority_score float8, score_parts jsonb)
WHERE leads.client_id = $1 AND leads.id = r.id
    AND (leads.segment, leads.segment_rule, leads.segment_words, leads.low_confidence, leads.tags, leads.fit_score,
            leads.referral_capacity, leads.signal_score, leads.priority_score, leads.score_parts)
        IS DISTINCT FROM (r.segment, r.segment_rule, r.segment_words, r.low_confidence, r.tags, r.fit_score,
            r.referral_capacity, r.signal_score, r.priority_score, r.score_parts)
