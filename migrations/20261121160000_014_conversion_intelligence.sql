-- Migration 014 of the source document: what conversions teach. Names are the source document's.

-- Version 7 ids where the server has no function of its own for them.
DO $$
BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NOT NULL THEN
        CREATE OR REPLACE FUNCTION uuid_generate_v7() RETURNS uuid LANGUAGE sql VOLATILE
            SET search_path = pg_catalog, pg_temp AS 'SELECT uuidv7()';
    ELSE
        CREATE OR REPLACE FUNCTION uuid_generate_v7() RETURNS uuid LANGUAGE sql VOLATILE
            SET search_path = pg_catalog, pg_temp AS $body$
            SELECT (
                lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
                || '7' || substr(r, 14, 3) || substr(r, 17, 16)
            )::uuid FROM (SELECT replace(gen_random_uuid()::text, '-', '') AS r) AS random
        $body$;
    END IF;
END
$$;

-- Who of the people that log in belongs to which clients.
CREATE SCHEMA IF NOT EXISTS auth;
GRANT USAGE ON SCHEMA auth TO leadfleet_app;
CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT nullif(current_setting('app.user_id', true), '')::uuid
$$;
GRANT EXECUTE ON FUNCTION auth.uid() TO leadfleet_app;

CREATE TABLE IF NOT EXISTS memberships (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    invited_at timestamptz NOT NULL DEFAULT now(),
    accepted_at timestamptz,
    PRIMARY KEY (client_id, user_id)
);
CREATE INDEX IF NOT EXISTS idx_memberships_user ON memberships (user_id, client_id);
DROP POLICY IF EXISTS one_tenant ON memberships;
SELECT leadfleet_protect('memberships');
-- People see their own memberships, and change none.
DROP POLICY IF EXISTS own_memberships ON memberships;
CREATE POLICY own_memberships ON memberships FOR SELECT
    USING (user_id = (SELECT auth.uid()));
GRANT SELECT, INSERT, UPDATE, DELETE ON memberships TO leadfleet_app;

-- 1. What scores are made of.
ALTER TABLE leads
    ADD COLUMN IF NOT EXISTS employee_count integer,
    ADD COLUMN IF NOT EXISTS is_new_role boolean,
    ADD COLUMN IF NOT EXISTS is_hiring boolean,
    ADD COLUMN IF NOT EXISTS recently_funded boolean,
    ADD COLUMN IF NOT EXISTS deleted_at timestamptz,
    ADD COLUMN IF NOT EXISTS converted_at timestamptz,
    ADD COLUMN IF NOT EXISTS first_touch_at timestamptz,
    ADD COLUMN IF NOT EXISTS als_score smallint,
    ADD COLUMN IF NOT EXISTS als_tier text,
    ADD COLUMN IF NOT EXISTS als_components jsonb,
    -- Parts of a score that came with a lead from elsewhere: they stand instead of what the rules say.
    ADD COLUMN IF NOT EXISTS als_given jsonb,
    ADD COLUMN IF NOT EXISTS als_weights_used jsonb,
    ADD COLUMN IF NOT EXISTS weights_source text,
    ADD COLUMN IF NOT EXISTS scored_at timestamptz,
    -- Score, tier, components and weights as they were before anybody was contacted: what came after is no cause.
    ADD COLUMN IF NOT EXISTS als_snapshot jsonb;
CREATE INDEX IF NOT EXISTS idx_leads_als_components ON leads USING gin (als_components);
CREATE INDEX IF NOT EXISTS idx_leads_als_score ON leads (client_id, als_score DESC NULLS LAST, prospect_id);
CREATE INDEX IF NOT EXISTS idx_leads_unscored ON leads (client_id, id) WHERE scored_at IS NULL;

-- 2. What touches said, and which of them came last before a booking.
ALTER TABLE activities
    ADD COLUMN IF NOT EXISTS led_to_booking boolean DEFAULT false,
    ADD COLUMN IF NOT EXISTS content_snapshot jsonb,
    -- What the detector reads of the snapshot: the same text for messages that are alike in all that it counts.
    ADD COLUMN IF NOT EXISTS content_features text,
    -- The touch's part in the booking, by three readings: last, first, linear.
    ADD COLUMN IF NOT EXISTS attribution jsonb;
