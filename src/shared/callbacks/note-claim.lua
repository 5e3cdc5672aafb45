-- Notes that a callback has named a task for an item.
--
-- KEYS  1 claims of the item (hash: digest of the task's id, 'open' or 'judged')
-- ARGV  1 digest of the task's id   2 most claims of an item   3 milliseconds until all of them are forgotten
-- Returns 'open' when the task is to be judged, 'judged' when it has been, 'full' when the item has too many.
--
-- Invariant: an item has at most so many claims until they are forgotten, whatever is posted to its address.
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then return known end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[1], 'open')
if redis.call('HLEN', KEYS[1]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 'open'
