-- Passes once through the backlog of a stopped batch and removes ids that no longer wait.
--
-- KEYS  1 batch hash   2 batch's backlog
-- ARGV  1 key prefix   2 batch name   3 how many ids to check, at most
-- Returns how many ids were checked; 0 when it is finished.
--
-- Invariant: waiting ids stay, in their order once the caller has finished the pass. If nothing of the batch waits, the
-- whole list is deleted at once.
local batch, backlog, prefix, name = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
if tonumber(redis.call('HGET', batch, 'queued') or '0') <= 0 then
  redis.call('UNLINK', backlog)
  return 0
end
local ids = redis.call('LRANGE', backlog, 0, ARGV[3] - 1)
if #ids == 0 then return 0 end
failIfOutOfMemory()

redis.call('LTRIM', backlog, #ids, -1)
for _, id in ipairs(ids) do
  local record = redis.call('HMGET', prefix .. ':item:' .. id, 's', 'b')
  if record[1] == 'queued' and record[2] == name then redis.call('RPUSH', backlog, id) end
end
return #ids
