-- Replacing a tenant's run. Workers own no table, so these functions do it for them, for the
-- tenant of their transaction and no other.

CREATE SEQUENCE matched_segments_partition_seq;

CREATE FUNCTION leadfleet_required_client() RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    client uuid := nullif(current_setting('app.client_id', true), '')::uuid;
BEGIN
    IF client IS NULL THEN
        RAISE insufficient_privilege USING MESSAGE = 'no tenant: app.client_id is not set';
    END IF;
    RETURN client;
END
$$;

-- The partition of a parent for one value.
CREATE FUNCTION leadfleet_partition_of(parent regclass, value text) RETURNS regclass
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.oid::regclass FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = parent AND pg_get_expr(c.relpartbound, c.oid) = format('FOR VALUES IN (%L)', value)
$$;

-- The tenant's part of the archive, made on first use. Attached, not created in place, which
-- would lock readers out.
CREATE FUNCTION leadfleet_archive_of(client uuid) RETURNS regclass
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    archive regclass := public.leadfleet_partition_of('public.matched_segments_archive', client::text);
BEGIN
    IF archive IS NULL THEN
        EXECUTE format(
            'CREATE TABLE public.%I (LIKE public.matched_segments_archive INCLUDING DEFAULTS) PARTITION BY LIST (run_id)',
            'matched_segments_archive_' || replace(client::text, '-', ''));
        archive := format('public.%I', 'matched_segments_archive_' || replace(client::text, '-', ''))::regclass;
        PERFORM public.leadfleet_protect(archive);
        EXECUTE format('ALTER TABLE public.matched_segments_archive ATTACH PARTITION %s FOR VALUES IN (%L)',
            archive, client);
    END IF;
    RETURN archive;
END
$$;

