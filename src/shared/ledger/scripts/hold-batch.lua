-- Holds a new batch until a person confirms it, or releases it.
--
-- KEYS  1 batch hash   2 batch's backlog   3 rotation (batches with a backlog, by their turn)
-- ARGV  1 batch name   2 'hold'; 'start' to release what was held; 'release' to also release what a person paused
-- Returns 1 if the batch is held now, else 0: one with work in progress or waiting is not held, because others may be
-- working on it, and one that a person has paused stays paused.
--
-- Invariant: a batch in the rotation is not paused, and a held one is paused. A released batch takes its turn like a
-- new one.
local batch, backlog, rotation, name = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local flags = redis.call('HMGET', batch, 'paused', 'held-back')
local paused, held = flags[1] == '1', flags[2] == '1'
if ARGV[2] == 'hold' then
  if paused then return held and 1 or 0 end
  for _, count in ipairs(redis.call('HMGET', batch, 'queued', 'submitting', 'processing', 'downloading')) do
    if (tonumber(count) or 0) > 0 then return 0 end
  end
  redis.call('HSET', batch, 'paused', '1', 'held-back', '1')
  redis.call('ZREM', rotation, name)
  return 1
end
if ARGV[2] == 'start' and not held then return 0 end
failIfOutOfMemory()
-- Resuming a batch whose tasks cost more than was announced means agreeing to that price.
local announced, costs = string.match(redis.call('HGET', batch, 'dearer') or '', '^(%S+) (%S+)$')
if announced then redis.call('HSET', batch, 'agreed', 1.05 * tonumber(costs) / math.max(tonumber(announced), 0.001)) end
redis.call('HDEL', batch, 'paused', 'held-back', 'dearer')
if paused and redis.call('LLEN', backlog) > 0 then joinRotation(rotation, batch, name) end
return 0
