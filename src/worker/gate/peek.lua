-- How many admissions are possible now, or how long until the first, and why.
--
-- KEYS, ARGV 1-7  see slots.lua
-- ARGV  8 how far to look ahead, in milliseconds   9… fields of the halts that stop all requests
-- Returns {free slots, milliseconds to wait, why, the milliseconds after which each of the next slots becomes free}.
-- The list holds at most 100 slots, and none that still waits for its answer. It is empty where the next request waits for
-- something else: while the limit rises, each answer lets another one go.
local state = readState()
local found = room(state, argumentsFrom(9))

local function isRising()
  return state.streak > 0 or (state.climbing == 1 and state.limit < ceiling(state))
end

local function slotsSoon()
  local used = redis.call('ZCARD', heldKey) + redis.call('ZCARD', openKey)
  if found.why ~= 'limit' or used < state.limit or isRising() then return {} end
  local soon = {}
  local latest = text(now + tonumber(ARGV[8]) * 1000)
  -- Before the first of these can be used again, the surplus has to become free.
  local slots = redis.call('ZRANGEBYSCORE', heldKey, '-inf', latest, 'WITHSCORES', 'LIMIT', used - state.limit, 100)
  for index = 2, #slots, 2 do soon[#soon + 1] = milliseconds(tonumber(slots[index]) - now) end
  return soon
end

return { found.free, milliseconds(found.wait), found.why, slotsSoon() }
