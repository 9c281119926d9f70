-- Whose prospects they are, within a client.
CREATE TABLE client_users (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    user_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, user_id),
    CONSTRAINT client_users_user_id_form CHECK (user_id ~ '^[A-Za-z0-9_.@-]{1,64}$')
);

-- The prospects of a client, from wherever they came.
CREATE TABLE leads (
    id uuid NOT NULL,
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    -- The name by which tools and callers know it.
    prospect_id text NOT NULL,
    name text NOT NULL,
    title text NOT NULL DEFAULT '',
    company text NOT NULL DEFAULT '',
    industry text NOT NULL DEFAULT '',
    about text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT '',
    country text NOT NULL DEFAULT '',
    time_zone text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    linkedin_url text NOT NULL DEFAULT '',
    website text NOT NULL DEFAULT '',
    -- Keyed hashes of e-mail, telephone number and profile address: events name people by these only.
    email_key bytea,
    phone_key bytea,
    profile_key bytea,
    -- One identity: the company without case, spaces and legal form; empty when there is none.
    company_name text NOT NULL DEFAULT '',
    given_scores jsonb NOT NULL DEFAULT '{}',
    signal_strength double precision,
    source text NOT NULL,
    lawful_basis text NOT NULL DEFAULT 'legitimate_interest',
    collected_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'new',
    segment text,
    segment_rule text,
    segment_words jsonb NOT NULL DEFAULT '[]',
    low_confidence boolean NOT NULL DEFAULT false,
    tags jsonb,
    fit_score double precision,
    referral_capacity double precision,
    signal_score double precision,
    priority_score double precision,
    score_parts jsonb,
    replies integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, id),
    CONSTRAINT leads_prospect_id_unique UNIQUE (client_id, prospect_id),
    CONSTRAINT leads_prospect_id_form CHECK (prospect_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    CONSTRAINT leads_name_given CHECK (name <> ''),
    CONSTRAINT leads_segment_known CHECK (segment IN ('referral_network', 'thought_leadership', 'stealth_founder')),
    CONSTRAINT leads_signal_range CHECK (signal_strength BETWEEN 0 AND 100)
);
CREATE UNIQUE INDEX leads_one_email ON leads (client_id, email_key) WHERE email_key IS NOT NULL;
CREATE UNIQUE INDEX leads_one_profile ON leads (client_id, profile_key) WHERE profile_key IS NOT NULL;
CREATE INDEX idx_leads_phone ON leads (client_id, phone_key) WHERE phone_key IS NOT NULL;
CREATE INDEX idx_leads_person ON leads (client_id, lower(name), company_name);
CREATE INDEX idx_leads_company ON leads (client_id, company_name) WHERE company_name <> '';
CREATE INDEX idx_leads_priority ON leads (client_id, priority_score DESC NULLS LAST, prospect_id);

-- What is known of a prospect beside its attributes: context for messages.
CREATE TABLE research_notes (
    id uuid NOT NULL,
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    lead_id uuid NOT NULL,
    note text NOT NULL,
    source text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, lead_id) REFERENCES leads (client_id, id) ON DELETE CASCADE
);
CREATE INDEX idx_research_notes_lead ON research_notes (client_id, lead_id, created_at);

-- Who must not be contacted. Addresses are kept as keyed hashes, so that this outlives an erasure.
CREATE TABLE suppressions (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    scope text NOT NULL,
    key bytea NOT NULL,
    -- Empty: on every channel.
    channel text NOT NULL DEFAULT '',
    reason text NOT NULL,
    source text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, scope, key, channel),
    CONSTRAINT suppressions_scope_known CHECK (scope IN ('address', 'domain', 'company', 'channel', 'global'))
);

-- A version of a sequence: who is enrolled stays on it.
CREATE TABLE sequence_versions (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    segment text NOT NULL,
    sequence_type text NOT NULL,
    version integer NOT NULL,
    -- Steps with their variants.
    steps jsonb NOT NULL,
    digest bytea NOT NULL,
    source text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, segment, sequence_type, version),
    CONSTRAINT sequence_versions_type_known
        CHECK (sequence_type IN ('3-step', '5-step', '7-step', 'soft_nudge', 'direct_cta'))
);

-- A prospect in a sequence.
CREATE TABLE enrolments (
    id uuid NOT NULL,
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    lead_id uuid NOT NULL,
    segment text NOT NULL,
    sequence_type text NOT NULL,
    version integer NOT NULL,
    -- The words for this prospect, a message a step, each with its variant.
    messages jsonb NOT NULL,
    state text NOT NULL DEFAULT 'enrolled',
    stop text,
    step smallint,
    since date,
    paused_until date,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, lead_id) REFERENCES leads (client_id, id) ON DELETE CASCADE,
    FOREIGN KEY (client_id, segment, sequence_type, version)
        REFERENCES sequence_versions (client_id, segment, sequence_type, version),
    CONSTRAINT enrolments_state_known
        CHECK (state IN ('enrolled', 'requested', 'connected', 'contacted', 'finished', 'stopped')),
    CONSTRAINT enrolments_stop_given CHECK ((state = 'stopped') = (stop IS NOT NULL))
);
-- One chain at a time.
CREATE UNIQUE INDEX enrolments_one_running ON enrolments (client_id, lead_id) WHERE state NOT IN ('finished', 'stopped');
CREATE INDEX idx_enrolments_lead ON enrolments (client_id, lead_id, created_at DESC);
CREATE INDEX idx_enrolments_state ON enrolments (client_id, state);

