-- What the score of a lead needs beside migration 014.

-- Whoever changes what a score is made of, in whatever way: nobody has scored the lead as it is now.
CREATE OR REPLACE FUNCTION leadfleet_score_is_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.scored_at := NULL;
    RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS trigger_score_is_old ON leads;
CREATE TRIGGER trigger_score_is_old BEFORE UPDATE ON leads FOR EACH ROW
    WHEN (OLD.scored_at IS NOT NULL AND (OLD.title, OLD.company, OLD.industry, OLD.city, OLD.state, OLD.country,
            OLD.email, OLD.phone, OLD.linkedin_url, OLD.website, OLD.signal_strength, OLD.employee_count,
            OLD.is_new_role, OLD.is_hiring, OLD.recently_funded, OLD.als_given,
            OLD.status = 'unsubscribed', OLD.status = 'bounced')
        IS DISTINCT FROM (NEW.title, NEW.company, NEW.industry, NEW.city, NEW.state, NEW.country,
            NEW.email, NEW.phone, NEW.linkedin_url, NEW.website, NEW.signal_strength, NEW.employee_count,
            NEW.is_new_role, NEW.is_hiring, NEW.recently_funded, NEW.als_given,
            NEW.status = 'unsubscribed', NEW.status = 'bounced'))
    EXECUTE FUNCTION leadfleet_score_is_old();

CREATE OR REPLACE FUNCTION leadfleet_bounce_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE leads SET scored_at = NULL WHERE client_id = NEW.client_id AND id = NEW.lead_id AND scored_at IS NOT NULL;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS trigger_bounce_counts ON activities;
CREATE TRIGGER trigger_bounce_counts AFTER INSERT ON activities
    FOR EACH ROW WHEN (NEW.lead_id IS NOT NULL AND NEW.action = 'bounced')
    EXECUTE FUNCTION leadfleet_bounce_counts();
