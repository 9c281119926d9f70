-- What Claude wrote may be taken out of use; whoever is enrolled stays on it.
ALTER TABLE sequence_versions
    ADD COLUMN note text NOT NULL DEFAULT '',
    ADD COLUMN retired_at timestamptz;

-- An experiment is about the words of one kind of step in one segment, whatever the sequence is called.
ALTER TABLE experiments
    ALTER COLUMN sequence_type DROP NOT NULL,
    ALTER COLUMN step DROP NOT NULL,
    ADD COLUMN kind text NOT NULL DEFAULT '',
    -- The day of the shares in force, and the seed they were drawn with.
    ADD COLUMN shares_on date,
    ADD COLUMN seed bigint,
    -- Since when an arm is called better: shares stay as they are for a while, to see whether it holds.
    ADD COLUMN settled_on date;

-- The shares of all arms when somebody was assigned, in the order of the arms.
ALTER TABLE experiment_assignments ADD COLUMN shares double precision[] NOT NULL DEFAULT '{}';

-- A booking that came after the one that takes its place is found by this.
CREATE INDEX activities_replaces ON activities (client_id, (detail ->> 'replaces'))
    WHERE detail ? 'replaces';
