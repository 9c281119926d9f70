-- What the score of a lead needs beside migration 014.

-- Parts of a score that came with a lead from elsewhere: they stand instead of what the rules say.
ALTER TABLE leads ADD COLUMN IF NOT EXISTS als_given jsonb;

-- Whoever changes what a score is made of, in whatever way: nobody has scored the lead as it is now.
CREATE OR REPLACE FUNCTION leadfleet_score_is_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.scored_at := NULL;
    RETURN NEW;
END
$$;
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
CREATE TRIGGER trigger_bounce_counts AFTER INSERT ON activities
    FOR EACH ROW WHEN (NEW.lead_id IS NOT NULL AND NEW.action = 'bounced')
    EXECUTE FUNCTION leadfleet_bounce_counts();

-- A booking converts. A touch keeps the score from before it, also one that waits to be made anew; one that is heard of
-- late may be the converting one.
CREATE OR REPLACE FUNCTION mark_activity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    booked boolean;
BEGIN
    IF NEW.action = 'meeting_booked' THEN
        UPDATE leads SET converted_at = least(converted_at, NEW.created_at)
        WHERE client_id = NEW.client_id AND id = NEW.lead_id;
        PERFORM leadfleet_attribute(NEW.client_id, NEW.lead_id);
    ELSE
        UPDATE leads SET
            first_touch_at = least(first_touch_at, NEW.created_at),
            als_snapshot = CASE WHEN first_touch_at IS NULL AND als_components IS NOT NULL THEN jsonb_build_object(
                'score', als_score, 'tier', als_tier, 'components', als_components, 'weights', als_weights_used)
                ELSE als_snapshot END
        WHERE client_id = NEW.client_id AND id = NEW.lead_id
            AND (first_touch_at IS NULL OR NEW.created_at < first_touch_at);
        SELECT converted_at IS NOT NULL FROM leads WHERE client_id = NEW.client_id AND id = NEW.lead_id INTO booked;
        IF booked THEN
            PERFORM leadfleet_attribute(NEW.client_id, NEW.lead_id);
        END IF;
    END IF;
    RETURN NULL;
END
$$;
