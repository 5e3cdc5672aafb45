-- Stops a batch: none of its waiting links is handed out any more.
--
-- KEYS  1 batch hash   2 rotation (batches with a backlog, by their turn)
-- ARGV  1 batch name   2 'pause' or 'cancel'
-- Returns 1, or 0 when there is no such batch.
--
-- Invariant: a batch in the rotation is not paused. `cancel` also leaves a mark, by which transition.lua cancels
-- what is on its way back to the batch; it stands until links are given to the batch or retried.
if redis.call('HEXISTS', KEYS[1], 'model') == 0 then return 0 end
redis.call('HSET', KEYS[1], 'paused', '1')
-- A person's pause is not ended by hold-batch.lua.
redis.call('HDEL', KEYS[1], 'held-back')
if ARGV[2] == 'cancel' then redis.call('HSET', KEYS[1], 'stopped', '1') end
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
