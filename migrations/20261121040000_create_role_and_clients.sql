-- The role of workers belongs to the cluster, not to the database: another database may have made it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'leadfleet_app') THEN
        BEGIN
            CREATE ROLE leadfleet_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE insufficient_privilege USING
                    MESSAGE = format('user %s may not create the role leadfleet_app', current_user),
                    HINT = 'Let an administrator run: CREATE ROLE leadfleet_app NOLOGIN; GRANT leadfleet_app TO '
                        || quote_ident(current_user);
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'leadfleet_app' AND (rolsuper OR rolbypassrls)) THEN
        RAISE EXCEPTION 'role leadfleet_app may not be SUPERUSER or BYPASSRLS: tenants would see each other';
    END IF;
    IF NOT pg_has_role(current_user, 'leadfleet_app', 'MEMBER') THEN
        BEGIN
            EXECUTE format('GRANT leadfleet_app TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE insufficient_privilege USING
                MESSAGE = format('user %s may not take on the role leadfleet_app', current_user),
                HINT = 'Let an administrator run: GRANT leadfleet_app TO ' || quote_ident(current_user);
        END;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA public TO leadfleet_app;

-- One policy for all commands, its tenant asked for once a statement. Without a tenant the comparison
-- is NULL, and nothing is seen or written.
CREATE FUNCTION leadfleet_protect(tab regclass, key text DEFAULT 'client_id') RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tab);
    EXECUTE format(
        'CREATE POLICY one_tenant ON %1$s '
        'USING (%2$I = (SELECT nullif(current_setting(''app.client_id'', true), '''')::uuid)) '
        'WITH CHECK (%2$I = (SELECT nullif(current_setting(''app.client_id'', true), '''')::uuid))', tab, key);
END
$$;
REVOKE ALL ON FUNCTION leadfleet_protect FROM PUBLIC;

-- The tenant a row is for when its writer does not say.
CREATE FUNCTION leadfleet_client() RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        nullif(current_setting('app.client_id', true), '')::uuid,
        '00000000-0000-7000-8000-000000000001')
$$;

CREATE TABLE clients (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT clients_slug_form CHECK (slug ~ '^[a-z0-9-]{1,64}$')
);
INSERT INTO clients (id, slug, name)
VALUES ('00000000-0000-7000-8000-000000000001', 'default', 'Default');
SELECT leadfleet_protect('clients', 'id');
GRANT SELECT ON clients TO leadfleet_app;
