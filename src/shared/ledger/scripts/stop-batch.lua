-- Stops a batch: no more of its waiting links are handed out.
--
-- KEYS  1 batch hash   2 rotation (batches with a backlog, by their turn)
-- ARGV  1 batch name   2 'pause' or 'cancel'
-- Returns 1, or 0 if there is no such batch.
--
-- Invariant: a batch in the rotation is not paused. `cancel` also sets a mark, with which transition.lua cancels items
-- that return to the batch; it stays until links are enqueued or retried.
if redis.call('HEXISTS', KEYS[1], 'model') == 0 then return 0 end
redis.call('HSET', KEYS[1], 'paused', '1')
-- A person's pause is not ended by hold-batch.lua.
redis.call('HDEL', KEYS[1], 'held-back')
if ARGV[2] == 'cancel' then redis.call('HSET', KEYS[1], 'stopped', '1') end
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
