-- Lists of leads are sorted by name too, and read from any place on.
CREATE INDEX idx_leads_by_name ON leads (client_id, name, prospect_id);
