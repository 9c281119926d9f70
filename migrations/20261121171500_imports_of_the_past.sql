-- Imports tell of the past: what they bring did not happen at the moment of the import, and a lead that is known to
-- have gone further stays there.

-- How strong a status is: a lead only moves to a stronger one.
CREATE OR REPLACE FUNCTION leadfleet_strength(status text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_position(
        ARRAY['new', 'bounced', 'dead', 'replied', 'not_interested', 'converted', 'unsubscribed'], status)
$$;

-- Whether the transaction is that of an import.
CREATE OR REPLACE FUNCTION leadfleet_is_import() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('app.import', true), '') = 'on'
$$;

-- As in migration 014, but who is imported as converted has not booked now: a meeting says when, else it is not known.
CREATE OR REPLACE FUNCTION mark_converting_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'converted' AND (TG_OP = 'INSERT' OR OLD.status IS DISTINCT FROM 'converted') THEN
        IF NEW.converted_at IS NULL THEN
            UPDATE leads SET converted_at = coalesce(
                (SELECT min(created_at) FROM activities WHERE client_id = NEW.client_id AND lead_id = NEW.id
                    AND action = 'meeting_booked'),
                CASE WHEN NOT leadfleet_is_import() THEN clock_timestamp() END)
            WHERE client_id = NEW.client_id AND id = NEW.id;
        END IF;
        PERFORM leadfleet_attribute(NEW.client_id, NEW.id);
    ELSIF TG_OP = 'UPDATE' AND OLD.status = 'converted' AND NEW.status NOT IN ('converted', 'unsubscribed') THEN
        -- A conversion that was taken back; who has a meeting in the calendar, or leaves after a booking, has booked.
        UPDATE leads SET converted_at = (SELECT min(created_at) FROM activities WHERE client_id = NEW.client_id
            AND lead_id = NEW.id AND action = 'meeting_booked')
        WHERE client_id = NEW.client_id AND id = NEW.id;
        UPDATE activities SET led_to_booking = false, attribution = NULL
        WHERE client_id = NEW.client_id AND lead_id = NEW.id AND (led_to_booking OR attribution IS NOT NULL)
            AND (SELECT converted_at IS NULL FROM leads WHERE client_id = NEW.client_id AND id = NEW.id);
    END IF;
    RETURN NULL;
END
$$;

-- As in migration 014, but of a conversion whose time is not known the last touch that an import brings is the
-- converting one. What goes out after the import did not lead to it.
CREATE OR REPLACE FUNCTION mark_activity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    booked boolean;
BEGIN
    IF NEW.action = 'meeting_booked' THEN
        UPDATE leads SET converted_at = least(converted_at, NEW.created_at)
        WHERE client_id = NEW.client_id AND id = NEW.lead_id;
        PERFORM leadfleet_attribute(NEW.client_id, NEW.lead_id);
        RETURN NULL;
    END IF;
    IF leadfleet_is_touch(NEW.action) THEN
        -- Parts that came with the lead are from before; of those that were made here the time is known.
        UPDATE leads SET
            first_touch_at = least(first_touch_at, NEW.created_at),
            als_snapshot = CASE WHEN first_touch_at IS NULL AND als_components IS NOT NULL
                    AND (als_given IS NOT NULL OR scored_at IS NULL OR scored_at <= NEW.created_at)
                THEN jsonb_build_object('score', als_score, 'tier', als_tier, 'components', als_components,
                    'weights', als_weights_used)
                ELSE als_snapshot END
        WHERE client_id = NEW.client_id AND id = NEW.lead_id
            AND (first_touch_at IS NULL OR NEW.created_at < first_touch_at);
    END IF;
    SELECT converted_at IS NOT NULL OR status = 'converted' AND leadfleet_is_import() FROM leads
        WHERE client_id = NEW.client_id AND id = NEW.lead_id FOR NO KEY UPDATE INTO booked;
    IF booked THEN
        PERFORM leadfleet_attribute(NEW.client_id, NEW.lead_id);
    END IF;
    RETURN NULL;
END
$$;

-- As before, and those whose conversions have no time.
CREATE INDEX idx_leads_converted_some_time ON leads (client_id) WHERE status = 'converted' AND converted_at IS NULL;

CREATE OR REPLACE FUNCTION leadfleet_clients_converting() RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    RETURN QUERY SELECT c.id FROM public.clients AS c
        WHERE EXISTS (SELECT FROM public.leads AS l WHERE l.client_id = c.id AND l.converted_at IS NOT NULL)
            OR EXISTS (SELECT FROM public.leads AS l WHERE l.client_id = c.id AND l.status = 'converted'
                AND l.converted_at IS NULL)
        ORDER BY c.id;
    PERFORM set_config('app.every_client', '', true);
END
$$;
