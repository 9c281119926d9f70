-- Links of a million decision makers are written with each run, and checking two references of each took twice as long as
-- all the rest: it looked up and locked both rows. The writer joins with both tables instead, and what is deleted takes its
-- links along by statement. A link to a row that goes at the same moment may stay: nobody reads a link without its
-- rows, and the next run removes it. As a reference did, the triggers ask nobody who deletes for rights on links.
DO $$
BEGIN
    LOOP
        BEGIN
            SET LOCAL lock_timeout = '500ms';
            LOCK TABLE decision_makers, clinics_contact_info, decision_maker_links IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(random() / 2);
        END;
    END LOOP;
    SET LOCAL lock_timeout TO DEFAULT;
END
$$;

ALTER TABLE decision_maker_links
    DROP CONSTRAINT decision_maker_links_client_id_decision_maker_id_fkey,
    DROP CONSTRAINT decision_maker_links_client_id_clinic_id_fkey;

CREATE FUNCTION leadfleet_unlink_decision_makers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM public.decision_maker_links l USING gone
    WHERE l.client_id = gone.client_id AND l.decision_maker_id = gone.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER unlink AFTER DELETE ON decision_makers
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION leadfleet_unlink_decision_makers();

CREATE FUNCTION leadfleet_unlink_clinics() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM public.decision_maker_links l USING gone
    WHERE l.client_id = gone.client_id AND l.clinic_id = gone.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER unlink AFTER DELETE ON clinics_contact_info
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION leadfleet_unlink_clinics();

-- Links are sent to a temporary table first. Everybody may make one unless an administrator said otherwise.
DO $$
BEGIN
    IF NOT has_database_privilege('leadfleet_app', current_database(), 'TEMPORARY') THEN
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO leadfleet_app', current_database());
    END IF;
END
$$;
