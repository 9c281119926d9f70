-- The words of leads as rows of their own. Under row-level security no index serves an operator that could tell of rows it
-- must not see, which those of text search are: the index for them was never used. Comparisons of text are safe.
CREATE TABLE lead_words (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    word text COLLATE "C" NOT NULL,
    lead_id uuid NOT NULL,
    PRIMARY KEY (client_id, word, lead_id)
);
SELECT leadfleet_protect('lead_words');
GRANT SELECT, INSERT, DELETE ON lead_words TO leadfleet_app;
DROP INDEX idx_leads_words;

CREATE FUNCTION leadfleet_words(name text, company text, title text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN tsvector_to_array(to_tsvector('simple'::regconfig, name || ' ' || company || ' ' || title));

CREATE FUNCTION leadfleet_note_words() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.lead_words (client_id, word, lead_id)
    SELECT client_id, unnest(public.leadfleet_words(name, company, title)), id FROM added
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_note_words AFTER INSERT ON leads
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION leadfleet_note_words();

CREATE FUNCTION leadfleet_change_words() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM public.lead_words WHERE client_id = OLD.client_id AND lead_id = OLD.id
        AND word = ANY (public.leadfleet_words(OLD.name, OLD.company, OLD.title));
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO public.lead_words (client_id, word, lead_id)
        SELECT NEW.client_id, unnest(public.leadfleet_words(NEW.name, NEW.company, NEW.title)), NEW.id
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_change_words AFTER UPDATE OF name, company, title ON leads FOR EACH ROW
    WHEN ((OLD.name, OLD.company, OLD.title) IS DISTINCT FROM (NEW.name, NEW.company, NEW.title))
    EXECUTE FUNCTION leadfleet_change_words();
CREATE TRIGGER trigger_forget_words AFTER DELETE ON leads FOR EACH ROW EXECUTE FUNCTION leadfleet_change_words();

-- Of leads that are there already, whoever's they are.
ALTER TABLE leads NO FORCE ROW LEVEL SECURITY;
ALTER TABLE lead_words NO FORCE ROW LEVEL SECURITY;
INSERT INTO lead_words (client_id, word, lead_id)
SELECT client_id, unnest(leadfleet_words(name, company, title)), id FROM leads;
ALTER TABLE leads FORCE ROW LEVEL SECURITY;
ALTER TABLE lead_words FORCE ROW LEVEL SECURITY;