CREATE INDEX IF NOT EXISTS idx_activities_led_to_booking ON activities (client_id, led_to_booking)
    WHERE led_to_booking = true;
CREATE UNIQUE INDEX IF NOT EXISTS activities_one_converting ON activities (client_id, lead_id) WHERE led_to_booking;

-- 3. What was learned for each client.
ALTER TABLE clients
    ADD COLUMN IF NOT EXISTS als_learned_weights jsonb,
    ADD COLUMN IF NOT EXISTS als_weights_updated_at timestamptz,
    ADD COLUMN IF NOT EXISTS conversion_sample_count integer DEFAULT 0,
    -- default, blend, learned or held, and what decided it.
    ADD COLUMN IF NOT EXISTS weights_source text NOT NULL DEFAULT 'default',
    ADD COLUMN IF NOT EXISTS weights_decision jsonb;
GRANT UPDATE (als_learned_weights, als_weights_updated_at, conversion_sample_count, weights_source, weights_decision)
    ON clients TO leadfleet_app;

-- 4. Patterns, and 5. what they were before.
CREATE TABLE IF NOT EXISTS conversion_patterns (
    id uuid NOT NULL DEFAULT uuid_generate_v7(),
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id) ON DELETE CASCADE,
    pattern_type text NOT NULL CHECK (pattern_type IN ('who', 'what', 'when', 'how')),
    patterns jsonb NOT NULL,
    sample_size integer NOT NULL,
    confidence double precision NOT NULL CHECK (confidence >= 0 AND confidence <= 1),
    computed_at timestamptz NOT NULL DEFAULT now(),
    valid_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, id),
    CONSTRAINT unique_client_pattern_type UNIQUE (client_id, pattern_type)
);
CREATE INDEX IF NOT EXISTS idx_conversion_patterns_client ON conversion_patterns (client_id);
CREATE INDEX IF NOT EXISTS idx_conversion_patterns_type ON conversion_patterns (client_id, pattern_type);
CREATE INDEX IF NOT EXISTS idx_conversion_patterns_valid ON conversion_patterns (client_id, valid_until);

CREATE TABLE IF NOT EXISTS conversion_pattern_history (
    id uuid NOT NULL DEFAULT uuid_generate_v7(),
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id) ON DELETE CASCADE,
    pattern_type text NOT NULL CHECK (pattern_type IN ('who', 'what', 'when', 'how')),
    patterns jsonb NOT NULL,
    sample_size integer NOT NULL,
    confidence double precision NOT NULL DEFAULT 0,
    computed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, id),
    -- Learning the same moment again replaces what it said.
    CONSTRAINT pattern_history_once UNIQUE (client_id, pattern_type, computed_at)
);
CREATE INDEX IF NOT EXISTS idx_pattern_history_client
    ON conversion_pattern_history (client_id, pattern_type, computed_at DESC);

-- 6. Programs come with app.client_id, people with app.user_id: one policy, either way in.
DO $$
DECLARE
    tab text;
    policy text;
BEGIN
    FOR tab, policy IN VALUES ('conversion_patterns', 'tenant_isolation_patterns'),
        ('conversion_pattern_history', 'tenant_isolation_pattern_history')
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tab);
        EXECUTE format('DROP POLICY IF EXISTS %I ON %I', policy, tab);
        EXECUTE format(
            'CREATE POLICY %1$I ON %2$I FOR ALL '
            'USING (client_id = (SELECT nullif(current_setting(''app.client_id'', true), '''')::uuid) '
            'OR client_id IN (SELECT m.client_id FROM memberships AS m '
            'WHERE m.user_id = (SELECT auth.uid()) AND m.accepted_at IS NOT NULL)) '
            'WITH CHECK (client_id = (SELECT nullif(current_setting(''app.client_id'', true), '''')::uuid))',
            policy, tab);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO leadfleet_app', tab);
    END LOOP;
END
$$;

-- 7. The converting touch.
CREATE OR REPLACE FUNCTION leadfleet_is_touch(action text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT action IN ('sent', 'email_sent', 'sms_sent', 'linkedin_sent', 'voice_completed')
$$;

-- Marks the last touch before the first booking or positive answer, and what each touch before it had in it.
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
        SELECT id, count(*) OVER () AS n, row_number() OVER (ORDER BY created_at DESC, id DESC) AS last,
            row_number() OVER (ORDER BY created_at, id) AS first
        FROM activities WHERE client_id = client AND lead_id = lead AND leadfleet_is_touch(action)
            AND created_at <= moment
    ) AS t
    WHERE a.client_id = client AND a.id = t.id;
