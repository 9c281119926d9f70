-- What learning reads of a score, ready to be sent: of a million leads, JSON takes longer to write out than all the rest.
CREATE FUNCTION leadfleet_points(components jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(components ->> 'data_quality', '') || ' ' || coalesce(components ->> 'authority', '') || ' '
    || coalesce(components ->> 'company_fit', '') || ' ' || coalesce(components ->> 'timing', '') || ' '
    || coalesce(components ->> 'risk', '');

-- Points and tier before the first touch, between blanks. Parts that came with a lead are from before any touch; of those
-- that were made here the time is known.
ALTER TABLE leads ADD COLUMN als_before text NOT NULL GENERATED ALWAYS AS (
    leadfleet_points(coalesce(als_snapshot -> 'components',
        CASE WHEN first_touch_at IS NULL OR als_given IS NOT NULL OR scored_at <= first_touch_at
            THEN als_components END))
    || ' ' || coalesce(als_snapshot ->> 'tier',
        CASE WHEN first_touch_at IS NULL OR als_given IS NOT NULL OR scored_at <= first_touch_at
            THEN als_tier END, '')) STORED;
