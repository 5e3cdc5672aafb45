-- Makes the next probe of a halt due now.
--
-- KEYS  1 halts (hash)
-- ARGV  1 field   2 now, Unix milliseconds
-- Returns 1, or 0 if the halt has ended.
--
-- Invariant: a halt that has ended does not return.
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return 0 end
local halt = cjson.decode(text)
halt.nextProbeAt = math.min(halt.nextProbeAt, tonumber(ARGV[2]))
halt.probes = 0
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(halt))
return 1
