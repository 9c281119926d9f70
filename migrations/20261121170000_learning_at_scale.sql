-- What learning asks of all clients, answered by an index; and the converting touch, the same whatever ids rows have.

CREATE INDEX idx_leads_converted ON leads (client_id) WHERE converted_at IS NOT NULL;

DROP POLICY IF EXISTS every_client ON clients;
CREATE POLICY every_client ON clients FOR SELECT TO CURRENT_USER
    USING ((SELECT current_setting('app.every_client', true)) = 'on');

CREATE OR REPLACE FUNCTION leadfleet_clients_converting() RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    RETURN QUERY SELECT c.id FROM public.clients AS c
        WHERE EXISTS (SELECT FROM public.leads AS l WHERE l.client_id = c.id AND l.converted_at IS NOT NULL)
        ORDER BY c.id;
    PERFORM set_config('app.every_client', '', true);
END
$$;

-- Clients whose learned weights were confirmed before a moment, and when.
CREATE FUNCTION leadfleet_clients_expired(moment timestamptz) RETURNS TABLE (id uuid, confirmed_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    RETURN QUERY SELECT c.id, c.als_weights_updated_at FROM public.clients AS c
        WHERE c.als_weights_updated_at < moment AND c.weights_source IN ('learned', 'blend', 'held')
        ORDER BY c.id;
    PERFORM set_config('app.every_client', '', true);
END
$$;
REVOKE ALL ON FUNCTION leadfleet_clients_expired FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leadfleet_clients_expired TO leadfleet_app;

-- Marks the last touch before the first booking or positive answer, and what each touch before it had in it. Of touches
-- of the same moment the one whose event has the last name is the last: ids are given in the order of arrival.
CREATE OR REPLACE FUNCTION leadfleet_attribute(client uuid, lead uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz;
BEGIN
    -- One at a time for each lead: of two at once each would miss the other's touch.
    SELECT converted_at FROM leads WHERE client_id = client AND id = lead FOR NO KEY UPDATE INTO moment;
    SELECT coalesce(
        (SELECT min(created_at) FROM activities WHERE client_id = client AND lead_id = lead
            AND (action = 'meeting_booked' OR action = 'replied' AND intent = 'positive' AND NOT machine)),
        moment, clock_timestamp()) INTO moment;
    -- One at a time is true: the old one goes before the new one comes.
    UPDATE activities SET led_to_booking = false, attribution = NULL
    WHERE client_id = client AND lead_id = lead AND (led_to_booking OR attribution IS NOT NULL);
    UPDATE activities AS a SET
        led_to_booking = t.last = 1,
        attribution = jsonb_build_object('last', (t.last = 1)::integer, 'first', (t.first = 1)::integer,
            'linear', round(1.0 / t.n, 4))
    FROM (
        SELECT id, count(*) OVER () AS n,
            row_number() OVER (ORDER BY created_at DESC, source DESC, event_id DESC) AS last,
            row_number() OVER (ORDER BY created_at, source, event_id) AS first
        FROM activities WHERE client_id = client AND lead_id = lead AND leadfleet_is_touch(action)
            AND created_at <= moment
    ) AS t
    WHERE a.client_id = client AND a.id = t.id;
END
$$;
