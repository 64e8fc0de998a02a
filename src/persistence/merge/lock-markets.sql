-- Every transaction that writes candles takes these locks first, in this order: two writers of
-- shuffled trades would otherwise deadlock on each other's candle rows. In READ COMMITTED, the next
-- statement sees what the previous holder committed. The horizon cannot move until this transaction
-- ends. The stored intervals can change meanwhile: what a merge leaves out it marks as not built.
SELECT m.id, h.time AS horizon,
  (SELECT string_agg(s.interval::text, ',' ORDER BY s.interval) FROM stored_interval s) AS intervals
FROM market m CROSS JOIN horizon h
WHERE m.id = ANY ($1)
ORDER BY m.id
FOR NO KEY UPDATE OF m FOR SHARE OF h