END
$$;

-- What takes a lead to its conversion, or back from it.
CREATE OR REPLACE FUNCTION mark_converting_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'converted' AND (TG_OP = 'INSERT' OR OLD.status IS DISTINCT FROM 'converted') THEN
        IF NEW.converted_at IS NULL THEN
            UPDATE leads SET converted_at = coalesce(
                (SELECT min(created_at) FROM activities WHERE client_id = NEW.client_id AND lead_id = NEW.id
                    AND action = 'meeting_booked'), clock_timestamp())
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
DROP TRIGGER IF EXISTS trigger_mark_converting_touch ON leads;
CREATE TRIGGER trigger_mark_converting_touch AFTER INSERT OR UPDATE OF status ON leads
    FOR EACH ROW EXECUTE FUNCTION mark_converting_touch();

-- A booking converts, and the first positive answer dates it. A touch keeps the score from before it, also one that waits
-- to be made anew; one that is heard of late may be the converting one.
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
    SELECT converted_at IS NOT NULL FROM leads WHERE client_id = NEW.client_id AND id = NEW.lead_id
        FOR NO KEY UPDATE INTO booked;
    IF booked THEN
        PERFORM leadfleet_attribute(NEW.client_id, NEW.lead_id);
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS trigger_mark_activity ON activities;
CREATE TRIGGER trigger_mark_activity AFTER INSERT ON activities
    FOR EACH ROW WHEN (NEW.lead_id IS NOT NULL AND (NEW.action = 'meeting_booked' OR leadfleet_is_touch(NEW.action)
        OR NEW.action = 'replied' AND NEW.intent = 'positive' AND NOT NEW.machine))
    EXECUTE FUNCTION mark_activity();

-- What was there before this migration, of all clients.
ALTER TABLE leads NO FORCE ROW LEVEL SECURITY;
ALTER TABLE activities NO FORCE ROW LEVEL SECURITY;
UPDATE leads SET converted_at = b.at FROM (
    SELECT client_id, lead_id, min(created_at) AS at FROM activities WHERE action = 'meeting_booked'
    GROUP BY client_id, lead_id
) AS b WHERE leads.client_id = b.client_id AND leads.id = b.lead_id AND leads.converted_at IS NULL;
UPDATE leads SET first_touch_at = t.at FROM (
    SELECT client_id, lead_id, min(created_at) AS at FROM activities WHERE leadfleet_is_touch(action)
    GROUP BY client_id, lead_id
) AS t WHERE leads.client_id = t.client_id AND leads.id = t.lead_id AND leads.first_touch_at IS NULL;
UPDATE leads SET converted_at = updated_at WHERE status = 'converted' AND converted_at IS NULL;
SELECT count(leadfleet_attribute(client_id, id)) FROM leads WHERE converted_at IS NOT NULL;
ALTER TABLE leads FORCE ROW LEVEL SECURITY;
ALTER TABLE activities FORCE ROW LEVEL SECURITY;

-- Clients that have something to learn from, and those with leads that nobody has scored: ids are all that is told.
DROP POLICY IF EXISTS every_client ON leads;
CREATE POLICY every_client ON leads FOR SELECT TO CURRENT_USER
    USING ((SELECT current_setting('app.every_client', true)) = 'on');
CREATE OR REPLACE FUNCTION leadfleet_clients_converting() RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    RETURN QUERY SELECT DISTINCT client_id FROM public.leads WHERE converted_at IS NOT NULL ORDER BY client_id;
    PERFORM set_config('app.every_client', '', true);
END
$$;
CREATE OR REPLACE FUNCTION leadfleet_clients_unscored(moment timestamptz) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    RETURN QUERY SELECT DISTINCT client_id FROM public.leads WHERE scored_at IS NULL AND created_at < moment
        ORDER BY client_id;
    PERFORM set_config('app.every_client', '', true);
END
$$;
REVOKE ALL ON FUNCTION leadfleet_clients_converting, leadfleet_clients_unscored FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leadfleet_clients_converting, leadfleet_clients_unscored TO leadfleet_app;
