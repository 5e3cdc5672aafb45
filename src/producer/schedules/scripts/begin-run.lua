-- Begins a run of a schedule, unless one is under way.
--
-- KEYS  1 the schedule's running hash
-- ARGV  1 token of this run   2 tick it belongs to   3 started at, ms   4 host   5 lifetime in ms
-- Returns {'begun'} or {'running', started at, host}.
--
-- Invariant: one token holds a schedule at a time. A tick that is picked up again after its worker was killed
-- takes over from itself; the earlier holder, should it still live, finds its token gone and stops.
local held = redis.call('HMGET', KEYS[1], 'tick', 'startedAt', 'host')
if held[1] and held[1] ~= ARGV[2] then
  redis.call('HINCRBY', KEYS[1], 'skipped', 1)
  return { 'running', held[2], held[3] }
end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'tick', ARGV[2], 'startedAt', ARGV[3], 'host', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return { 'begun' }
