-- What learning reads of activities, at the lead that they are of: five million rows of their own take longer to send
-- than all the rest.

-- Workers of the version before may still write, and lock either of them first: who waits for the second lock gives back the
-- first before anybody is told of a deadlock.
DO $$
BEGIN
    LOOP
        BEGIN
            SET LOCAL lock_timeout = '500ms';
            LOCK TABLE activities, leads IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(random() / 2);
        END;
    END LOOP;
    SET LOCAL lock_timeout TO DEFAULT;
END
$$;

-- A field as COPY sends it in its binary form: its length goes before it, so that no text is taken for what follows.
CREATE FUNCTION leadfleet_field(field bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(int4send(length(field)) || field, int4send(-1));

-- All activities of a lead that teach, one after the other, each with the fields that are read of it. The words are sent
-- only where nothing was counted of them. Not in SQL alone, which would be planned at every call; and a plan that was made
-- while the table was empty must not read all of it later.
CREATE FUNCTION leadfleet_history(client uuid, lead uuid) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    RETURN (SELECT coalesce(string_agg(
            public.leadfleet_field(timestamptz_send(created_at)) || public.leadfleet_field(convert_to(action, 'UTF8'))
            || public.leadfleet_field(convert_to(channel, 'UTF8')) || public.leadfleet_field(boolsend(led_to_booking))
            || public.leadfleet_field(convert_to(content_features, 'UTF8')) || public.leadfleet_field(
                CASE WHEN content_features IS NULL THEN convert_to(content_snapshot::text, 'UTF8') END),
            ''::bytea ORDER BY created_at, id), ''::bytea)
        FROM public.activities WHERE client_id = client AND lead_id = lead
            AND (public.leadfleet_is_touch(action) OR action IN ('replied', 'meeting_booked')) AND NOT machine);
END
$$;

-- Of leads that are there already, whoever's they are. Changing the type writes the table anew once, and leaves no old
-- rows in it.
-- Of tables that were just restored nothing is known.
ANALYZE activities;
ALTER TABLE leads ADD COLUMN history bytea NOT NULL DEFAULT '';
ALTER TABLE leads NO FORCE ROW LEVEL SECURITY;
ALTER TABLE activities NO FORCE ROW LEVEL SECURITY;
ALTER TABLE leads ALTER COLUMN history TYPE bytea USING leadfleet_history(client_id, id);
ALTER TABLE leads FORCE ROW LEVEL SECURITY;
ALTER TABLE activities FORCE ROW LEVEL SECURITY;

-- Always made anew from all of them, never added to: however many triggers and changes of one statement there are, in
-- whatever order they come, what the last one writes is all there is.
CREATE FUNCTION leadfleet_write_history(client uuid, lead uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- One at a time for each lead, and only then a look at what the others did.
    PERFORM FROM public.leads WHERE client_id = client AND id = lead FOR NO KEY UPDATE;
    IF FOUND THEN
        UPDATE public.leads SET history = made.history
        FROM (SELECT public.leadfleet_history(client, lead) AS history) AS made
        WHERE leads.client_id = client AND leads.id = lead AND leads.history <> made.history;
    END IF;
END
$$;

CREATE FUNCTION leadfleet_note_history() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.lead_id IS NOT NULL THEN
        PERFORM public.leadfleet_write_history(OLD.client_id, OLD.lead_id);
    END IF;
    IF NEW.lead_id IS NOT NULL AND (NEW.client_id, NEW.lead_id) IS DISTINCT FROM (OLD.client_id, OLD.lead_id) THEN
        PERFORM public.leadfleet_write_history(NEW.client_id, NEW.lead_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_note_history AFTER INSERT ON activities FOR EACH ROW
    WHEN (NEW.lead_id IS NOT NULL AND NOT NEW.machine
        AND (leadfleet_is_touch(NEW.action) OR NEW.action IN ('replied', 'meeting_booked')))
    EXECUTE FUNCTION leadfleet_note_history();
CREATE TRIGGER trigger_change_history AFTER UPDATE ON activities FOR EACH ROW
    WHEN ((OLD.client_id, OLD.id, OLD.lead_id, OLD.action, OLD.channel, OLD.created_at, OLD.machine,
            OLD.led_to_booking, OLD.content_features, OLD.content_snapshot)
        IS DISTINCT FROM (NEW.client_id, NEW.id, NEW.lead_id, NEW.action, NEW.channel, NEW.created_at, NEW.machine,
            NEW.led_to_booking, NEW.content_features, NEW.content_snapshot))
    EXECUTE FUNCTION leadfleet_note_history();
CREATE TRIGGER trigger_forget_history AFTER DELETE ON activities FOR EACH ROW
    WHEN (OLD.lead_id IS NOT NULL) EXECUTE FUNCTION leadfleet_note_history();

-- Fails for whoever does not see the leads of all clients: theirs would keep what is gone.
CREATE FUNCTION leadfleet_forget_histories() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
BEGIN
    UPDATE public.leads SET history = '' WHERE history <> '';
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_forget_histories AFTER TRUNCATE ON activities
    FOR EACH STATEMENT EXECUTE FUNCTION leadfleet_forget_histories();