CREATE TABLE enrolment_transitions (
    id uuid NOT NULL,
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    enrolment_id uuid NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    cause text NOT NULL,
    activity_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, enrolment_id) REFERENCES enrolments (client_id, id) ON DELETE CASCADE
);
CREATE INDEX idx_enrolment_transitions ON enrolment_transitions (client_id, enrolment_id, at);

-- What is planned to go out, and what became of it.
CREATE TABLE touches (
    id uuid NOT NULL,
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    enrolment_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    kind text NOT NULL,
    step smallint NOT NULL,
    variant text NOT NULL,
    channel text NOT NULL,
    segment text NOT NULL,
    week date NOT NULL,
    local_date date NOT NULL,
    local_time time NOT NULL,
    due_at timestamptz NOT NULL,
    late boolean NOT NULL DEFAULT false,
    -- planned, then due (a tool may have it), then sent; or cancelled with a reason.
    state text NOT NULL DEFAULT 'planned',
    reason text,
    taken_by text,
    taken_at timestamptz,
    sent_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, enrolment_id) REFERENCES enrolments (client_id, id) ON DELETE CASCADE,
    FOREIGN KEY (client_id, lead_id) REFERENCES leads (client_id, id) ON DELETE CASCADE,
    CONSTRAINT touches_state_known CHECK (state IN ('planned', 'due', 'sent', 'cancelled'))
);
CREATE UNIQUE INDEX touches_one_a_step ON touches (client_id, enrolment_id, step) WHERE state <> 'cancelled';
CREATE INDEX idx_touches_due ON touches (client_id, state, due_at);
CREATE INDEX idx_touches_week ON touches (client_id, week, due_at);
CREATE INDEX idx_touches_requests ON touches (client_id, local_date) WHERE kind = 'connection_request';

-- What happened to prospects: every engagement event once.
CREATE TABLE activities (
    id uuid NOT NULL,
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    -- None when nobody is known by the address that the event names.
    lead_id uuid,
    action text NOT NULL,
    channel text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    source text NOT NULL,
    event_id text NOT NULL,
    enrolment_id uuid,
    touch_id uuid,
    kind text,
    step smallint,
    variant text,
    segment text,
    sequence_type text,
    intent text,
    machine boolean NOT NULL DEFAULT false,
    machine_reason text,
    meeting_id text,
    detail jsonb NOT NULL DEFAULT '{}',
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, lead_id) REFERENCES leads (client_id, id) ON DELETE CASCADE,
    CONSTRAINT activities_event_once UNIQUE (client_id, source, event_id)
);
CREATE INDEX idx_activities_lead ON activities (client_id, lead_id, created_at);
CREATE INDEX idx_activities_time ON activities (client_id, created_at);
-- A step goes out once, whoever says so: the tool that took it, or the one that reports.
CREATE UNIQUE INDEX activities_one_send ON activities (client_id, enrolment_id, step)
    WHERE action = 'sent' AND enrolment_id IS NOT NULL AND step IS NOT NULL;
-- A meeting that was moved is one meeting.
CREATE UNIQUE INDEX activities_one_meeting ON activities (client_id, meeting_id)
    WHERE action = 'meeting_booked' AND meeting_id IS NOT NULL;

CREATE TABLE experiments (
    id uuid NOT NULL,
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    name text NOT NULL,
    segment text NOT NULL,
    sequence_type text NOT NULL,
    step smallint NOT NULL,
    -- Variants with their planned shares.
    arms jsonb NOT NULL,
    started_on date NOT NULL,
    ended_on date,
    verdict jsonb,
    PRIMARY KEY (client_id, id),
    CONSTRAINT experiments_name_unique UNIQUE (client_id, name)
);
CREATE TABLE experiment_assignments (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    experiment_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    variant text NOT NULL,
    -- How likely the assignment was, so that it can be weighed later.
    propensity double precision NOT NULL,
    assigned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, experiment_id, lead_id),
    FOREIGN KEY (client_id, experiment_id) REFERENCES experiments (client_id, id) ON DELETE CASCADE,
    FOREIGN KEY (client_id, lead_id) REFERENCES leads (client_id, id) ON DELETE CASCADE
);

CREATE FUNCTION leadfleet_protect_outreach() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['client_users', 'leads', 'research_notes', 'suppressions', 'sequence_versions',
        'enrolments', 'enrolment_transitions', 'touches', 'activities', 'experiments', 'experiment_assignments']
    LOOP
        PERFORM leadfleet_protect(tab::regclass);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO leadfleet_app', tab);
    END LOOP;
END
$$;
SELECT leadfleet_protect_outreach();
DROP FUNCTION leadfleet_protect_outreach();
