-- Takes waiting items from the backlog of a batch whose budget is permanently used up, so that they can be ended.
--
-- KEYS  1 batch hash   2 batch's backlog   3 rotation   4 active set
-- ARGV  1 batch name   2 how many at most   3 milliseconds until a taken item is overdue   4 key prefix
-- Returns the ids; none if the budget has room again, or an open task may return credits. Links for which another batch
-- pays are left to it.
--
-- Invariant: as in take.lua an id moves from the backlog to the active set in one step. If the caller dies before it
-- ends an item, the sweep returns it, and its budget refuses it again.
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
