ALTER TYPE backfill_state ADD VALUE 'incomplete' AFTER 'done';
-- UTC days of which trades could not be loaded, such as "2024-01-05".
ALTER TABLE backfill ADD COLUMN missing jsonb NOT NULL DEFAULT '[]';
-- Trades of its files that contradict stored ones.
ALTER TABLE backfill ADD COLUMN conflicts bigint NOT NULL DEFAULT 0;
