-- Never used: under row-level security no index serves an operator that could tell of rows it must not see, as those of
-- text search could. What stands for it follows.
DROP INDEX idx_leads_words;

-- A number as text; nothing for what is none.
CREATE FUNCTION leadfleet_number(components jsonb, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(components -> name) = 'number' THEN components ->> name ELSE '' END;

CREATE FUNCTION leadfleet_points(components jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN leadfleet_number(components, 'data_quality') || ' ' || leadfleet_number(components, 'authority') || ' '
    || leadfleet_number(components, 'company_fit') || ' ' || leadfleet_number(components, 'timing') || ' '
    || leadfleet_number(components, 'risk');

-- What learning reads of a score, ready to be sent: of a million leads, JSON takes longer to write out than all the rest.
-- Points and tier before the first touch, between blanks. Parts that came with a lead are from before any touch; of those
-- that were made here the time is known.
ALTER TABLE leads ADD COLUMN als_before text NOT NULL GENERATED ALWAYS AS (
    leadfleet_points(coalesce(als_snapshot -> 'components',
        CASE WHEN first_touch_at IS NULL OR als_given IS NOT NULL OR scored_at <= first_touch_at
            THEN als_components END))
    || ' ' || coalesce(als_snapshot ->> 'tier',
        CASE WHEN first_touch_at IS NULL OR als_given IS NOT NULL OR scored_at <= first_touch_at
            THEN als_tier END, '')) STORED;
