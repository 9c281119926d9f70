-- Keys by which an import knows a row again. Scrapers may write the same row twice, so they are not unique.
CREATE FUNCTION leadfleet_pain_key(category text, pain text, source text, external_id text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT md5(coalesce(source, '') || chr(31) || coalesce('#' || external_id, category || chr(31) || pain))
$$;
CREATE FUNCTION leadfleet_clinic_key(name text, address text, city text, state text, phone text, website text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT md5(lower(name || chr(31) || coalesce(city, '') || chr(31) || coalesce(state, '') || chr(31)
        || coalesce(address, phone, website, '')))
$$;
CREATE FUNCTION leadfleet_person_key(name text, company text, linkedin_url text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT md5(lower(coalesce('#' || linkedin_url, name || chr(31) || coalesce(company, ''))))
$$;

CREATE TABLE pain_points (
    id serial,
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    pain_category text NOT NULL,
    pain_text text NOT NULL,
    severity_score numeric(3, 1) NOT NULL,
    mentions integer NOT NULL DEFAULT 1,
    example_urls text[] NOT NULL DEFAULT '{}',
    source text,
    external_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    import_key text GENERATED ALWAYS AS (leadfleet_pain_key(pain_category, pain_text, source, external_id)) STORED,
    PRIMARY KEY (client_id, id),
    CONSTRAINT pain_points_severity_range CHECK (severity_score BETWEEN 1 AND 10),
    CONSTRAINT pain_points_mentions_range CHECK (mentions >= 0),
    CONSTRAINT pain_points_category_given CHECK (pain_category <> '')
);
CREATE INDEX idx_pain_points_created_at ON pain_points (client_id, created_at);
CREATE INDEX idx_pain_points_import_key ON pain_points (client_id, import_key);

CREATE TABLE clinics_contact_info (
    id serial,
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    clinic_name text NOT NULL,
    phone text,
    website text,
    email text,
    address text,
    city text,
    state text,
    zip text,
    business_type text,
    rating numeric(2, 1),
    review_count integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    import_key text GENERATED ALWAYS AS
        (leadfleet_clinic_key(clinic_name, address, city, state, phone, website)) STORED,
    PRIMARY KEY (client_id, id),
    CONSTRAINT clinics_contact_info_name_given CHECK (clinic_name <> ''),
    CONSTRAINT clinics_contact_info_rating_range CHECK (rating BETWEEN 0 AND 5),
    CONSTRAINT clinics_contact_info_review_count_range CHECK (review_count >= 0)
);
CREATE INDEX idx_clinics_contact_info_import_key ON clinics_contact_info (client_id, import_key);

CREATE TABLE decision_makers (
    id serial,
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    name text NOT NULL,
    title text,
    company_name text,
    linkedin_url text,
    email text,
    city text,
    state text,
    phone text,
    website text,
    created_at timestamptz NOT NULL DEFAULT now(),
    import_key text GENERATED ALWAYS AS (leadfleet_person_key(name, company_name, linkedin_url)) STORED,
    PRIMARY KEY (client_id, id),
    CONSTRAINT decision_makers_name_given CHECK (name <> '')
);
CREATE INDEX idx_decision_makers_import_key ON decision_makers (client_id, import_key);

CREATE TABLE clinic_patterns (
    id serial,
    client_id uuid NOT NULL DEFAULT leadfleet_client() REFERENCES clients (id),
    clinic_id integer NOT NULL,
    pattern_type text NOT NULL,
    confidence text NOT NULL,
    evidence jsonb NOT NULL DEFAULT '{}',
    detected_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, id),
    FOREIGN KEY (client_id, clinic_id) REFERENCES clinics_contact_info (client_id, id) ON DELETE CASCADE,
    CONSTRAINT clinic_patterns_confidence_known CHECK (confidence IN ('high', 'medium', 'low'))
);
CREATE INDEX idx_clinic_patterns_clinic ON clinic_patterns (client_id, clinic_id);

-- What the linker says of a decision maker and a clinic, and what a person decided. Its tenant is theirs.
CREATE TABLE decision_maker_links (
    client_id uuid NOT NULL,
    decision_maker_id integer NOT NULL,
    clinic_id integer NOT NULL,
    -- The first run that said so.
    run_id text NOT NULL,
    probability double precision NOT NULL,
    contributions jsonb NOT NULL,
    verdict text NOT NULL,
    decision text,
    reviewed_by text,
    reviewed_at timestamptz,
    PRIMARY KEY (client_id, decision_maker_id, clinic_id),
    FOREIGN KEY (client_id, decision_maker_id) REFERENCES decision_makers (client_id, id) ON DELETE CASCADE,
    FOREIGN KEY (client_id, clinic_id) REFERENCES clinics_contact_info (client_id, id) ON DELETE CASCADE,
    CONSTRAINT decision_maker_links_probability_range CHECK (probability BETWEEN 0 AND 1),
    CONSTRAINT decision_maker_links_verdict_known CHECK (verdict IN ('linked', 'ambiguous', 'unlinked')),
    CONSTRAINT decision_maker_links_decision_known CHECK (decision IN ('confirmed', 'rejected')),
    CONSTRAINT decision_maker_links_decision_whole
        CHECK ((decision IS NULL) = (reviewed_at IS NULL) AND (decision IS NULL) = (reviewed_by IS NULL))
);
CREATE INDEX idx_decision_maker_links_clinic ON decision_maker_links (client_id, clinic_id);
CREATE INDEX idx_decision_maker_links_review ON decision_maker_links (client_id, probability DESC)
    WHERE verdict = 'ambiguous' AND decision IS NULL;

SELECT leadfleet_protect(tab) FROM unnest(ARRAY[
    'pain_points', 'clinics_contact_info', 'decision_makers', 'clinic_patterns', 'decision_maker_links'
]::regclass[]) tab;
GRANT SELECT, INSERT, UPDATE, DELETE
    ON pain_points, clinics_contact_info, decision_makers, clinic_patterns, decision_maker_links TO leadfleet_app;
GRANT USAGE ON SEQUENCE
    pain_points_id_seq, clinics_contact_info_id_seq, decision_makers_id_seq, clinic_patterns_id_seq TO leadfleet_app;
