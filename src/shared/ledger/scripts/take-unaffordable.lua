-- Takes waiting items out of the backlog of a batch whose budget is used up for good, so that they can be ended.
--
-- KEYS  1 batch hash   2 batch's backlog   3 rotation   4 active set
-- ARGV  1 batch name   2 how many at most   3 milliseconds until somebody should look after a taken item   4 key prefix
-- Returns the ids; none when there is room in the budget again, or a task under way that may make some. Links for
-- which another batch pays are left to that one.
--
-- Invariant: as in take.lua an id leaves the backlog and enters the active set in one step. An item that is taken here
-- and not ended, because the caller died, comes back through the sweep and is refused by its budget again.
local f = redis.call('HMGET', KEYS[1], 'budget', 'committed', 'price', 'submitting', 'processing')
if not f[1] then return {} end
local room = tonumber(f[1]) - (tonumber(f[2]) or 0)
if room > 1e-6 and (tonumber(f[3]) or 0) <= room + 1e-6 then return {} end
if (tonumber(f[4]) or 0) + (tonumber(f[5]) or 0) > 0 then return {} end
failIfOutOfMemory()

local popped = redis.call('LPOP', KEYS[2], ARGV[2]) or {}
if #popped < tonumber(ARGV[2]) then redis.call('ZREM', KEYS[3], ARGV[1]) end
local now = redisTime()
local ids = {}
for _, id in ipairs(popped) do
  if redis.call('HGET', ARGV[4] .. ':item:' .. id, 'b') == ARGV[1] then
    redis.call('ZADD', KEYS[4], now + tonumber(ARGV[3]), id)
    ids[#ids + 1] = id
  end
end
return ids
