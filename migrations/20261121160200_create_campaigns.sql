-- Campaigns: what was asked for, what was written, and which channels each lead was assigned.

CREATE TABLE campaigns (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    state text NOT NULL DEFAULT 'asked',
    segment text,
    icp jsonb NOT NULL DEFAULT '{}',
    steps smallint NOT NULL,
    context text NOT NULL DEFAULT '',
    sequence jsonb NOT NULL DEFAULT '[]',
    days text[] NOT NULL DEFAULT '{}',
    source text,
    model text NOT NULL DEFAULT '',
    cost_micros bigint NOT NULL DEFAULT 0,
    -- Why the words are not Claude's.
    note text NOT NULL DEFAULT '',
    patterns_used jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    written_at timestamptz,
    PRIMARY KEY (client_id, id),
    CONSTRAINT campaigns_state_known CHECK (state IN ('asked', 'written')),
    CONSTRAINT campaigns_source_known CHECK (source IN ('claude', 'templates')),
    CONSTRAINT campaigns_written CHECK ((state = 'written') = (source IS NOT NULL AND written_at IS NOT NULL))
);
CREATE INDEX idx_campaigns_newest ON campaigns (client_id, created_at DESC, id DESC);

CREATE TABLE campaign_assignments (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    campaign_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    -- The week for which it was drawn; the same week draws the same.
    week date NOT NULL,
    tier text,
    -- The channels in their order, each with how likely it was in its place, so that it can be weighed later.
    channels text[] NOT NULL,
    propensities double precision[] NOT NULL,
    reason text NOT NULL,
    assigned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, campaign_id, lead_id),
    CONSTRAINT campaign_assignments_weighed CHECK (cardinality(channels) = cardinality(propensities)),
    FOREIGN KEY (client_id, campaign_id) REFERENCES campaigns (client_id, id) ON DELETE CASCADE,
    FOREIGN KEY (client_id, lead_id) REFERENCES leads (client_id, id) ON DELETE CASCADE
);
CREATE INDEX idx_campaign_assignments_lead ON campaign_assignments (client_id, lead_id);

SELECT leadfleet_protect('campaigns');
SELECT leadfleet_protect('campaign_assignments');
GRANT SELECT, INSERT, UPDATE, DELETE ON campaigns, campaign_assignments TO leadfleet_app;
