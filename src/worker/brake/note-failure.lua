-- Counts failures of one kind that a model has had since its last success.
--
-- KEYS  1 failures (hash: task or item id -> kind)
-- ARGV  1 task or item id   2 kind   3 seconds after which all is forgotten
-- Returns how many of this kind there are.
--
-- Invariant: one task or link counts once, however often its failure is reported.
if redis.call('HLEN', KEYS[1]) >= 500 then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
local count = 0
for _, kind in ipairs(redis.call('HVALS', KEYS[1])) do
  if kind == ARGV[2] then count = count + 1 end
end
return count
