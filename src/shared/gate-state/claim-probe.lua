-- Lets one claimant at a time find out whether a halt is over.
--
-- KEYS  1 halts (hash)   2 probes (hash)
-- ARGV  1 field   2 claimant   3 lease in ms   4 clock: Unix microseconds, or '' for this server's
-- Returns {claimed 0 or 1, milliseconds to wait before the next call, probes of this halt so far};
--         -1 as the wait if the halt has ended.
--
-- Invariant: a halt has at most one open claim, and none before its time. If the holder dies, the claim ends with its
-- lease; the same claimant may repeat the call and keeps its claim.
local now = math.floor(microseconds(ARGV[4]) / 1000)
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return { 0, -1, 0 } end
local halt = cjson.decode(text)
if halt.nextProbeAt > now then return { 0, math.ceil(halt.nextProbeAt - now), halt.probes } end
local claim = redis.call('HGET', KEYS[2], ARGV[1])
if claim then
  local untilText, claimant = string.match(claim, '^(%d+) (.*)$')
  local remaining = tonumber(untilText) - now
  -- Further off than any lease: this server's clock was set back.
  if remaining > tonumber(ARGV[3]) then remaining = 0 end
  if remaining > 0 and claimant ~= ARGV[2] then return { 0, remaining, halt.probes } end
  if remaining > 0 then return { 1, 0, halt.probes } end
end
halt.probes = halt.probes + 1
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(halt))
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f %s', now + tonumber(ARGV[3]), ARGV[2]))
return { 1, 0, halt.probes }
