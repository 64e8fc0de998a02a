-- The newest exchange time that a single message has brought, and when that message came (epoch ms): the clock goes
-- there when another message has reached it, too.
ALTER TABLE market ADD COLUMN ahead bigint[];
COMMENT ON COLUMN market.clock IS 'Newest exchange time that two messages or a clock record have reached, epoch ms: candles that end before it are closed';
