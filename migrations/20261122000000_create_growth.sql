-- Growth: contractors with what is known of them over time, what those who levelled up had in common, and what came
-- of acting on it. Names of tables, columns and indexes are the source document's; its INDEX clauses stand alone (X46).

CREATE TABLE IF NOT EXISTS contractors (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id) ON DELETE CASCADE,
    -- The number by which the system upstream knows them. 0 stands for all who were erased: their outcomes still count.
    id integer NOT NULL,
    first_name text,
    last_name text,
    company_name text,
    revenue_tier varchar(50),
    team_size integer,
    focus_areas text[] NOT NULL DEFAULT '{}',
    current_stage text,
    close_rate double precision,
    lead_sources text[] NOT NULL DEFAULT '{}',
    current_crm text,
    -- Who is erased stays known by the number alone, so that no import brings them back.
    erased_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, id),
    CONSTRAINT contractors_id_natural CHECK (id >= 0),
    CONSTRAINT contractors_close_rate_is_a_share CHECK (close_rate BETWEEN 0 AND 1),
    CONSTRAINT contractors_team_size_natural CHECK (team_size >= 0)
);
CREATE INDEX IF NOT EXISTS idx_contractors_company ON contractors (client_id, lower(company_name));

-- In which tier a contractor was from when on (X47). Nothing of it is ever changed.
CREATE TABLE IF NOT EXISTS contractor_revenue_history (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    contractor_id integer NOT NULL,
    tier varchar(50) NOT NULL,
    valid_from date NOT NULL,
    -- Dollars a year.
    revenue numeric(18,2),
    team_size integer,
    focus_areas text[],
    current_stage text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, contractor_id, valid_from),
    FOREIGN KEY (client_id, contractor_id) REFERENCES contractors (client_id, id) ON DELETE CASCADE
);

CREATE OR REPLACE FUNCTION leadfleet_only_appended() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A contractor who goes takes their history along.
    IF TG_OP = 'DELETE' AND pg_trigger_depth() > 1 THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only: rows are neither changed nor deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
DROP TRIGGER IF EXISTS only_appended ON contractor_revenue_history;
CREATE TRIGGER only_appended BEFORE UPDATE OR DELETE ON contractor_revenue_history
    FOR EACH ROW EXECUTE FUNCTION leadfleet_only_appended();

-- A tier that changes under our eyes is part of the history.
CREATE OR REPLACE FUNCTION leadfleet_tier_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.contractor_revenue_history (client_id, contractor_id, tier, valid_from, team_size, focus_areas,
        current_stage)
    VALUES (NEW.client_id, NEW.id, NEW.revenue_tier, (NEW.updated_at AT TIME ZONE 'UTC')::date, NEW.team_size,
        nullif(NEW.focus_areas, '{}'), NEW.current_stage)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS tier_changed ON contractors;
CREATE TRIGGER tier_changed AFTER UPDATE OF revenue_tier ON contractors FOR EACH ROW
    WHEN (OLD.revenue_tier <> NEW.revenue_tier) EXECUTE FUNCTION leadfleet_tier_changed();

CREATE TABLE IF NOT EXISTS partners (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id) ON DELETE CASCADE,
    id integer NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (client_id, id)
);
CREATE INDEX IF NOT EXISTS idx_partners_name ON partners (client_id, lower(name));

