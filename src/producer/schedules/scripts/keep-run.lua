-- Keeps a run alive, or ends it.
--
-- KEYS  1 the schedule's running hash
-- ARGV  1 token of the run   2 lifetime in ms, or '' when the run has ended
-- Returns how many ticks were left out so far, or -1 when the run is no longer this token's.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return -1 end
local skipped = tonumber(redis.call('HGET', KEYS[1], 'skipped') or '0')
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return skipped
