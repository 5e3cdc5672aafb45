-- A result was fetched: the host of results can be reached.
--
-- KEYS  1 links that were not reached since the last result   2 results that all workers have fetched
-- Returns nothing.
redis.call('DEL', KEYS[1])
redis.call('INCR', KEYS[2])
