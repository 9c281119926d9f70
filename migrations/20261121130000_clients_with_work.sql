-- Which clients have something to do: the one question across tenants, and ids are all that it tells.
-- Only the owner of the tables may look, and only within these functions.
CREATE POLICY every_client ON touches FOR SELECT TO CURRENT_USER
    USING ((SELECT current_setting('app.every_client', true)) = 'on');
CREATE POLICY every_client ON enrolments FOR SELECT TO CURRENT_USER
    USING ((SELECT current_setting('app.every_client', true)) = 'on');
CREATE INDEX idx_touches_planned ON touches (client_id, due_at) WHERE state = 'planned';

-- Clients with a planned touch whose time has come.
CREATE FUNCTION leadfleet_clients_due(moment timestamptz) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    RETURN QUERY SELECT DISTINCT client_id FROM public.touches WHERE state = 'planned' AND due_at <= moment
        ORDER BY client_id;
    PERFORM set_config('app.every_client', '', true);
END
$$;

-- Clients that have enrolled somebody since then.
CREATE FUNCTION leadfleet_clients_enrolling(moment timestamptz) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    RETURN QUERY SELECT DISTINCT client_id FROM public.enrolments WHERE created_at >= moment ORDER BY client_id;
    PERFORM set_config('app.every_client', '', true);
END
$$;

REVOKE ALL ON FUNCTION leadfleet_clients_due, leadfleet_clients_enrolling FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leadfleet_clients_due, leadfleet_clients_enrolling TO leadfleet_app;