CREATE TABLE IF NOT EXISTS contractor_partner_usage (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    contractor_id integer NOT NULL,
    partner_id integer NOT NULL,
    used_from date,
    satisfaction smallint,
    PRIMARY KEY (client_id, contractor_id, partner_id),
    CONSTRAINT contractor_partner_usage_rated CHECK (satisfaction BETWEEN 1 AND 5),
    FOREIGN KEY (client_id, contractor_id) REFERENCES contractors (client_id, id) ON DELETE CASCADE,
    FOREIGN KEY (client_id, partner_id) REFERENCES partners (client_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_contractor_partner_usage_partner ON contractor_partner_usage (client_id, partner_id);

CREATE TABLE IF NOT EXISTS contractor_milestones (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    contractor_id integer NOT NULL,
    milestone text NOT NULL,
    reached_on date,
    PRIMARY KEY (client_id, contractor_id, milestone),
    FOREIGN KEY (client_id, contractor_id) REFERENCES contractors (client_id, id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS contractor_content (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    contractor_id integer NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    author text NOT NULL DEFAULT '',
    consumed_on date,
    PRIMARY KEY (client_id, contractor_id, kind, title),
    CONSTRAINT contractor_content_kind_known CHECK (kind IN ('book', 'podcast', 'event')),
    FOREIGN KEY (client_id, contractor_id) REFERENCES contractors (client_id, id) ON DELETE CASCADE
);

-- 1. What contractors have in common who went from one tier to another. Figures are those that were released: each
-- stands for enough contractors that none of them is given away.
CREATE TABLE IF NOT EXISTS business_growth_patterns (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id) ON DELETE CASCADE,
    id integer GENERATED BY DEFAULT AS IDENTITY,
    from_revenue_tier varchar(50) NOT NULL,
    to_revenue_tier varchar(50) NOT NULL,
    pattern_name varchar(255) NOT NULL,
    pattern_description text,
    pattern_type varchar(100) NOT NULL,
    common_focus_areas jsonb NOT NULL DEFAULT '[]',
    common_partners jsonb NOT NULL DEFAULT '[]',
    common_milestones jsonb NOT NULL DEFAULT '[]',
    common_books jsonb NOT NULL DEFAULT '[]',
    common_podcasts jsonb NOT NULL DEFAULT '[]',
    common_events jsonb NOT NULL DEFAULT '[]',
    avg_time_to_level_up_months integer,
    median_time_to_level_up_months integer,
    fastest_time_months integer,
    success_indicators jsonb NOT NULL DEFAULT '{}',
    sample_size integer NOT NULL,
    confidence_score numeric(3,2) NOT NULL,
    last_recalculated_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- Whether it is served, and if not, why.
    status text NOT NULL,
    confidence_low double precision NOT NULL,
    confidence_high double precision NOT NULL,
    -- Of those who did it, how many levelled up; when those who stayed are known.
    success_rate double precision,
    common_milestones_stats jsonb NOT NULL DEFAULT '[]',
    months_stats jsonb NOT NULL DEFAULT '{}',
    -- The whole pattern as it was released.
    document jsonb NOT NULL,
    released_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT business_growth_patterns_once UNIQUE (client_id, from_revenue_tier, to_revenue_tier, pattern_type),
    CONSTRAINT business_growth_patterns_type_known
        CHECK (pattern_type IN ('revenue_growth', 'team_expansion', 'lead_improvement')),
    CONSTRAINT business_growth_patterns_sample CHECK (sample_size >= 5),
    CONSTRAINT business_growth_patterns_confidence CHECK (confidence_score BETWEEN 0 AND 1)
);
CREATE INDEX IF NOT EXISTS idx_revenue_transition
    ON business_growth_patterns (client_id, from_revenue_tier, to_revenue_tier);
CREATE INDEX IF NOT EXISTS idx_pattern_type ON business_growth_patterns (client_id, pattern_type);
CREATE INDEX IF NOT EXISTS idx_confidence ON business_growth_patterns (client_id, confidence_score DESC);
CREATE INDEX IF NOT EXISTS idx_sample_size ON business_growth_patterns (client_id, sample_size DESC);

-- What each learning found beside the patterns.
CREATE TABLE IF NOT EXISTS growth_runs (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id) ON DELETE CASCADE,
    computed_at timestamptz NOT NULL,
    document jsonb NOT NULL,
    PRIMARY KEY (client_id, computed_at)
);

-- 2. Which patterns contractors match, once each (X57).
CREATE TABLE IF NOT EXISTS contractor_pattern_matches (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    id integer GENERATED BY DEFAULT AS IDENTITY,
    contractor_id integer NOT NULL,
    pattern_id integer NOT NULL,
    match_score numeric(3,2) NOT NULL,
    match_reason text NOT NULL,
    pattern_applied_at timestamptz NOT NULL DEFAULT now(),
    pattern_result varchar(50) NOT NULL DEFAULT 'pending',
    goals_generated integer NOT NULL DEFAULT 0,
    checklist_items_generated integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, id),
    CONSTRAINT contractor_pattern_matches_once UNIQUE (client_id, contractor_id, pattern_id),
    CONSTRAINT contractor_pattern_matches_score CHECK (match_score BETWEEN 0 AND 1),
    CONSTRAINT contractor_pattern_matches_result_known
        CHECK (pattern_result IN ('pending', 'successful', 'unsuccessful', 'in_progress')),
    FOREIGN KEY (client_id, contractor_id) REFERENCES contractors (client_id, id) ON DELETE CASCADE,
    FOREIGN KEY (client_id, pattern_id) REFERENCES business_growth_patterns (client_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_contractor_patterns
    ON contractor_pattern_matches (client_id, contractor_id, match_score DESC);
CREATE INDEX IF NOT EXISTS idx_pattern_contractors
    ON contractor_pattern_matches (client_id, pattern_id, pattern_result);

-- Goals, one open goal of a type for each contractor, and what is to be done for them.
CREATE TABLE IF NOT EXISTS ai_concierge_goals (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    id integer GENERATED BY DEFAULT AS IDENTITY,
    contractor_id integer NOT NULL,
    pattern_id integer,
    goal_type varchar(100) NOT NULL,
    goal_description text NOT NULL,
    target_milestone text NOT NULL,
    priority_score smallint NOT NULL,
    pattern_source text,
    pattern_confidence numeric(3,2),
    data_gaps text[] NOT NULL DEFAULT '{}',
    expected_low_months integer,
    expected_high_months integer,
    timeline text,
    status text NOT NULL DEFAULT 'open',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    PRIMARY KEY (client_id, id),
    CONSTRAINT ai_concierge_goals_priority CHECK (priority_score BETWEEN 1 AND 10),
    CONSTRAINT ai_concierge_goals_status_known CHECK (status IN ('open', 'completed', 'abandoned')),
    CONSTRAINT ai_concierge_goals_ended CHECK ((status = 'open') = (completed_at IS NULL)),
    FOREIGN KEY (client_id, contractor_id) REFERENCES contractors (client_id, id) ON DELETE CASCADE,
    FOREIGN KEY (client_id, pattern_id) REFERENCES business_growth_patterns (client_id, id)
        ON DELETE SET NULL (pattern_id)
);
CREATE UNIQUE INDEX IF NOT EXISTS ai_concierge_goals_one_open
    ON ai_concierge_goals (client_id, contractor_id, goal_type) WHERE status = 'open';
CREATE INDEX IF NOT EXISTS idx_ai_concierge_goals_pattern ON ai_concierge_goals (client_id, pattern_id);

CREATE TABLE IF NOT EXISTS ai_concierge_checklist_items (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    id integer GENERATED BY DEFAULT AS IDENTITY,
    goal_id integer NOT NULL,
    position smallint NOT NULL,
    item text NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (client_id, id),
    CONSTRAINT ai_concierge_checklist_items_once UNIQUE (client_id, goal_id, item),
    FOREIGN KEY (client_id, goal_id) REFERENCES ai_concierge_goals (client_id, id) ON DELETE CASCADE
);

-- 3. What came of it. What was learned outlives the goal (X56).
CREATE TABLE IF NOT EXISTS pattern_success_tracking (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    id integer GENERATED BY DEFAULT AS IDENTITY,
    pattern_id integer NOT NULL,
    contractor_id integer NOT NULL,
    goal_id integer,
    goal_completed boolean NOT NULL DEFAULT false,
    time_to_completion_days integer,
    contractor_satisfaction smallint,
    outcome_notes text,
    revenue_impact varchar(50),
    what_worked text,
    what_didnt_work text,
    -- As it was told when the goal was made: what calibration is judged by.
    pattern_confidence numeric(3,2),
    created_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    -- The event that told it: told again, it is the same outcome.
    event_id text NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT pattern_success_tracking_once UNIQUE (client_id, event_id),
    CONSTRAINT pattern_success_tracking_rated CHECK (contractor_satisfaction BETWEEN 1 AND 5),
    CONSTRAINT pattern_success_tracking_impact_known
        CHECK (revenue_impact IN ('positive', 'neutral', 'negative', 'too_early')),
    CONSTRAINT pattern_success_tracking_days CHECK (time_to_completion_days >= 0),
    FOREIGN KEY (client_id, pattern_id) REFERENCES business_growth_patterns (client_id, id) ON DELETE CASCADE,
    FOREIGN KEY (client_id, contractor_id) REFERENCES contractors (client_id, id) ON DELETE CASCADE,
    FOREIGN KEY (client_id, goal_id) REFERENCES ai_concierge_goals (client_id, id) ON DELETE SET NULL (goal_id)
);
CREATE INDEX IF NOT EXISTS idx_pattern_success ON pattern_success_tracking (client_id, pattern_id, goal_completed);
CREATE INDEX IF NOT EXISTS idx_contractor_outcomes
    ON pattern_success_tracking (client_id, contractor_id, goal_completed);
-- What is told of a goal later is added to what is known of it.
CREATE UNIQUE INDEX IF NOT EXISTS pattern_success_tracking_goal ON pattern_success_tracking (client_id, goal_id)
    WHERE goal_id IS NOT NULL;

DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['contractors', 'contractor_revenue_history', 'partners', 'contractor_partner_usage',
        'contractor_milestones', 'contractor_content', 'business_growth_patterns', 'growth_runs',
        'contractor_pattern_matches', 'ai_concierge_goals', 'ai_concierge_checklist_items', 'pattern_success_tracking']
    LOOP
        EXECUTE format('DROP POLICY IF EXISTS one_tenant ON %I', tab);
        PERFORM leadfleet_protect(tab);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO leadfleet_app', tab);
    END LOOP;
END
$$;
REVOKE UPDATE, DELETE ON contractor_revenue_history FROM leadfleet_app;

-- Clients of whose contractors something can be learned.
DROP POLICY IF EXISTS every_client ON contractor_revenue_history;
CREATE POLICY every_client ON contractor_revenue_history FOR SELECT TO CURRENT_USER
    USING ((SELECT current_setting('app.every_client', true)) = 'on');
CREATE OR REPLACE FUNCTION leadfleet_clients_growing() RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    RETURN QUERY SELECT c.id FROM public.clients AS c
        WHERE EXISTS (SELECT FROM public.contractor_revenue_history AS h WHERE h.client_id = c.id) ORDER BY c.id;
    PERFORM set_config('app.every_client', '', true);
END
$$;
REVOKE ALL ON FUNCTION leadfleet_clients_growing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leadfleet_clients_growing TO leadfleet_app;
