-- What de-duplication took a clinic out of is told with the clinic's row: a log of its own had three million rows a run,
-- each looked up in an index and checked against its run.
DO $$
BEGIN
    LOOP
        BEGIN
            SET LOCAL lock_timeout = '500ms';
            LOCK TABLE matched_segments, matched_segments_archive, segment_membership_log IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(random() / 2);
        END;
    END LOOP;
    SET LOCAL lock_timeout TO DEFAULT;
END
$$;

ALTER TABLE matched_segments ADD COLUMN removed_from text[] NOT NULL DEFAULT '{}';
ALTER TABLE matched_segments_archive ADD COLUMN removed_from text[] NOT NULL DEFAULT '{}';

-- Runs of the version before have theirs here, and may still write.
ALTER TABLE segment_membership_log RENAME TO segment_membership_log_before;

CREATE VIEW segment_membership_log WITH (security_invoker = true) AS
SELECT client_id, run_id, clinic_id, removed.segment_name::varchar(255) AS segment_name, m.segment_name AS kept_in,
    CASE pain_category WHEN 'multi' THEN 'matches 3+ pain categories'
        ELSE 'kept in a segment of higher priority' END AS reason
FROM matched_segments m, unnest(removed_from) AS removed (segment_name)
UNION ALL
SELECT client_id, run_id, clinic_id, removed.segment_name, m.segment_name,
    CASE pain_category WHEN 'multi' THEN 'matches 3+ pain categories'
        ELSE 'kept in a segment of higher priority' END
FROM matched_segments_archive m, unnest(removed_from) AS removed (segment_name)
UNION ALL
SELECT client_id, run_id, clinic_id, segment_name, kept_in, reason FROM segment_membership_log_before;

CREATE FUNCTION segment_membership_log_write() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM public.segment_membership_log_before WHERE client_id = OLD.client_id AND run_id = OLD.run_id
            AND clinic_id = OLD.clinic_id AND segment_name = OLD.segment_name;
        RETURN OLD;
    END IF;
    INSERT INTO public.segment_membership_log_before
    VALUES (NEW.client_id, NEW.run_id, NEW.clinic_id, NEW.segment_name, NEW.kept_in, NEW.reason)
    ON CONFLICT DO NOTHING;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_before INSTEAD OF INSERT OR DELETE ON segment_membership_log
    FOR EACH ROW EXECUTE FUNCTION segment_membership_log_write();
GRANT SELECT, INSERT, DELETE ON segment_membership_log TO leadfleet_app;

-- What puts a staged run in its place copies the column too where it copies rows.
DO $$
DECLARE
    publish text := pg_get_functiondef('matched_segments_publish'::regproc);
    copied constant text := 'points, hot_lead, categories''';
BEGIN
    IF strpos(publish, copied) = 0 THEN
        RAISE EXCEPTION 'matched_segments_publish does not copy %', copied;
    END IF;
    EXECUTE replace(publish, copied, 'points, hot_lead, categories, removed_from''');
END
$$;
