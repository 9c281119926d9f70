-- People who look at pages. A sign-in names no client, its address does: an address is one person's among all clients.
-- That is why its index alone does not begin with the tenant; only who adds people could learn of an address by it.
CREATE TABLE people (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    -- Argon2id, its salt and parameters beside it.
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    last_seen_at timestamptz,
    PRIMARY KEY (client_id, id),
    CONSTRAINT people_email_once UNIQUE (email),
    CONSTRAINT people_email_form CHECK (
        email = lower(email) AND email ~ '^[^[:space:]@]+@[^[:space:]@]+$' AND length(email) <= 254
    ),
    CONSTRAINT people_role_known CHECK (role IN ('viewer', 'operator', 'admin'))
);

-- Who is signed in. A session's id begins with its client, so that it can be looked up as that client.
CREATE TABLE sessions (
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    session_id text NOT NULL,
    person_id uuid NOT NULL,
    -- SHA-256 of 256 random bits: nothing that could be guessed.
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, session_id),
    FOREIGN KEY (client_id, person_id) REFERENCES people (client_id, id) ON DELETE CASCADE
);
CREATE INDEX idx_sessions_person ON sessions (client_id, person_id);

SELECT leadfleet_protect('people');
SELECT leadfleet_protect('sessions');
GRANT SELECT, INSERT, UPDATE, DELETE ON people, sessions TO leadfleet_app;

-- Whose address it is: asked before anybody is known. The client is all that it tells.
CREATE POLICY every_client ON people FOR SELECT TO CURRENT_USER
    USING ((SELECT current_setting('app.every_client', true)) = 'on');
CREATE FUNCTION leadfleet_client_of_person(address text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found uuid;
BEGIN
    PERFORM set_config('app.every_client', 'on', true);
    SELECT client_id INTO found FROM public.people WHERE email = address;
    PERFORM set_config('app.every_client', '', true);
    RETURN found;
END
$$;
REVOKE ALL ON FUNCTION leadfleet_client_of_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leadfleet_client_of_person TO leadfleet_app;
