-- Notes that a callback has named a task for an item.
--
-- KEYS  1 claims of the item (hash: digest of the task's id, 'open' or 'judged')
-- ARGV  1 digest of the task's id   2 most claims of an item   3 milliseconds until all of them are forgotten
-- Returns 'open' when the task is to be judged, 'judged' when it has been, 'full' when the item has too many.
--
-- Invariant: an item has at most so many claims, whatever is posted to its address. One that has been judged gives up its
-- place to a new one: named again it is judged again, but a stranger cannot keep the item's own task out for a day.
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then return known end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[2]) then
  local judged
  local claims = redis.call('HGETALL', KEYS[1])
  for i = 1, #claims, 2 do
    if claims[i + 1] == 'judged' then judged = claims[i] end
  end
  if not judged then return 'full' end
  redis.call('HDEL', KEYS[1], judged)
end
redis.call('HSET', KEYS[1], ARGV[1], 'open')
if redis.call('HLEN', KEYS[1]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 'open'
