-- Finds overdue items, and claims them for one sweep.
--
-- KEYS  1 active set (items in progress, by when they are overdue)
-- ARGV  1 how many at most   2 milliseconds until they are overdue again
-- Returns the ids, the longest overdue first.
--
-- Invariant: of several concurrent sweeps, each item is handed to one.
local now = redisTime()
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, tonumber(ARGV[1]))
for _, id in ipairs(ids) do
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), id)
end
return ids
