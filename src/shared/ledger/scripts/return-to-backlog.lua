-- Puts a link that was handed out and not submitted back to the front of the backlogs of its batches.
--
-- KEYS  1 item hash   2 active set   3 at-gate set   4 rotation (batches with a backlog, by their turn)
-- ARGV  1 key prefix   2 item id
-- Returns 1 when it waits again, 0 when it is not waiting to be submitted any more.
--
-- Invariant: a queued item is in the backlogs of its batches or in the active set.
local item, active, atGate, rotation, prefix, id = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[2]
local record = redis.call('HMGET', item, 's', 'b', 'o')
if record[1] ~= 'queued' then return 0 end
failIfOutOfMemory()
local batches = { record[2] }
for name in eachName(record[3]) do batches[#batches + 1] = name end
for _, name in ipairs(batches) do
  local batch = prefix .. ':batch:' .. name
  redis.call('LPUSH', batch .. ':backlog', id)
  if redis.call('HGET', batch, 'paused') ~= '1' then redis.call('ZADD', rotation, 'NX', 0, name) end
end
redis.call('SREM', atGate, id)
redis.call('ZREM', active, id)
return 1
