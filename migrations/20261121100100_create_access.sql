-- Keys of programs. A key's id begins with its client, so that it can be looked up as that client.
CREATE TABLE api_keys (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    key_id text NOT NULL,
    name text NOT NULL,
    -- SHA-256 of 256 random bits: nothing that could be guessed.
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (client_id, key_id),
    CONSTRAINT api_keys_scopes_known CHECK (scopes <@ ARRAY['read', 'write', 'track', 'admin'])
);

-- Answers to requests that came with an Idempotency-Key, for a day.
CREATE TABLE idempotency_keys (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    key text NOT NULL,
    request_hash bytea NOT NULL,
    -- None while the first request is still being answered.
    status smallint,
    body bytea,
    content_type text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, key)
);
CREATE INDEX idx_idempotency_keys_age ON idempotency_keys (client_id, created_at);

-- Where outreach tools send their events, and the secrets by which they are known.
CREATE TABLE webhook_endpoints (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    endpoint_id text NOT NULL,
    source text NOT NULL,
    -- Several while one is being changed for another.
    secrets text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (client_id, endpoint_id)
);

SELECT leadfleet_protect('api_keys');
SELECT leadfleet_protect('idempotency_keys');
SELECT leadfleet_protect('webhook_endpoints');
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys, idempotency_keys, webhook_endpoints TO leadfleet_app;
