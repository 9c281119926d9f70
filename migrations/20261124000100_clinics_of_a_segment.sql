-- The clinics of a segment are read page by page in the order of their ids, however many there are.
DROP INDEX idx_segment_name;
CREATE INDEX idx_segment_name ON matched_segments (segment_name, clinic_id);

-- Staged runs get the same index before they take their place: attaching them would make it under the lock.
DO $$
DECLARE
    publish text := pg_get_functiondef('matched_segments_publish'::regproc);
    built constant text := 'CREATE INDEX ON %s (segment_name)';
BEGIN
    IF strpos(publish, built) = 0 THEN
        RAISE EXCEPTION 'matched_segments_publish does not build %', built;
    END IF;
    EXECUTE replace(publish, built, 'CREATE INDEX ON %s (segment_name, clinic_id)');
END
$$;
