-- Puts the next unfinished items of a batch that nothing would ever process into the active set, due now: the sweep makes
-- their jobs. Called only for batches without a backlog.
--
-- KEYS  1 batch's item list   2 active set   3 batch's backlog
-- ARGV  1 key prefix   2 position to continue from   3 how many to check
-- Returns {checked, ids}.
--
-- Invariant: every change is one script, so an item is in a backlog or in the active set at any time. Redis itself can
-- break that: if its last second is lost in the middle of a script's changes, 7.0 keeps the first part of them.
if redis.call('LLEN', KEYS[3]) > 0 then return { 0, {} } end
local ids = redis.call('LRANGE', KEYS[1], ARGV[2], ARGV[2] + ARGV[3] - 1)
local lost, now = {}, redisTime()
for _, id in ipairs(ids) do
  local state = redis.call('HGET', ARGV[1] .. ':item:' .. id, 's')
  if isActiveState[state] and not redis.call('ZSCORE', KEYS[2], id) then lost[#lost + 1] = id end
end
if #lost > 0 then failIfOutOfMemory() end
for _, id in ipairs(lost) do redis.call('ZADD', KEYS[2], now, id) end
return { #ids, lost }
