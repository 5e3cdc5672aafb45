-- Notes what a task has cost.
--
-- KEYS  1 what tasks of this model with such inputs have cost, the newest first (list)
-- ARGV  1 the task, as learned-prices.ts reads it   2 tasks kept   3 seconds until the list is forgotten
-- Returns nothing.
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
