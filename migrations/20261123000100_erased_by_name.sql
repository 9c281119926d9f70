-- Who was erased does not come back by name either.

-- Of who was erased the hash of the company's name, salted; of 0 the salt.
ALTER TABLE contractors ADD COLUMN IF NOT EXISTS forgotten bytea;
