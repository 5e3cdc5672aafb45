-- Deletes the remains of a batch without items.
--
-- KEYS  1 batch hash   2 batch's item list   3 batch's backlog   4 set of batches   5 rotation
-- ARGV  1 batch name
-- Returns 1 if it is deleted, 0 if it has items.
--
-- Invariant: a batch that still lists an item is never deleted, even if links were enqueued meanwhile.
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('UNLINK', KEYS[1], KEYS[3], KEYS[1] .. ':failed', KEYS[1] .. ':held')
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
return 1