-- An empty table for the rows of a run: nobody reads it, so it takes COPY, which row-level security refuses.
-- A row names its segment, and the table knows the segment's template: a million copies of it are not parsed.
CREATE FUNCTION matched_segments_stage(run text, at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    client uuid := public.leadfleet_required_client();
    stage text := 'matched_segments_p' || nextval('public.matched_segments_partition_seq');
BEGIN
    EXECUTE format('CREATE TABLE public.%I (LIKE public.matched_segments INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', stage);
    EXECUTE format(
        'ALTER TABLE public.%I ALTER client_id SET DEFAULT %L, ALTER run_id SET DEFAULT %L, '
        'ALTER created_at SET DEFAULT %L, ADD CONSTRAINT matched_segments_one_client CHECK (client_id = %2$L)',
        stage, client, run, at);
    EXECUTE format(
        'ALTER TABLE public.%I DROP outreach_template, '
        'ADD outreach_template jsonb GENERATED ALWAYS AS (nullif(%L::jsonb -> segment_name, ''null'')) STORED',
        stage, coalesce((
            SELECT jsonb_object_agg(segment_name, outreach_template) FROM public.segments
            WHERE client_id = client AND run_id = run), '{}'));
    EXECUTE format('GRANT INSERT ON public.%I TO leadfleet_app', stage);
    RETURN stage;
END
$$;

-- Puts a staged run where readers find it: 'swap' and 'delete' make it the current one, 'archive' does not.
-- Rows of clinics that are gone are left out. The values of segments are few: a small sample tells them.
CREATE FUNCTION matched_segments_publish(stage text, run text, current_run text, make_current boolean, patience interval,
    OUT method text, OUT gone bigint, OUT first_id integer, OUT last_id integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET maintenance_work_mem = '256MB' SET default_statistics_target = 25 AS $$
DECLARE
    client uuid := public.leadfleet_required_client();
    staged regclass;
    archive regclass;
    old regclass := public.leadfleet_partition_of('public.matched_segments', client::text);
    stale regclass;
    columns constant text := 'id, segment_name, pain_category, clinic_id, match_reason, match_strategy, '
        'confidence_score, priority_score, outreach_template, created_at, client_id, run_id, reason_code, '
        'points, hot_lead, categories';
    -- Locks the clinics of the rows, so that none goes before the commit.
    known constant text := '(SELECT s.* FROM %s s JOIN public.clinics_contact_info c '
        'ON c.client_id = s.client_id AND c.id = s.clinic_id FOR KEY SHARE OF c) known';
    reference constant text := 'ALTER TABLE %s ADD CONSTRAINT matched_segments_clinic '
        'FOREIGN KEY (client_id, clinic_id) REFERENCES public.clinics_contact_info (client_id, id) ON DELETE CASCADE';
BEGIN
    SELECT c.oid INTO staged FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname = stage AND NOT c.relispartition
        AND stage ~ '^matched_segments_p[0-9]+$' AND k.conname = 'matched_segments_one_client'
        AND pg_get_constraintdef(k.oid) LIKE '%' || client || '%';
    IF staged IS NULL THEN
        RAISE insufficient_privilege USING MESSAGE = format('%s is not a staged run of this tenant', stage);
    END IF;

    EXECUTE format('REVOKE ALL ON %s FROM leadfleet_app', staged);
    EXECUTE format('ALTER TABLE %s ALTER outreach_template DROP EXPRESSION', staged);
    EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (client_id, id)', staged);
    EXECUTE format('CREATE INDEX ON %s (segment_name)', staged);
    EXECUTE format('CREATE INDEX ON %s (pain_category)', staged);
    EXECUTE format('CREATE INDEX ON %s (priority_score DESC)', staged);
    EXECUTE format('CREATE INDEX ON %s (clinic_id)', staged);
    EXECUTE format('ANALYZE %s', staged);
    PERFORM public.leadfleet_protect(staged);
    archive := public.leadfleet_archive_of(client);
    stale := public.leadfleet_partition_of(archive, run);

    PERFORM set_config('lock_timeout', (extract(epoch FROM patience) * 1000)::bigint::text, true);
    BEGIN
        -- Locks writers of clinics out, until the commit: as late as possible.
        LOCK TABLE public.clinics_contact_info IN SHARE ROW EXCLUSIVE MODE;
        gone := 0;
        BEGIN
            EXECUTE format(reference, staged);
        EXCEPTION WHEN foreign_key_violation THEN
            EXECUTE format('DELETE FROM %s s WHERE NOT EXISTS (SELECT FROM public.clinics_contact_info c '
                'WHERE c.client_id = s.client_id AND c.id = s.clinic_id)', staged);
            GET DIAGNOSTICS gone = ROW_COUNT;
            EXECUTE format(reference, staged);
        END;
        EXECUTE format('SELECT min(id), max(id) FROM %s WHERE client_id = %L', staged, client) INTO first_id, last_id;
        IF stale IS NOT NULL THEN
            EXECUTE format('DROP TABLE %s', stale);
        END IF;
        IF NOT make_current THEN
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (%L)', archive, staged, run);
            method := 'archive';
        ELSE
            IF old IS NOT NULL THEN
                EXECUTE format('ALTER TABLE public.matched_segments DETACH PARTITION %s', old);
                IF current_run = run THEN
                    EXECUTE format('DROP TABLE %s', old);
                ELSE
                    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (%L)', archive, old, current_run);
                END IF;
            END IF;
            EXECUTE format('ALTER TABLE public.matched_segments ATTACH PARTITION %s FOR VALUES IN (%L)', staged, client);
            method := 'swap';
        END IF;
        RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        -- A tenant's first run has no place yet, and making one needs the lock.
        IF make_current AND old IS NULL THEN
            RAISE;
        END IF;
        -- Somebody reads or imports for longer than our patience: their snapshot keeps its rows.
        method := CASE WHEN make_current THEN 'delete' ELSE 'archive' END;
    END;

    EXECUTE format('DELETE FROM %s WHERE run_id = %L', archive, run);
    IF make_current AND current_run <> run THEN
        PERFORM public.leadfleet_archive_run(archive, current_run);
        EXECUTE format('INSERT INTO %s (%2$s) SELECT %2$s FROM public.matched_segments WHERE client_id = $1', archive, columns)
            USING client;
    END IF;
    IF make_current THEN
        DELETE FROM public.matched_segments WHERE client_id = client;
        EXECUTE format('INSERT INTO public.matched_segments (%1$s) SELECT %1$s FROM %2$s', columns, format(known, staged));
    ELSE
        PERFORM public.leadfleet_archive_run(archive, run);
        EXECUTE format('INSERT INTO %s (%2$s) SELECT %2$s FROM %3$s', archive, columns, format(known, staged));
    END IF;
    GET DIAGNOSTICS gone = ROW_COUNT;
    EXECUTE format('SELECT count(*) - $1, min(id), max(id) FROM %s', staged) INTO gone, first_id, last_id USING gone;
    EXECUTE format('DROP TABLE %s', staged);
END
$$;

-- An empty partition of the archive for a run whose rows must be copied.
CREATE FUNCTION leadfleet_archive_run(archive regclass, run text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text := 'matched_segments_p' || nextval('public.matched_segments_partition_seq');
BEGIN
    IF public.leadfleet_partition_of(archive, run) IS NULL THEN
        EXECUTE format('CREATE TABLE public.%I (LIKE public.matched_segments INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
        PERFORM public.leadfleet_protect(format('public.%I', part)::regclass);
        EXECUTE format('CREATE INDEX ON public.%I (clinic_id)', part);
        EXECUTE format('ALTER TABLE %s ATTACH PARTITION public.%I FOR VALUES IN (%L)', archive, part, run);
    END IF;
END
$$;

-- Forgets archived runs before a date, with everything that belongs to them. Who reads the archive is not
-- waited for: the next time will do.
CREATE FUNCTION matched_segments_expire(before date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
    client uuid := public.leadfleet_required_client();
    archive regclass := public.leadfleet_partition_of('public.matched_segments_archive', client::text);
    expired record;
    part regclass;
    gone bigint := 0;
BEGIN
    FOR expired IN SELECT run_id FROM public.runs WHERE client_id = client AND NOT current AND run_date < before LOOP
        part := public.leadfleet_partition_of(archive, expired.run_id);
        IF part IS NOT NULL THEN
            EXECUTE format('DROP TABLE %s', part);
        END IF;
        DELETE FROM public.runs WHERE client_id = client AND run_id = expired.run_id;
        gone := gone + 1;
    END LOOP;
    RETURN gone;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN 0;
END
$$;

REVOKE ALL ON FUNCTION
    leadfleet_partition_of, leadfleet_archive_of, leadfleet_archive_run, leadfleet_required_client,
    matched_segments_stage, matched_segments_publish, matched_segments_expire FROM PUBLIC;
GRANT EXECUTE ON FUNCTION matched_segments_stage, matched_segments_publish, matched_segments_expire TO leadfleet_app;
