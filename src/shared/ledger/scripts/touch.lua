-- Sets when an item's next job runs, so that the sweep ignores the item until then.
--
-- KEYS  1 active set (items in progress, by when they are overdue)
-- ARGV  1 item id   2 milliseconds from now until it is overdue
-- Returns 1.
--
-- Invariant: by this server's clock, like all instants of the set; an item without work in progress is not added.
local now = redisTime()
redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[2]), ARGV[1])
return 1
