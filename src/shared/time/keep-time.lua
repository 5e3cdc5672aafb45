-- Reads this server's clock, and shifts the times of waiting items if the clock was set back.
--
-- KEYS  1 latest time seen (string, Unix milliseconds)   2 active set (items, by when they are overdue)
--       3 halts (hash)   4… states of the gates (hashes)
-- ARGV  1 how far the clock may fall back unnoticed, in ms
-- Returns {Unix milliseconds, by how many milliseconds the clock was set back since the last call}.
--
-- Invariant: after a clock was set back, also by a failover to a server whose clock is behind, nothing waits longer
-- than it would have; each such step is reported once, however many processes call.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local latest = tonumber(redis.call('GET', KEYS[1]) or '0')
local back = latest - now
if back <= tonumber(ARGV[1]) then
  -- A Redis that refuses writes at present can still say what time it is.
  if now > latest then redis.pcall('SET', KEYS[1], string.format('%.0f', now)) end
  return { now, 0 }
end
redis.call('SET', KEYS[1], string.format('%.0f', now))
local items = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for i = 1, #items, 2 do redis.call('ZADD', KEYS[2], tonumber(items[i + 1]) - back, items[i]) end
local halts = redis.call('HGETALL', KEYS[3])
for i = 1, #halts, 2 do
  local halt = cjson.decode(halts[i + 1])
  halt.nextProbeAt, halt.since = halt.nextProbeAt - back, halt.since - back
  if halt.probedAt then halt.probedAt = halt.probedAt - back end
  redis.call('HSET', KEYS[3], halts[i], cjson.encode(halt))
end
for i = 4, #KEYS do
  for _, field in ipairs({ 'pausedUntil', 'nextProbeAt' }) do
    local at = tonumber(redis.call('HGET', KEYS[i], field) or '0')
    if at > 0 then redis.call('HSET', KEYS[i], field, string.format('%.0f', math.max(0, at - back * 1000))) end
  end
end
return { now, back }
