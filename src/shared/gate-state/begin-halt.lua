-- Begins a halt, or renews a current one.
--
-- KEYS  1 halts (hash)   2 probes (hash)
-- ARGV  1 field   2 JSON of the halt without `since`   3 clock: Unix microseconds, or '' for this server's
-- Returns 1 if the halt is new, else 0.
--
-- Invariant: `since` is the first instant of an unbroken halt, however often it is reported, and a late report never
-- moves the next probe forward; the space that it needs only grows. A renewal ends the current claim to probe: its
-- answer has arrived.
local now = math.floor(microseconds(ARGV[3]) / 1000)
local halt = cjson.decode(ARGV[2])
local before = redis.call('HGET', KEYS[1], ARGV[1])
halt.since, halt.probes = now, 0
if before then
  local known = cjson.decode(before)
  halt.since, halt.probes = known.since, known.probes
  halt.nextProbeAt = math.max(halt.nextProbeAt, known.nextProbeAt)
  for _, need in ipairs({ 'credits', 'roomBytes' }) do
    if known[need] then halt[need] = math.max(known[need], halt[need] or 0) end
  end
  halt.probedAt = halt.probedAt or known.probedAt
  halt.target = halt.target or known.target
  halt.trialOf = known.trialOf
  -- Older tasks fail and report the halt again: an offered trial stays valid.
  if halt.reason == 'model-failing' and known.trial then halt.trial = true end
end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(halt))
redis.call('HDEL', KEYS[2], ARGV[1])
return before and 0 or 1
