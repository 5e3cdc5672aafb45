-- Holds a batch back before it begins, or lets it go: while it is held none of its links is handed out.
--
-- KEYS  1 batch hash   2 batch's backlog   3 rotation (batches with a backlog, by their turn)
-- ARGV  1 batch name   2 'hold' or 'release'
-- Returns 1 when the batch is held now, 0 when it is not: one that has work under way or waiting is not held back,
-- as others may be working on it.
--
-- Invariant: a batch in the rotation is not paused. A batch that is released takes its turn like a new one.
local batch, backlog, rotation, name = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local paused = redis.call('HGET', batch, 'paused') == '1'
if ARGV[2] == 'hold' then
  if paused then return 1 end
  for _, count in ipairs(redis.call('HMGET', batch, 'queued', 'submitting', 'processing', 'downloading')) do
    if (tonumber(count) or 0) > 0 then return 0 end
  end
  redis.call('HSET', batch, 'paused', '1')
  redis.call('ZREM', rotation, name)
  return 1
end
redis.call('HDEL', batch, 'paused')
if paused and redis.call('LLEN', backlog) > 0 then
  local first = redis.call('ZRANGE', rotation, 0, 0, 'WITHSCORES')
  redis.call('ZADD', rotation, 'NX', first[2] or 0, name)
end
return 0
