-- Of a pattern that was acted on without a goal, a contractor has one outcome, however often it is told.

ALTER TABLE pattern_success_tracking ADD COLUMN IF NOT EXISTS without_goal boolean NOT NULL DEFAULT false;
-- 0 stands for many.
CREATE UNIQUE INDEX IF NOT EXISTS pattern_success_tracking_without_goal
    ON pattern_success_tracking (client_id, contractor_id, pattern_id) WHERE without_goal AND contractor_id > 0;

-- The first one that was told of each before. Of one client at a time: rows are protected from their owner too.
DO $$
DECLARE
    client uuid;
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    FOR client IN SELECT id FROM clients LOOP
        PERFORM set_config('app.client_id', client::text, true);
        UPDATE pattern_success_tracking SET without_goal = true
        WHERE client_id = client AND id IN (
            SELECT min(id) FROM pattern_success_tracking
            WHERE client_id = client AND goal_id IS NULL AND contractor_id > 0
            GROUP BY contractor_id, pattern_id HAVING NOT bool_or(without_goal));
    END LOOP;
    PERFORM set_config('app.client_id', '', true), set_config('app.every_client', '', true);
END
$$;
