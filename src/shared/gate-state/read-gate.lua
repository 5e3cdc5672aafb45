-- Reads a gate for people: the learned numbers, and how many slots are in use.
--
-- KEYS  1 state (hash)   2 open slots (zset, by end of lease)   3 held slots (zset, by the instant that frees them)
-- ARGV  1 clock: Unix microseconds, or '' for this server's
-- Returns {open slots, held slots, field, value, …}; changes nothing.
--
-- Invariant: counts as the scripts of the gate do: a held slot until it is free, an open one until its lease and a
-- window have passed.
local now = microseconds(ARGV[1])
local window = tonumber(redis.call('HGET', KEYS[1], 'window') or '0')
local function countAfter(key, instant) return redis.call('ZCOUNT', key, string.format('(%.0f', instant), '+inf') end
local state = redis.call('HGETALL', KEYS[1])
table.insert(state, 1, countAfter(KEYS[3], now))
table.insert(state, 1, countAfter(KEYS[2], now - window))
return state
