-- Lets one worker at a time probe whether a long pause is over.
--
-- KEYS  1 state of the gate (hash)
-- ARGV  1 clock: Unix microseconds, or '' for this server's   2 least and 3 most microseconds until the next probe
-- Returns the end of the pause to the caller that may probe now, '' to all others.
--
-- Invariant: the claim sets the time of the next probe, so a worker that dies costs one probe. The longer the pause,
-- the rarer the probes.
local now = microseconds(ARGV[1])
local pause = redis.call('HMGET', KEYS[1], 'pausedUntil', 'pauseProbeAt', 'pausedSince')
local untilAt, probeAt, since = tonumber(pause[1] or '0'), tonumber(pause[2] or '0'), tonumber(pause[3] or '0')
if untilAt <= now or probeAt == 0 or probeAt > now then return '' end
local lasted = since == 0 and 0 or now - since
local interval = math.max(tonumber(ARGV[2]), math.min(tonumber(ARGV[3]), lasted / 2))
redis.call('HSET', KEYS[1], 'pauseProbeAt', string.format('%.0f', now + interval))
return pause[1]
