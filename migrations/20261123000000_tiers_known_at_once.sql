-- The tier that a contractor comes in with is the begin of their history, and every later one is in it.

-- Whether a change of the contractor told it; lists and files are known by their own rows.
ALTER TABLE contractor_revenue_history ADD COLUMN IF NOT EXISTS of_profile boolean NOT NULL DEFAULT false;

CREATE OR REPLACE FUNCTION leadfleet_tier_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    today date := (NEW.updated_at AT TIME ZONE 'UTC')::date;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.revenue_tier = NEW.revenue_tier THEN
        RETURN NULL;
    END IF;
    -- A day has one row, and what is there stays: what changes later on that day holds from the next one.
    INSERT INTO public.contractor_revenue_history (client_id, contractor_id, tier, valid_from, team_size, focus_areas,
        current_stage, of_profile)
    SELECT NEW.client_id, NEW.id, NEW.revenue_tier, coalesce(max(h.valid_from) + 1, today), NEW.team_size,
        nullif(NEW.focus_areas, '{}'), NEW.current_stage, true
    FROM public.contractor_revenue_history AS h
    WHERE h.client_id = NEW.client_id AND h.contractor_id = NEW.id AND h.valid_from >= today;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER tier_changed AFTER INSERT OR UPDATE OF revenue_tier ON contractors FOR EACH ROW
    WHEN (NEW.revenue_tier IS NOT NULL) EXECUTE FUNCTION leadfleet_tier_changed();

-- Who is there already has been in their tier since they were written last, where the history says nothing newer. Of
-- one client at a time: rows are protected from their owner too.
DO $$
DECLARE
    client uuid;
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    FOR client IN SELECT id FROM clients LOOP
        PERFORM set_config('app.client_id', client::text, true);
        INSERT INTO contractor_revenue_history (client_id, contractor_id, tier, valid_from, team_size, focus_areas,
            current_stage, of_profile)
        SELECT client_id, id, revenue_tier, (updated_at AT TIME ZONE 'UTC')::date, team_size,
            nullif(focus_areas, '{}'), current_stage, true
        FROM contractors AS c
        WHERE client_id = client AND revenue_tier IS DISTINCT FROM (
                SELECT tier FROM contractor_revenue_history AS h
                WHERE h.client_id = client AND h.contractor_id = c.id ORDER BY valid_from DESC LIMIT 1)
            AND revenue_tier IS NOT NULL AND NOT EXISTS (
                SELECT FROM contractor_revenue_history AS h WHERE h.client_id = client AND h.contractor_id = c.id
                    AND h.valid_from >= (c.updated_at AT TIME ZONE 'UTC')::date);
    END LOOP;
    PERFORM set_config('app.client_id', '', true), set_config('app.every_client', '', true);
END
$$;
