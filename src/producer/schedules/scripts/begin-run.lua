-- Begins a run of a schedule, unless one is in progress.
--
-- KEYS  1 the schedule's running hash
-- ARGV  1 token of this run   2 tick it belongs to   3 started at, ms   4 host   5 lifetime in ms
-- Returns {'begun'} or {'running', started at, host}.
--
-- Invariant: one token holds a schedule at a time. If a tick is run again after its worker was killed, it takes over
-- from itself; the earlier holder, if still alive, finds its token missing and stops.
local held = redis.call('HMGET', KEYS[1], 'tick', 'startedAt', 'host')
if held[1] and held[1] ~= ARGV[2] then
  redis.call('HINCRBY', KEYS[1], 'skipped', 1)
  return { 'running', held[2], held[3] }
end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'tick', ARGV[2], 'startedAt', ARGV[3], 'host', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return { 'begun' }
