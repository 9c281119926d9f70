-- Who leaves after a booking has booked: also when nobody knows when, the conversion is dated before the leaving.
CREATE FUNCTION keep_conversion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.converted_at := coalesce(
        (SELECT max(created_at) FROM activities WHERE client_id = NEW.client_id AND lead_id = NEW.id AND led_to_booking),
        OLD.updated_at);
    RETURN NEW;
END
$$;
CREATE TRIGGER trigger_keep_conversion BEFORE UPDATE OF status ON leads
    FOR EACH ROW WHEN (OLD.status = 'converted' AND NEW.status = 'unsubscribed' AND NEW.converted_at IS NULL)
    EXECUTE FUNCTION keep_conversion();
