-- Goes once round the backlog of a stopped batch and throws out the ids that wait no longer.
--
-- KEYS  1 batch hash   2 batch's backlog
-- ARGV  1 key prefix   2 batch name   3 how many ids to look at, at most
-- Returns how many ids were looked at; 0 when there is nothing left to do.
--
-- Invariant: what waits stays, in its order once the caller has gone round. When nothing of the batch waits, the whole
-- list goes at once.
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
