-- Every transaction that writes candles takes these locks first, in this order: two writers of
-- shuffled trades would otherwise deadlock on each other's candle rows. In READ COMMITTED, the next
-- statement sees what the previous holder committed. The horizon cannot move until this transaction
-- ends.
SELECT m.id, h.time AS horizon
FROM market m CROSS JOIN horizon h
WHERE m.id = ANY ($1)
ORDER BY m.id
FOR NO KEY UPDATE OF m FOR SHARE OF h
