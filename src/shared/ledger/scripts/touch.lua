-- Says when an item's next job runs, so that the sweep leaves the item alone until then.
--
-- KEYS  1 active set (items with work under way, by the time somebody should look after them)
-- ARGV  1 item id   2 milliseconds from now until it is overdue
-- Returns 1.
--
-- Invariant: by this server's clock, as all instants of the set; an item that nobody needs to look after stays out of it.
local now = redisTime()
redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[2]), ARGV[1])
return 1
