-- Lets one create call pass a halt whose probe cannot tell whether it is over.
--
-- KEYS  1 halts (hash)
-- ARGV  1 field   2 id of the link
-- Returns 1 to the one that may send it, 0 to all others.
--
-- Invariant: an offered trial is used once, and the halt lasts until its answer says otherwise.
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return 0 end
local halt = cjson.decode(text)
if not halt.trial then return 0 end
halt.trial = nil
halt.trialOf = ARGV[2]
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(halt))
return 1
