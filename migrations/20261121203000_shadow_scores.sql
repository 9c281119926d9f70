-- What the score of a lead would be by the weights that were learned last and are not in force, and these weights.
ALTER TABLE leads
    ADD COLUMN IF NOT EXISTS als_shadow_score smallint,
    ADD COLUMN IF NOT EXISTS als_shadow_weights jsonb;
