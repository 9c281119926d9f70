-- Lists of leads are read from any place on by one index, also of a tier or a status: the best score is the least number,
-- and what has none comes last.
CREATE INDEX idx_leads_by_score ON leads (client_id, coalesce(-als_score, 1), prospect_id);
CREATE INDEX idx_leads_of_tier ON leads (client_id, als_tier, coalesce(-als_score, 1), prospect_id);
CREATE INDEX idx_leads_of_status ON leads (client_id, status, coalesce(-als_score, 1), prospect_id);

-- The words by which people look for a lead.
CREATE INDEX idx_leads_words ON leads USING gin (to_tsvector('simple', name || ' ' || company || ' ' || title));
