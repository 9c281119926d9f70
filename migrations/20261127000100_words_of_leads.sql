-- The words by which people look for a lead, as rows of their own: comparisons of text are served by an index under
-- row-level security too.
CREATE TABLE lead_words (
    client_id uuid NOT NULL DEFAULT leadfleet_client(),
    word text COLLATE "C" NOT NULL,
    lead_id uuid NOT NULL,
    PRIMARY KEY (client_id, word, lead_id),
    FOREIGN KEY (client_id, lead_id) REFERENCES leads (client_id, id) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX idx_lead_words_lead ON lead_words (client_id, lead_id);
SELECT leadfleet_protect('lead_words');
GRANT SELECT, INSERT, DELETE ON lead_words TO leadfleet_app;

CREATE FUNCTION leadfleet_words(name text, company text, title text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('simple'::regconfig, name || ' ' || company || ' ' || title);

CREATE FUNCTION leadfleet_note_words() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.lead_words (client_id, word, lead_id)
    SELECT client_id, unnest(tsvector_to_array(public.leadfleet_words(name, company, title))), id FROM added;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_note_words AFTER INSERT ON leads
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION leadfleet_note_words();

CREATE FUNCTION leadfleet_change_words() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM public.lead_words WHERE client_id = NEW.client_id AND lead_id = NEW.id;
    INSERT INTO public.lead_words (client_id, word, lead_id)
    SELECT NEW.client_id, unnest(tsvector_to_array(public.leadfleet_words(NEW.name, NEW.company, NEW.title))), NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_change_words AFTER UPDATE OF name, company, title ON leads FOR EACH ROW
    WHEN ((OLD.name, OLD.company, OLD.title) IS DISTINCT FROM (NEW.name, NEW.company, NEW.title))
    EXECUTE FUNCTION leadfleet_change_words();

-- Of leads that are there already, whoever's they are.
ALTER TABLE leads NO FORCE ROW LEVEL SECURITY;
ALTER TABLE lead_words NO FORCE ROW LEVEL SECURITY;
INSERT INTO lead_words (client_id, word, lead_id)
SELECT client_id, unnest(tsvector_to_array(leadfleet_words(name, company, title))), id FROM leads;
ALTER TABLE leads FORCE ROW LEVEL SECURITY;
ALTER TABLE lead_words FORCE ROW LEVEL SECURITY;
