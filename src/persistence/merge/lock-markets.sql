-- Everything that writes candles takes these locks first, in this order: two writers of shuffled trades would
-- otherwise wait for each other's candle rows in a circle. Run in READ COMMITTED, the next statement sees what the
-- transaction before it committed. The horizon cannot move until this transaction ends.
SELECT m.id, h.time AS horizon
FROM market m CROSS JOIN horizon h
WHERE m.id = ANY ($1)
ORDER BY m.id
FOR NO KEY UPDATE OF m FOR SHARE OF h
