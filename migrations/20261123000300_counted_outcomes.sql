-- What an outcome counted as at the last learning; null until it counts. What changes later waits for others.
ALTER TABLE pattern_success_tracking ADD COLUMN IF NOT EXISTS counted_as real
    CONSTRAINT pattern_success_tracking_counted CHECK (counted_as IN (0, 0.5, 1));
