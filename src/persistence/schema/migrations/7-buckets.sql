-- Bucket arithmetic of candles: `width` in ms, 0 for calendar months; buckets count from `anchor`. Not STRICT, and of
-- nothing but immutable operators: only so does the planner put their bodies in place of the calls.
CREATE FUNCTION open_time(width bigint, anchor bigint, t bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN width = 0 THEN month_start(t) ELSE t - (t - anchor) % width END;

-- Last ms of the bucket that opens at `opened`; 32 days after a month's beginning it is the next one.
CREATE FUNCTION close_time(width bigint, opened bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN width = 0 THEN month_start(opened + 2764800000) ELSE opened + width END - 1;
