-- Ends a pause of a gate, unless it has been extended meanwhile.
--
-- KEYS  1 state of the gate (hash)
-- ARGV  1 end of the pause, from claim-pause-probe.lua
-- Returns 1 if this call has ended the pause.
--
-- Invariant: a refusal after the probe was sent is not overruled. What was learned stays, so the rate starts low.
if redis.call('HGET', KEYS[1], 'pausedUntil') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'pausedUntil', 0, 'pauseProbeAt', 0)
return 1
