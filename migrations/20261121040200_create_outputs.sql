CREATE TABLE runs (
    client_id uuid NOT NULL REFERENCES clients (id),
    run_id text NOT NULL,
    run_date date NOT NULL,
    generation integer NOT NULL,
    -- Whether its rows are the ones in matched_segments; else they are in the archive.
    current boolean NOT NULL,
    summary jsonb NOT NULL,
    stored_at timestamptz NOT NULL,
    -- When it was first to be stored: of two runs of a day the later one is the newer.
    ready_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, run_id)
);
CREATE UNIQUE INDEX runs_one_current ON runs (client_id) WHERE current;
CREATE INDEX idx_runs_date ON runs (client_id, run_date DESC, ready_at DESC);

CREATE TABLE segments (
    client_id uuid NOT NULL,
    run_id text NOT NULL,
    position integer NOT NULL,
    segment_name varchar(255) NOT NULL,
    pain_category varchar(100) NOT NULL,
    categories text[] NOT NULL,
    match_strategy varchar(100) NOT NULL,
    priority_score numeric(3, 1) NOT NULL,
    priority_raw double precision NOT NULL,
    opportunity_index double precision NOT NULL,
    ai_adjustment double precision NOT NULL,
    ai_reason text,
    mean_confidence double precision NOT NULL,
    mean_severity double precision NOT NULL,
    mean_mentions double precision NOT NULL,
    total_mentions bigint NOT NULL,
    clinics integer NOT NULL,
    with_decision_maker integer NOT NULL,
    with_email integer NOT NULL,
    state text,
    match_reason text NOT NULL,
    outreach_template jsonb,
    template_source text NOT NULL,
    evidence jsonb NOT NULL,
    PRIMARY KEY (client_id, run_id, position),
    CONSTRAINT segments_name_unique UNIQUE (client_id, run_id, segment_name),
    FOREIGN KEY (client_id, run_id) REFERENCES runs (client_id, run_id) ON DELETE CASCADE,
    CONSTRAINT segments_priority_range CHECK (priority_score BETWEEN 1 AND 10),
    CONSTRAINT segments_ai_adjustment_range CHECK (ai_adjustment BETWEEN -1 AND 1),
    CONSTRAINT segments_template_source_known CHECK (template_source IN ('claude', 'generic', 'needs_manual'))
);

CREATE TABLE segment_membership_log (
    client_id uuid NOT NULL,
    run_id text NOT NULL,
    clinic_id integer NOT NULL,
    segment_name varchar(255) NOT NULL,
    kept_in varchar(255) NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (client_id, run_id, clinic_id, segment_name),
    FOREIGN KEY (client_id, run_id) REFERENCES runs (client_id, run_id) ON DELETE CASCADE
);

-- The current run of each tenant: a partition that is replaced as a whole.
-- Ids may come round again: what must last names run, segment and clinic.
CREATE SEQUENCE matched_segments_id_seq AS integer CACHE 1000 CYCLE;
CREATE TABLE matched_segments (
    id integer NOT NULL DEFAULT nextval('matched_segments_id_seq'),
    segment_name varchar(255) NOT NULL,
    pain_category varchar(100),
    clinic_id integer NOT NULL,
    match_reason text,
    match_strategy varchar(100),
    confidence_score numeric(3, 1) NOT NULL,
    priority_score numeric(3, 1) NOT NULL,
    outreach_template jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    run_id text NOT NULL,
    reason_code text NOT NULL,
    -- What is not there got no points.
    points jsonb NOT NULL,
    hot_lead boolean NOT NULL,
    categories text[] NOT NULL,
    PRIMARY KEY (client_id, id),
    CONSTRAINT matched_segments_clinic FOREIGN KEY (client_id, clinic_id)
        REFERENCES clinics_contact_info (client_id, id) ON DELETE CASCADE,
    CONSTRAINT matched_segments_confidence_range CHECK (confidence_score BETWEEN 1 AND 10),
    CONSTRAINT matched_segments_priority_range CHECK (priority_score BETWEEN 1 AND 10)
) PARTITION BY LIST (client_id);
ALTER SEQUENCE matched_segments_id_seq OWNED BY matched_segments.id;
CREATE INDEX idx_segment_name ON matched_segments (segment_name);
CREATE INDEX idx_pain_category ON matched_segments (pain_category);
CREATE INDEX idx_priority_score ON matched_segments (priority_score DESC);
CREATE INDEX idx_clinic_id ON matched_segments (clinic_id);

-- Runs before the current one: by tenant, then by run. A partition keeps the indexes it came with.
CREATE TABLE matched_segments_archive (LIKE matched_segments INCLUDING DEFAULTS) PARTITION BY LIST (client_id);

SELECT leadfleet_protect(tab) FROM unnest(ARRAY[
    'runs', 'segments', 'segment_membership_log', 'matched_segments', 'matched_segments_archive'
]::regclass[]) tab;
GRANT SELECT, INSERT, UPDATE, DELETE ON runs, segments, segment_membership_log TO leadfleet_app;
-- Rows of a run are written by matched_segments_stage and matched_segments_publish only.
GRANT SELECT ON matched_segments, matched_segments_archive TO leadfleet_app;
GRANT USAGE ON SEQUENCE matched_segments_id_seq TO leadfleet_app;
