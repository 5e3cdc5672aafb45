-- How many admissions are possible now, or how long until the first, and why.
--
-- KEYS, ARGV 1-7  see slots.lua
-- ARGV  8 how far to look ahead, in milliseconds   9… fields of the halts that stop all requests
-- Returns {free slots, milliseconds to wait, why, the milliseconds after which each of the next slots becomes free}.
-- The list holds at most 100 slots, and none that still waits for its answer.
local state = readState()
local found = room(state, argumentsFrom(9))
local soon = {}
if found.free <= 0 and found.why == 'limit' then
  local used = redis.call('ZCARD', heldKey) + redis.call('ZCARD', openKey)
  -- Before the first of the others can be used again, these have to become free.
  local surplus = math.max(0, used - state.limit)
  local latest = text(now + tonumber(ARGV[8]) * 1000)
  local slots = redis.call('ZRANGEBYSCORE', heldKey, '-inf', latest, 'WITHSCORES', 'LIMIT', surplus, 100)
  for index = 2, #slots, 2 do soon[#soon + 1] = milliseconds(tonumber(slots[index]) - now) end
end
return { found.free, milliseconds(found.wait), found.why, soon }
